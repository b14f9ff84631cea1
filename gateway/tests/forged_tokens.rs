//! Forged, malformed and misused credentials, each refused with its reason; and good ones, so that refusing everything
//! would not pass.

#[path = "identity/support.rs"]
mod support;

use mcpz_gateway::identity::Reason;
use mcpz_runtime::principal::{LinkKind, LinkSource};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use support::{Attempt, Signer, bench, claims, encode, encode_bytes, header, token};

/// One credential that must be refused.
struct Case {
    name: String,
    attempt: Attempt,
    reason: Reason,
}

fn case(name: impl Into<String>, token: impl Into<String>, reason: Reason) -> Case {
    Case { name: name.into(), attempt: Attempt::bearer(token), reason }
}

/// A good token with its header changed.
fn with_header(name: &str, value: Value) -> String {
    let mut header = header(Signer::Ec);
    match value {
        Value::Null => drop(header.remove(name)),
        value => drop(header.insert(name.to_owned(), value)),
    }
    token(&Value::Object(header).to_string(), &claims().to_string(), Signer::Ec)
}

/// A good token with a claim changed; `null` takes it out.
fn with_claim(name: &str, value: Value) -> String {
    let mut claims = claims();
    let fields = claims.as_object_mut().unwrap();
    match value {
        Value::Null => drop(fields.remove(name)),
        value => drop(fields.insert(name.to_owned(), value)),
    }
    good(&claims.to_string())
}

/// A good token with these claims, as text.
fn good(claims: &str) -> String {
    token(&Value::Object(header(Signer::Ec)).to_string(), claims, Signer::Ec)
}

fn head() -> String {
    Value::Object(header(Signer::Ec)).to_string()
}

fn forms() -> Vec<Case> {
    let token = good(&claims().to_string());
    let parts: Vec<&str> = token.split('.').collect();
    let [head, body, signature] = parts[..] else { panic!() };
    let mut cases = Vec::new();
    for (name, text, reason) in [
        ("one part", head.to_owned(), Reason::TokenForm),
        ("two parts", format!("{head}.{body}"), Reason::TokenForm),
        ("four parts", format!("{token}.{signature}"), Reason::TokenForm),
        ("five parts, as encrypted tokens have", format!("{token}.{body}.{signature}"), Reason::TokenForm),
        ("empty header", format!(".{body}.{signature}"), Reason::TokenForm),
        ("empty claims", format!("{head}..{signature}"), Reason::TokenForm),
        ("dots alone", "..".to_owned(), Reason::TokenForm),
        ("no signature", format!("{head}.{body}."), Reason::AlgorithmNone),
        ("a token of 17 KiB", format!("{head}.{}.{signature}", "A".repeat(17 << 10)), Reason::TokenTooLong),
        ("padding behind the header", format!("{head}=.{body}.{signature}"), Reason::TokenEncoding),
        ("padding behind the claims", format!("{head}.{body}==.{signature}"), Reason::TokenEncoding),
        ("padding behind the signature", format!("{token}="), Reason::TokenEncoding),
        ("plus in the place of minus", format!("{head}.{body}.{}+", &signature[1..]), Reason::TokenEncoding),
        ("slash in the place of underscore", format!("{head}.{body}.{}/", &signature[1..]), Reason::TokenEncoding),
        ("a percent sign", format!("{head}.{body}.%41{}", &signature[3..]), Reason::TokenEncoding),
        ("stray bits in the last character", format!("{head}.{body}.{}", stray(signature)), Reason::TokenEncoding),
        ("a character too many", format!("{head}.{body}.{signature}AAA"), Reason::TokenEncoding),
        ("header in standard alphabet with a NUL", format!("AA\u{7f}.{body}.{signature}"), Reason::Authorization),
        ("a space within", format!("{head}. {body}.{signature}"), Reason::Authorization),
        ("JSON serialisation", "{\"payload\":\"\",\"signatures\":[]}".to_owned(), Reason::TokenForm),
    ] {
        cases.push(case(name, text, reason));
    }
    cases
}

/// The last character of 64 bytes holds two bits: sets one of the four that must be zero.
fn stray(signature: &str) -> String {
    let last = signature.chars().next_back().unwrap();
    let next = match last {
        'A' => 'B',
        'Q' => 'R',
        'g' => 'h',
        _ => 'x',
    };
    format!("{}{next}", &signature[..signature.len() - 1])
}

