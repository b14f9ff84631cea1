//! Parting the rules of one entry point by the facts they look at.

use super::keys::{BlockKey, Dimension, Key};
use super::patterns::{self, Pass, Pattern, PatternGroup};
use super::{On, Tree, TreeId, TreeRow, Trees};
use crate::hir::ClassId;
use mcpz_bytecode::limits::MAX_TREE_DEPTH;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// Most facts that are looked at on one way down.
pub const MAX_LEVELS: usize = 8;
// A fact takes at most four nodes of a way: two that hold parts together, the question whether anything stands there, and
// the switch. Then comes a leaf, and before it all what holds groups of rules together.
const _: () = assert!(4 * MAX_LEVELS + 2 <= MAX_TREE_DEPTH, "every tree that is made can be loaded");
/// Leaves of no more rows are not parted any further: testing them is as cheap as finding them.
pub const SMALL_LEAF: usize = 4;
/// Parts of more rules than this are parted by several facts at once: every rule by the one that leaves it
/// out most often.
const LARGE_PART: usize = 32;
/// Numbers that are tried to see how far intervals overlap.
const MAX_SAMPLES: usize = 64;

/// A rule of the entry point, with what it wants of facts.
#[derive(Debug, Clone)]
pub struct Candidate<'k> {
    /// Its row; `implied` is filled on the way down.
    pub row: TreeRow,
    /// How often it decided, in the traffic that the tree is built for.
    pub weight: u64,
    /// The keys of its block.
    pub keys: &'k [BlockKey],
}

/// Rules that stand together, and what was looked at on the way to them.
#[derive(Clone)]
struct Part<'k> {
    rules: Vec<Candidate<'k>>,
    used: BTreeSet<Dimension>,
    /// So many are not parted.
    leaf: usize,
}

/// Builds the tree of these rules; `None` when there are none. A rule may be given more than once,
/// with different blocks.
pub fn build(trees: &mut Trees, rules: Vec<Candidate<'_>>, leaf: usize) -> Option<Branch> {
    let weight = weight(&rules);
    (!rules.is_empty()).then(|| Branch { weight, tree: part(trees, Part { rules, used: BTreeSet::new(), leaf }) })
}

fn part(trees: &mut Trees, part: Part<'_>) -> TreeId {
    let mut refused = BTreeSet::new();
    while part.rules.len() > part.leaf && part.used.len() < MAX_LEVELS {
        let Some(dimension) = best(&part, &refused) else { break };
        let large = dimension != Dimension::Classes && part.rules.len() > LARGE_PART;
        if large && let Some(tree) = scattered(trees, &part) {
            return tree;
        }
        match parted(trees, &part, dimension) {
            Some(tree) => return tree,
            None => refused.insert(dimension),
        };
    }
    leaf(trees, part.rules)
}

fn leaf(trees: &mut Trees, rules: Vec<Candidate<'_>>) -> TreeId {
    let mut rows: Vec<TreeRow> = rules.into_iter().map(|rule| rule.row).collect();
    rows.sort();
    rows.dedup_by(|later, earlier| (later.rule, later.block) == (earlier.rule, earlier.block));
    trees.add(Tree::Rows(rows))
}

/// The fact that leaves the fewest rules to test, unless none leaves clearly fewer than there are.
fn best(part: &Part<'_>, refused: &BTreeSet<Dimension>) -> Option<Dimension> {
    let mut sizes: BTreeMap<Dimension, BTreeMap<&Key, Wanted>> = BTreeMap::new();
    for (rule, key) in part.rules.iter().flat_map(|rule| rule.keys.iter().map(move |key| (rule, key))) {
        let dimension = key.key.dimension();
        if !part.used.contains(&dimension) && !refused.contains(&dimension) {
            let wanted = sizes.entry(dimension).or_default().entry(&key.key).or_default();
            wanted.rules += 1;
            wanted.weight = wanted.weight.saturating_add(rule.weight);
        }
    }
    let all = part.rules.len();
    let scored = sizes.into_iter().map(|(dimension, groups)| {
        let keyed: usize = groups.values().map(|wanted| wanted.rules).sum();
        (expected(&groups) + (all - keyed), dimension)
    });
    // A tenth less is not worth a look at the fact.
    scored.min().filter(|(left, _)| left * 10 < all * 9).map(|(_, dimension)| dimension)
}

