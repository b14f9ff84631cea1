//! Nodes that only ask for a type and its bounds, as most parameters do: read once when a schema is
//! verified, so that validating them reads no bytes.

use super::view::{CheckView, Checks, SchemaView};
use super::{Bound, Size};

/// What a simple node asks for. A value that fits all of it fits the node; of one that does not, the checks
/// of the node say which it fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SimpleNode {
    /// Bits of [`super::types`].
    pub mask: u32,
    /// Least characters of a text.
    pub min_length: u32,
    /// Most characters of a text.
    pub max_length: u32,
    /// Whether the length of a text is bounded at all.
    pub sized: bool,
    /// Least number, in units of 10^-18.
    pub low: i128,
    /// Greatest number.
    pub high: i128,
    /// How many checks it stands for.
    pub checks: u32,
}

impl SimpleNode {
    /// What asks for nothing.
    const ANY: SimpleNode = SimpleNode {
        mask: super::types::ALL,
        min_length: 0,
        max_length: u32::MAX,
        sized: false,
        low: i128::MIN,
        high: i128::MAX,
        checks: 0,
    };

    /// The simple form of checks; `None` when they ask for more.
    pub(super) fn of(checks: Checks<'_>) -> Option<SimpleNode> {
        let mut node = SimpleNode::ANY;
        for check in checks {
            match check? {
                CheckView::Type(mask) => node.mask &= mask,
                // Of integral numbers only: it may stand for a bound when no other number is let in.
                CheckView::IntegerRange(low, high) if node.mask & super::types::NUMBER == 0 => node.bound(low, high),
                CheckView::Bound(Bound::Minimum, low) => node.bound(low, i128::MAX),
                CheckView::Bound(Bound::Maximum, high) => node.bound(i128::MIN, high),
                CheckView::Size(Size::MinLength, least) => {
                    node.min_length = node.min_length.max(least);
                    node.sized = true;
                }
                CheckView::Size(Size::MaxLength, most) => {
                    node.max_length = node.max_length.min(most);
                    node.sized = true;
                }
                _ => return None,
            }
            node.checks = node.checks.saturating_add(1);
        }
        Some(node)
    }

    fn bound(&mut self, low: i128, high: i128) {
        self.low = self.low.max(low);
        self.high = self.high.min(high);
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
