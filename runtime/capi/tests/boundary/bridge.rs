//! A table of C callbacks over a Rust state, sound or broken in a chosen way.

use mcpz_capi::{
    Approval, Bytes, Decimal, HistoryAnswer, HistoryQuery, LimitQuery, LimitUsed, MCPZ_ANSWER_FAILED, MCPZ_ANSWER_NO,
    MCPZ_ANSWER_YES, MCPZ_ISOLATED_SERVER, MCPZ_ISOLATED_TOOL, MCPZ_KEY_AGENT, MCPZ_KEY_SESSION, MCPZ_KEY_USER,
    MCPZ_QUERY_COUNT, MCPZ_QUERY_SEQUENCE, MCPZ_QUERY_SUM, MCPZ_SEEN_IN_DATA, State,
};
use mcpz_runtime::state::{self, Isolation, QueryKind, SeenSource, StateError, TableState};
use std::ffi::c_void;

/// How the callbacks fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Broken {
    /// They do not.
    No,
    /// They are not there.
    Missing,
    /// They answer with a number that is no answer.
    Says(i32),
    /// They say that they answered and leave the out parameter alone; those without one fail.
    Unwritten,
}

/// A state and how it is handed on.
pub struct Bridge<'a> {
    state: &'a TableState,
    broken: Broken,
    approvals: Vec<Approval>,
    /// What `approvals` points into.
    _classes: Vec<Vec<Bytes>>,
}

impl<'a> Bridge<'a> {
    /// Hands this state on.
    pub fn new(state: &'a TableState, broken: Broken) -> Bridge<'a> {
        let classes: Vec<Vec<Bytes>> =
            state.approvals.iter().map(|given| given.classes.iter().map(|class| view(class)).collect()).collect();
        let approvals = state.approvals.iter().zip(&classes).map(|(given, classes)| Approval {
            approver: view(&given.approver),
            classes: classes.as_ptr(),
            class_count: classes.len(),
            age_ms: given.age_ms,
        });
        Bridge { state, broken, approvals: approvals.collect(), _classes: classes }
    }

    /// The table, for calls while the bridge lives.
    pub fn table(&self) -> State {
        let none = State {
            size: size_of::<State>(),
            user: std::ptr::from_ref(self).cast_mut().cast(),
            isolated: None,
            quarantined: None,
            session_holds: None,
            carries: None,
            seen_in: None,
            history: None,
            approvals: None,
            mfa_age_ms: None,
            grant_active: None,
            limit_used: None,
        };
        if self.broken == Broken::Missing {
            return none;
        }
        State {
            isolated: Some(isolated),
            quarantined: Some(quarantined),
            session_holds: Some(session_holds),
            carries: Some(carries),
            seen_in: Some(seen_in),
            history: Some(history),
            approvals: Some(approvals),
            mfa_age_ms: Some(mfa_age_ms),
            grant_active: Some(grant_active),
            limit_used: Some(limit_used),
            ..none
        }
    }

    /// The answer to a question of yes or no.
    fn truth(&self, answer: Result<bool, StateError>) -> i32 {
        match (self.broken, answer) {
            (Broken::Says(number), _) => number,
            (Broken::Unwritten | Broken::Missing, _) | (_, Err(StateError)) => MCPZ_ANSWER_FAILED,
            (Broken::No, Ok(true)) => MCPZ_ANSWER_YES,
            (Broken::No, Ok(false)) => MCPZ_ANSWER_NO,
        }
    }

    /// Writes an answer when there is one and the bridge is whole.
    ///
    /// # Safety
    /// `out` points at memory for a `T`.
    unsafe fn write<T>(&self, answer: Result<Option<T>, StateError>, out: *mut T) -> i32 {
        match (self.broken, answer) {
            (Broken::Says(number), _) => number,
            (Broken::Unwritten, _) => MCPZ_ANSWER_YES,
            (Broken::No, Ok(Some(answer))) => {
                // SAFETY: by the contract of this function.
                unsafe { out.write(answer) };
                MCPZ_ANSWER_YES
            }
            (Broken::No, Ok(None)) => MCPZ_ANSWER_NO,
            (Broken::No | Broken::Missing, _) => MCPZ_ANSWER_FAILED,
        }
    }
}

/// A view of a text.
pub fn view(text: &str) -> Bytes {
    view_of(text.as_bytes())
}

/// A view of bytes.
pub fn view_of(bytes: &[u8]) -> Bytes {
    Bytes { data: bytes.as_ptr(), len: bytes.len() }
}

/// The bytes of a view that the library gave.
///
/// # Safety
/// The view is readable for its length during `'a`.
pub unsafe fn bytes<'a>(view: Bytes) -> &'a [u8] {
    if view.data.is_null() {
        return &[];
    }
    // SAFETY: by the contract of this function.
    unsafe { std::slice::from_raw_parts(view.data, view.len) }
}

/// The text of a view that the library gave, which is UTF-8.
///
/// # Safety
/// The view is readable for its length during `'a`.
pub unsafe fn text<'a>(view: Bytes) -> &'a str {
    // SAFETY: by the contract of this function.
    str::from_utf8(unsafe { bytes(view) }).expect("the library gives UTF-8")
}

/// The bridge that a callback gets back.
///
/// # Safety
/// `user` is the member of a table whose bridge lives.
unsafe fn bridge<'a>(user: *mut c_void) -> &'a Bridge<'a> {
    // SAFETY: by the contract of this function.
    unsafe { &*user.cast_const().cast() }
}

