//! TLS towards others: which authorities our clients trust. Files of certificates are read here alone.

use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::{ClientConfig, RootCertStore};
use std::path::Path;
use std::sync::Arc;
use webpki::{ALL_VERIFICATION_ALGS, EndEntityCert, Error, KeyUsage};

/// An HTTP client and its idle connections.
pub type Client<B> = legacy::Client<HttpsConnector<HttpConnector>, B>;

/// The one provider of cryptography.
pub fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

/// TLS that trusts the public authorities, or only those in a file.
pub fn client(authorities: Option<&Path>) -> Result<ClientConfig, String> {
    let roots = match authorities {
        Some(path) => roots(path)?,
        None => RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() },
    };
    let builder = ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions();
    let builder = builder.map_err(|error| error.to_string())?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

/// An HTTP client over it.
pub fn pooled<B>(tls: ClientConfig) -> Client<B>
where
    B: http_body::Body + Send,
    B::Data: Send,
{
    let connector = HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_http1().build();
    legacy::Client::builder(TokioExecutor::new()).build(connector)
}

/// The authorities in a file.
pub fn roots(path: &Path) -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(path)? {
        roots.add(certificate).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    Ok(roots)
}

/// The certificates in a file; there is at least one.
pub fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let read = CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    match read {
        Ok(all) if !all.is_empty() => Ok(all),
        Ok(_) => Err(format!("{} holds no certificate", path.display())),
        Err(error) => Err(format!("{} cannot be read: {error}", path.display())),
    }
}

/// What is wrong with the time that a certificate is good for, if anything is.
pub fn out_of_date(certificate: &CertificateDer<'_>, now: UnixTime) -> Option<String> {
    let read = EndEntityCert::try_from(certificate).ok()?;
    // Of a certificate that nobody vouches for, its own properties are looked at first.
    let verified = read.verify_for_usage(ALL_VERIFICATION_ALGS, &[], &[], now, KeyUsage::server_auth(), None, None);
    let ago = |since: UnixTime| format!("{} days ago", now.as_secs().saturating_sub(since.as_secs()) / 86_400);
    match verified.err()? {
        Error::CertExpired { not_after, .. } => Some(format!("expired {}", ago(not_after))),
        Error::CertNotValidYet { not_before, .. } => {
            let hours = not_before.as_secs().saturating_sub(now.as_secs()).div_ceil(3600);
            Some(format!("is not valid yet, but in {hours} hours"))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_certificate_is_good_for_a_time() {
        let key = rcgen::KeyPair::generate().unwrap();
        let mut params = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        params.not_before = rcgen::date_time_ymd(2020, 1, 1);
        params.not_after = rcgen::date_time_ymd(2021, 1, 1);
        let made = params.self_signed(&key).unwrap();
        let at = |seconds: u64| out_of_date(made.der(), UnixTime::since_unix_epoch(Duration::from_secs(seconds)));
        let (begin, end) = (1_577_836_800, 1_609_459_200);
        assert_eq!(at(begin - 7200).as_deref(), Some("is not valid yet, but in 2 hours"));
        assert_eq!((at(begin + 10), at(end - 10)), (None, None));
        assert_eq!(at(end + 86_400 * 3).as_deref(), Some("expired 3 days ago"));
    }

    #[test]
    fn a_file_of_authorities_holds_some() {
        assert!(client(None).is_ok());
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ca.pem");
        assert!(client(Some(&path)).unwrap_err().contains("cannot be read"));
        std::fs::write(&path, "# nothing\n").unwrap();
        assert!(client(Some(&path)).unwrap_err().contains("holds no certificate"));
        std::fs::write(&path, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").unwrap();
        assert!(client(Some(&path)).is_err());
    }
}
