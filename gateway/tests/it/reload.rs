//! Reloading while files change.

use crate::support::peer::{Folder, soon};
use crate::support::{POLICY, material};
use mcpz_gateway::audit::keys::write_pair;
use mcpz_gateway::config::Config;
use mcpz_gateway::serve::{self, Running};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A gateway whose policy is a folder; `compile` is told how often it was asked before.
async fn gateway(
    folder: &Folder,
    more: &str,
    compile: impl Fn(&Path, usize) + Send + Sync + 'static,
) -> (Running, Arc<AtomicUsize>) {
    let text = format!(
        "policy = {:?}\n[listen]\naddress = \"127.0.0.1:0\"\n{more}\n[server.notes]\n",
        folder.folder.path().display().to_string()
    );
    let (count, counted) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let counting = counted.clone();
    let compiled = move |path: &Path| {
        compile(path, count.fetch_add(1, Ordering::SeqCst));
        counting.fetch_add(1, Ordering::SeqCst);
        // There may be no audit log.
        Ok(material(&POLICY.replace("audit full", "audit none")))
    };
    (serve::start(&Config::parse(&text).unwrap(), Arc::new(compiled)).await.unwrap(), counted)
}

async fn until(counted: &AtomicUsize, count: usize) {
    soon(async {
        while counted.load(Ordering::SeqCst) < count {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_written_while_the_policy_is_read_is_read_too() {
    let folder = Folder::new();
    let write_once = |path: &Path, before: usize| {
        if before == 1 {
            std::fs::write(path.join("late.mcpz"), "written after it was read").unwrap();
        }
    };
    let (running, counted) = gateway(&folder, "", write_once).await;
    std::fs::write(folder.path("main.mcpz"), "changed").unwrap();
    until(&counted, 3).await;
    soon(running.stop()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_gateway_writes_below_its_policy_asks_for_no_reload() {
    let folder = Folder::new();
    let (key, public) = (folder.path("audit.key"), folder.path("audit.pub"));
    write_pair(&key, &public).unwrap();
    let audit = format!("[audit]\nfolder = {:?}\nkey = {:?}", folder.path("audit"), key);
    let (running, counted) = gateway(&folder, &audit, |_, _| {}).await;
    for count in 2..=3_u8 {
        std::fs::write(folder.path("main.mcpz"), "changed").unwrap();
        // The record of a reload is written before the next is begun.
        until(&counted, usize::from(count)).await;
        soon(async {
            while running.log.stats().written < u64::from(count) {
                tokio::task::yield_now().await;
            }
        })
        .await;
    }
    soon(running.stop()).await;
    assert_eq!(counted.load(Ordering::SeqCst), 3);
}
