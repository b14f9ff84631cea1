//! The claims of an access token (RFC 9068), checked after its signature was.

use super::reason::Reason;
use super::strict::{Object, is_plain};
use mcpz_runtime::json::Kind;

/// Most scopes of a token.
const MAX_SCOPES: usize = 256;

/// What the claims are checked against.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// The issuer.
    pub issuer: &'a str,
    /// This resource.
    pub audience: &'a str,
    /// Other audiences may stand beside it.
    pub shared_audience: bool,
    /// Longest lifetime, seconds.
    pub lifetime_s: i64,
    /// How far clocks may differ, seconds.
    pub leeway_s: i64,
    /// Now, seconds.
    pub now_s: i64,
}

/// What they say, once they are believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// Subject and client are one: no person stands behind the token (RFC 9068, 2.2).
    pub is_client: bool,
    /// When it ends, seconds.
    pub expires_s: i64,
    /// Its scopes.
    pub scopes: Vec<String>,
}

/// How a token is bound to who shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Binding {
    /// To a certificate, by its SHA-256 (RFC 8705).
    Certificate(String),
    /// To a key, by its thumbprint (RFC 9449).
    Key(String),
}

/// Checks the claims.
pub fn check(claims: &Object, wanted: &Wanted<'_>) -> Result<Facts, Reason> {
    if claims.text_of("iss")? != wanted.issuer {
        return Err(Reason::Issuer);
    }
    audience(claims, wanted)?;
    let expires_s = times(claims, wanted)?;
    let subject = claims.text_of("sub")?;
    let client = claims.text_of("client_id")?;
    claims.text_of("jti")?;
    Ok(Facts { is_client: subject == client, expires_s, scopes: scopes(claims)? })
}

/// `aud` is this resource, as a text or a list of it alone. A token for several resources could be shown here by any of
/// the others (RFC 9068, 5), so that other entries are refused unless the configuration takes them.
fn audience(claims: &Object, wanted: &Wanted<'_>) -> Result<(), Reason> {
    let node = claims.get("aud").ok_or(Reason::ClaimMissing)?;
    let view = claims.view();
    match view.kind(node) {
        Kind::String if view.str(node) == Some(wanted.audience) => Ok(()),
        Kind::String => Err(Reason::Audience),
        Kind::Array => {
            let entries: Option<Vec<&str>> = view.elements(node).map(|entry| view.str(entry)).collect();
            let entries = entries.ok_or(Reason::ClaimType)?;
            let others = entries.iter().any(|entry| *entry != wanted.audience);
            let fits = entries.contains(&wanted.audience) && (wanted.shared_audience || !others);
            if fits { Ok(()) } else { Err(Reason::Audience) }
        }
        _ => Err(Reason::ClaimType),
    }
}

/// `exp`, `nbf`, `iat` and the lifetime; gives the end.
fn times(claims: &Object, wanted: &Wanted<'_>) -> Result<i64, Reason> {
    let (expires, issued) = (claims.seconds("exp")?, claims.seconds("iat")?);
    let begins = claims.opt_seconds("nbf")?.unwrap_or(issued);
    let Wanted { now_s, leeway_s, lifetime_s, .. } = *wanted;
    if now_s >= expires.saturating_add(leeway_s) {
        return Err(Reason::Expired);
    }
    if begins.max(issued) > now_s.saturating_add(leeway_s) {
        return Err(Reason::NotYet);
    }
    let lives_s = expires.saturating_sub(issued);
    if begins >= expires || lives_s <= 0 || lives_s > lifetime_s {
        return Err(Reason::Lifetime);
    }
    Ok(expires)
}

/// `scope`: texts with one space between them (RFC 6749, 3.3).
fn scopes(claims: &Object) -> Result<Vec<String>, Reason> {
    let Some(node) = claims.get("scope") else { return Ok(Vec::new()) };
    let text = claims.view().str(node).ok_or(Reason::ClaimType)?;
    if text.is_empty() {
        return Ok(Vec::new());
    }
    let scopes: Vec<String> = text.split(' ').map(str::to_owned).collect();
    let is_scope = |scope: &String| !scope.is_empty() && scope.bytes().all(is_scope_byte);
    if scopes.len() > MAX_SCOPES || !scopes.iter().all(is_scope) {
        return Err(Reason::ClaimType);
    }
    Ok(scopes)
}

/// Characters of scopes: visible ASCII but `"` and `\`.
pub fn is_scope_byte(byte: u8) -> bool {
    matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e)
}

/// `cnf` (RFC 7800): what the token is bound to. Other ways than the two that can be checked are refused.
pub fn binding(claims: &Object) -> Result<Option<Binding>, Reason> {
    let Some(node) = claims.get("cnf") else { return Ok(None) };
    let view = claims.view();
    if view.kind(node) != Kind::Object || view.size(node) != 1 {
        return Err(Reason::Binding);
    }
    let member = |name: &str| {
        let text = view.get(node, name).and_then(|node| view.str(node));
        // A SHA-256 in base64url.
        text.filter(|text| text.len() == 43).map(str::to_owned)
    };
    match (member("x5t#S256"), member("jkt")) {
        (Some(digest), None) => Ok(Some(Binding::Certificate(digest))),
        (None, Some(thumbprint)) => Ok(Some(Binding::Key(thumbprint))),
        _ => Err(Reason::Binding),
    }
}

/// When the user last proved presence with a second factor, milliseconds: what `acr` or `amr` say of `auth_time`.
pub fn mfa_at_ms(
    claims: &Object,
    classes: &[String],
    methods: &[String],
    wanted: &Wanted<'_>,
) -> Result<Option<i64>, Reason> {
    let at_s = claims.opt_seconds("auth_time")?;
    let by_class = claims.opt_text("acr")?.is_some_and(|acr| classes.iter().any(|class| class == acr));
    let mut by_method = false;
    if let Some(node) = claims.get("amr") {
        let view = claims.view();
        if view.kind(node) != Kind::Array {
            return Err(Reason::ClaimType);
        }
        for entry in view.elements(node) {
            let method = view.str(entry).filter(|method| is_plain(method)).ok_or(Reason::ClaimType)?;
            by_method |= methods.iter().any(|wanted| wanted == method);
        }
    }
    let is_past = |at: &i64| *at <= wanted.now_s.saturating_add(wanted.leeway_s);
    let at_s = at_s.filter(|at| (by_class || by_method) && is_past(at));
    Ok(at_s.map(|at| at.saturating_mul(1000)))
}
