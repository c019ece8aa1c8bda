use std::fmt;
use std::str::FromStr;

/// Why a text is not the name it was taken for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind} {text:?} is not valid: {why}")]
pub struct InvalidName {
    kind: &'static str,
    text: String,
    why: &'static str,
}

/// Longest branch name taken, in bytes. git knows no bound, but no file can have a longer name, and no
/// GitHub takes more.
const BRANCH_NAME_MAX: usize = 255;

/// The name of a branch without `refs/heads/`: whatever `git check-ref-format` takes behind that.
///
/// `git branch` is stricter, but a server takes pushes by this rule, so branches called `-x`, `@` or
/// `HEAD` exist. A valid name can also hold quotes, `$` or `;`. So it is safe as a git argument behind
/// `refs/heads/`, never on its own and never as a piece of shell text.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BranchName(Box<str>);

impl BranchName {
    /// Checks `text` by the rules of `git check-ref-format refs/heads/<text>`.
    pub fn new(text: impl Into<String>) -> Result<Self, InvalidName> {
        let text = text.into();
        match fault_in_branch_name(&text) {
            None => Ok(Self(text.into_boxed_str())),
            Some(why) => Err(InvalidName { kind: "branch name", text: shortened(&text), why }),
        }
    }

    /// The name as it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The full ref, `refs/heads/<name>`.
    pub fn full_ref(&self) -> String {
        format!("refs/heads/{}", self.0)
    }
}

fn fault_in_branch_name(text: &str) -> Option<&'static str> {
    if text.is_empty() {
        return Some("it is empty");
    }
    if text.len() > BRANCH_NAME_MAX {
        return Some("it is longer than 255 bytes");
    }
    if text.bytes().any(|b| b < 0x20 || b == 0x7f) {
        return Some("it holds a control character");
    }
    if text.contains([' ', '~', '^', ':', '?', '*', '[', '\\']) {
        return Some("it holds a space or one of ~ ^ : ? * [ \\");
    }
    if text.contains("..") || text.contains("@{") {
        return Some("it holds .. or @{");
    }
    if text.ends_with('.') {
        return Some("it ends with a dot");
    }
    let faulty_part = |part: &str| {
        let lock = part.len() >= 5 && part.as_bytes()[part.len() - 5..] == *b".lock";
        part.is_empty() || part.starts_with('.') || lock
    };
    if text.split('/').any(faulty_part) {
        return Some("a part between slashes is empty, starts with a dot or ends with .lock");
    }
    None
}

fn shortened(text: &str) -> String {
    const SHOWN: usize = 80;
    if text.chars().count() <= SHOWN {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(SHOWN).collect();
    short.push('…');
    short
}

impl fmt::Display for BranchName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for BranchName {
    type Err = InvalidName;
    fn from_str(text: &str) -> Result<Self, InvalidName> {
        Self::new(text)
    }
}

impl TryFrom<String> for BranchName {
    type Error = InvalidName;
    fn try_from(text: String) -> Result<Self, InvalidName> {
        Self::new(text)
    }
}

impl serde::Serialize for BranchName {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> serde::Deserialize<'de> for BranchName {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

/// A SHA-1 object name, kept as bytes so that sets of a hundred thousand stay small.
macro_rules! object_id {
    ($name:ident, $kind:literal, $doc:literal) => {
        #[doc = $doc]
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name([u8; 20]);

        impl $name {
            /// Whether it is all zeros, by which git and GitHub say "nothing".
            pub fn is_zero(&self) -> bool {
                self.0 == [0; 20]
            }

            /// The id whose twenty bytes are these.
            pub const fn from_bytes(bytes: [u8; 20]) -> Self {
                Self(bytes)
            }

            /// The twenty bytes that the digits spell.
            pub const fn as_bytes(&self) -> &[u8; 20] {
                &self.0
            }

            /// The first nine hexadecimal digits, as git shows them to people.
            pub fn short(&self) -> String {
                let mut hex = self.to_string();
                hex.truncate(9);
                hex
            }
        }

        impl FromStr for $name {
            type Err = InvalidName;
            fn from_str(text: &str) -> Result<Self, InvalidName> {
                let mut bytes = [0; 20];
                match hex::decode_to_slice(text, &mut bytes) {
                    Ok(()) => Ok(Self(bytes)),
                    Err(_) => Err(InvalidName {
                        kind: $kind,
                        text: shortened(text),
                        why: "forty hexadecimal digits are expected",
                    }),
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&hex::encode(self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

object_id!(CommitId, "commit id", "The name of a commit: forty hexadecimal digits.");
object_id!(TreeId, "tree id", "The name of a tree: two commits with one tree hold the same files.");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn branch_names_follow_git() {
        for good in
            ["main", "feature/x", "a'b\"c", "ünï/cödé", "x;rm", "a/-b", "-x", "@", "HEAD", &"n".repeat(255)]
        {
            assert!(BranchName::new(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "a b",
            "a..b",
            "a.lock",
            "a.lock/b",
            ".a",
            "a/.b",
            "a//b",
            "/a",
            "a/",
            "a.",
            "a@{b",
            "a~1",
            "a^",
            "a:b",
            "a?b",
            "a*b",
            "a[b",
            "a\\b",
            "a\nb",
            &"n".repeat(256),
        ] {
            assert!(BranchName::new(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn an_error_names_what_was_wrong_and_stays_short() {
        let error = BranchName::new("x".repeat(4000)).unwrap_err().to_string();
        assert!(error.contains("longer than 255 bytes"), "{error}");
        assert!(error.len() < 200, "{error}");
    }

    #[test]
    fn object_ids_round_trip() {
        let hex = "0123456789abcdef0123456789ABCDEF01234567";
        let id: CommitId = hex.parse().unwrap();
        assert_eq!(id.to_string(), hex.to_lowercase());
        assert_eq!(id.short(), "012345678");
        assert_eq!(CommitId::from_bytes(*id.as_bytes()), id);
        assert!("0123".parse::<CommitId>().is_err());
        assert!("g".repeat(40).parse::<TreeId>().is_err());
        assert!("é".repeat(20).parse::<TreeId>().is_err());
    }
}
