//! A small bundle of every kind of part: it reads back as it was, and every way to break it is
//! refused without a panic.

use mcpz_bytecode::ids::*;
use mcpz_bytecode::image::*;
use mcpz_bytecode::opcode::{Instruction, Opcode};
use mcpz_bytecode::{EncodeOptions, Program, encode, reseal};

fn op(opcode: Opcode, dst: u16, a: u32, b: u32) -> Instruction {
    Instruction::new(opcode, dst, a, b)
}

const SAMPLE_ROW: EntryRow = EntryRow { rule: RuleId(0), block: BlockId(0), start: 0, late: false };

fn whole_value_automaton(pattern: &str) -> AutomatonImage {
    use regex_automata::MatchKind;
    use regex_automata::dfa::{StartKind, dense};
    use regex_automata::nfa::thompson;
    let dfa = dense::Builder::new()
        .configure(dense::Config::new().start_kind(StartKind::Anchored).match_kind(MatchKind::All))
        .thompson(thompson::Config::new())
        .build(&format!(r"\A(?:{pattern})\z"))
        .unwrap();
    AutomatonImage { dfa: dfa.to_sparse().unwrap().to_bytes_little_endian(), patterns: 1, source: pattern.to_string() }
}

/// The condition of the rule, and that of the class.
fn sample_blocks() -> Vec<BlockImage> {
    let condition = BlockImage {
        registers: 8,
        code: vec![
            op(Opcode::Subject, 0, 0, 0),
            op(Opcode::JumpIfFalse, 0, 0, 6),
            op(Opcode::Slot, 1, 0, 0),
            op(Opcode::Const, 2, 0, 0),
            op(Opcode::Any, 3, 1, 2),
            op(Opcode::Under, 5, 4, 2),
            op(Opcode::EndLoop, 0, 5, 0),
            op(Opcode::And, 0, 0, 3),
            op(Opcode::Return, 0, 0, 0),
        ],
    };
    let class = BlockImage {
        registers: 2,
        code: vec![op(Opcode::Slot, 0, 1, 0), op(Opcode::Matches, 1, 0, 0), op(Opcode::Return, 0, 1, 0)],
    };
    vec![condition, class]
}

/// A server with one tool that takes a path.
fn sample_server() -> ServerImage {
    ServerImage {
        name: "fs".into(),
        refuse_extra: true,
        segment: Some(SegmentId(0)),
        tools: vec![ToolImage {
            name: "read".into(),
            schema: Some(Default::default()),
            collect: [CollectImage { kind: ParameterKind::Paths, path: vec![StepImage::Field("path".into())] }].into(),
            ..ToolImage::default()
        }],
        ..ServerImage::default()
    }
}

/// Texts, and where the parts of the condition stand.
fn sample_debug(span: SpanImage) -> DebugImage {
    DebugImage {
        texts: vec!["permit employee".into()],
        blocks: vec![
            BlockDebug {
                clauses: vec![ClauseDebug { kind: ClauseKind::Subject, register: 0, start: 0, end: 1, span }],
                atoms: vec![AtomDebug { pc: 5, span }],
            },
            BlockDebug::default(),
        ],
    }
}

/// Changes a block.
fn recode(image: &mut BundleImage, row: usize, change: impl FnOnce(&mut BlockImage)) {
    let blocks =
        image.blocks.iter().map(|block| BlockImage { registers: block.registers(), code: block.code().into() });
    let mut blocks: Vec<BlockImage> = blocks.collect();
    change(&mut blocks[row]);
    image.blocks = blocks.into_iter().collect();
}

/// A single node.
fn one(tree: TreeImage) -> Trees {
    std::iter::once(tree).collect()
}

/// `permit employee to call fs.read where any(p in paths(args): p under "/w") and args.q matches ..`.
fn sample_constants() -> Vec<Constant> {
    vec![Constant::Path("/w".into()), Constant::Number(5), Constant::Set(vec![ConstantId(1)])]
}

