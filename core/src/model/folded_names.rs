//! Names that GitHub takes for the same whatever their capitals: of environments and of repositories.
//!
//! Branches, tags and files are told apart by them, so [`super::BranchName`] is none of these. Only the letters of ASCII are
//! folded: environments of a path have no others in their names, and a name from outside that only looks like one of them
//! must not count as it. What is stored is keyed by the folded spelling; people are shown the configuration's.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

macro_rules! folded_name {
    ($name:ident, $doc:literal) => {
        #[doc = $doc]
        ///
        /// Two that differ in capitals only are equal. Each shows itself as it was written.
        #[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name(Box<str>);

        impl $name {
            /// The name as it was written.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// Whether two texts are spellings of one name.
            pub fn are_alike(one: &str, other: &str) -> bool {
                one.eq_ignore_ascii_case(other)
            }

            /// The one spelling that all equal ones have: what they are kept by.
            pub fn key(&self) -> String {
                self.0.to_ascii_lowercase()
            }
        }

        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                Self::are_alike(&self.0, &other.0)
            }
        }

        impl Eq for $name {}

        impl PartialEq<str> for $name {
            fn eq(&self, other: &str) -> bool {
                Self::are_alike(&self.0, other)
            }
        }

        impl Hash for $name {
            fn hash<H: Hasher>(&self, state: &mut H) {
                self.key().hash(state);
            }
        }

        impl PartialOrd for $name {
            fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
                Some(self.cmp(other))
            }
        }

        impl Ord for $name {
            fn cmp(&self, other: &Self) -> Ordering {
                self.key().cmp(&other.key())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<&str> for $name {
            fn from(name: &str) -> Self {
                Self(name.into())
            }
        }

        impl From<&String> for $name {
            fn from(name: &String) -> Self {
                Self(name.as_str().into())
            }
        }

        impl From<String> for $name {
            fn from(name: String) -> Self {
                Self(name.into_boxed_str())
            }
        }
    };
}

folded_name!(EnvironmentName, "The name of an environment, of the path or of GitHub.");
folded_name!(RepositoryName, "The full name of a repository, `owner/name`.");

impl EnvironmentName {
    /// Whether a text is spelled as the configuration lets an environment be called, of whatever length: letters and digits
    /// without accents, with spaces and `. _ - /` between them. Programs and workflows are given such names as they are, and
    /// a shell that reads one finds nothing to run in it.
    pub fn is_spelled_well(text: &str) -> bool {
        let is_letter = |c: char| c.is_ascii_alphanumeric();
        text.starts_with(is_letter)
            && !text.ends_with(' ')
            && text.chars().all(|c| is_letter(c) || " ._/-".contains(c))
    }
}

impl RepositoryName {
    /// The login of the account that owns it.
    pub fn owner(&self) -> &str {
        self.0.split('/').next().unwrap_or_default()
    }

    /// The repository in which an account keeps what counts for all of its own.
    pub fn shared_by(owner: &str) -> Self {
        Self(format!("{owner}/.github").into_boxed_str())
    }

    /// Whether it is that one of its account.
    pub fn is_shared(&self) -> bool {
        *self == Self::shared_by(self.owner())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::{BTreeSet, HashSet};

    #[test]
    fn capitals_make_no_other_name() {
        let spelled = ["Staging", "staging", "STAGING"].map(EnvironmentName::from);
        assert_eq!(spelled.iter().collect::<HashSet<_>>().len(), 1);
        assert_eq!(spelled.iter().collect::<BTreeSet<_>>().len(), 1);
        assert_eq!(spelled[0].to_string(), "Staging");
        assert_eq!(spelled[0].key(), "staging");
        assert!(spelled[0] == *"sTaging" && spelled[0] != *"stagings");
        // Letters that other rules fold to those of ASCII are others here.
        for other in ["\u{17f}taging", "STAG\u{130}NG", "staging "] {
            assert_ne!(EnvironmentName::from(other), spelled[1], "{other:?}");
        }
    }

    #[test]
    fn an_accounts_shared_repository_is_known_by_any_spelling() {
        assert!(RepositoryName::from("Acme/.GitHub").is_shared());
        assert!(!RepositoryName::from("acme/x.github").is_shared());
        assert_eq!(RepositoryName::shared_by("ACME"), RepositoryName::from("acme/.github"));
    }
}
