use super::boutique;
use super::error::{DemoError, otherwise_unless};
use super::narrator::{Narrator, plain};
use super::releases::{self, deployed};
use super::repair;
use super::stage::Stage;
use towpath_sandbox::{Method, PullHandle};

/// What GitHub sends when somebody presses "Rebuild branch".
const REBUILD: &str = "rebuild";

/// Plays every chapter; ends at the first step that comes out otherwise than told.
pub(super) async fn play(stage: &Stage, narrator: &mut Narrator) -> Result<(), DemoError> {
    clean_topic(stage, narrator).await?;
    topic_from_master(stage, narrator).await?;
    promotion(stage, narrator, "integration", "staging").await?;
    promotion(stage, narrator, "staging", "production").await?;
    let pull = straight_into_production(stage, narrator).await?;
    retarget(stage, narrator, &pull).await?;
    rebuilt_by_a_button(stage, narrator).await?;
    releases::failing_build(stage, narrator).await?;
    let bad = releases::failing_deploy(stage, narrator).await?;
    releases::rollback(stage, narrator, &bad).await?;
    releases::drift(stage, narrator).await?;
    boutique::play(stage, narrator).await
}

async fn clean_topic(stage: &Stage, narrator: &mut Narrator) -> Result<(), DemoError> {
    narrator.chapter("A topic cut from integration");
    narrator.step(
        "ana cuts feature/gift-cards from integration, commits, and opens a pull request into integration",
        "the check passes",
    );
    let repository = &stage.repository;
    let commit = repository.commit_on("feature/gift-cards").from("integration");
    commit.file("gift-cards.txt", "Sell gift cards\n").message("Sell gift cards").by("ana").await?;
    let pull = repository.open_pull("feature/gift-cards").into("integration");
    let pull = pull.title("Sell gift cards").by("ana").await?;
    let check = stage.check(&pull, "success").await?;
    narrator.check_came(&pull, &check);
    merged_with_own_commits(stage, narrator, &pull, "ana", 1).await?;
    narrator.step(
        "Towpath deploys integration with the operator's programs",
        "the shop is built while it runs, installed in maintenance mode, and opened again",
    );
    deployed(stage, narrator, "integration", "Sell gift cards").await
}

async fn topic_from_master(stage: &Stage, narrator: &mut Narrator) -> Result<(), DemoError> {
    narrator.chapter("A topic cut from master, from which nobody should branch");
    narrator.step(
        "ben cuts feature/wish-list from master instead, commits twice, and opens a pull request into \
         integration",
        "the check fails, names the commits that do not belong, and gives the repair",
    );
    let repository = &stage.repository;
    for (file, message) in [("wishlist.txt", "Keep a wish list"), ("share.txt", "Share the wish list")] {
        let commit = repository.commit_on("feature/wish-list").from("master");
        commit.file(file, format!("{message}\n")).message(message).by("ben").await?;
    }
    let pull = repository.open_pull("feature/wish-list").into("integration");
    let pull = pull.title("Keep a wish list").by("ben").await?;
    let check = stage.check(&pull, "failure").await?;
    let summary = check.summary.clone().unwrap_or_default();
    let foreign = rows_of_tables(&summary);
    for commit in &stage.promotions {
        let named = foreign.iter().any(|row| row.contains(commit.as_str()));
        otherwise_unless(named, || format!("the check does not name the foreign commit {commit}"))?;
    }
    let commands = repair::commands_in(&summary)
        .ok_or_else(|| DemoError::Otherwise("the check shows no commands to copy".to_owned()))?;
    narrator.check_came(&pull, &check);
    // What follows the commands is for those who run into something.
    let words = summary.split_once("\n```\n").map_or(summary.as_str(), |(words, _)| words);
    narrator.quote(&format!("{words}\n```"));
    let foreign = foreign.join("\n");
    narrator.quote(&format!(
        "Commits that do not belong:\n\n| commit | subject | author |\n|---|---|---|\n{foreign}"
    ));

    refused(narrator, &pull, "ben").await?;

    narrator.step("ben runs those commands in his clone", "the check passes, and nobody has to ask for it");
    repair::follow(commands, &repository.clone_url(), stage.folder.path(), "ben").await?;
    let check = stage.check(&pull, "success").await?;
    narrator.check_came(&pull, &check);
    merged_with_own_commits(stage, narrator, &pull, "ben", 2).await
}

