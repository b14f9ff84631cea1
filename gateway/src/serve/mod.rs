//! Putting it together: `mcpz gateway` ([`start`]) and `mcpz run` ([`run`](fn@run)).

mod desk;
mod parts;
mod reload;
mod run;
mod who;

pub use parts::http_server;
pub use run::{Finished, RunError, RunOptions, run};

use crate::audit::Log;
use crate::carry::{Ledgers, now_ms};
use crate::config::{Config, ConfigError, wrong};
use crate::control::{self, KillSwitch};
use crate::http::{Front, Listener, Settings, Tell, serve, serve_admin, told};
use crate::policy::{Material, Source, Store};
use crate::proxy::Shared;
use crate::record::{Event, Record};
use crate::telemetry::{self, Metrics, Traces};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// Compiles the package in a folder: the bundle and its catalogs. The command line knows how; this crate does not.
pub type Compile = Arc<dyn Fn(&Path) -> Result<Material, String> + Send + Sync>;

/// So often is looked for what was not used for long, and for credentials that have ended.
const SWEEP: Duration = Duration::from_secs(5);

/// A gateway that serves.
pub struct Running {
    /// Where clients come in.
    pub address: SocketAddr,
    /// Where health and metrics are told.
    pub admin: Option<SocketAddr>,
    /// The front.
    pub front: Arc<Front>,
    /// The policy.
    pub policy: Arc<Store>,
    /// The kill switch.
    pub kill: KillSwitch,
    /// What is counted.
    pub metrics: Metrics,
    /// Where spans go.
    traces: Traces,
    /// The audit log.
    pub log: Log,
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
}

/// Starts a gateway: nothing is served before the policy is loaded and has passed its self-test.
pub async fn start(config: &Config, compile: Compile) -> Result<Running, ConfigError> {
    let demands = parts::demands(config)?;
    let policy = Store::open(source(config, compile), demands).map_err(|error| wrong("policy", error))?;
    let policy = Arc::new(policy);
    let telemetry = telemetry::start(&config.telemetry).map_err(|error| wrong("telemetry", error))?;
    let (metrics, traces) = (telemetry.metrics.clone(), telemetry.traces.clone());
    let plain = Log::open(&config.audit).map_err(|error| wrong("audit", error))?;
    let log = plain.observed(telemetry);
    let kill = KillSwitch::open(&config.control);
    metrics.watch(plain, kill.clone());
    let shared = Arc::new(Shared::new(policy.clone(), kill.clone(), parts::limits(&config.limits)));
    let endpoints = parts::endpoints(config, &policy.snapshot().program)?;
    let verify = who::verify(config, policy.clone())?;
    let settings = Settings {
        allowed: parts::allowed(config),
        max_request: config.limits.request_bytes,
        body_time: Duration::from_secs(config.limits.message_s),
        idle: Duration::from_secs(config.limits.idle_s),
        context: parts::context(&config.context)?,
    };
    let describe = who::describe(config, policy.clone());
    let front = Front::new(shared, Ledgers { log: log.clone() }, (verify, describe), endpoints, settings);
    let front = Arc::new(front);
    let tls = parts::listener(&config.listen)?;
    parts::warn_of_few_descriptors();
    let socket = bind("listen.address", config.listen.address).await?;
    let admin = match config.admin.address {
        Some(address) => Some(bind("admin.address", address).await?),
        None => None,
    };
    let (stop, stopping) = watch::channel(false);
    let mut running = Running {
        address: socket.local_addr().map_err(|error| wrong("listen.address", error))?,
        admin: admin.as_ref().and_then(|admin| admin.local_addr().ok()),
        front: front.clone(),
        policy,
        kill,
        log,
        metrics,
        traces,
        stop,
        tasks: JoinSet::new(),
    };
    let patience = Duration::from_secs(config.limits.drain_s);
    running.tasks.spawn(serve(Listener { socket, tls }, front, stopping.clone(), patience));
    if let Some(admin) = admin {
        running.tasks.spawn(serve_admin(admin, running.tell(), stopping.clone()));
    }
    running.spawn_watchers(config, stopping)?;
    running.note(Event::Lifecycle, "started").await;
    if running.kill.is_new() {
        running.note(Event::Control, "state_made").await;
    }
    Ok(running)
}

