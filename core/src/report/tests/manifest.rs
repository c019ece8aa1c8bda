//! The manifest of a promotion.

use super::super::samples::*;
use crate::model::calendar::FreezePeriod;
use crate::model::{
    Cause, Code, Environment, Hold, Merged, Outcome, Override, PromotionPath, PullNumber, UnixMillis,
    UnixSeconds,
};
use crate::report::{BroughtPull, Manifest, TestedSince, manifest, promotion_title};

const AT: UnixMillis = UnixMillis(1_700_000_000_000);

fn pro() -> (PromotionPath, Environment, Environment) {
    let path = PromotionPath::pro();
    let [_, staging, production] = path.environments.clone().try_into().unwrap();
    (path, staging, production)
}

fn brought(number: u64, author: &str, hotfix_of: Option<&str>) -> BroughtPull {
    let hotfix_of = hotfix_of.map(str::to_owned);
    BroughtPull { number: PullNumber(number), author: author.to_owned(), hotfix_of, overrides: Vec::new() }
}

#[test]
fn it_tells_what_it_brings_and_what_it_waits_for() {
    let (path, staging, production) = pro();
    let pulls =
        [brought(7, "ana", None), brought(9, "@everyone `x`", None), brought(11, "ben", Some("production"))];
    let given = Override {
        id: 1,
        code: Code::UntestedTree,
        head: id(900),
        base: name("production"),
        evidence: String::new(),
        by: "rita".to_owned(),
        by_id: None,
        reason: "the shop is down, @all".to_owned(),
        at: AT,
        until: Some(UnixMillis(AT.0 + 3_600_000)),
        confirmed_by: Some("sam".to_owned()),
        confirmed_by_id: None,
        needs_second: true,
        ended: None,
        command: None,
    };
    let who = ("rita".to_owned(), "checkout | broken".to_owned());
    let hold = Hold::new((id(5), id(4)), who, AT, vec![PullNumber(3), PullNumber(4)]).unwrap();
    let reasons = vec!["peak | season".to_owned(), "audit".to_owned()];
    let freeze = FreezePeriod { from: None, until: Some(UnixSeconds(1_700_090_000)), reasons };
    let subject = subject("staging", "production");
    let mut verdict = verdict(Outcome::Fail, Cause::HeadBehind);
    verdict.findings.extend(super::super::samples::verdict(Outcome::Warn, may_be_stacked()).findings);
    let told = Manifest {
        path: &path,
        source: &staging,
        target: &production,
        head: id(900),
        merged: None,
        pulls: &pulls,
        overrides: &[given],
        holds: &[(&production, hold)],
        freeze: Some(&freeze),
        tested: TestedSince::Deployed(AT),
        forecast: None,
        verdict: Some((&subject, &verdict)),
    };
    assert_eq!(promotion_title(&staging, &production), "Promote staging to production");
    insta::assert_snapshot!(manifest(&told), @"
    <!-- towpath:manifest -->
    This pull request promotes `staging` to `production`, up to `d93f69dd0`, with 3 pull requests.

    ### What is in it

    - #7 by `ana`
    - #9 by `` @everyone `x` ``
    - #11 by `ben`, a hotfix: it was merged into `production` and not by way of `staging`

    ### Overrides in force

    - TP301, overridden by `rita` and confirmed by `sam`: `the shop is down, @all` (until 2023-11-14 23:13 UTC)

    ### Rolled back

    - `production` was taken back from `b54cda58f` to `1715609f7` at 2023-11-14 22:13 UTC by `rita`: `checkout | broken`. It took back #3, #4

    ### Frozen

    - `production` is frozen until 2023-11-15 23:13 UTC: `peak | season` and `audit`

    ### On `staging`

    A deploy of these files to `staging` ended well at 2023-11-14 22:13 UTC.

    ### What it waits for

    - TP104: Behind: `staging` has nothing new for `production`
    ");
}

#[test]
fn one_that_was_not_judged_says_where_the_verdict_comes() {
    let (path, staging, production) = pro();
    let told = Manifest {
        path: &path,
        source: &staging,
        target: &production,
        head: id(900),
        merged: None,
        pulls: &[],
        overrides: &[],
        holds: &[],
        freeze: None,
        tested: TestedSince::NotKnown,
        forecast: None,
        verdict: None,
    };
    insta::assert_snapshot!(manifest(&told), @"
    <!-- towpath:manifest -->
    This pull request promotes `staging` to `production`, up to `d93f69dd0`, with no pull request that is known.

    ### On `staging`

    Nobody has said that these files were deployed to `staging`.

    ### What it waits for

    The check for `production` says it as soon as Towpath has judged this pull request.
    ");
    let subject = subject("staging", "production");
    let says = |tested, verdict: &crate::model::Verdict| {
        let text = manifest(&Manifest { tested, verdict: Some((&subject, verdict)), ..told.clone() });
        text.lines().filter(|line| !line.is_empty()).skip(3).map(str::to_owned).collect::<Vec<_>>().join("\n")
    };
    let passes = crate::model::Verdict::default();
    insta::assert_snapshot!(says(TestedSince::Failed(AT), &passes), @"
    The last deploy of these files to `staging` failed at 2023-11-14 22:13 UTC.
    ### What it waits for
    Nothing: its check passes.
    ");
    let warns = verdict(Outcome::Warn, may_be_stacked());
    insta::assert_snapshot!(says(TestedSince::RolledBack(AT), &warns), @"
    These files were deployed to `staging`, and a rollback took them back at 2023-11-14 22:13 UTC.
    ### What it waits for
    Nothing, but its check has a warning.
    ");
}

#[test]
fn one_that_is_merged_says_so_and_waits_for_nothing() {
    let (path, staging, production) = pro();
    let (subject, verdict) = (subject("staging", "production"), verdict(Outcome::Fail, Cause::HeadBehind));
    let told = Manifest {
        path: &path,
        source: &staging,
        target: &production,
        head: id(900),
        merged: Some(Merged { at: UnixSeconds(1_700_000_000), commit: Some(id(5)) }),
        pulls: &[brought(7, "ana", None)],
        overrides: &[],
        holds: &[],
        freeze: None,
        tested: TestedSince::NotKnown,
        forecast: None,
        verdict: Some((&subject, &verdict)),
    };
    insta::assert_snapshot!(manifest(&told), @"
    <!-- towpath:manifest -->
    This pull request has promoted `staging` to `production`, up to `d93f69dd0`, with 1 pull request.

    ### What is in it

    - #7 by `ana`

    ### On `staging`

    When it was merged, nobody had said that these files were deployed to `staging`.

    ### Merged

    It was merged at 2023-11-14 22:13 UTC as `b54cda58f`.
    ");
}

#[test]
fn a_hundred_are_listed_and_the_rest_is_counted() {
    let (path, staging, production) = pro();
    let pulls: Vec<BroughtPull> = (1..=103).map(|number| brought(number, &"ana".repeat(13), None)).collect();
    let told = Manifest {
        path: &path,
        source: &staging,
        target: &production,
        head: id(900),
        merged: None,
        pulls: &pulls,
        overrides: &[],
        holds: &[],
        freeze: None,
        tested: TestedSince::NotKnown,
        forecast: None,
        verdict: None,
    };
    let text = manifest(&told);
    assert!(text.contains("with 103 pull requests.") && text.contains("- #100 by"), "{text}");
    assert!(text.contains("- … and 3 more\n") && !text.contains("- #101 by"), "{text}");
}
