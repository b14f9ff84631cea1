//! The handle of a decision and what can be read off it.

use crate::bytes::Bytes;
use crate::program::ProgramHandle;
use crate::status::{Status, caught, guarded};
use crate::text::Text;
use crate::{engine, pointer};
use mcpz_runtime::decision::{self, Decision, DenyMode};
use mcpz_runtime::report;
use std::cell::OnceCell;
use std::ptr;

/// A decision, filled by `mcpz_decide` again and again. One thread at a time uses it.
pub struct DecisionHandle {
    /// The decision.
    pub(crate) decision: Decision,
    /// The id of the rule that determined it, made when it is first asked for.
    rule: OnceCell<String>,
}

impl DecisionHandle {
    /// A handle of a decision.
    pub(crate) fn new(decision: Decision) -> Self {
        Self { decision, rule: OnceCell::new() }
    }
}

/// What happens to the message. Zero is the denial.
#[repr(i32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It does not reach the other side.
    Deny = 0,
    /// It is forwarded, and the obligations are carried out.
    Allow = 1,
    /// It does not reach the other side, but would if what is unmet were met.
    Challenge = 2,
}

/// How a denial is shown to the one who asked. Zero is the strictest.
#[repr(i32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Show {
    /// As if the target did not exist.
    Hide = 0,
    /// With the reason.
    Explain = 1,
    /// With what would have to be met.
    StepUp = 2,
}

/// A new decision, which is a denial until `mcpz_decide` fills it. Null when there is no memory.
///
/// Ownership: it belongs to the caller, who frees it with `mcpz_decision_free`. Threads: any; a decision is used by
/// one thread at a time.
#[unsafe(no_mangle)]
pub extern "C" fn mcpz_decision_new() -> *mut DecisionHandle {
    let new = || pointer::give(DecisionHandle::new(engine::refusal(Status::BadValue, [0; 32])));
    caught(new).unwrap_or(ptr::null_mut())
}

/// Frees a decision; null is nothing to free.
///
/// Ownership: takes the decision. Threads: any, when no other uses it.
///
/// # Safety
/// `decision` is null, or came from `mcpz_decision_new`, was not freed, and nobody uses it any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mcpz_decision_free(decision: *mut DecisionHandle) {
    let _ = caught(|| {
        // SAFETY: by the contract of this function.
        unsafe { pointer::take_back(decision) }
    });
}

/// What happens to the message. A null decision is a denial.
///
/// Threads: that which uses the decision.
///
/// # Safety
/// `decision` is null, or came from `mcpz_decision_new` and was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mcpz_decision_effect(decision: *const DecisionHandle) -> Effect {
    // SAFETY: by the contract of this function.
    match unsafe { pointer::shared(decision) }.map(|decision| decision.decision.effect) {
        Ok(decision::Effect::Allow) => Effect::Allow,
        Ok(decision::Effect::Challenge) => Effect::Challenge,
        Ok(decision::Effect::Deny) | Err(_) => Effect::Deny,
    }
}

/// The stable word that says why: `forbidden`, `no_permit`, `input_syntax` ..., or the name of a status when
/// nothing could be decided.
///
/// Ownership: the view is of static memory. Threads: that which uses the decision.
///
/// # Safety
/// `decision` is null, or came from `mcpz_decision_new` and was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mcpz_decision_reason(decision: *const DecisionHandle) -> Bytes {
    // SAFETY: by the contract of this function.
    let word = match unsafe { pointer::shared(decision) } {
        Ok(decision) => decision.decision.reason.name(),
        Err(status) => status.word(),
    };
    Bytes::of(word.as_bytes())
}

/// How a denial is shown. Of a null decision: not at all.
///
/// Threads: that which uses the decision.
///
/// # Safety
/// `decision` is null, or came from `mcpz_decision_new` and was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mcpz_decision_show(decision: *const DecisionHandle) -> Show {
    // SAFETY: by the contract of this function.
    match unsafe { pointer::shared(decision) }.map(|decision| decision.decision.show) {
        Ok(DenyMode::Explain) => Show::Explain,
        Ok(DenyMode::StepUp) => Show::StepUp,
        Ok(DenyMode::Hide) | Err(_) => Show::Hide,
    }
}

