//! An encoded schema, read in place. One decoder serves the verifier and the validator.

use super::cursor::Cursor;
use super::encode::{op, tag};
use super::verify::VerifiedSchema;
use super::{Bound, Combinator, Size};

/// A verified schema over its bytes.
#[derive(Debug, Clone, Copy)]
pub struct SchemaView<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) verified: &'a VerifiedSchema,
}

impl<'a> SchemaView<'a> {
    /// The node that arguments are validated against.
    #[inline]
    pub fn root(&self) -> u32 {
        self.verified.root
    }

    /// The checks of a node.
    #[inline]
    pub fn checks(&self, node: u32) -> Option<Checks<'a>> {
        let offset = self.verified.offset(self.bytes, node)?;
        Cursor::at(self.bytes, offset)?.bytes().map(|rest| Checks(Cursor { rest }))
    }

    /// Whether the root itself refuses every parameter that it does not name.
    pub fn is_closed(&self) -> bool {
        self.verified.closed
    }

    /// Whether an automaton finds a match anywhere in the text; `None` when it cannot tell.
    pub fn matches(&self, automaton: u32, text: &str) -> Option<bool> {
        self.verified.matches(automaton, text)
    }

    /// Whether the root names this parameter.
    pub fn names_parameter(&self, name: &str) -> bool {
        self.named_parameters().is_some_and(|named| named.has(name))
    }

    /// The parameters that the root names, to look many up.
    pub fn named_parameters(&self) -> Option<NamedParameters<'a>> {
        let (any, names, patterns) = self.parameters()?;
        Some(NamedParameters { view: *self, any, names, patterns })
    }

    /// Whether `additionalProperties` opens the root; the names; the patterns.
    pub(super) fn parameters(&self) -> Option<(bool, Strings<'a>, NodeList<'a>)> {
        let mut cursor = Cursor::at(self.bytes, self.verified.parameters)?;
        let any = match cursor.u8()? {
            0 => false,
            1 => true,
            _ => return None,
        };
        Some((any, Strings(Cursor { rest: cursor.bytes()? }), NodeList(cursor.bytes()?)))
    }
}

/// The parameters that the root of a schema names.
#[derive(Debug, Clone, Copy)]
pub struct NamedParameters<'a> {
    view: SchemaView<'a>,
    any: bool,
    names: Strings<'a>,
    patterns: NodeList<'a>,
}

impl NamedParameters<'_> {
    /// Whether this is one of them.
    #[inline]
    pub fn has(&self, name: &str) -> bool {
        self.any
            || self.names.bytes().any(|known| same(known, name.as_bytes()))
            || self.patterns.rows().any(|row| self.view.matches(row, name) == Some(true))
    }
}

/// Whether two names are equal. Most are short, and two overlapping words tell them apart.
#[inline]
pub fn same(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    match a.len() {
        0..4 => a.iter().zip(b).all(|(a, b)| a == b),
        4..9 => a.first_chunk::<4>() == b.first_chunk::<4>() && a.last_chunk::<4>() == b.last_chunk::<4>(),
        9..17 => a.first_chunk::<8>() == b.first_chunk::<8>() && a.last_chunk::<8>() == b.last_chunk::<8>(),
        _ => a == b,
    }
}

