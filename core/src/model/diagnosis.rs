use super::PullNumber;
use serde::{Deserialize, Serialize};

/// What the log of a deploy on Adobe Commerce's cloud tells of what went wrong, in words of ours: nothing of the log's own
/// text is in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diagnosis {
    /// The code of ece-tools that ended it, where one did.
    #[serde(default)]
    pub code: Option<u16>,
    /// What happened, in one line without a full stop.
    pub title: String,
    /// What customers see now, in one sentence.
    pub customers: String,
    /// The one next step, in one sentence.
    pub next: String,
}

impl Diagnosis {
    /// The code and what happened: `ece:126 The database upgrade failed`.
    pub fn line(&self) -> String {
        match self.code {
            Some(code) => format!("ece:{code} {}", self.title),
            None => self.title.clone(),
        }
    }
}

/// What people were told of a deploy by its log. It is kept when the deploy goes on all the same, so that it can be taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToldFailure {
    /// What the log told.
    pub diagnosis: Diagnosis,
    /// The pull requests that the deploy brought and that may have caused it, the likeliest first.
    #[serde(default)]
    pub suspects: Vec<SuspectedPull>,
}

/// A pull request that may have caused a failure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SuspectedPull {
    /// Its number.
    pub number: PullNumber,
    /// The author's login, where it is known.
    #[serde(default)]
    pub author: Option<String>,
    /// What speaks for it; `None` where only that the deploy brought it.
    #[serde(default)]
    pub clue: Option<Clue>,
}

/// What speaks for a pull request being the cause of a failure.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Clue {
    /// It has changed this file, which the log names.
    Named(String),
    /// It has changed this file, which is of the kind that the failing step works on.
    Touched(String),
}

impl SuspectedPull {
    /// Whether what is told of it rests on lines of the log.
    pub fn is_named(&self) -> bool {
        matches!(self.clue, Some(Clue::Named(_)))
    }
}
