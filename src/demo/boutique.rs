//! The chapters with a project of Adobe Commerce: what would lose data is stopped at its line, a promotion says what it will do
//! to the shop, people accept and freeze it, and the log of a deploy that fails is explained.

use super::command::towpath;
use super::error::{DemoError, otherwise_unless};
use super::hotfix;
use super::narrator::{Narrator, plain};
use super::shop::{CONFIG_PHP, OUTLET, config_php};
use super::stage::{LOOK_EVERY, PATIENCE, Stage};
use towpath_sandbox::{CheckState, Method, PullHandle};

/// Plays its chapters.
pub(super) async fn play(stage: &Stage, narrator: &mut Narrator) -> Result<(), DemoError> {
    let pull = website_kept(stage, narrator).await?;
    let promotion = forecast_read(stage, narrator).await?;
    people_and_time(stage, narrator, &promotion).await?;
    log_explained(stage, narrator, (&pull, &promotion)).await?;
    hotfix::play(stage, narrator).await
}

async fn website_kept(stage: &Stage, narrator: &mut Narrator) -> Result<PullHandle, DemoError> {
    narrator.chapter("A shop of Adobe Commerce");
    narrator.step(
        "in acme/boutique, ana declares a table for her module, tidies app/etc/config.php, and opens a pull request into \
         integration",
        "the check fails at the line whose loss would delete a website from the database",
    );
    let boutique = &stage.boutique;
    let tidy = config_php().replace(OUTLET, "");
    let schema = "<schema>\n  <table name=\"acme_cart\"/>\n</schema>\n";
    let commit = boutique.commit_on("feature/notes").from("integration").file(CONFIG_PHP, tidy);
    let commit = commit.file("app/code/Acme/Cart/etc/db_schema.xml", schema);
    commit.message("Keep notes on carts").by("ana").await?;
    let pull = boutique.open_pull("feature/notes").into("integration");
    let pull = pull.title("Keep notes on carts").by("ana").await?;
    let check = stage.check(&pull, "failure").await?;
    narrator.check_came(&pull, &check);
    let remark = check.annotations.first();
    let remark = remark.ok_or_else(|| DemoError::Otherwise("the check marks no line".to_owned()))?;
    otherwise_unless(remark.path == CONFIG_PHP, || format!("the check marks {}", remark.path))?;
    narrator.quote(&format!("{}, line {}: {}", remark.path, remark.line, remark.title));

    narrator.step("ana puts the website back, and merges", "the check passes, and integration is deployed");
    boutique
        .commit_on("feature/notes")
        .file(CONFIG_PHP, config_php())
        .message("Keep the outlet")
        .by("ana")
        .await?;
    let check = stage.check(&pull, "success").await?;
    narrator.check_came(&pull, &check);
    pull.merge(Method::Merge).by("ana").await?;
    deploy_ended(stage, "integration", "success").await?;
    Ok(pull)
}

async fn forecast_read(stage: &Stage, narrator: &mut Narrator) -> Result<PullHandle, DemoError> {
    narrator.step(
        "rita opens the promotion integration → staging",
        "the check waits for a sign-off, and says what the release will do to the shop",
    );
    let pull = stage.boutique.open_pull("integration").into("staging");
    let pull = pull.title("Promote integration to staging").by("rita").await?;
    let check = stage.check(&pull, "action_required").await?;
    narrator.check_came(&pull, &check);
    let forecast = forecast_of(&check).unwrap_or_default();
    let told = forecast.contains("declares its tables otherwise");
    otherwise_unless(told, || format!("the check does not say what the release does: {:?}", check.summary))?;
    narrator.quote(forecast);
    Ok(pull)
}

/// The part of a check that says what a release will do.
fn forecast_of(check: &CheckState) -> Option<&str> {
    let summary = check.summary.as_deref()?;
    let (_, part) = summary.split_once("<details><summary>What this release does to the shop</summary>")?;
    part.split_once("</details>").map(|(part, _)| part)
}

