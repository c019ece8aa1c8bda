//! Merges and back-ports: whether a branch has what they brought, though not in the same form.

use towpath::lineage::{Ledger, PromotionQuestion, Repository};
use towpath::model::{Base, BranchName, Carried, Head, PullEnds};

use crate::carried::{Work, id};

/// A hotfix of two commits, merged into `production`.
fn merged_hotfix(work: &Work) -> (String, [String; 2]) {
    work.git(&["checkout", "-q", "-b", "hotfix", "production"]);
    work.replace("3\n", "three\n");
    let first = work.commit("one half");
    work.replace("8\n", "eight\n");
    let second = work.commit("the other half");
    work.on("production").git(&["merge", "-q", "--no-ff", "-m", "merge the hotfix", "hotfix"]);
    (work.tip("HEAD"), [first, second])
}

#[tokio::test]
async fn a_merge_is_carried_when_all_that_it_brought_is_whatever_was_edited_later() {
    let work = Work::new();
    let (merge, [first, second]) = merged_hotfix(&work);
    work.on("staging").replace("1\n", "0\n1\n");
    work.commit("not a fast-forward");
    work.git(&["merge", "-q", "--no-ff", "-m", "the branch, not the merge", "hotfix"]);
    work.replace("three\n", "drei\n");
    work.commit("edited later");
    assert_eq!(work.carried(&merge).await, Carried::Ancestor);

    work.git(&["checkout", "-q", "-B", "staging", "production~1"]);
    work.replace("1\n", "0\n1\n");
    work.commit("not a fast-forward");
    work.git(&["cherry-pick", &first]);
    work.replace("three\n", "drei\n");
    work.commit("edited before the rest comes");
    let half = work.answer(&merge).await;
    assert_eq!(half.carried, Carried::Missing);
    assert_eq!(half.brought[0], (id(&second), Carried::Missing));
    work.replace("8\n", "acht\n");
    let by_hand = work.commit(&format!("the rest\n\n(cherry picked from commit {second})"));
    let both = work.answer(&merge).await;
    assert_eq!(both.carried, Carried::Trailer(id(&by_hand)), "the weakest that was needed");
    assert_eq!(both.brought.len(), 2);
}

#[tokio::test]
async fn a_merge_that_took_in_its_target_brought_only_its_own() {
    let work = Work::new();
    work.git(&["checkout", "-q", "-b", "hotfix", "production"]);
    work.replace("3\n", "three\n");
    let own = work.commit("own");
    work.on("production").replace("9\n", "nine\n");
    work.commit("somebody else's");
    work.on("hotfix").git(&["merge", "-q", "--no-ff", "-m", "update the branch", "production"]);
    work.on("production").git(&["merge", "-q", "--no-ff", "-m", "merge the hotfix", "hotfix"]);
    let merge = work.tip("HEAD");
    work.on("staging").replace("7\n", "sieben\n");
    work.commit("not a fast-forward");
    work.git(&["cherry-pick", "-x", &own]);
    let answer = work.answer(&merge).await;
    assert!(answer.carried.is_carried(), "{answer:?}");
    // A merge of nothing but a merge is not carried by having brought nothing.
    work.git(&["checkout", "-q", "-B", "staging", "production~2"]);
    assert_eq!(work.answer(&merge).await.carried, Carried::Missing);
}

#[tokio::test]
async fn a_back_port_whose_lines_moved_is_similar_and_named() {
    let work = Work::new();
    let hotfix = work.hotfix();
    work.on("staging").write("page", "a\nb\n3\nc\nd\n");
    work.commit("other lines around it");
    let back_port = |from: &str, to: &str, message: &str, date: Option<&str>, author: Option<&str>| {
        work.git(&["reset", "-q", "--hard"]);
        work.replace(from, to);
        work.git(&["add", "--all"]);
        let mut arguments = vec!["commit", "-q", "-m", message];
        let date = date.map(|date| format!("--date={date}"));
        let author = author.map(|author| format!("--author={author} <{author}@example.org>"));
        arguments.extend(date.as_deref());
        arguments.extend(author.as_deref());
        work.git(&arguments);
        work.tip("HEAD")
    };
    let date = work.git(&["log", "-1", "--format=%ai", &hotfix]);
    let same = back_port("3\n", "three\n", "hotfix", Some(&date), None);
    assert_eq!(work.carried(&hotfix).await, Carried::Similar(id(&same)));
    for (message, to, date, author) in [
        ("another subject", "three\n", Some(date.as_str()), None),
        ("hotfix", "three\n", Some("2001-02-03 04:05:06 +0000"), None),
        ("hotfix", "three\n", Some(date.as_str()), Some("ben")),
        ("hotfix", "trois\n", Some(date.as_str()), None),
    ] {
        work.git(&["reset", "-q", "--hard", "HEAD~1"]);
        back_port("3\n", to, message, date, author);
        let answer = work.answer(&hotfix).await;
        assert_eq!(answer.carried, Carried::Missing, "{message} {to:?} {date:?} {author:?}");
        assert!(answer.compared.patches && answer.compared.commits == 2, "{answer:?}");
    }
}

