//! Errors as the log has them: with all that lies under them.

use super::credentials::without_credentials;
use std::error::Error;
use std::sync::Arc;

/// An error as the source of another one. Answers are shared by all who wait for them, and so are errors.
pub type SharedError = Arc<dyn Error + Send + Sync>;

/// An error, or the words of one, to be shared.
pub fn shared_error(error: impl Into<Box<dyn Error + Send + Sync>>) -> SharedError {
    let error: Box<dyn Error + Send + Sync> = error.into();
    Arc::from(error)
}

/// An error, and what was done when it came.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{doing}")]
pub struct ErrorContext {
    /// What was done or used, as in "reading the settings".
    doing: String,
    source: SharedError,
}

impl ErrorContext {
    /// Says of an error what was done when it came.
    pub fn new(doing: impl Into<String>, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { doing: doing.into(), source: shared_error(source) }
    }

    /// The error without it.
    pub fn error(&self) -> &SharedError {
        &self.source
    }
}

/// How long a chain may become, in characters.
const LONGEST: usize = 2_000;

/// An error and all under it in one line, from the outermost to the root: `cause: deeper cause: root`. For the log and
/// the operator, never for a check or a comment. Holds no credentials of addresses and none of GitHub's tokens.
pub fn error_chain(error: &dyn Error) -> String {
    let mut line = String::new();
    for layer in layers(error) {
        let text = without_credentials(&layer.to_string());
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        // Many libraries say of an error what its source says.
        if text.is_empty() || line.ends_with(&text) {
            continue;
        }
        if !line.is_empty() {
            line.push_str(": ");
        }
        line.push_str(&text);
    }
    if let Some((end, _)) = line.char_indices().nth(LONGEST) {
        line.truncate(end);
        line.push('…');
    }
    line
}

/// What lies at the bottom of an error. The layers above it often say no more than that something failed.
pub fn root_cause<'a>(error: &'a (dyn Error + 'static)) -> &'a (dyn Error + 'static) {
    std::iter::successors(Some(error), |&error| error.source()).last().unwrap_or(error)
}

fn layers(error: &dyn Error) -> impl Iterator<Item = &dyn Error> {
    std::iter::successors(Some(error), |&error| error.source().map(|source| source as &dyn Error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("{words}")]
    struct Layer {
        words: &'static str,
        source: Option<SharedError>,
    }

    fn layered(words: &[&'static str]) -> Layer {
        let (words, rest) = words.split_first().unwrap();
        let source = (!rest.is_empty()).then(|| Arc::new(layered(rest)) as SharedError);
        Layer { words, source }
    }

    #[test]
    fn a_chain_is_one_line_that_says_nothing_twice() {
        let chain = |words: &[&'static str]| error_chain(&layered(words));
        assert_eq!(chain(&["the page was not read", "timed out"]), "the page was not read: timed out");
        assert_eq!(chain(&["no answer: timed out", "timed out"]), "no answer: timed out");
        assert_eq!(chain(&["two\n  lines", "", "root"]), "two lines: root");
        let long = "x".repeat(5_000).leak();
        assert_eq!(chain(&[long]).chars().count(), LONGEST + 1);
        assert_eq!(root_cause(&layered(&["a", "b", "c"])).to_string(), "c");
    }

    #[test]
    fn a_chain_that_leads_to_an_address_with_a_token_tells_no_token() {
        let deep = layered(&[
            "the build was not ordered",
            "GET https://deploy:hunter2@ci.example/hook?token=hunter3 failed",
            "https://x-access-token:ghs_16C7e42F@github.com/acme/store.git: 403",
        ]);
        assert_eq!(
            error_chain(&deep),
            "the build was not ordered: GET https://…@ci.example/hook?… failed: https://… 403"
        );
    }
}