/// Rules that want the same of a fact: how many, and how often they decided.
#[derive(Debug, Clone, Copy, Default)]
struct Wanted {
    rules: usize,
    weight: u64,
}

/// How many of these rules a typical fact leaves, rounded up; where traffic is known, a fact of the traffic.
fn expected(groups: &BTreeMap<&Key, Wanted>) -> usize {
    let total: usize = groups.values().map(|wanted| wanted.rules).sum();
    if matches!(groups.keys().next(), Some(Key::Numbers(..))) {
        return stabbed(groups);
    }
    let keys: usize = distinct(groups);
    let weighted: usize = groups.iter().map(|(key, wanted)| key.count() * wanted.rules).sum();
    // Callers have a few classes; other facts have one value, and a value that no rule names is
    // as likely as one that some rule names.
    let hits = if matches!(groups.keys().next(), Some(Key::Classes(_))) { 2 } else { 1 };
    match met(groups) {
        Some(rules) => rules.saturating_mul(hits).min(total),
        None => (weighted * hits).div_ceil(keys + usize::from(hits == 1)).min(total),
    }
}

/// How many rules a fact of the traffic leaves: the size of each group, as often as it decided. Every group
/// counts once besides, because traffic never is all there will be. None without traffic.
fn met(groups: &BTreeMap<&Key, Wanted>) -> Option<usize> {
    let seen = groups.values().any(|wanted| wanted.weight > 0);
    let times = |wanted: &Wanted| u128::from(wanted.weight).saturating_add(1);
    let size = |wanted: &Wanted| u128::try_from(wanted.rules).unwrap_or(u128::MAX);
    let all: u128 = groups.values().map(times).sum();
    let met: u128 = groups.values().map(|wanted| times(wanted).saturating_mul(size(wanted))).sum();
    if seen { usize::try_from(met.div_ceil(all.max(1))).ok() } else { None }
}

/// How many different keys there are.
fn distinct(groups: &BTreeMap<&Key, Wanted>) -> usize {
    let mut classes: BTreeSet<ClassId> = BTreeSet::new();
    let mut texts: BTreeSet<&str> = BTreeSet::new();
    let mut networks: BTreeSet<(IpAddr, u8)> = BTreeSet::new();
    for key in groups.keys() {
        match key {
            Key::Classes(keys) => classes.extend(keys),
            Key::Texts(_, keys) | Key::Paths(_, keys) => texts.extend(keys.iter().map(String::as_str)),
            Key::Networks(_, keys) => networks.extend(keys),
            Key::Patterns(_, keys) => texts.extend(keys.iter().map(Pattern::text)),
            Key::Numbers(..) => {}
        }
    }
    (classes.len() + texts.len() + networks.len()).max(1)
}

/// How many rules hold a number, on the average over numbers at the ends of their intervals.
fn stabbed(groups: &BTreeMap<&Key, Wanted>) -> usize {
    let samples = samples(groups);
    let held = |number: i128| -> usize {
        let intervals = intervals(groups).filter(|(low, high, _)| *low <= number && number <= *high);
        intervals.map(|(_, _, rules)| rules).sum()
    };
    samples.iter().map(|number| held(*number)).sum::<usize>().div_ceil(samples.len().max(1))
}

/// The intervals of these keys, each with how many rules want it.
fn intervals(groups: &BTreeMap<&Key, Wanted>) -> impl Iterator<Item = (i128, i128, usize)> {
    let wanted = groups.iter().filter_map(|(key, wanted)| match key {
        Key::Numbers(_, intervals) => Some((intervals, wanted.rules)),
        _ => None,
    });
    wanted.flat_map(|(intervals, rules)| intervals.iter().map(move |(low, high)| (*low, *high, rules)))
}

/// Some of the numbers at the ends of intervals.
fn samples(groups: &BTreeMap<&Key, Wanted>) -> Vec<i128> {
    let mut ends: Vec<i128> = intervals(groups).flat_map(|(low, high, _)| [low, high]).collect();
    ends.sort_unstable();
    ends.dedup();
    let step = ends.len().div_ceil(MAX_SAMPLES).max(1);
    ends.into_iter().step_by(step).collect()
}