/// The id of the rule that determined the decision; absent when no rule did, or the program is not the one that
/// decided.
///
/// Ownership: the view is of memory of the decision, and lives until that is filled again or freed. Threads: that which
/// uses the decision.
///
/// # Safety
/// Each handle is null, or came from this library and was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mcpz_decision_rule(decision: *const DecisionHandle, program: *const ProgramHandle) -> Bytes {
    // SAFETY: by the contract of this function.
    let Ok((decision, program)) = (unsafe { decided_by(decision, program) }) else {
        return Bytes::NONE;
    };
    let rule = decision.decision.determining.and_then(|id| program.0.image().rule(id));
    rule.map_or(Bytes::NONE, |rule| Bytes::of(decision.rule.get_or_init(|| rule.id().into_owned()).as_bytes()))
}

/// Whether it is known when a limit will have room again; `*milliseconds` is how long that takes, or 0.
///
/// Threads: that which uses the decision.
///
/// # Safety
/// `decision` is null, or came from `mcpz_decision_new` and was not freed; `milliseconds` is null or points at a
/// writable number.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mcpz_decision_retry_after_ms(decision: *const DecisionHandle, milliseconds: *mut i64) -> bool {
    // SAFETY: by the contract of this function.
    let known = unsafe { pointer::shared(decision) }.ok().and_then(|decision| decision.decision.retry_after_ms);
    // SAFETY: by the contract of this function.
    let written = unsafe { pointer::write(milliseconds, known.unwrap_or_default()) };
    written.is_ok() && known.is_some()
}

/// Writes the digest of the bundle that decided, 32 bytes; zeros when none did.
///
/// Threads: that which uses the decision.
///
/// # Safety
/// `decision` is null, or came from `mcpz_decision_new` and was not freed; `digest` is null or points at 32
/// writable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mcpz_decision_digest(decision: *const DecisionHandle, digest: *mut u8) -> Status {
    guarded(|| {
        // SAFETY: by the contract of this function.
        let found = unsafe { pointer::shared(decision) }.map(|decision| decision.decision.digest);
        // SAFETY: by the contract of this function.
        unsafe { pointer::write(digest.cast(), found.unwrap_or_default()) }?;
        found.map(|_| ())
    })
}

/// The whole decision as JSON: effect, reason, rule, what is unmet, obligations, errors, shadow rules.
/// `docs/cli.md` documents the form. `MCPZ_STATUS_OK`: `*json` is a new text. Otherwise it is null.
///
/// Ownership: the text belongs to the caller, who frees it with `mcpz_text_free`. Threads: that which uses the
/// decision.
///
/// # Safety
/// Each handle is null, or came from this library and was not freed; `json` is null or points at memory for one
/// pointer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mcpz_decision_json(
    decision: *const DecisionHandle,
    program: *const ProgramHandle,
    json: *mut *mut Text,
) -> Status {
    guarded(|| {
        // SAFETY: by the contract of this function.
        unsafe { pointer::write(json, ptr::null_mut()) }?;
        // SAFETY: by the contract of this function.
        let (decision, program) = unsafe { decided_by(decision, program) }?;
        let text = Text::give(report::decision_json(program.0.image(), &decision.decision));
        // SAFETY: by the contract of this function.
        unsafe { pointer::write(json, text) }
    })
}

/// A decision and the program that made it. A decision that no program made may be read with any.
///
/// # Safety
/// Each handle is null, or came from this library and was not freed.
unsafe fn decided_by<'a>(
    decision: *const DecisionHandle,
    program: *const ProgramHandle,
) -> Result<(&'a DecisionHandle, &'a ProgramHandle), Status> {
    // SAFETY: by the contract of this function.
    let decision = unsafe { pointer::shared(decision) }?;
    // SAFETY: by the contract of this function.
    let program = unsafe { pointer::shared(program) }?;
    let digest = decision.decision.digest;
    let same = digest == program.0.digest() || digest == [0; 32];
    if same { Ok((decision, program)) } else { Err(Status::OtherProgram) }
}