async fn people_and_time(
    stage: &Stage,
    narrator: &mut Narrator,
    promotion: &PullHandle,
) -> Result<(), DemoError> {
    narrator.chapter("People and time");
    narrator.step(
        "rita has tried it on integration, and writes /signoff integration",
        "the check passes: these very files are accepted",
    );
    stage.after_a_look().await;
    let comment = promotion.comment("/signoff integration --note \"carts tried\"").by("rita").await?;
    let said = stage.replied(promotion, &comment, "**Done**").await?;
    let check = stage.check(promotion, "success").await?;
    narrator.check_came(promotion, &check);
    narrator.quote(&said);

    narrator.step(
        "the stock is being counted: rita writes /freeze staging, and once it is done /thaw staging",
        "the check waits for the end of the freeze, then passes again",
    );
    let comment =
        promotion.comment("/freeze staging --until 2h --reason \"stock-taking\"").by("rita").await?;
    let frozen = stage.replied(promotion, &comment, "**Done**").await?;
    let check = titled(promotion, "Frozen until ").await?;
    narrator.check_came(promotion, &check);
    let comment = promotion.comment("/thaw staging").by("rita").await?;
    let thawed = stage.replied(promotion, &comment, "**Done**").await?;
    let check = stage.check(promotion, "success").await?;
    narrator.check_came(promotion, &check);
    narrator.quote(&[frozen, thawed].join("\n\n"));
    Ok(())
}

async fn log_explained(
    stage: &Stage,
    narrator: &mut Narrator,
    (pull, promotion): (&PullHandle, &PullHandle),
) -> Result<(), DemoError> {
    narrator.chapter("A deploy whose log is explained");
    narrator.step(
        "rita merges it, and the database of staging cannot be upgraded",
        "ana's pull request says what failed, what customers see, and what to do next",
    );
    promotion.merge(Method::Merge).by("rita").await?;
    let line = deploy_ended(stage, "staging", "failure").await?;
    narrator.came(&[plain(&line)]);
    let comment = stage.comment(pull, "Deploy failed: ece:126").await?;
    let told = comment.split_once("Deploy failed: ece:126").and_then(|(_, told)| told.split("\n\n").nth(1));
    narrator.quote(told.unwrap_or_default());

    narrator
        .step("ana reads the whole log with towpath explain --log", "it tells the same, and where it ended");
    let log = stage.folder.path().join("sites/boutique/deploy.log");
    let told = towpath(&stage.data(), &["explain", "--log", &log.display().to_string()]).await?;
    let is_meant = |line: &&str| line.starts_with("failure: ece:126") || line.starts_with("Where: deploy");
    let lines: Vec<&str> = told.lines().filter(is_meant).collect();
    otherwise_unless(lines.len() == 2, || format!("towpath explain says: {told}"))?;
    narrator.came(&[plain(lines[0])]);
    narrator.quote(lines[1]);
    Ok(())
}

/// Waits until the check for the base has this title.
async fn titled(pull: &PullHandle, beginning: &str) -> Result<CheckState, DemoError> {
    let base = pull.state().map(|state| state.base).unwrap_or_default();
    let name = format!("towpath: {base}");
    let arrived = async {
        loop {
            let state = pull.check(&name).and_then(|check| check.state());
            let is_meant = |it: &CheckState| it.title.as_deref().is_some_and(|it| it.starts_with(beginning));
            if let Some(state) = state.filter(is_meant) {
                return state;
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    };
    let missing = |_| DemoError::Otherwise(format!("\"{name}\" never says {beginning:?}"));
    tokio::time::timeout(PATIENCE, arrived).await.map_err(missing)
}

/// Waits until the deploy of what the branch of an environment holds has come to this end; tells what it says.
async fn deploy_ended(stage: &Stage, environment: &str, wanted: &str) -> Result<String, DemoError> {
    let ended = async {
        loop {
            let tip = stage.boutique.tip(environment);
            let deployments = stage.boutique.deployments();
            let newest = deployments.iter().rev().find(|it| it.environment() == environment);
            let newest = newest.filter(|it| Some(it.sha()) == tip);
            let status = newest.and_then(|it| it.statuses().pop());
            if let Some(status) = status.filter(|status| status.state == wanted) {
                return status.description;
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    };
    let missing = |_| {
        DemoError::Otherwise(format!("the deploy of the boutique's {environment} never came to {wanted}"))
    };
    tokio::time::timeout(PATIENCE, ended).await.map_err(missing)
}