/// The rules that want the same of a fact, by what they want.
type Groups<'k> = BTreeMap<Key, Vec<Candidate<'k>>>;

/// Parts the rules by a fact; `None` when that parts nothing.
fn parted(trees: &mut Trees, all: &Part<'_>, dimension: Dimension) -> Option<TreeId> {
    let (mut guarded, mut open, mut rest) = (Groups::new(), Groups::new(), Vec::new());
    for rule in &all.rules {
        match rule.keys.iter().find(|key| key.key.dimension() == dimension) {
            None => rest.push(rule.clone()),
            Some(key) => {
                let mut rule = rule.clone();
                rule.row.implied.extend(key.implied.iter().chain(&key.guard));
                rule.row.implied.sort_unstable();
                let groups = if key.guard.is_some() { &mut guarded } else { &mut open };
                groups.entry(key.key.clone()).or_default().push(rule);
            }
        }
    }
    let mut used = all.used.clone();
    used.insert(dimension);
    let below = (&used, all.leaf);
    let mut branches: Vec<Branch> = switches(trees, dimension, open, below, &mut rest);
    if let Some(slot) = dimension.slot() {
        let children = switches(trees, dimension, guarded, below, &mut rest);
        if !children.is_empty() {
            let weight = children.iter().map(|branch| branch.weight).fold(0, u64::saturating_add);
            let children = children.into_iter().map(|branch| branch.tree).collect();
            branches.push(Branch { weight, tree: trees.add(Tree::Present { slot, children }) });
        }
    }
    if branches.is_empty() {
        return None;
    }
    if !rest.is_empty() {
        // The others do not look at this fact in any way that parts them.
        let weight = weight(&rest);
        branches.push(Branch { weight, tree: part(trees, Part { rules: rest, used, leaf: all.leaf }) });
    }
    joined(trees, branches)
}

/// Parts the rules by all facts at once, each rule by the fact that leaves it out most often; `None` when that is
/// the same for all.
fn scattered(trees: &mut Trees, all: &Part<'_>) -> Option<TreeId> {
    let odds = Odds::of(all);
    let mut by_dimension: BTreeMap<Option<Dimension>, Vec<Candidate<'_>>> = BTreeMap::new();
    for rule in &all.rules {
        by_dimension.entry(odds.rarest(rule)).or_default().push(rule.clone());
    }
    let mut rest = by_dimension.remove(&None).unwrap_or_default();
    let (large, small): (Vec<_>, Vec<_>) = by_dimension.into_iter().partition(|(_, rules)| rules.len() > all.leaf);
    rest.extend(small.into_iter().flat_map(|(_, rules)| rules));
    if large.len() < 2 {
        return None;
    }
    let mut branches = Vec::new();
    for (dimension, rules) in large {
        let own = Part { rules, used: all.used.clone(), leaf: all.leaf };
        match dimension.and_then(|dimension| parted(trees, &own, dimension)) {
            Some(tree) => branches.push(Branch { weight: weight(&own.rules), tree }),
            None => rest.extend(own.rules),
        }
    }
    if branches.is_empty() {
        return None;
    }
    if !rest.is_empty() {
        let weight = weight(&rest);
        let others = Part { rules: rest, used: all.used.clone(), leaf: all.leaf };
        branches.push(Branch { weight, tree: part(trees, others) });
    }
    joined(trees, branches)
}

/// A part of a tree.
#[derive(Debug, Clone, Copy)]
pub struct Branch {
    /// How often its rules decided.
    pub weight: u64,
    /// Its node.
    pub tree: TreeId,
}

/// How often keys fit, as far as can be told from the keys of the other rules.
struct Odds {
    /// How many different keys there are of a fact.
    distinct: BTreeMap<Dimension, usize>,
    /// Numbers at the ends of intervals.
    samples: BTreeMap<Dimension, Vec<i128>>,
    used: BTreeSet<Dimension>,
}