fn sample() -> BundleImage {
    let span = SpanImage { source: SourceId(0), start: 0, end: 9, line: 1, column: 1 };
    let mut image = BundleImage {
        name: "acme".into(),
        version: "1.0.0".into(),
        symbols: vec!["sub".into()],
        types: vec![
            TypeImage::Path,
            TypeImage::List(TypeId(0)),
            TypeImage::String,
            TypeImage::Record(vec![(SymbolId(0), TypeId(2))]),
        ],
        constants: sample_constants().into_iter().collect(),
        automata: vec![whole_value_automaton("user:[a-z]+")],
        zones: vec![ZoneImage { name: "UTC".into(), ..ZoneImage::default() }],
        natives: vec![NativeImage::Split(",".into()), NativeImage::Weekday(ZoneId(0))],
        patterns: vec![UriPatternImage {
            parts: vec![UriPartImage::Text("file:///".into()), UriPartImage::DoubleStar],
        }],
        slots: vec![
            SlotImage { root: SlotRoot::Collect(ParameterKind::Paths), path: vec![], ty: TypeId(1) },
            SlotImage { root: SlotRoot::LinkClaims, path: vec![SymbolId(0)], ty: TypeId(2) },
        ],
        histories: vec![HistoryImage::SessionHolds(LabelId(0))],
        subjects: vec![SubjectImage::Class(ClassId(0)), SubjectImage::Either(vec![SubjectId(0)])],
        blocks: sample_blocks().into_iter().collect(),
        issuers: vec![IssuerImage {
            name: "corp".into(),
            url: "https://id".into(),
            claims: TypeId(3),
            ..IssuerImage::default()
        }],
        classes: vec![ClassImage {
            name: "employee".into(),
            kind: LinkKind::User,
            definition: ClassDefinitionImage::Identity {
                source: SourceImageKind::Issuer(IssuerId(0)),
                condition: Some(BlockId(1)),
            },
            acts_for: vec![],
        }],
        servers: vec![sample_server()],
        segments: vec![SegmentImage { name: "dev".into(), networks: vec![("10.0.0.0".parse().unwrap(), 8)] }],
        flows: vec![FlowImage { from: SegmentId(0), to: SegmentId(0), only: None, forbid: false }],
        labels: vec![LabelImage {
            name: "untrusted".into(),
            sources: vec![(TargetsImage { tools: vec![(ServerId(0), 0)], ..TargetsImage::default() }, vec![])],
        }],
        trees: one(TreeImage::Rows(vec![SAMPLE_ROW])),
        entries: vec![EntryImage {
            action: Action::Call,
            server: Some(ServerId(0)),
            target: EntryTarget::Name("read".into()),
            trees: StageTrees { permits: Some(TreeId(0)), ..StageTrees::default() },
        }],
        sources: vec![SourceImage { path: "acme/policy/main.mcpz".into() }],
        debug: sample_debug(span),
        ..BundleImage::default()
    };
    image.push_rule(&RuleImage {
        id: "FS-1".into(),
        kind: RuleKindImage::Permit(None),
        shadow: false,
        deny: None,
        words: RuleWords { docs: "Reads below /w.".into(), ..RuleWords::default() },
        span,
    });
    image
}

const WITH_DEBUG: EncodeOptions = EncodeOptions { debug: true };

#[test]
fn a_bundle_reads_back_as_it_was_and_is_deterministic() {
    let image = sample();
    let bytes = encode(&image, WITH_DEBUG).unwrap();
    assert_eq!(bytes, encode(&image, WITH_DEBUG).unwrap());
    let program = Program::load(&bytes).unwrap();
    let mut kept = image.clone();
    kept.automata.iter_mut().for_each(|automaton| automaton.dfa.clear());
    kept.servers[0].tools[0].schema = None;
    assert_eq!(program.image(), &kept);
    assert_eq!(reseal(&bytes).as_deref(), Some(bytes.as_slice()));
    assert_eq!(program.block_steps(BlockId(0)), 7 + 2 * 4096);
    assert_eq!(program.automaton_matches(AutomatonId(0), "user:abc"), Some(true));
    assert_eq!(program.automaton_matches(AutomatonId(0), "user:abc "), Some(false));
    assert_eq!(program.automaton_matches(AutomatonId(0), "xuser:abc"), Some(false));
    let stripped = encode(&image, EncodeOptions { debug: false }).unwrap();
    assert!(stripped.len() < bytes.len());
    assert_eq!(Program::load(&stripped).unwrap().image().debug, DebugImage::default());
}

/// Evaluates what a loaded program offers without the runtime.
fn exercise(program: &Program) {
    for automaton in 0..program.image().automata.len() {
        for text in ["", "user:abc", "\u{0}\u{ff}é", "zzzzzzzzzzzzzzzzzzzz"] {
            let _ = program.automaton_matches(AutomatonId::new(automaton), text);
        }
    }
    for zone in &program.image().zones {
        let _ = mcpz_bytecode::value::zone::civil_at(zone, i64::MAX);
        let _ = mcpz_bytecode::value::zone::civil_at(zone, i64::MIN);
    }
}

