//! Whether engines answer alike: a workload's calls, from bytes and already read, with escapes and without.

use crate::engines::{Engine, EngineName, Known, Visitor};
use crate::generate::attack::Attack;
use crate::measure::Effort;
use crate::message::{Size, message};
use crate::model::{Call, Workload};
use crate::reference::Reference;
use std::time::{Duration, Instant};

/// A quick check of one engine goes on for this long, and over this many calls at least.
const QUICK: (Duration, usize) = (Duration::from_millis(700), 100);
/// Steps through the calls, a prime.
const STRIDE: usize = 389;

/// How an engine fared on a workload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Agreement {
    /// It answers as the reference does, on this many calls.
    Full(usize),
    /// The rules cannot be written for it, or it does not load them.
    NotExpressible(String),
    /// It answers differently; the first such message.
    Differs(String),
}

/// Builds and loads an engine, and compares it with the reference on every call of a workload.
pub fn workload(engine: EngineName, workload: &Workload) -> Agreement {
    engine.visit(Check { workload })
}

/// Whether an engine denies an attack.
pub fn attack(engine: EngineName, attack: Attack) -> Agreement {
    engine.visit(CheckAttack { attack })
}

struct Check<'w> {
    workload: &'w Workload,
}

impl Visitor for Check<'_> {
    type Output = Agreement;

    fn visit<E: Engine>(self, _: EngineName) -> Agreement {
        match load::<E>(self.workload) {
            Ok(loaded) => engine(&loaded, self.workload, Effort::Full),
            Err(why) => Agreement::NotExpressible(why),
        }
    }
}

/// Compares a loaded engine with the reference on every call; on as many as time allows when quick.
pub fn engine<E: Engine>(engine: &E, workload: &Workload, effort: Effort) -> Agreement {
    let reference = Reference::new(workload);
    let mut worker = engine.worker();
    let calls: Vec<&Call> = workload.hits.iter().chain(&workload.misses).chain(&workload.mixed).collect();
    let start = Instant::now();
    let mut count = 0;
    while count < calls.len() {
        if effort == Effort::Quick && count >= QUICK.1 && start.elapsed() > QUICK.0 {
            break;
        }
        let call = calls[count * STRIDE % calls.len()];
        let expected = reference.allows(call);
        for bytes in forms(workload, call, count) {
            if answers(engine, &mut worker, &Known::of(workload, call), &bytes) != [expected; 2] {
                let text = String::from_utf8_lossy(&bytes).into_owned();
                return Agreement::Differs(format!("expected {expected}: {text} {:?}", call.facts));
            }
        }
        count += 1;
    }
    Agreement::Full(count)
}

struct CheckAttack {
    attack: Attack,
}

impl Visitor for CheckAttack {
    type Output = Agreement;

    fn visit<E: Engine>(self, _: EngineName) -> Agreement {
        let workload = self.attack.workload();
        let engine = match load::<E>(&workload) {
            Ok(engine) => engine,
            Err(why) => return Agreement::NotExpressible(why),
        };
        let known = Known::of(&workload, &workload.misses[0]);
        match answers(&engine, &mut engine.worker(), &known, &self.attack.message()) {
            [false, false] => Agreement::Full(1),
            _ => Agreement::Differs(self.attack.name().to_owned()),
        }
    }
}

fn load<E: Engine>(workload: &Workload) -> Result<E, String> {
    E::load(&E::build(workload, None)?.artifact)
}

/// What an engine answers from bytes, and after reading.
fn answers<E: Engine>(engine: &E, worker: &mut E::Worker, known: &Known<'_>, bytes: &[u8]) -> [bool; 2] {
    let session = engine.session(known);
    let from_bytes = engine.decide_bytes(worker, &session, bytes);
    let read = engine.read(&session, bytes);
    let already_read = read.is_some_and(|read| engine.decide_read(worker, &session, &read));
    [from_bytes, already_read]
}

/// The message of a call; of every tenth also a large one, one full of escapes, and one with spaces.
fn forms(workload: &Workload, call: &Call, number: usize) -> Vec<Vec<u8>> {
    let small = message(workload, call, Size::Small);
    let mut forms = vec![small.clone()];
    if number.is_multiple_of(10) {
        forms.push(message(workload, call, Size::Large));
        let text = String::from_utf8_lossy(&small);
        forms.push(text.replace("tools/call", "\u{0}").replace('/', "\\/").replace('\u{0}', "tools/call").into_bytes());
        forms.push(text.replace("\":", "\" : ").replace(",\"params\"", " ,\n\t\"params\"").into_bytes());
    }
    forms
}
