//! Of the main loop: what is told when, with no server around it.

use super::{Duration, ErrorCode, Event, State, apply, guarded, take};
use crate::config::Config;
use crate::outbox::{Message, Outbox};
use crate::workbench::{Explained, TestOutcome, Workbench};
use mcpz_compiler::hir::{ClassId, Program};
use serde_json::Value;
use std::sync::Arc;
use tokio::sync::mpsc::UnboundedReceiver;
use tower_lsp_server::ls_types::InitializeParams;

/// A workbench that can nothing.
struct NoBench;

impl Workbench for NoBench {
    fn run_tests(&self, _: &Program, _: Option<&str>) -> Result<Vec<TestOutcome>, String> {
        Err("no".to_owned())
    }

    fn explain_test(&self, _: &Program, _: &str) -> Result<Explained, String> {
        Err("no".to_owned())
    }

    fn explain_case(&self, _: &Program, _: &str) -> Result<Explained, String> {
        Err("no".to_owned())
    }

    fn sample(&self, _: &Program, _: ClassId) -> Value {
        Value::Null
    }

    fn graph(&self, _: &Program, _: Option<&str>, _: Option<&str>) -> Result<(String, Vec<String>), String> {
        Err("no".to_owned())
    }

    fn bytecode(&self, _: &Program) -> Result<String, String> {
        Err("no".to_owned())
    }
}

/// A state with one document in error, and what it sends.
fn state() -> (State, UnboundedReceiver<Message>, Event) {
    let (outbox, sent) = Outbox::new();
    let config = Config::new(&InitializeParams::default());
    let uri = "file:///nowhere/alone.mcpz".parse().unwrap();
    let open = Event::Open { uri, text: "permitt\n".to_owned(), version: 1 };
    (State::new(config, outbox, Arc::new(NoBench)), sent, open)
}

fn published(sent: &mut UnboundedReceiver<Message>) -> Vec<usize> {
    let messages = std::iter::from_fn(|| sent.try_recv().ok());
    let counts = messages.filter_map(|message| match message {
        Message::Diagnostics { diagnostics, .. } => Some(diagnostics.len()),
        _ => None,
    });
    counts.collect()
}

#[test]
fn diagnostics_come_however_many_events_there_are() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let told = |longest_wait| {
        let (mut state, mut sent, open) = state();
        let (events, queue) = std::sync::mpsc::channel();
        events.send(open).unwrap();
        for _ in 0..2 {
            events.send(Event::Changed(Vec::new())).unwrap();
        }
        // The queue is never empty before it ends.
        drop(events);
        take(&mut state, &queue, runtime.handle(), longest_wait);
        published(&mut sent)
    };
    assert_eq!(told(Duration::MAX), Vec::<usize>::new(), "they come once nothing waits");
    assert_eq!(told(Duration::ZERO), [1], "or once they were put off long enough");
}

#[test]
fn what_was_published_of_a_package_stays_when_its_check_fails() {
    let (mut state, mut sent, open) = state();
    apply(&mut state, open);
    state.settle();
    assert_eq!(published(&mut sent), [1]);
    state.forget_views();
    state.settle();
    assert_eq!(published(&mut sent), Vec::<usize>::new());
}

#[test]
fn a_panic_is_an_error_of_its_request() {
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let failed: tower_lsp_server::jsonrpc::Result<()> = guarded(|| std::panic::resume_unwind(Box::new("broken")));
    std::panic::set_hook(hook);
    assert_eq!(failed.unwrap_err().code, ErrorCode::InternalError);
    assert_eq!(guarded(|| Ok(1)).unwrap(), 1);
}
