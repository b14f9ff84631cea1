//! The handle of a caller, and the JSON form of a credential.
//!
//! The form is that of `mcpz eval --as` (`docs/cli.md`): `null` or `"anonymous"`, one link, or a list of links,
//! outermost actor first, the user last. A link has `kind` and exactly one of `issuer` (with `claims`), `spiffe`
//! and `uid`. It is read strictly: a key twice, at any depth, is refused. The claims are kept as they came, for the
//! runtime to read.

use crate::bytes::Bytes;
use crate::program::{ProgramHandle, give_error};
use crate::status::{Status, caught, guarded};
use crate::text::Text;
use crate::{engine, pointer};
use mcpz_bytecode::limits::MAX_CHAIN;
use mcpz_runtime::Caller;
use mcpz_runtime::json::{Buffers, Document, Kind, Limits, NodeId};
use mcpz_runtime::principal::{Link, LinkKind, LinkSource};
use std::ptr;

/// Who asks. It never changes: any number of threads use it for any number of decisions at the same time.
pub struct PrincipalHandle {
    pub(crate) principal: Caller,
    /// Digest of the program it was made for.
    pub(crate) digest: [u8; 32],
}

/// Makes a principal of a verified credential, for decisions with this program.
///
/// `chain` is JSON: `null` or `"anonymous"`, one link or a list of links, outermost actor first, the user last:
/// `[{"kind": "agent", "issuer": "corp", "claims": {"sub": "agent:1"}}, {"kind": "user", "issuer": "corp",
/// "claims": {..}}]`. A link has `kind` (`"agent"` or `"user"`) and exactly one of `issuer`, `spiffe` and `uid`.
/// `scopes` is a JSON list of strings, or absent. The library does not verify credentials: the caller has done so.
///
/// `MCPZ_STATUS_OK`: `*principal` is a new handle. Otherwise `*principal` is null, and `*error`, when `error` is
/// given and the JSON is at fault, is a text that says what is wrong. A chain that the bundle does not know (an
/// issuer it does not declare, claims of another type) is no error here: each decision denies it, with the reason
/// `credential`.
///
/// Ownership: the texts are used during the call only; the handle and the text belong to the caller, who frees them
/// with `mcpz_principal_free` and `mcpz_text_free`. Threads: any, at any time; the handle may be used by all.
///
/// # Safety
/// `program` is null, or came from `mcpz_program_load` and was not freed; `chain` and `scopes` are readable for
/// their lengths; `principal` and `error` are null or point at memory for one pointer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mcpz_principal_new(
    program: *const ProgramHandle,
    chain: Bytes,
    scopes: Bytes,
    principal: *mut *mut PrincipalHandle,
    error: *mut *mut Text,
) -> Status {
    guarded(|| {
        // SAFETY: by the contract of this function. No text is asked for when it is null.
        let _ = unsafe { pointer::write(error, ptr::null_mut()) };
        // SAFETY: by the contract of this function.
        unsafe { pointer::write(principal, ptr::null_mut()) }?;
        // SAFETY: by the contract of this function.
        let program = &unsafe { pointer::shared(program) }?.0;
        // SAFETY: by the contract of this function.
        let chain = unsafe { chain.required() }?;
        // SAFETY: by the contract of this function.
        let scopes = unsafe { scopes.get() }?;
        let read = read_chain(chain).and_then(|chain| Ok((chain, read_scopes(scopes)?)));
        match read {
            Ok((chain, scopes)) => {
                let made = engine::principal(program, chain, scopes);
                let handle = PrincipalHandle { principal: made, digest: program.digest() };
                // SAFETY: by the contract of this function.
                unsafe { pointer::write(principal, pointer::give(handle)) }
            }
            Err(problem) => {
                // SAFETY: by the contract of this function.
                unsafe { give_error(error, Status::BadPrincipal, &problem) };
                Err(Status::BadPrincipal)
            }
        }
    })
}

/// Frees a principal; null is nothing to free.
///
/// Ownership: takes the principal. Threads: any, when no other uses it.
///
/// # Safety
/// `principal` is null, or came from `mcpz_principal_new`, was not freed, and nobody uses it any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mcpz_principal_free(principal: *mut PrincipalHandle) {
    let _ = caught(|| {
        // SAFETY: by the contract of this function.
        unsafe { pointer::take_back(principal) }
    });
}

/// Reads a credential.
fn read_chain(text: &[u8]) -> Result<Vec<Link>, String> {
    let mut buffers = Buffers::new();
    let document = read(&mut buffers, text, "the chain")?;
    let root = document.root();
    match document.kind(root) {
        Kind::Null => Ok(Vec::new()),
        Kind::String if document.str(root) == Some("anonymous") => Ok(Vec::new()),
        Kind::Object => Ok(vec![read_link(document, root)?]),
        Kind::Array if document.size(root) > MAX_CHAIN => Err(format!("a chain has at most {MAX_CHAIN} links")),
        Kind::Array => document.elements(root).map(|link| read_link(document, link)).collect(),
        _ => Err("the chain is neither `null`, `\"anonymous\"`, a link nor a list of links".to_owned()),
    }
}

