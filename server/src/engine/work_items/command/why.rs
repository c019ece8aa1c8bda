//! `/why`: the last verdict at length, or what the rule behind a code says.

use super::call::{Call, Command, Step};
use super::check::verdict_in_words;
use crate::commands::rights::DefaultRight;
use crate::commands::spec::{Kind, Parameter, Spec, WorksOn};
use crate::engine::work_error::WorkError;
use crate::engine::work_items::pull_request::{ends, last_verdict};
use crate::model::{Code, PullRequestState};
use crate::report::{self, CommandReply, CommandStatus, Subject};
use crate::store::JudgedPull;

const SPEC: Spec = Spec {
    name: "why",
    summary: "tells the last verdict at length; with CODE, what its rule says and whether this pull request breaks it",
    example: "TP201",
    kind: Kind::Read,
    works_on: WorksOn::PullRequestsOrNamed,
    parameters: &[Parameter::CODE.optional()],
    flags: &[],
    right: DefaultRight::READ,
    unchanged: "nothing was looked up",
};

pub(super) struct Why;

impl Command for Why {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    async fn run(&self, call: &Call<'_>) -> Result<Step, WorkError> {
        if call.arguments.code().is_none() && call.is_unknown() {
            return Ok(Step::AwaitVerdict);
        }
        let subject = match call.pull {
            Some(pull) => call.judged(pull).await?,
            None => None,
        };
        Ok(Step::said(match call.arguments.code() {
            Some(code) => rule(call, code, subject.as_ref()),
            None => at_length(call, subject.as_ref()),
        }))
    }
}

fn at_length(call: &Call<'_>, subject: Option<&Subject>) -> CommandReply {
    let Some(pull) = call.pull else {
        return CommandReply::new(CommandStatus::Done, "not_judged", "Towpath does not judge it.");
    };
    let mut said = verdict_in_words(pull);
    let (Some(subject), Some(verdict)) = (subject, last_verdict(pull)) else { return said };
    if pull.pull.state != PullRequestState::Open {
        said.outcome.push_str(" The pull request is closed; this was its last verdict.");
    }
    said.next(report::verdict_at_length(call.path, subject, &verdict))
}

fn rule(call: &Call<'_>, code: Code, subject: Option<&Subject>) -> CommandReply {
    let verdict = call.pull.and_then(last_verdict);
    let outcome = match subject.zip(verdict) {
        None if !call.is_pull_request => report::sentence("this is what % says.", &[code.as_str()]),
        None => "Towpath has no verdict on this pull request.".to_owned(),
        Some((subject, verdict)) => match report::finding_title(call.path, subject, &verdict, code) {
            Some(title) => format!("this pull request has this finding: {title}."),
            None => "the last verdict on this pull request does not have this finding.".to_owned(),
        },
    };
    let head = call.pull.and_then(|it| it.judged_head);
    let said = CommandReply::new(CommandStatus::Done, "done", outcome).commits(head, None);
    said.next(report::rule(code, &call.ctx.settings.docs))
}

impl Call<'_> {
    /// The pull request as it was judged last, if it was. The base stands for where it is now: what is advised is for now.
    async fn judged(&self, pull: &JudgedPull) -> Result<Option<Subject>, WorkError> {
        let (Some(head), Some(base), Some(at)) = (pull.judged_head, pull.judged_base.clone(), pull.judged_at)
        else {
            return Ok(None);
        };
        let tip = self.ctx.store.newest_tip(self.repository.id, &base).await?;
        let mut judged = ends(&pull.pull, base);
        judged.head.commit = head;
        judged.base.commit = tip.and_then(|tip| tip.commit).unwrap_or(head);
        Ok(Some(Subject {
            repository: self.repository.full_name.clone(),
            web_url: self.repository.html_url.clone(),
            docs_url: Some(self.ctx.settings.docs.findings()),
            number: self.number.0,
            pull: judged,
            judged_at: at.to_seconds(),
        }))
    }
}