fn json_texts() -> Vec<Case> {
    let text = claims().to_string();
    let put = |extra: &str| text.replacen('{', &format!("{{{extra},"), 1);
    let deep = format!("\"x\":{}{}", "[".repeat(30), "]".repeat(30));
    let wide = format!("\"x\":[{}1]", "1,".repeat(3000));
    let mut cases = Vec::new();
    for (name, claims) in [
        ("issuer twice", put("\"iss\":\"https://id.acme.example\"")),
        ("issuer twice, another", put("\"iss\":\"https://evil.example\"")),
        ("subject twice", put("\"sub\":\"user:root\"")),
        ("audience twice", put("\"aud\":\"https://other.example\"")),
        ("expiry twice", put("\"exp\":99999999999")),
        ("subject twice, one escaped", put("\"s\\u0075b\":\"user:root\"")),
        ("groups twice", put("\"groups\":[\"sre\"]")),
        ("a key twice within a claim", put("\"x\":{\"a\":1,\"a\":2}")),
        ("a key twice within act", put("\"act\":{\"sub\":\"agent:a\",\"sub\":\"agent:b\"}")),
        ("a key with NUL", put("\"sub\\u0000\":\"user:root\"")),
        ("a lone surrogate", put("\"x\":\"\\ud800\"")),
        ("deep nesting", put(&deep)),
        ("three thousand values", put(&wide)),
        ("a comment", put("/* */\"x\":1")),
        ("NaN", put("\"x\":NaN")),
        ("a number without end", put(&format!("\"x\":{}", "9".repeat(400)))),
        ("text behind the claims", format!("{text}{text}")),
        ("a comma too many", text.replacen('}', ",}", 1)),
        ("a byte order mark", format!("\u{feff}{text}")),
        ("claims in a list", format!("[{text}]")),
        ("claims as a text", json!(text).to_string()),
        ("null for claims", "null".to_owned()),
        ("nothing for claims", " ".to_owned()),
    ] {
        cases.push(case(name, good(&claims), Reason::TokenJson));
    }
    let mut invalid = encode_bytes(b"{\"iss\":\"\xff\xfe\"}");
    invalid = format!("{}.{invalid}.{}", encode(&head()), "A".repeat(86));
    cases.push(case("claims that are no UTF-8", invalid, Reason::TokenJson));
    for (name, head) in [
        ("algorithm twice", head().replacen('{', "{\"alg\":\"none\",", 1)),
        ("algorithm twice, one escaped", head().replacen('{', "{\"\\u0061lg\":\"none\",", 1)),
        ("type twice", head().replacen('{', "{\"typ\":\"JWT\",", 1)),
        ("key id twice", head().replacen('{', "{\"kid\":\"ed\",", 1)),
        ("a deep header", head().replacen('{', "{\"x\":[[[[[[1]]]]]],", 1)),
        ("a header of 5 KiB", head().replacen('{', &format!("{{\"x\":\"{}\",", "y".repeat(5 << 10)), 1)),
        ("a header that is a list", "[]".to_owned()),
    ] {
        cases.push(case(name, token(&head, &text, Signer::Ec), Reason::TokenJson));
    }
    cases
}

fn algorithms() -> Vec<Case> {
    let mut cases = Vec::new();
    for name in ["none", "None", "NONE", "nOnE"] {
        cases.push(case(format!("alg {name}"), with_header("alg", json!(name)), Reason::AlgorithmNone));
    }
    for name in
        ["HS256", "HS384", "HS512", "ES256K", "es256", "ES256 ", "ES512", "RSA1_5", "dir", "A256KW", "Ed25519", ""]
    {
        cases.push(case(format!("alg `{name}`"), with_header("alg", json!(name)), Reason::Algorithm));
    }
    for value in [json!(["ES256"]), json!(256), json!({"alg": "ES256"}), json!(true), Value::Null] {
        cases.push(case(format!("alg {value}"), with_header("alg", value), Reason::Algorithm));
    }
    // Signed with the public key as if it were a secret: what libraries that do not pin the algorithm accept.
    let mut confused = header(Signer::Ec);
    confused.insert("alg".into(), json!("HS256"));
    let confused = Value::Object(confused).to_string();
    cases.push(case(
        "the public key as a secret",
        token(&confused, &claims().to_string(), Signer::HmacOfPublic),
        Reason::Algorithm,
    ));
    for (name, kid, reason) in [
        ("EdDSA", "ec", Reason::KeyAlgorithm),
        ("ES256", "ed", Reason::KeyAlgorithm),
        ("RS256", "ec", Reason::KeyAlgorithm),
        ("ES256", "rsa", Reason::KeyAlgorithm),
        ("PS256", "rsa", Reason::Algorithm),
        ("RS512", "rsa", Reason::Algorithm),
        ("ES384", "ec", Reason::Algorithm),
    ] {
        let head = json!({"alg": name, "typ": "at+jwt", "kid": kid}).to_string();
        cases.push(case(format!("alg {name} with key {kid}"), token(&head, &claims().to_string(), Signer::Ec), reason));
    }
    cases
}

