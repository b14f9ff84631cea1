//! How much dearer a decision gets from few rules to many, measured by itself.
//!
//! What is compared is loaded together. In a block, a few short rounds with few rules alternate with as many with many, so
//! that both sides see the same phase of the machine; each batch counts with its fastest round of the block. A block
//! gives one ratio. Blocks of everything that is compared come in turns, and what counts is the median of the ratios:
//! one lucky round of one side, which would decide over the fastest of all rounds, is one block of many.

use super::cell::{Cell, Messages, Timed};
use super::timing::Budget;
use super::{Case, Effort, Form, GrowthRow, median, turns};
use crate::engines::EngineName;
use crate::generate::recipe::{GROWTH, RECIPES, Recipe};

/// Engines whose growth is measured by itself. The others take no part at 100,000 rules of a quick run, and grow by
/// factors that need no such care.
pub const ENGINES: [EngineName; 4] = [EngineName::Mcpz, EngineName::Raw, EngineName::HandSonic, EngineName::HandSerde];

/// The forms in which it is measured.
const FORMS: [Form; 2] = [Form::Read, Form::Bytes400];

/// A workload: its name, and how many rules.
pub type End = (&'static str, usize);

/// Two workloads of one mix that are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// What stands before the form in the results; nothing for the whole range.
    pub prefix: &'static str,
    /// The fewer rules.
    pub few: End,
    /// The more.
    pub many: End,
}

/// What is compared when these workloads are wanted: the fewest and the most rules, the fewest and 10,000, and both of
/// `dense`.
pub fn spans(is_wanted: impl Fn(&str) -> bool) -> Vec<Span> {
    let ends = |names: &[&str]| -> Vec<End> {
        let found = RECIPES.iter().filter(|recipe| names.contains(&recipe.name) && is_wanted(recipe.name));
        found.map(|recipe: &Recipe| (recipe.name, recipe.rules)).collect()
    };
    let of = |prefix, names: &[&str]| {
        let ends = ends(names);
        let (few, many) = (*ends.iter().min_by_key(|end| end.1)?, *ends.iter().max_by_key(|end| end.1)?);
        (few.1 < many.1).then_some(Span { prefix, few, many })
    };
    [of("", &GROWTH), of("w4_", &["W1", "W4"]), of("dense_", &["dense"])].into_iter().flatten().collect()
}

/// Every workload of the spans, once.
pub fn ends(spans: &[Span]) -> Vec<End> {
    let mut ends = Vec::new();
    for end in spans.iter().flat_map(|span| [span.few, span.many]) {
        if !ends.contains(&end) {
            ends.push(end);
        }
    }
    ends
}

/// Engines that are ready, each with the messages of its workload.
pub type Loaded<'l> = [(&'l Messages<'l>, Box<dyn Timed>)];

/// Measures everything that was loaded for the spans, on mixed calls.
pub fn measure(loaded: &Loaded<'_>, spans: &[Span], effort: Effort) -> Vec<GrowthRow> {
    let blocks = match effort {
        Effort::Quick => 15,
        Effort::Full => 75,
    };
    let mut pairs = pairs(loaded, spans, Budget::of_growth());
    for _ in 0..blocks {
        pairs.iter_mut().for_each(Pair::block);
    }
    pairs.iter().map(Pair::row).collect()
}

/// One engine and form, with few rules and with many.
struct Pair<'a> {
    prefix: &'static str,
    sides: [Cell<'a>; 2],
    /// p50 and p99 of the second side by those of the first, by block.
    p50: Vec<f64>,
    p99: Vec<f64>,
}

