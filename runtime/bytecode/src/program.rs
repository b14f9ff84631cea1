//! A verified bundle: the only thing that can be evaluated.

use crate::arguments::{ArgumentPlace, ArgumentPlaces};
use crate::container::{self, Section};
use crate::ids::{AutomatonId, BlockId, RuleId, ServerId, SlotId, TreeId};
use crate::image::{Action, Block, BundleImage, EntryRow, IntervalImage, Test, TreeNode, tests_from};
use crate::limits::{LARGE_TREE, SCOUTS};
use crate::names::Names;
use crate::packed::Rows;
use crate::plan::Plan;
use crate::schema::{SchemaView, VerifiedSchema};
use crate::uris::UriIndex;
use crate::verify::{self, BlockFacts, Faults, ImageFacts, TreeFacts, VerifyError};
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use regex_automata::Anchored;
use regex_automata::dfa::{Automaton, sparse};
use regex_automata::util::primitives::StateID;
use regex_automata::util::start;

/// A program. It exists only if the verifier accepted its bundle.
#[derive(Debug, Clone)]
pub struct Program {
    image: BundleImage,
    digest: [u8; 32],
    automata: Vec<sparse::DFA<Vec<u8>>>,
    schemas: Vec<(Vec<u8>, VerifiedSchema)>,
    tool_schemas: Vec<Vec<u32>>,
    argument_places: ArgumentPlaces,
    /// Step bounds of the blocks that are not plain conjunctions.
    steps: Vec<(BlockId, u64)>,
    trees: Vec<NodeFacts>,
    /// Most steps of the trees of entry points.
    tree_steps: BTreeMap<TreeId, u64>,
    /// By node of a tree; none at all where no tree of permits is large.
    faults: Vec<Faults>,
    names: Names,
    uris: UriIndex,
    plans: Vec<Plan>,
    read_below: BTreeMap<TreeId, Vec<SlotId>>,
    scouts: BTreeMap<TreeId, Vec<EntryRow>>,
    sizes: Vec<SectionSize>,
}

/// What is known of a node of a decision tree, when it is walked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NodeFacts {
    /// Rows in its leaves.
    pub rows: u32,
    /// The first of the rules in its leaves, in canonical order.
    pub first: RuleId,
    /// Whether some row is not late: see [`EntryRow::late`].
    pub early: bool,
    /// Whether some block needs the native stage.
    pub natives: bool,
    /// Whether some block reads collected parameters or captures of a URI pattern.
    pub extracts: bool,
}

impl From<&TreeFacts> for NodeFacts {
    fn from(facts: &TreeFacts) -> NodeFacts {
        let TreeFacts { rows, first, early, .. } = *facts;
        let rows = u32::try_from(rows).unwrap_or(u32::MAX);
        NodeFacts { rows, first, early, natives: facts.natives(), extracts: facts.extracts() }
    }
}

/// How large a section is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SectionSize {
    /// The section.
    pub section: Section,
    /// Its bytes.
    pub bytes: usize,
}

impl Program {
    /// Verifies a bundle.
    pub fn load(bytes: &[u8]) -> Result<Program, VerifyError> {
        let found = container::sections(bytes)?;
        container::check_digests(&found)?;
        let mut decoded = container::decode(&found)?;
        let facts = verify::verify_image(&decoded.image)?;
        container::check_stated(&decoded, &facts)?;
        let read_below = read_below(&decoded.image, &facts);
        let scouts = scouts(&decoded.image, &facts.trees, read_below.keys());
        let faults = match read_below.is_empty() {
            true => Vec::new(),
            false => verify::faults(&decoded.image),
        };
        let ImageFacts { blocks, trees, .. } = facts;
        rank_intervals(&mut decoded.image, &trees);
        decoded.image.constants.prepare();
        let schemas = load_schemas(&decoded.schemas)?;
        let tool_schemas = schemas_by_server(&decoded.image, &decoded.tool_schemas, schemas.len())?;
        let views = schemas.iter().map(|(bytes, schema)| schema.view(bytes));
        let argument_places = ArgumentPlaces::new(&decoded.image, views);
        let automata = load_automata(&mut decoded.image)?;
        let names = Names::new(&decoded.image);
        let steps = code_steps(&decoded.image, &blocks);
        let tree_steps = tree_steps(&decoded.image, &trees);
        Ok(Program {
            plans: call_plans(&decoded.image, &trees, &names),
            names,
            uris: UriIndex::new(&decoded.image),
            image: decoded.image,
            digest: container::digest(bytes, &found),
            automata,
            schemas,
            tool_schemas,
            argument_places,
            steps,
            tree_steps,
            trees: trees.iter().map(NodeFacts::from).collect(),
            faults,
            read_below,
            scouts,
            sizes: found.iter().map(|row| SectionSize { section: row.section, bytes: row.bytes.len() }).collect(),
        })
    }

