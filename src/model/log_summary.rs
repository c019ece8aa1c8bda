use serde::{Deserialize, Serialize};

/// What the log of a deploy on Adobe Commerce's cloud tells, in words of ours: nothing of the log's own text is in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogSummary {
    /// The code of ece-tools that ended it, where one did.
    pub code: Option<u16>,
    /// What happened, in one line without a full stop.
    pub title: String,
    /// What customers see now, in one sentence.
    pub customers: String,
    /// The one next step, in one sentence.
    pub next: String,
}
