//! What waits for a client to read it, bounded in bytes: a client that reads slowly must not make the gateway hold
//! everything that a server says to it. When more waits than may, the client's stream is cut.

use super::exchange::Frame;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use tokio::sync::{Notify, mpsc};

/// What an event takes beside its data.
const OVERHEAD: usize = 128;

/// The end that is written to.
#[derive(Debug, Clone)]
pub struct Sender {
    frames: mpsc::UnboundedSender<Frame>,
    shared: Arc<Shared>,
}

/// The end that a client reads from.
#[derive(Debug)]
pub struct Receiver {
    frames: mpsc::UnboundedReceiver<Frame>,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    max_bytes: usize,
    waiting: AtomicUsize,
    is_cut: AtomicBool,
    cut: Notify,
}

/// Why something was not queued.
#[derive(Debug, PartialEq, Eq)]
pub enum Unsent {
    /// Nobody reads any more; this is what was not queued.
    Closed(Box<Frame>),
    /// Too much waits: the stream is cut, now.
    Full,
}

/// What a frame takes.
fn size(frame: &Frame) -> usize {
    frame.event.data.len().saturating_add(OVERHEAD)
}

/// A queue for so many bytes. What is longer by itself is taken when nothing waits: limits on messages hold for it.
pub fn queue(max_bytes: usize) -> (Sender, Receiver) {
    let (sender, receiver) = mpsc::unbounded_channel();
    let (waiting, is_cut, cut) = (AtomicUsize::new(0), AtomicBool::new(false), Notify::new());
    let shared = Arc::new(Shared { max_bytes, waiting, is_cut, cut });
    (Sender { frames: sender, shared: shared.clone() }, Receiver { frames: receiver, shared })
}

impl Sender {
    /// Queues something.
    pub fn send(&self, frame: Frame) -> Result<(), Unsent> {
        let size = size(&frame);
        let before = self.shared.waiting.fetch_add(size, Ordering::AcqRel);
        if before > 0 && before.saturating_add(size) > self.shared.max_bytes {
            self.cut();
            return Err(Unsent::Full);
        }
        self.frames.send(frame).map_err(|unsent| Unsent::Closed(Box::new(unsent.0)))
    }

    /// Ends the stream at once; what waits is not read any more.
    fn cut(&self) {
        self.shared.is_cut.store(true, Ordering::Release);
        self.shared.cut.notify_one();
    }
}

impl Receiver {
    /// The next; none when there will be no more, or the stream was cut.
    pub async fn recv(&mut self) -> Option<Frame> {
        if self.is_cut() {
            return None;
        }
        let shared = self.shared.clone();
        let frame = tokio::select! {
            biased;
            () = shared.cut.notified() => None,
            frame = self.frames.recv() => frame,
        }?;
        self.shared.waiting.fetch_sub(size(&frame), Ordering::AcqRel);
        Some(frame)
    }

    /// Whether it was cut because its client reads too slowly.
    pub fn is_cut(&self) -> bool {
        self.shared.is_cut.load(Ordering::Acquire)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::sse::Event;
    use crate::proxy::Shown;
    use bytes::Bytes;

    fn frame(length: usize) -> Frame {
        let event = Event { data: Bytes::from(vec![b'x'; length]), ..Event::default() };
        Frame { event, is_answer: false, shown: Shown::Plain }
    }

    #[tokio::test]
    async fn a_stream_is_cut_when_too_much_waits() {
        let (sender, mut receiver) = queue(1000);
        assert_eq!(sender.send(frame(5000)), Ok(()), "the first is taken, however long");
        assert!(receiver.recv().await.is_some());
        assert_eq!((sender.send(frame(300)), sender.send(frame(300))), (Ok(()), Ok(())));
        assert_eq!(sender.send(frame(300)), Err(Unsent::Full));
        assert!(receiver.is_cut());
        assert_eq!(receiver.recv().await, None, "what waited is given up");
    }

    #[tokio::test]
    async fn who_reads_gets_everything() {
        let (sender, mut receiver) = queue(1000);
        for _ in 0..100 {
            assert_eq!(sender.send(frame(700)), Ok(()));
            assert_eq!(receiver.recv().await, Some(frame(700)));
        }
        drop(receiver);
        assert!(matches!(sender.send(frame(1)), Err(Unsent::Closed(_))));
    }
}
