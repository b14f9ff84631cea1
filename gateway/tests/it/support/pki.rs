//! A certificate authority of the tests' own, and TLS on either side.

use super::peer::{Response, parse, soon};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose,
    SanType,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName};
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// An authority.
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

/// A certificate and its key.
pub struct Pair {
    pub certificate: CertificateDer<'static>,
    pub pem: String,
    pub key_pem: String,
    key: Vec<u8>,
}

/// What a certificate is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Good {
    Now,
    /// No longer.
    Expired,
}

impl Authority {
    pub fn new() -> Authority {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        Authority { issuer: CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap() }
    }

    pub fn pem(&self) -> String {
        self.issuer.pem()
    }

    /// A certificate for these names; those with `://` are URIs.
    pub fn certificate(&self, names: &[&str], good: Good) -> Pair {
        let (uris, hosts): (Vec<&str>, Vec<&str>) = names.iter().partition(|name| name.contains("://"));
        let hosts: Vec<String> = hosts.into_iter().map(str::to_owned).collect();
        let mut params = CertificateParams::new(hosts).unwrap();
        params.subject_alt_names.extend(uris.into_iter().map(|uri| SanType::URI(uri.try_into().unwrap())));
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        if good == Good::Expired {
            params.not_before = rcgen::date_time_ymd(2020, 1, 1);
            params.not_after = rcgen::date_time_ymd(2021, 1, 1);
        }
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let (pem, key_pem) = (certificate.pem(), key.serialize_pem());
        Pair { certificate: certificate.der().clone(), pem, key_pem, key: key.serialize_der() }
    }

    /// TLS of a server with a certificate for this machine.
    pub fn server(&self, good: Good) -> Arc<rustls::ServerConfig> {
        let pair = self.certificate(&["127.0.0.1", "localhost"], good);
        let builder = rustls::ServerConfig::builder_with_provider(provider()).with_safe_default_protocol_versions();
        let key = pair.key();
        Arc::new(builder.unwrap().with_no_client_auth().with_single_cert(vec![pair.certificate], key).unwrap())
    }

    /// TLS of a client that trusts this authority.
    pub fn client(&self, own: Option<&Pair>) -> rustls::ClientConfig {
        let mut roots = rustls::RootCertStore::empty();
        roots.add(self.issuer.der().clone()).unwrap();
        let builder = rustls::ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions();
        let builder = builder.unwrap().with_root_certificates(roots);
        match own {
            None => builder.with_no_client_auth(),
            Some(own) => builder.with_client_auth_cert(vec![own.certificate.clone()], own.key()).unwrap(),
        }
    }
}

impl Pair {
    fn key(&self) -> PrivateKeyDer<'static> {
        PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(self.key.clone()))
    }
}

fn provider() -> Arc<rustls::crypto::CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

/// Sends bytes over TLS to `localhost`, and reads until the peer closes.
pub async fn raw(address: SocketAddr, tls: rustls::ClientConfig, request: &[u8]) -> std::io::Result<Response> {
    let stream = soon(TcpStream::connect(address)).await?;
    let name = ServerName::try_from("localhost").unwrap();
    let mut stream = soon(tokio_rustls::TlsConnector::from(Arc::new(tls)).connect(name, stream)).await?;
    stream.write_all(request).await?;
    let mut bytes = Vec::new();
    // A peer that refuses the certificate says so when it is read from; one that only forgets to take leave has spoken.
    match soon(stream.read_to_end(&mut bytes)).await {
        Err(error) if bytes.is_empty() => Err(error),
        _ => Ok(parse(&bytes)),
    }
}