fn headers() -> Vec<Case> {
    let mut cases = Vec::new();
    let evil_key = json!({"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"});
    for (name, value, reason) in [
        ("jku", json!("https://evil.example/jwks"), Reason::HeaderKey),
        ("jwk", evil_key, Reason::HeaderKey),
        ("x5u", json!("https://evil.example/cert"), Reason::HeaderKey),
        ("x5c", json!(["MIIB"]), Reason::HeaderKey),
        ("crit", json!(["exp"]), Reason::HeaderCritical),
        ("crit", json!(["b64"]), Reason::HeaderCritical),
        ("crit", json!([]), Reason::HeaderCritical),
        ("crit", json!("exp"), Reason::HeaderCritical),
        ("b64", json!(false), Reason::HeaderMember),
        ("zip", json!("DEF"), Reason::HeaderMember),
        ("cty", json!("JWT"), Reason::HeaderMember),
        ("enc", json!("A128GCM"), Reason::HeaderMember),
        ("epk", json!({}), Reason::HeaderMember),
        ("p2c", json!(1_000_000_000), Reason::HeaderMember),
    ] {
        cases.push(case(format!("header {name} {value}"), with_header(name, value), reason));
    }
    for value in [
        Value::Null,
        json!("JWT"),
        json!("jwt"),
        json!("at+jwt "),
        json!("at-jwt"),
        json!("id+jwt"),
        json!("dpop+jwt"),
        json!("logout+jwt"),
        json!("application/jwt"),
        json!("text/at+jwt"),
        json!(["at+jwt"]),
        json!(1),
    ] {
        cases.push(case(format!("typ {value}"), with_header("typ", value), Reason::Type));
    }
    for value in
        [Value::Null, json!(""), json!(1), json!(["ec"]), json!("x".repeat(300)), json!("e\u{0}c"), json!("e\nc")]
    {
        cases.push(case(format!("kid {value}"), with_header("kid", value), Reason::KeyId));
    }
    for value in ["unknown", "EC", "ec ", "../../../../dev/null", "' OR 1=1 --", "oct", "enc", "twice", "partner-ec"] {
        cases.push(case(format!("kid `{value}`"), with_header("kid", json!(value)), Reason::KeyUnknown));
    }
    cases
}

fn signatures() -> Vec<Case> {
    let token = good(&claims().to_string());
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let (head, body) = signed.split_once('.').unwrap();
    let raw = support::decode(signature);
    let with = |bytes: &[u8]| format!("{signed}.{}", encode_bytes(bytes));
    let flipped = |at: usize| {
        let mut bytes = raw.clone();
        bytes[at] ^= 1;
        bytes
    };
    let other_claims = claims().to_string().replace("user:ann", "user:root");
    let other_head = json!({"alg": "ES256", "typ": "AT+JWT", "kid": "ec"}).to_string();
    let swapped = [&raw[32..], &raw[..32]].concat();
    let mut cases = Vec::new();
    for (name, text) in [
        ("first bit flipped", with(&flipped(0))),
        ("last bit flipped", with(&flipped(63))),
        ("zeros, which once passed as a signature of everything", with(&[0; 64])),
        ("r is zero", with(&[&[0; 32], &raw[32..]].concat())),
        ("s is zero", with(&[&raw[..32], &[0; 32]].concat())),
        ("all ones", with(&[0xff; 64])),
        ("halves swapped", with(&swapped)),
        ("a byte short", with(&raw[..63])),
        ("a byte long", with(&[&raw[..], &[0]].concat())),
        ("one byte", with(&[1])),
        ("as DER", with(&support::der(&raw))),
        ("of another token", format!("{signed}.{}", good(&other_claims).rsplit_once('.').unwrap().1)),
        ("other claims", format!("{head}.{}.{signature}", encode(&other_claims))),
        ("another header", format!("{}.{body}.{signature}", encode(&other_head))),
        ("a space more in the claims", format!("{head}.{}.{signature}", encode(&format!("{} ", claims())))),
        ("by a key that is not the issuer's", support::token(&self::head(), &claims().to_string(), Signer::Stranger)),
        ("by another key of the issuer", support::token(&self::head(), &claims().to_string(), Signer::Ed)),
    ] {
        cases.push(case(format!("signature: {name}"), text, Reason::Signature));
    }
    // The partner's own key, for a token that says it is of acme; and the other way round.
    cases.push(case(
        "signed by another issuer",
        support::token(&self::head(), &claims().to_string(), Signer::Partner),
        Reason::Signature,
    ));
    let partner_head = json!({"alg": "ES256", "typ": "at+jwt", "kid": "partner-ec"}).to_string();
    let partner_claims = claims().to_string().replace("id.acme.example", "id.partner.example");
    cases.push(case(
        "another issuer's name",
        support::token(&partner_head, &partner_claims, Signer::Ec),
        Reason::Signature,
    ));
    cases
}

