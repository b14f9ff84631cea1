//! Issuers with keys, tokens signed or forged with them, and a verifier that trusts the issuers.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use mcpz_compiler::source::{MemoryProvider, PackageInput, Workspace};
use mcpz_compiler::{BuildOptions, build, check};
use mcpz_gateway::identity::store::{Fetch, Location};
use mcpz_gateway::identity::{Config, Issuer, Presented, Reason, Verifier};
use mcpz_gateway::policy::{Material, Snapshot};
use mcpz_gateway::verified::Verified;
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair,
    RsaPublicKeyComponents,
};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

/// What the clock says.
pub const NOW_S: i64 = 1_772_445_600;
/// Keys are fetched again when they are older than this.
pub const REFRESH_S: i64 = 100;
/// The resource.
const RESOURCE: &str = "https://mcp.acme.example";

pub const POLICY: &str = r#"
issuer corp {
  url "https://id.acme.example"
  audience "https://mcp.acme.example"
  lifetime 15m
  claims { groups: set<string> }
}
issuer partner {
  url "https://id.partner.example"
  audience "https://mcp.acme.example"
  claims { groups: set<string> }
}
issuer careful {
  url "https://id.careful.example"
  audience "https://mcp.acme.example"
  bound mtls | dpop
  claims { groups: set<string> }
}
user employee from corp where claims.sub like "user:*"
agent copilot from corp where claims.sub like "agent:*" acts for employee
agent batch from mtls where spiffe == "spiffe://acme.example/agents/batch"
"#;

/// Who signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signer {
    /// acme's key `ec`.
    Ec,
    /// acme's key `ed`.
    Ed,
    /// acme's key `rsa`.
    Rsa,
    /// The partner's key.
    Partner,
    /// A key that nobody knows.
    Stranger,
    /// HMAC with acme's public key `ec` as the secret.
    HmacOfPublic,
}

struct Keys {
    ec: EcdsaKeyPair,
    partner: EcdsaKeyPair,
    stranger: EcdsaKeyPair,
    ed: Ed25519KeyPair,
    rsa: RsaKeyPair,
}

static KEYS: LazyLock<Keys> = LazyLock::new(|| {
    let random = SystemRandom::new();
    let ec = || {
        let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
        EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, document.as_ref(), &random).unwrap()
    };
    let ed = Ed25519KeyPair::generate_pkcs8(&random).unwrap();
    Keys {
        ec: ec(),
        partner: ec(),
        stranger: ec(),
        ed: Ed25519KeyPair::from_pkcs8(ed.as_ref()).unwrap(),
        // A key made for these tests and used nowhere else.
        rsa: RsaKeyPair::from_der(include_bytes!("rsa.der")).unwrap(),
    }
});

static SNAPSHOT: LazyLock<Snapshot> = LazyLock::new(|| snapshot(&material(POLICY, &[]), 0));
/// When the tests began, as the clock says that nobody sets.
static BEGAN: LazyLock<Instant> = LazyLock::new(Instant::now);

/// What a policy and its data make.
pub fn snapshot(material: &Material, generation: u64) -> Snapshot {
    Snapshot::of(material, generation).unwrap()
}

/// A policy, with files beside it.
pub fn material(policy: &str, beside: &[(&str, &str)]) -> Material {
    let files: BTreeMap<String, Vec<u8>> = [
        ("mcpz.toml", "[package]\nname = \"example\"\nversion = \"1.0.0\"\nedition = \"2026\"\n"),
        ("mcpz.lock", "version = 1\n"),
        ("policy/main.mcpz", policy),
    ]
    .iter()
    .chain(beside)
    .map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec()))
    .collect();
    let root = PackageInput::new("", MemoryProvider::new(files));
    let checked = check(&Workspace::gather(root, Vec::new(), &|_| None));
    let messages: Vec<String> = checked.diagnostics.iter().map(|found| found.message.clone()).collect();
    let program = checked.program.unwrap_or_else(|| panic!("{messages:?}"));
    let built = build(&program, &BuildOptions::default()).unwrap_or_else(|found| panic!("{found:?} {messages:?}"));
    Material { bundle: built.bytes, ..Material::default() }
}

