//! Reloading: when a file of the policy changes, or on SIGHUP.

use crate::audit::Log;
use crate::carry::now_ms;
use crate::config::Config;
use crate::http::told;
use crate::policy::Store;
use crate::record::{Event, Record};
use notify::{RecursiveMode, Watcher};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};

/// Files are written piece by piece: so long nothing must have changed before they are read.
const SETTLE: Duration = Duration::from_millis(150);

/// What is watched: folders, for files are replaced by renaming.
pub fn watched(config: &Config) -> Vec<(PathBuf, RecursiveMode)> {
    let folder = |path: &PathBuf| match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_path_buf(),
        _ => PathBuf::from("."),
    };
    let mut all = vec![match config.policy.is_dir() {
        true => (config.policy.clone(), RecursiveMode::Recursive),
        false => (folder(&config.policy), RecursiveMode::NonRecursive),
    }];
    let files = config.data.values().chain(config.server.values().filter_map(|server| server.catalog.as_ref()));
    all.extend(files.map(|file| (folder(file), RecursiveMode::NonRecursive)));
    all.sort_by(|(a, _), (b, _)| a.cmp(b));
    all.dedup_by(|(a, _), (b, _)| a == b);
    all
}

/// Reloads until told to stop.
pub async fn watch(
    folders: Vec<(PathBuf, RecursiveMode)>,
    policy: Arc<Store>,
    log: Log,
    mut stop: watch::Receiver<bool>,
) {
    let (sender, mut changes) = mpsc::unbounded_channel();
    let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        if event.is_ok_and(|event| !event.kind.is_access()) {
            let _ = sender.send(());
        }
    });
    let mut watcher = match watcher {
        Ok(watcher) => Some(watcher),
        Err(error) => {
            tracing::warn!(error = %error, "files cannot be watched: reload with SIGHUP");
            None
        }
    };
    for (folder, mode) in &folders {
        if let Some(Err(error)) = watcher.as_mut().map(|watcher| watcher.watch(folder, *mode)) {
            tracing::warn!(error = %error, folder = %folder.display(), "a folder cannot be watched: reload with SIGHUP");
        }
    }
    let mut hangups = Hangups::new();
    loop {
        tokio::select! {
            () = told(&mut stop) => return,
            () = hangups.next() => {}
            Some(()) = changes.recv(), if watcher.is_some() => {
                while let Ok(Some(())) = tokio::time::timeout(SETTLE, changes.recv()).await {}
            }
        }
        reload(&policy, &log).await;
        // What was written while we read is in what we read, or comes again.
        while changes.try_recv().is_ok() {}
    }
}

/// Reloads once, and says how it went.
pub async fn reload(policy: &Arc<Store>, log: &Log) {
    let loading = policy.clone();
    let before = policy.snapshot().digest.clone();
    let loaded = match tokio::task::spawn_blocking(move || loading.reload()).await {
        Ok(loaded) => loaded,
        Err(error) => Err(crate::policy::PolicyError(format!("the reload ended: {error}"))),
    };
    let record = match loaded {
        Ok(snapshot) => {
            tracing::info!(digest = %snapshot.digest, generation = snapshot.generation, "the policy was loaded");
            Record { bundle: snapshot.digest.clone(), ..Record::event(Event::Reload, now_ms(), "loaded") }
        }
        Err(error) => {
            tracing::error!(error = %error, serving = %before, "the policy was refused: the last good one stays");
            let reason: String = error.0.chars().take(300).collect();
            Record { bundle: before, ..Record::event(Event::ReloadRefused, now_ms(), reason) }
        }
    };
    if let Err(error) = log.append(record).await {
        tracing::error!(error = %error, "the audit log cannot be written");
    }
}

/// SIGHUP, where there is one.
struct Hangups {
    #[cfg(unix)]
    signal: Option<tokio::signal::unix::Signal>,
}

impl Hangups {
    fn new() -> Hangups {
        Hangups {
            #[cfg(unix)]
            signal: tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup()).ok(),
        }
    }

    async fn next(&mut self) {
        #[cfg(unix)]
        if let Some(signal) = &mut self.signal
            && signal.recv().await.is_some()
        {
            return;
        }
        std::future::pending().await
    }
}