async fn promotion(stage: &Stage, narrator: &mut Narrator, from: &str, into: &str) -> Result<(), DemoError> {
    narrator.chapter(&format!("The promotion {from} → {into}"));
    narrator.step(&format!("rita opens a pull request from {from} into {into}"), "the check passes");
    let title = format!("Promote {from} to {into}");
    let pull = stage.repository.open_pull(from).into(into).title(&title).by("rita").await?;
    let check = stage.check(&pull, "success").await?;
    narrator.check_came(&pull, &check);
    narrator.quote_beginning(&check);

    narrator.step("rita merges it", &format!("{into} holds exactly the files that {from} holds"));
    pull.merge(Method::Merge).by("rita").await?;
    let (here, there) = (stage.tree_of(into).await?, stage.tree_of(from).await?);
    otherwise_unless(here == there, || format!("{into} holds {here}, and {from} holds {there}"))?;
    narrator.came(&[plain(&format!("#{} merged; both hold the git tree {}", pull.number(), &here[..9]))]);
    let expected = match into {
        "production" => "the same build goes to production, customers see it, and master follows",
        _ => "the build from integration is deployed unchanged, and the shop shows it",
    };
    narrator.step(&format!("Towpath deploys {into}"), expected);
    deployed(stage, narrator, into, "Share the wish list").await?;
    if into == "production" {
        stage.master_follows().await?;
    }
    Ok(())
}

async fn straight_into_production(stage: &Stage, narrator: &mut Narrator) -> Result<PullHandle, DemoError> {
    narrator.chapter("A topic straight into production");
    narrator.step(
        "ana is in a hurry: she cuts feature/banner from integration and aims it at production",
        "the check fails, and says what production takes",
    );
    let repository = &stage.repository;
    let commit = repository.commit_on("feature/banner").from("integration");
    commit.file("banner.txt", "Winter sale\n").message("Announce the winter sale").by("ana").await?;
    let pull = repository.open_pull("feature/banner").into("production");
    let pull = pull.title("Announce the winter sale").by("ana").await?;
    let check = stage.check(&pull, "failure").await?;
    let title = check.title.as_deref().unwrap_or_default();
    otherwise_unless(title.contains("needs staging"), || format!("the check says only: {title}"))?;
    narrator.check_came(&pull, &check);
    narrator.quote_beginning(&check);
    refused(narrator, &pull, "ana").await?;
    Ok(pull)
}

async fn retarget(stage: &Stage, narrator: &mut Narrator, pull: &PullHandle) -> Result<(), DemoError> {
    narrator.chapter("The same pull request, retargeted");
    narrator.step(
        &format!("ana writes /retarget in #{}", pull.number()),
        "Towpath changes the base and says so; the check for integration passes, the one for production is withdrawn",
    );
    stage.after_a_look().await;
    let comment = pull.comment("That was too fast.\n\n/retarget").by("ana").await?;
    let said = stage.replied(pull, &comment, "changed the base").await?;
    let check = stage.check(pull, "success").await?;
    narrator.check_came(pull, &check);
    narrator.quote(&said);
    let retired = stage.check_named(pull, "towpath: production", "cancelled").await?;
    narrator.check_came(pull, &retired);
    merged_with_own_commits(stage, narrator, pull, "ana", 1).await
}

