//! GET and DELETE: the stream that a client opens within its session, and the end of a session.

use super::checks::{self, one, refused};
use super::exchange::{Exchange, Guard, Origin, Waits};
use super::front::{Upstream, Visit};
use super::queue::Receiver;
use super::reply::{self, Body, SESSION};
use super::upstream;
use http::{HeaderMap, Response, StatusCode};
use std::sync::Arc;

/// The session that a request names.
fn session(visit: &Visit<'_>, headers: &HeaderMap) -> Result<Arc<Exchange>, checks::Refused> {
    match one(headers, SESSION)? {
        // Without sessions there is nothing to open or to end.
        None => Err(refused(StatusCode::METHOD_NOT_ALLOWED, "session_missing")),
        Some(id) => visit.session(id).ok_or(refused(StatusCode::NOT_FOUND, "session_unknown")),
    }
}

/// Opens the stream of a session, from an event on when the client names one.
pub async fn open(visit: Visit<'_>, headers: &HeaderMap) -> Response<Body> {
    let exchange = match checks::stream(headers).and_then(|()| session(&visit, headers)) {
        Ok(exchange) => exchange,
        Err(refused) => return refuse(&visit, refused).await,
    };
    let last = match one(headers, "last-event-id") {
        Ok(last) => last.map(str::to_owned),
        Err(refused) => return refuse(&visit, refused).await,
    };
    if let Upstream::Http(server) = &visit.endpoint.upstream {
        let response = match upstream::stream(server, &exchange, last.as_deref()).await {
            Ok(response) => response,
            Err(fault) => {
                if fault.reason == "session_ended" {
                    visit.end_session(&exchange);
                }
                return refuse(&visit, refused(fault.status, fault.reason)).await;
            }
        };
        let (waits, frames) = exchange.open_stream();
        let (reading, ours) = (Arc::downgrade(&exchange), waits.clone());
        let pump = tokio::spawn(async move {
            upstream::pump(reading.clone(), response, Origin::Stream).await;
            reading.upgrade().iter().for_each(|exchange| exchange.client_left(&ours));
        });
        exchange.set_stream_pump(pump.abort_handle());
        return opened(&visit, &exchange, waits, frames);
    }
    let (waits, frames) = exchange.open_stream();
    opened(&visit, &exchange, waits, frames)
}

/// The stream that was opened.
fn opened(visit: &Visit<'_>, exchange: &Arc<Exchange>, waits: Waits, frames: Receiver) -> Response<Body> {
    frames.when_cut(visit.connection.hang_up.clone());
    reply::events(Vec::new(), Some(frames), Some(Guard::new(exchange, waits)))
}

/// Ends a session, here and at the server.
pub async fn close(visit: Visit<'_>, headers: &HeaderMap) -> Response<Body> {
    let exchange = match session(&visit, headers) {
        Ok(exchange) => exchange,
        Err(refused) => return refuse(&visit, refused).await,
    };
    let status = match &visit.endpoint.upstream {
        Upstream::Http(server) => match upstream::delete(server, &exchange).await {
            Ok(status) if status == StatusCode::METHOD_NOT_ALLOWED => StatusCode::METHOD_NOT_ALLOWED,
            Ok(_) => StatusCode::NO_CONTENT,
            Err(fault) => fault.status,
        },
        Upstream::Stdio(_) => StatusCode::NO_CONTENT,
    };
    // A server that keeps its session does not keep ours.
    visit.end_session(&exchange);
    reply::empty(status)
}

async fn refuse(visit: &Visit<'_>, refused: checks::Refused) -> Response<Body> {
    visit.front.note_refusal(&visit.endpoint.server, refused.reason).await;
    reply::refused(refused)
}