impl Odds {
    fn of(part: &Part<'_>) -> Odds {
        let mut groups: BTreeMap<Dimension, BTreeMap<&Key, Wanted>> = BTreeMap::new();
        for key in part.rules.iter().flat_map(|rule| rule.keys) {
            groups.entry(key.key.dimension()).or_default().entry(&key.key).or_default().rules += 1;
        }
        let distinct = groups.iter().map(|(dimension, groups)| (*dimension, distinct(groups))).collect();
        let samples = groups.iter().map(|(dimension, groups)| (*dimension, samples(groups))).collect();
        Odds { distinct, samples, used: part.used.clone() }
    }

    /// The fact that leaves a rule out most often; `None` when it asks for none that has not been looked at.
    fn rarest(&self, rule: &Candidate<'_>) -> Option<Dimension> {
        let open = rule.keys.iter().map(|key| (&key.key, key.key.dimension()));
        let open = open.filter(|(_, dimension)| !self.used.contains(dimension));
        open.map(|(key, dimension)| (self.fits(key, dimension), dimension)).min().map(|(_, dimension)| dimension)
    }

    /// How often of a million a key fits.
    fn fits(&self, key: &Key, dimension: Dimension) -> usize {
        let (met, all) = match key {
            Key::Numbers(_, intervals) => {
                let samples = self.samples.get(&dimension).map_or(&[][..], Vec::as_slice);
                let held = |number: &&i128| intervals.iter().any(|(low, high)| low <= *number && *number <= high);
                (samples.iter().filter(held).count(), samples.len())
            }
            _ => (key.count(), self.distinct.get(&dimension).map_or(1, |distinct| distinct + 1)),
        };
        (met.saturating_mul(1_000_000) / all.max(1)).min(1_000_000)
    }
}

/// How often some of these rules decided.
fn weight<'r, 'k: 'r>(rules: impl IntoIterator<Item = &'r Candidate<'k>>) -> u64 {
    rules.into_iter().map(|rule| rule.weight).fold(0, u64::saturating_add)
}

/// All of these, the one that decided most first; without traffic the order stays.
pub fn joined(trees: &mut Trees, mut branches: Vec<Branch>) -> Option<TreeId> {
    branches.sort_by_key(|branch| std::cmp::Reverse(branch.weight));
    match branches.as_slice() {
        [] => None,
        [only] => Some(only.tree),
        _ => Some(trees.add(Tree::Both(branches.into_iter().map(|branch| branch.tree).collect()))),
    }
}

/// The switches over groups of rules; none when no group can be told from the others.
fn switches<'k>(
    trees: &mut Trees,
    dimension: Dimension,
    groups: Groups<'k>,
    below: (&BTreeSet<Dimension>, usize),
    rest: &mut Vec<Candidate<'k>>,
) -> Vec<Branch> {
    match dimension {
        _ if groups.is_empty() => Vec::new(),
        Dimension::Patterns(slot) => by_patterns(trees, slot, groups, below, rest).unwrap_or_default(),
        _ => {
            let weight = weight(groups.values().flatten());
            vec![Branch { weight, tree: by_keys(trees, dimension, groups, below) }]
        }
    }
}

/// A switch with one case for each key.
fn by_keys(
    trees: &mut Trees,
    dimension: Dimension,
    groups: Groups<'_>,
    (used, leaf): (&BTreeSet<Dimension>, usize),
) -> TreeId {
    let (mut keys, mut children) = (Vec::new(), Vec::new());
    for (key, rules) in groups {
        keys.push(key);
        children.push(part(trees, Part { rules, used: used.clone(), leaf }));
    }
    let keys = keys.iter().enumerate();
    let on = match dimension {
        Dimension::Classes => On::Classes(cases(keys.map(|(child, key)| match key {
            Key::Classes(classes) => (classes.iter().copied().collect(), child),
            _ => (Vec::new(), child),
        }))),
        Dimension::Texts(slot) | Dimension::Paths(slot) => {
            let found = cases(keys.map(|(child, key)| match key {
                Key::Texts(_, texts) | Key::Paths(_, texts) => (texts.iter().cloned().collect(), child),
                _ => (Vec::new(), child),
            }));
            if dimension == Dimension::Texts(slot) { On::Texts(slot, found) } else { On::Paths(slot, found) }
        }
        Dimension::Networks(slot) => On::Networks(
            slot,
            cases(keys.map(|(child, key)| match key {
                Key::Networks(_, networks) => (networks.iter().copied().collect(), child),
                _ => (Vec::new(), child),
            })),
        ),
        Dimension::Numbers(slot) | Dimension::Patterns(slot) => {
            let found = cases(keys.map(|(child, key)| match key {
                Key::Numbers(_, intervals) => (intervals.iter().copied().collect(), child),
                _ => (Vec::new(), child),
            }));
            On::Numbers(slot, found.into_iter().map(|((low, high), child)| (low, high, child)).collect())
        }
    };
    trees.add(Tree::Switch { on, children })
}

