//! Reloading: when a file of the policy changes, or on SIGHUP.

use crate::audit::Log;
use crate::carry::now_ms;
use crate::config::Config;
use crate::http::told;
use crate::policy::Store;
use crate::record::{Event, Record};
use notify::{RecursiveMode, Watcher};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};

/// Files are written piece by piece: so long nothing must have changed before they are read.
const SETTLE: Duration = Duration::from_millis(150);

/// What is written all the time is read after so long all the same.
const LONGEST_SETTLE: Duration = Duration::from_secs(2);

/// What is watched: folders, for files are replaced by renaming.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Watched {
    /// Folders of which everything counts, however deep.
    whole: Vec<PathBuf>,
    /// Folders of which only some files count.
    folders: BTreeSet<PathBuf>,
    /// These files, each in one of the folders.
    files: BTreeSet<PathBuf>,
}

/// What is watched for a configuration.
pub fn watched(config: &Config) -> Watched {
    let files = config.data.values().chain(config.server.values().filter_map(|server| server.catalog.as_ref()));
    Watched::of(&config.policy, files)
}

impl Watched {
    /// A policy, and files beside it.
    pub fn of<'a>(policy: &Path, files: impl Iterator<Item = &'a PathBuf>) -> Watched {
        let mut watched = Watched::default();
        match policy.is_dir() {
            true => watched.whole.push(policy.to_path_buf()),
            false => watched.add(policy),
        }
        files.for_each(|file| watched.add(file));
        watched
    }

    fn add(&mut self, file: &Path) {
        let folder = match file.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent.to_path_buf(),
            _ => PathBuf::from("."),
        };
        self.files.extend(file.file_name().map(|name| folder.join(name)));
        self.folders.insert(folder);
    }

    /// Whether what happened at a path may have changed the policy. Files that are links may change by a link beside
    /// them whose name begins with two dots.
    fn concerns(&self, path: &Path) -> bool {
        let is_link_of_many = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(".."));
        self.whole.iter().any(|folder| path.starts_with(folder)) || self.files.contains(path) || is_link_of_many
    }

    fn paths(&self) -> impl Iterator<Item = (&PathBuf, RecursiveMode)> {
        let whole = self.whole.iter().map(|folder| (folder, RecursiveMode::Recursive));
        whole.chain(self.folders.iter().map(|folder| (folder, RecursiveMode::NonRecursive)))
    }
}

/// Who asks for a reload beside the files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// SIGHUP: of a service.
    ByHangup,
    /// Nobody: SIGHUP ends a program that belongs to a terminal.
    ByNobody,
}

/// Reloads until told to stop.
pub async fn watch(watched: Watched, (policy, log): (Arc<Store>, Log), asked: Asked, mut stop: watch::Receiver<bool>) {
    let (sender, mut changes) = mpsc::unbounded_channel();
    let watching = watched.clone();
    let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        let concerns = |event: &notify::Event| event.paths.iter().any(|path| watching.concerns(path));
        if event.is_ok_and(|event| !event.kind.is_access() && concerns(&event)) {
            let _ = sender.send(());
        }
    });
    let mut watcher = match watcher {
        Ok(watcher) => Some(watcher),
        Err(error) => {
            tracing::warn!(error = %error, "files cannot be watched: changes are not seen until SIGHUP, or a new start");
            None
        }
    };
    for (folder, mode) in watched.paths() {
        if let Some(Err(error)) = watcher.as_mut().map(|watcher| watcher.watch(folder, mode)) {
            tracing::warn!(error = %error, folder = %folder.display(), "a folder cannot be watched: changes are not seen until SIGHUP, or a new start");
        }
    }
    let mut hangups = Hangups::new(asked);
    loop {
        tokio::select! {
            () = told(&mut stop) => return,
            () = hangups.next() => {}
            Some(()) = changes.recv(), if watcher.is_some() => {
                let settled = async { while let Ok(Some(())) = tokio::time::timeout(SETTLE, changes.recv()).await {} };
                let _ = tokio::time::timeout(LONGEST_SETTLE, settled).await;
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
    fn new(asked: Asked) -> Hangups {
        let is_heard = asked == Asked::ByHangup;
        Hangups {
            #[cfg(unix)]
            signal: is_heard
                .then(|| tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup()).ok())
                .flatten(),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_policy_is_made_of_is_looked_at() {
        let files = [PathBuf::from("/etc/mcpz/payees.json"), PathBuf::from("catalog.json")];
        let watched = Watched::of(Path::new("/etc/mcpz/policy.mcpzb"), files.iter());
        for path in ["/etc/mcpz/policy.mcpzb", "/etc/mcpz/payees.json", "./catalog.json", "/etc/mcpz/..data"] {
            assert!(watched.concerns(Path::new(path)), "{path}");
        }
        for path in ["/etc/mcpz/audit-00000001.jsonl", "/etc/mcpz", "./other.json", "/etc/other/policy.mcpzb"] {
            assert!(!watched.concerns(Path::new(path)), "{path}");
        }
        assert_eq!(watched.paths().count(), 2);
        let folder = tempfile::tempdir().unwrap();
        let watched = Watched::of(folder.path(), [].iter());
        assert!(watched.concerns(&folder.path().join("policy/main.mcpz")));
    }
}
