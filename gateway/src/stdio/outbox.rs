//! Messages on their way to a peer that reads lines. Sending never waits, so that two peers that both write
//! cannot hold each other up; whoever reads on our behalf stops while too much is queued.

use bytes::Bytes;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinHandle;

/// So many bytes may be queued before reading stops.
const HIGH_WATER: usize = 8 * 1024 * 1024;

/// Messages on their way.
pub struct Outbox {
    queue: Option<mpsc::UnboundedSender<Bytes>>,
    shared: Arc<Shared>,
    writer: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    queued: AtomicUsize,
    drained: Notify,
}

impl Outbox {
    /// A queue in front of a stream.
    pub fn new(stream: impl AsyncWrite + Send + Unpin + 'static) -> Outbox {
        let (queue, messages) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared::default());
        let writer = tokio::spawn(write(stream, messages, shared.clone()));
        Outbox { queue: Some(queue), shared, writer: Some(writer) }
    }

    /// Queues a message; whether the peer can still be written to.
    pub fn send(&self, message: Bytes) -> bool {
        self.shared.queued.fetch_add(message.len(), Ordering::Relaxed);
        self.queue.as_ref().is_some_and(|queue| queue.send(message).is_ok())
    }

    /// Whether so much is queued that nothing more should be read for this peer.
    pub fn is_full(&self) -> bool {
        self.shared.queued.load(Ordering::Relaxed) > HIGH_WATER
    }

    /// Waits until something was written.
    pub async fn drained(&self) {
        self.shared.drained.notified().await;
    }

    /// Writes what is queued and closes the stream.
    pub async fn close(&mut self) {
        self.queue = None;
        if let Some(writer) = self.writer.take() {
            let _ = writer.await;
        }
    }
}

impl Drop for Outbox {
    fn drop(&mut self) {
        if let Some(writer) = self.writer.take() {
            writer.abort();
        }
    }
}

/// Writes messages as lines, several at once when several are queued.
async fn write(mut stream: impl AsyncWrite + Unpin, mut queue: mpsc::UnboundedReceiver<Bytes>, shared: Arc<Shared>) {
    let mut batch = Vec::new();
    let mut buffer = Vec::new();
    while queue.recv_many(&mut batch, 64).await > 0 {
        let length: usize = batch.iter().map(Bytes::len).sum();
        buffer.clear();
        for message in batch.drain(..) {
            buffer.extend_from_slice(&message);
            buffer.push(b'\n');
        }
        let written = match stream.write_all(&buffer).await {
            Ok(()) => stream.flush().await,
            Err(error) => Err(error),
        };
        shared.queued.fetch_sub(length, Ordering::Relaxed);
        shared.drained.notify_waiters();
        if written.is_err() {
            return;
        }
    }
    let _ = stream.shutdown().await;
}
