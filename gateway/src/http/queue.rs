//! What waits for a client to read it, bounded in bytes: a client that reads slowly must not make the gateway hold
//! everything that a server says to it. When more waits than may, the client's stream is cut.

use super::exchange::Frame;
use crate::carry::lock;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use tokio::sync::Notify;

/// What an event takes beside its data and id.
const OVERHEAD: usize = 128;

/// The end that is written to.
#[derive(Debug)]
pub struct Sender(Arc<Shared>);

/// The end that a client reads from.
#[derive(Debug)]
pub struct Receiver(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    max_bytes: usize,
    queue: Mutex<Queue>,
    /// There is something to read, or there will be nothing any more.
    changed: Notify,
}

#[derive(Debug, Default)]
struct Queue {
    frames: VecDeque<Frame>,
    bytes: usize,
    senders: usize,
    /// Nobody reads any more.
    is_closed: bool,
    is_cut: bool,
    /// To be told when it is cut.
    hang_up: Option<Arc<Notify>>,
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
pub fn size(frame: &Frame) -> usize {
    let id = frame.event.id.as_ref().map_or(0, String::len);
    frame.event.data.len().saturating_add(id).saturating_add(OVERHEAD)
}

/// A queue for so many bytes. What is longer by itself is taken when nothing waits: limits on messages hold for it.
pub fn queue(max_bytes: usize) -> (Sender, Receiver) {
    queue_of(VecDeque::new(), max_bytes)
}

/// A queue in which something waits already.
pub fn queue_of(frames: VecDeque<Frame>, max_bytes: usize) -> (Sender, Receiver) {
    let bytes = frames.iter().map(size).sum();
    let queue = Mutex::new(Queue { frames, bytes, senders: 1, ..Queue::default() });
    let shared = Arc::new(Shared { max_bytes, queue, changed: Notify::new() });
    (Sender(shared.clone()), Receiver(shared))
}

impl Sender {
    /// Queues something.
    pub fn send(&self, frame: Frame) -> Result<(), Unsent> {
        let size = size(&frame);
        let mut queue = lock(&self.0.queue);
        if queue.is_closed {
            return Err(Unsent::Closed(Box::new(frame)));
        }
        if queue.is_cut || (queue.bytes > 0 && queue.bytes.saturating_add(size) > self.0.max_bytes) {
            queue.cut();
            self.0.changed.notify_one();
            return Err(Unsent::Full);
        }
        queue.bytes = queue.bytes.saturating_add(size);
        queue.frames.push_back(frame);
        self.0.changed.notify_one();
        Ok(())
    }
}

impl Clone for Sender {
    fn clone(&self) -> Sender {
        lock(&self.0.queue).senders += 1;
        Sender(self.0.clone())
    }
}

impl Drop for Sender {
    fn drop(&mut self) {
        lock(&self.0.queue).senders -= 1;
        self.0.changed.notify_one();
    }
}

impl Queue {
    /// Ends the stream at once. What waits is let go of here: a client that reads nothing keeps its connection full, and
    /// nothing is asked of this end.
    fn cut(&mut self) {
        self.is_cut = true;
        self.let_go();
        self.hang_up.take().iter().for_each(|hang_up| hang_up.notify_one());
    }

    fn let_go(&mut self) {
        self.frames = VecDeque::new();
        self.bytes = 0;
    }
}

impl Receiver {
    /// The next; none when there will be no more, or the stream was cut.
    pub async fn recv(&mut self) -> Option<Frame> {
        loop {
            {
                let mut queue = lock(&self.0.queue);
                if let Some(frame) = queue.frames.pop_front() {
                    queue.bytes = queue.bytes.saturating_sub(size(&frame));
                    return Some(frame);
                }
                if queue.is_cut || queue.senders == 0 {
                    return None;
                }
            }
            self.0.changed.notified().await;
        }
    }

    /// Tells someone when the stream is cut.
    pub fn when_cut(&self, hang_up: Arc<Notify>) {
        lock(&self.0.queue).hang_up = Some(hang_up);
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        let mut queue = lock(&self.0.queue);
        queue.is_closed = true;
        queue.let_go();
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
        assert_eq!(receiver.recv().await, None, "what waited is given up");
    }

    #[tokio::test]
    async fn what_waits_for_a_client_that_reads_nothing_is_let_go_of_when_it_is_cut() {
        let (sender, receiver) = queue(1000);
        let (data, hang_up) = (Bytes::from(vec![b'x'; 800]), Arc::new(Notify::new()));
        receiver.when_cut(hang_up.clone());
        let event = Event { data: data.clone(), ..Event::default() };
        assert_eq!(sender.send(Frame { event, ..frame(0) }), Ok(()));
        assert!(!data.is_unique());
        assert_eq!(sender.send(frame(800)), Err(Unsent::Full));
        assert!(data.is_unique(), "nothing of it is held any more, though nobody has read");
        hang_up.notified().await;
        assert_eq!(sender.send(frame(1)), Err(Unsent::Full), "nothing is queued any more");
    }

    #[tokio::test]
    async fn ids_of_events_count() {
        let (sender, _receiver) = queue(1000);
        let event = Event { id: Some("x".repeat(700)), ..Event::default() };
        assert_eq!(sender.send(Frame { event: event.clone(), ..frame(0) }), Ok(()));
        assert_eq!(sender.send(Frame { event, ..frame(0) }), Err(Unsent::Full));
    }

    #[tokio::test]
    async fn a_queue_ends_with_its_senders() {
        let (sender, mut receiver) = queue_of([frame(1), frame(2)].into(), 1000);
        drop((sender.clone(), sender));
        assert_eq!(receiver.recv().await, Some(frame(1)));
        assert_eq!(receiver.recv().await, Some(frame(2)));
        assert_eq!(receiver.recv().await, None);
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