/// base64url.
pub fn encode(text: &str) -> String {
    encode_bytes(text.as_bytes())
}

/// base64url.
pub fn encode_bytes(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The bytes of base64url.
pub fn decode(text: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text).unwrap()
}

/// The header of a good token.
pub fn header(signer: Signer) -> Map<String, Value> {
    let (alg, kid) = match signer {
        Signer::Ed => ("EdDSA", "ed"),
        Signer::Rsa => ("RS256", "rsa"),
        _ => ("ES256", "ec"),
    };
    json!({"alg": alg, "typ": "at+jwt", "kid": kid}).as_object().unwrap().clone()
}

/// The claims of a good token.
pub fn claims() -> Value {
    json!({
        "iss": "https://id.acme.example", "aud": "https://mcp.acme.example", "sub": "user:ann", "client_id": "client-1",
        "jti": "t-1", "iat": NOW_S - 10, "exp": NOW_S + 300, "scope": "read write", "groups": ["analysts"],
    })
}

/// A token of these texts.
pub fn token(header: &str, claims: &str, signer: Signer) -> String {
    let signed = format!("{}.{}", encode(header), encode(claims));
    let signature = sign(signed.as_bytes(), signer);
    format!("{signed}.{}", encode_bytes(&signature))
}

fn sign(message: &[u8], signer: Signer) -> Vec<u8> {
    let random = SystemRandom::new();
    let ec = |key: &EcdsaKeyPair| key.sign(&random, message).unwrap().as_ref().to_vec();
    match signer {
        Signer::Ec => ec(&KEYS.ec),
        Signer::Partner => ec(&KEYS.partner),
        Signer::Stranger => ec(&KEYS.stranger),
        Signer::Ed => KEYS.ed.sign(message).as_ref().to_vec(),
        Signer::Rsa => {
            let mut signature = vec![0; KEYS.rsa.public().modulus_len()];
            KEYS.rsa.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature).unwrap();
            signature
        }
        Signer::HmacOfPublic => {
            let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, KEYS.ec.public_key().as_ref());
            ring::hmac::sign(&key, message).as_ref().to_vec()
        }
    }
}

/// A signature of 64 bytes as X.509 has it.
pub fn der(raw: &[u8]) -> Vec<u8> {
    let integer = |bytes: &[u8]| {
        let mut content = bytes.to_vec();
        content.insert(0, 0);
        [vec![2, u8::try_from(content.len()).unwrap()], content].concat()
    };
    let content = [integer(&raw[..32]), integer(&raw[32..])].concat();
    [vec![0x30, u8::try_from(content.len()).unwrap()], content].concat()
}

fn ec_jwk(key: &EcdsaKeyPair) -> Value {
    let point = key.public_key().as_ref();
    json!({"kty": "EC", "crv": "P-256", "x": encode_bytes(&point[1..33]), "y": encode_bytes(&point[33..])})
}

fn named(mut key: Value, kid: &str) -> Value {
    key["kid"] = json!(kid);
    key
}

/// The issuers' key sets.
#[derive(Debug, Default)]
pub struct KeySets {
    withdrawn: AtomicBool,
}

impl KeySets {
    /// From now on acme has other keys.
    pub fn withdraw(&self) {
        self.withdrawn.store(true, Ordering::SeqCst);
    }

