use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A comment by GitHub's number. Each kind of comment has numbers of its own.
///
/// Source: GitHub's REST API, "Issue comments", "Pull request review comments" and "Pull request reviews".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum CommentKey {
    /// In the conversation of a pull request or an issue.
    Conversation(u64),
    /// On a line of a pull request's difference.
    Line(u64),
    /// The text of a review.
    Review(u64),
}

impl fmt::Display for CommentKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Conversation(id) => write!(f, "comment-{id}"),
            Self::Line(id) => write!(f, "line-{id}"),
            Self::Review(id) => write!(f, "review-{id}"),
        }
    }
}

impl From<CommentKey> for String {
    fn from(key: CommentKey) -> Self {
        key.to_string()
    }
}

/// A text that names no comment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} names no comment")]
pub struct InvalidCommentKey(String);

impl FromStr for CommentKey {
    type Err = InvalidCommentKey;

    fn from_str(text: &str) -> Result<Self, InvalidCommentKey> {
        let invalid = || InvalidCommentKey(text.to_owned());
        let (kind, id) = text.rsplit_once('-').ok_or_else(invalid)?;
        let id = id.parse().map_err(|_| invalid())?;
        match kind {
            "comment" => Ok(Self::Conversation(id)),
            "line" => Ok(Self::Line(id)),
            "review" => Ok(Self::Review(id)),
            _ => Err(invalid()),
        }
    }
}

impl TryFrom<String> for CommentKey {
    type Error = InvalidCommentKey;

    fn try_from(text: String) -> Result<Self, InvalidCommentKey> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_comes_back_from_its_text() {
        for key in [CommentKey::Conversation(12), CommentKey::Line(12), CommentKey::Review(u64::MAX)] {
            assert_eq!(key.to_string().parse(), Ok(key));
        }
        for text in ["", "12", "comment-", "comment-x", "commit-12"] {
            assert!(text.parse::<CommentKey>().is_err(), "{text}");
        }
    }
}
