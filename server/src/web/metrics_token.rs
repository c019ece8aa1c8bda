use ring::hmac;

/// The token with which numbers may be read from elsewhere. It is never shown.
#[derive(Clone)]
pub struct MetricsToken {
    key: hmac::Key,
    /// What the key makes of the token: two such tags are compared in constant time, and tell nothing of their texts.
    tag: hmac::Tag,
}

impl std::fmt::Debug for MetricsToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MetricsToken(…)")
    }
}

impl MetricsToken {
    /// A token of these characters.
    pub fn new(token: &str) -> Self {
        let key = hmac::Key::new(hmac::HMAC_SHA256, token.as_bytes());
        let tag = hmac::sign(&key, token.as_bytes());
        Self { key, tag }
    }

    /// Whether this is it.
    pub(super) fn is(&self, given: &str) -> bool {
        hmac::verify(&self.key, given.as_bytes(), self.tag.as_ref()).is_ok()
    }
}
