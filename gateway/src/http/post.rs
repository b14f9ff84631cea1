//! POST: one message of a client.

use super::checks::{self, Refused, one, refused};
use super::exchange::{Exchange, Lease, Outcome};
use super::front::Visit;
use super::mirror::{self, Mismatch};
use super::reply::{self, Body, SESSION};
use crate::proxy::{Shown, is_modern_version, version_of};
use crate::wire::codes::{HEADER_MISMATCH, NO_CAPABILITY, NO_METHOD, UNSUPPORTED_VERSION};
use crate::wire::{Text, Token, at, limits};
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, Response, StatusCode};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use std::sync::Arc;

/// What is longer is no error that has a status of its own.
const MAX_ERROR: usize = 64 * 1024;

/// Answers a POST.
pub async fn answer(visit: Visit<'_>, parts: &Parts, body: Incoming) -> Response<Body> {
    if let Err(refused) = checks::post(&parts.headers) {
        return refuse(&visit, refused).await;
    }
    let bytes = match read(&visit, body).await {
        Ok(bytes) => bytes,
        Err(refused) => return refuse(&visit, refused).await,
    };
    let (exchange, lease) = match place(&visit, &parts.headers, &bytes) {
        Ok(placed) => placed,
        Err(NoPlace::Refused(refused)) => return refuse(&visit, refused).await,
        Err(NoPlace::Mismatch(why, id)) => return mismatch(&visit, why, id.as_ref()).await,
    };
    let outcome = exchange.from_client(&visit.visitor(), bytes, &parts.headers).await;
    respond(&visit, &exchange, outcome, lease).await
}

async fn refuse(visit: &Visit<'_>, refused: Refused) -> Response<Body> {
    visit.front.note_refusal(&visit.endpoint.server, refused.reason).await;
    reply::refused(refused)
}

/// The whole body, within its limits.
async fn read(visit: &Visit<'_>, body: Incoming) -> Result<Bytes, Refused> {
    let settings = &visit.front.settings;
    let whole = tokio::time::timeout(settings.body_time, Limited::new(body, settings.max_request).collect()).await;
    match whole {
        Err(_) => Err(refused(StatusCode::REQUEST_TIMEOUT, "input_too_slow")),
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => {
            Err(refused(StatusCode::PAYLOAD_TOO_LARGE, "input_too_long"))
        }
        Ok(Err(_)) => Err(refused(StatusCode::BAD_REQUEST, "input_torn")),
    }
}

/// Where a message belongs, and the lease of its id where ids could meet.
type Placed = (Arc<Exchange>, Option<Lease>);

/// Why a message belongs to no exchange.
enum NoPlace {
    Refused(Refused),
    Mismatch(Mismatch, Option<Token>),
}

impl From<Refused> for NoPlace {
    fn from(refused: Refused) -> NoPlace {
        NoPlace::Refused(refused)
    }
}

/// The exchange that a message belongs to: of its session, of a session that it begins, or its own. A text
/// that is no message belongs to one that exists, or to a new one, which refuses it.
fn place(visit: &Visit<'_>, headers: &HeaderMap, bytes: &Bytes) -> Result<Placed, NoPlace> {
    let mut text = Text::new(bytes.clone());
    let message = text.read(&limits(visit.front.settings.max_request)).ok();
    let said = one(headers, mirror::VERSION)?;
    if let Some(id) = one(headers, SESSION)? {
        let exchange = visit.session(id).ok_or(refused(StatusCode::NOT_FOUND, "session_unknown"))?;
        let agreed = exchange.version();
        if said.is_some() && agreed.is_some() && said != agreed.as_deref() {
            return Err(refused(StatusCode::BAD_REQUEST, "http_version").into());
        }
        return Ok((exchange, None));
    }
    let id = message.as_ref().and_then(|message| message.id.and_then(|id| Token::of(message.document, id)));
    let Some(message) = message else {
        return Ok(visit.stateless(None).ok_or(refused(StatusCode::SERVICE_UNAVAILABLE, "too_many_open"))?);
    };
    // What says that it is of the newer protocol begins no session, whatever its method.
    if message.method == "initialize" && !said.is_some_and(is_modern_version) {
        let full = refused(StatusCode::SERVICE_UNAVAILABLE, "too_many_open");
        return Ok((visit.begin_session().ok_or(full)?, None));
    }
    if !said.is_some_and(is_modern_version) && version_of(&message).is_none() {
        return Err(refused(StatusCode::BAD_REQUEST, "session_missing").into());
    }
    let snapshot = visit.front.shared.policy.snapshot();
    mirror::check(headers, &message, &snapshot.pins, &visit.endpoint.server)
        .map_err(|why| NoPlace::Mismatch(why, id.clone()))?;
    let full = refused(StatusCode::SERVICE_UNAVAILABLE, "too_many_open");
    Ok(visit.stateless(id.as_ref()).ok_or(full)?)
}

