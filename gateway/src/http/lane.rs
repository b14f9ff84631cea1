//! A server over stdio behind HTTP: one child process for an exchange.

use super::exchange::{Exchange, Origin};
use super::sse::Event;
use super::upstream::UpstreamFault;
use crate::stdio::{Child, Command, Outbox};
use crate::wire::lines::LineLimits;
use bytes::Bytes;
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio::task::AbortHandle;

/// A running child and the task that reads it.
pub struct Lane {
    outbox: Outbox,
    reader: AbortHandle,
}

impl Lane {
    /// Starts the server of an exchange.
    pub fn start(command: &Command, exchange: &Arc<Exchange>) -> Result<Lane, UpstreamFault> {
        let limits = LineLimits { max_bytes: exchange.endpoint.max_answer, max_time: Duration::from_secs(60) };
        let (child, (mut lines, stdin)) = Child::start(command, limits).map_err(|error| {
            tracing::error!(error = %error, server = %exchange.endpoint.server, "a server cannot be started");
            UpstreamFault::gone()
        })?;
        let outbox = Outbox::new(stdin);
        let exchange: Weak<Exchange> = Arc::downgrade(exchange);
        let reader = tokio::spawn(async move {
            // The child lives as long as it is read.
            let child = child;
            let reason = loop {
                let line = match lines.next().await {
                    Ok(Some(line)) => line,
                    Ok(None) => break "server_gone",
                    Err(fault) => {
                        tracing::warn!(reason = fault.reason(), "the messages of a server cannot be read on");
                        break fault.reason();
                    }
                };
                let Some(exchange) = exchange.upgrade() else { break "server_gone" };
                exchange.from_server(Event { data: line, ..Event::default() }, &Origin::Stream, &[]).await;
            };
            if let Some(exchange) = exchange.upgrade() {
                exchange.server_ended(reason);
            }
            child.end().await;
        });
        Ok(Lane { outbox, reader: reader.abort_handle() })
    }

    /// Sends a message; whether the server still reads.
    pub fn send(&self, message: Bytes) -> bool {
        !self.outbox.is_full() && self.outbox.send(message)
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        // The child is killed with its group when the task that owns it is gone.
        self.reader.abort();
    }
}