fn names() -> Vec<Case> {
    let mut cases = Vec::new();
    let long = "x".repeat(2000);
    for (claim, value, reason) in [
        ("iss", Value::Null, Reason::ClaimMissing),
        ("iss", json!(["https://id.acme.example"]), Reason::ClaimType),
        ("iss", json!(7), Reason::ClaimType),
        ("iss", json!(""), Reason::ClaimType),
        ("iss", json!("https://id.acme.example/"), Reason::Issuer),
        ("iss", json!("https://ID.acme.example"), Reason::Issuer),
        ("iss", json!("http://id.acme.example"), Reason::Issuer),
        ("iss", json!("https://id.acme.example.evil.example"), Reason::Issuer),
        ("iss", json!("corp"), Reason::Issuer),
        ("aud", Value::Null, Reason::ClaimMissing),
        ("aud", json!("https://other.acme.example"), Reason::Audience),
        ("aud", json!("https://mcp.acme.example/"), Reason::Audience),
        ("aud", json!("https://MCP.acme.example"), Reason::Audience),
        ("aud", json!("https://mcp.acme.example.evil.example"), Reason::Audience),
        ("aud", json!("*"), Reason::Audience),
        ("aud", json!(""), Reason::Audience),
        ("aud", json!([]), Reason::Audience),
        ("aud", json!(["https://other.acme.example"]), Reason::Audience),
        ("aud", json!(["https://mcp.acme.example", "https://other.acme.example"]), Reason::Audience),
        ("aud", json!([["https://mcp.acme.example"]]), Reason::ClaimType),
        ("aud", json!(["https://mcp.acme.example", 7]), Reason::ClaimType),
        ("aud", json!({"https://mcp.acme.example": true}), Reason::ClaimType),
        ("aud", json!(true), Reason::ClaimType),
        ("sub", Value::Null, Reason::ClaimMissing),
        ("sub", json!(""), Reason::ClaimType),
        ("sub", json!(1000), Reason::ClaimType),
        ("sub", json!(["user:ann"]), Reason::ClaimType),
        ("sub", json!("user:ann\n"), Reason::ClaimType),
        ("sub", json!("user:ann\u{0}root"), Reason::ClaimType),
        ("sub", json!(long), Reason::ClaimType),
        ("client_id", Value::Null, Reason::ClaimMissing),
        ("client_id", json!(7), Reason::ClaimType),
        ("jti", Value::Null, Reason::ClaimMissing),
        ("jti", json!(7), Reason::ClaimType),
        ("scope", json!(["read"]), Reason::ClaimType),
        ("scope", json!("read  write"), Reason::ClaimType),
        ("scope", json!(" read"), Reason::ClaimType),
        ("scope", json!("re\"ad"), Reason::ClaimType),
        ("scope", json!("re\\ad"), Reason::ClaimType),
        ("scope", json!("read\twrite"), Reason::ClaimType),
        ("scope", json!("lésen"), Reason::ClaimType),
        ("scope", json!(7), Reason::ClaimType),
        ("acr", json!(7), Reason::ClaimType),
        ("amr", json!("mfa"), Reason::ClaimType),
        ("amr", json!([7]), Reason::ClaimType),
        ("auth_time", json!("yesterday"), Reason::ClaimType),
    ] {
        cases.push(case(
            format!("{claim} {value}").chars().take(90).collect::<String>(),
            with_claim(claim, value),
            reason,
        ));
    }
    cases
}