    /// All tables. Schemas of tools are not here, see [`Program::schema`], nor the bytes of automata.
    pub fn image(&self) -> &BundleImage {
        &self.image
    }

    /// The bundle's digest: SHA-256 of its header and table of contents, which state the digest of everything else.
    pub fn digest(&self) -> [u8; 32] {
        self.digest
    }

    /// The schema that a tool's arguments are validated against.
    pub fn schema(&self, server: ServerId, tool: usize) -> Option<SchemaView<'_>> {
        let (bytes, schema) = self.schemas.get(self.schema_row(server, tool)?)?;
        Some(schema.view(bytes))
    }

    /// The places of the arguments that validating them against the schema of a tool comes by.
    pub fn argument_places(&self, server: ServerId, tool: usize) -> &[ArgumentPlace] {
        self.schema_row(server, tool).map_or(&[], |row| self.argument_places.of(row))
    }

    fn schema_row(&self, server: ServerId, tool: usize) -> Option<usize> {
        usize::try_from(*self.tool_schemas.get(server.index())?.get(tool)?).ok()
    }

    /// The most instructions that one run of a block takes.
    pub fn block_steps(&self, block: BlockId) -> u64 {
        match self.image.blocks.get(block.index()) {
            Some(plain @ Block::Plain(_)) => plain.most_steps(),
            Some(Block::Code { .. }) | None => {
                let found = self.steps.binary_search_by_key(&block, |(block, _)| *block).ok();
                found.and_then(|row| self.steps.get(row)).map_or(0, |(_, steps)| *steps)
            }
        }
    }

    /// The most instructions that the conditions of an entry point's tree take together; 0 of other nodes.
    pub fn tree_steps(&self, root: TreeId) -> u64 {
        self.tree_steps.get(&root).copied().unwrap_or(0)
    }

    /// The tests of a condition from an instruction on; `None` when it is no plain conjunction.
    #[inline]
    pub fn tests(&self, block: BlockId, start: u32) -> Option<Rows<'_, Test>> {
        match self.image.blocks.get(block.index())? {
            Block::Plain(tests) => Some(tests_from(tests, start)),
            Block::Code { .. } => None,
        }
    }

    /// What is known of a node of a decision tree.
    #[inline]
    pub fn tree_facts(&self, tree: TreeId) -> Option<&NodeFacts> {
        self.trees.get(tree.index())
    }

    /// When conditions below a node can be in error; nothing is known of that where no tree of permits is large.
    #[inline]
    pub fn faults_below(&self, tree: TreeId) -> Faults {
        self.faults.get(tree.index()).copied().unwrap_or(Faults::UNKNOWN)
    }

    /// The places that conditions below the root of a tree of permits read, where the tree is large enough
    /// ([`LARGE_TREE`]) that passing over some of them is worth a look at all places.
    #[inline]
    pub fn read_below(&self, tree: TreeId) -> Option<&[SlotId]> {
        self.read_below.get(&tree).map(Vec::as_slice)
    }

    /// The first rows below a node of a large tree of permits, in canonical order: when one of them holds, the
    /// others of the node mostly need not be looked at.
    #[inline]
    pub fn scouts(&self, tree: TreeId) -> &[EntryRow] {
        self.scouts.get(&tree).map_or(&[], Vec::as_slice)
    }

    /// The server of this name.
    pub fn server(&self, name: &str) -> Option<ServerId> {
        self.names.server(&self.image, name)
    }

    /// The row of a server's tool of this name.
    pub fn tool(&self, server: ServerId, name: &str) -> Option<usize> {
        self.names.tool(&self.image, server, name)
    }

    /// How many tools there are, of all servers together.
    pub fn tools(&self) -> usize {
        self.names.tools()
    }

    /// The number of a tool, given by its server and its row there: counted from 0 over all servers.
    pub fn tool_number(&self, server: ServerId, tool: usize) -> Option<usize> {
        self.names.tool_number(server, tool)
    }

    /// Where the decision about a call begins, by the number of the tool.
    #[inline]
    pub fn call_plan(&self, number: usize) -> Option<&Plan> {
        self.plans.get(number)
    }

    /// Where the decision about a target begins: what holds for every server, for all of this one, and
    /// for its member of this name.
    pub fn plan(&self, action: Action, server: ServerId, name: Option<&str>) -> Plan {
        Plan::new(
            &self.image,
            &|tree| self.trees.get(tree.index()).copied(),
            self.names.entries(&self.image, action, server, name),
        )
    }

    /// The entry points of an action and server that are about resources: rows of the image's `entries`.
    pub fn uri_entries(&self, action: Action, server: ServerId) -> core::ops::Range<usize> {
        self.names.uri_entries(&self.image, action, server)
    }

    /// The entry points of an action and server whose pattern begins as a URI does: rows of the image's `entries`, in no order.
    pub fn uri_entries_of(&self, action: Action, server: ServerId, uri: &str) -> impl Iterator<Item = usize> {
        self.uris.find(&self.image, (action, server), uri)
    }

    /// Sizes of the sections.
    pub fn sizes(&self) -> &[SectionSize] {
        &self.sizes
    }

    /// Whether the whole text matches some pattern of an automaton; `None` when the automaton gives up.
    pub fn automaton_matches(&self, automaton: AutomatonId, text: &str) -> Option<bool> {
        let dfa = self.automata.get(automaton.index())?;
        Some(match end_state(dfa, text)? {
            Some(state) => dfa.is_match_state(state),
            None => false,
        })
    }

    /// Calls `found` with every pattern of an automaton that the whole text matches; `None` when the
    /// automaton gives up.
    pub fn automaton_patterns(&self, automaton: AutomatonId, text: &str, mut found: impl FnMut(usize)) -> Option<()> {
        let dfa = self.automata.get(automaton.index())?;
        if let Some(state) = end_state(dfa, text)?
            && dfa.is_match_state(state)
        {
            (0..dfa.match_len(state)).for_each(|row| found(dfa.match_pattern(state, row).as_usize()));
        }
        Some(())
    }
}

