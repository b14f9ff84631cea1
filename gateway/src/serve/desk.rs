//! What a gateway says of itself: to operators on the control socket, and on the admin listener.

use crate::audit::Log;
use crate::carry::now_ms;
use crate::control::socket::Boxed;
use crate::control::{Ask, Desk, KillSwitch, Subject};
use crate::http::Front;
use crate::policy::Store;
use crate::record::{Arguments, Event, Record};
use crate::telemetry::metrics::{CONTENT_TYPE, Metrics};
use bytes::Bytes;
use http::StatusCode;
use serde_json::{Value, json};
use std::sync::Arc;

/// What the control socket asks of the gateway.
pub struct GatewayDesk {
    /// The front.
    pub front: Arc<Front>,
    /// The audit log.
    pub log: Log,
}

impl Desk for GatewayDesk {
    fn knows(&self, subject: &Subject) -> Option<bool> {
        let snapshot = self.front.shared.policy.snapshot();
        match subject {
            Subject::Server(name) => Some(snapshot.program.server(name).is_some()),
            Subject::Tool(server, tool) => {
                let found = snapshot.program.server(server).and_then(|server| snapshot.program.tool(server, tool));
                Some(found.is_some())
            }
            Subject::Agent(_) => None,
        }
    }

    fn describe(&self) -> Value {
        describe(&self.front, &self.front.shared.policy)
    }

    fn record<'a>(&'a self, ask: &'a Ask, uid: u32, outcome: &'a str) -> Boxed<'a, Result<(), String>> {
        Box::pin(async move {
            let said = serde_json::to_value(ask).unwrap_or_default();
            let words = json!({"for_ms": said.get("for_ms"), "reason": said.get("reason")});
            let record = Record {
                target: said.get("subject").map(Value::to_string),
                session: Some(format!("uid {uid}")),
                durable: true,
                bundle: self.front.shared.policy.snapshot().digest.clone(),
                arguments: Arguments::Redacted(words.to_string()),
                ..Record::event(Event::Control, now_ms(), outcome)
            };
            self.log.append(record).await.map_err(|error| error.to_string())
        })
    }
}

fn describe(front: &Front, policy: &Store) -> Value {
    let snapshot = policy.snapshot();
    let quarantined: Vec<String> = front
        .shared
        .quarantine
        .all()
        .into_iter()
        .map(|(server, kind, name)| format!("{} {server}.{name}", kind.name()))
        .collect();
    json!({
        "bundle": snapshot.digest,
        "generation": snapshot.generation,
        "policy_refused": policy.refusal().map(|refusal| refusal.0),
        "servers": front.endpoints.values().map(|endpoint| endpoint.server.as_str()).collect::<Vec<_>>(),
        "sessions": front.sessions(),
        "quarantined": quarantined,
        "draining": front.is_draining(),
    })
}

/// What the admin listener tells.
pub fn tell(
    path: &str,
    front: &Front,
    policy: &Store,
    kill: &KillSwitch,
    metrics: &Metrics,
) -> Option<(StatusCode, &'static str, Bytes)> {
    match path {
        "/metrics" => Some((StatusCode::OK, CONTENT_TYPE, Bytes::from(metrics.render()))),
        "/healthz" => Some((StatusCode::OK, "text/plain; charset=utf-8", Bytes::from_static(b"ok\n"))),
        "/readyz" => {
            let is_ready = !front.is_draining() && kill.problem().is_none();
            let status = if is_ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
            let mut said = describe(front, policy);
            said["ready"] = Value::from(is_ready);
            said["everything_isolated"] = Value::from(kill.problem());
            Some((status, "application/json", Bytes::from(format!("{said}\n"))))
        }
        _ => None,
    }
}