fn times() -> Vec<Case> {
    let now = support::NOW_S;
    let mut cases = Vec::new();
    for (claim, value, reason) in [
        ("exp", Value::Null, Reason::ClaimMissing),
        ("exp", json!("9999999999"), Reason::ClaimType),
        ("exp", json!(-1), Reason::ClaimType),
        ("exp", json!(1e15), Reason::ClaimType),
        ("exp", json!(1.5), Reason::ClaimType),
        ("exp", json!([now + 60]), Reason::ClaimType),
        ("exp", json!(0), Reason::Expired),
        ("exp", json!(now - 1), Reason::Expired),
        ("exp", json!(now), Reason::Expired),
        ("exp", json!(now + 3600), Reason::Lifetime),
        ("exp", json!(now + 892), Reason::Lifetime),
        ("nbf", json!(now + 1), Reason::NotYet),
        ("nbf", json!("now"), Reason::ClaimType),
        ("nbf", json!(now + 100_000), Reason::NotYet),
        ("iat", Value::Null, Reason::ClaimMissing),
        ("iat", json!("now"), Reason::ClaimType),
        ("iat", json!(now + 1), Reason::NotYet),
        ("iat", json!(now - 5000), Reason::Lifetime),
        ("iat", json!(0), Reason::Lifetime),
    ] {
        cases.push(case(format!("{claim} {value}"), with_claim(claim, value), reason));
    }
    cases
}

fn chains() -> Vec<Case> {
    let deep = (0..10)
        .fold(json!({"sub": "agent:last"}), |inner, depth| json!({"sub": format!("agent:{depth}"), "act": inner}));
    let mut cases = Vec::new();
    for (value, reason) in [
        (json!("agent:copilot"), Reason::Actor),
        (json!([{"sub": "agent:copilot"}]), Reason::Actor),
        (json!({}), Reason::Actor),
        (json!({"sub": 7}), Reason::Actor),
        (json!({"sub": ""}), Reason::Actor),
        (json!({"sub": "a\u{7}"}), Reason::Actor),
        (json!({"sub": "agent:copilot", "iss": "https://evil.example"}), Reason::Actor),
        (json!({"sub": "agent:copilot", "iss": 7}), Reason::Actor),
        (json!({"sub": "agent:copilot", "act": "agent:other"}), Reason::Actor),
        (json!({"sub": "agent:copilot", "act": {"client": "x"}}), Reason::Actor),
        (deep, Reason::ActorDepth),
    ] {
        cases.push(case(format!("act {value}").chars().take(90).collect::<String>(), with_claim("act", value), reason));
    }
    cases
}

fn bindings() -> Vec<Case> {
    let other = "A".repeat(43);
    let mut cases = Vec::new();
    for value in [
        json!({}),
        json!("x"),
        json!({"jwk": {}}),
        json!({"kid": "ec"}),
        json!({"x5t#S256": "short"}),
        json!({"x5t#S256": other.clone(), "jkt": other.clone()}),
        json!({"x5t#S256": other.clone(), "x": 1}),
        json!({"x5t#S256": other.clone()}),
        json!({"jkt": other.clone()}),
    ] {
        cases.push(case(format!("cnf {value}"), with_claim("cnf", value), Reason::Binding));
    }
    let plain = good(&claims().to_string());
    cases.push(Case {
        name: "an unbound token under the scheme of bound ones".into(),
        attempt: Attempt::bearer(plain).header("authorization", &format!("DPoP {}", good(&claims().to_string()))),
        reason: Reason::Binding,
    });
    let bound = support::bound_to_certificate(b"the client's certificate");
    cases.push(Case {
        name: "bound to a certificate, another shown".into(),
        attempt: Attempt::bearer(bound.clone()).certificate(b"another certificate"),
        reason: Reason::Binding,
    });
    cases.push(case("bound to a certificate, none shown", bound, Reason::Binding));
    cases.push(case("an issuer that binds, a token that is not bound", support::of_binding_issuer(), Reason::Binding));
    cases
}

