//! Walks over decision trees: from what is known to the rules that can be true.
//!
//! A switch whose fact can be read leads to the children whose keys fit; one whose fact is absent, in
//! error, not known or of an unforeseen kind leads to all of them, and what is found below is then no
//! longer known to hold (`exact` is false). A row may be met twice, when several keys of one child fit.
//! Recursion is as deep as the verifier allows.

use crate::decide::lead::Lead;
use crate::vm::context::Context;
use crate::vm::slot::{read_slot, slot_value};
use crate::vm::value::{Value, place_of, text_of};
use alloc::vec::Vec;
use core::cell::RefCell;
use core::net::IpAddr;
use core::ops::ControlFlow;
use mcpz_bytecode::ids::{ConstantId, RuleId, TreeId};
use mcpz_bytecode::image::{ClassCases, ClassSet, ConstantNode, EntryRow, Interval, Intervals, TreeNode};
use mcpz_bytecode::limits::LARGE_TREE;
use mcpz_bytecode::packed::{Packed, Rows};
use mcpz_bytecode::value::net;

/// Called with each row and whether all switches on the way found their keys; may end the walk.
pub(crate) type Visit<'v> = &'v mut dyn FnMut(&EntryRow, bool) -> ControlFlow<()>;

/// The nodes that a switch leads to.
type Children<'t> = Rows<'t, TreeId>;
/// Constants that are keys of a switch, and the positions of the children that they lead to.
type Keyed<'t> = Rows<'t, (ConstantId, u32)>;

/// A walk.
#[derive(Clone, Copy)]
pub(crate) struct Walk<'w, 'a> {
    /// What the switches look at.
    pub cx: &'w Context<'a>,
    /// Classes that some link of the chain may belong to.
    pub possible: &'w ClassSet,
    /// Leave out rows that are late ([`EntryRow::late`]).
    pub skip_late: bool,
    /// Leave out what cannot matter any more.
    pub lead: Option<&'w Lead>,
    /// Where the nodes that are met are noted, for pictures.
    pub trail: Option<&'w RefCell<Vec<TreeId>>>,
}

