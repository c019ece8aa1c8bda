//! The words of TP403, TP404, TP405 and TP407.

use super::super::samples::*;
use super::shown;
use crate::model::{
    Cause, FormerSignOff, Grantee, Outcome, PromotionPath, ReadinessState, SaidReady, SignOffRole,
    SignOffState, UnixMillis, UnixSeconds, WhyNoSignOff, WhyOpen,
};
use crate::report::check;

/// Noon on some day.
const NOON: UnixSeconds = UnixSeconds(1_795_608_000);

fn waits(cause: Cause) -> String {
    shown(&subject("staging", "production"), verdict(Outcome::Wait, cause))
}

fn signoff(role: &str, given_by: Option<&str>, former: bool) -> SignOffState {
    let former = former.then(|| FormerSignOff {
        by: "rita".to_owned(),
        at: UnixMillis(1_795_000_000_000),
        paths: vec!["app/code/Cart.php".to_owned(), "composer.lock".to_owned()],
    });
    SignOffState {
        role: role.to_owned(),
        given_by: given_by.map(str::to_owned),
        former,
        not_counted: Vec::new(),
    }
}

#[test]
fn soaking_says_until_when() {
    let soaking = |until| Cause::Soaking { environment: "staging".to_owned(), needed: 86_400, until };
    insta::assert_snapshot!(waits(soaking(Some(NOON))), @r#"
    in_progress [Re-check] Soaks on staging until 25 Nov 12:00 UTC

    `production` takes only what has been live on `staging` for 24 h, and well. For `staging` (`d93f69dd0`) that is over on 2026-11-25 12:00 UTC.

    **What to do.** Wait. Towpath checks this again by itself at that time.

    **Who can act.** Nobody has to. Anyone with the role `maintain` or a higher one can override it with `/override TP403 --reason "…"`.

    [TP403: what it means](https://towpath.example/findings#tp403)

    _Checked `d93f69dd0` against `production` at `7776e3968`, 2023-11-14 22:13 UTC._
    "#);
    insta::assert_snapshot!(waits(soaking(None)), @r#"
    action_required [Re-check] Has to be live on staging first

    `production` takes only what has been live on `staging` for 24 h, and well. `staging` (`d93f69dd0`) is not live there.

    **What to do.** Deploy it there. Towpath checks this again by itself.

    **Who can act.** Anyone who deploys to `staging`. Anyone with the role `maintain` or a higher one can override it with `/override TP403 --reason "…"`.

    [TP403: what it means](https://towpath.example/findings#tp403)

    _Checked `d93f69dd0` against `production` at `7776e3968`, 2023-11-14 22:13 UTC._
    "#);
}

#[test]
fn where_reviews_are_sign_offs_the_check_says_so() {
    let roles = vec![signoff("admin", None, false)];
    let cause = Cause::SignOffMissing { environment: "staging".to_owned(), roles };
    let mut path = PromotionPath::pro();
    path.environments[2].requires.signoffs =
        vec![SignOffRole { role: "admin".to_owned(), by: Vec::new(), by_others: false }];
    let told = |path: &PromotionPath| {
        let check = check(path, &[(subject("staging", "production"), verdict(Outcome::Wait, cause.clone()))]);
        check.summary.lines().find(|line| line.contains("in a review")).map(str::to_owned)
    };
    assert_eq!(told(&path), None);
    path.environments[2].requires.reviews = true;
    insta::assert_snapshot!(told(&path).unwrap(), @"Let somebody with the role approve this pull request in a review: while the same files are live on `staging`, that is their sign-off.");
}

#[test]
fn an_approval_that_is_no_signoff_says_why() {
    let not_counted = [WhyNoSignOff::MissingRight, WhyNoSignOff::OwnChange, WhyNoSignOff::NotLive];
    let not_counted = not_counted.into_iter().zip(["ann", "ben", "c | d"]);
    let not_counted = not_counted.map(|(why, by)| (by.to_owned(), why)).collect();
    let roles = vec![SignOffState { not_counted, ..signoff("admin", None, false) }];
    let told = waits(Cause::SignOffMissing { environment: "staging".to_owned(), roles });
    let told: Vec<&str> = told.lines().filter(|line| line.contains("approving")).collect();
    insta::assert_snapshot!(told.join("\n"), @"
    The approving review of `ben` is no sign-off: they have made one of the changes, which others have to accept.
    The approving review of `c | d` is no sign-off: what they looked at was not live on `staging` then.
    The approving review of `ann` is no sign-off: they had none of these roles when they gave it.
    ");
}

#[test]
fn of_many_approvals_that_are_no_signoffs_few_are_named() {
    let told = |strangers: usize| {
        let strangers = (0..strangers).map(|n| (format!("ann-{n:03}"), WhyNoSignOff::MissingRight));
        let not_counted = strangers.chain([("zoe".to_owned(), WhyNoSignOff::OwnChange)]).collect();
        let roles = vec![SignOffState { not_counted, ..signoff("admin", None, false) }];
        let told = waits(Cause::SignOffMissing { environment: "staging".to_owned(), roles });
        told.lines().filter(|line| line.contains("approving")).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(told(9).len(), 10);
    assert_eq!(told(10).last().unwrap(), "1 more approving review is no sign-off.");
    let many = told(99);
    assert_eq!(many.len(), 11);
    assert!(many[0].contains("`zoe`"), "whose own change it is wants to know");
    assert_eq!(many.last().unwrap(), "90 more approving reviews are no sign-offs.");
}

#[test]
fn missing_signoffs_name_the_command_and_who_may() {
    let roles = vec![signoff("admin", Some("sam"), false), signoff("customer", None, true)];
    let cause = Cause::SignOffMissing { environment: "staging".to_owned(), roles };
    let mut path = PromotionPath::pro();
    let role = |role: &str, by| SignOffRole { role: role.to_owned(), by, by_others: true };
    path.environments[2].requires.signoffs =
        vec![role("admin", Vec::new()), role("customer", vec![Grantee::Team("shop".to_owned())])];
    let check = check(&path, &[(subject("staging", "production"), verdict(Outcome::Wait, cause))]);
    assert_eq!(check.title, "Sign-off on staging missing: customer");
    insta::assert_snapshot!(check.summary, @r#"
    Before `d93f69dd0` goes into `production`, somebody has to accept it on `staging` as `customer`.

    Signed off already: `admin` by `sam`.

    `rita` signed off as `customer` on 2026-11-18 11:06 UTC, and the files have changed since.

    **What to do.** Look at `staging`, then comment; Towpath checks this again at once:

    ```sh
    /signoff staging --as customer
    ```

    **Who can act.** As `customer`: the members of the team `shop`, but nobody who has made one of the changes. Anyone with the role `maintain` or a higher one can override it with `/override TP404 --reason "…"`.

    [TP404: what it means](https://towpath.example/findings#tp404)

    <details><summary>Evidence: 2 files</summary>

    Changed since the sign-off as `customer`

    | file |
    |---|
    | `app/code/Cart.php` |
    | `composer.lock` |

    </details>
    "#);
}

#[test]
fn what_is_not_ready_is_a_list_with_what_is() {
    let said = || SaidReady {
        by: "rita".to_owned(),
        at: UnixMillis(1_795_000_000_000),
        note: Some("see *#4*".to_owned()),
    };
    let item = |item: &str, said: Option<SaidReady>, open| ReadinessState {
        item: item.to_owned(),
        description: format!("The {item} are set up"),
        said,
        open,
    };
    let items = vec![
        item("crons", Some(said()), None),
        item("mails", None, Some(WhyOpen::NeverSaid)),
        item(
            "services",
            Some(said()),
            Some(WhyOpen::Changed { paths: vec![".magento/services.yaml".to_owned()] }),
        ),
        item("backups", Some(said()), Some(WhyOpen::Expired { since: UnixMillis(1_795_608_000_000) })),
    ];
    let cause = Cause::NotReady { environment: "production".to_owned(), items };
    insta::assert_snapshot!(waits(cause), @r#"
    action_required [Re-check] production is not ready: 3 of 4 items open

    Before the first release goes to `production`, 4 items have to be ready.

    `crons` (`The crons are set up`): ready, said `rita` on 2026-11-18 11:06 UTC: `see *#4*`.

    `mails` (`The mails are set up`): **open**.

    `services` (`The services are set up`): **open**: files have changed since `rita` said on 2026-11-18 11:06 UTC that it is ready.

    `backups` (`The backups are set up`): **open**: what was said counted until 2026-11-25 12:00 UTC.

    **What to do.** Do what is open, then say so in a comment:

    ```sh
    /ready production mails --note "…" &&
    /ready production services --note "…" &&
    /ready production backups --note "…"
    ```

    **Who can act.** Anyone with the role `write` or a higher one. Anyone with the role `maintain` or a higher one can override it with `/override TP405 --reason "…"`.

    [TP405: what it means](https://towpath.example/findings#tp405)

    <details><summary>Evidence: 1 file</summary>

    Changed since `services` was ready

    | file |
    |---|
    | `.magento/services.yaml` |

    </details>

    _Checked `d93f69dd0` against `production` at `7776e3968`, 2023-11-14 22:13 UTC._
    "#);
}

#[test]
fn a_ticket_is_asked_for_and_then_waited_for() {
    let ticket = |acknowledged| Cause::TicketNeeded {
        environment: "production".to_owned(),
        paths: vec![".magento/services.yaml".to_owned()],
        acknowledged,
        notice: 172_800,
    };
    insta::assert_snapshot!(waits(ticket(None)), @r#"
    action_required [Re-check] A ticket is needed for .magento/services.yaml

    Changes of these files in `production` take a ticket at the platform's support, with 48 h of notice on working days.

    **What to do.** Open a ticket. Once the support has acknowledged it, comment here:

    ```sh
    /ticket ID --acknowledged TIME
    ```

    **Who can act.** Anyone with the role `write` or a higher one. Anyone with the role `maintain` or a higher one can override it with `/override TP407 --reason "…"`.

    [TP407: what it means](https://towpath.example/findings#tp407)

    <details><summary>Evidence: 1 file</summary>

    Files that take a ticket

    | file |
    |---|
    | `.magento/services.yaml` |

    </details>

    _Checked `d93f69dd0` against `production` at `7776e3968`, 2023-11-14 22:13 UTC._
    "#);
    insta::assert_snapshot!(waits(ticket(Some(("SUP-7".to_owned(), UnixMillis(1_795_608_000_000))))), @r#"
    in_progress [Re-check] Ticket SUP-7: not before 25 Nov 12:00 UTC

    Changes of these files in `production` take a ticket at the platform's support, with 48 h of notice on working days.

    By the notice of ticket `SUP-7`, this may be merged from 2026-11-25 12:00 UTC on.

    **What to do.** Wait. Towpath checks this again by itself at that time.

    **Who can act.** Nobody has to. Anyone with the role `maintain` or a higher one can override it with `/override TP407 --reason "…"`.

    [TP407: what it means](https://towpath.example/findings#tp407)

    <details><summary>Evidence: 1 file</summary>

    Files that take a ticket

    | file |
    |---|
    | `.magento/services.yaml` |

    </details>

    _Checked `d93f69dd0` against `production` at `7776e3968`, 2023-11-14 22:13 UTC._
    "#);
}
