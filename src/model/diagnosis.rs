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
