//! The chapters in which something is deployed, breaks, is taken back, and goes on.

use super::error::{DemoError, otherwise_unless};
use super::narrator::{Narrator, plain};
use super::shop::Seen;
use super::stage::Stage;
use towpath_sandbox::{Method, PullHandle};

/// Merges, and watches what customers see until the deploy has ended well: the shop with these words.
pub(super) async fn deployed(
    stage: &Stage,
    narrator: &mut Narrator,
    environment: &str,
    words: &str,
) -> Result<(), DemoError> {
    let mut was_in_maintenance = false;
    let line = stage
        .deploy_ended(environment, "success", |seen| was_in_maintenance |= *seen == Seen::Maintenance)
        .await?;
    let seen = stage.sites.look(environment).await?;
    let shows_it = matches!(&seen, Seen::Shop(page) if page.contains(words));
    otherwise_unless(shows_it, || format!("the shop on {environment} does not show {words:?}: {seen:?}"))?;
    let through = if was_in_maintenance { ", after a moment of maintenance" } else { "" };
    narrator.came(&[plain(&format!("{line}; the shop on {environment} shows \"{words}\"{through}"))]);
    Ok(())
}

/// A topic of one commit, merged into integration.
async fn merged(
    stage: &Stage,
    (name, message, author): (&str, &str, &str),
    (file, text): (&str, &str),
) -> Result<PullHandle, DemoError> {
    let topic = format!("feature/{name}");
    let commit = stage.repository.commit_on(&topic).from("integration").file(file, text);
    commit.message(message).by(author).await?;
    let pull = stage.repository.open_pull(&topic).into("integration").title(message).by(author).await?;
    stage.check(&pull, "success").await?;
    pull.merge(Method::Merge).by(author).await?;
    Ok(pull)
}

async fn promoted(stage: &Stage, from: &str, into: &str) -> Result<PullHandle, DemoError> {
    let title = format!("Promote {from} to {into}");
    let pull = stage.repository.open_pull(from).into(into).title(&title).by("rita").await?;
    stage.check(&pull, "success").await?;
    pull.merge(Method::Merge).by("rita").await?;
    Ok(pull)
}

async fn quietly(stage: &Stage, environment: &str) -> Result<(), DemoError> {
    stage.deploy_ended(environment, "success", |_| ()).await.map(drop)
}

pub(super) async fn failing_build(stage: &Stage, narrator: &mut Narrator) -> Result<(), DemoError> {
    narrator.chapter("A build that fails");
    narrator.step(
        "ben merges a template with a mistake into integration",
        "the build fails, the shop on integration is not touched, and the pull request says so",
    );
    quietly(stage, "integration").await?;
    let before = stage.sites.look("integration").await?;
    let pull = merged(stage, ("banner", "Greet customers", "ben"), ("banner.txt", "Hello {{name\n")).await?;
    let line = stage.deploy_ended("integration", "failure", |_| ()).await?;
    otherwise_unless(line.contains("the site was not touched"), || format!("the deploy says: {line}"))?;
    let after = stage.sites.look("integration").await?;
    otherwise_unless(before == after, || "the shop on integration has changed".to_owned())?;
    narrator.came(&[plain(&line)]);
    let comment = stage.comment(&pull, "**integration:").await?;
    narrator.quote(&from_words(&comment, "**integration:"));

    narrator.step("ben repairs it and merges the repair", "integration is deployed again");
    merged(stage, ("banner-fix", "Close the template", "ben"), ("banner.txt", "Hello customers\n")).await?;
    deployed(stage, narrator, "integration", "Hello customers").await
}

pub(super) async fn failing_deploy(stage: &Stage, narrator: &mut Narrator) -> Result<PullHandle, DemoError> {
    narrator.chapter("A release that breaks production");
    narrator.step(
        "ana's migration works on integration and on staging; rita promotes it to production",
        "the deploy fails there, customers see the maintenance page, and ana's pull request says so",
    );
    let migration = ("migration.sql", "ALTER TABLE products LOCK=EXCLUSIVE;\n");
    let pull = merged(stage, ("index", "Search faster", "ana"), migration).await?;
    quietly(stage, "integration").await?;
    promoted(stage, "integration", "staging").await?;
    quietly(stage, "staging").await?;
    promoted(stage, "staging", "production").await?;
    let line = stage.deploy_ended("production", "failure", |_| ()).await?;
    otherwise_unless(line.contains("maintenance mode"), || format!("the deploy says: {line}"))?;
    let seen = stage.sites.look("production").await?;
    otherwise_unless(seen == Seen::Maintenance, || format!("customers see {seen:?}"))?;
    narrator.came(&[plain(&format!("{line}; customers see the maintenance page"))]);
    let comment = stage.comment(&pull, "**production:").await?;
    narrator.quote(&from_words(&comment, "**production:"));
    Ok(pull)
}

