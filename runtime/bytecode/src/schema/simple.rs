//! Nodes that ask for what most parameters ask for: laid out once when a schema is verified, so that
//! validating them reads no bytes.

use super::name::{Name, NameRow, NameTable, Names};
use super::view::{CheckView, Checks, SchemaView, Strings};
use super::{Bound, Size};
use alloc::vec::Vec;

/// What a node asks for, if it is one of the common forms. A value that fits the form fits the node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// What its checks ask for.
    Checks,
    /// A type, and bounds or a choice of texts.
    Simple(SimpleNode),
    /// An object whose members are named.
    Object(ObjectNode),
}

/// What a simple node asks for. Of a value that does not fit, the checks of the node say which it fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SimpleNode {
    /// Bits of [`super::types`].
    pub mask: u32,
    /// How many checks it stands for.
    pub checks: u32,
    /// Least characters of a text.
    pub min_length: u32,
    /// Most characters of a text.
    pub max_length: u32,
    /// Row of the bounds on numbers.
    bounds: Option<u32>,
    /// The texts that it lets in, where they are listed.
    choices: Option<Names>,
}

/// What an object node asks for: the mask of its types, members, and what of them must be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ObjectNode {
    /// Bits of [`super::types`].
    pub mask: u32,
    /// How many checks it stands for.
    pub checks: u32,
    /// Schema of members that are not named.
    pub additional: Option<u32>,
    /// Its members; they lead to their schema.
    members: Names,
    /// One bit for each member that must be there, by its row.
    pub required: u64,
}

/// The forms of a schema's nodes.
#[derive(Debug, Clone, Default)]
pub(super) struct Forms {
    /// By node.
    pub(super) rows: Vec<Form>,
    names: Vec<NameRow>,
    /// Least and greatest number, in units of 10^-18.
    bounds: Vec<(i128, i128)>,
}

impl Forms {
    /// Lays out all nodes.
    pub(super) fn new(view: &SchemaView<'_>, nodes: u32) -> Forms {
        let mut forms = Forms::default();
        for node in 0..nodes {
            let form = match view.checks(node) {
                Some(checks) => forms.simple(view.bytes, checks).or_else(|| forms.object(view.bytes, checks)),
                None => None,
            };
            forms.rows.push(form.unwrap_or(Form::Checks));
        }
        forms
    }

    /// The simple form of checks; `None` when they ask for more.
    fn simple(&mut self, bytes: &[u8], checks: Checks<'_>) -> Option<Form> {
        let (mut low, mut high) = (i128::MIN, i128::MAX);
        let mut within = |least: i128, greatest: i128| (low, high) = (low.max(least), high.min(greatest));
        let mut choices = None;
        let mut node = SimpleNode {
            mask: super::types::ALL,
            checks: 0,
            min_length: 0,
            max_length: u32::MAX,
            bounds: None,
            choices: None,
        };
        for check in checks {
            match check? {
                CheckView::Type(mask) => node.mask &= mask,
                CheckView::Enum(values) if choices.is_none() => {
                    node.mask &= super::types::STRING;
                    choices = Some(values);
                }
                // Of integral numbers only: it may stand for a bound when no other number is let in.
                CheckView::IntegerRange(low, high) if node.mask & super::types::NUMBER == 0 => within(low, high),
                CheckView::Bound(Bound::Minimum, low) => within(low, i128::MAX),
                CheckView::Bound(Bound::Maximum, high) => within(i128::MIN, high),
                CheckView::Size(Size::MinLength, least) => node.min_length = node.min_length.max(least),
                CheckView::Size(Size::MaxLength, most) => node.max_length = node.max_length.min(most),
                _ => return None,
            }
            node.checks = node.checks.saturating_add(1);
        }
        if let Some(values) = choices {
            let texts: Option<Vec<&str>> = values.map(|value| value.text()).collect();
            node.choices = Some(Names::add(&mut self.names, bytes, texts?.into_iter().map(|text| (text, 0)))?);
        }
        if (low, high) != (i128::MIN, i128::MAX) {
            node.bounds = Some(u32::try_from(self.bounds.len()).ok()?);
            self.bounds.push((low, high));
        }
        Some(Form::Simple(node))
    }

