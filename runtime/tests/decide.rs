//! Decisions over small hand-made bundles: the machine, the steps and the explanation together.

use mcpz_bytecode::ids::*;
use mcpz_bytecode::image::*;
use mcpz_bytecode::opcode::{ARITH_INT, Instruction, Opcode, SUBJECT_NARROW};
use mcpz_bytecode::value::decimal::ONE;
use mcpz_bytecode::{EncodeOptions, Program, disassemble, encode, reseal};
use mcpz_runtime::data::{DataError, DataSet};
use mcpz_runtime::decision::{Decision, Effect, ErrorCode, Reason, Unmet};
use mcpz_runtime::principal::{Link, LinkSource, Principal};
use mcpz_runtime::request::{Direction, Facts, Request};
use mcpz_runtime::state::{Approval, Failing, LimitUsed, TableState};
use mcpz_runtime::vm::value::Truth;
use mcpz_runtime::{Caller, Input, Scratch, decide, why};

fn op(opcode: Opcode, dst: u16, a: u32, b: u32) -> Instruction {
    Instruction::new(opcode, dst, a, b)
}

/// A bundle under construction: server `pay` with tools `refund {amount, payee, items, url}` and `list`.
struct Bundle(BundleImage, Vec<EntryTarget>);

const STRING: TypeId = TypeId(0);
const DECIMAL: TypeId = TypeId(1);
const JSON: TypeId = TypeId(2);
const CLAIMS: TypeId = TypeId(4);
const STRINGS: TypeId = TypeId(3);
const URL: TypeId = TypeId(5);
const ITEMS: TypeId = TypeId(7);

impl Bundle {
    fn new() -> Self {
        let symbols = ["sub", "amount", "payee", "items", "qty", "url", "host", "groups"];
        let types = vec![
            TypeImage::String,
            TypeImage::Decimal,
            TypeImage::Json,
            TypeImage::Set(STRING),
            TypeImage::Record(vec![(SymbolId(0), STRING), (SymbolId(7), STRINGS)]),
            TypeImage::Url,
            TypeImage::Record(vec![(SymbolId(4), DECIMAL)]),
            TypeImage::List(TypeId(6)),
        ];
        let class_block = BlockImage {
            registers: 3,
            code: vec![
                op(Opcode::Slot, 0, 0, 0),
                op(Opcode::Const, 1, 0, 0),
                op(Opcode::In, 2, 1, 0),
                op(Opcode::Return, 0, 2, 0),
            ],
        };
        let tool =
            |name: &str| ToolImage { name: name.into(), schema: Some(Default::default()), ..ToolImage::default() };
        let image = BundleImage {
            name: "pay".into(),
            version: "1.0.0".into(),
            symbols: symbols.map(String::from).to_vec(),
            types,
            constants: [Constant::String("analysts".into())].into_iter().collect(),
            slots: vec![SlotImage { root: SlotRoot::LinkClaims, path: vec![SymbolId(7)], ty: STRINGS }],
            subjects: vec![SubjectImage::Anyone, SubjectImage::Class(ClassId(1)), SubjectImage::Class(ClassId(2))],
            blocks: [class_block].into_iter().collect(),
            issuers: vec![IssuerImage { name: "corp".into(), claims: CLAIMS, ..IssuerImage::default() }],
            classes: vec![
                class("employee", LinkKind::User, identity(SourceImageKind::Issuer(IssuerId(0)))),
                ClassImage {
                    definition: ClassDefinitionImage::Narrow { base: ClassId(0), condition: Some(BlockId(0)) },
                    ..class("analyst", LinkKind::User, identity(SourceImageKind::Mtls))
                },
                ClassImage {
                    acts_for: vec![ClassId(0)],
                    ..class("copilot", LinkKind::Agent, identity(SourceImageKind::Local))
                },
            ],
            servers: vec![ServerImage {
                name: "pay".into(),
                tools: vec![tool("refund"), tool("list")],
                ..ServerImage::default()
            }],
            sources: vec![SourceImage { path: "pay/policy/main.mcpz".into() }],
            ..BundleImage::default()
        };
        Bundle(image, Vec::new())
    }

    fn slot(&mut self, root: SlotRoot, path: &[u32], ty: TypeId) -> u32 {
        self.0.slots.push(SlotImage { root, path: path.iter().map(|id| SymbolId(*id)).collect(), ty });
        u32::try_from(self.0.slots.len() - 1).unwrap()
    }

