//! What goes back to a client: responses, and bodies that are streams of events.

use super::checks::Refused;
use super::exchange::{Frame, Guard};
use super::queue::Receiver;
use super::sse;
use crate::identity;
use crate::proxy::{Form, Mark, Shown};
use bytes::Bytes;
use futures_util::stream;
use http::{HeaderName, HeaderValue, Response, StatusCode, header};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::Frame as BodyFrame;
use std::convert::Infallible;
use std::time::Duration;

/// A body.
pub type Body = UnsyncBoxBody<Bytes, Infallible>;
/// The header of a session.
pub const SESSION: &str = "mcp-session-id";
/// A comment is sent after so long a silence, so that whatever stands between keeps the stream open.
const KEEP_ALIVE: Duration = Duration::from_secs(25);

/// A response with a body of one piece.
pub fn whole(status: StatusCode, media: Option<&'static str>, body: impl Into<Bytes>) -> Response<Body> {
    let mut response = Response::new(Full::new(body.into()).boxed_unsync());
    *response.status_mut() = status;
    if let Some(media) = media {
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media));
    }
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// A response without a body.
pub fn empty(status: StatusCode) -> Response<Body> {
    whole(status, None, Bytes::new())
}

/// A refusal before there was a message to answer.
pub fn refused(refused: Refused) -> Response<Body> {
    let body = format!(
        r#"{{"jsonrpc":"2.0","id":null,"error":{{"code":-32600,"message":"refused: {0}","data":{{"reason":"{0}"}}}}}}"#,
        refused.reason
    );
    whole(refused.status, Some("application/json"), body)
}

/// One message, as its decision asks it to be shown; `plain` is the status when it asks for nothing.
pub fn message(body: Bytes, shown: &Shown, plain: StatusCode, metadata_url: &str) -> Response<Body> {
    let (status, challenge) = match shown {
        Shown::Plain | Shown::AsServer(_) => (plain, None),
        Shown::BadRequest => (StatusCode::BAD_REQUEST, None),
        Shown::Scopes(scopes) => (StatusCode::FORBIDDEN, Some(identity::insufficient_scope(scopes, metadata_url))),
        Shown::Presence { max_age_s } => {
            let age = max_age_s.map(|age| format!(r#", max_age="{age}""#)).unwrap_or_default();
            let challenge =
                format!(r#"Bearer error="insufficient_user_authentication"{age}, resource_metadata="{metadata_url}""#);
            (StatusCode::UNAUTHORIZED, Some(challenge))
        }
    };
    let mut response = whole(status, Some("application/json"), body);
    if let Some(value) = challenge.and_then(|text| HeaderValue::from_str(&text).ok()) {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, value);
    }
    response
}

/// Adds the id of the session.
pub fn with_session(mut response: Response<Body>, id: Option<&str>) -> Response<Body> {
    if let Some(value) = id.and_then(|id| HeaderValue::from_str(id).ok()) {
        response.headers_mut().insert(HeaderName::from_static(SESSION), value);
    }
    response
}

/// One message, as the stream of events that a server would have made of it.
pub fn as_server(body: Bytes, form: &Form) -> Response<Body> {
    let frame = |data: Bytes, mark: &Mark| Frame {
        event: sse::Event { data, id: mark.id.clone(), retry: mark.retry, status: None },
        is_answer: false,
        shown: Shown::Plain,
    };
    let mut frames: Vec<Frame> = form.before.iter().map(|mark| frame(Bytes::new(), mark)).collect();
    frames.push(frame(body, &form.mark));
    events(frames, None, None)
}

/// A stream of events: what has come already, and what comes.
pub fn events(first: Vec<Frame>, rest: Option<Receiver>, guard: Option<Guard>) -> Response<Body> {
    let state = (first.into_iter(), rest, guard);
    let frames = stream::unfold(state, |(mut first, mut rest, guard)| async move {
        let piece = match first.next() {
            Some(frame) => sse::write(&frame.event),
            None => match tokio::time::timeout(KEEP_ALIVE, rest.as_mut()?.recv()).await {
                Ok(Some(frame)) => sse::write(&frame.event),
                Ok(None) => return None,
                Err(_) => Bytes::from_static(b": still here\n\n"),
            },
        };
        Some((Ok::<_, Infallible>(BodyFrame::data(piece)), (first, rest, guard)))
    });
    let mut response = Response::new(BodyExt::boxed_unsync(StreamBody::new(frames)));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    response
}
