//! The issue about an environment's branch that *Rebase stack* has rewritten.

use super::alarm::CLOSES_ITSELF;
use super::limits::{BODY, RESERVE, fit};
use super::words::{Scene, rewritten};
use super::{Subject, dress};
use crate::model::{BranchName, CommitId, PromotionPath};
use sha2::{Digest, Sha256};

/// What is known of it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Rewritten {
    /// The branch.
    pub branch: BranchName,
    /// Where it was.
    pub before: CommitId,
    /// Where it was brought.
    pub after: CommitId,
    /// Who pressed the button, where GitHub tells.
    pub by: Option<String>,
    /// The number of the stack, where it is known.
    pub stack: Option<u64>,
    /// When, in Unix seconds.
    pub at: i64,
}

/// By this the issue about a branch is found again; GitHub does not show it. A name may hold what ends a comment.
pub fn rewritten_marker(branch: &BranchName) -> String {
    let name = hex::encode(&Sha256::digest(branch.as_str())[..8]);
    format!("<!-- towpath:rewritten:{name} -->")
}

/// Title and text of the issue.
pub fn rewritten_alarm(path: &PromotionPath, subject: &Subject, what: &Rewritten) -> (String, String) {
    let explanation = rewritten(&Scene::of(path, subject), what);
    let title = explanation.title.plain();
    let mut parts = dress::first_screen(&explanation);
    parts.push(CLOSES_ITSELF.to_owned());
    parts.extend(dress::further(&explanation, &subject.web_url));
    if let Some(first) = parts.first_mut() {
        // The marker has to be the first line.
        first.insert_str(0, &format!("{}\n", rewritten_marker(&what.branch)));
    }
    (title, fit(&parts, BODY - RESERVE))
}