/// Keys with the positions of their children, sorted.
fn cases<K: Ord>(children: impl Iterator<Item = (Vec<K>, usize)>) -> Vec<(K, usize)> {
    let mut found: Vec<(K, usize)> =
        children.flat_map(|(keys, child)| keys.into_iter().map(move |key| (key, child))).collect();
    found.sort();
    found
}

/// What a pass over a text leads to.
#[derive(Debug, Default)]
struct Below {
    children: Vec<Branch>,
    /// Of each pattern: positions of children.
    leads: BTreeMap<Pattern, Vec<usize>>,
}

/// One switch for each pass over the text. Rules with a pattern that found no place join the rest.
fn by_patterns<'k>(
    trees: &mut Trees,
    slot: crate::lower::term::SlotId,
    groups: Groups<'k>,
    (used, leaf): (&BTreeSet<Dimension>, usize),
    rest: &mut Vec<Candidate<'k>>,
) -> Option<Vec<Branch>> {
    let wanted = |key: &Key| match key {
        Key::Patterns(_, patterns) => patterns.clone(),
        _ => BTreeSet::new(),
    };
    let all: BTreeSet<Pattern> = groups.keys().flat_map(wanted).collect();
    let patterns::Passes { passes, left_out } = patterns::passes(all.into_iter().collect());
    let left_out: BTreeSet<Pattern> = left_out.into_iter().collect();
    let pass_of: BTreeMap<&Pattern, usize> = passes
        .iter()
        .enumerate()
        .flat_map(|(pass, own)| own.patterns.iter().map(move |pattern| (pattern, pass)))
        .collect();
    let mut below: Vec<Below> = passes.iter().map(|_| Below::default()).collect();
    for (key, rules) in groups {
        let patterns = wanted(&key);
        if patterns.iter().any(|pattern| left_out.contains(pattern)) {
            rest.extend(rules.into_iter().map(|rule| unkeyed(rule, &key)));
            continue;
        }
        let weight = weight(&rules);
        let tree = part(trees, Part { rules, used: used.clone(), leaf });
        let in_passes: BTreeSet<usize> = patterns.iter().filter_map(|pattern| pass_of.get(pattern).copied()).collect();
        for pass in in_passes {
            let Some(Below { children, leads }) = below.get_mut(pass) else { continue };
            for pattern in patterns.iter().filter(|pattern| pass_of.get(pattern) == Some(&pass)) {
                leads.entry(pattern.clone()).or_default().push(children.len());
            }
            children.push(Branch { weight, tree });
        }
    }
    if below.iter().all(|below| below.children.is_empty()) {
        return None;
    }
    let mut switches = Vec::new();
    for (Pass { patterns, dfa }, Below { children: branches, mut leads }) in passes.iter().zip(below) {
        let lead = |pattern: &Pattern| (pattern.clone(), leads.remove(pattern).unwrap_or_default());
        let cases = patterns.iter().map(lead).collect();
        let on = On::Patterns(slot, PatternGroup { cases, dfa: dfa.clone() });
        let weight = branches.iter().map(|branch| branch.weight).fold(0, u64::saturating_add);
        let children = branches.into_iter().map(|branch| branch.tree).collect();
        switches.push(Branch { weight, tree: trees.add(Tree::Switch { on, children }) });
    }
    Some(switches)
}

/// A rule whose key was not used after all.
fn unkeyed<'k>(mut rule: Candidate<'k>, key: &Key) -> Candidate<'k> {
    if let Some(used) = rule.keys.iter().find(|known| known.key == *key) {
        rule.row.implied.retain(|clause| !used.implied.contains(clause) && used.guard != Some(*clause));
    }
    rule
}