/// Every engine and form of which both sides are loaded.
fn pairs<'a>(loaded: &'a Loaded<'_>, spans: &[Span], budget: Budget) -> Vec<Pair<'a>> {
    let mut pairs = Vec::new();
    for span in spans {
        for form in FORMS {
            let cells = |end: End| {
                let of_end = loaded.iter().filter(move |(messages, _)| messages.end() == end);
                of_end.filter_map(move |(messages, engine)| engine.cell(messages, (form, Case::Mixed), budget))
            };
            let mut many: Vec<Cell<'a>> = cells(span.many).collect();
            for few in cells(span.few) {
                if let Some(at) = many.iter().position(|cell| cell.engine == few.engine) {
                    let sides = [few, many.swap_remove(at)];
                    pairs.push(Pair { prefix: span.prefix, sides, p50: Vec::new(), p99: Vec::new() });
                }
            }
        }
    }
    pairs
}

impl Pair<'_> {
    /// Rounds of both sides, in turns.
    fn block(&mut self) {
        self.sides.iter_mut().for_each(Cell::forget);
        turns::run(&mut self.sides);
        let [few, many] = [self.sides[0].distribution(), self.sides[1].distribution()];
        self.p50.push(many.p50_ns / few.p50_ns);
        self.p99.push(many.p99_ns / few.p99_ns);
    }

    /// What came of all blocks.
    fn row(&self) -> GrowthRow {
        let [few, many] = &self.sides;
        GrowthRow {
            engine: few.engine.name().to_owned(),
            prefix: self.prefix,
            input: few.form,
            rules: [few.rules, many.rules],
            p50: median(&self.p50),
            p99: median(&self.p99),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engines::Engine;
    use crate::engines::raw::Raw;
    use crate::generate::{recipe, workload};
    use crate::measure::cell::Ready;
    use crate::model::Workload;

    #[test]
    fn all_workloads_give_three_spans() {
        let wanted = [
            Span { prefix: "", few: ("W1", 10), many: ("W5", 100_000) },
            Span { prefix: "w4_", few: ("W1", 10), many: ("W4", 10_000) },
            Span { prefix: "dense_", few: ("dense", 10), many: ("dense", 10_000) },
        ];
        let spans = spans(|_| true);
        assert_eq!(spans, wanted);
        assert_eq!(ends(&spans), [("W1", 10), ("W5", 100_000), ("W4", 10_000), ("dense", 10), ("dense", 10_000)]);
    }

    #[test]
    fn spans_are_of_what_is_wanted() {
        assert_eq!(spans(|name| name == "W3"), []);
        assert_eq!(
            spans(|name| ["W2", "W3", "range"].contains(&name)),
            [Span { prefix: "", few: ("W2", 100), many: ("W3", 1_000) }]
        );
        assert_eq!(spans(|name| name == "dense").len(), 1);
    }

    /// The pairs of two loaded engines, by prefix and rules.
    fn pairs_of(spans: &[Span], rules: &[usize]) -> Vec<GrowthRow> {
        let budget = Budget { least_batches: 1, most_batches: 1, ..Budget::of_growth() };
        let workloads: Vec<Workload> =
            rules.iter().map(|rules| workload(recipe::find("dense", *rules).expect("a recipe"))).collect();
        let messages: Vec<Messages<'_>> = workloads.iter().map(Messages::of).collect();
        let mut loaded: Vec<(&Messages<'_>, Box<dyn Timed>)> = Vec::new();
        for messages in &messages {
            let raw = Raw::load(messages.workload()).expect("a table");
            loaded.push((messages, Box::new(Ready::new(EngineName::Raw, raw, messages.workload()))));
        }
        pairs(&loaded, spans, budget).iter().map(Pair::row).collect()
    }

    #[test]
    fn pairs_have_two_sides_of_one_engine_and_form() {
        let same = Span { prefix: "same_", few: ("dense", 10), many: ("dense", 10) };
        let other = Span { prefix: "w4_", few: ("dense", 10), many: ("W4", 10_000) };
        let rows = pairs_of(&[same, other], &[10]);
        let found: Vec<_> = rows.iter().map(|row| (row.prefix, row.input, row.rules)).collect();
        assert_eq!(
            found,
            [("same_", Form::Read, [10, 10]), ("same_", Form::Bytes400, [10, 10])],
            "of the other span one side is missing"
        );
    }
}
