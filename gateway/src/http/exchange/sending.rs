//! The way to the server. What comes back is read in the background.

use super::{Exchange, Lane, Origin, Upstream, UpstreamFault, id_of};
use crate::carry::{lock, now_ms};
use crate::http::upstream::{self, HttpServer};
use crate::stdio::Command;
use crate::wire::Token;
use bytes::Bytes;
use http::HeaderMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use tokio::sync::oneshot;

/// A message on its way to a server. It has a type of its own, as what comes back may send again.
type Sending<'a> = Pin<Box<dyn Future<Output = Result<(), UpstreamFault>> + Send + 'a>>;

impl Exchange {
    /// Sends a request of the client, unless it was cut while its record was written: what cuts a request closes it
    /// first, and then stops what sends and reads it. So it is looked at and handed over under one lock.
    pub(super) async fn send_request(
        self: &Arc<Self>,
        id: &Token,
        message: Bytes,
        headers: &HeaderMap,
    ) -> Result<(), UpstreamFault> {
        match &self.endpoint.upstream {
            Upstream::Stdio(command) => {
                let lane = self.lane(command)?;
                let conversation = lock(&self.conversation);
                match !conversation.is_open(id) || lane.send(message) {
                    true => Ok(()),
                    false => Err(UpstreamFault::gone()),
                }
            }
            Upstream::Http(_) => {
                let headers = upstream::forwarded(headers);
                let (begun, answered) = oneshot::channel();
                {
                    let conversation = lock(&self.conversation);
                    if !conversation.is_open(id) {
                        return Ok(());
                    }
                    let request = self.clone().post(message, headers, id.clone(), begun);
                    let reading = tokio::spawn(request).abort_handle();
                    self.reads(id, reading);
                }
                // When it is cut before the server begins to answer, whoever waits is told why all the same.
                answered.await.unwrap_or(Ok(()))
            }
        }
    }

    /// Posts a request of the client, says how that went once the server begins to answer, and reads its response.
    async fn post(
        self: Arc<Self>,
        message: Bytes,
        headers: HeaderMap,
        id: Token,
        begun: oneshot::Sender<Result<(), UpstreamFault>>,
    ) {
        let Upstream::Http(server) = &self.endpoint.upstream else { return };
        let response = upstream::post(server, &self, message, Some(headers)).await;
        let weak = Arc::downgrade(&self);
        // A response may last longer than anybody waits for it.
        drop(self);
        // Whoever asked may have left: within a session the answer can be fetched later.
        let _ = match response {
            Err(fault) => begun.send(Err(fault)),
            Ok(None) => begun.send(Ok(())),
            Ok(Some(response)) => {
                let _ = begun.send(Ok(()));
                return upstream::pump(weak, response, Origin::Response(id)).await;
            }
        };
    }

    /// Sends a message that no answer is waited for, or one of the gateway's own.
    pub(super) fn tell_server<'a>(self: &'a Arc<Self>, message: Bytes, headers: Option<&'a HeaderMap>) -> Sending<'a> {
        Box::pin(async move {
            match &self.endpoint.upstream {
                Upstream::Stdio(command) => match self.lane(command)?.send(message) {
                    true => Ok(()),
                    false => Err(UpstreamFault::gone()),
                },
                Upstream::Http(server) => self.tell_over_http(server, message, headers.map(upstream::forwarded)).await,
            }
        })
    }

    /// Sends a message of the gateway's own. A question that cannot be put will not be answered.
    pub(super) async fn say_one(self: &Arc<Self>, message: Bytes) {
        let id = id_of(&message);
        if let Err(fault) = self.tell_server(message, None).await {
            tracing::warn!(reason = fault.reason, server = %self.endpoint.server, "the server cannot be told");
            id.iter().for_each(|id| lock(&self.conversation).unsent(id, now_ms()));
        }
    }

    /// Sends messages of the gateway's own, for which nobody waits: a server may take long to accept them.
    pub(super) fn say(self: &Arc<Self>, messages: Vec<Bytes>) {
        if messages.is_empty() || tokio::runtime::Handle::try_current().is_err() {
            return;
        }
        let exchange = self.clone();
        self.in_background(async move {
            for message in messages {
                exchange.say_one(message).await;
            }
        });
    }

    async fn tell_over_http(
        self: &Arc<Self>,
        server: &HttpServer,
        message: Bytes,
        headers: Option<HeaderMap>,
    ) -> Result<(), UpstreamFault> {
        if let Some(response) = upstream::post(server, self, message, headers).await? {
            self.in_background(upstream::pump(Arc::downgrade(self), response, Origin::Stream));
        }
        Ok(())
    }

    /// Runs something until it is over, or the exchange is.
    fn in_background(&self, what: impl Future<Output = ()> + Send + 'static) {
        let mut own = lock(&self.own);
        while own.try_join_next().is_some() {}
        own.spawn(what);
    }

    /// Whether a server over stdio has been started.
    pub(super) fn has_lane(&self) -> bool {
        lock(&self.lane).is_some()
    }

    /// The server over stdio, started when it is asked for first.
    fn lane(self: &Arc<Self>, command: &Command) -> Result<Arc<Lane>, UpstreamFault> {
        let mut lane = lock(&self.lane);
        match &*lane {
            Some(lane) => Ok(lane.clone()),
            None => Ok(lane.insert(Arc::new(Lane::start(command, self)?)).clone()),
        }
    }
}
