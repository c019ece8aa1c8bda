//! Printing, and what the reader's terminal can show.

use std::io::{IsTerminal as _, Write as _};

use serde_json::{Value, json};

use crate::model::config::CONFIGURATION_PATH;
use crate::model::{BranchName, Cause, Commit, CommitId, DocsUrl, Finding, Role, Verdict};
use crate::report::{Basis, ConfigSource, LocalCheck, SeenAs, Words, words};

/// The version of what is printed for programs. What is added later leaves it as it is.
pub(super) const SCHEMA_VERSION: u32 = 1;

/// The verdict as the object that programs rely on, on a line.
pub(super) fn json(check: &LocalCheck<'_>, verdict: &Verdict) -> String {
    format!("{}\n", object(check, verdict))
}

/// An error as the object that programs rely on, on a line.
pub(super) fn error(message: &str) -> String {
    format!("{}\n", json!({ "schema_version": SCHEMA_VERSION, "error": { "message": message } }))
}

/// The verdict as the object that programs rely on: docs/local-checks.md has it whole.
pub(super) fn object(check: &LocalCheck<'_>, verdict: &Verdict) -> Value {
    let finding = |finding: &Finding| {
        let Words { title, detail, remedy } = words(check, verdict, finding);
        json!({
            "code": finding.cause.code().as_str(),
            "severity": finding.severity.as_str(),
            "title": title,
            "detail": detail,
            "remedy": remedy,
            "docs_url": DocsUrl::default().finding(finding.cause.code()),
        })
    };
    let (head, base) = (&check.pull.head, &check.pull.base);
    let is_on_no_path = matches!(check.path.role(&base.branch), Role::Topic) && verdict.findings.is_empty();
    let repair = verdict.findings.iter().find_map(|finding| finding.cause.repair());
    let picks = repair.iter().flat_map(|repair| &repair.picks).map(|commit| commit.id.to_string());
    let basis = check.basis;
    json!({
        "schema_version": SCHEMA_VERSION,
        "verdict": verdict.outcome().as_str(),
        "judged": !is_on_no_path,
        "findings": verdict.findings.iter().map(finding).collect::<Vec<_>>(),
        "head": end(head.branch.as_ref(), head.commit, basis.and_then(|it| it.head.as_ref()), Some(head.fork)),
        "base": end(Some(&base.branch), base.commit, basis.and_then(|it| it.base.as_ref()), None),
        "remote": check.remote,
        "configuration": basis.map(configuration),
        "foreign": foreign(verdict),
        "only_on_base": verdict.findings.iter().flat_map(only_on_base).map(commit).collect::<Vec<_>>(),
        "picks": picks.collect::<Vec<_>>(),
    })
}

fn end(branch: Option<&BranchName>, commit: CommitId, seen: Option<&SeenAs>, fork: Option<bool>) -> Value {
    let mut end = json!({
        "name": branch.map(BranchName::as_str),
        "commit": (!commit.is_zero()).then(|| commit.to_string()),
        "ref": seen.map(|seen| &seen.full_ref),
        "fetched_at": seen.and_then(|seen| seen.fetched_at),
    });
    if let Some(fork) = fork {
        end["fork"] = fork.into();
    }
    end
}

/// Where a branch was read, beside the branch itself.
pub(super) fn branch(branch: &BranchName, commit: CommitId, seen: &SeenAs) -> Value {
    end(Some(branch), commit, Some(seen), None)
}

fn configuration(basis: &Basis) -> Value {
    let (source, file) = match &basis.configuration {
        ConfigSource::Named(file) => ("named", Some(file.as_str())),
        ConfigSource::DefaultBranch { has_file: true, .. } => ("default-branch", Some(CONFIGURATION_PATH)),
        ConfigSource::EveryBranch { has_file: true } => ("every-branch", Some(CONFIGURATION_PATH)),
        ConfigSource::DefaultBranch { .. } | ConfigSource::EveryBranch { .. } => ("built-in", None),
        ConfigSource::NotKnown => ("unknown", None),
    };
    let mut object = json!({ "source": source, "file": file, "account_file_read": false });
    if let ConfigSource::DefaultBranch { seen, commit, .. } = &basis.configuration {
        object["ref"] = json!(seen.full_ref);
        object["commit"] = json!(commit.to_string());
        object["fetched_at"] = json!(seen.fetched_at);
    }
    object
}

/// The commits that do not belong into the base, each once, with the branches by way of which they came.
fn foreign(verdict: &Verdict) -> Vec<Value> {
    let mut found: Vec<(&Commit, Vec<&str>)> = Vec::new();
    for finding in &verdict.findings {
        let (Cause::CarriesHistory { foreign: lines, .. }
        | Cause::CarriesMergedElsewhere { commits: lines, .. }) = &finding.cause
        else {
            continue;
        };
        for (branch, commits) in lines {
            for commit in commits {
                match found.iter_mut().find(|(known, _)| known.id == commit.id) {
                    Some((_, branches)) if branches.contains(&branch.as_str()) => {}
                    Some((_, branches)) => branches.push(branch.as_str()),
                    None => found.push((commit, vec![branch.as_str()])),
                }
            }
        }
    }
    let listed = |(it, branches): (&Commit, Vec<&str>)| {
        let mut object = commit(it);
        object["branches"] = json!(branches);
        object
    };
    found.into_iter().map(listed).collect()
}

/// The commits because of which a merge does not give what was tested, or a copy is none.
fn only_on_base(finding: &Finding) -> &[Commit] {
    match &finding.cause {
        Cause::UntestedTree { only_on_base, .. }
        | Cause::MergeConflicts { only_on_base, .. }
        | Cause::CopyDiverged { only_on_copy: only_on_base, .. } => only_on_base,
        _ => &[],
    }
}

fn commit(commit: &Commit) -> Value {
    let pull = commit.origin.as_ref().map(|origin| {
        json!({
            "number": origin.number.map(|it| it.0), "branch": origin.branch.as_str(), "author": origin.author,
        })
    });
    json!({
        "commit": commit.id.to_string(),
        "subject": commit.subject,
        "author": commit.author,
        "pull_request": pull,
    })
}

/// Whether what is printed may have colours: on a terminal, unless it or its user wants none.
pub(super) fn colour() -> bool {
    let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let simple = std::env::var_os("TERM").is_some_and(|value| value == "dumb");
    std::io::stdout().is_terminal() && !unwanted && !simple
}

/// Prints; a reader who has gone is no error.
pub(super) fn to_stdout(text: &str) {
    let mut stdout = std::io::stdout().lock();
    let _ = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
}

/// A name as a terminal shows it: nothing in it moves the cursor or colours.
pub(super) fn printable(name: &str) -> String {
    name.replace(char::is_control, "?")
}

/// Prints on the channel for errors.
pub(super) fn to_stderr(text: &str) {
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}