fn key(by: i32) -> state::HistoryKey {
    match by {
        MCPZ_KEY_SESSION => state::HistoryKey::Session,
        MCPZ_KEY_USER => state::HistoryKey::User,
        MCPZ_KEY_AGENT => state::HistoryKey::Agent,
        _ => state::HistoryKey::Caller,
    }
}

fn decimal(units: i128) -> Decimal {
    let low = u64::try_from(units & i128::from(u64::MAX)).expect("64 bits");
    Decimal { low, high: i64::try_from(units >> 64).expect("64 bits") }
}

use state::State as _;

unsafe extern "C" fn isolated(user: *mut c_void, what: i32, server: Bytes, name: Bytes) -> i32 {
    // SAFETY: the library hands back `user` and views that live during the call.
    let (bridge, server) = (unsafe { bridge(user) }, unsafe { text(server) });
    // SAFETY: as above.
    let name = unsafe { text(name) };
    bridge.truth(bridge.state.isolated(match what {
        MCPZ_ISOLATED_SERVER => Isolation::Server(server),
        MCPZ_ISOLATED_TOOL => Isolation::Tool(server, name),
        _ => Isolation::Agent(name),
    }))
}

unsafe extern "C" fn quarantined(user: *mut c_void, server: Bytes, tool: Bytes) -> i32 {
    // SAFETY: as in `isolated`.
    let (bridge, server) = (unsafe { bridge(user) }, unsafe { text(server) });
    // SAFETY: as in `isolated`.
    bridge.truth(bridge.state.quarantined(server, unsafe { text(tool) }))
}

unsafe extern "C" fn session_holds(user: *mut c_void, label: Bytes) -> i32 {
    // SAFETY: as in `isolated`.
    let (bridge, label) = (unsafe { bridge(user) }, unsafe { text(label) });
    bridge.truth(bridge.state.session_holds(label))
}

unsafe extern "C" fn carries(user: *mut c_void, pointer: Bytes, value: Bytes, label: Bytes) -> i32 {
    // SAFETY: as in `isolated`.
    let (bridge, pointer) = (unsafe { bridge(user) }, unsafe { text(pointer) });
    // SAFETY: as in `isolated`.
    let value = (!value.data.is_null()).then(|| unsafe { text(value) });
    // SAFETY: as in `isolated`.
    bridge.truth(bridge.state.carries(pointer, value, unsafe { text(label) }))
}