#[test]
fn every_bit_flip_and_truncation_is_refused_or_loads() {
    let bytes = encode(&sample(), WITH_DEBUG).unwrap();
    let mut loaded = 0;
    for position in 0..bytes.len() {
        assert!(Program::load(&bytes[..position]).is_err(), "truncated at {position}");
        for bit in 0..8 {
            let mut flipped = bytes.clone();
            flipped[position] ^= 1 << bit;
            assert!(Program::load(&flipped).is_err(), "byte {position} bit {bit} passed the digests");
            if let Some(sealed) = reseal(&flipped)
                && let Ok(program) = Program::load(&sealed)
            {
                loaded += 1;
                exercise(&program);
            }
        }
    }
    assert!(loaded > 0, "resealed flips of plain text must load");
}

/// What the verifier says about an image changed by hand.
fn refusal(change: impl FnOnce(&mut BundleImage)) -> &'static str {
    let mut image = sample();
    change(&mut image);
    encode(&image, WITH_DEBUG).expect_err("the change must be refused").problem
}

#[test]
fn hand_broken_code_is_refused_for_the_right_reason() {
    let code = |change: fn(&mut Vec<Instruction>)| refusal(|image| recode(image, 0, |block| change(&mut block.code)));
    assert_eq!(code(|c| c[7].b = 5), "a register is read before it is defined", "left by the loop's body");
    assert_eq!(code(|c| c[7].b = 6), "a register is read before it is defined");
    assert_eq!(code(|c| c[7].b = 99), "no such register");
    assert_eq!(code(|c| c[7].b = 1), "a value where truth is asked for");
    assert_eq!(code(|c| c[1].b = 7), "a jump leaves its loop or the block");
    assert_eq!(code(|c| c[1].b = 0), "a jump that skips nothing");
    assert_eq!(code(|c| c[1].b = u32::MAX), "a jump leaves its loop or the block");
    assert_eq!(code(|c| c[1].b = 5), "a register is read before it is defined", "defined on one path only");
    assert_eq!(code(|c| c[4].b = 3), "`end_loop` is not the last of its body");
    assert_eq!(code(|c| c[5].dst = 0), "a loop writes a register from outside");
    assert_eq!(code(|c| c[5].dst = 3), "a loop's own registers are written");
    assert_eq!(code(|c| c[2].a = 2), "no such slot");
    assert_eq!(code(|c| c[0].flags = 4), "unknown flags");
    assert_eq!(code(|c| c[0].b = 1), "unused operand is not zero");
    assert_eq!(code(|c| c[8] = op(Opcode::Move, 0, 0, 0)), "`return` stands last and only there");
    assert_eq!(code(|c| c.clear()), "no code, or too much");
    assert_eq!(code(|c| c[7] = op(Opcode::Move, 0, 2, 0)), "a condition must be truth about a request");
}

#[test]
fn hand_broken_tables_are_refused_for_the_right_reason() {
    let constant = |row: usize, other: Constant| {
        let mut constants = sample_constants();
        constants[row] = other;
        refusal(|i| i.constants = constants.into_iter().collect())
    };
    assert_eq!(refusal(|i| i.types[1] = TypeImage::List(TypeId(1))), "a type refers to a later one");
    assert_eq!(constant(2, Constant::Set(vec![ConstantId(2)])), "a constant refers to a later one");
    assert_eq!(constant(0, Constant::Path("/w/..".into())), "path is not canonical");
    assert_eq!(constant(1, Constant::Number(i128::MAX)), "number out of range");
    assert_eq!(
        refusal(|i| i.subjects[1] = SubjectImage::Either(vec![SubjectId(1)])),
        "a subject refers to a later one"
    );
    assert_eq!(refusal(|i| i.symbols.push("sub".into())), "a field name stands twice");
    assert_eq!(refusal(|i| i.entries.push(i.entries[0].clone())), "entry points are not sorted");
    assert_eq!(
        refusal(|i| i.trees = one(TreeImage::Rows(vec![EntryRow { block: BlockId(1), ..SAMPLE_ROW }]))),
        "a condition must be truth about a request"
    );
    assert_eq!(refusal(|i| i.trees = one(TreeImage::Both(vec![TreeId(0)]))), "a tree refers to a later one");
    assert_eq!(refusal(|i| i.entries[0].trees.forbids = Some(TreeId(9))), "no such tree");
    refused_texts();
    assert_eq!(
        refusal(|i| i.entries[0].trees.forbids = Some(TreeId(0))),
        "a rule in a tree that is not asked for it",
        "a permit among the forbids"
    );
    let interval = |low, high, highest| IntervalImage { low, high, highest, child: 0, first: RuleId(0) };
    let numbers = |cases| TreeImage::Numbers { slot: SlotId(1), cases, children: vec![] };
    assert_eq!(refusal(|i| i.trees = one(numbers(vec![interval(0, 1, 0)]))), "intervals are not in order");
    assert_eq!(refusal(|i| i.trees = one(numbers(vec![interval(0, 1, 1)]))), "no such child");
    assert_eq!(
        refusal(|i| i.trees = one(TreeImage::Rows(vec![EntryRow { start: 4, ..SAMPLE_ROW }]))),
        "a register is read before it is defined"
    );
    assert_eq!(
        refusal(|i| i.classes[0].definition = ClassDefinitionImage::Narrow { base: ClassId(0), condition: None }),
        "a class refers to a later one"
    );
    refused_rules();
    assert_eq!(refusal(|i| i.zones[0].initial_offset_s = i32::MIN), "offset out of range");
    assert_eq!(refusal(|i| i.segments[0].networks[0].1 = 4), "no such network");
    assert_eq!(refusal(|i| i.debug.blocks.truncate(1)), "debug data is incomplete");
}

