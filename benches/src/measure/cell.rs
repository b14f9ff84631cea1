//! Times one engine on one workload, in every form and case.

use super::timing::{Distribution, distribution};
use super::{Case, Effort, Form};
use crate::engines::{Engine, Known};
use crate::generate::attack::Attack;
use crate::message::{Size, message};
use crate::model::{Call, Workload};

/// The calls of a case.
pub fn calls(workload: &Workload, case: Case) -> &[Call] {
    match case {
        Case::Hit => &workload.hits,
        Case::Miss => &workload.misses,
        Case::Mixed => &workload.mixed,
    }
}

/// The messages of calls in a form. What is already read was read from the small message.
pub fn messages(workload: &Workload, calls: &[Call], form: Form) -> Vec<Vec<u8>> {
    let size = match form {
        Form::Read | Form::Bytes400 => Size::Small,
        Form::Bytes4k => Size::Large,
    };
    calls.iter().map(|call| message(workload, call, size)).collect()
}

/// What is known of each call.
pub fn sessions<E: Engine>(engine: &E, workload: &Workload, calls: &[Call]) -> Vec<E::Session> {
    calls.iter().map(|call| engine.session(&Known::of(workload, call))).collect()
}

/// Gives `run` a function that decides call number `n`.
pub fn with_calls<E: Engine, T>(
    engine: &E,
    workload: &Workload,
    form: Form,
    case: Case,
    run: impl FnOnce(usize, &mut dyn FnMut(usize) -> bool) -> T,
) -> T {
    let calls = calls(workload, case);
    let sessions = sessions(engine, workload, calls);
    let messages = messages(workload, calls, form);
    let mut worker = engine.worker();
    if form != Form::Read {
        return run(calls.len(), &mut |n| engine.decide_bytes(&mut worker, &sessions[n], &messages[n]));
    }
    let reads: Vec<_> = sessions.iter().zip(&messages).map(|(session, bytes)| engine.read(session, bytes)).collect();
    run(calls.len(), &mut |n| reads[n].as_ref().is_some_and(|read| engine.decide_read(&mut worker, &sessions[n], read)))
}

/// Times a form and a case; none when the workload has no such calls.
pub fn time<E: Engine>(
    engine: &E,
    workload: &Workload,
    form: Form,
    case: Case,
    effort: Effort,
) -> Option<Distribution> {
    if calls(workload, case).is_empty() {
        return None;
    }
    Some(with_calls(engine, workload, form, case, |count, decide| distribution(count, effort, decide)))
}

/// Times an attack.
pub fn time_attack<E: Engine>(engine: &E, workload: &Workload, attack: Attack, effort: Effort) -> Distribution {
    let session = engine.session(&Known::of(workload, &workload.misses[0]));
    let (message, mut worker) = (attack.message(), engine.worker());
    distribution(1, effort, |_| engine.decide_bytes(&mut worker, &session, &message))
}
