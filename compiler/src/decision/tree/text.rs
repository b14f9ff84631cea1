//! Switches in words: what is looked at, and the keys that lead to a child.

use super::On;
use super::keys::line_of;
use crate::hir::Program;
use crate::hir::canonical::class_name;
use crate::lower::RuleSet;
use crate::lower::display::slot_text;
use crate::lower::term::SlotId;
use mcpz_bytecode::value::Line;

/// What a switch looks at.
pub fn fact_text(program: &Program, rules: &RuleSet, on: &On) -> String {
    on.slot().map_or_else(|| "caller".to_string(), |slot| place_text(program, rules, slot))
}

/// A place.
pub fn place_text(program: &Program, rules: &RuleSet, slot: SlotId) -> String {
    let place = rules.tables.slots.rows().get(slot.index());
    place.map_or_else(String::new, |slot| slot_text(program, slot))
}

/// The keys that lead to a child.
pub fn keys_text(program: &Program, rules: &RuleSet, on: &On, child: usize) -> String {
    let joined = |keys: Vec<String>| keys.join(", ");
    match on {
        On::Classes(cases) => joined(of(cases, child).map(|class| class_name(program, *class)).collect()),
        On::Texts(_, cases) => joined(of(cases, child).map(|text| format!("{text:?}")).collect()),
        On::Paths(_, cases) => joined(of(cases, child).map(|path| format!("under {path:?}")).collect()),
        On::Networks(_, cases) => {
            joined(of(cases, child).map(|(address, length)| format!("in {address}/{length}")).collect())
        }
        On::Numbers(slot, cases) => {
            let place = rules.tables.slots.rows().get(slot.index());
            let line = place.and_then(|slot| line_of(&slot.ty)).unwrap_or(Line::Number);
            let own = cases.iter().filter(|case| case.2 == child);
            joined(own.map(|(low, high, _)| line.interval_text(*low, *high)).collect())
        }
        On::Patterns(_, group) => {
            let own = group.cases.iter().filter(|(_, found)| found.contains(&child));
            joined(own.map(|(pattern, _)| format!("like {:?}", pattern.text())).collect())
        }
    }
}

fn of<K>(cases: &[(K, usize)], child: usize) -> impl Iterator<Item = &K> {
    cases.iter().filter(move |case| case.1 == child).map(|case| &case.0)
}