    fn text(&self, url: &str) -> String {
        let rsa = json!({
            "kty": "RSA", "n": encode_bytes(&RsaPublicKeyComponents::<Vec<u8>>::from(KEYS.rsa.public()).n),
            "e": "AQAB",
        });
        let ed = json!({"kty": "OKP", "crv": "Ed25519", "x": encode_bytes(KEYS.ed.public_key().as_ref())});
        let mut encrypting = named(ec_jwk(&KEYS.ec), "enc");
        encrypting["use"] = json!("enc");
        let keys = match url {
            "https://id.partner.example/jwks" => vec![named(ec_jwk(&KEYS.partner), "partner-ec")],
            _ if self.withdrawn.load(Ordering::SeqCst) => vec![named(ec_jwk(&KEYS.stranger), "new")],
            _ => vec![
                named(ec_jwk(&KEYS.ec), "ec"),
                named(ed, "ed"),
                named(rsa, "rsa"),
                named(json!({"kty": "oct", "k": encode_bytes(KEYS.ec.public_key().as_ref())}), "oct"),
                encrypting,
                named(ec_jwk(&KEYS.ec), "twice"),
                named(ec_jwk(&KEYS.stranger), "twice"),
            ],
        };
        json!({"keys": keys}).to_string()
    }
}

/// Gives key sets by URL.
struct Served(Arc<KeySets>);

impl Fetch for Served {
    fn fetch<'a>(
        &'a self,
        location: &'a Location,
    ) -> Pin<Box<dyn Future<Output = Result<Vec<u8>, String>> + Send + 'a>> {
        let Location::Url(url) = location else { panic!("{location:?}") };
        Box::pin(std::future::ready(Ok(self.0.text(url).into_bytes())))
    }
}

/// A verifier and the keys that it fetches.
pub struct Bench {
    verifier: Verifier,
    pub keys: Arc<KeySets>,
}

fn config() -> Config {
    let issuer = |host: &str| Issuer {
        jwks_url: Some(format!("https://{host}/jwks")),
        jwks_file: None,
        algorithms: ["ES256", "EdDSA", "RS256"].map(str::to_owned).to_vec(),
        ca_file: None,
        refresh_s: u32::try_from(REFRESH_S).unwrap(),
        max_stale_s: 3600,
        min_refresh_s: 1,
        shared_audience: false,
        allow_http_loopback: false,
        mfa_acr: vec!["urn:acme:two".to_owned()],
        mfa_amr: vec!["mfa".to_owned()],
    };
    let issuers = [("corp", "id.acme.example"), ("partner", "id.partner.example"), ("careful", "id.careful.example")];
    let issuers = issuers.into_iter().map(|(name, host)| (name.to_owned(), issuer(host))).collect();
    Config { issuers, ..Config::default() }
}

/// A fresh verifier.
pub fn bench() -> Bench {
    bench_of(&config())
}

/// One that lets anonymous callers in.
pub fn anonymous_bench() -> Bench {
    bench_of(&Config { anonymous: true, ..config() })
}

fn bench_of(config: &Config) -> Bench {
    let keys = Arc::new(KeySets::default());
    Bench { verifier: Verifier::with_fetch(config, Arc::new(Served(keys.clone()))).unwrap(), keys }
}

/// The metadata of a resource.
pub fn metadata(resource: &str) -> Vec<u8> {
    mcpz_gateway::identity::metadata(&config(), &SNAPSHOT.program, resource)
}

impl Bench {
    /// Shows a credential.
    pub async fn verify(&self, attempt: &Attempt) -> Result<Arc<Verified>, Reason> {
        self.verify_under(&SNAPSHOT, attempt).await
    }

    /// Shows a credential under another policy.
    pub async fn verify_under(&self, snapshot: &Snapshot, attempt: &Attempt) -> Result<Arc<Verified>, Reason> {
        let since = Duration::from_secs(u64::try_from(attempt.now_s - NOW_S).unwrap_or(0));
        let shown = Presented {
            headers: &attempt.headers,
            certificate: attempt.certificate.as_deref(),
            method: &Method::POST,
            resource: RESOURCE,
            now_ms: attempt.now_s * 1000,
            at: *BEGAN + since,
        };
        self.verifier.verify(snapshot, shown).await.map_err(|error| error.0)
    }
}

/// What a request shows.
#[derive(Debug, Clone)]
pub struct Attempt {
    headers: HeaderMap,
    certificate: Option<Vec<u8>>,
    now_s: i64,
}

impl Attempt {
    /// A token.
    pub fn bearer(token: impl Into<String>) -> Attempt {
        let attempt = Attempt { headers: HeaderMap::new(), certificate: None, now_s: NOW_S };
        attempt.header("authorization", &format!("Bearer {}", token.into()))
    }

