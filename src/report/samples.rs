//! Pull requests and commits for the tests of this room.

use super::Subject;
use crate::flow::{
    Base, BranchName, Cause, Commit, Finding, Head, Outcome, Pull, Repair, Undecided, Verdict,
};

/// A commit id or tree id made of one number.
pub(super) fn id<T: std::str::FromStr<Err = crate::flow::InvalidName>>(number: u64) -> T {
    // Spread over the digits, so that shortened ids differ as real ones do.
    format!("{:016x}{number:024x}", number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15))
        .parse()
        .unwrap()
}

pub(super) fn name(text: &str) -> BranchName {
    BranchName::new(text).unwrap()
}

pub(super) fn commit(number: u64, subject: &str, author: &str) -> Commit {
    Commit {
        id: id(number),
        tree: id(number),
        parents: vec![id(number - 1)],
        subject: subject.to_owned(),
        author: author.to_owned(),
        committed_at: 1_700_000_000,
    }
}

pub(super) fn pull(head: &str, base: &str) -> Pull {
    Pull {
        head: Head { branch: Some(name(head)), commit: id(900), fork: false },
        base: Base { branch: name(base), commit: id(901) },
    }
}

pub(super) fn subject(head: &str, base: &str) -> Subject {
    Subject {
        repository: "acme/store".to_owned(),
        web_url: "https://github.com/acme/store".to_owned(),
        docs_url: Some("https://towpath.example/findings".to_owned()),
        number: 12,
        pull: pull(head, base),
        judged_at: 1_700_000_000,
    }
}

pub(super) fn verdict(severity: Outcome, cause: Cause) -> Verdict {
    Verdict { findings: vec![Finding::new(severity, cause)] }
}

pub(super) fn carries_staging() -> Cause {
    Cause::CarriesHistory {
        foreign: vec![(
            name("staging"),
            vec![
                commit(12, "Promote integration", "Ada"),
                commit(11, "Fix the | pipe for @bob, closes #7", "Ben"),
            ],
        )],
        brought: 5,
        came_along: 3,
        repair: Repair {
            picks: vec![commit(13, "Add the price rule", "Cleo"), commit(14, "Test it", "Cleo")],
            merges_left_out: 1,
        },
    }
}

/// A topic that holds nothing but another branch's history.
pub(super) fn only_foreign() -> Cause {
    Cause::CarriesHistory {
        foreign: vec![
            (name("production"), vec![commit(12, "Release 2", "Ada")]),
            (name("master"), vec![commit(12, "Release 2", "Ada")]),
        ],
        brought: 1,
        came_along: 1,
        repair: Repair { picks: Vec::new(), merges_left_out: 0 },
    }
}

/// A change made on production that nobody carried back.
pub(super) fn hotfix() -> Vec<Commit> {
    vec![commit(31, "Stop the double charge", "Dan")]
}

/// One verdict for each cause, each reason for not deciding included, with the branches it is about.
pub(super) fn every_cause() -> Vec<(&'static str, &'static str, Verdict)> {
    use Outcome::{Fail, Pass, Warn};
    let (integration, staging) = (|| name("integration"), || name("staging"));
    let wrong = Cause::WrongBase { belongs_on: Some(integration()), needs: vec![staging()] };
    let skipped = Cause::EnvironmentSkipped { needs: vec![staging()], next: Some(staging()) };
    let copy = Cause::CopyTakesOnly { only: name("production"), belongs_on: Some(integration()) };
    let pointed = Cause::PointedAtTopic { branch: staging(), commit: id(13), at: 1_700_000_000 };
    let repair = Repair { picks: vec![commit(13, "Begin anew", "Cleo")], merges_left_out: 0 };
    let unrelated = Cause::UnrelatedHistory { repair };
    let untested = Cause::UntestedTree { only_on_base: hotfix() };
    let paths = vec!["app/cart.php".to_owned()];
    let conflicts = Cause::MergeConflicts { paths, only_on_base: hotfix() };
    let mut all = undecided();
    all.extend([
        ("feature/x", "integration", Verdict::default()),
        ("feature/x", "production", verdict(Fail, wrong)),
        ("integration", "production", verdict(Fail, skipped)),
        ("integration", "staging", verdict(Fail, Cause::ForkHead { own: integration() })),
        ("staging", "production", verdict(Fail, Cause::HeadBehind)),
        ("integration", "staging", verdict(Pass, Cause::NothingToPromote)),
        ("production", "integration", verdict(Warn, Cause::ReverseMerge)),
        ("feature/x", "master", verdict(Fail, copy)),
        ("feature/x", "integration", verdict(Fail, carries_staging())),
        ("feature/x", "integration", verdict(Warn, pointed)),
        ("feature/x", "integration", verdict(Fail, unrelated)),
        ("staging", "production", verdict(Fail, untested)),
        ("staging", "production", verdict(Fail, conflicts)),
    ]);
    all
}

/// One verdict for each reason for not deciding.
fn undecided() -> Vec<(&'static str, &'static str, Verdict)> {
    let reasons = [
        Undecided::MissingBranches { missing: vec![name("staging")], start_from: Some(name("master")) },
        Undecided::EmptyRepository,
        Undecided::ShallowClone,
        Undecided::CommitMissing { what: "refs/pull/12/head".to_owned() },
        Undecided::GitHub { what: "502 Bad Gateway".to_owned() },
        Undecided::Git { what: "the remote end hung up".to_owned() },
    ];
    reasons.map(|why| ("feature/x", "integration", Verdict::undecided(why))).into()
}