#[tokio::test]
async fn a_pull_request_that_both_name_is_enough_only_with_the_same_lines() {
    let work = Work::new();
    work.on("production").replace("3\n", "three\n");
    let hotfix = work.commit("Stop the double charge (#12)");
    work.on("staging").write("page", "a\nb\n3\nc\nd\n");
    work.commit("other lines around it");
    work.git(&["commit", "-q", "--allow-empty", "--author=Ben <ben@example.org>", "-m", "Nothing (#12)"]);
    assert_eq!(work.carried(&hotfix).await, Carried::Missing, "an empty commit of that number");
    work.replace("d\n", "e\n");
    work.commit("Another half (#12)");
    assert_eq!(work.carried(&hotfix).await, Carried::Missing, "other lines of that number");
    work.replace("3\n", "three\n");
    let back_port = work.commit("[staging] Stop the double charge (#12) (#40)");
    assert_eq!(work.carried(&hotfix).await, Carried::Similar(id(&back_port)));
    work.replace("three\n", "3\n");
    work.commit("Revert \"Stop the double charge (#12)\"");
    assert_eq!(work.carried(&hotfix).await, Carried::Similar(id(&back_port)), "also when it was reverted");
}

#[tokio::test]
async fn what_a_back_merge_would_carry_is_asked_by_the_same_rules() {
    let work = Work::new();
    work.on("production").replace("3\n", "three\n");
    work.commit("Stop the double charge (#12)");
    work.replace("9\n", "nine\n");
    let picked = work.commit("by hand");
    work.on("staging").write("page", "a\nb\n3\nc\nd\n9\n");
    work.commit("other lines around it");
    let carries = async || {
        let id = |branch| work.tip(branch).parse().unwrap();
        let name = |branch| BranchName::new(branch).unwrap();
        let pull = PullEnds {
            head: Head { branch: Some(name("production")), commit: id("production"), fork: false },
            base: Base { branch: name("staging"), commit: id("staging") },
        };
        let ledger = Ledger::default();
        let question = PromotionQuestion {
            pull: &pull,
            upstream: &[],
            same_files_expected: false,
            ignored: None,
            from: None,
            ledger: &ledger,
        };
        let repository = Repository::open(work.path()).await.unwrap();
        repository.back_merge(question).await.unwrap().carries.len()
    };
    assert_eq!(carries().await, 2);
    work.replace("3\n", "three\n");
    work.commit("[staging] Stop the double charge (#12) (#40)");
    assert_eq!(carries().await, 1, "the back-port is similar");
    work.replace("9\n", "neun\n");
    work.commit(&format!("otherwise\n\n(cherry picked from commit {picked})"));
    assert_eq!(carries().await, 0, "and a message says where it was picked from");
}

#[tokio::test]
async fn two_commits_of_one_second_and_subject_are_told_apart_by_their_files() {
    let work = Work::new();
    for file in ["a.json", "b.json"] {
        work.on("production").write(file, "1\n");
    }
    work.commit("two files");
    work.git(&["branch", "-f", "staging"]);
    let date = "2024-01-01 00:00:00 +0000";
    let bump = |file: &str| {
        work.write(file, "version: 2\n1\n");
        work.git(&["add", "--all"]);
        work.git(&["commit", "-q", "--date", date, "-m", "bump"]);
        work.tip("HEAD")
    };
    let first = bump("a.json");
    work.on("staging");
    bump("b.json");
    assert_eq!(work.carried(&first).await, Carried::Missing);
}
