use crate::model::UnixSeconds;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::{rand, signature};
use std::fmt;
use std::time::Duration;

/// Why a private key cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidKey {
    /// The text holds no PEM block of a private key.
    #[error("no \"BEGIN RSA PRIVATE KEY\" or \"BEGIN PRIVATE KEY\" block was found")]
    NotPem,
    /// The block is damaged or is no RSA key of at least 2048 bits.
    #[error("the block is damaged, or is not an RSA key of at least 2048 bits")]
    NotRsa,
}

/// The App's private key, which signs the tokens it introduces itself with. It is never shown.
pub struct AppKey {
    app_id: String,
    pair: signature::RsaKeyPair,
}

impl fmt::Debug for AppKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AppKey").field("app_id", &self.app_id).finish_non_exhaustive()
    }
}

/// How far back a token is dated, since GitHub refuses one from its own future.
const BACKDATED: Duration = Duration::from_secs(60);
/// How long a token is good for. GitHub takes at most ten minutes.
pub(super) const LIFETIME: Duration = Duration::from_secs(540);

impl AppKey {
    /// Reads the key as GitHub hands it out (PKCS#1) or as other tools write it (PKCS#8). Line breaks
    /// may be written as `\n`, as they arrive through some environments.
    pub fn from_pem(app_id: &str, pem: &str) -> Result<Self, InvalidKey> {
        let pem = pem.replace("\\n", "\n");
        let (der, pkcs8) = match pem_block(&pem, "RSA PRIVATE KEY")? {
            Some(der) => (der, false),
            None => (pem_block(&pem, "PRIVATE KEY")?.ok_or(InvalidKey::NotPem)?, true),
        };
        let read = if pkcs8 {
            signature::RsaKeyPair::from_pkcs8(&der)
        } else {
            signature::RsaKeyPair::from_der(&der)
        };
        Ok(Self { app_id: app_id.to_owned(), pair: read.map_err(|_| InvalidKey::NotRsa)? })
    }

    /// The App's id, as configured.
    pub fn app_id(&self) -> &str {
        &self.app_id
    }

    /// A token with which the App introduces itself, good for nine minutes from `now`.
    /// `None` only when the system has no randomness to give.
    pub fn token(&self, now: UnixSeconds) -> Option<String> {
        let claims = serde_json::json!({
            "iat": now - BACKDATED,
            "exp": now + LIFETIME,
            "iss": self.app_id,
        });
        let mut token = URL_SAFE_NO_PAD.encode(r#"{"alg":"RS256","typ":"JWT"}"#);
        token.push('.');
        token.push_str(&URL_SAFE_NO_PAD.encode(claims.to_string()));
        let mut signed = vec![0; self.pair.public().modulus_len()];
        let random = rand::SystemRandom::new();
        self.pair.sign(&signature::RSA_PKCS1_SHA256, &random, token.as_bytes(), &mut signed).ok()?;
        token.push('.');
        token.push_str(&URL_SAFE_NO_PAD.encode(signed));
        Some(token)
    }
}

fn pem_block(pem: &str, label: &str) -> Result<Option<Vec<u8>>, InvalidKey> {
    let (begin, end) = (format!("-----BEGIN {label}-----"), format!("-----END {label}-----"));
    let Some(start) = pem.find(&begin) else { return Ok(None) };
    let body = &pem[start + begin.len()..];
    let body = &body[..body.find(&end).ok_or(InvalidKey::NotRsa)?];
    let packed: String = body.chars().filter(|c| !c.is_whitespace()).collect();
    STANDARD.decode(packed).map(Some).map_err(|_| InvalidKey::NotRsa)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_key_is_refused_by_name() {
        assert_eq!(AppKey::from_pem("1", "hello").unwrap_err(), InvalidKey::NotPem);
        let damaged = "-----BEGIN RSA PRIVATE KEY-----\n!!!\n-----END RSA PRIVATE KEY-----";
        assert_eq!(AppKey::from_pem("1", damaged).unwrap_err(), InvalidKey::NotRsa);
        let cut = "-----BEGIN RSA PRIVATE KEY-----\nAAAA";
        assert_eq!(AppKey::from_pem("1", cut).unwrap_err(), InvalidKey::NotRsa);
    }
}
