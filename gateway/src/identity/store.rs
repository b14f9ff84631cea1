//! An issuer's keys over time: fetched, kept, fetched again, and no longer believed when they are old.
//!
//! A token with an unknown key asks for the keys once more, since issuers change keys; but not more often than
//! `min_refresh`, so that made-up key ids cannot make the gateway fetch all the time. Keys that could not be fetched again
//! for `max_stale` are not used any more.
//!
//! Keys are fetched beside the requests, so that a client that goes away ends nothing. A request waits for them when its
//! key is unknown or stale, and when nobody asked for so long that the keys may have been withdrawn since; otherwise it
//! is served with the keys there are.

use super::keys::{Key, KeySet};
use super::reason::Reason;
use jsonwebtoken::Algorithm;
use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// Where keys come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// A file.
    File(PathBuf),
    /// A URL.
    Url(String),
}

/// Gets the bytes of a key set.
pub trait Fetch: Send + Sync {
    /// Gets them; the error is for operators.
    fn fetch<'a>(
        &'a self,
        location: &'a Location,
    ) -> Pin<Box<dyn Future<Output = Result<Vec<u8>, String>> + Send + 'a>>;
}

/// How long keys are believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    /// Older keys are fetched again.
    pub refresh: Duration,
    /// Older keys are not believed.
    pub max_stale: Duration,
    /// They are never fetched more often than this.
    pub min_refresh: Duration,
}

/// The keys of one issuer.
pub struct KeyStore {
    inner: Arc<Inner>,
}

struct Inner {
    location: Location,
    algorithms: Vec<Algorithm>,
    times: Times,
    fetch: Arc<dyn Fetch>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    keys: Arc<KeySet>,
    /// Changes with the keys.
    generation: u64,
    fetched: Option<Instant>,
    tried: Option<Instant>,
    /// Closed when the keys that are being fetched have come, or have not.
    fetching: Option<watch::Receiver<()>>,
}

/// A key, and the generation of the keys it is of.
#[derive(Debug, Clone)]
pub struct Found {
    /// The key.
    pub key: Key,
    /// The generation.
    pub generation: u64,
}

impl KeyStore {
    /// Keys from a place, not yet fetched.
    pub fn new(location: Location, algorithms: Vec<Algorithm>, times: Times, fetch: Arc<dyn Fetch>) -> KeyStore {
        KeyStore { inner: Arc::new(Inner { location, algorithms, times, fetch, state: Mutex::default() }) }
    }

    /// The key with this id.
    pub async fn key(&self, id: &str, now: Instant) -> Result<Found, Reason> {
        if let Some(mut fetching) = self.inner.awaited(id, now) {
            // Nothing is ever sent: it ends when the fetch does, however that goes.
            let _ = fetching.changed().await;
        }
        let (state, times) = (self.inner.state(), &self.inner.times);
        let age = state.age(now).ok_or(Reason::KeysUnavailable)?;
        if age >= times.max_stale {
            return Err(Reason::KeysStale);
        }
        let key = state.keys.get(id).ok_or(Reason::KeyUnknown)?;
        Ok(Found { key: key.clone(), generation: state.generation })
    }

    /// Whether keys of this generation are the current ones and still believed.
    pub fn is_current(&self, generation: u64, now: Instant) -> bool {
        let state = self.inner.state();
        state.generation == generation && state.age(now).is_some_and(|age| age < self.inner.times.refresh)
    }
}

impl Inner {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has the keys fetched if they should be; gives what a request for this key has to wait for.
    fn awaited(self: &Arc<Inner>, id: &str, now: Instant) -> Option<watch::Receiver<()>> {
        let mut state = self.state();
        let (age, is_known) = (state.age(now), state.keys.get(id).is_some());
        if is_known && age.is_some_and(|age| age < self.times.refresh) {
            return None;
        }
        let since_tried = state.tried.map(|tried| now.saturating_duration_since(tried));
        let is_stale = age.is_none_or(|age| age >= self.times.max_stale);
        let was_quiet = since_tried.is_none_or(|since| since >= self.times.refresh.saturating_mul(2));
        // A fetch that panicked has closed its end, too.
        let under_way = state.fetching.clone().filter(|fetching| fetching.has_changed().is_ok());
        let fetching = match under_way {
            Some(fetching) => Some(fetching),
            None if since_tried.is_some_and(|since| since < self.times.min_refresh) => None,
            None => {
                let (over, fetching) = watch::channel(());
                (state.tried, state.fetching) = (Some(now), Some(fetching.clone()));
                tokio::spawn(self.clone().refresh(now, over));
                Some(fetching)
            }
        };
        fetching.filter(|_| !is_known || is_stale || was_quiet)
    }

