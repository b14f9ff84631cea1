//! What has happened before, asked of the caller through a table of callbacks.
//!
//! The table mirrors the runtime's `State`. A callback that is missing, that answers with anything but what is
//! documented, or that leaves its out parameter as it was, counts as a store that cannot be reached: the decision
//! fails closed.

use crate::bytes::Bytes;
use crate::pointer;
use crate::status::{Status, guarded};
use mcpz_bytecode::value::Decimal as Exact;
use mcpz_runtime::state::{self, HistoryKey, Isolation, QueryKind, SeenSource, StateError, TableState};
use std::cell::OnceCell;
use std::ffi::c_void;
use std::ptr;
use std::sync::LazyLock;

/// An answer: no; also that there is none.
pub const MCPZ_ANSWER_NO: i32 = 0;
/// An answer: yes; also that the out parameter holds the answer.
pub const MCPZ_ANSWER_YES: i32 = 1;
/// An answer: the store could not be asked. Any other number means the same.
pub const MCPZ_ANSWER_FAILED: i32 = -1;

/// `what` of `isolated`: the server.
pub const MCPZ_ISOLATED_SERVER: i32 = 0;
/// `what` of `isolated`: the tool `name` of the server.
pub const MCPZ_ISOLATED_TOOL: i32 = 1;
/// `what` of `isolated`: the agent whose subject is `name`; the server is absent.
pub const MCPZ_ISOLATED_AGENT: i32 = 2;

/// `source` of `seen_in`: a data set.
pub const MCPZ_SEEN_IN_DATA: i32 = 0;
/// `source` of `seen_in`: results that carry a label.
pub const MCPZ_SEEN_IN_LABEL: i32 = 1;

/// `kind` of a history question and its answer: a count.
pub const MCPZ_QUERY_COUNT: i32 = 1;
/// `kind` of a history question and its answer: a sum.
pub const MCPZ_QUERY_SUM: i32 = 2;
/// `kind` of a history question and its answer: whether a sequence of calls happened.
pub const MCPZ_QUERY_SEQUENCE: i32 = 3;

/// `by`: per session.
pub const MCPZ_KEY_SESSION: i32 = 0;
/// `by`: per user.
pub const MCPZ_KEY_USER: i32 = 1;
/// `by`: per agent.
pub const MCPZ_KEY_AGENT: i32 = 2;
/// `by`: per caller.
pub const MCPZ_KEY_CALLER: i32 = 3;

/// The most approvals of one call, and classes of one approver, that are read; more is a failure of the store.
pub const MCPZ_MAX_APPROVALS: usize = 1024;

/// An exact decimal number below 10^20, times 10^18, in 128 bits of two's complement: `high * 2^64 + low`.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decimal {
    /// The lower 64 bits.
    pub low: u64,
    /// The upper 64 bits, with the sign.
    pub high: i64,
}

impl Decimal {
    /// The largest: what an answer holds until it is given.
    const LARGEST: Decimal = Decimal { low: u64::MAX, high: i64::MAX };

    /// The units, when they are those of a number of the language.
    fn units(self) -> Result<i128, StateError> {
        let units = (i128::from(self.high) << 64) | i128::from(self.low);
        Exact::from_units(units).map(Exact::units).map_err(|_| StateError)
    }

    /// From units.
    fn of(units: i128) -> Decimal {
        let bytes = units.to_le_bytes();
        let (low, high) = bytes.split_at(8);
        let half = |bytes: &[u8]| <[u8; 8]>::try_from(bytes).unwrap_or_default();
        Decimal { low: u64::from_le_bytes(half(low)), high: i64::from_le_bytes(half(high)) }
    }
}

/// A question about past calls.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct HistoryQuery {
    /// Canonical text: the question's identity, as `mcpz build --emit rules` prints it.
    pub text: Bytes,
    /// `MCPZ_QUERY_COUNT`, `.._SUM` or `.._SEQUENCE`.
    pub kind: i32,
    /// Per what it is counted: `MCPZ_KEY_SESSION` ...
    pub by: i32,
}

/// Its answer. One of another kind than asked for is a failure.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct HistoryAnswer {
    /// Which of the members below is the answer: a `MCPZ_QUERY_..`. It comes in as 0.
    pub kind: i32,
    /// Of a sequence: `MCPZ_ANSWER_YES` or `MCPZ_ANSWER_NO`.
    pub sequence: i32,
    /// Of a count.
    pub count: i64,
    /// Of a sum.
    pub sum: Decimal,
}

/// How much of a limit is used.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct LimitQuery {
    /// The id of the rule.
    pub rule: Bytes,
    /// Over what window, in milliseconds.
    pub window_ms: i64,
    /// Per what it is counted: `MCPZ_KEY_SESSION` ...
    pub by: i32,
}