/// The state behind the end of the text: none when no pattern can match any more; `None` at all when
/// the automaton gives up.
fn end_state(dfa: &sparse::DFA<Vec<u8>>, text: &str) -> Option<Option<StateID>> {
    let mut state = dfa.start_state(&start::Config::new().anchored(Anchored::Yes)).ok()?;
    for byte in text.bytes() {
        state = dfa.next_state(state, byte);
        if dfa.is_special_state(state) {
            if dfa.is_dead_state(state) {
                return Some(None);
            }
            if dfa.is_quit_state(state) {
                return None;
            }
        }
    }
    Some(Some(dfa.next_eoi_state(state)))
}

/// Step bounds of blocks of code of their own.
fn code_steps(image: &BundleImage, facts: &[BlockFacts]) -> Vec<(BlockId, u64)> {
    let rows = image.blocks.iter().zip(facts).enumerate();
    rows.filter(|(_, (block, _))| matches!(block, Block::Code { .. }))
        .map(|(row, (_, facts))| (BlockId::new(row), facts.steps))
        .collect()
}

/// Most steps of the trees of entry points.
fn tree_steps(image: &BundleImage, facts: &[TreeFacts]) -> BTreeMap<TreeId, u64> {
    let roots = image.entries.iter().flat_map(|entry| entry.trees.all());
    roots.filter_map(|root| Some((root, facts.get(root.index())?.steps))).collect()
}

/// Where calls begin, tool by tool.
fn call_plans(image: &BundleImage, trees: &[TreeFacts], names: &Names) -> Vec<Plan> {
    let mut plans = Vec::with_capacity(names.tools());
    for (row, server) in image.servers.iter().enumerate() {
        let id = ServerId::new(row);
        plans.extend(server.tools.iter().map(|tool| {
            let entries = names.entries(image, Action::Call, id, Some(&tool.name));
            Plan::new(image, &|tree| trees.get(tree.index()).map(NodeFacts::from), entries)
        }));
    }
    plans
}

/// Notes in every table of intervals which rules its parts lead to.
fn rank_intervals(image: &mut BundleImage, facts: &[TreeFacts]) {
    image.trees.each_intervals(|cases, children| {
        let first =
            |position: u32| children.at(position).and_then(|tree| facts.get(tree.index())).map(|facts| facts.first);
        IntervalImage::fill_first(cases, &|position| first(position).unwrap_or_default());
    });
}

/// The places that conditions of large trees of permits read.
fn read_below(image: &BundleImage, facts: &ImageFacts) -> BTreeMap<TreeId, Vec<SlotId>> {
    let roots: BTreeSet<TreeId> = image.entries.iter().filter_map(|entry| entry.trees.permits).collect();
    let large = |tree: &TreeId| facts.trees.get(tree.index()).is_some_and(|facts| facts.rows > u64::from(LARGE_TREE));
    roots.into_iter().filter(large).map(|root| (root, slots_below(image, facts, root))).collect()
}

