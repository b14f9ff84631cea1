//! Connections: accepted with limits, served until they end or the gateway drains.

use super::front::{Connection, Front};
use super::reply::{self, Body};
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::{Notify, Semaphore, watch};

/// The head of a request must have come within this time.
const HEAD_TIME: Duration = Duration::from_secs(10);
/// A TLS handshake must be over within this time.
const HANDSHAKE_TIME: Duration = Duration::from_secs(10);
/// Longest head of a request, in bytes.
const MAX_HEAD: usize = 64 * 1024;
/// Most headers of a request.
const MAX_HEADERS: usize = 64;
/// Most connections at a time.
pub const MAX_CONNECTIONS: usize = 4096;
/// So long is waited after a connection could not be accepted.
const PAUSE: Duration = Duration::from_millis(100);

/// Certificate and key of a listener.
#[derive(Clone)]
pub struct Tls(pub Arc<rustls::ServerConfig>);

/// Where connections come from.
pub struct Listener {
    /// The socket.
    pub socket: TcpListener,
    /// TLS, if it is spoken.
    pub tls: Option<Tls>,
}

/// Serves clients until `stop` says so; then connections are given `patience` to finish what they are at.
pub async fn serve(listener: Listener, front: Arc<Front>, stop: watch::Receiver<bool>, patience: Duration) {
    let Listener { socket, tls } = listener;
    accept(socket, stop, patience, move |stream, address, stop| {
        let (front, tls) = (front.clone(), tls.clone());
        async move {
            let mut connection = Connection { network: Some(address.ip()), ..Connection::default() };
            match tls {
                None => converse(stream, front, connection, stop).await,
                Some(Tls(config)) => {
                    let handshake = tokio_rustls::TlsAcceptor::from(config).accept(stream);
                    let Ok(Ok(stream)) = tokio::time::timeout(HANDSHAKE_TIME, handshake).await else { return };
                    let certificates = stream.get_ref().1.peer_certificates();
                    connection.certificate = certificates.and_then(|all| all.first()).map(|first| first.to_vec());
                    converse(stream, front, connection, stop).await;
                }
            }
        }
    })
    .await;
}

/// What the admin listener tells: whether we live, whether we are ready, what was counted.
pub type Tell = Arc<dyn Fn(&str) -> Option<(StatusCode, &'static str, Bytes)> + Send + Sync>;

/// Serves `/healthz`, `/readyz` and `/metrics`.
pub async fn serve_admin(socket: TcpListener, tell: Tell, stop: watch::Receiver<bool>) {
    accept(socket, stop, Duration::ZERO, move |stream, _, stop| {
        let tell = tell.clone();
        async move {
            let service = service_fn(move |request: Request<Incoming>| {
                let told = if request.method() == http::Method::GET { tell(request.uri().path()) } else { None };
                let response = match told {
                    Some((status, media, body)) => reply::whole(status, Some(media), body),
                    None => reply::empty(StatusCode::NOT_FOUND),
                };
                async move { Ok::<_, Infallible>(response) }
            });
            drive(stream, service, stop, &Notify::new()).await;
        }
    })
    .await;
}

/// Accepts connections until told to stop, and waits for those that are open.
async fn accept<F>(
    socket: TcpListener,
    mut stop: watch::Receiver<bool>,
    patience: Duration,
    each: impl Fn(tokio::net::TcpStream, SocketAddr, watch::Receiver<bool>) -> F,
) where
    F: Future<Output = ()> + Send + 'static,
{
    let room = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let stopping = stop.clone();
    loop {
        let permit = tokio::select! {
            permit = room.clone().acquire_owned() => permit,
            () = told(&mut stop) => break,
        };
        let Ok(permit) = permit else { break };
        let (stream, address) = tokio::select! {
            accepted = socket.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!(error = %error, "a connection cannot be accepted");
                    tokio::time::sleep(PAUSE).await;
                    continue;
                }
            },
            () = told(&mut stop) => break,
        };
        let _ = stream.set_nodelay(true);
        let served = each(stream, address, stopping.clone());
        tokio::spawn(async move {
            served.await;
            drop(permit);
        });
    }
    drop(socket);
    let all = u32::try_from(MAX_CONNECTIONS).unwrap_or(u32::MAX);
    let _ = tokio::time::timeout(patience, room.acquire_many(all)).await;
}

/// Waits until told to stop.
pub async fn told(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}

/// Serves one connection of a client.
async fn converse<S>(stream: S, front: Arc<Front>, connection: Connection, stop: watch::Receiver<bool>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let connection = Arc::new(connection);
    let hang_up = connection.hang_up.clone();
    let service = service_fn(move |request: Request<Incoming>| {
        let (front, connection) = (front.clone(), connection.clone());
        async move { Ok::<_, Infallible>(front.serve(request, &connection).await) }
    });
    drive(stream, service, stop, &hang_up).await;
}

/// Serves a connection until it ends, or is hung up: then it is closed with what its client has not read.
async fn drive<S, F, R>(stream: S, service: F, mut stop: watch::Receiver<bool>, hang_up: &Notify)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    F: hyper::service::Service<Request<Incoming>, Response = Response<Body>, Error = Infallible, Future = R>,
    R: Future<Output = Result<Response<Body>, Infallible>>,
{
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME)
        .max_buf_size(MAX_HEAD)
        .max_headers(MAX_HEADERS)
        .serve_connection(TokioIo::new(stream), service);
    tokio::pin!(served);
    tokio::select! {
        _ = served.as_mut() => return,
        () = hang_up.notified() => return,
        () = told(&mut stop) => served.as_mut().graceful_shutdown(),
    }
    tokio::select! {
        _ = served => {}
        () = hang_up.notified() => {}
    }
}
