//! Whether a commit is in a branch, in words.

use super::prose::count;
use crate::model::{BranchName, Carried, CarriedAnswer, CommitId, Compared};
use serde_json::{Value, json};

/// More commits of a merge than this are not listed.
const LISTED: usize = 20;

/// The answer for a terminal.
pub fn carried_on_terminal(commit: CommitId, branch: &BranchName, answer: &CarriedAnswer) -> String {
    let short = commit.short();
    let first = match (answer.carried, answer.brought.as_slice()) {
        (Carried::Missing, _) => missing(&short, branch, answer),
        (weakest, [_, ..]) => {
            let how = if weakest == Carried::NoOp { "is there or changes nothing there" } else { "is there" };
            format!("{short} is in {branch}: it is a merge, and each commit that it merged {how}.")
        }
        (carried, []) => sentence(&short, branch, carried),
    };
    let mut lines = vec![first];
    let listed = |(id, carried): &(CommitId, Carried)| format!("  {}", part(&id.short(), branch, *carried));
    lines.extend(answer.brought.iter().take(LISTED).map(listed));
    if answer.brought.len() > LISTED {
        lines.push(format!("  … and {} more", answer.brought.len() - LISTED));
    }
    lines.join("\n") + "\n"
}

/// The same for programs; `into` says which branch that is, and how old.
pub fn carried_as_json(commit: CommitId, into: &Value, answer: &CarriedAnswer) -> Value {
    let one = |carried: Carried| json!({ "carried": carried.as_str(), "by": carried.by() });
    let brought = answer.brought.iter().map(|(id, carried)| {
        let mut part = one(*carried);
        part["commit"] = json!(id);
        part
    });
    let Compared { commits, patches, more } = answer.compared;
    json!({
        "schema_version": 1,
        "carried": answer.carried.as_str(),
        "commit": commit,
        "into": into,
        "by": answer.carried.by().filter(|_| answer.brought.is_empty()),
        "brought": brought.collect::<Vec<_>>(),
        "compared": { "commits": commits, "patches": patches, "more": more },
    })
}

fn sentence(commit: &str, branch: &BranchName, carried: Carried) -> String {
    let by = carried.by().map(|by| by.short()).unwrap_or_default();
    match carried {
        Carried::Ancestor => format!("{commit} is in {branch}: it is part of its history."),
        Carried::PatchId(_) => format!("{commit} is in {branch}: {by} makes the same change there."),
        Carried::Similar(_) => format!(
            "{commit} is in {branch}: {by} has the same author, date and subject, or the same pull request, and changes \
             the same lines in other places."
        ),
        Carried::Trailer(_) => {
            format!("{commit} is in {branch}: the message of {by} says that it was picked from it.")
        }
        Carried::NoOp => format!("Applying {commit} to {branch} changes nothing."),
        Carried::Missing => format!("{commit} was not found in {branch}."),
    }
}

fn part(commit: &str, branch: &BranchName, carried: Carried) -> String {
    match carried {
        Carried::Missing => {
            format!("{commit} was not found in {branch}, and applying it there would change files.")
        }
        other => sentence(commit, branch, other),
    }
}

/// What was looked for and not found: somebody may have done the same in another way.
fn missing(commit: &str, branch: &BranchName, answer: &CarriedAnswer) -> String {
    let Compared { commits, patches, more } = answer.compared;
    let newest = if more { "the newest " } else { "" };
    let with = match commits {
        0 => format!("every commit of {branch} is part of its own history"),
        many => {
            let what = if patches {
                "its patch, its author, date and subject, and the pull requests that it names"
            } else {
                "its author, date and subject, and the pull requests that it names, but no patches, which would \
                 take too long,"
            };
            let many = count(many, "commit");
            format!("{what} were compared with {newest}{many} that only {branch} has")
        }
    };
    let brought = match answer.brought.iter().filter(|(_, carried)| !carried.is_carried()).count() {
        0 => String::new(),
        1 => format!(" Of the {} commits that it merged, 1 was not found:", answer.brought.len()),
        many => format!(" Of the {} commits that it merged, {many} were not found:", answer.brought.len()),
    };
    format!(
        "{commit} was not found in {branch}: {with}. No commit message there says that it was picked from it, and applying \
         it there would change files.{brought}"
    )
}

#[cfg(test)]
mod tests {
    use super::super::samples::{id, name};
    use super::*;

    fn said(carried: Carried, brought: Vec<(CommitId, Carried)>, compared: Compared) -> String {
        carried_on_terminal(id(1), &name("staging"), &CarriedAnswer { carried, brought, compared })
    }

    #[test]
    fn what_shows_it_is_named() {
        let all = [
            Carried::Ancestor,
            Carried::PatchId(id(2)),
            Carried::Similar(id(2)),
            Carried::Trailer(id(2)),
            Carried::NoOp,
        ];
        let said: String = all.map(|it| said(it, Vec::new(), Compared::default())).concat();
        insta::assert_snapshot!(said, @"
        3c6ef372f is in staging: it is part of its history.
        3c6ef372f is in staging: daa66d2c7 makes the same change there.
        3c6ef372f is in staging: daa66d2c7 has the same author, date and subject, or the same pull request, and changes the same lines in other places.
        3c6ef372f is in staging: the message of daa66d2c7 says that it was picked from it.
        Applying 3c6ef372f to staging changes nothing.
        ");
    }

    #[test]
    fn what_was_compared_is_said_where_nothing_was_found() {
        let compared = [
            Compared { commits: 3, patches: true, more: false },
            Compared { commits: 6_000, patches: false, more: false },
            Compared { commits: 50_000, patches: false, more: true },
            Compared::default(),
        ];
        let said: String = compared.map(|it| said(Carried::Missing, Vec::new(), it)).concat();
        insta::assert_snapshot!(said, @"
        3c6ef372f was not found in staging: its patch, its author, date and subject, and the pull requests that it names were compared with 3 commits that only staging has. No commit message there says that it was picked from it, and applying it there would change files.
        3c6ef372f was not found in staging: its author, date and subject, and the pull requests that it names, but no patches, which would take too long, were compared with 6000 commits that only staging has. No commit message there says that it was picked from it, and applying it there would change files.
        3c6ef372f was not found in staging: its author, date and subject, and the pull requests that it names, but no patches, which would take too long, were compared with the newest 50000 commits that only staging has. No commit message there says that it was picked from it, and applying it there would change files.
        3c6ef372f was not found in staging: every commit of staging is part of its own history. No commit message there says that it was picked from it, and applying it there would change files.
        ");
    }

    #[test]
    fn a_merge_names_what_it_brought() {
        let compared = Compared { commits: 3, patches: true, more: false };
        let brought = vec![(id(5), Carried::PatchId(id(2))), (id(4), Carried::Ancestor)];
        let carried = said(Carried::PatchId(id(2)), brought.clone(), compared);
        let missing = said(Carried::Missing, vec![(id(5), Carried::Missing), brought[1]], compared);
        insta::assert_snapshot!(carried + &missing, @"
        3c6ef372f is in staging: it is a merge, and each commit that it merged is there.
          b54cda58f is in staging: daa66d2c7 makes the same change there.
          1715609f7 is in staging: it is part of its history.
        3c6ef372f was not found in staging: its patch, its author, date and subject, and the pull requests that it names were compared with 3 commits that only staging has. No commit message there says that it was picked from it, and applying it there would change files. Of the 2 commits that it merged, 1 was not found:
          b54cda58f was not found in staging, and applying it there would change files.
          1715609f7 is in staging: it is part of its history.
        ");
    }
}
