//! The chapter with a hotfix: it is cut by a command, goes into production, and is carried back by itself.

use super::error::{DemoError, otherwise_unless};
use super::narrator::{Narrator, plain};
use super::stage::{LOOK_EVERY, PATIENCE, Stage};
use towpath_sandbox::{IssueHandle, Method, PullHandle};

const TITLE: &str = "Checkout fails without a coupon";
const BRANCH: &str = "hotfix/checkout-fails-without-a-coupon";

/// Plays it.
pub(super) async fn play(stage: &Stage, narrator: &mut Narrator) -> Result<(), DemoError> {
    narrator.chapter("A hotfix, and its way home");
    narrator.step(
        "ana reports that the checkout fails, and rita writes /hotfix in the issue",
        "a branch is cut from production, and the reply says how to work on it",
    );
    let issue = stage.boutique.open_issue("The checkout fails").by("ana").await?;
    issue.comment(&format!("/hotfix {TITLE}")).by("rita").await?;
    let said = answered(&issue, "**Done**").await?;
    let is_cut = stage.boutique.tip(BRANCH) == stage.boutique.tip("production");
    otherwise_unless(is_cut, || format!("{BRANCH} is not where production is"))?;
    narrator.came(&[plain(&format!("{BRANCH} is there"))]);
    narrator.quote(&said);

    narrator.step(
        "ana pushes the repair, and rita merges the pull request that Towpath opens",
        "the check passes: it brings nothing that production does not have",
    );
    let repaired = stage.boutique.commit_on(BRANCH).file("app/code/Acme/Cart/Coupon.php", "<?php\n");
    repaired.message("Let carts have no coupon").by("ana").await?;
    let hotfix = opened(stage, BRANCH).await?;
    let check = stage.check(&hotfix, "success").await?;
    narrator.check_came(&hotfix, &check);
    hotfix.merge(Method::Merge).by("rita").await?;

    narrator.step(
        "Towpath carries it back to integration, and ana merges that",
        "the check passes, and the hotfix is owed to integration no more",
    );
    let carry = opened(stage, &format!("towpath/carry/{}", hotfix.number())).await?;
    let check = stage.check(&carry, "success").await?;
    narrator.check_came(&carry, &check);
    carry.merge(Method::Merge).by("ana").await?;
    let told = stage.comment(&hotfix, "`integration`: has it.").await?;
    let lines: Vec<&str> = told.lines().filter(|line| line.starts_with("* ")).collect();
    narrator.quote(&lines.join("\n"));
    Ok(())
}

/// Waits until the App's newest comment on an issue says these words; its first line.
async fn answered(issue: &IssueHandle, words: &str) -> Result<String, DemoError> {
    let said = async {
        loop {
            let newest = issue.comments().into_iter().rfind(|it| it.app.is_some() && it.body.contains(words));
            match newest {
                Some(comment) => return comment.body.lines().next().unwrap_or_default().to_owned(),
                None => tokio::time::sleep(LOOK_EVERY).await,
            }
        }
    };
    let missing = |_| DemoError::Otherwise(format!("nobody answers {words:?} to {:?}", issue.title()));
    tokio::time::timeout(PATIENCE, said).await.map_err(missing)
}

/// Waits for the pull request of this branch.
async fn opened(stage: &Stage, branch: &str) -> Result<PullHandle, DemoError> {
    let is_its = |it: &PullHandle| it.state().is_some_and(|state| state.head == branch);
    let opened = async {
        loop {
            match stage.boutique.pulls().into_iter().find(is_its) {
                Some(pull) => return pull,
                None => tokio::time::sleep(LOOK_EVERY).await,
            }
        }
    };
    let missing = |_| DemoError::Otherwise(format!("nobody opens a pull request from {branch}"));
    tokio::time::timeout(PATIENCE, opened).await.map_err(missing)
}
