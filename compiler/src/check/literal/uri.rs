//! URLs, paths and SPIFFE ids.

use super::{LiteralError, host};
use mcpz_bytecode::value::path::parse_path;
use pest::Parser;
use pest::error::InputLocation;

/// The grammar of `spiffe_id.pest`.
#[derive(pest_derive::Parser)]
#[grammar = "check/literal/spiffe_id.pest"]
struct SpiffeGrammar;

/// An absolute URL, normalised by the WHATWG rules after refusing what readers disagree about.
pub fn url(text: &str) -> Result<String, LiteralError> {
    if let Some(at) = text.find(|c: char| c.is_control() || c == ' ' || c == '\\') {
        let end = at + text[at..].chars().next().map_or(1, char::len_utf8);
        return Err(LiteralError::at(at, end, "a URL has no blanks, control characters or backslashes"));
    }
    let Some(scheme_end) = text.find("://") else {
        return Err(LiteralError::whole(text, format!("`{text}` is not an absolute URL"))
            .help("start with a scheme: `https://mcp.example.com/mcp`"));
    };
    let authority_start = scheme_end + 3;
    let rest = &text[authority_start..];
    let authority = &rest[..rest.find(['/', '?', '#']).unwrap_or(rest.len())];
    let host_start = authority.rfind('@').map_or(0, |at| at + 1);
    let host_port = &authority[host_start..];
    let name = host_without_port(host_port);
    if !name.is_empty() {
        host(name).map_err(|error| LiteralError {
            start: authority_start + host_start + error.start,
            end: authority_start + host_start + error.end,
            ..error
        })?;
    }
    let parsed = ::url::Url::parse(text).map_err(|error| LiteralError::whole(text, error.to_string()))?;
    Ok(parsed.as_str().to_owned())
}

fn host_without_port(text: &str) -> &str {
    if text.starts_with('[') {
        return &text[..text.find(']').map_or(text.len(), |at| at + 1)];
    }
    text.split(':').next().unwrap_or(text)
}

/// An absolute, clean path. A single trailing `/` is dropped.
pub fn path(text: &str) -> Result<String, LiteralError> {
    if let Some(at) = text.find('\\') {
        return Err(LiteralError::at(at, at + 1, "a path is written with `/`").replacement(text.replace('\\', "/")));
    }
    if !text.starts_with('/') {
        return Err(
            LiteralError::whole(text, format!("`{text}` is not an absolute path")).help("a path starts with `/`")
        );
    }
    if let Some(at) = text.find(|c: char| c.is_control()) {
        return Err(LiteralError::at(at, at + 1, "a path has no control characters"));
    }
    let lower = text.to_ascii_lowercase();
    if let Some(at) = ["%2e", "%2f", "%5c", "%00"].iter().filter_map(|encoded| lower.find(encoded)).min() {
        return Err(LiteralError::at(at, at + 3, "a path has no encoded separators or dots"));
    }
    let body = text.strip_suffix('/').unwrap_or(text);
    if body.is_empty() {
        return Ok("/".to_owned());
    }
    let mut at = 1;
    for component in body.split('/').skip(1) {
        if component.is_empty() || component == "." || component == ".." {
            let what = if component.is_empty() { "an empty component" } else { "a `.` or `..` component" };
            let message = format!("a clean path has no {}", &what[what.find(' ').map_or(0, |space| space + 1)..]);
            return Err(LiteralError::at(at.min(body.len()), (at + component.len().max(1)).min(text.len()), message));
        }
        at += component.len() + 1;
    }
    // The runtime's own reading decides.
    parse_path(text).map(str::to_owned).map_err(|_| LiteralError::whole(text, format!("`{text}` is not a clean path")))
}

/// A SPIFFE id, checked.
pub fn spiffe_id(text: &str) -> Result<String, LiteralError> {
    match SpiffeGrammar::parse(Rule::id, text) {
        Ok(_) if text.split('/').skip(3).any(|part| part == "." || part == "..") => {
            Err(LiteralError::whole(text, "a SPIFFE id has no `.` or `..` segments"))
        }
        Ok(_) => Ok(text.to_owned()),
        Err(error) => Err(explain_spiffe(text, &error)),
    }
}

fn explain_spiffe(text: &str, error: &pest::error::Error<Rule>) -> LiteralError {
    if !text.starts_with("spiffe://") {
        return LiteralError::whole(text, format!("`{text}` is not a SPIFFE id"))
            .help("write `spiffe://trust-domain/path`");
    }
    let at = match error.location {
        InputLocation::Pos(at) | InputLocation::Span((at, _)) => at.min(text.len()),
    };
    let end = text[at..].chars().next().map_or(text.len(), |c| at + c.len_utf8());
    let error = LiteralError::at(at, end, "this cannot stand in a SPIFFE id");
    let trust_domain_end = text[9..].find('/').map_or(text.len(), |slash| slash + 9);
    if at < trust_domain_end && text[9..trust_domain_end].chars().any(char::is_uppercase) {
        let mended = format!("{}{}", text[..trust_domain_end].to_ascii_lowercase(), &text[trust_domain_end..]);
        return error.help("the trust domain is lower case").replacement(mended);
    }
    if text.ends_with('/') {
        return error.help("a SPIFFE id has no trailing `/`").replacement(text.trim_end_matches('/'));
    }
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls() {
        assert_eq!(url("HTTPS://A.example:443/x"), Ok("https://a.example/x".to_owned()));
        for text in ["a.example/x", "https://0177.0.0.1/", "https://a b/", "https:\\\\a", "https://2130706433"] {
            assert!(url(text).is_err(), "{text}");
        }
        let inside = url("https://0x7f.1/").unwrap_err();
        assert_eq!((inside.start, inside.end), (8, 14));
    }

    #[test]
    fn paths() {
        assert_eq!(path("/workspace/"), Ok("/workspace".to_owned()));
        assert_eq!(path("/"), Ok("/".to_owned()));
        for text in ["workspace", "/a/../b", "/a//b", "/a/%2e%2e/b", "C:\\x", "/a/./b", "//"] {
            assert!(path(text).is_err(), "{text}");
        }
        let dots = path("/a/../b").unwrap_err();
        assert_eq!((dots.start, dots.end), (3, 5));
    }

    #[test]
    fn spiffe_ids() {
        assert!(spiffe_id("spiffe://acme.example/agents/batch").is_ok());
        assert_eq!(spiffe_id("spiffe://a/b/").unwrap_err().replacement.as_deref(), Some("spiffe://a/b"));
        assert_eq!(spiffe_id("spiffe://Acme/b").unwrap_err().replacement.as_deref(), Some("spiffe://acme/b"));
        assert!(spiffe_id("https://a").is_err() && spiffe_id("spiffe://a/../b").is_err());
    }
}
