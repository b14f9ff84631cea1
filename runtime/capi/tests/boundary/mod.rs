//! The boundary under fire: one run turns bytes into calls of the C interface, in order and out of order.
//!
//! The seeded test `junk.rs` and the target `fuzz/fuzz_targets/capi.rs` share it. Every call is checked: one that
//! breaks what the header asks gives one of the statuses that fit and a denial; any other decides as the Rust
//! interface does, byte for byte.

pub mod bridge;
pub mod handles;

use bridge::{Bridge, Broken, view_of};
use handles::{Decision, Principal, Program, Scratch, request};
use mcpz::case::Case;
use mcpz::engine::Engine;
use mcpz_capi::*;
use mcpz_runtime::report::decision_json;
use mcpz_runtime::request::Direction;
use mcpz_runtime::state::{Failing, TableState};
use std::net::IpAddr;
use std::ptr;

/// Credentials to ask with; the last ones do not fit any bundle.
const CHAINS: [&str; 5] = [
    r#"{"kind":"agent","uid":1000}"#,
    "null",
    r#"[{"kind":"agent","uid":1000},{"kind":"user","uid":1000}]"#,
    r#"{"kind":"user","issuer":"nobody","claims":{"sub":"x"}}"#,
    r#"{"kind":"agent","spiffe":"spiffe://a/b"}"#,
];

/// What is the same from run to run.
pub struct World {
    bundle: Vec<u8>,
    seeds: Vec<Vec<u8>>,
    engine: Engine,
    server: String,
    program: Program,
    other: Program,
    principals: Vec<Principal>,
    scratch: Scratch,
    decision: Decision,
}

/// The bytes of a run, used up choice by choice; zeros when there are no more.
struct Choices<'a>(&'a [u8]);

impl<'a> Choices<'a> {
    fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::from(self.byte()) % bound.max(1)
    }

    fn one_in(&mut self, of: usize) -> bool {
        self.below(of) == of - 1
    }

    fn number(&mut self) -> i64 {
        i64::from_le_bytes(std::array::from_fn(|_| self.byte()))
    }

    fn some(&mut self, most: usize) -> &'a [u8] {
        let len = self.below(most).min(self.0.len());
        let (some, rest) = self.0.split_at(len);
        self.0 = rest;
        some
    }
}

impl World {
    /// A world with this bundle, and messages to start from. `other` is another bundle.
    pub fn new(bundle: Vec<u8>, other: &[u8], seeds: Vec<Vec<u8>>) -> World {
        let Ok(engine) = Engine::load(&bundle) else { panic!("the bundle is sound") };
        let program = Program::load(&bundle).unwrap_or_else(|(_, error)| panic!("{error}"));
        let other = Program::load(other).unwrap_or_else(|(_, error)| panic!("{error}"));
        let principal = |chain: &&str| Principal::new(&program, chain.as_bytes(), b"").map_err(|(_, error)| error);
        let principals = CHAINS.iter().map(principal).collect::<Result<_, _>>().expect("sound credentials");
        let server = engine.image().servers[0].name.clone();
        let (scratch, decision) = (Scratch::new(), Decision::new());
        World { bundle, seeds, engine, server, program, other, principals, scratch, decision }
    }

    /// One run.
    pub fn run(&self, bytes: &[u8]) {
        let mut choices = Choices(bytes);
        match choices.below(8) {
            0 => self.load(&mut choices),
            1 => self.principal(&mut choices),
            2 => self.null_handles(&mut choices),
            _ => self.decide(&mut choices),
        }
    }