fn proofs() -> Vec<Case> {
    let good = support::Proof::default();
    let mut cases = Vec::new();
    for (name, proof) in [
        ("another method", support::Proof { method: "GET", ..good.clone() }),
        ("another URL", support::Proof { url: "https://mcp.acme.example/other", ..good.clone() }),
        ("too old", support::Proof { at_s: support::NOW_S - 61, ..good.clone() }),
        ("in the future", support::Proof { at_s: support::NOW_S + 61, ..good.clone() }),
        ("of another token", support::Proof { of_token: "x", ..good.clone() }),
        ("signed by another key than it shows", support::Proof { signer: Signer::Stranger, ..good.clone() }),
        (
            "another key than the token is bound to",
            support::Proof { signer: Signer::Stranger, shows: Signer::Stranger, ..good.clone() },
        ),
        ("of another type", support::Proof { kind: "at+jwt", ..good.clone() }),
        ("with its secret", support::Proof { with_secret: true, ..good.clone() }),
        ("without id", support::Proof { id: "", ..good.clone() }),
        ("alg none", support::Proof { algorithm: "none", ..good.clone() }),
        ("alg HS256", support::Proof { algorithm: "HS256", ..good.clone() }),
    ] {
        let attempt = support::bound_to_key(&proof);
        cases.push(Case { name: format!("proof: {name}"), attempt, reason: Reason::Proof });
    }
    let attempt = support::bound_to_key(&good);
    cases.push(Case { name: "no proof".into(), attempt: attempt.clone().without("dpop"), reason: Reason::Proof });
    cases.push(Case { name: "two proofs".into(), attempt: attempt.clone().also("dpop", "x"), reason: Reason::Proof });
    let token = attempt.get("authorization").replacen("DPoP", "Bearer", 1);
    cases.push(Case {
        name: "a bound token as if it were not".into(),
        attempt: attempt.header("authorization", &token),
        reason: Reason::Binding,
    });
    cases
}

fn requests() -> Vec<Case> {
    let token = good(&claims().to_string());
    let with = |name: &str, value: &str, reason: Reason| Case {
        name: format!("authorization: {name}"),
        attempt: Attempt::bearer("").header("authorization", value),
        reason,
    };
    let mut cases = vec![
        with("nothing behind the scheme", "Bearer ", Reason::Authorization),
        with("the scheme alone", "Bearer", Reason::Authorization),
        with("the token alone", &token, Reason::Authorization),
        with("basic", "Basic dXNlcjpwYXNz", Reason::Authorization),
        with("two spaces", &format!("Bearer  {token}"), Reason::Authorization),
        with("two tokens", &format!("Bearer {token}, Bearer {token}"), Reason::Authorization),
        with("quoted", &format!("Bearer \"{token}\""), Reason::TokenEncoding),
        with("empty", "", Reason::Authorization),
    ];
    cases.push(Case {
        name: "two authorizations".into(),
        attempt: Attempt::bearer(token.clone()).also("authorization", &format!("Bearer {token}")),
        reason: Reason::Authorization,
    });
    cases.push(Case {
        name: "nothing".into(),
        attempt: Attempt::bearer("").without("authorization"),
        reason: Reason::Missing,
    });
    for (name, der) in [
        ("two names", &include_bytes!("identity/two-names.der")[..]),
        ("no name", include_bytes!("identity/no-name.der")),
        ("a name of https", include_bytes!("identity/https.der")),
        ("no certificate", b"0\x03\x02\x01\x00"),
    ] {
        let attempt = Attempt::bearer("").without("authorization").certificate(der);
        cases.push(Case { name: format!("certificate: {name}"), attempt, reason: Reason::Certificate });
    }
    cases
}

