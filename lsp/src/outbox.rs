//! What the main loop tells the client: it goes through one queue, in order, and never makes the loop wait.

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tower_lsp_server::Client;
use tower_lsp_server::ls_types::{Diagnostic, MessageType, Uri};

/// A message to the client.
pub enum Message {
    /// The diagnostics of a file.
    Diagnostics {
        /// The file.
        uri: Uri,
        /// All of them.
        diagnostics: Vec<Diagnostic>,
        /// The version of the document that they are about, when it is open.
        version: Option<i32>,
    },
    /// Pull again.
    RefreshDiagnostics,
    /// A line for the log.
    Log(String),
}

/// Where messages are put.
#[derive(Clone)]
pub struct Outbox(UnboundedSender<Message>);

impl Outbox {
    /// An outbox and the queue behind it.
    pub fn new() -> (Outbox, UnboundedReceiver<Message>) {
        let (sender, receiver) = unbounded_channel();
        (Outbox(sender), receiver)
    }

    /// Puts a message into the queue. A client that is gone needs none.
    pub fn send(&self, message: Message) {
        let _ = self.0.send(message);
    }
}

/// Sends messages until the session ends.
pub async fn deliver(client: Client, mut queue: UnboundedReceiver<Message>) {
    while let Some(message) = queue.recv().await {
        match message {
            Message::Diagnostics { uri, diagnostics, version } => {
                client.publish_diagnostics(uri, diagnostics, version).await;
            }
            Message::RefreshDiagnostics => {
                // The answer says nothing; waiting for it would hold up what follows.
                let client = client.clone();
                tokio::spawn(async move { client.workspace_diagnostic_refresh().await });
            }
            Message::Log(text) => client.log_message(MessageType::WARNING, text).await,
        }
    }
}
