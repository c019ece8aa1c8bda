//! TP701–TP733: what is found in the files of a Commerce project.

use super::super::samples::*;
use super::shown;
use crate::model::Outcome::{Fail, Pass};

#[test]
fn what_is_found_in_a_file_is_said_with_its_line_and_its_repair() {
    let topic = shown(&subject("feature/x", "integration"), website_deleted(Fail));
    insta::assert_snapshot!(topic, @r#"
    failure [Re-check] The website outlet would be deleted

    `app/etc/config.php` on line 9, as the merge would give it.

    The next deploy deletes it with all of its settings.

    **What to do.** Put `outlet` back into `app/etc/config.php`.

    **Who can act.** Anyone who can push to `feature/x`. Anyone with the role `maintain` or a higher one can override it with `/override TP701 --reason "…"`.

    [TP701: what it means](https://towpath.example/findings#tp701)

    _Checked `d93f69dd0` against `integration` at `7776e3968`, 2023-11-14 22:13 UTC._
    "#);
}

#[test]
fn a_repair_of_a_promotion_goes_the_whole_path() {
    let promotion = shown(&subject("staging", "production"), website_deleted(Fail));
    insta::assert_snapshot!(promotion, @r#"
    failure [Re-check] The website outlet would be deleted

    `app/etc/config.php` on line 9, as the merge would give it.

    The next deploy deletes it with all of its settings.

    **What to do.** Put `outlet` back into `app/etc/config.php`.

    Bring the repair by the whole path: through a pull request into `integration`.

    **Who can act.** Anyone who can merge into `integration`. Anyone with the role `maintain` or a higher one can override it with `/override TP701 --reason "…"`.

    [TP701: what it means](https://towpath.example/findings#tp701)

    _Checked `d93f69dd0` against `production` at `7776e3968`, 2023-11-14 22:13 UTC._
    "#);
}

#[test]
fn a_note_stands_beside_a_pass() {
    let note = shown(&subject("feature/x", "integration"), website_deleted(Pass));
    insta::assert_snapshot!(note, @"
    success [] On the path: feature/x → integration

    `integration` takes topics, and none of the commits of `feature/x` come from `staging`, `production` or `master`.

    <details><summary>Also found: TP701</summary>

    **The website `outlet` would be deleted**

    `app/etc/config.php` on line 9, as the merge would give it.

    The next deploy deletes it with all of its settings.

    **What to do.** Put `outlet` back into `app/etc/config.php`.

    [TP701: what it means](https://towpath.example/findings#tp701)

    </details>

    _Checked `d93f69dd0` against `integration` at `7776e3968`, 2023-11-14 22:13 UTC._
    ");
}
