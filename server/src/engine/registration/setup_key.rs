use crate::engine::whole_file::write_for_owner_of_folder;
use crate::model::{ErrorContext, UnixMillis};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::io;
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

    /// Makes another key, and answers it. The one before is good no more. Whoever makes it, the server reads it: it belongs
    /// to whoever the data folder belongs to.
    ///
    /// # Errors
    /// When the data folder cannot be written to, or its owner could not read the key.
    pub fn make(&self, random: &RandomBytes, now: UnixMillis) -> Result<String, ErrorContext> {
        let key = hex::encode(random());
        let kept = Kept { fingerprint: hex::encode(fingerprint(&key)), ends_at: now + KEY_LASTS };
        let text = serde_json::to_string(&kept).unwrap_or_default();
        write_for_owner_of_folder(&self.file, &text).map_err(|error| self.named(error))?;
        Ok(key)
    }

    /// Whether this is the key. If it is, it is good no more.
    ///
    /// # Errors
    /// When there is one that cannot be read.
    pub fn spend(&self, key: &str, now: UnixMillis) -> Result<bool, ErrorContext> {
        let text = match std::fs::read_to_string(&self.file) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(self.named(error)),
        };
        let Ok(kept) = serde_json::from_str::<Kept>(&text) else { return Ok(false) };
        let is_it = kept.fingerprint == hex::encode(fingerprint(key)) && now < kept.ends_at;
        // Of two who come at once only one takes it away.
        Ok(is_it && std::fs::remove_file(&self.file).is_ok())
    }

    fn named(&self, error: io::Error) -> ErrorContext {
        ErrorContext::new(self.file.display().to_string(), error)
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
        let is_good = |text: &str, now| key.spend(text, now).unwrap();
        assert!(!is_good("", now));
        let first = key.make(&random, now).unwrap();
        let second = key.make(&random, now).unwrap();
        assert!(!is_good(&first, now), "another one took its place");
        assert!(!is_good("guessed", now));
        assert!(!is_good(&second, now + KEY_LASTS), "its hour is over");
        assert!(is_good(&second, now));
        assert!(!is_good(&second, now), "it was used");
    }

    #[test]
    fn a_key_that_cannot_be_read_is_an_error_and_no_wrong_key() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("setup-key.json")).unwrap();
        let error = SetupKey::of(folder.path()).spend("any", UnixMillis(0)).unwrap_err();
        assert!(error.to_string().ends_with("setup-key.json"), "{error}");
    }
}