    /// The form of checks that ask for an object; `None` when they ask for more.
    fn object(&mut self, bytes: &[u8], checks: Checks<'_>) -> Option<Form> {
        let (mut mask, mut count) = (super::types::ALL, 0_u32);
        let (mut members, mut names) = (None, None);
        for check in checks {
            match check? {
                CheckView::Type(types) => mask &= types,
                CheckView::Required(required) if names.is_none() => names = Some(required),
                CheckView::Members { properties, patterns, additional } if members.is_none() && patterns.is_empty() => {
                    members = Some((properties, additional));
                }
                _ => return None,
            }
            count = count.saturating_add(1);
        }
        let (properties, additional) = members?;
        let first = self.names.len();
        let members = Names::add(&mut self.names, bytes, properties)?;
        let Some(required) = self.required(bytes, members, names) else {
            self.names.truncate(first);
            return None;
        };
        Some(Form::Object(ObjectNode { mask, checks: count, additional, members, required }))
    }

    /// The bits of the members that must be there; `None` when one has no bit.
    fn required(&self, bytes: &[u8], members: Names, required: Option<Strings<'_>>) -> Option<u64> {
        let bit = |name: &str| 1_u64.checked_shl(members.of(&self.names, bytes).find(Name::of(name.as_bytes()))?);
        required.into_iter().flatten().try_fold(0, |bits, name| Some(bits | bit(name)?))
    }
}

impl SimpleNode {
    /// Whether it asks nothing of a text but that it is one.
    #[inline(always)]
    pub fn is_any_text(&self) -> bool {
        self.min_length == 0 && self.max_length == u32::MAX && self.choices.is_none()
    }
}

impl<'a> SchemaView<'a> {
    /// The form of a node.
    #[inline(always)]
    pub fn form(&self, node: u32) -> Option<&'a Form> {
        self.verified.forms.rows.get(usize::try_from(node).ok()?)
    }

    /// The members that the root names, where it is laid out as an object node.
    pub fn root_members(&self) -> Option<NameTable<'a>> {
        match self.form(self.root())? {
            Form::Object(object) => Some(self.members(object)),
            Form::Checks | Form::Simple(_) => None,
        }
    }

    /// The members that an object node names.
    #[inline(always)]
    pub fn members(&self, object: &ObjectNode) -> NameTable<'a> {
        self.names(object.members)
    }

    /// Whether a text is among the choices of a simple node.
    #[inline]
    pub fn lets_in(&self, node: &SimpleNode, text: &str) -> bool {
        node.choices.is_none_or(|choices| self.names(choices).find(Name::of(text.as_bytes())).is_some())
    }

    #[inline(always)]
    fn names(&self, names: Names) -> NameTable<'a> {
        names.of(&self.verified.forms.names, self.bytes)
    }

    /// Whether a number, in units of 10^-18, is within the bounds of a simple node.
    #[inline]
    pub fn is_within(&self, node: &SimpleNode, units: i128) -> bool {
        let Some(row) = node.bounds else { return true };
        let bounds = usize::try_from(row).ok().and_then(|row| self.verified.forms.bounds.get(row));
        bounds.is_some_and(|(low, high)| *low <= units && units <= *high)
    }
}

/// Whether a schema's root lets no member in that it does not name itself, so that a value which fits has no
/// extra parameter.
pub(super) fn is_closed(view: &SchemaView<'_>) -> bool {
    let Some((false, names, patterns)) = view.parameters() else { return false };
    let Some(mut checks) = view.checks(view.root()).filter(|_| patterns.is_empty()) else { return false };
    let refuses =
        |node: u32| view.checks(node).is_some_and(|mut checks| matches!(checks.next(), Some(Some(CheckView::Never))));
    let is_object = |check: CheckView<'_>| matches!(check, CheckView::Type(super::types::OBJECT));
    let names_all = |check: CheckView<'_>| match check {
        CheckView::Members { mut properties, patterns, additional: Some(rest) } => {
            patterns.is_empty() && refuses(rest) && properties.all(|(name, _)| names.clone().any(|known| known == name))
        }
        _ => false,
    };
    view.checks(view.root()).is_some_and(|mut checks| checks.any(|check| check.is_some_and(is_object)))
        && checks.any(|check| check.is_some_and(names_all))
}
