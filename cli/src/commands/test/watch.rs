//! `mcpz test --watch`: runs, waits until a file of the package changes, and runs again.
//!
//! Editors write a file in several steps (a new file, a rename), so a change is answered once nothing has
//! happened for a moment. What a run reads is found anew each time: a dependency that was added is watched too.

use crate::exit::{Failure, Outcome};
use crate::output::{DIM, NAME, styled};
use crate::package::{self, Loaded};
use crate::shell::Shell;
use notify::{Event, RecommendedWatcher, RecursiveMode, Watcher};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// How long nothing must happen before a change is answered.
const QUIET: Duration = Duration::from_millis(60);

/// What a package is made of, by extension.
const EXTENSIONS: [&str; 4] = ["mcpz", "json", "toml", "lock"];

/// Runs `once` now and after every change, until the watcher is gone. What keeps a run from happening (a broken
/// manifest) is shown, and mended by the next change.
pub fn run(
    root: &Path,
    shell: &mut Shell,
    mut once: impl FnMut(&Loaded, &mut Shell) -> Result<Outcome, Failure>,
) -> Result<Outcome, Failure> {
    let (sender, events) = channel();
    let mut watcher = notify::recommended_watcher(sender).map_err(failed)?;
    let mut watched = BTreeSet::new();
    loop {
        let loaded = package::load(root)?;
        watch_folders(&mut watcher, &loaded, &mut watched)?;
        let result = once(&loaded, shell);
        if let Err(failure) = &result {
            shell.out.line(crate::escape::block(&failure.to_string()));
        }
        let waiting = format!("waiting for a change below {}", styled(NAME, loaded.root.display()));
        shell.out.line(styled(DIM, waiting));
        shell.out.flush();
        match wait(&events) {
            Some(path) => {
                let changed = crate::escape::inline(&package::relative(&path, &package::here()));
                shell.out.line(format!("\n{} {}", styled(NAME, changed), styled(DIM, "changed")));
            }
            None => return result,
        }
    }
}

/// Watches the folders of a package that are not watched yet.
fn watch_folders(
    watcher: &mut RecommendedWatcher,
    loaded: &Loaded,
    watched: &mut BTreeSet<PathBuf>,
) -> Result<(), Failure> {
    for folder in loaded.folders_on_disk() {
        if watched.insert(folder.clone()) {
            watcher.watch(&folder, RecursiveMode::Recursive).map_err(failed)?;
        }
    }
    Ok(())
}

/// Waits for a change, then until it is quiet. None when no change can come any more.
fn wait(events: &Receiver<notify::Result<Event>>) -> Option<PathBuf> {
    let first = loop {
        if let Some(path) = relevant(events.recv().ok()?) {
            break path;
        }
    };
    while events.recv_timeout(QUIET).is_ok() {}
    Some(first)
}

/// The file of the package that an event is about.
fn relevant(event: notify::Result<Event>) -> Option<PathBuf> {
    let event = event.ok()?;
    if event.kind.is_access() {
        return None;
    }
    let is_source = |path: &PathBuf| {
        let extension = path.extension().and_then(|extension| extension.to_str());
        extension.is_some_and(|extension| EXTENSIONS.contains(&extension))
    };
    event.paths.into_iter().find(is_source)
}

fn failed(error: notify::Error) -> Failure {
    Failure::input(format!("the package cannot be watched: {error}"))
        .with_help("run `mcpz test` without `--watch`; on Linux, `fs.inotify.max_user_watches` may be too small")
}

#[cfg(test)]
mod tests {
    use super::*;
    use notify::EventKind;
    use notify::event::{AccessKind, ModifyKind};

    fn event(kind: EventKind, path: &str) -> notify::Result<Event> {
        Ok(Event::new(kind).add_path(PathBuf::from(path)))
    }

    #[test]
    fn a_burst_of_changes_is_one_and_reading_is_none() {
        let (sender, events) = channel();
        let modified = EventKind::Modify(ModifyKind::Any);
        for message in [
            event(EventKind::Access(AccessKind::Any), "policy/a.mcpz"),
            event(modified, "acme.mcpzb"),
            event(modified, "policy/a.mcpz"),
            event(modified, "policy/b.mcpz"),
        ] {
            sender.send(message).unwrap();
        }
        assert_eq!(wait(&events), Some(PathBuf::from("policy/a.mcpz")));
        drop(sender);
        assert_eq!(wait(&events), None, "the burst was taken whole");
    }
}
