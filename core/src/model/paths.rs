use super::glob;
use regex_lite::Regex;
use std::fmt;

/// Paths whose differences count for nothing, by patterns: `.github/` is a folder with all in it, `*.md`
/// such a file in any folder, `docs/**/*.png` what it says.
#[derive(Clone)]
pub struct IgnoredPaths {
    patterns: Vec<String>,
    globs: Vec<Regex>,
}

/// A pattern that cannot be read or can match nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the pattern {pattern:?} {why}")]
pub struct InvalidPattern {
    /// The pattern as it was given.
    pub pattern: String,
    /// What is wrong with it, and what to write instead.
    pub why: String,
}

impl IgnoredPaths {
    /// Reads patterns: the first that is wrong is the error.
    pub fn new(patterns: &[String]) -> Result<Self, InvalidPattern> {
        let compiled = |pattern: &String| {
            let wrong = |why: String| InvalidPattern { pattern: pattern.clone(), why };
            if let Some(why) = matches_nothing(pattern) {
                return Err(wrong(why.to_owned()));
            }
            glob::compiled(&as_glob(pattern)).map_err(|error| wrong(format!("cannot be read: {error}")))
        };
        let globs = patterns.iter().map(compiled).collect::<Result<_, _>>()?;
        Ok(Self { patterns: patterns.to_vec(), globs })
    }

    /// What the copy branch may differ in where nothing is configured: what only GitHub reads.
    #[allow(clippy::missing_panics_doc, reason = "the pattern is a constant and a test reads it")]
    pub fn of_the_copy() -> Self {
        Self::new(&[".github/".to_owned()]).expect("the built-in pattern is valid")
    }

    /// Whether a difference in this path counts for nothing.
    pub fn holds(&self, path: &str) -> bool {
        self.globs.iter().any(|glob| glob.is_match(path))
    }

    /// The patterns as they were given.
    pub fn patterns(&self) -> &[String] {
        &self.patterns
    }
}

/// Why no path of a repository can ever match.
fn matches_nothing(pattern: &str) -> Option<&'static str> {
    if pattern.trim().is_empty() {
        return Some("is empty; name a path, for instance docs/");
    }
    if pattern.starts_with('/') {
        return Some("matches nothing: paths begin at the top of the repository, without a slash");
    }
    if pattern.starts_with("./") || pattern.split('/').any(|part| part == "..") {
        return Some("matches nothing: paths hold neither ./ nor ..");
    }
    if pattern.contains('\\') {
        return Some("holds a backslash; folders are separated by /");
    }
    if pattern.starts_with('!') {
        return Some("begins with !, and patterns cannot take anything back");
    }
    None
}

/// The same in the words of globs: a pattern without a folder means a name in any folder.
fn as_glob(pattern: &str) -> String {
    if let Some(folder) = pattern.strip_suffix('/') {
        return format!("{folder}/**");
    }
    if pattern.contains('/') { pattern.to_owned() } else { format!("**/{pattern}") }
}

impl PartialEq for IgnoredPaths {
    fn eq(&self, other: &Self) -> bool {
        self.patterns == other.patterns
    }
}

impl Eq for IgnoredPaths {}

impl fmt::Debug for IgnoredPaths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("IgnoredPaths").field(&self.patterns).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(pattern: &str, path: &str) -> bool {
        IgnoredPaths::new(&[pattern.to_owned()]).unwrap().holds(path)
    }

    #[test]
    fn patterns_mean_what_they_look_like() {
        assert!(holds(".github/", ".github/workflows/ci.yml"));
        assert!(!holds(".github/", "app/.github/x"));
        assert!(holds("*.md", "README.md") && holds("*.md", "docs/a/b.md"));
        assert!(holds("docs/**/*.png", "docs/a/b/c.png") && holds("docs/**/*.png", "docs/c.png"));
        assert!(!holds("docs/*.png", "docs/a/c.png"));
        assert!(holds("README", "README") && !holds("README", "README.md"));
    }

    #[test]
    fn what_can_match_nothing_is_refused_with_the_reason() {
        let why = |pattern: &str| IgnoredPaths::new(&[pattern.to_owned()]).unwrap_err().to_string();
        for (pattern, reason) in
            [("", "empty"), ("/docs", "without a slash"), ("../x", ".."), ("a\\b", "backslash"), ("!a", "!")]
        {
            assert!(why(pattern).contains(reason), "{}", why(pattern));
        }
        assert!(why("docs/[z-a]").contains("cannot be read"), "{}", why("docs/[z-a]"));
    }
}
