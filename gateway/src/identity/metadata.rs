//! What clients are told: the metadata of this resource (RFC 9728), and how to come back with a better credential
//! (RFC 6750, RFC 9449).

use super::Config;
use super::claims::is_scope_byte;
use super::reason::Reason;
use mcpz_bytecode::Program;
use serde_json::json;

/// What stands between host and path of a resource's metadata URL.
const WELL_KNOWN: &str = "/.well-known/oauth-protected-resource";
/// Algorithms that proofs of possession may be signed with.
const PROOF_ALGORITHMS: [&str; 4] = ["ES256", "ES384", "EdDSA", "PS256"];

/// The metadata of a resource, JSON.
pub fn metadata(config: &Config, program: &Program, resource: &str) -> Vec<u8> {
    let issuers = &program.image().issuers;
    let mut urls: Vec<&str> = issuers.iter().map(|issuer| issuer.url.as_str()).collect();
    urls.sort_unstable();
    urls.dedup();
    let all_bound = |way: &str| !issuers.is_empty() && issuers.iter().all(|issuer| issuer.bound == [way]);
    let mut document = json!({
        "resource": resource,
        "authorization_servers": urls,
        "bearer_methods_supported": ["header"],
        "tls_client_certificate_bound_access_tokens": all_bound("mtls"),
        "dpop_bound_access_tokens_required": all_bound("dpop"),
        "dpop_signing_alg_values_supported": PROOF_ALGORITHMS,
    });
    if let Some(fields) = document.as_object_mut().filter(|_| !config.scopes.is_empty()) {
        fields.insert("scopes_supported".to_owned(), json!(config.scopes));
    }
    document.to_string().into_bytes()
}

/// The URL of a resource's metadata: the well-known path stands before the resource's own.
pub fn metadata_url(resource: &str) -> String {
    let after_scheme = resource.find("://").map_or(0, |at| at.saturating_add(3));
    let (scheme, rest) = resource.split_at_checked(after_scheme).unwrap_or(("", resource));
    let rest = rest.split(['?', '#']).next().unwrap_or(rest);
    let (host, path) = rest.find('/').and_then(|at| rest.split_at_checked(at)).unwrap_or((rest, ""));
    let path = if path == "/" { "" } else { path };
    format!("{scheme}{host}{WELL_KNOWN}{path}")
}

/// `WWW-Authenticate` for a refused credential.
pub fn challenge(reason: Reason, metadata_url: &str) -> String {
    let url = quoted(metadata_url);
    let error = match reason {
        Reason::Missing | Reason::KeysUnavailable | Reason::KeysStale => {
            return format!("Bearer resource_metadata=\"{url}\"");
        }
        Reason::Proof | Reason::ProofReplayed => {
            let algorithms = PROOF_ALGORITHMS.join(" ");
            let error = "error=\"invalid_dpop_proof\"";
            return format!("DPoP {error}, algs=\"{algorithms}\", resource_metadata=\"{url}\"");
        }
        Reason::Authorization => "invalid_request",
        _ => "invalid_token",
    };
    format!("Bearer error=\"{error}\", error_description=\"{}\", resource_metadata=\"{url}\"", reason.name())
}

/// `WWW-Authenticate` for a credential that needs more scopes, all of them at once.
pub fn insufficient_scope(scopes: &[String], metadata_url: &str) -> String {
    let scopes: Vec<&str> = scopes
        .iter()
        .map(String::as_str)
        .filter(|scope| !scope.is_empty() && scope.bytes().all(is_scope_byte))
        .collect();
    let (scopes, url) = (scopes.join(" "), quoted(metadata_url));
    format!("Bearer error=\"insufficient_scope\", scope=\"{scopes}\", resource_metadata=\"{url}\"")
}

/// Text that may stand between quotation marks: what may not is left out.
fn quoted(text: &str) -> String {
    text.bytes().filter(|byte| is_scope_byte(*byte)).map(char::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_well_known_path_stands_before_the_resources_own() {
        for (resource, url) in [
            ("https://mcp.example", "https://mcp.example/.well-known/oauth-protected-resource"),
            ("https://mcp.example/", "https://mcp.example/.well-known/oauth-protected-resource"),
            ("https://mcp.example/pay/mcp", "https://mcp.example/.well-known/oauth-protected-resource/pay/mcp"),
            ("http://[::1]:80/a?b#c", "http://[::1]:80/.well-known/oauth-protected-resource/a"),
        ] {
            assert_eq!(metadata_url(resource), url);
        }
    }

    #[test]
    fn challenges_cannot_be_broken_out_of() {
        let url = "https://mcp.example/\"\r\nX: y";
        for reason in Reason::ALL {
            let text = challenge(*reason, url);
            assert!(text.bytes().all(|byte| (0x20..0x7f).contains(&byte)), "{text}");
            assert_eq!(text.matches('"').count() % 2, 0, "{text}");
        }
        let scopes = ["a:read".to_owned(), "b\"".to_owned(), "c d".to_owned(), "e".to_owned()];
        assert_eq!(
            insufficient_scope(&scopes, "https://x/"),
            "Bearer error=\"insufficient_scope\", scope=\"a:read e\", resource_metadata=\"https://x/\""
        );
    }

    #[test]
    fn who_shows_nothing_is_told_no_error() {
        assert_eq!(challenge(Reason::Missing, "https://x/"), "Bearer resource_metadata=\"https://x/\"");
        assert!(challenge(Reason::Expired, "https://x/").starts_with("Bearer error=\"invalid_token\""));
        assert!(challenge(Reason::Proof, "https://x/").starts_with("DPoP error=\"invalid_dpop_proof\""));
    }
}
