//! An issuer's keys over time: fetched, kept, fetched again, and no longer believed when they are old.
//!
//! A token with an unknown key asks for the keys once more, since issuers change keys; but not more often than
//! `min_refresh`, so that made-up key ids cannot make the gateway fetch all the time. Keys that could not be fetched again
//! for `max_stale` are not used any more.

use super::keys::{Key, KeySet};
use super::reason::Reason;
use jsonwebtoken::Algorithm;
use std::collections::BTreeMap;
use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

/// Most key ids remembered as unknown.
const MAX_UNKNOWN: usize = 1000;

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

/// How long keys are believed, milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    /// Older keys are fetched again.
    pub refresh_ms: i64,
    /// Older keys are not believed.
    pub max_stale_ms: i64,
    /// They are never fetched more often than this.
    pub min_refresh_ms: i64,
}

/// The keys of one issuer.
pub struct KeyStore {
    location: Location,
    algorithms: Vec<Algorithm>,
    times: Times,
    fetch: Arc<dyn Fetch>,
    state: Mutex<State>,
    /// Held while keys are fetched, so that they are fetched once.
    fetching: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default, Clone)]
struct State {
    keys: Arc<KeySet>,
    /// Changes with the keys.
    generation: u64,
    fetched_ms: Option<i64>,
    tried_ms: Option<i64>,
    /// Key ids that the issuer did not have, and until when that is believed.
    unknown: BTreeMap<String, i64>,
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
        let (state, fetching) = (Mutex::new(State::default()), tokio::sync::Mutex::new(()));
        KeyStore { location, algorithms, times, fetch, state, fetching }
    }

    /// The key with this id.
    pub async fn key(&self, id: &str, now_ms: i64) -> Result<Found, Reason> {
        let before = self.state();
        let is_fresh = before.age_ms(now_ms).is_some_and(|age| age < self.times.refresh_ms);
        let is_known = before.keys.get(id).is_some();
        if !is_known && before.is_unknown(id, now_ms) && before.fetched_ms.is_some() {
            return Err(Reason::KeyUnknown);
        }
        if !is_known || !is_fresh {
            self.refresh(&before, now_ms).await;
        }
        let after = self.state();
        let age = after.age_ms(now_ms).ok_or(Reason::KeysUnavailable)?;
        if age >= self.times.max_stale_ms {
            return Err(Reason::KeysStale);
        }
        match after.keys.get(id) {
            Some(key) => Ok(Found { key: key.clone(), generation: after.generation }),
            None => {
                if after.fetched_ms == Some(now_ms) {
                    self.remember_unknown(id, now_ms);
                }
                Err(Reason::KeyUnknown)
            }
        }
    }

    /// Whether keys of this generation are the current ones and still believed.
    pub fn is_current(&self, generation: u64, now_ms: i64) -> bool {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.generation == generation && state.age_ms(now_ms).is_some_and(|age| age < self.times.refresh_ms)
    }

    fn state(&self) -> State {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Fetches the keys, unless somebody did since `before`, or tried lately.
    async fn refresh(&self, before: &State, now_ms: i64) {
        let _fetching = self.fetching.lock().await;
        let now = self.state();
        let was_fetched = now.generation != before.generation || now.tried_ms != before.tried_ms;
        let too_soon = now.tried_ms.is_some_and(|tried| now_ms.saturating_sub(tried) < self.times.min_refresh_ms);
        if was_fetched || too_soon {
            return;
        }
        let fetched = self.fetch.fetch(&self.location).await;
        let keys = fetched
            .and_then(|text| KeySet::read(&text, &self.algorithms).map_err(|_| "what came is no key set".to_owned()));
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.tried_ms = Some(now_ms);
        match keys {
            Ok(keys) => {
                if keys.left_out() > 0 {
                    tracing::warn!(target: "mcpz", left_out = keys.left_out(), "keys of an issuer are not usable");
                }
                state.keys = Arc::new(keys);
                state.fetched_ms = Some(now_ms);
                state.generation = state.generation.wrapping_add(1);
                state.unknown.clear();
            }
            Err(error) => tracing::error!(target: "mcpz", error, "an issuer's keys could not be fetched"),
        }
    }

    fn remember_unknown(&self, id: &str, now_ms: i64) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.unknown.len() >= MAX_UNKNOWN {
            state.unknown.clear();
        }
        state.unknown.insert(id.to_owned(), now_ms.saturating_add(self.times.min_refresh_ms));
    }
}