    fn constant(&mut self, constant: Constant) -> u32 {
        self.0.constants.push(&constant);
        u32::try_from(self.0.constants.len() - 1).unwrap()
    }

    fn block(&mut self, code: Vec<Instruction>) -> BlockId {
        self.0.blocks.push(&BlockImage { registers: 16, code });
        BlockId::new(self.0.blocks.len() - 1)
    }

    /// A rule about every call of `pay.refund`.
    fn rule(&mut self, id: &str, kind: RuleKindImage, code: Vec<Instruction>) -> RuleId {
        let block = self.block(code);
        let line = u32::try_from(self.0.rules.len() + 1).unwrap();
        let rule = RuleId::new(self.0.rules.len());
        self.0.push_rule(&RuleImage {
            id: id.into(),
            kind,
            shadow: false,
            deny: None,
            words: RuleWords::default(),
            span: SpanImage { line, ..SpanImage::default() },
        });
        if self.0.entries.is_empty() {
            self.0.entries.push(EntryImage {
                action: Action::Call,
                server: Some(ServerId(0)),
                target: EntryTarget::Name("refund".into()),
                trees: StageTrees::default(),
            });
        }
        self.1.push(self.0.entries[0].target.clone());
        self.0.trees.push(&TreeImage::Rows(vec![EntryRow { rule, block, start: 0, late: false }]));
        rule
    }

    fn permit_anyone(&mut self) -> RuleId {
        self.rule("OPEN", RuleKindImage::Permit(None), subject(0, SUBJECT_NARROW))
    }

    /// Puts every leaf under the stage of its rule, in the entry point that was open when it was added.
    fn planted(&self) -> BundleImage {
        let mut image = self.0.clone();
        let stage = |row: &EntryRow| {
            let rule = self.0.rule(row.rule).unwrap();
            match rule.kind() {
                _ if rule.shadow() => 0,
                RuleKind::Forbid => 1,
                RuleKind::Permit(_) => 2,
                _ => 3,
            }
        };
        for entry in &mut image.entries {
            let mut roots = [None; 4];
            for (wanted, root) in roots.iter_mut().enumerate() {
                let leaves = self.0.trees.iter().zip(&self.1).enumerate().filter(|(_, (tree, target))| match tree {
                    TreeNode::Rows(rows) => stage(&rows.first().unwrap()) == wanted && **target == entry.target,
                    _ => false,
                });
                let leaves: Vec<TreeId> = leaves.map(|(at, _)| TreeId::new(at)).collect();
                *root = (!leaves.is_empty()).then(|| TreeId::new(image.trees.len()));
                image.trees.push(&TreeImage::Both(leaves));
            }
            let [shadow, forbids, permits, others] = roots;
            entry.trees = StageTrees { shadow, forbids, permits, others };
        }
        image
    }

    fn load(&self) -> Program {
        Program::load(&encode(&self.planted(), EncodeOptions { debug: true }).unwrap()).unwrap()
    }
}

fn class(name: &str, kind: LinkKind, definition: ClassDefinitionImage) -> ClassImage {
    ClassImage { name: name.into(), kind, definition, acts_for: vec![] }
}

fn identity(source: SourceImageKind) -> ClassDefinitionImage {
    ClassDefinitionImage::Identity { source, condition: None }
}

/// A condition that is the subject alone.
fn subject(subject: u32, flags: u8) -> Vec<Instruction> {
    vec![op(Opcode::Subject, 0, subject, 0).with_flags(flags), op(Opcode::Return, 0, 0, 0)]
}

fn user(groups: &str) -> Link {
    Link {
        kind: LinkKind::User,
        source: LinkSource::Issuer("corp".into()),
        claims: format!(r#"{{"sub":"ann","groups":[{groups}]}}"#),
    }
}

fn agent() -> Link {
    Link { kind: LinkKind::Agent, source: LinkSource::Local { uid: 7 }, claims: "{}".into() }
}

fn analyst() -> Principal {
    Principal { chain: vec![user("\"analysts\"")], scopes: vec![] }
}

/// A call of `pay.refund` as a message.
fn call(arguments: &str) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"refund","arguments":{arguments}}}}}"#)
}