async fn rebuilt_by_a_button(stage: &Stage, narrator: &mut Narrator) -> Result<(), DemoError> {
    narrator.chapter("A topic that merged staging, rebuilt with one button");
    narrator.step(
        "ana works on feature/loyalty, merges staging into it to be up to date, and opens a pull request into \
         integration",
        "the check fails, says which merge brought the foreign commits in, and who made it",
    );
    let repository = &stage.repository;
    let commit = repository.commit_on("feature/loyalty").from("integration");
    commit.file("loyalty.txt", "Points\n").message("Collect points").by("ana").await?;
    let merge = repository.merge("staging").into("feature/loyalty").no_ff();
    merge.message("Merge staging to be up to date").by("ana").await?;
    let commit = repository.commit_on("feature/loyalty");
    commit.file("rewards.txt", "Rewards\n").message("Spend points").by("ana").await?;
    let pull = repository.open_pull("feature/loyalty").into("integration");
    let pull = pull.title("Collect and spend points").by("ana").await?;
    let check = stage.check(&pull, "failure").await?;
    let summary = check.summary.clone().unwrap_or_default();
    narrator.check_came(&pull, &check);
    let paragraphs: Vec<&str> = summary.split("\n\n").take(2).collect();
    narrator.quote(&paragraphs.join("\n\n"));
    let named = summary.contains("Merge staging to be up to date") && summary.contains("by `rita`");
    otherwise_unless(named, || format!("the check does not say which merge brought them in: {summary}"))?;

    narrator.step(
        "ana presses Rebuild branch on the check",
        "Towpath opens a pull request from a clean branch with ana's own commits; it passes, and her branch stays \
         as it is",
    );
    let before = pull.head_sha();
    let button = pull.check("towpath: integration");
    let button = button.ok_or_else(|| DemoError::Otherwise("the check is gone".to_owned()))?;
    button.press(REBUILD, "ana").await?;
    let instead = stage.opened_after(&pull).await?;
    let check = stage.check(&instead, "success").await?;
    narrator.check_came(&instead, &check);
    otherwise_unless(pull.head_sha() == before, || "ana's branch was moved".to_owned())?;
    merged_with_own_commits(stage, narrator, &instead, "ana", 2).await
}

/// Merges a topic, and looks that it brought its author's commits and nothing else.
async fn merged_with_own_commits(
    stage: &Stage,
    narrator: &mut Narrator,
    pull: &PullHandle,
    author: &str,
    count: usize,
) -> Result<(), DemoError> {
    let own = match count {
        1 => format!("{author}'s one commit"),
        more => format!("{author}'s {more} commits"),
    };
    narrator.step(&format!("{author} merges it"), &format!("integration gets {own}, and nothing else"));
    let before = stage.repository.tip("integration").unwrap_or_default();
    let merged = pull.merge(Method::Merge).by(author).await?;
    let authors = stage.authors_between(&before, &merged.sha).await?;
    let only_own = authors.len() == count && authors.iter().all(|name| name == author);
    otherwise_unless(only_own, || format!("integration got commits of {authors:?}"))?;
    narrator.came(&[plain(&format!("#{} merged, with {own}", pull.number()))]);
    Ok(())
}

/// Presses the merge button and expects GitHub to refuse.
async fn refused(narrator: &mut Narrator, pull: &PullHandle, by: &str) -> Result<(), DemoError> {
    narrator.step(&format!("{by} presses the merge button anyway"), "GitHub refuses");
    match pull.merge(Method::Merge).by(by).await {
        Err(refused) => {
            narrator.came(&[plain(&refused.to_string())]);
            Ok(())
        }
        Ok(_) => Err(DemoError::Otherwise(format!("#{} was merged with a red check", pull.number()))),
    }
}

/// The rows of all tables of a summary, each once: a commit can have come along on several branches.
fn rows_of_tables(summary: &str) -> Vec<&str> {
    let lines: Vec<_> = summary.lines().collect();
    let is_row = |line: &str| line.starts_with('|');
    let mut rows = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let in_head = !is_row(lines[at.saturating_sub(1)]) || line.starts_with("|---");
        if is_row(line) && !in_head && !rows.contains(line) {
            rows.push(*line);
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_taken_once_and_without_heads() {
        let summary = "a\n\n| h |\n|---|\n| 1 |\n| 2 |\n\nb\n\n| h |\n|---|\n| 2 |\n| 3 |";
        assert_eq!(rows_of_tables(summary), ["| 1 |", "| 2 |", "| 3 |"]);
    }
}
