//! What the log of a deploy tells while it runs, when it fails, and when it goes well after all.

use super::diagnosis::diagnosis;
use super::markdown::block;
use super::suspects::suspects;
use crate::model::{Deploy, DeployState};
use std::fmt::Write as _;

/// What a log tells of a failure, below a line that may say what happened: what follows from it, and who may have caused it.
pub(super) fn told_by_log(deploy: &Deploy, below: &str) -> String {
    let Some(told) = &deploy.diagnosis else { return String::new() };
    let all = deploy.told.as_ref().map(|it| it.suspects.as_slice()).unwrap_or_default();
    format!("\n\n{}{}", diagnosis(told, below), suspects(deploy, all))
}

/// The last lines of a log, and where the whole of it is.
pub(super) fn end_of_log(deploy: &Deploy) -> String {
    let mut text = String::new();
    if let Some(tail) = deploy.log_tail() {
        text.push_str("\n\nThe last lines of its log:\n\n");
        text.push_str(&block("", tail));
    }
    if let Some(url) = &deploy.log_url {
        let _ = write!(text, "\n\n[The whole log]({url})");
    }
    text
}

/// What a pull request's comment says of a deploy that still runs and whose log tells that it fails.
pub(super) fn trouble_ahead(deploy: &Deploy) -> Option<String> {
    let told = deploy.diagnosis.as_ref().filter(|_| deploy.is_about_to_fail())?;
    let line = told.line();
    let mut text = format!("**{}: deploy {} is about to fail: {line}.**", deploy.environment, deploy.number);
    text.push_str(&told_by_log(deploy, &line));
    text.push_str("\n\nIt has not ended yet. This comment will tell how it did.");
    text.push_str(&end_of_log(deploy));
    Some(text)
}

/// What it says once that did not come about.
pub(super) fn taken_back(deploy: &Deploy) -> Option<String> {
    let told = deploy.told.as_ref().filter(|_| !deploy.is_about_to_fail())?;
    let (environment, number, line) = (&deploy.environment, deploy.number, told.diagnosis.line());
    if deploy.state == DeployState::Succeeded {
        let text = format!("**{environment}: deploy {number} has ended well after all.**");
        return Some(match &deploy.remark {
            Some(remark) if deploy.degraded => {
                format!("{text}\n\nIts log had told: {line}. It is live, and degraded: {remark}.")
            }
            _ => format!("{text}\n\nIts log had told: {line}. Nothing is to be done about that."),
        });
    }
    let goes_on = deploy.remark.as_deref().map_or_else(String::new, |it| format!(": {it}"));
    deploy
        .state
        .is_under_way()
        .then(|| format!("**{environment}: deploy {number} goes on{goes_on}.**\n\nIts log had told: {line}."))
}
