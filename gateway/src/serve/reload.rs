//! Reloading: when a file of the policy changes, or on SIGHUP.

use crate::audit::{self, Log};
use crate::carry::now_ms;
use crate::config::Config;
use crate::control;
use crate::http::told;
use crate::policy::{Snapshot, Store};
use crate::record::{Event, Record};
use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};

/// Files are written piece by piece: so long nothing must have changed before they are read.
const SETTLE: Duration = Duration::from_millis(150);

/// What is written all the time is read after so long all the same.
const LONGEST_SETTLE: Duration = Duration::from_secs(2);

/// What is watched: folders, for files are replaced by renaming. Paths are whole ones, as events name them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Watched {
    /// Folders of which everything counts, however deep, but for what is hidden.
    whole: Vec<PathBuf>,
    /// Folders of which only some files count.
    folders: BTreeSet<PathBuf>,
    /// These files, each in one of the folders.
    files: BTreeSet<PathBuf>,
    /// Folders that the gateway itself writes to.
    own_folders: Vec<PathBuf>,
    /// Files that the gateway itself writes, and what it writes beside them under a longer name.
    own_files: Vec<PathBuf>,
}

/// What is watched for a configuration.
pub fn watched(config: &Config) -> Watched {
    let files = config.data.values().chain(config.server.values().filter_map(|server| server.catalog.as_ref()));
    Watched::of(&config.policy, files).without_own(&config.audit, &config.control)
}

impl Watched {
    /// A policy, and files beside it.
    pub fn of<'a>(policy: &Path, files: impl Iterator<Item = &'a PathBuf>) -> Watched {
        let mut watched = Watched::default();
        match policy.is_dir() {
            true => watched.whole.push(real(policy)),
            false => watched.add(policy),
        }
        files.for_each(|file| watched.add(file));
        watched
    }

    /// Without what the gateway itself writes: a record of a reload must not ask for another.
    pub fn without_own(mut self, audit: &audit::Config, control: &control::Config) -> Watched {
        self.own_folders.extend(audit.folder.as_deref().map(real));
        let files = [&control.state, &control.socket].into_iter().flatten();
        self.own_files.extend(files.filter_map(|file| in_folder(file)).map(|(_, file)| file));
        self
    }

    fn add(&mut self, file: &Path) {
        if let Some((folder, file)) = in_folder(file) {
            self.files.insert(file);
            self.folders.insert(folder);
        }
    }

    /// Whether what happened at a path may have changed the policy. Files that are links may change by a link beside
    /// them whose name begins with two dots.
    fn concerns(&self, path: &Path) -> bool {
        let is_link_of_many = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(".."));
        if is_link_of_many || self.files.contains(path) {
            return true;
        }
        let within = |folder: &PathBuf| path.strip_prefix(folder).is_ok_and(|below| !is_hidden(below));
        self.whole.iter().any(within) && !self.is_own(path)
    }

    fn is_own(&self, path: &Path) -> bool {
        let is_beside = |file: &PathBuf| {
            let names = (file.file_name().map(OsStr::as_encoded_bytes), path.file_name().map(OsStr::as_encoded_bytes));
            let is_longer = matches!(names, (Some(own), Some(name)) if name.starts_with(own));
            is_longer && path.parent() == file.parent()
        };
        self.own_folders.iter().any(|folder| path.starts_with(folder)) || self.own_files.iter().any(is_beside)
    }

    fn paths(&self) -> impl Iterator<Item = (&PathBuf, RecursiveMode)> {
        let whole = self.whole.iter().map(|folder| (folder, RecursiveMode::Recursive));
        whole.chain(self.folders.iter().map(|folder| (folder, RecursiveMode::NonRecursive)))
    }
}

/// A path without links, as far as there is something at it.
fn real(path: &Path) -> PathBuf {
    path.canonicalize().or_else(|_| std::path::absolute(path)).unwrap_or_else(|_| path.to_path_buf())
}