/// What a limit has left. It comes in as used up.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct LimitUsed {
    /// Used up within the window.
    pub used: Decimal,
    /// When there will be room again; -1 when that is not known.
    pub retry_after_ms: i64,
}

/// Someone approved this exact call.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct Approval {
    /// Subject of the approver.
    pub approver: Bytes,
    /// Names of the classes that the approver belongs to.
    pub classes: *const Bytes,
    /// How many classes there are.
    pub class_count: usize,
    /// How long ago, not negative.
    pub age_ms: i64,
}

/// The callbacks, bound to one request: they know its session and caller. Set all of it to zero, then `size`, then
/// the rest.
///
/// Each gets `user` back as its first argument, and answers `MCPZ_ANSWER_NO`, `MCPZ_ANSWER_YES`, or anything else
/// for a failure. Views that it gets live until it returns; what `approvals` gives must live until the decision is
/// made. A callback that is null fails.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct State {
    /// `sizeof(mcpz_state)`, by which the library knows this structure.
    pub size: usize,
    /// Handed to each callback; the library never looks at it.
    pub user: *mut c_void,
    /// Whether a server, tool or agent is isolated: `what` is one of `MCPZ_ISOLATED_..`.
    pub isolated: Option<unsafe extern "C" fn(user: *mut c_void, what: i32, server: Bytes, name: Bytes) -> i32>,
    /// Whether this tool is quarantined (it changed under its pin).
    pub quarantined: Option<unsafe extern "C" fn(user: *mut c_void, server: Bytes, tool: Bytes) -> i32>,
    /// Whether the session holds this label.
    pub session_holds: Option<unsafe extern "C" fn(user: *mut c_void, label: Bytes) -> i32>,
    /// Whether the argument at this JSON pointer carries the label; `text` is its value when that is a scalar, else
    /// absent.
    pub carries: Option<unsafe extern "C" fn(user: *mut c_void, pointer: Bytes, text: Bytes, label: Bytes) -> i32>,
    /// Whether this value was seen: `source` is one of `MCPZ_SEEN_IN_..`, `name` its name.
    pub seen_in: Option<unsafe extern "C" fn(user: *mut c_void, text: Bytes, source: i32, name: Bytes) -> i32>,
    /// Answers a history question: `MCPZ_ANSWER_YES` when `*answer` is set.
    pub history:
        Option<unsafe extern "C" fn(user: *mut c_void, query: *const HistoryQuery, answer: *mut HistoryAnswer) -> i32>,
    /// Approvals of this exact call: `MCPZ_ANSWER_YES` when `*list` and `*count` are set, `MCPZ_ANSWER_NO` when
    /// there are none.
    pub approvals:
        Option<unsafe extern "C" fn(user: *mut c_void, list: *mut *const Approval, count: *mut usize) -> i32>,
    /// How long ago the user last proved presence with a second factor: `MCPZ_ANSWER_YES` when `*age_ms` is set,
    /// `MCPZ_ANSWER_NO` for never.
    pub mfa_age_ms: Option<unsafe extern "C" fn(user: *mut c_void, age_ms: *mut i64) -> i32>,
    /// Whether the caller holds this grant now.
    pub grant_active: Option<unsafe extern "C" fn(user: *mut c_void, grant: Bytes) -> i32>,
    /// How much of a limit is used: `MCPZ_ANSWER_YES` when `*used` is set.
    pub limit_used:
        Option<unsafe extern "C" fn(user: *mut c_void, query: *const LimitQuery, used: *mut LimitUsed) -> i32>,
}

/// Reads a decimal number (`12.50`) for an answer, exactly. When it cannot be, `*number` is the largest that there
/// is.
///
/// Threads: any, at any time.
///
/// # Safety
/// `text` is readable for its length; `number` is null or points at a writable `mcpz_decimal`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mcpz_decimal_parse(text: Bytes, number: *mut Decimal) -> Status {
    guarded(|| {
        // SAFETY: by the contract of this function.
        unsafe { pointer::write(number, Decimal::LARGEST) }?;
        // SAFETY: by the contract of this function.
        let text = unsafe { text.text() }?;
        let parsed = Exact::parse(text).map_err(|_| Status::BadValue)?;
        // SAFETY: by the contract of this function.
        unsafe { pointer::write(number, Decimal::of(parsed.units())) }
    })
}

/// The state in which nothing has happened.
static NOTHING: LazyLock<TableState> = LazyLock::new(TableState::default);

/// The state of one decision: the caller's callbacks, or that nothing has happened.
pub(crate) struct Given(Option<Callbacks>);

