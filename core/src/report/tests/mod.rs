//! The exact words, one test per cause; each is shown as the check that GitHub gets.

mod acceptance;
mod active_places;
mod after;
mod between;
mod commerce_cloud;
mod copy_branch;
mod deploy_status;
mod diagnosis;
mod dressed;
mod files;
mod first_screen;
mod forecast;
mod freezes;
mod hotfixes;
mod known_work;
mod locks;
mod manifest;
mod overrides;
mod promotion;
mod repair_plan;
mod rollback_pulls;
mod rollbacks;
mod source;
mod stacks;
mod topic;
mod undecided;
mod undone;
mod way_home;

use super::samples::name;
use super::{CommentCommands, Entry, OperatorActs, Subject, check, deploy_trouble};
use crate::model::{Deploy, PromotionPath, Verdict};

/// Everything a check shows, one thing below the other.
fn shown(subject: &Subject, verdict: Verdict) -> String {
    let check = check(&PromotionPath::pro(), &[(subject.clone(), verdict)]);
    let buttons: Vec<&str> = check.actions.iter().map(|action| action.label).collect();
    let mut shown = format!(
        "{} [{}] {}\n\n{}",
        check.conclusion.as_str(),
        buttons.join(", "),
        check.title,
        check.full_summary()
    );
    if let Some(text) = &check.text {
        shown.push_str("\n\n=== text\n");
        shown.push_str(text);
    }
    shown
}

/// What a comment says of a deploy to an environment that is not the first one.
/// Commands are written as they are.
const COMMANDS: CommentCommands<'static> = CommentCommands { prefix: "" };

fn trouble(deploy: &Deploy, acts: OperatorActs) -> Option<String> {
    let entry = name("integration");
    deploy_trouble(COMMANDS, deploy, acts, Entry { branch: &entry, is_here: false })
}
