//! The entry points about what is asked.

use crate::decide::cover::uri_fits;
use crate::vm::context::{Asked, Uri};
use alloc::vec::Vec;
use mcpz_bytecode::Program;
use mcpz_bytecode::ids::{PatternId, TreeId};
use mcpz_bytecode::image::{Action, BundleImage, EntryImage, EntryTarget, StageTrees};
use mcpz_bytecode::plan::{Plan, Stage};

/// The entry points about what is asked.
#[derive(Debug, Clone, Default)]
pub(crate) struct Entries<'a> {
    /// The number of the tool that is called.
    pub tool: Option<usize>,
    /// Of the action, of the server, of the name.
    pub plan: Plan,
    /// About resources, each with whether it certainly fits: a pattern that may match only some
    /// resources of the template that is asked about does not.
    pub fitting: Vec<(&'a StageTrees, bool)>,
    /// The patterns of those that certainly fit.
    pub patterns: Vec<PatternId>,
}

impl<'a> Entries<'a> {
    /// Finds them.
    pub fn find(program: &'a Program, asked: &Asked<'_>) -> Entries<'a> {
        let call = asked.tool.filter(|_| asked.action == Action::Call);
        let number = call.and_then(|row| program.tool_number(asked.server, row));
        if let Some(plan) = number.and_then(|number| program.call_plan(number)) {
            return Entries { tool: number, plan: *plan, fitting: Vec::new(), patterns: Vec::new() };
        }
        let image = program.image();
        let server = image.servers.get(asked.server.index());
        let tool = asked.tool.and_then(|row| server?.tools.get(row)).map(|tool| tool.name.as_str());
        let prompt = asked.prompt.and_then(|row| server?.prompts.get(row)).map(|prompt| prompt.name.as_str());
        let plan = program.plan(asked.action, asked.server, tool.or(prompt));
        let rows = fitting(program, asked);
        let certain = matches!(asked.uri, Some(Uri::Known(_)));
        let fitting = || rows.iter().filter_map(|row| image.entries.get(*row));
        let pattern = |entry: &EntryImage| match entry.target {
            EntryTarget::Uri(pattern) if certain => Some(pattern),
            _ => None,
        };
        Entries {
            tool: number,
            plan,
            fitting: fitting().map(|entry| (&entry.trees, certain)).collect(),
            patterns: fitting().filter_map(pattern).collect(),
        }
    }

    /// The trees of a stage, each with whether it certainly fits.
    pub fn roots(&self, stage: Stage) -> impl Iterator<Item = (TreeId, bool)> {
        let fitting = self.fitting.iter().filter_map(move |(trees, certain)| Some((stage.of(trees)?, *certain)));
        self.plan.stage(stage).iter().map(|tree| (tree, true)).chain(fitting)
    }

    /// Every tree.
    pub fn all(&self) -> impl Iterator<Item = TreeId> {
        Stage::ALL.into_iter().flat_map(|stage| self.roots(stage).map(|(tree, _)| tree))
    }

    /// Whether some entry point has rules of a stage.
    #[inline]
    pub fn has(&self, stage: Stage) -> bool {
        !self.plan.stage(stage).is_empty() || self.fitting.iter().any(|(trees, _)| stage.of(trees).is_some())
    }
}

/// Entry points about resources that fit what is asked, in the order of the image.
fn fitting(program: &Program, asked: &Asked<'_>) -> Vec<usize> {
    let fits = |row: &usize| entry_fits(program.image(), *row, asked);
    match asked.uri {
        None => Vec::new(),
        Some(Uri::Template(_)) => program.uri_entries(asked.action, asked.server).filter(fits).collect(),
        Some(Uri::Known(uri)) => {
            let mut rows: Vec<usize> = program.uri_entries_of(asked.action, asked.server, uri).filter(fits).collect();
            rows.sort_unstable();
            rows
        }
    }
}

/// Whether an entry point about resources fits.
fn entry_fits(image: &BundleImage, row: usize, asked: &Asked<'_>) -> bool {
    match image.entries.get(row).map(|entry| &entry.target) {
        Some(EntryTarget::Uri(pattern)) => {
            image.patterns.get(pattern.index()).is_some_and(|pattern| uri_fits(pattern, asked))
        }
        _ => false,
    }
}