async fn mismatch(visit: &Visit<'_>, why: Mismatch, id: Option<&Token>) -> Response<Body> {
    visit.front.note_refusal(&visit.endpoint.server, why.reason()).await;
    let id = id.map_or_else(|| "null".to_owned(), Token::json);
    let (code, message, reason) = (why.code(), why.message(), why.reason());
    let body = format!(
        r#"{{"jsonrpc":"2.0","id":{id},"error":{{"code":{code},"message":"{message}","data":{{"reason":"{reason}"}}}}}}"#
    );
    reply::whole(StatusCode::BAD_REQUEST, Some("application/json"), body)
}

/// The response to a message.
async fn respond(
    visit: &Visit<'_>,
    exchange: &Arc<Exchange>,
    outcome: Outcome,
    lease: Option<Lease>,
) -> Response<Body> {
    let metadata = &visit.endpoint.metadata_url;
    match outcome {
        Outcome::Accepted => reply::empty(StatusCode::ACCEPTED),
        Outcome::Over => reply::refused(refused(StatusCode::NOT_FOUND, "session_ended")),
        Outcome::Upstream(fault) => {
            if fault.status == StatusCode::NOT_FOUND {
                visit.end_session(exchange);
            }
            visit.front.note_refusal(&visit.endpoint.server, fault.reason).await;
            reply::refused(refused(fault.status, fault.reason))
        }
        Outcome::Answered(body, Shown::AsServer(form)) if form.is_stream() => reply::as_server(body, &form),
        Outcome::Answered(body, shown) => {
            let given = match &shown {
                Shown::AsServer(form) => form.status.and_then(|status| StatusCode::from_u16(status).ok()),
                _ => None,
            };
            let status = plain_status(exchange, &body, given);
            reply::message(body, &shown, status, metadata)
        }
        Outcome::Replies(mut guard, mut replies) => {
            guard.lease = lease;
            let Some(first) = replies.recv().await else {
                return reply::refused(refused(StatusCode::BAD_GATEWAY, "server_gone"));
            };
            let session = begun(visit, exchange, first.is_answer);
            let is_whole = first.is_answer && first.event.id.is_none();
            let response = match is_whole {
                true => {
                    let status = plain_status(exchange, &first.event.data, first.event.status);
                    reply::message(first.event.data, &first.shown, status, metadata)
                }
                false => {
                    replies.when_cut(visit.connection.hang_up.clone());
                    reply::events(vec![first], Some(replies), Some(guard))
                }
            };
            reply::with_session(response, session.as_deref())
        }
    }
}

/// The status of an answer that its decision asks nothing special of. Without sessions errors of the protocol have one:
/// what the server over HTTP gave them, and what the specification says for those that have no such server.
fn plain_status(exchange: &Exchange, body: &Bytes, given: Option<StatusCode>) -> StatusCode {
    if exchange.session.is_some() || body.len() > MAX_ERROR {
        return StatusCode::OK;
    }
    match (error_code(body), given) {
        (None, _) => StatusCode::OK,
        (_, Some(status @ (StatusCode::BAD_REQUEST | StatusCode::NOT_FOUND))) => status,
        (Some(NO_METHOD), _) => StatusCode::NOT_FOUND,
        (Some(HEADER_MISMATCH | NO_CAPABILITY | UNSUPPORTED_VERSION), _) => StatusCode::BAD_REQUEST,
        _ => StatusCode::OK,
    }
}

/// The code of an error.
fn error_code(body: &Bytes) -> Option<i64> {
    let mut text = Text::new(body.clone());
    let document = text.read_json(&limits(body.len())).ok()?;
    let code = at(document, document.root(), &["error", "code"])?;
    document.raw(code).parse().ok()
}

/// The id of a session that begins with this response to `initialize`. While the answer has not come, the session
/// exists all the same: what the server asks before it is answered within the session.
fn begun(visit: &Visit<'_>, exchange: &Arc<Exchange>, is_answered: bool) -> Option<String> {
    let id = exchange.session.clone()?;
    let is_refused = is_answered && exchange.version().is_none();
    if is_refused || visit.session(&id).is_some() {
        return None;
    }
    visit.keep_session(exchange);
    Some(id)
}