pub(super) async fn rollback(
    stage: &Stage,
    narrator: &mut Narrator,
    bad: &PullHandle,
) -> Result<(), DemoError> {
    narrator.chapter("The rollback, and what it holds");
    narrator.step(
        "ben, who may not, and then rita write /rollback production in ana's pull request",
        "ben is told what is missing; after rita's the shop is back with the build that ran before, and production is held",
    );
    let command = "/rollback production --reason \"the migration locks the products\"";
    let refused = bad.comment(command).by("ben").await?;
    let refused = stage.replied(bad, &refused, "**Refused**").await?;
    let comment = bad.comment(command).by("rita").await?;
    let said = stage.replied(bad, &comment, "rolls production back").await?;
    let line = stage.rollback_ended().await?;
    let ended = stage.replied(bad, &comment, "**Done**").await?;
    let seen = stage.sites.look("production").await?;
    otherwise_unless(matches!(seen, Seen::Shop(_)), || format!("customers see {seen:?}"))?;
    narrator.came(&[plain(&line)]);
    narrator.quote(&[refused, said, ended].join("\n\n"));

    narrator.step(
        "ana repairs the migration; integration and staging get it, and rita opens the next promotion",
        "the check waits, says what was rolled back, and who can lift the hold",
    );
    let repaired = ("migration.sql", "ALTER TABLE products ALGORITHM=INPLACE;\n");
    merged(stage, ("index-fix", "Search faster, without a lock", "ana"), repaired).await?;
    quietly(stage, "integration").await?;
    promoted(stage, "integration", "staging").await?;
    quietly(stage, "staging").await?;
    let title = "Promote staging to production";
    let next = stage.repository.open_pull("staging").into("production").title(title).by("rita").await?;
    let check = stage.check(&next, "action_required").await?;
    let named = check.summary.as_deref().is_some_and(|it| it.contains(&format!("#{}", bad.number())));
    otherwise_unless(named, || format!("the check does not name #{}", bad.number()))?;
    narrator.check_came(&next, &check);
    narrator.quote_beginning(&check);

    narrator.step(
        "rita lifts the hold with /resume production, and merges",
        "production is deployed, and master follows by itself",
    );
    let comment =
        next.comment("/resume production --reason \"the migration no longer locks\"").by("rita").await?;
    let said = stage.replied(&next, &comment, "is lifted").await?;
    stage.check(&next, "success").await?;
    next.merge(Method::Merge).by("rita").await?;
    let line = stage.deploy_ended("production", "success", |_| ()).await?;
    stage.master_follows().await?;
    narrator.came(&[plain(&format!("{line}; master holds the same commit"))]);
    narrator.quote(&said);
    let told = stage.towpath_where(bad, "copied since").await?;
    narrator.quote(&format!("```\ntowpath where {}\n{}```", bad.number(), told));
    Ok(())
}

pub(super) async fn drift(stage: &Stage, narrator: &mut Narrator) -> Result<(), DemoError> {
    narrator.chapter("A push to master");
    narrator.step(
        "ben pushes a quick fix straight to master, from which nobody deploys",
        "an issue says which commit is only on master, and whose it is",
    );
    let repository = &stage.repository;
    let before = repository.tip("master").unwrap_or_default();
    repository.commit_on("master").file("quick.txt", "Quick\n").message("Quick fix").by("ben").await?;
    let (title, body) = stage.issue("open").await?;
    otherwise_unless(body.contains("Quick fix"), || format!("the issue says: {body}"))?;
    narrator.came(&[plain(&title)]);
    let rows: Vec<&str> = body.lines().filter(|line| line.starts_with('|')).collect();
    narrator.quote(&rows.join("\n"));

    narrator.step("rita puts master back to production", "the issue closes by itself");
    repository.move_branch("master").to(&before).by("rita").await?;
    stage.issue("closed").await?;
    narrator.came(&[plain("closed; master is a copy of production again")]);
    Ok(())
}

/// What a comment says from these words on.
fn from_words(comment: &str, words: &str) -> String {
    let at = comment.find(words).unwrap_or_default();
    comment[at..].to_owned()
}