    /// Fetches the keys. `over` is dropped at the end.
    async fn refresh(self: Arc<Inner>, now: Instant, over: watch::Sender<()>) {
        let fetched = self.fetch.fetch(&self.location).await;
        let keys = fetched
            .and_then(|text| KeySet::read(&text, &self.algorithms).map_err(|_| "what came is no key set".to_owned()));
        let mut state = self.state();
        match keys {
            Ok(keys) => {
                if keys.left_out() > 0 {
                    tracing::warn!(target: "mcpz", left_out = keys.left_out(), "keys of an issuer are not usable");
                }
                state.keys = Arc::new(keys);
                state.fetched = Some(now);
                state.generation = state.generation.wrapping_add(1);
            }
            Err(error) => tracing::error!(target: "mcpz", error, "an issuer's keys could not be fetched"),
        }
        state.fetching = None;
        drop(state);
        drop(over);
    }
}

impl State {
    fn age(&self, now: Instant) -> Option<Duration> {
        self.fetched.map(|fetched| now.saturating_duration_since(fetched))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    const TIMES: Times = Times {
        refresh: Duration::from_secs(600),
        max_stale: Duration::from_secs(3600),
        min_refresh: Duration::from_secs(30),
    };

    /// An issuer whose keys are switched.
    #[derive(Default)]
    struct Issuer {
        ids: Mutex<Option<Vec<&'static str>>>,
        asked: AtomicUsize,
    }

    impl Issuer {
        fn has(&self, ids: &[&'static str]) {
            *self.ids.lock().unwrap() = Some(ids.to_vec());
        }
        fn fails(&self) {
            *self.ids.lock().unwrap() = None;
        }
        fn asked(&self) -> usize {
            self.asked.load(Ordering::SeqCst)
        }
    }

    impl Fetch for Arc<Issuer> {
        fn fetch<'a>(&'a self, _: &'a Location) -> Pin<Box<dyn Future<Output = Result<Vec<u8>, String>> + Send + 'a>> {
            self.asked.fetch_add(1, Ordering::SeqCst);
            let ids = self.ids.lock().unwrap().clone();
            Box::pin(async move {
                tokio::task::yield_now().await;
                let key = |id| {
                    format!(
                        r#"{{"kty":"OKP","crv":"Ed25519","kid":"{id}","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}}"#
                    )
                };
                let keys: Vec<String> = ids.ok_or("down")?.into_iter().map(key).collect();
                Ok(format!("{{\"keys\":[{}]}}", keys.join(",")).into_bytes())
            })
        }
    }

    /// A store with a clock.
    #[derive(Clone)]
    struct Clocked {
        store: Arc<KeyStore>,
        began: Instant,
    }

    impl Clocked {
        fn at(&self, after_s: u64) -> Instant {
            self.began + Duration::from_secs(after_s)
        }

        async fn key(&self, id: &str, after_s: u64) -> Result<Found, Reason> {
            self.store.key(id, self.at(after_s)).await
        }

        /// Once nothing is under way any more.
        async fn settled(&self) {
            let fetching = self.store.inner.state().fetching.clone();
            if let Some(mut fetching) = fetching {
                let _ = fetching.changed().await;
            }
        }
    }

    fn store() -> (Arc<Issuer>, Clocked) {
        let issuer = Arc::new(Issuer::default());
        issuer.has(&["a"]);
        let location = Location::Url("https://id.example/jwks".into());
        let store = KeyStore::new(location, vec![Algorithm::EdDSA], TIMES, Arc::new(issuer.clone()));
        (issuer, Clocked { store: Arc::new(store), began: Instant::now() })
    }

    #[tokio::test]
    async fn keys_are_fetched_once_and_again_when_old() {
        let (issuer, clocked) = store();
        let first = clocked.key("a", 1000).await.unwrap().generation;
        clocked.key("a", 1500).await.unwrap();
        assert_eq!(issuer.asked(), 1);
        assert!(clocked.store.is_current(first, clocked.at(1599)));
        assert!(!clocked.store.is_current(first, clocked.at(1600)));
        assert_eq!(clocked.key("a", 1600).await.unwrap().generation, first, "nobody waits for keys that serve");
        clocked.settled().await;
        assert_eq!(issuer.asked(), 2);
        assert!(!clocked.store.is_current(first, clocked.at(1600)));
    }

    #[tokio::test]
    async fn after_a_quiet_time_a_key_that_was_withdrawn_is_not_believed() {
        let (issuer, clocked) = store();
        clocked.key("a", 0).await.unwrap();
        issuer.has(&["b"]);
        assert!(clocked.key("a", 600).await.is_ok(), "served while they are fetched");
        clocked.settled().await;
        assert_eq!(clocked.key("a", 601).await.unwrap_err(), Reason::KeyUnknown);
        issuer.has(&["a"]);
        assert_eq!(clocked.key("b", 1800).await.unwrap_err(), Reason::KeyUnknown, "nobody asked for long");
    }

    #[tokio::test]
    async fn a_client_that_goes_away_ends_no_fetch() {
        let (issuer, clocked) = store();
        let mut asking = Box::pin(clocked.key("a", 0));
        assert!(futures_util::poll!(&mut asking).is_pending());
        drop(asking);
        clocked.settled().await;
        assert!(clocked.key("a", 1).await.is_ok());
        issuer.fails();
        let mut asking = Box::pin(clocked.key("x", 40));
        assert!(futures_util::poll!(&mut asking).is_pending());
        drop(asking);
        clocked.settled().await;
        assert_eq!(clocked.key("x", 41).await.unwrap_err(), Reason::KeyUnknown);
        assert_eq!(issuer.asked(), 2, "what was tried was tried");
    }

    #[tokio::test]
    async fn many_callers_fetch_once() {
        let (issuer, clocked) = store();
        let tasks: Vec<_> = (0..50)
            .map(|_| {
                let clocked = clocked.clone();
                tokio::spawn(async move { clocked.key("a", 1000).await.is_ok() })
            })
            .collect();
        for task in tasks {
            assert!(task.await.unwrap());
        }
        assert_eq!(issuer.asked(), 1);
    }

    #[tokio::test]
    async fn a_new_key_is_found_by_one_more_fetch() {
        let (issuer, clocked) = store();
        clocked.key("a", 1000).await.unwrap();
        issuer.has(&["b"]);
        assert!(clocked.key("b", 1031).await.is_ok());
        assert_eq!(clocked.key("a", 1031).await.unwrap_err(), Reason::KeyUnknown, "a key that was withdrawn");
    }

    #[tokio::test]
    async fn made_up_key_ids_do_not_make_it_fetch() {
        let (issuer, clocked) = store();
        clocked.key("a", 1000).await.unwrap();
        for made_up in ["x", "y", "z", "x"] {
            assert_eq!(clocked.key(made_up, 1010).await.unwrap_err(), Reason::KeyUnknown);
        }
        assert_eq!(issuer.asked(), 1, "within min_refresh");
        for made_up in ["x", "x", "y", "x"] {
            assert_eq!(clocked.key(made_up, 1040).await.unwrap_err(), Reason::KeyUnknown);
        }
        assert_eq!(issuer.asked(), 2, "once more, for all of them");
    }

    #[tokio::test]
    async fn stale_keys_deny() {
        let (issuer, clocked) = store();
        clocked.key("a", 1000).await.unwrap();
        issuer.fails();
        assert!(clocked.key("a", 1700).await.is_ok(), "old keys serve while the issuer is down");
        clocked.settled().await;
        assert!(clocked.key("a", 4599).await.is_ok());
        assert_eq!(clocked.key("a", 4600).await.unwrap_err(), Reason::KeysStale);
        issuer.has(&["a"]);
        assert_eq!(clocked.key("a", 4610).await.unwrap_err(), Reason::KeysStale, "tried too lately");
        assert!(clocked.key("a", 4640).await.is_ok());
    }

    #[tokio::test]
    async fn keys_that_were_never_there_deny() {
        let (issuer, clocked) = store();
        issuer.fails();
        assert_eq!(clocked.key("a", 1000).await.unwrap_err(), Reason::KeysUnavailable);
        assert_eq!(clocked.key("a", 1010).await.unwrap_err(), Reason::KeysUnavailable);
        assert_eq!(issuer.asked(), 1);
    }
}