/// Material from the files that the configuration names, read again at each reload.
fn source(config: &Config, compile: Compile) -> Source {
    let (policy, data) = (config.policy.clone(), config.data.clone());
    let named = config.server.iter().filter_map(|(name, server)| Some((name.clone(), server.catalog.clone()?)));
    let catalogs: Vec<(String, PathBuf)> = named.collect();
    Arc::new(move || {
        let mut material = match policy.is_dir() {
            true => compile(&policy)?,
            false => Material { bundle: read(&policy)?, ..Material::default() },
        };
        for (name, path) in &data {
            material.data.insert(name.clone(), read(path)?);
        }
        for (name, path) in &catalogs {
            material.catalogs.insert(name.clone(), read(path)?);
        }
        Ok(material)
    })
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    std::fs::read(path).map_err(|error| format!("{} cannot be read: {error}", path.display()))
}

async fn bind(key: &str, address: SocketAddr) -> Result<TcpListener, ConfigError> {
    TcpListener::bind(address).await.map_err(|error| wrong(key, format!("{address} cannot be listened on: {error}")))
}

impl Running {
    /// Watches for what changes while we serve.
    fn spawn_watchers(&mut self, config: &Config, stopping: watch::Receiver<bool>) -> Result<(), ConfigError> {
        let (front, mut policy, mut kill) = (self.front.clone(), self.policy.changes(), self.kill.changes());
        let mut stop = stopping.clone();
        self.tasks.spawn(async move {
            let mut sweep = tokio::time::interval(SWEEP);
            loop {
                tokio::select! {
                    biased;
                    () = told(&mut stop) => return,
                    changed = kill.changed() => match changed {
                        Ok(()) => front.close_idle(),
                        Err(_) => return,
                    },
                    changed = policy.changed() => if changed.is_err() { return },
                    _ = sweep.tick() => {}
                }
                front.changed().await;
            }
        });
        let watched = reload::watched(config);
        let reloaded = (self.policy.clone(), self.log.clone());
        self.tasks.spawn(reload::watch(watched, reloaded, reload::Asked::ByHangup, stopping.clone()));
        let desk = Arc::new(desk::GatewayDesk { front: self.front.clone(), log: self.log.clone() });
        let mut stop = stopping;
        let end = async move { told(&mut stop).await };
        let control = control::serve(&config.control, self.kill.clone(), desk, end)
            .map_err(|error| wrong("control.socket", error))?;
        self.tasks.spawn(control);
        Ok(())
    }

    /// What the admin listener tells.
    fn tell(&self) -> Tell {
        let (front, policy, kill) = (self.front.clone(), self.policy.clone(), self.kill.clone());
        let metrics = self.metrics.clone();
        Arc::new(move |path| desk::tell(path, &front, &policy, &kill, &metrics))
    }

    async fn note(&self, event: Event, reason: &str) {
        let digest = self.policy.snapshot().digest.clone();
        let record = Record { bundle: digest, ..Record::event(event, now_ms(), reason) };
        if let Err(error) = self.log.append(record).await {
            tracing::error!(error = %error, "the audit log cannot be written");
        }
    }

    /// Finishes what is under way, and ends.
    pub async fn stop(mut self) {
        self.front.drain();
        self.stop.send_replace(true);
        while self.tasks.join_next().await.is_some() {}
        self.front.live().iter().for_each(|exchange| exchange.end());
        self.note(Event::Lifecycle, "stopped").await;
        self.log.close();
        self.traces.flush().await;
    }
}