/// A check of an encoded schema; see [`super::Check`].
#[derive(Debug, Clone, Copy)]
#[expect(missing_docs, reason = "each variant is documented on `Check`")]
pub enum CheckView<'a> {
    Never,
    Type(u32),
    IntegerRange(i128, i128),
    Enum(Constants<'a>),
    Bound(Bound, i128),
    Size(Size, u32),
    Pattern(u32),
    UniqueItems,
    Items { prefix: NodeList<'a>, rest: Option<u32> },
    Contains { node: u32, min: u32, max: Option<u32> },
    Members { properties: Pairs<'a>, patterns: NodeList<'a>, additional: Option<u32> },
    Required(Strings<'a>),
    PropertyNames(u32),
    DependentRequired(&'a str, Strings<'a>),
    DependentSchema(&'a str, u32),
    Ref(u32),
    Combine(Combinator, NodeList<'a>),
    Not(u32),
    If { condition: u32, then: Option<u32>, otherwise: Option<u32> },
}

/// The checks of a node, in order. An item is `None` where the bytes are not sound.
#[derive(Debug, Clone, Copy)]
pub struct Checks<'a>(Cursor<'a>);

impl Checks<'_> {
    /// The next check when it is a type, which most checks are: told from its bytes alone.
    #[inline(always)]
    pub fn take_type(&mut self) -> Option<u32> {
        let (mask, rest) = self.0.rest.strip_prefix(&[op::TYPE])?.split_first_chunk()?;
        self.0.rest = rest;
        Some(u32::from_le_bytes(*mask))
    }

    /// The next check when it bounds a size.
    #[inline(always)]
    pub fn take_size(&mut self) -> Option<(Size, u32)> {
        let (code, rest) = self.0.rest.strip_prefix(&[op::SIZE])?.split_first()?;
        let (limit, rest) = rest.split_first_chunk()?;
        let size = Size::of(*code)?;
        self.0.rest = rest;
        Some((size, u32::from_le_bytes(*limit)))
    }

    /// The next check when it bounds a number.
    #[inline(always)]
    pub fn take_bound(&mut self) -> Option<(Bound, i128)> {
        let (code, rest) = self.0.rest.strip_prefix(&[op::BOUND])?.split_first()?;
        let (limit, rest) = rest.split_first_chunk()?;
        let bound = Bound::of(*code)?;
        self.0.rest = rest;
        Some((bound, i128::from_le_bytes(*limit)))
    }
}

impl<'a> Iterator for Checks<'a> {
    type Item = Option<CheckView<'a>>;

    #[inline(always)]
    fn next(&mut self) -> Option<Self::Item> {
        if self.0.rest.is_empty() {
            return None;
        }
        let check = decode(&mut self.0);
        if check.is_none() {
            self.0.rest = &[];
        }
        Some(check)
    }
}

/// Inlined where a check is carried out, so that it is told apart once.
#[inline(always)]
fn decode<'a>(cursor: &mut Cursor<'a>) -> Option<CheckView<'a>> {
    Some(match cursor.u8()? {
        op::NEVER => CheckView::Never,
        op::TYPE => CheckView::Type(cursor.u32()?),
        op::INTEGER_RANGE => CheckView::IntegerRange(cursor.i128()?, cursor.i128()?),
        op::ENUM => CheckView::Enum(Constants(sub(cursor)?)),
        op::BOUND => CheckView::Bound(Bound::of(cursor.u8()?)?, cursor.i128()?),
        op::SIZE => CheckView::Size(Size::of(cursor.u8()?)?, cursor.u32()?),
        op::PATTERN => CheckView::Pattern(cursor.u32()?),
        op::UNIQUE_ITEMS => CheckView::UniqueItems,
        op::ITEMS => CheckView::Items { prefix: NodeList(cursor.bytes()?), rest: cursor.optional()? },
        op::CONTAINS => CheckView::Contains { node: cursor.u32()?, min: cursor.u32()?, max: cursor.optional()? },
        op::MEMBERS => CheckView::Members {
            properties: Pairs(sub(cursor)?),
            patterns: NodeList(cursor.bytes()?),
            additional: cursor.optional()?,
        },
        op::REQUIRED => CheckView::Required(Strings(sub(cursor)?)),
        op::PROPERTY_NAMES => CheckView::PropertyNames(cursor.u32()?),
        op::DEPENDENT_REQUIRED => CheckView::DependentRequired(cursor.str()?, Strings(sub(cursor)?)),
        op::DEPENDENT_SCHEMA => CheckView::DependentSchema(cursor.str()?, cursor.u32()?),
        op::REF => CheckView::Ref(cursor.u32()?),
        op::COMBINE => CheckView::Combine(Combinator::of(cursor.u8()?)?, NodeList(cursor.bytes()?)),
        op::NOT => CheckView::Not(cursor.u32()?),
        op::IF => CheckView::If { condition: cursor.u32()?, then: cursor.optional()?, otherwise: cursor.optional()? },
        _ => return None,
    })
}

#[inline]
fn sub<'a>(cursor: &mut Cursor<'a>) -> Option<Cursor<'a>> {
    Some(Cursor { rest: cursor.bytes()? })
}

/// A list of rows.
#[derive(Debug, Clone, Copy)]
pub struct NodeList<'a>(pub(super) &'a [u8]);

impl<'a> NodeList<'a> {
    /// The rows.
    #[inline]
    pub fn rows(self) -> impl Iterator<Item = u32> + 'a {
        self.0.as_chunks::<4>().0.iter().map(|word| u32::from_le_bytes(*word))
    }

    /// The rows two by two.
    pub fn pairs(self) -> impl Iterator<Item = (u32, u32)> + 'a {
        self.rows().step_by(2).zip(self.rows().skip(1).step_by(2))
    }

    /// How many rows.
    #[inline]
    pub fn len(self) -> usize {
        self.0.as_chunks::<4>().0.len()
    }

    /// Whether there are none.
    #[inline]
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }
}

/// A list of strings.
#[derive(Debug, Clone, Copy)]
pub struct Strings<'a>(pub(super) Cursor<'a>);

