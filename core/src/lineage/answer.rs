//! What git answered.

use super::GitError;

/// What git answered.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    pub(super) status: i32,
    pub(super) stdout: Vec<u8>,
    pub(super) stderr: String,
    /// All that it said beside the answer.
    pub(super) said: String,
    pub(super) what: &'static str,
}

impl Answer {
    /// The answer, if git ended well.
    pub(super) fn ok(self) -> Result<Vec<u8>, GitError> {
        if self.status == 0 { Ok(self.stdout) } else { Err(self.into_error()) }
    }

    /// How much it takes to keep it.
    pub(super) fn bytes(&self) -> usize {
        self.stdout.len() + self.stderr.len() + self.said.len() + size_of::<Self>()
    }

    #[cfg(test)]
    pub(super) fn of_test(stdout: &str) -> Self {
        let (stderr, said) = (String::new(), String::new());
        Self { status: 0, stdout: stdout.as_bytes().to_vec(), stderr, said, what: "rev-list" }
    }

    pub(super) fn into_error(self) -> GitError {
        GitError::failed(self.what, Some(self.status), self.stderr)
    }

    /// git's word for what it has no answer to; lower numbers can be answers.
    pub(super) fn is_fatal(&self) -> bool {
        self.status >= 128
    }

    pub(super) fn speaks_of_damage(&self) -> bool {
        GitError::is_said_of_damage(&self.stderr)
    }
}