    /// A bundle: the sound one with bytes changed, cut short, or anything.
    fn load(&self, choices: &mut Choices<'_>) {
        let mut bundle = self.bundle.clone();
        match choices.below(3) {
            0 => bundle.truncate(usize::try_from(choices.number().unsigned_abs()).unwrap_or(0) % (bundle.len() + 1)),
            1 => {
                let at = usize::try_from(choices.number().unsigned_abs()).unwrap_or(0) % bundle.len();
                bundle[at] ^= choices.byte();
            }
            _ => bundle = choices.0.to_vec(),
        }
        match Program::load(&bundle) {
            Ok(_) => assert!(bundle == self.bundle || bundle.len() > 64, "a bundle of {} bytes", bundle.len()),
            Err((status, error)) => {
                assert_eq!(status, Status::BundleRefused);
                assert!(error.starts_with("boundary_bundle_refused: "), "{error}");
            }
        }
    }

    /// A credential: a sound one with bytes changed, or anything.
    fn principal(&self, choices: &mut Choices<'_>) {
        let mut chain = CHAINS[choices.below(CHAINS.len())].as_bytes().to_vec();
        damage(&mut chain, choices);
        let expected = str::from_utf8(&chain).ok().and_then(|text| mcpz::case::chain(text).ok());
        match Principal::new(&self.program, &chain, choices.some(40)) {
            // The command's reader takes `-0` for a fraction.
            Ok(_) => {
                assert!(expected.is_some() || chain.windows(2).any(|pair| pair == b"-0"), "the command refuses it")
            }
            Err((status, error)) => {
                assert_eq!(status, Status::BadPrincipal);
                assert!(error.starts_with("boundary_bad_principal: "), "{error}");
            }
        }
    }

    /// Null and misaligned handles everywhere.
    #[expect(clippy::multiple_unsafe_ops_per_block, reason = "every call here is unsafe for the same reason")]
    fn null_handles(&self, choices: &mut Choices<'_>) {
        let wrong = if choices.one_in(2) { ptr::null_mut() } else { ptr::without_provenance_mut::<u8>(1) };
        let (mut text, mut number, mut digest) = (ptr::dangling_mut(), 7_i64, [7_u8; 32]);
        // SAFETY: handles that are null or misaligned are refused before they are followed.
        unsafe {
            assert_eq!(mcpz_decision_effect(wrong.cast()), Effect::Deny);
            assert_eq!(mcpz_decision_show(wrong.cast()), Show::Hide);
            assert_eq!(bridge::text(mcpz_decision_reason(wrong.cast())), "boundary_bad_pointer");
            assert!(mcpz_decision_rule(wrong.cast(), self.program.0).data.is_null());
            assert!(mcpz_decision_rule(self.decision.0, wrong.cast()).data.is_null());
            assert!(!mcpz_decision_retry_after_ms(wrong.cast(), &raw mut number) && number == 0);
            assert_eq!(mcpz_decision_json(wrong.cast(), self.program.0, &raw mut text), Status::BadPointer);
            assert!(text.is_null());
            assert_eq!(mcpz_decision_json(self.decision.0, self.program.0, wrong.cast()), Status::BadPointer);
            assert_eq!(mcpz_decision_digest(wrong.cast(), digest.as_mut_ptr()), Status::BadPointer);
            assert_eq!(mcpz_program_digest(ptr::null(), digest.as_mut_ptr()), Status::BadPointer);
            assert_eq!(digest, [0; 32]);
            assert_eq!(mcpz_program_digest(self.program.0, ptr::null_mut()), Status::BadPointer);
            let mut handle = ptr::dangling_mut();
            let none = Bytes { data: ptr::null(), len: choices.below(2) };
            assert_eq!(mcpz_program_load(none, &raw mut handle, wrong.cast()), Status::BadPointer);
            assert!(handle.is_null());
            let sound = view_of(&self.bundle);
            assert_eq!(mcpz_program_load(sound, wrong.cast(), ptr::null_mut()), Status::BadPointer);
            let mut made = ptr::dangling_mut();
            let chain = view_of(b"null");
            assert_eq!(mcpz_principal_new(wrong.cast(), chain, none, &raw mut made, wrong.cast()), Status::BadPointer);
            assert!(made.is_null());
            mcpz_program_free(wrong.cast());
            mcpz_principal_free(wrong.cast());
            mcpz_scratch_free(wrong.cast());
            mcpz_decision_free(wrong.cast());
            mcpz_text_free(wrong.cast());
        }
    }