    /// With a header in the place of what there was.
    pub fn header(mut self, name: &'static str, value: &str) -> Attempt {
        let value =
            HeaderValue::from_bytes(value.as_bytes()).unwrap_or_else(|_| HeaderValue::from_static("Bearer \u{9}x"));
        self.headers.insert(HeaderName::from_static(name), value);
        self
    }

    /// With a header besides.
    pub fn also(mut self, name: &'static str, value: &str) -> Attempt {
        self.headers.append(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
        self
    }

    /// Without a header.
    pub fn without(mut self, name: &'static str) -> Attempt {
        self.headers.remove(name);
        self
    }

    /// With a client certificate.
    pub fn certificate(mut self, der: &[u8]) -> Attempt {
        self.certificate = Some(der.to_vec());
        self
    }

    /// At another time.
    pub fn at(mut self, now_s: i64) -> Attempt {
        self.now_s = now_s;
        self
    }

    /// A header's text.
    pub fn get(&self, name: &str) -> String {
        self.headers[name].to_str().unwrap().to_owned()
    }
}

fn with(claim: &str, value: Value, iss: &str) -> String {
    let mut claims = claims();
    claims["iss"] = json!(iss);
    claims[claim] = value;
    token(&Value::Object(header(Signer::Ec)).to_string(), &claims.to_string(), Signer::Ec)
}

/// A token bound to a certificate.
pub fn bound_to_certificate(der: &[u8]) -> String {
    let digest = encode_bytes(&Sha256::digest(der));
    with("cnf", json!({"x5t#S256": digest}), "https://id.careful.example")
}

/// A token that is not bound, of an issuer whose tokens must be.
pub fn of_binding_issuer() -> String {
    with("jti", json!("t"), "https://id.careful.example")
}

/// A proof of possession.
#[derive(Debug, Clone)]
pub struct Proof {
    pub method: &'static str,
    pub url: &'static str,
    pub at_s: i64,
    /// Empty: the token it comes with.
    pub of_token: &'static str,
    pub signer: Signer,
    pub shows: Signer,
    pub kind: &'static str,
    pub with_secret: bool,
    pub id: &'static str,
    pub algorithm: &'static str,
}

impl Default for Proof {
    fn default() -> Proof {
        Proof {
            method: "POST",
            url: RESOURCE,
            at_s: NOW_S,
            of_token: "",
            signer: Signer::Partner,
            shows: Signer::Partner,
            kind: "dpop+jwt",
            with_secret: false,
            id: "p-1",
            algorithm: "ES256",
        }
    }
}

/// A token bound to the partner's key, with a proof.
pub fn bound_to_key(proof: &Proof) -> Attempt {
    let canonical = |key: &Value| {
        let text = |name: &str| key[name].as_str().unwrap();
        format!(r#"{{"crv":"{}","kty":"{}","x":"{}","y":"{}"}}"#, text("crv"), text("kty"), text("x"), text("y"))
    };
    let bound_to = canonical(&ec_jwk(&KEYS.partner));
    let token_text = with("cnf", json!({"jkt": encode_bytes(&Sha256::digest(bound_to))}), "https://id.careful.example");
    let mut key = ec_jwk(if proof.shows == Signer::Stranger { &KEYS.stranger } else { &KEYS.partner });
    if proof.with_secret {
        key["d"] = json!("AAAA");
    }
    let header = json!({"alg": proof.algorithm, "typ": proof.kind, "jwk": key});
    let of = if proof.of_token.is_empty() { token_text.as_str() } else { proof.of_token };
    let claims = json!({
        "htm": proof.method, "htu": proof.url, "iat": proof.at_s, "jti": proof.id,
        "ath": encode_bytes(&Sha256::digest(of)),
    });
    let text = token(&header.to_string(), &claims.to_string(), proof.signer);
    Attempt::bearer("").header("authorization", &format!("DPoP {token_text}")).also("dpop", &text)
}