/// Reads one link.
fn read_link(document: Document<'_>, link: NodeId) -> Result<Link, String> {
    if document.kind(link) != Kind::Object {
        return Err("a link is not an object".to_owned());
    }
    const MEMBERS: [&str; 5] = ["kind", "issuer", "spiffe", "uid", "claims"];
    if let Some((key, _)) = document.members(link).find(|(key, _)| !MEMBERS.contains(key)) {
        return Err(format!("a link has no member {key:?}: there are {MEMBERS:?}"));
    }
    let member = |name| document.get(link, name).filter(|node| !document.is_null(*node));
    let kind = match member("kind").and_then(|node| document.str(node)) {
        Some("user") => LinkKind::User,
        Some("agent") => LinkKind::Agent,
        _ => return Err("the `kind` of a link is `\"user\"` or `\"agent\"`".to_owned()),
    };
    let text = |node, name| document.str(node).map(str::to_owned).ok_or(format!("`{name}` of a link is no string"));
    let source = match (member("issuer"), member("spiffe"), member("uid")) {
        (Some(issuer), None, None) => LinkSource::Issuer(text(issuer, "issuer")?),
        (None, Some(spiffe), None) => LinkSource::Mtls { spiffe: text(spiffe, "spiffe")? },
        (None, None, Some(uid)) => {
            let uid = document.raw(uid).parse().map_err(|_| "`uid` of a link is no integer")?;
            LinkSource::Local { uid }
        }
        _ => return Err("a link has exactly one of `issuer`, `spiffe` and `uid`".to_owned()),
    };
    let claims = match member("claims") {
        None => "{}".to_owned(),
        Some(claims) if document.kind(claims) == Kind::Object => document.raw(claims).to_owned(),
        Some(_) => return Err("`claims` of a link is no object".to_owned()),
    };
    Ok(Link { kind, source, claims })
}

/// Reads a list of scopes; no text is no scope.
fn read_scopes(text: &[u8]) -> Result<Vec<String>, String> {
    if text.is_empty() {
        return Ok(Vec::new());
    }
    let mut buffers = Buffers::new();
    let document = read(&mut buffers, text, "the scopes")?;
    let wrong = || "the scopes are no list of strings".to_owned();
    if document.kind(document.root()) != Kind::Array {
        return Err(wrong());
    }
    document.elements(document.root()).map(|scope| document.str(scope).map(str::to_owned).ok_or_else(wrong)).collect()
}

fn read<'a>(buffers: &'a mut Buffers, text: &'a [u8], what: &str) -> Result<Document<'a>, String> {
    buffers.read(text, &Limits::DEFAULT).map_err(|fault| format!("{what}: {fault}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_is_read_as_eval_reads_it() {
        let two = r#"[{"kind":"agent","issuer":"corp","claims":{"sub":"agent:1","n":1.50}}, {"kind":"user","uid":7,"claims":null}]"#;
        for text in ["null", "\"anonymous\"", r#"{"kind":"agent","spiffe":"spiffe://a/b"}"#, two] {
            let expected = mcpz::case::chain(text).expect("the command reads it");
            assert_eq!(read_chain(text.as_bytes()), Ok(expected), "{text}");
        }
    }

    #[test]
    fn mistakes_are_named() {
        for (text, part) in [
            ("", "input_syntax"),
            ("7", "neither"),
            ("[1]", "not an object"),
            (r#"{"kind":"robot","uid":1}"#, "kind"),
            (r#"{"kind":"user"}"#, "exactly one"),
            (r#"{"kind":"user","uid":1,"issuer":"a"}"#, "exactly one"),
            (r#"{"kind":"user","uid":1.5}"#, "integer"),
            (r#"{"kind":"user","issuer":1}"#, "issuer"),
            (r#"{"kind":"user","uid":1,"claims":[]}"#, "claims"),
            (r#"{"kind":"user","uid":1,"Claims":{}}"#, "no member \"Claims\""),
            (r#"{"kind":"user","issuer":"a","claims":{"sub":"a","sub":"b"}}"#, "input_duplicate_key"),
        ] {
            let problem = read_chain(text.as_bytes()).expect_err(text);
            assert!(problem.contains(part), "{text}: {problem}");
        }
        let long = format!("[{}]", [r#"{"kind":"user","uid":1}"#; MAX_CHAIN + 1].join(","));
        assert!(read_chain(long.as_bytes()).is_err_and(|problem| problem.contains("at most")));
    }

    #[test]
    fn scopes_are_a_list_of_strings() {
        assert_eq!(read_scopes(b""), Ok(Vec::new()));
        assert_eq!(read_scopes(br#"["a","b:c"]"#), Ok(vec!["a".to_owned(), "b:c".to_owned()]));
        assert!(read_scopes(br#""a b""#).is_err() && read_scopes(b"[1]").is_err() && read_scopes(b"{}").is_err());
    }
}