impl State {
    fn age_ms(&self, now_ms: i64) -> Option<i64> {
        self.fetched_ms.map(|fetched| now_ms.saturating_sub(fetched))
    }

    fn is_unknown(&self, id: &str, now_ms: i64) -> bool {
        self.unknown.get(id).is_some_and(|until| now_ms < *until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    const TIMES: Times = Times { refresh_ms: 600, max_stale_ms: 3600, min_refresh_ms: 30 };

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

    fn store() -> (Arc<Issuer>, Arc<KeyStore>) {
        let issuer = Arc::new(Issuer::default());
        issuer.has(&["a"]);
        let location = Location::Url("https://id.example/jwks".into());
        let store = KeyStore::new(location, vec![Algorithm::EdDSA], TIMES, Arc::new(issuer.clone()));
        (issuer, Arc::new(store))
    }

    #[tokio::test]
    async fn keys_are_fetched_once_and_again_when_old() {
        let (issuer, store) = store();
        let first = store.key("a", 1000).await.unwrap().generation;
        store.key("a", 1500).await.unwrap();
        assert_eq!(issuer.asked(), 1);
        assert!(store.is_current(first, 1599));
        assert!(!store.is_current(first, 1600));
        store.key("a", 1600).await.unwrap();
        assert_eq!(issuer.asked(), 2);
        assert!(!store.is_current(first, 1600));
    }

    #[tokio::test]
    async fn many_callers_fetch_once() {
        let (issuer, store) = store();
        let tasks: Vec<_> = (0..50)
            .map(|_| {
                let store = store.clone();
                tokio::spawn(async move { store.key("a", 1000).await.is_ok() })
            })
            .collect();
        for task in tasks {
            assert!(task.await.unwrap());
        }
        assert_eq!(issuer.asked(), 1);
    }

    #[tokio::test]
    async fn a_new_key_is_found_by_one_more_fetch() {
        let (issuer, store) = store();
        store.key("a", 1000).await.unwrap();
        issuer.has(&["b"]);
        assert!(store.key("b", 1031).await.is_ok());
        assert_eq!(store.key("a", 1031).await.unwrap_err(), Reason::KeyUnknown, "a key that was withdrawn");
    }

    #[tokio::test]
    async fn made_up_key_ids_do_not_make_it_fetch() {
        let (issuer, store) = store();
        store.key("a", 1000).await.unwrap();
        for made_up in ["x", "y", "z", "x"] {
            assert_eq!(store.key(made_up, 1010).await.unwrap_err(), Reason::KeyUnknown);
        }
        assert_eq!(issuer.asked(), 1, "within min_refresh");
        for made_up in ["x", "x", "y", "x"] {
            assert_eq!(store.key(made_up, 1040).await.unwrap_err(), Reason::KeyUnknown);
        }
        assert_eq!(issuer.asked(), 2, "once more, for all of them");
    }

    #[tokio::test]
    async fn stale_keys_deny() {
        let (issuer, store) = store();
        store.key("a", 1000).await.unwrap();
        issuer.fails();
        assert!(store.key("a", 1700).await.is_ok(), "old keys serve while the issuer is down");
        assert!(store.key("a", 4599).await.is_ok());
        assert_eq!(store.key("a", 4600).await.unwrap_err(), Reason::KeysStale);
        issuer.has(&["a"]);
        assert_eq!(store.key("a", 4610).await.unwrap_err(), Reason::KeysStale, "tried too lately");
        assert!(store.key("a", 4640).await.is_ok());
    }

    #[tokio::test]
    async fn keys_that_were_never_there_deny() {
        let (issuer, store) = store();
        issuer.fails();
        assert_eq!(store.key("a", 1000).await.unwrap_err(), Reason::KeysUnavailable);
        assert_eq!(store.key("a", 1010).await.unwrap_err(), Reason::KeysUnavailable);
        assert_eq!(issuer.asked(), 1);
    }
}
