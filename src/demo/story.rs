use super::DemoError;
use super::narrator::Narrator;
use super::repair;
use super::stage::{Stage, merge};
use towpath_sandbox::{Method, PullHandle};

/// Plays every chapter; ends at the first step that comes out otherwise than told.
pub(super) async fn play(stage: &Stage, narrator: &mut Narrator) -> Result<(), DemoError> {
    clean_topic(stage, narrator).await?;
    topic_from_master(stage, narrator).await?;
    promotion(stage, narrator, "integration", "staging").await?;
    promotion(stage, narrator, "staging", "production").await?;
    let pull = straight_into_production(stage, narrator).await?;
    retarget(stage, narrator, &pull).await
}

async fn clean_topic(stage: &Stage, narrator: &mut Narrator) -> Result<(), DemoError> {
    narrator.chapter("A topic cut from integration");
    narrator.act("ana branches from integration, commits, and opens a pull request into integration");
    let repository = &stage.repository;
    let commit = repository.commit_on("feature/gift-cards").from("integration");
    commit.file("gift-cards.txt", "Sell gift cards\n").message("Sell gift cards").by("ana").await?;
    let pull = repository.open_pull("feature/gift-cards").into("integration").by("ana").await?;
    let check = stage.check(&pull, "success").await?;
    narrator.check(&pull, &check);
    merge(&pull, "ana").await?;
    narrator.act("merged");
    Ok(())
}

async fn topic_from_master(stage: &Stage, narrator: &mut Narrator) -> Result<(), DemoError> {
    narrator.chapter("A topic cut from master, from which nobody should branch");
    narrator.act("ben branches from master instead, and opens a pull request into integration");
    let repository = &stage.repository;
    for (file, message) in [("wishlist.txt", "Keep a wish list"), ("share.txt", "Share the wish list")] {
        let commit = repository.commit_on("feature/wish-list").from("master");
        commit.file(file, format!("{message}\n")).message(message).by("ben").await?;
    }
    let pull = repository.open_pull("feature/wish-list").into("integration").by("ben").await?;
    let check = stage.check(&pull, "failure").await?;
    narrator.check(&pull, &check);
    let summary = check.summary.unwrap_or_default();
    let words = summary.split("<details>").next().unwrap_or_default();
    narrator.quote(words.split("**Another way.**").next().unwrap_or_default().trim_end());
    narrator.quote("\nEvidence");
    narrator.quote(&table_in(&summary));
    narrator.act("ben tries to merge all the same; GitHub refuses:");
    refused(&pull, "ben", narrator).await?;
    narrator.act("ben copies the commands from the check and runs them in his clone");
    let commands = repair::commands_in(&summary)
        .ok_or_else(|| DemoError::Otherwise("the check shows no commands to copy".to_owned()))?;
    repair::follow(commands, &repository.clone_url(), stage.folder.path(), "ben").await?;
    let check = stage.check(&pull, "success").await?;
    narrator.check(&pull, &check);
    merge(&pull, "ben").await?;
    narrator.act("merged, with both of ben's commits and nothing else");
    Ok(())
}

async fn promotion(stage: &Stage, narrator: &mut Narrator, from: &str, into: &str) -> Result<(), DemoError> {
    narrator.chapter(&format!("The promotion {from} → {into}"));
    narrator.act(&format!("rita opens a pull request from {from} into {into}"));
    let title = format!("Promote {from} to {into}");
    let pull = stage.repository.open_pull(from).into(into).title(&title).by("rita").await?;
    let check = stage.check(&pull, "success").await?;
    narrator.check(&pull, &check);
    narrator.quote(check.summary.unwrap_or_default().split("\n\n_Judged").next().unwrap_or_default());
    merge(&pull, "rita").await?;
    narrator.act("merged");
    Ok(())
}

async fn straight_into_production(stage: &Stage, narrator: &mut Narrator) -> Result<PullHandle, DemoError> {
    narrator.chapter("A topic straight into production");
    narrator.act("ana is in a hurry: a topic from integration, aimed at production");
    let repository = &stage.repository;
    let commit = repository.commit_on("feature/banner").from("integration");
    commit.file("banner.txt", "Winter sale\n").message("Announce the winter sale").by("ana").await?;
    let pull = repository.open_pull("feature/banner").into("production").by("ana").await?;
    let check = stage.check(&pull, "failure").await?;
    narrator.check(&pull, &check);
    narrator.act("merging is refused:");
    refused(&pull, "ana", narrator).await?;
    Ok(pull)
}

async fn retarget(stage: &Stage, narrator: &mut Narrator, pull: &PullHandle) -> Result<(), DemoError> {
    narrator.chapter("The same pull request, retargeted");
    narrator.act("ana changes its base to integration; the verdict follows, the old check retires");
    pull.retarget("integration").by("ana").await?;
    let check = stage.check(pull, "success").await?;
    narrator.check(pull, &check);
    let retired = stage.check_named(pull, "towpath: production", "cancelled").await?;
    narrator.check(pull, &retired);
    merge(pull, "ana").await?;
    narrator.act("merged; it travels on with the next promotion");
    Ok(())
}

/// Presses the merge button and expects GitHub to refuse.
async fn refused(pull: &PullHandle, by: &str, narrator: &Narrator) -> Result<(), DemoError> {
    match pull.merge(Method::Merge).by(by).await {
        Err(refused) => {
            narrator.quote(&refused.to_string());
            Ok(())
        }
        Ok(_) => Err(DemoError::Otherwise(format!("#{} was merged with a red check", pull.number()))),
    }
}

/// The first table of a summary.
fn table_in(summary: &str) -> String {
    let rows = summary.lines().skip_while(|line| !line.starts_with('|'));
    rows.take_while(|line| line.starts_with('|')).collect::<Vec<_>>().join("\n")
}
