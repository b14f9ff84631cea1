//! Streamable HTTP, of both eras, on the client's side; HTTP and stdio servers on the other.
//!
//! Each server has a path of its own. A request is checked as HTTP first ([`checks`]: host, origin, media types,
//! headers that stand once; [`mirror`]: headers that repeat the body), its credential is verified, and its
//! message goes to the [`exchange`] it belongs to, which holds the conversation and the way to the server. What
//! comes back is delivered to whoever waits: the response of the request, or the stream that the client opened.
//!
//! | file | what |
//! |---|---|
//! | `front` | paths, sessions, who is live |
//! | `listener` | connections, TLS, drain |
//! | `post`, `stream` | what a client may ask |
//! | `exchange` | one conversation, its way to the server, whoever waits for what comes back |
//! | `upstream` | a server over HTTP |
//! | `bridge` | a server over HTTP as a pair of streams, to ask what it offers |
//! | `lane` | a server over stdio |
//! | `queue` | what waits for a client that reads slowly |
//! | `sse` | events of a stream, read and written |

mod bridge;
mod checks;
mod exchange;
mod front;
mod lane;
mod listener;
mod mirror;
mod post;
mod queue;
mod reply;
mod sse;
mod stream;
mod upstream;

pub use bridge::bridge;
pub use checks::Allowed;
pub use front::{Connection, Describe, Endpoint, Front, NotVerified, Presented, Settings, Upstream, Verify, Verifying};
pub use listener::{Listener, MAX_CONNECTIONS, Tell, Tls, serve, serve_admin, told};
pub use upstream::{Credential, HttpServer};