impl<'a> Iterator for Strings<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        self.0.str()
    }
}

impl<'a> Strings<'a> {
    /// The strings as bytes: verification has seen that they are text.
    #[inline]
    pub fn bytes(self) -> impl Iterator<Item = &'a [u8]> {
        let mut cursor = self.0;
        core::iter::from_fn(move || cursor.bytes())
    }
}

/// A list of names with nodes.
#[derive(Debug, Clone, Copy)]
pub struct Pairs<'a>(pub(super) Cursor<'a>);

impl<'a> Iterator for Pairs<'a> {
    type Item = (&'a str, u32);

    fn next(&mut self) -> Option<Self::Item> {
        Some((self.0.str()?, self.0.u32()?))
    }
}

impl<'a> Pairs<'a> {
    /// The pairs with names as bytes: verification has seen that they are text.
    #[inline]
    pub fn by_bytes(self) -> impl Iterator<Item = (&'a [u8], u32)> {
        let mut cursor = self.0;
        core::iter::from_fn(move || Some((cursor.bytes()?, cursor.u32()?)))
    }
}

/// Looks names up in a list of pairs, going on where the last one was found: members that come in the order
/// of the list are found at once.
#[derive(Debug, Clone, Copy)]
pub struct PairSearch<'a> {
    all: Pairs<'a>,
    rest: Pairs<'a>,
}

impl<'a> PairSearch<'a> {
    /// A search that begins with the first pair.
    #[inline]
    pub fn new(all: Pairs<'a>) -> PairSearch<'a> {
        PairSearch { all, rest: all }
    }

    /// The node of a name, and how many pairs were looked at.
    #[inline]
    pub fn find(&mut self, name: &[u8]) -> (Option<u32>, u32) {
        let mut looked_at = 0_u32;
        // The rest of the list, then all of it: a name is in one of them or nowhere.
        for whole in [false, true] {
            let mut cursor = if whole { self.all.0 } else { self.rest.0 };
            while let (Some(known), Some(node)) = (cursor.bytes(), cursor.u32()) {
                looked_at = looked_at.saturating_add(1);
                if same(known, name) {
                    self.rest = Pairs(cursor);
                    return (Some(node), looked_at);
                }
            }
        }
        (None, looked_at)
    }
}

/// A list of constants.
#[derive(Debug, Clone, Copy)]
pub struct Constants<'a>(pub(super) Cursor<'a>);

/// A constant of an encoded schema.
#[derive(Debug, Clone, Copy)]
pub enum ConstantView<'a> {
    /// `null`
    Null,
    /// `true`, `false`
    Bool(bool),
    /// In units of 10^-18.
    Number(i128),
    /// A string.
    String(&'a str),
    /// An array.
    Array(Constants<'a>),
    /// An object.
    Object(ConstantMembers<'a>),
}

impl<'a> ConstantView<'a> {
    /// The text, if it is one.
    pub fn text(self) -> Option<&'a str> {
        match self {
            ConstantView::String(text) => Some(text),
            _ => None,
        }
    }
}

impl<'a> Iterator for Constants<'a> {
    type Item = ConstantView<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        constant(&mut self.0)
    }
}

impl<'a> Constants<'a> {
    /// The constants; of one that is a string its bytes, for others nothing.
    #[inline]
    pub fn texts(self) -> impl Iterator<Item = Option<&'a [u8]>> {
        let mut cursor = self.0;
        core::iter::from_fn(move || {
            if cursor.rest.first() == Some(&tag::STRING) {
                cursor.u8()?;
                return Some(Some(cursor.bytes()?));
            }
            constant(&mut cursor).map(|_| None)
        })
    }
}

/// The members of a constant object.
#[derive(Debug, Clone, Copy)]
pub struct ConstantMembers<'a>(pub(super) Cursor<'a>);

impl<'a> Iterator for ConstantMembers<'a> {
    type Item = (&'a str, ConstantView<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        Some((self.0.str()?, constant(&mut self.0)?))
    }
}

fn constant<'a>(cursor: &mut Cursor<'a>) -> Option<ConstantView<'a>> {
    Some(match cursor.u8()? {
        tag::NULL => ConstantView::Null,
        tag::FALSE => ConstantView::Bool(false),
        tag::TRUE => ConstantView::Bool(true),
        tag::NUMBER => ConstantView::Number(cursor.i128()?),
        tag::STRING => ConstantView::String(cursor.str()?),
        tag::ARRAY => ConstantView::Array(Constants(sub(cursor)?)),
        tag::OBJECT => ConstantView::Object(ConstantMembers(sub(cursor)?)),
        _ => return None,
    })
}