unsafe extern "C" fn seen_in(user: *mut c_void, value: Bytes, source: i32, name: Bytes) -> i32 {
    // SAFETY: as in `isolated`.
    let (bridge, value) = (unsafe { bridge(user) }, unsafe { text(value) });
    // SAFETY: as in `isolated`.
    let name = unsafe { text(name) };
    let source = if source == MCPZ_SEEN_IN_DATA { SeenSource::Data(name) } else { SeenSource::Label(name) };
    bridge.truth(bridge.state.seen_in(value, source))
}

unsafe extern "C" fn history(user: *mut c_void, query: *const HistoryQuery, answer: *mut HistoryAnswer) -> i32 {
    // SAFETY: as in `isolated`; the query lives during the call.
    let (bridge, query) = (unsafe { bridge(user) }, unsafe { *query });
    let kind = match query.kind {
        MCPZ_QUERY_COUNT => QueryKind::Count,
        MCPZ_QUERY_SUM => QueryKind::Sum,
        _ => QueryKind::Sequence,
    };
    // SAFETY: as in `isolated`.
    let query = state::HistoryQuery { text: unsafe { text(query.text) }, kind, by: key(query.by) };
    let none = HistoryAnswer { kind: 0, sequence: 0, count: 0, sum: decimal(0) };
    let found = bridge.state.history(&query).map(|found| match found {
        state::HistoryAnswer::Int(count) => HistoryAnswer { kind: MCPZ_QUERY_COUNT, count, ..none },
        state::HistoryAnswer::Decimal(sum) => HistoryAnswer { kind: MCPZ_QUERY_SUM, sum: decimal(sum), ..none },
        state::HistoryAnswer::Bool(held) => {
            HistoryAnswer { kind: MCPZ_QUERY_SEQUENCE, sequence: i32::from(held), ..none }
        }
    });
    // SAFETY: the library gives memory for the answer.
    unsafe { bridge.write(found.map(Some), answer) }
}

unsafe extern "C" fn approvals(user: *mut c_void, list: *mut *const Approval, count: *mut usize) -> i32 {
    // SAFETY: as in `isolated`.
    let bridge = unsafe { bridge(user) };
    let found = bridge.state.approvals().map(|_| &bridge.approvals);
    // SAFETY: the library gives memory for both.
    unsafe { bridge.write(found.map(|found| Some(found.as_ptr())), list) };
    // SAFETY: as above.
    unsafe { bridge.write(found.map(|found| Some(found.len())), count) }
}

unsafe extern "C" fn mfa_age_ms(user: *mut c_void, age_ms: *mut i64) -> i32 {
    // SAFETY: as in `isolated`.
    let bridge = unsafe { bridge(user) };
    // SAFETY: the library gives memory for the answer.
    unsafe { bridge.write(bridge.state.mfa_age_ms(), age_ms) }
}

unsafe extern "C" fn grant_active(user: *mut c_void, grant: Bytes) -> i32 {
    // SAFETY: as in `isolated`.
    let (bridge, grant) = (unsafe { bridge(user) }, unsafe { text(grant) });
    bridge.truth(bridge.state.grant_active(grant))
}

unsafe extern "C" fn limit_used(user: *mut c_void, query: *const LimitQuery, used: *mut LimitUsed) -> i32 {
    // SAFETY: as in `isolated`; the query lives during the call.
    let (bridge, query) = (unsafe { bridge(user) }, unsafe { *query });
    // SAFETY: as in `isolated`.
    let rule = unsafe { text(query.rule) };
    let query = state::LimitQuery { rule, by: key(query.by), window_ms: query.window_ms };
    let found = bridge.state.limit_used(&query);
    let found =
        found.map(|found| LimitUsed { used: decimal(found.used), retry_after_ms: found.retry_after_ms.unwrap_or(-1) });
    // SAFETY: the library gives memory for the answer.
    unsafe { bridge.write(found.map(Some), used) }
}
