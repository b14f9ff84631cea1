//! The core of the enforcement point, without I/O: messages in, what is to be done out.
//!
//! A [`Conversation`] is one client's exchange with one server. [`Conversation::take`] is given every message
//! of either side and returns a [`Step`]: the records to write, and the messages to send once they are
//! written. stdio and HTTP carry steps out; neither decides anything. [`judge`] is the one function that
//! decides, and the runtime decides in it. What is open (calls in flight, tasks, subscriptions) is judged
//! again by [`Conversation::changed`] when the bundle or the kill switch changed.
//!
//! | file | what |
//! |---|---|
//! | `judge` | one message to a decision |
//! | `conversation` | requests, notifications and answers, matched to one another |
//! | `came` | how a server's message came |
//! | `answers` | what a server answers: labels, redactions, nested requests, tasks |
//! | `listing` | lists, filtered |
//! | `redact` | redactions as spans |
//! | `denial` | how a denial is shown |
//! | `survey` | what a server declares and how it says "no such thing", asked when connecting |
//! | `reports` | audit records |

mod answers;
mod came;
mod conversation;
mod denial;
mod judge;
mod listing;
mod methods;
mod open;
mod redact;
mod reports;
mod survey;

pub use came::{Came, Form, Mark, Way};
pub use conversation::{Conversation, Limits, Visitor, cancelled};
pub use denial::Shown;
pub use judge::{Judged, Peer};
pub use methods::{Era, is_modern_version, mirrored_name, version_of};
pub use open::Tasks;
pub use survey::{Learned, Servers};

use crate::control::KillSwitch;
use crate::pins::Quarantine;
use crate::policy::{Snapshot, Store};
use crate::record::{Call, Record};
use crate::state::{Ledger, Memory};
use crate::verified::Verified;
use crate::wire::{Side, Token};
use bytes::Bytes;
use mcpz_runtime::Caller;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// What all conversations of a gateway share.
pub struct Shared {
    /// The policy.
    pub policy: Arc<Store>,
    /// What is isolated.
    pub kill: KillSwitch,
    /// What changed under its pin.
    pub quarantine: Quarantine,
    /// Use of limits.
    pub ledger: Ledger,
    /// What principals' results carried.
    pub memory: Memory,
    /// Tasks that run at servers, and whose they are.
    pub tasks: Tasks,
    /// What is known of servers.
    pub servers: Servers,
    /// Limits on messages and on what may be open.
    pub limits: Limits,
    callers: Mutex<Callers>,
    ids: Ids,
}

/// Resolved callers by credential, and the snapshot they were resolved with.
type Callers = BTreeMap<[u8; 32], (u64, Arc<Caller>)>;

/// Callers kept; beyond it all are resolved anew.
const MAX_CALLERS: usize = 10_000;

impl Shared {
    /// Nothing has happened yet.
    pub fn new(policy: Arc<Store>, kill: KillSwitch, limits: Limits) -> Shared {
        Shared {
            policy,
            kill,
            limits,
            quarantine: Quarantine::default(),
            ledger: Ledger::default(),
            memory: Memory::default(),
            tasks: Tasks::default(),
            servers: Servers::default(),
            callers: Mutex::default(),
            ids: Ids::new(),
        }
    }

    /// The caller that a credential is under a snapshot.
    fn caller(&self, snapshot: &Snapshot, who: &Verified) -> Arc<Caller> {
        let mut callers = self.callers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((generation, caller)) = callers.get(&who.credential)
            && *generation == snapshot.generation
        {
            return caller.clone();
        }
        let caller = Arc::new(Caller::resolve(&snapshot.program, &snapshot.data, &who.principal));
        if callers.len() >= MAX_CALLERS {
            callers.clear();
        }
        callers.insert(who.credential, (snapshot.generation, caller.clone()));
        caller
    }

    /// An id that names one decision.
    pub fn decision_id(&self) -> String {
        self.ids.next()
    }
}

/// Ids of decisions: unlike those of any other run, and in order.
struct Ids {
    prefix: String,
    next: AtomicU64,
}

impl Ids {
    fn new() -> Ids {
        Ids { prefix: random_hex(6), next: AtomicU64::new(1) }
    }

    fn next(&self) -> String {
        format!("{}-{}", self.prefix, self.next.fetch_add(1, Ordering::Relaxed))
    }
}

/// Random bytes of the operating system, as hexadecimal digits.
///
/// # Panics
/// Never: without randomness the process ends, for nothing it hands out would be a secret.
pub fn random_hex(bytes: usize) -> String {
    let mut buffer = vec![0_u8; bytes];
    if getrandom::fill(&mut buffer).is_err() {
        tracing::error!("the operating system gives no randomness");
        std::process::abort();
    }
    crate::policy::hex(&buffer)
}

/// What is to be done after a message came in.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// To be written first; a record that is `durable` must be on disk before anything is sent.
    pub records: Vec<Record>,
    /// To be done when the records are written.
    pub then: Vec<Action>,
    /// To be done in its place when they cannot be.
    pub otherwise: Vec<Action>,
    /// Requests that have ended, for traces.
    pub ended: Vec<Call>,
    /// The message is to be given in again once the server has been surveyed; nothing was decided.
    pub again: Option<Bytes>,
}

/// One thing to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Send a message.
    Send {
        /// To whom.
        to: Side,
        /// The message.
        message: Bytes,
        /// The request it answers, by the id its asker gave it.
        answers: Option<Token>,
        /// The request of the client that it is about, when it says so: progress, or a subscription.
        about: Option<Token>,
        /// How transports that have a status of their own show it.
        shown: Shown,
    },
    /// A message was refused and there is no request to answer: transports that answer every message do it
    /// with this.
    Refuse {
        /// Whose message it was.
        from: Side,
        /// The body.
        message: Bytes,
        /// How it is shown.
        shown: Shown,
    },
    /// Everything between this client and server ends.
    End {
        /// Why: a stable word.
        reason: &'static str,
    },
}

impl Step {
    /// Whether nothing is to be done.
    pub fn is_empty(&self) -> bool {
        *self == Step::default()
    }
}
