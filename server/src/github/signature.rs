use hmac::{Hmac, Mac};
use sha2::Sha256;
use std::fmt;

/// A webhook secret. It is never shown.
#[derive(Clone)]
pub struct Secret(Hmac<Sha256>);

impl Secret {
    /// Takes the secret as configured on both sides.
    #[expect(clippy::missing_panics_doc, reason = "it cannot: HMAC takes keys of any length")]
    pub fn new(text: &str) -> Self {
        Self(Hmac::new_from_slice(text.as_bytes()).expect("HMAC takes keys of any length"))
    }
}

impl Secret {
    /// A mark that only who holds the secret can put on a text, in hexadecimal digits. It is another one than the
    /// signature over the same text.
    pub fn mark(&self, text: &str) -> String {
        let mut mac = self.0.clone();
        mac.update(b"mark:");
        mac.update(text.as_bytes());
        hex::encode(&mac.finalize().into_bytes()[..16])
    }

    /// Whether a text carries its mark. Compared in constant time.
    pub fn has_marked(&self, text: &str, mark: &str) -> bool {
        let mut bytes = [0; 16];
        if hex::decode_to_slice(mark, &mut bytes).is_err() {
            return false;
        }
        let mut mac = self.0.clone();
        mac.update(b"mark:");
        mac.update(text.as_bytes());
        mac.verify_truncated_left(&bytes).is_ok()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Why a signature header is no proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// There is none.
    #[error("the header X-Hub-Signature-256 is missing")]
    Missing,
    /// Only the old kind is there.
    #[error(
        "only the SHA-1 signature was sent; set a webhook secret so that X-Hub-Signature-256 is sent too"
    )]
    Sha1Only,
    /// It is not of the form `sha256=<64 hexadecimal digits>`.
    #[error("the header X-Hub-Signature-256 is not of the form sha256=<64 hexadecimal digits>")]
    Malformed,
    /// It was made with another secret or over another body.
    #[error("the signature does not match any configured secret")]
    Wrong,
}

/// The signature a webhook claims to have.
#[derive(Debug, Clone, Copy)]
pub struct Signature([u8; 32]);

impl Signature {
    /// Reads the two signature headers, as far as they were sent.
    pub fn from_headers(sha256: Option<&[u8]>, sha1: Option<&[u8]>) -> Result<Self, SignatureError> {
        let header =
            sha256.ok_or(if sha1.is_some() { SignatureError::Sha1Only } else { SignatureError::Missing })?;
        let digits = header.strip_prefix(b"sha256=").ok_or(SignatureError::Malformed)?;
        let mut bytes = [0; 32];
        hex::decode_to_slice(digits, &mut bytes).map_err(|_| SignatureError::Malformed)?;
        Ok(Self(bytes))
    }
}

/// Takes a body in as it arrives and tells at its end whether a configured secret signed it.
pub struct Verifier(Vec<Hmac<Sha256>>);

impl Verifier {
    /// Begins with the secrets of which any may have signed (several while they are rotated).
    pub fn new(secrets: &[Secret]) -> Self {
        Self(secrets.iter().map(|secret| secret.0.clone()).collect())
    }

    /// Takes the next piece of the raw body.
    pub fn update(&mut self, piece: &[u8]) {
        for mac in &mut self.0 {
            mac.update(piece);
        }
    }

    /// Compares in constant time, and with every secret, so that the time does not tell which fits.
    pub fn finish(self, signature: Signature) -> Result<(), SignatureError> {
        let mut fits = false;
        for mac in self.0 {
            fits |= mac.verify_slice(&signature.0).is_ok();
        }
        if fits { Ok(()) } else { Err(SignatureError::Wrong) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example in GitHub's documentation on validating deliveries.
    const BODY: &[u8] = b"Hello, World!";
    const SECRET: &str = "It's a Secret to Everybody";
    const HEADER: &str = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";

    fn verify(secrets: &[&str], header: &str) -> Result<(), SignatureError> {
        let signature = Signature::from_headers(Some(header.as_bytes()), None)?;
        let secrets: Vec<_> = secrets.iter().map(|text| Secret::new(text)).collect();
        let mut verifier = Verifier::new(&secrets);
        verifier.update(&BODY[..5]);
        verifier.update(&BODY[5..]);
        verifier.finish(signature)
    }

    #[test]
    fn a_mark_is_known_again_and_no_signature() {
        let secret = Secret::new(SECRET);
        let mark = secret.mark("a");
        assert!(secret.has_marked("a", &mark));
        assert!(
            !secret.has_marked("b", &mark)
                && !secret.has_marked("a", "")
                && !secret.has_marked("a", &mark[1..])
        );
        assert_ne!(Secret::new("other").mark("a"), mark);
    }

    #[test]
    fn githubs_own_example_passes_with_any_of_the_secrets() {
        assert_eq!(verify(&[SECRET], HEADER), Ok(()));
        assert_eq!(verify(&["new", SECRET], HEADER), Ok(()));
        assert_eq!(verify(&[SECRET, "old"], HEADER), Ok(()));
        assert_eq!(verify(&[SECRET], &HEADER.to_uppercase().replace("SHA256", "sha256")), Ok(()));
    }

    #[test]
    fn everything_else_is_refused_by_name() {
        assert_eq!(verify(&["other"], HEADER), Err(SignatureError::Wrong));
        assert_eq!(verify(&[], HEADER), Err(SignatureError::Wrong));
        for malformed in [
            "",
            "sha256=",
            "sha1=abc",
            &HEADER[..70],
            &HEADER.replace("75", "+5"),
            &HEADER.replace("75", "é"),
        ] {
            assert_eq!(verify(&[SECRET], malformed), Err(SignatureError::Malformed), "{malformed}");
        }
        assert_eq!(Signature::from_headers(None, None).unwrap_err(), SignatureError::Missing);
        assert_eq!(Signature::from_headers(None, Some(b"sha1=x")).unwrap_err(), SignatureError::Sha1Only);
    }

    #[test]
    fn a_secret_does_not_show_itself() {
        assert_eq!(format!("{:?}", Secret::new("hush")), "Secret(…)");
    }
}