    /// A decision, with whatever may be wrong with it.
    fn decide(&self, choices: &mut Choices<'_>) {
        let who = choices.below(CHAINS.len());
        let mut case = Case::at(choices.number());
        case.principal.chain = mcpz::case::chain(CHAINS[who]).unwrap_or_default();
        let broken = [Broken::No, Broken::Missing, Broken::Says(choices.byte().into()), Broken::Unwritten];
        let broken = broken[choices.below(4)];
        let broken = if matches!(broken, Broken::Says(0 | 1)) { Broken::Says(-7) } else { broken };
        if broken == Broken::No && choices.one_in(2) {
            case.state.session_labels.insert("untrusted".to_owned());
        }
        let whole = case.state.clone();
        if broken != Broken::No {
            case.state = TableState { failing: [Failing::Everything].into(), ..TableState::default() };
        }
        let parts = Parts::choose(choices, self, &mut case);
        let bridge = Bridge::new(&whole, broken);
        let mut call = Call::new(self, &parts, &case, &self.principals[who], bridge.table());
        call.spoil(choices, self);
        let status = call.run();
        if call.faults.is_empty() {
            assert_eq!(status, Status::Ok);
            let expected = self.engine.decide(&case).unwrap_or_else(|_| panic!("a sound case"));
            let json = self.decision.json(&self.program);
            assert_eq!(json, decision_json(self.engine.image(), &expected));
            assert_eq!(self.decision.reason(), expected.reason.name());
            let rule =
                expected.determining.and_then(|id| self.engine.image().rule(id)).map_or("".into(), |rule| rule.id());
            assert_eq!(self.decision.rule(&self.program), rule);
        } else {
            assert!(call.faults.contains(&status), "{status:?} is none of {:?}", call.faults);
            assert_eq!(self.decision.effect(), Effect::Deny);
            assert!(self.decision.reason().starts_with("boundary_"), "{}", self.decision.reason());
        }
    }
}

/// The memory that a request is made of.
struct Parts {
    server: Vec<u8>,
    message: Vec<u8>,
    context: Option<Vec<u8>>,
    network: Option<Vec<u8>>,
}

impl Parts {
    /// Chooses them, and notes in the case what Rust would be asked.
    fn choose(choices: &mut Choices<'_>, world: &World, case: &mut Case) -> Parts {
        let mut message = world.seeds[choices.below(world.seeds.len())].clone();
        if choices.one_in(2) {
            damage(&mut message, choices);
        }
        let server = if choices.one_in(4) { choices.some(12).to_vec() } else { world.server.clone().into_bytes() };
        let context = choices.one_in(4).then(|| choices.some(24).to_vec());
        let network = choices.one_in(3).then(|| choices.some(20).to_vec());
        case.message.clone_from(&message);
        case.server = Some(String::from_utf8_lossy(&server).into_owned());
        case.context = context.as_ref().map(|text| String::from_utf8_lossy(text).into_owned());
        case.network = network.as_deref().and_then(address);
        Parts { server, message, context, network }
    }
}

fn address(bytes: &[u8]) -> Option<IpAddr> {
    let four = <[u8; 4]>::try_from(bytes).map(IpAddr::from);
    four.or_else(|_| <[u8; 16]>::try_from(bytes).map(IpAddr::from)).ok()
}

/// One call of `mcpz_decide`, and the statuses that what is wrong with it may give.
struct Call {
    program: *const ProgramHandle,
    principal: *const PrincipalHandle,
    scratch: *const ScratchHandle,
    decision: *mut DecisionHandle,
    request: Request,
    request_at: Place,
    state: State,
    state_at: Place,
    faults: Vec<Status>,
}

/// Where a structure is passed.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    Here,
    Null,
    Odd,
}