/// Rules: ids differ however they are given, and what a rule names is there.
fn refused_rules() {
    let with = |rules: &[(&str, u32, u32)]| {
        let mut image = sample();
        let first = image.rule(RuleId(0)).and_then(Rule::to_image).unwrap();
        for (id, line, column) in rules {
            let span = SpanImage { line: *line, column: *column, ..first.span };
            image.push_rule(&RuleImage { id: (*id).into(), span, ..first.clone() });
        }
        encode(&image, WITH_DEBUG).map(|_| ()).map_err(|error| error.problem)
    };
    let twice = Err("a rule id stands twice");
    let path = "acme/policy/main.mcpz";
    let at = |rest: &str| format!("{path}:{rest}");
    assert_eq!(with(&[("FS-1", 1, 1)]), twice, "both written");
    assert_eq!(with(&[(&at("7"), 7, 1), (&at("8"), 8, 1), (&at("8:5"), 8, 5), (&at("8:9"), 8, 9)]), Ok(()));
    assert_eq!(with(&[(&at("7"), 7, 1), (&at("7"), 7, 9)]), twice, "both positions");
    assert_eq!(with(&[(&at("7:3"), 7, 3), (&at("9"), 9, 1), (&at("7:3"), 7, 3)]), twice, "not one behind the other");
    assert_eq!(with(&[(&at("7"), 7, 1), (&at("7"), 6, 1)]), twice, "one written, one a position");
    assert_eq!(with(&[(&at("007"), 6, 1), (&at("7"), 7, 1)]), Ok(()), "written otherwise");
    assert_eq!(with(&[("", 7, 1)]), Err("a rule without id"));
    let permit = |grant| RuleKindImage::Permit(Some(GrantId(grant)));
    let rule = |image: &BundleImage, kind| RuleImage {
        id: "X".into(),
        kind,
        ..image.rule(RuleId(0)).unwrap().to_image().unwrap()
    };
    assert_eq!(refusal(|i| i.push_rule(&rule(i, permit(0)))), "no such grant");
    assert_eq!(refusal(|i| i.sources.clear()), "no such source");
}

/// Switches over texts: whatever is not as [`KeyTable::new`] makes it is refused.
fn refused_texts() {
    let node = |keys: KeyTable| TreeImage::Texts { slot: SlotId(1), keys, children: vec![TreeId(0)] };
    let with = |edit: &dyn Fn(&mut KeyTable)| {
        refusal(|image| {
            let first = image.constants.len();
            let words: Vec<String> = (10..30).map(|number| format!("w{number}")).collect();
            words.iter().for_each(|word| image.constants.push(&Constant::String(word.as_str().into())));
            let cases: Vec<_> =
                words.iter().enumerate().map(|(at, word)| (word.as_str(), ConstantId::new(first + at), 0)).collect();
            let mut keys = KeyTable::new(&cases);
            edit(&mut keys);
            image.trees.push(&node(keys));
        })
    };
    assert_eq!(with(&|keys| keys.rows[3].0 = ConstantId(0)), "a key of the wrong kind");
    assert_eq!(with(&|keys| keys.rows[3] = keys.rows[4]), "a key is not where its hash says");
    assert_eq!(with(&|keys| keys.rows.swap(3, 4)), "a key is not where its hash says");
    assert_eq!(with(&|keys| keys.seeds.push(0)), "a hash of the wrong size");
    assert_eq!(with(&|keys| keys.seeds.clear()), "cases are not sorted");
    assert_eq!(with(&|keys| keys.rows[3].1 = 1), "no such child");
    assert_eq!(with(&|keys| keys.more = vec![(0, 1)]), "no such child");
    assert_eq!(with(&|keys| keys.more = vec![(0, 0)]), "further children are not sorted");
    assert_eq!(with(&|keys| keys.more = vec![(99, 1)]), "further children are not sorted");
}

