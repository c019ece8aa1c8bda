//! Check runs as GitHub should show them.

use crate::engine::work_error::WorkError;
use crate::github::{CheckRunAction, CheckRunAnnotation, CheckRunBody, CheckRunOutput};
use crate::model::{CheckName, CommitId, PullNumber, RepositoryId};
use crate::report::{self, Action, CheckText, Conclusion};
use crate::store::{Change, Desired, WorkItem};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use sha2::{Digest, Sha256};

/// A check run as it is stored to be shown: what GitHub gets, and what we remember beside it.
#[derive(serde::Serialize, serde::Deserialize)]
pub(super) struct StoredCheckRun {
    #[serde(flatten)]
    pub(super) body: CheckRunBody,
    /// Of a merge group: what it was put on, which no later event tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) put_on: Option<CommitId>,
}

impl StoredCheckRun {
    pub(super) fn content(&self) -> Result<String, WorkError> {
        serde_json::to_string(self)
            .map_err(|error| WorkError::give_up("the check cannot be written").caused_by(error))
    }
}

/// A check run to be shown.
pub(super) struct DesiredCheckRun<'a> {
    /// Whose work it is to show it.
    pub(super) item: WorkItem,
    /// The commit that it is on.
    pub(super) commit: CommitId,
    /// Its name, and by that our own key.
    pub(super) name: CheckName,
    pub(super) text: &'a CheckText,
    pub(super) annotations: Vec<CheckRunAnnotation>,
    pub(super) siblings: Vec<(PullNumber, i64)>,
    /// Of a merge group: what it was put on.
    pub(super) put_on: Option<CommitId>,
}

impl DesiredCheckRun<'_> {
    pub(super) fn desired(self) -> Result<Change, WorkError> {
        let Self { item, commit, name, text, annotations, siblings, put_on } = self;
        // By its name alone it would pass for the other one, which may have said no.
        let instead = (name.is_shared() && text.conclusion == Conclusion::Success)
            .then(|| report::check_of_shared_name(&name));
        let text = instead.as_ref().unwrap_or(text);
        let repository = item.repository().unwrap_or(RepositoryId(0));
        let (status, conclusion) = text.conclusion.as_status();
        let body = CheckRunBody {
            name: name.text(),
            head_sha: commit,
            external_id: name.external_id(repository, commit),
            status: status.to_owned(),
            conclusion: conclusion.map(str::to_owned),
            output: CheckRunOutput {
                title: text.title.clone(),
                summary: text.full_summary(),
                text: text.text.clone(),
                annotations,
            },
            actions: text.actions.iter().map(button).collect(),
        };
        let content = StoredCheckRun { body, put_on }.content()?;
        Ok(Change::Desire(Desired { item, content, substance: text.substance(), siblings }))
    }
}

fn button(action: &Action) -> CheckRunAction {
    CheckRunAction {
        label: action.label.to_owned(),
        description: action.description.to_owned(),
        identifier: action.identifier.to_owned(),
    }
}

/// Tells a text from another one.
pub(super) fn digest(text: &str) -> String {
    STANDARD_NO_PAD.encode(Sha256::digest(text))
}