/// The folder of a file, and the file in it, which may be a link.
fn in_folder(file: &Path) -> Option<(PathBuf, PathBuf)> {
    let folder = file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let folder = real(folder);
    Some((folder.clone(), folder.join(file.file_name()?)))
}

/// Whether a path leads through a name that begins with a dot: what editors and version control keep there is no policy.
fn is_hidden(below: &Path) -> bool {
    below.components().any(|part| part.as_os_str().as_encoded_bytes().starts_with(b"."))
}

/// Who asks for a reload beside the files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// SIGHUP: of a service.
    ByHangup,
    /// Nobody: SIGHUP ends a program that belongs to a terminal.
    ByNobody,
}

/// Reloads until told to stop. What changes once this has returned is seen.
pub fn watch(
    watched: Watched,
    (policy, log): (Arc<Store>, Log),
    asked: Asked,
    mut stop: watch::Receiver<bool>,
) -> impl Future<Output = ()> {
    let (watcher, mut changes) = changes(watched);
    let mut hangups = Hangups::new(asked);
    async move {
        loop {
            tokio::select! {
                () = told(&mut stop) => return,
                () = hangups.next() => {}
                Some(()) = changes.recv(), if watcher.is_some() => {
                    let settled =
                        async { while let Ok(Some(())) = tokio::time::timeout(SETTLE, changes.recv()).await {} };
                    let _ = tokio::time::timeout(LONGEST_SETTLE, settled).await;
                }
            }
            // What is written while we read asks for another reload: it may not be in what we read.
            reload(&policy, &log).await;
        }
    }
}

/// Begins to watch: something comes for each change, as long as the watcher lives.
fn changes(watched: Watched) -> (Option<RecommendedWatcher>, mpsc::UnboundedReceiver<()>) {
    let (sender, changes) = mpsc::unbounded_channel();
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
    (watcher, changes)
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
            warn_if_unaudited(&snapshot, log);
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

/// `mcpz run` may do without an audit log, but not unsaid.
pub fn warn_if_unaudited(snapshot: &Snapshot, log: &Log) {
    if !log.is_enabled()
        && let Some(rule) = snapshot.audited_by()
    {
        tracing::warn!(
            rule = &*rule,
            "the policy asks for an audit log, and there is none: give `--audit` and `--audit-key`"
        );
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
        let here = std::env::current_dir().unwrap().canonicalize().unwrap().join("catalog.json");
        let of_folder = ["/etc/mcpz/policy.mcpzb", "/etc/mcpz/payees.json", "/etc/mcpz/..data"].map(Path::new);
        for path in of_folder.into_iter().chain([here.as_path()]) {
            assert!(watched.concerns(path), "{}", path.display());
        }
        for path in ["/etc/mcpz/audit-00000001.jsonl", "/etc/mcpz", "./other.json", "/etc/other/policy.mcpzb"] {
            assert!(!watched.concerns(Path::new(path)), "{path}");
        }
        assert_eq!(watched.paths().count(), 2);
        let folder = tempfile::tempdir().unwrap();
        let watched = Watched::of(folder.path(), [].iter());
        assert!(watched.concerns(&folder.path().canonicalize().unwrap().join("policy/main.mcpz")));
    }

    #[test]
    fn what_the_gateway_itself_writes_and_what_is_hidden_is_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().canonicalize().unwrap();
        let audit = audit::Config { folder: Some(folder.join("audit")), ..audit::Config::default() };
        let control = control::Config { state: Some(folder.join("state.json")), socket: Some(folder.join("run/c")) };
        let watched = Watched::of(&folder, [folder.join("data.json")].iter()).without_own(&audit, &control);
        for path in ["audit/audit-00000001.jsonl", "audit", "state.json", "state.json.new", "run/c", ".git/index"] {
            assert!(!watched.concerns(&folder.join(path)), "{path}");
        }
        for path in ["policy/main.mcpz", "audit.mcpz", "policy/state.json", "mcpz.lock", "data.json", "..data"] {
            assert!(watched.concerns(&folder.join(path)), "{path}");
        }
    }
}