#[test]
fn a_tree_to_which_many_ways_lead_is_loaded_once() {
    let mut image = sample();
    image.trees = one(TreeImage::Rows(vec![SAMPLE_ROW]));
    for below in 0..20 {
        image.trees.push(&TreeImage::Both(vec![TreeId(below), TreeId(below)]));
    }
    let root = StageTrees { permits: Some(TreeId(20)), ..StageTrees::default() };
    let entry = |number: usize| EntryImage {
        target: EntryTarget::Name(format!("t{number:04}").into()),
        trees: root,
        ..image.entries[0].clone()
    };
    let entries: Vec<EntryImage> = (0..1000).map(entry).collect();
    image.entries = entries;
    let bytes = encode(&image, WITH_DEBUG).unwrap();
    assert_eq!(Program::load(&bytes).unwrap().read_below(TreeId(20)).map(<[_]>::len), Some(1));
    // Three million visits for each of eight roots are more than one bundle may ask for.
    for (entry, beside) in image.entries.iter_mut().zip(0..8) {
        entry.trees.permits = Some(TreeId::new(image.trees.len()));
        image.trees.push(&TreeImage::Both(vec![TreeId(19), TreeId(19), TreeId(beside)]));
    }
    assert_eq!(encode(&image, WITH_DEBUG).unwrap_err().problem, "the trees are too large together");
}

#[test]
fn a_class_condition_may_not_ask_the_state() {
    let problem = refusal(|image| {
        recode(image, 1, |block| block.code.insert(0, op(Opcode::History, 0, 0, 0)));
    });
    assert_eq!(problem, "a class condition asks about more than its link");
}

#[test]
fn loops_nest_three_deep_at_most() {
    let nested = |depth: u16| {
        let mut code = vec![op(Opcode::Slot, 0, 0, 0), op(Opcode::Has, 1, 0, 0)];
        for level in 0..depth {
            let body = u32::from((depth - level) * 2 - 1);
            code.push(op(Opcode::Any, 2 + 2 * level, 0, body));
        }
        for level in (0..depth).rev() {
            let truth = if level + 1 == depth { 1 } else { u32::from(4 + 2 * level) };
            code.push(op(Opcode::EndLoop, 0, truth, 0));
        }
        code.push(op(Opcode::Return, 0, 2, 0));
        let mut image = sample();
        recode(&mut image, 0, |block| *block = BlockImage { registers: 16, code });
        image.debug = DebugImage::default();
        encode(&image, WITH_DEBUG).map(|_| ()).map_err(|error| error.problem)
    };
    assert_eq!(nested(3), Ok(()));
    assert_eq!(nested(4), Err("loops are nested too deep"));
}

#[test]
fn jumps_to_very_many_places_are_refused() {
    let jumping = |count: u32| {
        // Each skips all that stood behind it before, and one more.
        let mut code = vec![op(Opcode::True, 0, 0, 0)];
        code.extend((0..count).map(|_| op(Opcode::JumpIfFalse, 0, 0, count)));
        code.extend((0..=count).map(|_| op(Opcode::True, 0, 0, 0)));
        code.push(op(Opcode::Return, 0, 0, 0));
        let mut image = sample();
        recode(&mut image, 0, |block| *block = BlockImage { registers: 4096, code });
        image.debug = DebugImage::default();
        encode(&image, WITH_DEBUG).map(|_| ()).map_err(|error| error.problem)
    };
    assert_eq!(jumping(256), Ok(()));
    assert_eq!(jumping(257), Err("too many jumps to different places"));
}

/// What is at fault is named: the bundle as a whole, a section, or a row of one.
#[test]
fn a_fault_says_where_it_is() {
    let bytes = encode(&sample(), WITH_DEBUG).unwrap();
    let said = |bytes: &[u8]| Program::load(bytes).unwrap_err().to_string();
    let changed = |at: usize| {
        let mut other = bytes.clone();
        other[at] ^= 0x55;
        other
    };
    assert_eq!(said(&[]), "data ends early");
    assert_eq!(said(&changed(6)), "unknown version of the format");
    assert_eq!(said(&bytes[..bytes.len() - 1]), "wrong total length");
    let last = said(&changed(bytes.len() - 1));
    assert!(last.starts_with("section ") && last.ends_with(": digest does not fit"), "{last}");
    let mut image = sample();
    image.slots[1].ty = TypeId(99);
    assert_eq!(encode(&image, WITH_DEBUG).unwrap_err().to_string(), "section extraction, row 1: no such type");
}