impl<'a> Walk<'_, 'a> {
    /// Visits every row that can be other than false.
    pub fn rows(&self, tree: TreeId, visit: Visit<'_>) -> ControlFlow<()> {
        self.node(tree, true, visit)
    }

    fn node(&self, tree: TreeId, exact: bool, visit: Visit<'_>) -> ControlFlow<()> {
        if self.skip_late && !self.cx.program.tree_facts(tree).is_some_and(|facts| facts.early) {
            return ControlFlow::Continue(());
        }
        let Some(sound) = self.matters(tree, visit)? else {
            return ControlFlow::Continue(());
        };
        let Some(node) = self.cx.image().trees.get(tree.index()) else {
            return ControlFlow::Continue(());
        };
        if let Some(trail) = self.trail
            && let Ok(mut trail) = trail.try_borrow_mut()
        {
            trail.push(tree);
        }
        match node {
            TreeNode::Rows(rows) => self.leaf(rows, sound, exact, visit),
            TreeNode::Both(children) => self.all(children, exact, visit),
            TreeNode::Present { slot, children } => match slot_value(self.cx, slot) {
                Value::Absent | Value::Null => ControlFlow::Continue(()),
                Value::Unknown | Value::Error(_) => self.all(children, false, visit),
                _ => self.all(children, exact, visit),
            },
            TreeNode::Classes { cases, children } => self.classes(cases, children, exact, visit),
            TreeNode::Texts { slot, keys, children } => match read_slot(self.cx, slot).map(text_of) {
                Ok(Some(text)) => {
                    let found = keys.find(text, |id| self.key(id)).map(|row| keys.children(row));
                    found.into_iter().flatten().try_for_each(|child| self.child(children, child, exact, visit))
                }
                _ => self.all(children, false, visit),
            },
            TreeNode::Paths { slot, cases, children } => match read_slot(self.cx, slot) {
                Ok(Value::Path(path)) => self.paths(cases, children, path, exact, visit),
                _ => self.all(children, false, visit),
            },
            TreeNode::Networks { slot, cases, children } => match read_slot(self.cx, slot) {
                Ok(Value::Ip(address)) => self.networks(cases, children, address, exact, visit),
                _ => self.all(children, false, visit),
            },
            TreeNode::Numbers { slot, cases, children } => match read_slot(self.cx, slot).map(place_of) {
                Ok(Some(place)) => {
                    let over = |rule| sound && self.lead.is_some_and(|lead| lead.is_behind(rule));
                    let mut found = |child| self.child(children, child, exact, visit);
                    match cases {
                        Intervals::Narrow(rows, unit) => stabbed(rows, unit.around(place), &over, &mut found),
                        Intervals::Wide(rows) => stabbed(rows, (place, place), &over, &mut found),
                    }
                }
                _ => self.all(children, false, visit),
            },
            TreeNode::Patterns { slot, automaton, cases, children } => match read_slot(self.cx, slot).map(text_of) {
                Ok(Some(text)) => {
                    let mut flow = ControlFlow::Continue(());
                    let done = self.cx.program.automaton_patterns(automaton, text, |pattern| {
                        for child in cases.get(pattern).into_iter().flatten() {
                            if flow.is_continue() {
                                flow = self.child(children, child, exact, visit);
                            }
                        }
                    });
                    if done.is_some() { flow } else { self.all(children, false, visit) }
                }
                _ => self.all(children, false, visit),
            },
        }
    }

    /// The rows of a leaf; `sound` says that those which are passed over are in no error.
    fn leaf(&self, rows: Rows<'_, EntryRow>, sound: bool, exact: bool, visit: Visit<'_>) -> ControlFlow<()> {
        for row in rows {
            let behind = self.lead.is_some_and(|lead| sound && lead.is_behind(row.rule));
            let late = self.skip_late && row.late;
            if !behind && !late {
                visit(&row, exact)?;
            }
        }
        ControlFlow::Continue(())
    }

    /// Whether anything below a node can matter still, and if so, whether no condition there can be in error.
    fn matters(&self, tree: TreeId, visit: Visit<'_>) -> ControlFlow<(), Option<bool>> {
        let (Some(lead), Some(facts)) = (self.lead, self.cx.program.tree_facts(tree)) else {
            return ControlFlow::Continue(Some(false));
        };
        let (sound, large) = (lead.is_sound(self.cx.program.faults_below(tree)), facts.rows > LARGE_TREE);
        let passed = sound && (lead.is_behind(facts.first) || (large && self.scout(tree, lead, visit)?));
        ControlFlow::Continue((!passed).then_some(sound))
    }

    /// Visits the first rows below a node until one of them holds; whether the others need no visit then. The
    /// switches that lead to them have not been asked, so nothing of their conditions is known to hold.
    fn scout(&self, tree: TreeId, lead: &Lead, visit: Visit<'_>) -> ControlFlow<(), bool> {
        for row in self.cx.program.scouts(tree) {
            visit(row, false)?;
            if lead.is_behind(row.rule) {
                return ControlFlow::Continue(true);
            }
        }
        ControlFlow::Continue(false)
    }

    fn all(&self, children: Children<'_>, exact: bool, visit: Visit<'_>) -> ControlFlow<()> {
        for child in children {
            self.node(child, exact, visit)?;
        }
        ControlFlow::Continue(())
    }

    fn child(&self, children: Children<'_>, child: u32, exact: bool, visit: Visit<'_>) -> ControlFlow<()> {
        match children.at(child) {
            Some(tree) => self.node(tree, exact, visit),
            None => ControlFlow::Continue(()),
        }
    }

    /// Children of the classes that the caller may belong to.
    fn classes(&self, cases: ClassCases<'_>, children: Children<'_>, exact: bool, visit: Visit<'_>) -> ControlFlow<()> {
        let held = self.possible.words().iter();
        held.flat_map(|word| cases.of(*word)).flatten().try_for_each(|child| self.child(children, child, exact, visit))
    }

    /// The text of a key.
    fn key(&self, id: ConstantId) -> &'a str {
        self.cx.image().constants.text(id)
    }

    /// Children of this very path.
    fn path(
        &self,
        cases: Keyed<'_>,
        children: Children<'_>,
        text: &str,
        exact: bool,
        visit: Visit<'_>,
    ) -> ControlFlow<()> {
        let first = cases.partition_point(|case| self.key(case.0) < text);
        for (id, child) in cases.from(first) {
            if self.key(id) != text {
                break;
            }
            self.child(children, child, exact, visit)?;
        }
        ControlFlow::Continue(())
    }

    /// Children of a path and of all folders it is in.
    fn paths(
        &self,
        cases: Keyed<'_>,
        children: Children<'_>,
        path: &str,
        exact: bool,
        visit: Visit<'_>,
    ) -> ControlFlow<()> {
        self.path(cases, children, "/", exact, visit)?;
        let breaks = path.bytes().enumerate().skip(1).filter(|(_, byte)| *byte == b'/').map(|(at, _)| at);
        for end in breaks.chain((path.len() > 1).then_some(path.len())) {
            self.path(cases, children, path.get(..end).unwrap_or(path), exact, visit)?;
        }
        ControlFlow::Continue(())
    }

    /// Children of all networks that hold an address: by length of their prefix.
    fn networks(
        &self,
        cases: Keyed<'_>,
        children: Children<'_>,
        address: IpAddr,
        exact: bool,
        visit: Visit<'_>,
    ) -> ControlFlow<()> {
        let key = |id: ConstantId| match self.cx.image().constants.get(id.index()) {
            Some(ConstantNode::Net(network, length)) => Some((network, length)),
            _ => None,
        };
        let longest = if address.is_ipv4() { 32 } else { 128 };
        for length in 0..=longest {
            let wanted = Some((net::masked(address, length), length));
            let first = cases.partition_point(|case| key(case.0) < wanted);
            for (id, child) in cases.from(first) {
                if key(id) != wanted {
                    break;
                }
                self.child(children, child, exact, visit)?;
            }
        }
        ControlFlow::Continue(())
    }
}

/// Every interval that holds a place, left to right: a half whose highest end is too low is left out, and
/// one whose rules are all passed over. The place is given by the last possible end up to it, and the first from it on.
fn stabbed<End: Copy + Ord>(
    cases: Rows<'_, Interval<End>>,
    place: (End, End),
    over: &impl Fn(RuleId) -> bool,
    found: &mut impl FnMut(u32) -> ControlFlow<()>,
) -> ControlFlow<()>
where
    Interval<End>: Packed,
{
    let middle = cases.len() >> 1;
    let Some((before, rest)) = cases.split(middle) else { return ControlFlow::Continue(()) };
    let Some(row) = rest.first() else { return ControlFlow::Continue(()) };
    let (below, above) = place;
    if row.highest < above || over(row.first) {
        return ControlFlow::Continue(());
    }
    stabbed(before, place, over, found)?;
    if row.low > below {
        return ControlFlow::Continue(());
    }
    if above <= row.high {
        found(row.child)?;
    }
    stabbed(rest.from(1), place, over, found)
}