/// What `go` makes of a message from an analyst, with no history.
fn asked<T>(
    program: &Program,
    data: &DataSet,
    text: &str,
    direction: Direction,
    go: fn(&Input<'_>, &mut Scratch) -> T,
) -> T {
    let (principal, state) = (analyst(), TableState::default());
    let request = Request { message: text.as_bytes(), server: "pay", direction, facts: Facts::default() };
    let caller = Caller::resolve(program, data, &principal);
    go(&Input { program, data, caller: &caller, request, state: &state }, &mut Scratch::new())
}

fn run_as(program: &Program, principal: &Principal, state: &TableState, arguments: &str) -> Decision {
    let text = call(arguments);
    let request =
        Request { message: text.as_bytes(), server: "pay", direction: Direction::ToServer, facts: Facts::default() };
    let data = DataSet::default();
    let caller = Caller::resolve(program, &data, principal);
    let input = Input { program, data: &data, caller: &caller, request, state };
    let mut scratch = Scratch::new().counting_steps();
    let decision = decide(&input, &mut scratch);
    assert!(scratch.steps().taken <= scratch.steps().bound, "{:?}", scratch.steps());
    assert_eq!(why(&input, &mut Scratch::new()).decision, decision, "explaining changes nothing");
    decision
}

fn run(program: &Program, arguments: &str) -> Decision {
    run_as(program, &analyst(), &TableState::default(), arguments)
}

#[test]
fn default_deny_and_forbid_wins() {
    let mut bundle = Bundle::new();
    let amount = bundle.slot(SlotRoot::Args, &[1], DECIMAL);
    let limit = bundle.constant(Constant::Number(100 * ONE));
    let permit = bundle.permit_anyone();
    let forbid = bundle.rule(
        "LARGE",
        RuleKindImage::Forbid,
        vec![
            op(Opcode::Slot, 0, amount, 0),
            op(Opcode::Const, 1, limit, 0),
            op(Opcode::Gt, 2, 0, 1),
            op(Opcode::Return, 0, 2, 0),
        ],
    );
    let program = bundle.load();
    let small = run(&program, r#"{"amount": 100.0}"#);
    assert_eq!((small.effect, small.determining), (Effect::Allow, Some(permit)));
    let large = run(&program, r#"{"amount": 1.0000001e2}"#);
    assert_eq!((large.effect, large.reason, large.determining), (Effect::Deny, Reason::Forbidden, Some(forbid)));
    let missing = run(&program, "{}");
    assert_eq!((missing.reason, missing.errors[0].code), (Reason::ForbidError, ErrorCode::Missing));
    let wrong = run(&program, r#"{"amount": "5"}"#);
    assert_eq!((wrong.reason, wrong.errors[0].code), (Reason::ForbidError, ErrorCode::Type));
    assert_eq!(run(&program, r#"{"amount":1,"amount":2}"#).reason.name(), "input_duplicate_key");
}

#[test]
fn permits_match_narrowly_and_restrictions_anywhere() {
    let mut bundle = Bundle::new();
    bundle.rule("P", RuleKindImage::Permit(None), subject(2, SUBJECT_NARROW));
    let program = bundle.load();
    let state = TableState::default();
    let alone = Principal { chain: vec![agent()], scopes: vec![] };
    let delegated = Principal { chain: vec![agent(), user("")], scopes: vec![] };
    assert_eq!(run_as(&program, &alone, &state, "{}").effect, Effect::Allow);
    assert_eq!(run_as(&program, &delegated, &state, "{}").reason, Reason::NotVisible);
    let reversed = Principal { chain: vec![user(""), agent()], scopes: vec![] };
    assert_eq!(run_as(&program, &reversed, &state, "{}").reason, Reason::Credential);
    let mut bundle = Bundle::new();
    bundle.permit_anyone();
    let forbid = bundle.rule("F", RuleKindImage::Forbid, subject(1, 0));
    let program = bundle.load();
    let delegated = Principal { chain: vec![agent(), user("\"analysts\"")], scopes: vec![] };
    let decision = run_as(&program, &delegated, &state, "{}");
    assert_eq!((decision.reason, decision.determining), (Reason::NotVisible, Some(forbid)));
    let anonymous = run_as(&program, &Principal::default(), &state, "{}");
    assert_eq!(anonymous.reason, Reason::NotVisible, "`anyone` in a permit excludes anonymous callers");
}

#[test]
fn malformed_claims_are_refused_not_anonymous() {
    let mut bundle = Bundle::new();
    bundle.permit_anyone();
    let program = bundle.load();
    for claims in ["{}", r#"{"sub":1,"groups":[]}"#, "[]", "nonsense", r#"{"sub":"a","sub":"b","groups":[]}"#] {
        let link = Link { claims: claims.into(), ..user("") };
        let principal = Principal { chain: vec![link], scopes: vec![] };
        assert_eq!(run_as(&program, &principal, &TableState::default(), "{}").reason, Reason::Credential, "{claims}");
    }
}

#[test]
fn quantifiers_fold_and_bound_their_collections() {
    let mut bundle = Bundle::new();
    let items = bundle.slot(SlotRoot::Args, &[3], ITEMS);
    let ten = bundle.constant(Constant::Number(10 * ONE));
    bundle.rule(
        "ALL",
        RuleKindImage::Permit(None),
        vec![
            op(Opcode::Slot, 0, items, 0),
            op(Opcode::Const, 1, ten, 0),
            op(Opcode::All, 2, 0, 3),
            op(Opcode::Field, 4, 3, 4),
            op(Opcode::Le, 5, 4, 1),
            op(Opcode::EndLoop, 0, 5, 0),
            op(Opcode::Return, 0, 2, 0),
        ],
    );
    let program = bundle.load();
    assert_eq!(run(&program, r#"{"items":[]}"#).effect, Effect::Allow);
    assert_eq!(run(&program, r#"{"items":[{"qty":10},{"qty":1}]}"#).effect, Effect::Allow);
    assert_eq!(run(&program, r#"{"items":[{"qty":10},{"qty":11}]}"#).reason, Reason::NoPermit);
    let error = run(&program, r#"{"items":[{"qty":10},{}]}"#);
    assert_eq!((error.reason, error.errors[0].code), (Reason::NoPermit, ErrorCode::Missing));
    let dominated = run(&program, r#"{"items":[{},{"qty":11}]}"#);
    assert!(dominated.errors.is_empty(), "false dominates an error");
    let many = format!(r#"{{"items":[{}]}}"#, vec![r#"{"qty":1}"#; 4097].join(","));
    assert_eq!(run(&program, &many).errors[0].code, ErrorCode::TooLong);
    assert_eq!(run(&program, r#"{"items":{"qty":1}}"#).errors[0].code, ErrorCode::Type);
}

#[test]
fn natives_run_before_the_decision_and_chain() {
    let mut bundle = Bundle::new();
    let url = bundle.slot(SlotRoot::Args, &[5], URL);
    let payee = bundle.slot(SlotRoot::Args, &[2], STRING);
    let host = bundle.constant(Constant::HostPattern("*.example.org".into()));
    let bob = bundle.constant(Constant::String("BOB".into()));
    bundle.0.natives = vec![NativeImage::Lower, NativeImage::Upper, NativeImage::Trim];
    bundle.rule(
        "NATIVE",
        RuleKindImage::Permit(None),
        vec![
            op(Opcode::Slot, 0, url, 0),
            op(Opcode::Field, 1, 0, 6),
            op(Opcode::Like, 2, 1, host),
            op(Opcode::Slot, 3, payee, 0),
            op(Opcode::Native, 4, 3, 2),
            op(Opcode::Native, 5, 4, 0),
            op(Opcode::Native, 6, 5, 1),
            op(Opcode::Const, 7, bob, 0),
            op(Opcode::Eq, 8, 6, 7),
            op(Opcode::And, 9, 2, 8),
            op(Opcode::Return, 0, 9, 0),
        ],
    );
    let program = bundle.load();
    let with = |url: &str, payee: &str| run(&program, &format!(r#"{{"url":"{url}","payee":"{payee}"}}"#));
    assert_eq!(with("https://Api.Example.ORG/x", " bOb ").effect, Effect::Allow);
    assert_eq!(with("https://example.org/x", "bob").reason, Reason::NoPermit);
    assert_eq!(with("http://0177.0.0.1/", "bob").errors[0].code, ErrorCode::Url);
    assert_eq!(with("https://example.org.evil/", "bob").reason, Reason::NoPermit);
}

#[test]
fn arithmetic_is_checked() {
    let mut bundle = Bundle::new();
    let amount = bundle.slot(SlotRoot::Args, &[1], DECIMAL);
    let big = bundle.constant(Constant::Number(i128::from(i64::MAX) * ONE));
    bundle.rule(
        "SUM",
        RuleKindImage::Permit(None),
        vec![
            op(Opcode::Slot, 0, amount, 0),
            op(Opcode::Const, 1, big, 0),
            op(Opcode::Add, 2, 0, 1).with_flags(ARITH_INT),
            op(Opcode::Ge, 3, 2, 0),
            op(Opcode::Return, 0, 3, 0),
        ],
    );
    let program = bundle.load();
    assert_eq!(run(&program, r#"{"amount":0}"#).effect, Effect::Allow);
    assert_eq!(run(&program, r#"{"amount":1}"#).errors[0].code, ErrorCode::Overflow);
}

#[test]
fn requirements_limits_and_grants_in_their_steps() {
    let mut bundle = Bundle::new();
    let amount = bundle.slot(SlotRoot::Args, &[1], DECIMAL);
    let value = bundle.block(vec![op(Opcode::Slot, 0, amount, 0), op(Opcode::Return, 0, 0, 0)]);
    bundle.permit_anyone();
    let approval = RequirementImage::Approval { count: 2, approvers: vec![ClassId(0)], expires_ms: Some(1000) };
    let require = bundle.rule("R", RuleKindImage::Require(approval), subject(0, 0));
    let limit = LimitImage { at_most: 10 * ONE, amount: Some(value), per_ms: 1000, by: HistoryKey::User };
    let limit = bundle.rule("L", RuleKindImage::Limit(limit), subject(0, 0));
    let program = bundle.load();
    let mut state = TableState::default();
    let approve =
        |approver: &str, age_ms| Approval { approver: approver.into(), classes: vec!["employee".into()], age_ms };
    state.approvals =
        vec![approve("bob", 0), approve("bob", 1), approve("ann", 0), approve("eve", 1001), approve("joe", -1)];
    let unmet = run_as(&program, &analyst(), &state, r#"{"amount":5}"#);
    assert_eq!((unmet.effect, unmet.determining), (Effect::Challenge, Some(require)));
    assert!(matches!(unmet.unmet.as_slice(), [Unmet::Approval { count: 2, .. }]));
    state.approvals.push(approve("cid", 1000));
    let allowed = run_as(&program, &analyst(), &state, r#"{"amount":5}"#);
    assert_eq!(allowed.effect, Effect::Allow);
    assert_eq!(allowed.obligations.consumes[0].amount, 5 * ONE);
    state.limits.insert("L".into(), LimitUsed { used: 6 * ONE, retry_after_ms: Some(9) });
    let limited = run_as(&program, &analyst(), &state, r#"{"amount":5}"#);
    assert_eq!((limited.reason, limited.determining, limited.retry_after_ms), (Reason::Limited, Some(limit), Some(9)));
    let negative = run_as(&program, &analyst(), &state, r#"{"amount":-1}"#);
    assert_eq!((negative.reason, negative.errors[0].code), (Reason::LimitError, ErrorCode::Amount));
    state.failing.insert(Failing::Approvals);
    assert_eq!(run_as(&program, &analyst(), &state, r#"{"amount":5}"#).reason, Reason::RequirementError);
    state.failing.insert(Failing::Isolation);
    assert_eq!(run_as(&program, &analyst(), &state, r#"{"amount":5}"#).reason, Reason::StateError);
}

#[test]
fn a_dormant_grant_is_a_challenge() {
    let mut bundle = Bundle::new();
    bundle.0.grants = vec![GrantImage { name: "prod".into(), subject: SubjectId(1), ..GrantImage::default() }];
    bundle.rule("G", RuleKindImage::Permit(Some(GrantId(0))), subject(0, SUBJECT_NARROW));
    let program = bundle.load();
    let mut state = TableState::default();
    let dormant = run_as(&program, &analyst(), &state, "{}");
    assert_eq!((dormant.reason, dormant.unmet), (Reason::GrantNeeded, vec![Unmet::Grant { grant: "prod".into() }]));
    let other = Principal { chain: vec![user("")], scopes: vec![] };
    assert_eq!(run_as(&program, &other, &state, "{}").reason, Reason::NotVisible);
    state.grants.insert("prod".into());
    assert_eq!(run_as(&program, &analyst(), &state, "{}").effect, Effect::Allow);
}

#[test]
fn questions_name_the_place_they_ask_about() {
    let mut bundle = Bundle::new();
    bundle.0.labels = vec![LabelImage { name: "untrusted".into(), sources: vec![] }];
    bundle.0.histories = vec![HistoryImage::Carries(LabelId(0))];
    let items = bundle.slot(SlotRoot::Args, &[3], ITEMS);
    bundle.permit_anyone();
    bundle.rule(
        "TAINT",
        RuleKindImage::Forbid,
        vec![
            op(Opcode::Slot, 0, items, 0),
            op(Opcode::Any, 1, 0, 3),
            op(Opcode::Field, 3, 2, 4),
            op(Opcode::HistoryOf, 4, 0, 3),
            op(Opcode::EndLoop, 0, 4, 0),
            op(Opcode::Return, 0, 1, 0),
        ],
    );
    let program = bundle.load();
    let mut state = TableState::default();
    let arguments = r#"{"items":[{"qty":1},{"qty":2}]}"#;
    assert_eq!(run_as(&program, &analyst(), &state, arguments).effect, Effect::Allow);
    state.carried.insert(("/items/1/qty".into(), "untrusted".into()));
    assert_eq!(run_as(&program, &analyst(), &state, arguments).reason, Reason::Forbidden);
}

#[test]
fn replaced_data_is_checked_against_its_type() {
    let mut bundle = Bundle::new();
    bundle.0.data = vec![DataImage { name: "payees".into(), ty: STRINGS, value: ConstantId(1) }];
    bundle.constant(Constant::Set(vec![ConstantId(0)]));
    let payee = bundle.slot(SlotRoot::Args, &[2], STRING);
    let known = bundle.slot(SlotRoot::Data(DataId(0)), &[], STRINGS);
    bundle.rule(
        "KNOWN",
        RuleKindImage::Permit(None),
        vec![
            op(Opcode::Slot, 0, payee, 0),
            op(Opcode::Slot, 1, known, 0),
            op(Opcode::In, 2, 0, 1),
            op(Opcode::Return, 0, 2, 0),
        ],
    );
    let program = bundle.load();
    assert_eq!(run(&program, r#"{"payee":"analysts"}"#).effect, Effect::Allow);
    let mut data = DataSet::default();
    assert_eq!(data.replace(&program, "payees", br#"[1]"#), Err(DataError::Value(ErrorCode::Type)));
    assert_eq!(data.replace(&program, "nobody", b"[]"), Err(DataError::UnknownName));
    data.replace(&program, "payees", br#"["bob"]"#).unwrap();
    let decision = asked(&program, &data, &call(r#"{"payee":"bob"}"#), Direction::ToServer, decide);
    assert_eq!(decision.effect, Effect::Allow);
}

#[test]
fn listings_show_what_some_call_could_use() {
    let mut bundle = Bundle::new();
    let amount = bundle.slot(SlotRoot::Args, &[1], DECIMAL);
    bundle.rule(
        "P",
        RuleKindImage::Permit(None),
        vec![op(Opcode::Slot, 0, amount, 0), op(Opcode::Eq, 1, 0, 0), op(Opcode::Return, 0, 1, 0)],
    );
    let program = bundle.load();
    let decide_text = |text: &str, direction| asked(&program, &DataSet::default(), text, direction, decide);
    let list = decide_text(r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#, Direction::ToServer);
    assert_eq!((list.reason, list.obligations.listed), (Reason::List, Some(vec!["refund".to_string()])));
    for (text, direction, reason) in [
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"nope"}}"#,
            Direction::ToServer,
            Reason::UnknownTarget,
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"list"}}"#,
            Direction::ToServer,
            Reason::NotVisible,
        ),
        (r#"{"jsonrpc":"2.0","id":1,"method":"tools/evil"}"#, Direction::ToServer, Reason::UnknownMethod),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"refund"}}"#,
            Direction::ToClient,
            Reason::UnknownMethod,
        ),
        (r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#, Direction::ToServer, Reason::Protocol),
        (r#"{"jsonrpc":"2.0","id":1,"method":"roots/list"}"#, Direction::ToClient, Reason::NoPermit),
    ] {
        assert_eq!(decide_text(text, direction).reason, reason, "{text}");
    }
}

#[test]
fn why_names_the_first_clause_that_failed_and_hides_what_is_sensitive() {
    let mut bundle = Bundle::new();
    let amount = bundle.slot(SlotRoot::Args, &[1], DECIMAL);
    let payee = bundle.slot(SlotRoot::Args, &[2], STRING);
    let hundred = bundle.constant(Constant::Number(100 * ONE));
    let bob = bundle.constant(Constant::String("bob".into()));
    let rule = bundle.rule(
        "P",
        RuleKindImage::Permit(None),
        vec![
            op(Opcode::Subject, 0, 0, 0).with_flags(SUBJECT_NARROW),
            op(Opcode::Slot, 1, amount, 0),
            op(Opcode::Const, 2, hundred, 0),
            op(Opcode::Le, 3, 1, 2),
            op(Opcode::Slot, 4, payee, 0),
            op(Opcode::Const, 5, bob, 0),
            op(Opcode::Eq, 6, 4, 5),
            op(Opcode::And, 7, 3, 6),
            op(Opcode::And, 8, 0, 7),
            op(Opcode::Return, 0, 8, 0),
        ],
    );
    bundle.0.sensitive = vec![SensitiveImage {
        targets: TargetsImage { any_tool: true, ..TargetsImage::default() },
        path: vec![StepImage::Field("payee".into())],
    }];
    let span = |line| SpanImage { line, ..SpanImage::default() };
    let clause = |kind, register, start, end, line| ClauseDebug { kind, register, start, end, span: span(line) };
    bundle.0.debug = DebugImage {
        texts: vec![],
        blocks: vec![
            BlockDebug::default(),
            BlockDebug {
                clauses: vec![clause(ClauseKind::Subject, 0, 0, 1, 1), clause(ClauseKind::Where, 7, 1, 8, 2)],
                atoms: vec![AtomDebug { pc: 3, span: span(2) }, AtomDebug { pc: 6, span: span(3) }],
            },
        ],
    };
    let program = bundle.load();
    let text = call(r#"{"amount":250.0,"payee":"hunter2"}"#);
    let explained = asked(&program, &DataSet::default(), &text, Direction::ToServer, why);
    assert_eq!(explained.decision.reason, Reason::NoPermit);
    assert_eq!(explained.closest, Some(rule));
    let trace = &explained.rules[0];
    assert_eq!(trace.first_failed, Some(1));
    let tests = &trace.clauses[1].tests;
    assert_eq!((tests[0].operator, tests[0].seen.as_str(), tests[0].wanted.as_deref()), ("le", "250.0", Some("100")));
    assert_eq!((tests[0].outcome, tests[0].span.line), (Truth::False, 2));
    assert_eq!((tests[1].seen.as_str(), tests[1].wanted.as_deref()), ("[sensitive]", Some("\"bob\"")));
    assert!(!format!("{explained:?}").contains("hunter2"));
    assert!(disassemble(&program).contains("le r1 r2"));
}

/// A meta-tool `list` that anyone may call, and what it wraps: `refund`, for `copilot` whose lower-case payee is its `sub`.
fn wrapping_bundle() -> Program {
    let mut bundle = Bundle::new();
    let payee = bundle.slot(SlotRoot::Args, &[2], STRING);
    let sub = bundle.slot(SlotRoot::UserClaims, &[0], STRING);
    bundle.0.natives = vec![NativeImage::Lower];
    bundle.0.servers[0].tools[1].unwraps =
        Some(Box::new(UnwrapsImage { server: None, name: vec!["name".into()], arguments: vec!["arguments".into()] }));
    bundle.permit_anyone();
    bundle.0.entries[0].target = EntryTarget::Name("list".into());
    bundle.1 = vec![EntryTarget::Name("list".into())];
    let open = bundle.0.entries.pop();
    bundle.rule(
        "P",
        RuleKindImage::Permit(None),
        vec![
            op(Opcode::Subject, 0, 2, 0).with_flags(SUBJECT_NARROW),
            op(Opcode::Slot, 1, payee, 0),
            op(Opcode::Native, 2, 1, 0),
            op(Opcode::Slot, 3, sub, 0),
            op(Opcode::Eq, 4, 2, 3),
            op(Opcode::And, 5, 0, 4),
            op(Opcode::Return, 0, 5, 0),
        ],
    );
    bundle.0.entries.splice(0..0, open);
    bundle.0.sensitive = vec![SensitiveImage {
        targets: TargetsImage { any_tool: true, ..TargetsImage::default() },
        path: vec![StepImage::Field("payee".into())],
    }];
    let clause = |kind, register, start, end| ClauseDebug { kind, register, start, end, span: SpanImage::default() };
    let atom = |pc| AtomDebug { pc, span: SpanImage::default() };
    let rule = BlockDebug {
        clauses: vec![clause(ClauseKind::Subject, 0, 0, 1), clause(ClauseKind::Where, 4, 1, 5)],
        atoms: vec![atom(0), atom(4)],
    };
    bundle.0.debug = DebugImage { texts: vec![], blocks: vec![BlockDebug::default(), BlockDebug::default(), rule] };
    bundle.load()
}

#[test]
fn why_explains_the_call_inside_and_hides_what_is_made_of_or_compared_with_a_secret() {
    let text = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"list",
        "arguments":{"name":"refund","arguments":{"payee":"HUNTER2"}}}}"#;
    let explained = asked(&wrapping_bundle(), &DataSet::default(), text, Direction::ToServer, why);
    assert_eq!((explained.decision.effect, explained.rules.len()), (Effect::Deny, 1));
    assert_eq!(explained.rules[0].outcome, Truth::True, "the outer call is permitted");
    let [inner] = explained.inner.as_slice() else { panic!("{explained:?}") };
    assert_eq!((explained.closest, inner.first_failed), (Some(inner.rule), Some(0)));
    let subject = &inner.clauses[0].tests[0];
    assert_eq!((subject.seen.as_str(), subject.wanted.as_deref()), ("employee & analyst", Some("copilot")));
    let compared = &inner.clauses[1].tests[0];
    assert_eq!((compared.seen.as_str(), compared.wanted.as_deref()), ("[sensitive]", Some("[sensitive]")));
    assert!(!format!("{explained:?}").to_lowercase().contains("hunter2"));
}

#[test]
fn flipped_bundles_decide_without_panic_within_their_bound() {
    let mut bundle = Bundle::new();
    let items = bundle.slot(SlotRoot::Args, &[3], ITEMS);
    let url = bundle.slot(SlotRoot::Args, &[5], URL);
    let ten = bundle.constant(Constant::Number(10 * ONE));
    bundle.permit_anyone();
    bundle.rule(
        "ALL",
        RuleKindImage::Forbid,
        vec![
            op(Opcode::Slot, 0, items, 0),
            op(Opcode::Const, 1, ten, 0),
            op(Opcode::Any, 2, 0, 3),
            op(Opcode::Field, 4, 3, 4),
            op(Opcode::Gt, 5, 4, 1),
            op(Opcode::EndLoop, 0, 5, 0),
            op(Opcode::Slot, 6, url, 0),
            op(Opcode::Field, 7, 6, 6),
            op(Opcode::Has, 8, 7, 0),
            op(Opcode::And, 9, 2, 8),
            op(Opcode::Return, 0, 9, 0),
        ],
    );
    let bytes = encode(&bundle.0, EncodeOptions { debug: false }).unwrap();
    let mut decided = 0;
    for position in 0..bytes.len() {
        for bit in [0, 3, 7] {
            let mut flipped = bytes.clone();
            flipped[position] ^= 1 << bit;
            let Some(sealed) = reseal(&flipped) else { continue };
            let Ok(program) = Program::load(&sealed) else { continue };
            decided += 1;
            run(&program, r#"{"items":[{"qty":10},{"qty":"x"},null],"url":"https://a.b/"}"#);
        }
    }
    assert!(decided > 100, "only {decided} flips load");
}

#[test]
fn json_places_compare_by_kind() {
    let mut bundle = Bundle::new();
    let payee = bundle.slot(SlotRoot::Args, &[2], JSON);
    let amount = bundle.slot(SlotRoot::Args, &[1], JSON);
    bundle.rule(
        "SAME",
        RuleKindImage::Permit(None),
        vec![
            op(Opcode::Slot, 0, payee, 0),
            op(Opcode::Slot, 1, amount, 0),
            op(Opcode::Eq, 2, 0, 1),
            op(Opcode::Return, 0, 2, 0),
        ],
    );
    let program = bundle.load();
    for (a, b, same) in [
        ("1", "1.0", true),
        ("\"1\"", "1", false),
        ("[1,[2]]", "[1.0,[2e0]]", true),
        ("[1,2]", "[2,1]", false),
        ("{\"a\":1,\"b\":null}", "{\"b\":null,\"a\":1}", true),
        ("{\"a\":1}", "{\"b\":1}", false),
        ("[null]", "[null]", true),
        ("[]", "{}", false),
        ("true", "1", false),
    ] {
        let decision = run(&program, &format!(r#"{{"payee":{a},"amount":{b}}}"#));
        assert_eq!(decision.is_allow(), same, "{a} == {b}: {decision:?}");
    }
}