/// The places that the conditions below a node read, ascending.
fn slots_below(image: &BundleImage, facts: &ImageFacts, root: TreeId) -> Vec<SlotId> {
    let mut met = alloc::vec![false; image.slots.len()];
    let mut note = |slot: SlotId| met.get_mut(slot.index()).into_iter().for_each(|met| *met = true);
    each_row(image, root, &mut |row| facts.each_slot(image, row.block, &mut note));
    met.iter().enumerate().filter(|(_, met)| **met).map(|(row, _)| SlotId::new(row)).collect()
}

/// The first rows of large trees: below each class of callers, where they are parted by classes.
fn scouts<'r>(
    image: &BundleImage,
    facts: &[TreeFacts],
    roots: impl Iterator<Item = &'r TreeId>,
) -> BTreeMap<TreeId, Vec<EntryRow>> {
    let mut open: Vec<TreeId> = roots.copied().collect();
    let (mut scouts, mut met) = (BTreeMap::new(), BTreeSet::new());
    while let Some(tree) = open.pop() {
        if !met.insert(tree) {
            continue;
        }
        match image.trees.get(tree.index()) {
            Some(TreeNode::Classes { children, .. } | TreeNode::Both(children)) if above_classes(image, tree) => {
                open.extend(children);
            }
            Some(_) if facts.get(tree.index()).is_some_and(|facts| facts.rows > u64::from(LARGE_TREE)) => {
                let mut rows = Vec::new();
                each_row(image, tree, &mut |row| rows.push(row));
                rows.sort_unstable();
                rows.truncate(SCOUTS);
                scouts.insert(tree, rows);
            }
            _ => {}
        }
    }
    scouts
}

/// Whether a node parts rules by classes, or holds one that does.
fn above_classes(image: &BundleImage, tree: TreeId) -> bool {
    let parts = |tree: TreeId| matches!(image.trees.get(tree.index()), Some(TreeNode::Classes { .. }));
    match image.trees.get(tree.index()) {
        Some(TreeNode::Both(children)) => children.iter().any(parts),
        _ => parts(tree),
    }
}

/// Every row below a node, however many ways lead to it.
fn each_row(image: &BundleImage, root: TreeId, note: &mut dyn FnMut(EntryRow)) {
    let (mut open, mut met) = (alloc::vec![root], BTreeSet::new());
    while let Some(tree) = open.pop() {
        let Some(node) = image.trees.get(tree.index()).filter(|_| met.insert(tree)) else { continue };
        if let TreeNode::Rows(rows) = node {
            rows.iter().for_each(&mut *note);
        }
        open.extend(node.children());
    }
}

/// Verifies every schema.
fn load_schemas(encoded: &[&[u8]]) -> Result<Vec<(Vec<u8>, VerifiedSchema)>, VerifyError> {
    let mut schemas = Vec::new();
    for (row, bytes) in encoded.iter().enumerate() {
        let schema = VerifiedSchema::verify(bytes)
            .map_err(|_| VerifyError::new(Section::Schemas, row, "the schema is broken"))?;
        schemas.push((bytes.to_vec(), schema));
    }
    Ok(schemas)
}

/// Distributes the schema rows to the tools, and checks that they exist.
fn schemas_by_server(image: &BundleImage, rows: &[u32], schemas: usize) -> Result<Vec<Vec<u32>>, VerifyError> {
    let broken = || VerifyError::section(Section::Servers, "no such schema");
    let mut rest = rows;
    let mut by_server = Vec::new();
    for server in &image.servers {
        let (own, others) = rest.split_at_checked(server.tools.len()).ok_or_else(broken)?;
        if own.iter().any(|row| usize::try_from(*row).is_ok_and(|row| row >= schemas)) {
            return Err(broken());
        }
        by_server.push(own.to_vec());
        rest = others;
    }
    Ok(by_server)
}

/// Loads every automaton through the checked constructor. It takes the bytes with it: they may be most of a bundle.
fn load_automata(image: &mut BundleImage) -> Result<Vec<sparse::DFA<Vec<u8>>>, VerifyError> {
    let mut automata = Vec::new();
    for (row, automaton) in image.automata.iter_mut().enumerate() {
        let broken = |problem| VerifyError::new(Section::Automata, row, problem);
        let (dfa, length) = sparse::DFA::from_bytes(&automaton.dfa).map_err(|_| broken("the automaton is broken"))?;
        if length != automaton.dfa.len() || u32::try_from(dfa.pattern_len()) != Ok(automaton.patterns) {
            return Err(broken("the automaton knows other patterns"));
        }
        automata.push(dfa.to_owned());
        automaton.dfa = Vec::new();
    }
    Ok(automata)
}
