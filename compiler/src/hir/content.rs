//! An order of rules by what they say, not by where they stand.
//!
//! Tables of a bundle are filled in this order, so that rules which are moved, within a file or to
//! another one, give the same bytes but for positions. Rules with an `@id` stand first, by it; the others
//! follow by their meaning, written as text without places and with their variables numbered anew.

use super::{Program, Rule};

/// Rows of the rules, by what they say.
pub fn order(program: &Program) -> Vec<usize> {
    let mut rows: Vec<(String, usize)> =
        program.rules.iter().enumerate().map(|(row, rule)| (key(program, rule), row)).collect();
    rows.sort();
    rows.into_iter().map(|(_, row)| row).collect()
}

fn key(program: &Program, rule: &Rule) -> String {
    if !is_named_by_place(program, rule) {
        return format!("0{}", rule.id);
    }
    let what = (&rule.kind, &rule.subject, &rule.for_subject, &rule.actions, &rule.targets);
    let how = (&rule.where_, &rule.when, &rule.unless, rule.shadow, rule.grant, rule.deny);
    let texts = (&rule.message, &rule.severity, &rule.docs);
    format!("1{}", with_own_variables(&without_spans(&format!("{what:?} {how:?} {texts:?}"))))
}

/// Whether the id is the rule's place, `path:line` or `path:line:column`, and not one that its author gave.
fn is_named_by_place(program: &Program, rule: &Rule) -> bool {
    let source = program.sources.get(rule.span.source.index());
    let place = source.and_then(|source| rule.id.strip_prefix(source.path.as_str())?.strip_prefix(':'));
    place.is_some_and(|place| place.bytes().all(|byte| byte.is_ascii_digit() || byte == b':'))
}

/// Removes `Span { .. }` from debug text.
pub(crate) fn without_spans(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("Span {") {
        plain.push_str(&rest[..at]);
        let tail = &rest[at..];
        rest = tail.find('}').map_or("", |end| &tail[end + 1..]);
    }
    plain.push_str(rest);
    plain
}

/// Numbers the variables of debug text in the order in which they are met.
fn with_own_variables(text: &str) -> String {
    const NAME: &str = "VarId(";
    let mut met: Vec<&str> = Vec::new();
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(NAME) {
        let (before, from) = rest.split_at(at + NAME.len());
        let (number, tail) = from.split_at(from.find(')').unwrap_or(from.len()));
        let own = met.iter().position(|known| *known == number).unwrap_or_else(|| {
            met.push(number);
            met.len() - 1
        });
        plain.push_str(before);
        plain.push_str(&own.to_string());
        rest = tail;
    }
    plain.push_str(rest);
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_and_numbers_of_variables_are_left_out() {
        let text = "Any { var: VarId(17), of: VarId(3), span: Span { start: 4, end: 9 } } VarId(17)";
        let plain = with_own_variables(&without_spans(text));
        assert_eq!(plain, "Any { var: VarId(0), of: VarId(1), span:  } VarId(0)");
    }
}
