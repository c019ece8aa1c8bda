//! Check runs as GitHub shall show them.

use crate::engine::room::Trouble;
use crate::flow::{CommitId, PullNumber};
use crate::github::{CheckRunAction, CheckRunAnnotation, CheckRunBody, CheckRunOutput};
use crate::report::{Action, CheckText};
use crate::store::{Change, Desired, Unit};

/// A check run to be shown.
pub(super) struct Shown<'a> {
    /// Whose work it is to show it.
    pub(super) unit: Unit,
    /// The commit that it is on.
    pub(super) commit: CommitId,
    /// What it is about: a branch, or a word. It is a part of its name and of our own key.
    pub(super) about: &'a str,
    pub(super) text: &'a CheckText,
    pub(super) annotations: Vec<CheckRunAnnotation>,
    pub(super) siblings: Vec<(PullNumber, i64)>,
}

impl Shown<'_> {
    pub(super) fn desired(self) -> Result<Change, Trouble> {
        let Self { unit, commit, about, text, annotations, siblings } = self;
        let repository = unit.repository().map(|id| id.to_string()).unwrap_or_default();
        let (status, conclusion) = text.conclusion.as_status();
        let body = CheckRunBody {
            name: format!("towpath: {about}"),
            head_sha: commit,
            external_id: format!("towpath/{repository}/{commit}/{about}"),
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
        let content = serde_json::to_string(&body)
            .map_err(|error| Trouble::give_up(format!("the check cannot be written: {error}")))?;
        Ok(Change::Desire(Desired { unit, content, substance: text.substance(), siblings }))
    }
}

fn button(action: &Action) -> CheckRunAction {
    CheckRunAction {
        label: action.label.to_owned(),
        description: action.description.to_owned(),
        identifier: action.identifier.to_owned(),
    }
}