impl Given {
    /// What answers.
    pub(crate) fn answers(&self) -> &dyn state::State {
        match &self.0 {
            Some(callbacks) => callbacks,
            None => &*NOTHING,
        }
    }
}

/// The state that the caller passed in.
///
/// # Safety
/// `table` is null, or points at a structure of the size that it says, whose callbacks keep what [`State`] asks of them
/// as long as the result lives.
pub(crate) unsafe fn read(table: *const State) -> Result<Given, Status> {
    if table.is_null() {
        return Ok(Given(None));
    }
    // SAFETY: by the contract of this function.
    let table = unsafe { pointer::sized(table) }?;
    Ok(Given(Some(Callbacks { table, approvals: OnceCell::new() })))
}

/// The caller's callbacks. Made by [`read`] alone, which asks that they may be called.
pub(crate) struct Callbacks {
    table: State,
    approvals: OnceCell<Result<Vec<state::Approval>, StateError>>,
}

impl state::State for Callbacks {
    fn isolated(&self, subject: Isolation<'_>) -> Result<bool, StateError> {
        let ask = self.table.isolated.ok_or(StateError)?;
        let (what, server, name) = match subject {
            Isolation::Server(server) => (MCPZ_ISOLATED_SERVER, view(server), view(server)),
            Isolation::Tool(server, tool) => (MCPZ_ISOLATED_TOOL, view(server), view(tool)),
            Isolation::Agent(agent) => (MCPZ_ISOLATED_AGENT, Bytes::NONE, view(agent)),
        };
        // SAFETY: `read` asks that the callback may be called; the views live until it returns.
        truth(unsafe { ask(self.table.user, what, server, name) })
    }

    fn quarantined(&self, server: &str, tool: &str) -> Result<bool, StateError> {
        let ask = self.table.quarantined.ok_or(StateError)?;
        // SAFETY: as in `isolated`.
        truth(unsafe { ask(self.table.user, view(server), view(tool)) })
    }

    fn session_holds(&self, label: &str) -> Result<bool, StateError> {
        let ask = self.table.session_holds.ok_or(StateError)?;
        // SAFETY: as in `isolated`.
        truth(unsafe { ask(self.table.user, view(label)) })
    }

    fn carries(&self, pointer: &str, text: Option<&str>, label: &str) -> Result<bool, StateError> {
        let ask = self.table.carries.ok_or(StateError)?;
        let text = text.map_or(Bytes::NONE, view);
        // SAFETY: as in `isolated`.
        truth(unsafe { ask(self.table.user, view(pointer), text, view(label)) })
    }

    fn seen_in(&self, text: &str, source: SeenSource<'_>) -> Result<bool, StateError> {
        let ask = self.table.seen_in.ok_or(StateError)?;
        let (source, name) = match source {
            SeenSource::Data(name) => (MCPZ_SEEN_IN_DATA, name),
            SeenSource::Label(name) => (MCPZ_SEEN_IN_LABEL, name),
        };
        // SAFETY: as in `isolated`.
        truth(unsafe { ask(self.table.user, view(text), source, view(name)) })
    }

    fn history(&self, query: &state::HistoryQuery<'_>) -> Result<state::HistoryAnswer, StateError> {
        let ask = self.table.history.ok_or(StateError)?;
        let kind = match query.kind {
            QueryKind::Count => MCPZ_QUERY_COUNT,
            QueryKind::Sum => MCPZ_QUERY_SUM,
            QueryKind::Sequence => MCPZ_QUERY_SEQUENCE,
        };
        let query = HistoryQuery { text: view(query.text), kind, by: key(query.by) };
        let mut answer = HistoryAnswer { kind: 0, sequence: MCPZ_ANSWER_FAILED, count: 0, sum: Decimal::LARGEST };
        // SAFETY: as in `isolated`; query and answer live until it returns.
        answered(unsafe { ask(self.table.user, &raw const query, &raw mut answer) })?;
        match answer.kind {
            wrong if wrong != kind => Err(StateError),
            MCPZ_QUERY_COUNT => Ok(state::HistoryAnswer::Int(answer.count)),
            MCPZ_QUERY_SUM => answer.sum.units().map(state::HistoryAnswer::Decimal),
            _ => truth(answer.sequence).map(state::HistoryAnswer::Bool),
        }
    }

    fn approvals(&self) -> Result<&[state::Approval], StateError> {
        let read = self.approvals.get_or_init(|| self.ask_approvals());
        read.as_deref().map_err(|_| StateError)
    }

    fn mfa_age_ms(&self) -> Result<Option<i64>, StateError> {
        let ask = self.table.mfa_age_ms.ok_or(StateError)?;
        let mut age_ms = -1;
        // SAFETY: as in `isolated`; the number lives until it returns.
        match truth(unsafe { ask(self.table.user, &raw mut age_ms) })? {
            true if age_ms >= 0 => Ok(Some(age_ms)),
            true => Err(StateError),
            false => Ok(None),
        }
    }

