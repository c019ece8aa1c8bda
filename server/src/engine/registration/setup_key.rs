use crate::engine::whole_file::{PRIVATE, write_whole_file};
use crate::model::{ErrorContext, UnixMillis};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// How long the key in a link is good, and a visit that began with it.
pub const KEY_LASTS: Duration = Duration::from_secs(60 * 60);

/// Gives random bytes for keys that nobody may guess.
pub type RandomBytes = Arc<dyn Fn() -> [u8; 32] + Send + Sync>;

/// Bytes from the system's randomness.
///
/// # Panics
/// When the system has no randomness to give: a key that can be guessed is worse than none.
pub fn system_random_bytes() -> [u8; 32] {
    let mut bytes = [0; 32];
    let filled = ring::rand::SecureRandom::fill(&ring::rand::SystemRandom::new(), &mut bytes);
    assert!(filled.is_ok(), "the system has no randomness to give");
    bytes
}

/// What is kept of a secret that is only to be recognised. Comparing these tells nothing of the secret by its time.
pub fn fingerprint(secret: &str) -> [u8; 32] {
    Sha256::digest(secret).into()
}

/// The key in the link to the set-up page: good once, for an hour. The newest one is the only one.
#[derive(Debug)]
pub struct SetupKey {
    file: PathBuf,
}

#[derive(Serialize, Deserialize)]
struct Kept {
    fingerprint: String,
    ends_at: UnixMillis,
}

impl SetupKey {
    /// The key of the server with this data folder.
    pub fn of(data_dir: &Path) -> Self {
        Self { file: data_dir.join("setup-key.json") }
    }

    /// Makes another key, and answers it. The one before is good no more.
    ///
    /// # Errors
    /// When the data folder cannot be written to.
    pub fn make(&self, random: &RandomBytes, now: UnixMillis) -> Result<String, ErrorContext> {
        let key = hex::encode(random());
        let kept = Kept { fingerprint: hex::encode(fingerprint(&key)), ends_at: now + KEY_LASTS };
        let text = serde_json::to_string(&kept).unwrap_or_default();
        let named = |error| ErrorContext::new(self.file.display().to_string(), error);
        write_whole_file(&self.file, &text, PRIVATE).map_err(named)?;
        Ok(key)
    }

    /// Whether this is the key. If it is, it is good no more.
    pub fn spend(&self, key: &str, now: UnixMillis) -> bool {
        let Ok(text) = std::fs::read_to_string(&self.file) else { return false };
        let Ok(kept) = serde_json::from_str::<Kept>(&text) else { return false };
        let is_it = kept.fingerprint == hex::encode(fingerprint(key)) && now < kept.ends_at;
        // Of two who come at once only one takes it away.
        is_it && std::fs::remove_file(&self.file).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_good_once_for_an_hour_until_another_is_made() {
        let folder = tempfile::tempdir().unwrap();
        let key = SetupKey::of(folder.path());
        let random: RandomBytes = Arc::new(system_random_bytes);
        let now = UnixMillis(1_000_000);
        assert!(!key.spend("", now));
        let first = key.make(&random, now).unwrap();
        let second = key.make(&random, now).unwrap();
        assert!(!key.spend(&first, now), "another one took its place");
        assert!(!key.spend("guessed", now));
        assert!(!key.spend(&second, now + KEY_LASTS), "its hour is over");
        assert!(key.spend(&second, now));
        assert!(!key.spend(&second, now), "it was used");
    }
}
