//! The key that signs a log, and the key that proves it: Ed25519 in the files that other tools know (PKCS #8 and
//! SubjectPublicKeyInfo in PEM, RFC 8410).

use super::{AuditError, durable};
use crate::policy::hex;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::rand::{SecureRandom, SystemRandom};
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// What stands before the 32 bytes of a private key: version 0, Ed25519, an octet string within an octet string.
const PRIVATE_PREFIX: [u8; 16] =
    [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];
/// What stands before the 32 bytes of a public key.
const PUBLIC_PREFIX: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
/// Key files are never longer.
const MAX_FILE_BYTES: u64 = 4096;

/// Signs a log. Its secret also keys the digests of arguments, so that short arguments cannot be guessed from them.
pub struct SigningKey {
    pair: Ed25519KeyPair,
    digests: ring::hmac::Key,
}

/// Proves a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey([u8; 32]);

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SigningKey({})", self.public().id())
    }
}

impl SigningKey {
    /// A new key, from the system's random numbers.
    pub fn generate() -> Result<(SigningKey, String), AuditError> {
        let mut seed = [0_u8; 32];
        SystemRandom::new().fill(&mut seed).map_err(|_| config("the system gives no random numbers"))?;
        Ok((SigningKey::of_seed(&seed)?, pem("PRIVATE KEY", &PRIVATE_PREFIX, &seed)))
    }

    /// Reads a key file. Nobody but its owner may be able to read it.
    pub fn read(path: &Path) -> Result<SigningKey, AuditError> {
        let metadata = std::fs::metadata(path).map_err(|error| unreadable(path, &error.to_string()))?;
        if metadata.mode() & 0o077 != 0 {
            return Err(unreadable(path, "others can read it: `chmod 600` it, or better make a new one"));
        }
        let seed = unpem("PRIVATE KEY", &PRIVATE_PREFIX, &read_small(path)?)
            .ok_or_else(|| unreadable(path, "it is no Ed25519 key as `mcpz audit keygen` makes them"))?;
        SigningKey::of_seed(&seed)
    }

    fn of_seed(seed: &[u8; 32]) -> Result<SigningKey, AuditError> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| config("a key that is none"))?;
        let parent = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, seed);
        let derived = ring::hmac::sign(&parent, b"mcpz audit argument digests v1");
        Ok(SigningKey { pair, digests: ring::hmac::Key::new(ring::hmac::HMAC_SHA256, derived.as_ref()) })
    }

    /// Its public half.
    pub fn public(&self) -> PublicKey {
        let mut bytes = [0; 32];
        let public = self.pair.public_key();
        bytes.iter_mut().zip(public.as_ref()).for_each(|(to, from)| *to = *from);
        PublicKey(bytes)
    }

    /// Signs; lower-case hexadecimal.
    pub fn sign(&self, message: &[u8]) -> String {
        hex(self.pair.sign(message).as_ref())
    }

    /// A digest that only who has the key can compute; lower-case hexadecimal.
    pub fn digest(&self, bytes: &[u8]) -> String {
        hex(ring::hmac::sign(&self.digests, bytes).as_ref())
    }
}

impl PublicKey {
    /// Reads a public key file.
    pub fn read(path: &Path) -> Result<PublicKey, AuditError> {
        unpem("PUBLIC KEY", &PUBLIC_PREFIX, &read_small(path)?)
            .map(PublicKey)
            .ok_or_else(|| unreadable(path, "it is no Ed25519 public key as `mcpz audit keygen` makes them"))
    }

    /// Its file.
    pub fn to_pem(&self) -> String {
        pem("PUBLIC KEY", &PUBLIC_PREFIX, &self.0)
    }

    /// What records call it: the first half of its SHA-256, lower-case hexadecimal.
    pub fn id(&self) -> String {
        let digest = ring::digest::digest(&ring::digest::SHA256, &self.0);
        digest.as_ref().first_chunk::<16>().map(|half| hex(half)).unwrap_or_default()
    }

    /// Whether a signature, lower-case hexadecimal, is this key's over the message.
    pub fn verifies(&self, message: &[u8], signature: &str) -> bool {
        unhex::<64>(signature)
            .is_some_and(|bytes| UnparsedPublicKey::new(&ED25519, &self.0).verify(message, &bytes).is_ok())
    }
}

