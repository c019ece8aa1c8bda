//! What a check said, and what a story wants of it.

use towpath_sandbox::CheckState;

/// What a check said.
pub struct Said(pub CheckState);

impl Said {
    /// It came to this conclusion, with this title.
    #[track_caller]
    pub fn is(self, conclusion: &str, title: &str) -> Self {
        let shown =
            (self.0.conclusion.as_deref().unwrap_or("none"), self.0.title.as_deref().unwrap_or("none"));
        assert_eq!(shown, (conclusion, title));
        self
    }

    #[track_caller]
    pub fn passes(self) -> Self {
        assert_eq!(self.0.conclusion.as_deref(), Some("success"), "{:?}", self.0.title);
        self
    }

    #[track_caller]
    pub fn fails(self) -> Self {
        assert_eq!(self.0.conclusion.as_deref(), Some("failure"), "{:?}", self.0.title);
        self
    }

    pub fn summary(&self) -> &str {
        self.0.summary.as_deref().unwrap_or_default()
    }

    #[track_caller]
    pub fn says(self, words: &str) -> Self {
        assert!(self.summary().contains(words), "{words:?} is not in:\n{}", self.summary());
        self
    }
}
