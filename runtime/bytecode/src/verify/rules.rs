//! Checks of the rule table.

use super::declarations::known_classes;
use super::{BlockFacts, Check, Uses, VerifyError, ensure};
use crate::container::Section;
use crate::image::*;
use crate::value::decimal;
use alloc::borrow::Cow;
use alloc::collections::BTreeSet;
use hashbrown::HashSet;

/// Checks every rule, and that no two have one id.
pub(super) fn verify(image: &BundleImage, facts: &[BlockFacts]) -> Result<(), VerifyError> {
    for (row, rule) in image.each_rule().enumerate() {
        verify_rule(image, facts, rule).map_err(|problem| VerifyError::new(Section::Rules, row, problem))?;
    }
    ensure(ids_differ(image), "a rule id stands twice").map_err(|problem| VerifyError::section(Section::Rules, problem))
}

/// A rule's references exist and its numbers are sane.
fn verify_rule(image: &BundleImage, facts: &[BlockFacts], rule: Rule<'_>) -> Check {
    ensure(rule.span().source.index() < image.sources.len(), "no such source")?;
    ensure(rule.id_text() != Some(""), "a rule without id")?;
    match rule.kind() {
        RuleKind::Permit(Some(grant)) => ensure(grant.index() < image.grants.len(), "no such grant"),
        RuleKind::Require(RequirementImage::Approval { count, approvers, .. }) => {
            ensure(*count > 0, "an approval by nobody")?;
            known_classes(image, approvers)
        }
        RuleKind::Limit(limit) => {
            let sane = limit.at_most >= 0 && decimal::Decimal::from_units(limit.at_most).is_ok() && limit.per_ms > 0;
            ensure(sane, "no such limit")?;
            match limit.amount {
                None => Ok(()),
                Some(block) => {
                    ensure(facts.get(block.index()).is_some_and(|block| !block.uses.has(Uses::LINK)), "no such block")
                }
            }
        }
        RuleKind::Unknown => Err("no such rule"),
        _ => Ok(()),
    }
}

/// Whether no two rules have one id. Ids that are positions ascend as rules do, which tells it without making them;
/// where that does not tell it, all are made and compared.
fn ids_differ(image: &BundleImage) -> bool {
    let mut paths = BTreeSet::new();
    let apart = image.sources.iter().all(|source| paths.insert(source.path.as_str()));
    let mut texts = HashSet::with_capacity(image.rules.ids.len());
    let mut written = image.each_rule().filter(|rule| rule.id_form() == IdForm::Text).filter_map(Rule::id_text);
    if apart && written.all(|id| texts.insert(id) && !is_position(id, &paths)) && positions_ascend(image) {
        return true;
    }
    let mut ids: HashSet<Cow<'_, str>> = HashSet::with_capacity(image.rules.len());
    image.each_rule().all(|rule| ids.insert(rule.id()))
}

/// Whether an id reads as the position of some rule.
fn is_position(id: &str, paths: &BTreeSet<&str>) -> bool {
    let number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let Some((before, _)) = id.rsplit_once(':').filter(|(_, last)| number(last)) else { return false };
    let shorter = before.rsplit_once(':').filter(|(_, last)| number(last)).map(|(path, _)| path);
    paths.contains(before) || shorter.is_some_and(|path| paths.contains(path))
}

/// Whether each rule whose id is its position stands behind the one before it: on a later line, or, where both say their
/// column, in a later column.
fn positions_ascend(image: &BundleImage) -> bool {
    let mut rules = image.each_rule().filter(|rule| rule.id_form() != IdForm::Text);
    let Some(mut last) = rules.next() else { return true };
    rules.all(|rule| {
        let (one, other) = (last.span(), rule.span());
        let columns = last.id_form() == IdForm::Column && rule.id_form() == IdForm::Column;
        last = rule;
        let lines = (one.source, one.line).cmp(&(other.source, other.line));
        lines.is_lt() || (lines.is_eq() && columns && one.column < other.column)
    })
}