/// Makes a key pair: the private key into a file that must not exist, the public one beside it.
pub fn write_pair(private: &Path, public: &Path) -> Result<PublicKey, AuditError> {
    if let Some(taken) = [private, public].into_iter().find(|path| path.symlink_metadata().is_ok()) {
        return Err(config(&format!("{} exists; a key is never replaced", taken.display())));
    }
    let (key, text) = SigningKey::generate()?;
    durable::replace(private, text.as_bytes()).map_err(|error| unwritable(private, &error))?;
    durable::replace(public, key.public().to_pem().as_bytes()).map_err(|error| unwritable(public, &error))?;
    Ok(key.public())
}

fn config(what: &str) -> AuditError {
    AuditError::Config(what.to_owned())
}

fn unreadable(path: &Path, why: &str) -> AuditError {
    AuditError::Config(format!("the key {} cannot be used: {why}", path.display()))
}

fn unwritable(path: &Path, error: &std::io::Error) -> AuditError {
    AuditError::Config(format!("{} cannot be written: {error}", path.display()))
}

fn read_small(path: &Path) -> Result<String, AuditError> {
    use std::io::Read;
    let mut text = String::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(MAX_FILE_BYTES).read_to_string(&mut text))
        .map_err(|error| unreadable(path, &error.to_string()))?;
    Ok(text)
}

fn pem(what: &str, prefix: &[u8], bytes: &[u8; 32]) -> String {
    let der: Vec<u8> = prefix.iter().chain(bytes).copied().collect();
    format!("-----BEGIN {what}-----\n{}\n-----END {what}-----\n", STANDARD.encode(der))
}

fn unpem(what: &str, prefix: &[u8], text: &str) -> Option<[u8; 32]> {
    let body = text.trim().strip_prefix(&format!("-----BEGIN {what}-----"))?;
    let body = body.strip_suffix(&format!("-----END {what}-----"))?;
    let der = STANDARD.decode(body.split_ascii_whitespace().collect::<String>()).ok()?;
    der.strip_prefix(prefix)?.try_into().ok()
}

/// Reads lower-case hexadecimal of exactly so many bytes.
pub fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if pairs.len() != N || !rest.is_empty() {
        return None;
    }
    let mut bytes = [0; N];
    for (to, [high, low]) in bytes.iter_mut().zip(pairs) {
        *to = digit(*high)? << 4 | digit(*low)?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_pair_is_written_read_and_signs() {
        let folder = tempfile::tempdir().unwrap();
        let (private, public) = (folder.path().join("audit.key"), folder.path().join("audit.pub"));
        let made = write_pair(&private, &public).unwrap();
        let (key, read) = (SigningKey::read(&private).unwrap(), PublicKey::read(&public).unwrap());
        assert_eq!(key.public(), made);
        assert_eq!(read, made);
        let signature = key.sign(b"text");
        assert!(read.verifies(b"text", &signature));
        assert!(!read.verifies(b"texT", &signature));
        assert!(!read.verifies(b"text", &signature.to_uppercase()));
        assert!(!read.verifies(b"text", &signature[2..]));
        assert_eq!(key.digest(b"x"), SigningKey::read(&private).unwrap().digest(b"x"));
        assert!(write_pair(&private, &folder.path().join("other")).is_err(), "a key is never replaced");
        assert!(!folder.path().join("other").exists());
    }

    #[test]
    fn keys_that_others_can_read_or_that_are_none_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let (private, public) = (folder.path().join("audit.key"), folder.path().join("audit.pub"));
        write_pair(&private, &public).unwrap();
        std::fs::set_permissions(&private, std::fs::Permissions::from_mode(0o640)).unwrap();
        assert!(SigningKey::read(&private).unwrap_err().to_string().contains("others can read it"));
        std::fs::set_permissions(&private, std::fs::Permissions::from_mode(0o600)).unwrap();
        let text = std::fs::read_to_string(&private).unwrap();
        for bad in
            [String::new(), text.replace("MC4", "MC5"), text.replace("PRIVATE", "PUBLIC"), text.replace("==", "")]
        {
            std::fs::write(&private, &bad).unwrap();
            assert!(SigningKey::read(&private).is_err() || bad == text, "{bad}");
        }
        assert!(PublicKey::read(&private).is_err());
        assert!(SigningKey::read(&public).is_err());
    }

    #[test]
    fn hexadecimal_is_lower_case_and_of_the_right_length() {
        assert_eq!(unhex::<2>("00ff"), Some([0, 255]));
        for bad in ["", "00f", "00fff", "00FF", "0x00", "00 f"] {
            assert_eq!(unhex::<2>(bad), None, "{bad}");
        }
    }
}
