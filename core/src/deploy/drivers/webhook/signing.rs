use crate::model::UnixSeconds;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use http::HeaderMap;
use sha2::Sha256;
use std::fmt;
use std::time::Duration;

/// A call back may be so old, or from so far ahead: clocks differ, and what was recorded once must not be
/// played again for ever.
const APART: Duration = Duration::from_secs(5 * 60);

/// A key that signs what is sent and what comes back. Never shown.
#[derive(Clone)]
pub struct SigningKey(Hmac<Sha256>);

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(…)")
    }
}

/// Why a call is no proof of who made it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SigningError {
    /// A header is not there or not as it should be.
    #[error("the header {0} is missing or malformed")]
    Header(&'static str),
    /// It was made too long ago, or our clocks differ.
    #[error("webhook-timestamp is more than five minutes away from the time here")]
    TooFar,
    /// It was made with another key or over another body.
    #[error("the signature does not match")]
    Wrong,
    /// The secret is none that can sign.
    #[error("the secret is not of the form whsec_<base64 of 24 to 64 bytes>")]
    Secret,
}

impl SigningKey {
    /// Reads a secret as the specification spells it: `whsec_` and 24 to 64 bytes in base64.
    ///
    /// # Errors
    /// [`SigningError::Secret`], which does not show it.
    pub fn read(secret: &str) -> Result<Self, SigningError> {
        let digits = secret.strip_prefix("whsec_").ok_or(SigningError::Secret)?;
        let bytes = STANDARD.decode(digits).map_err(|_| SigningError::Secret)?;
        if !(24..=64).contains(&bytes.len()) {
            return Err(SigningError::Secret);
        }
        Hmac::new_from_slice(&bytes).map(Self).map_err(|_| SigningError::Secret)
    }

    fn over(&self, id: &str, at: UnixSeconds, body: &[u8]) -> Hmac<Sha256> {
        let mut mac = self.0.clone();
        mac.update(format!("{id}.{}.", at.0).as_bytes());
        mac.update(body);
        mac
    }

    /// The value of `webhook-signature`.
    pub fn sign(&self, id: &str, at: UnixSeconds, body: &[u8]) -> String {
        format!("v1,{}", STANDARD.encode(self.over(id, at, body).finalize().into_bytes()))
    }

    /// Whether a call was signed with this key, not long ago. Answers the call's id.
    ///
    /// # Errors
    /// [`SigningError`] where nothing proves it.
    pub fn verify<'a>(
        &self,
        headers: &'a HeaderMap,
        body: &[u8],
        now: UnixSeconds,
    ) -> Result<&'a str, SigningError> {
        let text = |name: &'static str| {
            let value = headers.get(name).and_then(|value| value.to_str().ok());
            value.filter(|text| (1..=2_000).contains(&text.len())).ok_or(SigningError::Header(name))
        };
        let id = text("webhook-id")?;
        let at = text("webhook-timestamp")?.parse().map(UnixSeconds);
        let at = at.map_err(|_| SigningError::Header("webhook-timestamp"))?;
        let signatures = text("webhook-signature")?;
        let mut fits = false;
        for signature in signatures.split(' ').filter_map(|one| one.strip_prefix("v1,")) {
            let Ok(bytes) = STANDARD.decode(signature) else { continue };
            fits |= self.over(id, at, body).verify_slice(&bytes).is_ok();
        }
        if !fits {
            return Err(SigningError::Wrong);
        }
        if now.distance(at) > APART { Err(SigningError::TooFar) } else { Ok(id) }
    }
}
