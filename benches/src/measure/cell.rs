//! Times one engine on one workload, in every form and case.
//!
//! A [`Cell`] is one engine on the calls of one form and case, and is measured round by round. What it decides on belongs
//! to [`Messages`], which all engines share, and to [`Ready`].

use super::timing::{Budget, Distribution, Timing, distribution};
use super::{Case, Effort, Form};
use crate::engines::{Engine, EngineName, Known};
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

/// Says whether call number `n` is allowed.
type Decide<'a> = Box<dyn FnMut(usize) -> bool + 'a>;

/// A function that decides call number `n` of these, with a worker of its own.
fn decider<'a, E: Engine>(
    engine: &'a E,
    sessions: &'a [E::Session],
    messages: &'a [Vec<u8>],
    form: Form,
) -> Decide<'a> {
    let mut worker = engine.worker();
    if form != Form::Read {
        return Box::new(move |n| engine.decide_bytes(&mut worker, &sessions[n], &messages[n]));
    }
    let reads: Vec<_> = sessions.iter().zip(messages).map(|(session, bytes)| engine.read(session, bytes)).collect();
    Box::new(move |n| reads[n].as_ref().is_some_and(|read| engine.decide_read(&mut worker, &sessions[n], read)))
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
    let mut decide = decider(engine, &sessions, &messages, form);
    run(calls.len(), &mut *decide)
}

/// The messages of a workload, in every form and case.
pub struct Messages<'w> {
    workload: &'w Workload,
    /// By form, then by case.
    all: [[Vec<Vec<u8>>; Case::ALL.len()]; Form::ALL.len()],
}

impl<'w> Messages<'w> {
    /// Those of a workload.
    pub fn of(workload: &'w Workload) -> Messages<'w> {
        let all = Form::ALL.map(|form| Case::ALL.map(|case| messages(workload, calls(workload, case), form)));
        Messages { workload, all }
    }

    /// The workload that they are of.
    pub fn workload(&self) -> &'w Workload {
        self.workload
    }

    /// Its name, and how many rules it has.
    pub fn end(&self) -> (&'static str, usize) {
        (self.workload.name, self.workload.rules.len())
    }

    fn of_cell(&self, form: Form, case: Case) -> &[Vec<u8>] {
        &self.all[form as usize][case as usize]
    }
}

/// One engine on the calls of one form and case.
pub struct Cell<'a> {
    /// Which engine.
    pub engine: EngineName,
    /// Name of the workload.
    pub workload: &'static str,
    /// How many rules it has.
    pub rules: usize,
    /// In what form calls come.
    pub form: Form,
    /// Which calls.
    pub case: Case,
    decide: Decide<'a>,
    timing: Timing,
}

impl Cell<'_> {
    /// How many rounds it is meant to have.
    pub fn rounds(&self) -> usize {
        self.timing.rounds()
    }

    /// Runs one round.
    pub fn round(&mut self) {
        self.timing.round(&mut *self.decide);
    }

    /// Forgets the rounds that it had.
    pub fn forget(&mut self) {
        self.timing.forget();
    }

    /// What came of its rounds.
    pub fn distribution(&self) -> Distribution {
        self.timing.distribution()
    }
}

/// An engine that is loaded, and what is known of the calls of a workload, in its own form.
pub struct Ready<E: Engine> {
    name: EngineName,
    engine: E,
    /// By case.
    sessions: [Vec<E::Session>; Case::ALL.len()],
}

impl<E: Engine> Ready<E> {
    /// For the calls of a workload.
    pub fn new(name: EngineName, engine: E, workload: &Workload) -> Ready<E> {
        let sessions = Case::ALL.map(|case| sessions(&engine, workload, calls(workload, case)));
        Ready { name, engine, sessions }
    }
}

/// [`Ready`] of any engine.
pub trait Timed {
    /// The cell of a form and case, ready for its first round; none when the workload has no such calls.
    fn cell<'a>(&'a self, messages: &'a Messages<'_>, at: (Form, Case), budget: Budget) -> Option<Cell<'a>>;
}

impl<E: Engine> Timed for Ready<E> {
    fn cell<'a>(&'a self, messages: &'a Messages<'_>, (form, case): (Form, Case), budget: Budget) -> Option<Cell<'a>> {
        let calls = messages.of_cell(form, case);
        if calls.is_empty() {
            return None;
        }
        let mut decide = decider(&self.engine, &self.sessions[case as usize], calls, form);
        let timing = Timing::prepare(calls.len(), budget, &mut *decide);
        let (workload, rules) = messages.end();
        Some(Cell { engine: self.name, workload, rules, form, case, decide, timing })
    }
}

/// Times an attack.
pub fn time_attack<E: Engine>(engine: &E, workload: &Workload, attack: Attack, effort: Effort) -> Distribution {
    let session = engine.session(&Known::of(workload, &workload.misses[0]));
    let (message, mut worker) = (attack.message(), engine.worker());
    distribution(1, Budget::of_cell(effort), &mut |_| engine.decide_bytes(&mut worker, &session, &message))
}