    fn grant_active(&self, grant: &str) -> Result<bool, StateError> {
        let ask = self.table.grant_active.ok_or(StateError)?;
        // SAFETY: as in `isolated`.
        truth(unsafe { ask(self.table.user, view(grant)) })
    }

    fn limit_used(&self, query: &state::LimitQuery<'_>) -> Result<state::LimitUsed, StateError> {
        let ask = self.table.limit_used.ok_or(StateError)?;
        let query = LimitQuery { rule: view(query.rule), window_ms: query.window_ms, by: key(query.by) };
        let mut answer = LimitUsed { used: Decimal::LARGEST, retry_after_ms: -1 };
        // SAFETY: as in `isolated`; query and answer live until it returns.
        answered(unsafe { ask(self.table.user, &raw const query, &raw mut answer) })?;
        let retry_after_ms = Some(answer.retry_after_ms).filter(|ms| *ms >= 0);
        Ok(state::LimitUsed { used: answer.used.units()?, retry_after_ms })
    }
}

impl Callbacks {
    /// Asks for the approvals, once a decision.
    fn ask_approvals(&self) -> Result<Vec<state::Approval>, StateError> {
        let ask = self.table.approvals.ok_or(StateError)?;
        let (mut list, mut count) = (ptr::null(), usize::MAX);
        // SAFETY: as in `isolated`; both out parameters live until it returns.
        if !truth(unsafe { ask(self.table.user, &raw mut list, &raw mut count) })? {
            return Ok(Vec::new());
        }
        if count > MCPZ_MAX_APPROVALS {
            return Err(StateError);
        }
        // SAFETY: `read` asks that what the callback gives is an array that lives until the decision is made.
        let list = unsafe { pointer::slice(list, count) }.map_err(|_| StateError)?;
        // SAFETY: the same holds of the parts of each approval.
        list.iter().map(|approval| unsafe { read_approval(approval) }.ok_or(StateError)).collect()
    }
}

/// One approval; `None` when it is malformed.
///
/// # Safety
/// The views of the approval are readable for their lengths.
unsafe fn read_approval(given: &Approval) -> Option<state::Approval> {
    if given.age_ms < 0 || given.class_count > MCPZ_MAX_APPROVALS {
        return None;
    }
    // SAFETY: by the contract of this function.
    let approver = unsafe { given.approver.text() }.ok()?.to_owned();
    // SAFETY: by the contract of this function.
    let classes = unsafe { pointer::slice(given.classes, given.class_count) }.ok()?;
    // SAFETY: by the contract of this function.
    let classes = classes.iter().map(|class| unsafe { class.text() }.ok().map(str::to_owned));
    Some(state::Approval { approver, classes: classes.collect::<Option<_>>()?, age_ms: given.age_ms })
}

fn view(text: &str) -> Bytes {
    Bytes::of(text.as_bytes())
}

/// A callback's yes or no.
fn truth(answer: i32) -> Result<bool, StateError> {
    match answer {
        MCPZ_ANSWER_NO => Ok(false),
        MCPZ_ANSWER_YES => Ok(true),
        _ => Err(StateError),
    }
}

/// A callback that has to answer.
fn answered(answer: i32) -> Result<(), StateError> {
    if answer == MCPZ_ANSWER_YES { Ok(()) } else { Err(StateError) }
}

fn key(by: HistoryKey) -> i32 {
    match by {
        HistoryKey::Session => MCPZ_KEY_SESSION,
        HistoryKey::User => MCPZ_KEY_USER,
        HistoryKey::Agent => MCPZ_KEY_AGENT,
        HistoryKey::Caller => MCPZ_KEY_CALLER,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_cross_exactly() {
        for units in [0, 1, -1, 12_500_000_000_000_000_000, 1 << 64, -(1 << 64), -(1 << 100)] {
            assert_eq!(Decimal::of(units).units(), Ok(units));
        }
        assert_eq!(Decimal::LARGEST.units(), Err(StateError), "an answer that was not given is none");
    }

    #[test]
    fn decimals_are_parsed_or_the_largest() {
        let parse = |text: &str| {
            let mut number = Decimal::of(0);
            // SAFETY: a text and a number of this function.
            let status = unsafe { mcpz_decimal_parse(view(text), &raw mut number) };
            (status, number.units())
        };
        assert_eq!(parse("12.50"), (Status::Ok, Ok(12_500_000_000_000_000_000)));
        assert_eq!(parse("-3"), (Status::Ok, Ok(-3_000_000_000_000_000_000)));
        assert_eq!(parse("many"), (Status::BadValue, Err(StateError)));
    }
}