impl Place {
    /// The pointer to pass for this structure.
    fn of<T>(self, structure: &T) -> *const T {
        match self {
            Place::Here => structure,
            Place::Null => ptr::null(),
            Place::Odd => ptr::from_ref(structure).wrapping_byte_add(1),
        }
    }
}

impl Call {
    fn new(world: &World, parts: &Parts, case: &Case, principal: &Principal, state: State) -> Call {
        let mut faults = Vec::new();
        let mut given = request("", &parts.message, case.now_ms);
        given.server = view_of(&parts.server);
        given.context = parts.context.as_deref().map_or(given.context, view_of);
        given.network = parts.network.as_deref().map_or(given.network, view_of);
        given.direction = i32::from(case.direction == Direction::ToClient);
        if [Some(&parts.server), parts.context.as_ref()].into_iter().flatten().any(|text| str::from_utf8(text).is_err())
        {
            faults.push(Status::NotUtf8);
        }
        if parts.network.as_deref().is_some_and(|bytes| address(bytes).is_none()) {
            faults.push(Status::BadValue);
        }
        Call {
            program: world.program.0,
            principal: principal.0,
            scratch: world.scratch.0,
            decision: world.decision.0,
            request: given,
            request_at: Place::Here,
            state,
            state_at: Place::Here,
            faults,
        }
    }

    /// Breaks what the header asks, in up to three ways.
    fn spoil(&mut self, choices: &mut Choices<'_>, world: &World) {
        for _ in 0..choices.below(6).saturating_sub(2) {
            let place = if choices.one_in(2) { Place::Null } else { Place::Odd };
            let fault = match choices.below(11) {
                0 => spoiled(&mut self.program, ptr::null(), Status::BadPointer),
                1 => spoiled(&mut self.program, world.other.0.cast_const(), Status::OtherProgram),
                2 => spoiled(&mut self.principal, ptr::without_provenance(3), Status::BadPointer),
                3 => spoiled(&mut self.scratch, ptr::null(), Status::BadPointer),
                4 => spoiled(&mut self.request_at, place, Status::BadPointer),
                5 => spoiled(&mut self.state_at, Place::Odd, Status::BadPointer),
                6 => spoiled(&mut self.request.size, choices.below(size_of::<Request>()), Status::BadSize),
                7 => spoiled(&mut self.state.size, usize::MAX, Status::BadSize),
                8 => spoiled(&mut self.request.direction, 2 + i32::from(choices.byte()), Status::BadValue),
                9 => spoiled(&mut self.request.message.data, ptr::null(), Status::BadPointer),
                _ => spoiled(
                    &mut self.request.message.len,
                    isize::MAX.unsigned_abs() + 1 + choices.below(9),
                    Status::BadValue,
                ),
            };
            self.faults.push(fault);
        }
    }

    fn run(&self) -> Status {
        let (request, state) = (self.request_at.of(&self.request), self.state_at.of(&self.state));
        // SAFETY: what is passed is sound, or broken in a way that the library has to notice: null or misaligned
        // pointers, sizes, lengths beyond all memory.
        unsafe { mcpz_decide(self.program, self.principal, self.scratch, request, state, self.decision) }
    }
}

/// Sets a member to what is wrong, and says which status that gives.
fn spoiled<T>(member: &mut T, wrong: T, status: Status) -> Status {
    *member = wrong;
    status
}

/// Changes, removes or adds a few bytes.
fn damage(bytes: &mut Vec<u8>, choices: &mut Choices<'_>) {
    for _ in 0..=choices.below(3) {
        let at = (choices.below(256) * 256 + choices.below(256)) % (bytes.len() + 1);
        match choices.below(4) {
            0 if at < bytes.len() => bytes[at] = choices.byte(),
            1 => bytes.truncate(at),
            2 if at < bytes.len() => drop(bytes.remove(at)),
            _ => drop(bytes.splice(at..at, choices.some(8).iter().copied())),
        }
    }
}