#[tokio::test]
async fn every_forged_credential_is_refused_with_its_reason() {
    let cases: Vec<Case> = [
        forms(),
        json_texts(),
        algorithms(),
        headers(),
        signatures(),
        names(),
        times(),
        chains(),
        bindings(),
        proofs(),
        requests(),
    ]
    .into_iter()
    .flatten()
    .collect();
    let names: BTreeSet<&str> = cases.iter().map(|case| case.name.as_str()).collect();
    assert_eq!(names.len(), cases.len(), "every case has a name of its own");
    assert!(cases.len() >= 200, "{} cases", cases.len());
    let mut wrong = Vec::new();
    for case in &cases {
        let result = bench().verify(&case.attempt).await;
        if result.as_ref().err() != Some(&case.reason) {
            wrong.push(format!("{}: {:?}, not {:?}", case.name, result.map(|_| "accepted"), case.reason));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

#[tokio::test]
async fn good_tokens_are_accepted_in_every_allowed_spelling() {
    for signer in [Signer::Ec, Signer::Ed, Signer::Rsa] {
        let token = token(&Value::Object(header(signer)).to_string(), &claims().to_string(), signer);
        let verified =
            bench().verify(&Attempt::bearer(token)).await.unwrap_or_else(|reason| panic!("{signer:?}: {reason:?}"));
        assert_eq!(verified.principal.chain.len(), 1);
        assert_eq!(verified.principal.chain[0].kind, LinkKind::User);
        assert_eq!(verified.principal.chain[0].source, LinkSource::Issuer("corp".into()));
        assert_eq!(verified.principal.scopes, ["read", "write"]);
        assert_eq!(verified.expires_at_ms, Some((support::NOW_S + 300) * 1000));
    }
    let plain = claims().to_string();
    for text in [
        with_header("typ", json!("application/at+jwt")),
        with_header("typ", json!("AT+JWT")),
        with_header("x5t#S256", json!("ignored")),
        with_claim("aud", json!(["https://mcp.acme.example"])),
        with_claim("nbf", json!(support::NOW_S)),
        with_claim("exp", json!(support::NOW_S + 1)),
        with_claim("scope", Value::Null),
        with_claim("anything", json!({"else": [1, 2, {"x": null}]})),
        good(&serde_json::to_string_pretty(&claims()).unwrap()),
    ] {
        let result = bench().verify(&Attempt::bearer(text.clone())).await;
        assert!(result.is_ok(), "{:?}: {text}", result.err());
    }
    let lower = Attempt::bearer("").header("authorization", &format!("bearer {}", good(&plain)));
    assert!(bench().verify(&lower).await.is_ok());
}

#[tokio::test]
async fn chains_begin_with_the_actor_and_end_with_the_user() {
    let act = json!({"sub": "agent:copilot:1", "groups": [], "act": {"sub": "agent:first", "groups": []}});
    let verified = bench().verify(&Attempt::bearer(with_claim("act", act))).await.unwrap();
    let chain = &verified.principal.chain;
    let kinds: Vec<LinkKind> = chain.iter().map(|link| link.kind).collect();
    assert_eq!(kinds, [LinkKind::Agent, LinkKind::Agent, LinkKind::User]);
    assert!(chain[0].claims.contains("agent:copilot:1"), "{}", chain[0].claims);
    assert!(chain[2].claims.contains("user:ann"));
    let alone = bench().verify(&Attempt::bearer(with_claim("sub", json!("agent:copilot:1")))).await.unwrap();
    assert_eq!(alone.principal.chain[0].kind, LinkKind::Agent, "the policy says what a subject is");
    let client = bench().verify(&Attempt::bearer(with_claim("sub", json!("client-1")))).await.unwrap();
    assert_eq!(client.principal.chain[0].kind, LinkKind::Agent, "the client itself");
}

#[tokio::test]
async fn a_principal_has_one_key_whatever_token_it_shows() {
    let one = bench().verify(&Attempt::bearer(good(&claims().to_string()))).await.unwrap();
    let refreshed = bench().verify(&Attempt::bearer(with_claim("jti", json!("another")))).await.unwrap();
    let other = bench().verify(&Attempt::bearer(with_claim("sub", json!("user:bob")))).await.unwrap();
    assert_eq!(one.key, refreshed.key);
    assert_ne!(one.credential, refreshed.credential);
    assert_ne!(one.key, other.key);
}

#[tokio::test]
async fn a_second_factor_is_what_the_configuration_says() {
    let at = support::NOW_S - 40;
    for (extra, wanted) in [
        (json!({"amr": ["pwd", "mfa"], "auth_time": at}), Some(at * 1000)),
        (json!({"acr": "urn:acme:two", "auth_time": at}), Some(at * 1000)),
        (json!({"amr": ["pwd"], "auth_time": at}), None),
        (json!({"amr": ["mfa"]}), None),
        (json!({"acr": "urn:acme:one", "auth_time": at}), None),
        (json!({"amr": ["mfa"], "auth_time": support::NOW_S + 60}), None),
    ] {
        let mut claims = claims();
        claims.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        let verified = bench().verify(&Attempt::bearer(good(&claims.to_string()))).await.unwrap();
        assert_eq!(verified.mfa_at_ms, wanted, "{extra}");
    }
}

#[tokio::test]
async fn bound_tokens_are_accepted_from_who_they_are_bound_to() {
    let bench = bench();
    let certificate = b"the client's certificate";
    let attempt = Attempt::bearer(support::bound_to_certificate(certificate)).certificate(certificate);
    assert!(bench.verify(&attempt).await.is_ok());
    assert!(bench.verify(&attempt).await.is_ok(), "and again");
    assert_eq!(
        bench.verify(&attempt.clone().certificate(b"x")).await.unwrap_err(),
        Reason::Binding,
        "also when remembered"
    );
    let proof = support::bound_to_key(&support::Proof::default());
    assert!(bench.verify(&proof).await.is_ok());
    assert_eq!(bench.verify(&proof).await.unwrap_err(), Reason::ProofReplayed);
    let next = support::Proof { id: "second", ..support::Proof::default() };
    assert!(bench.verify(&support::bound_to_key(&next)).await.is_ok());
}

#[tokio::test]
async fn a_certificate_alone_is_an_identity() {
    let attempt = Attempt::bearer("").without("authorization").certificate(include_bytes!("identity/spiffe.der"));
    let verified = bench().verify(&attempt).await.unwrap();
    let spiffe = "spiffe://acme.example/agents/batch".to_owned();
    assert_eq!(verified.principal.chain[0].source, LinkSource::Mtls { spiffe });
    assert_eq!(verified.principal.chain[0].kind, LinkKind::Agent);
    // 2126-10-28 14:50:07, as the certificate says.
    let end_s = 4_948_872_607;
    assert_eq!(verified.expires_at_ms, Some(end_s * 1000));
    assert!(bench().verify(&attempt.clone().at(end_s - 1)).await.is_ok());
    assert_eq!(bench().verify(&attempt.at(end_s)).await.unwrap_err(), Reason::Certificate);
}

#[tokio::test]
async fn remembered_tokens_end_with_their_time_and_their_keys() {
    let bench = bench();
    let attempt = Attempt::bearer(good(&claims().to_string()));
    assert!(bench.verify(&attempt).await.is_ok());
    assert!(bench.verify(&attempt.clone().at(support::NOW_S + 299)).await.is_ok());
    assert_eq!(bench.verify(&attempt.clone().at(support::NOW_S + 300)).await.unwrap_err(), Reason::Expired);
    let bench = support::bench();
    assert!(bench.verify(&attempt).await.is_ok());
    bench.keys.withdraw();
    // Keys are fetched again when they are old; the token ends with its key, although it was remembered.
    let (refresh, now) = (support::REFRESH_S, support::NOW_S);
    assert!(2 * refresh < 300);
    assert_eq!(bench.verify(&attempt.at(now + 2 * refresh)).await.unwrap_err(), Reason::KeyUnknown);
}

#[tokio::test]
async fn who_is_a_person_is_asked_of_the_data_that_holds_now() {
    let policy = format!(
        "{}\ndata bots: set<string> from \"data/bots.json\"\nagent bot from corp where claims.sub in bots\n",
        support::POLICY
    );
    let mut material = support::material(&policy, &[("data/bots.json", "[]")]);
    let (bench, attempt) = (bench(), Attempt::bearer(with_claim("sub", json!("robot-7"))));
    let kind = async |material: &_, generation| {
        let snapshot = support::snapshot(material, generation);
        bench.verify_under(&snapshot, &attempt).await.unwrap().principal.chain[0].kind
    };
    assert_eq!(kind(&material, 0).await, LinkKind::User, "nobody named");
    material.data.insert("bots".to_owned(), br#"["robot-7"]"#.to_vec());
    assert_eq!(kind(&material, 1).await, LinkKind::Agent, "also for a token that was remembered");
    material.data.clear();
    assert_eq!(kind(&material, 2).await, LinkKind::User);
}

#[tokio::test]
async fn anonymous_callers_are_let_in_only_when_that_is_configured_and_nothing_was_shown() {
    let bench = support::anonymous_bench();
    let nothing = Attempt::bearer("").without("authorization");
    assert!(bench.verify(&nothing).await.unwrap().principal.chain.is_empty());
    assert_eq!(bench.verify(&Attempt::bearer("x.y.z")).await.unwrap_err(), Reason::TokenEncoding);
    assert_eq!(bench.verify(&nothing.certificate(b"x")).await.unwrap_err(), Reason::Certificate);
}

#[test]
fn metadata_names_the_issuers() {
    let text = support::metadata("https://mcp.acme.example/notes");
    let document: Value = serde_json::from_slice(&text).unwrap();
    assert_eq!(document["resource"], "https://mcp.acme.example/notes");
    assert_eq!(document["bearer_methods_supported"], json!(["header"]));
    assert!(document["authorization_servers"].as_array().unwrap().contains(&json!("https://id.acme.example")));
}
