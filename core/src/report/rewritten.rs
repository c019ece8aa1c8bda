//! The issue about an environment's branch that *Rebase stack* has rewritten.

use super::alarm::CLOSES_ITSELF;
use super::limits::{BODY, RESERVE, fit};
use super::prose::Prose;
use super::words::{Explanation, Scene, Step};
use super::{Subject, dress, shell, stamp};
use crate::model::{BranchName, CommitId, PromotionPath, UnixSeconds};
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
    /// When.
    pub at: UnixSeconds,
}

/// By this the issue about a branch is found again; GitHub does not show it. A name may hold what ends a comment.
pub fn rewritten_marker(branch: &BranchName) -> String {
    let name = hex::encode(&Sha256::digest(branch.as_str())[..8]);
    format!("<!-- towpath:rewritten:{name} -->")
}

/// Title and text of the issue.
pub fn rewritten_alarm(path: &PromotionPath, subject: &Subject, what: &Rewritten) -> (String, String) {
    let explanation = explained(&Scene::of(path, subject), what);
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

/// What has happened, and the way back. `scene` stands for the branch brought back to where it was.
fn explained(scene: &Scene<'_>, what: &Rewritten) -> Explanation {
    let branch = what.branch.as_str();
    let (before, after) = (what.before, what.after);
    let title = Prose::new("% was rewritten by \u{201c}Rebase stack\u{201d}", &[branch]);
    let pressed = match &what.by {
        Some(by) => Prose::new(" % pressed the button.", &[by]),
        None => Prose::new(" GitHub does not tell who pressed the button.", &[]),
    };
    let (from, to) = (before.short(), after.short());
    let happened = Prose::new(
        &format!(
            "At {} GitHub put the commits of % on top of another branch and force-pushed them: from % to %.",
            stamp::utc(what.at)
        ),
        &[branch, &from, &to],
    );
    let meaning = Prose::new(
        "What people tested there, the pull requests into it and everybody's clones rest on commits that % no longer has.",
        &[branch],
    );
    let mut explanation = Explanation::new(title, vec![happened.then(pressed), meaning]);
    let name = shell::quote(branch);
    let back = format!("{before}:refs/heads/{name}");
    let old = scene.remote.map(|remote| format!("git fetch {} {before}", shell::quote(remote)));
    let push = scene.push(&format!("--force-with-lease={name}:{after}"), &back);
    let apart = match what.stack {
        Some(number) => {
            Prose::new(&format!("First take stack {number} apart, with Unstack on its page or with "), &[])
                .command(&format!("gh stack unstack {number}"))
        }
        None => Prose::new("First take the stack apart, with Unstack on its page", &[]),
    };
    explanation.repair = Some(Step {
        lead: apart
            .then(Prose::new(", so that nobody presses the button again. Then point % back:", &[branch])),
        commands: old.into_iter().chain(push).collect(),
        after: vec![Prose::new(
            "If somebody has pushed to % since, git refuses the last command. Then bring that work over first, and put the \
             commit where % is now in place of %.",
            &[branch, branch, &to],
        )],
    });
    explanation.who = Some(Prose::new(
        "Anyone who can force-push to %. If its rules let nobody do that, an admin has to allow it.",
        &[branch],
    ));
    explanation
}
