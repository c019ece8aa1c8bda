//! Freezes and windows of the configuration: checks turn at their minute, without an event.

use crate::shop::topic;
use crate::stage::Stage;
use std::time::Duration;
use towpath_sandbox::PullHandle;

impl Stage {
    /// The time in so many minutes, as the configuration has it.
    fn minutes_from_now(&self, minutes: u64) -> String {
        let at = (self.now() + Duration::from_secs(minutes * 60)).to_date().unwrap();
        at.format("%Y-%m-%dT%H:%M:%SZ").to_string()
    }

    /// A configuration with one freeze of integration.
    fn frozen_from(&self, (from, until): (u64, u64), more: &str) -> String {
        let (from, until) = (self.minutes_from_now(from), self.minutes_from_now(until));
        format!(
            "version: 1\ntimezone: Europe/Vienna\nfreezes:\n  - {{ from: {from}, until: {until}, reason: 'stocktaking @ops', \
             environments: [integration]{more} }}\n"
        )
    }

    async fn is_frozen(&self, pull: &PullHandle) {
        let said = self.check(pull).await;
        let title = said.0.title.clone().unwrap_or_default();
        assert!(title.starts_with("Frozen until ") && title.contains(" UTC ("), "{title}");
        assert_eq!(said.0.conclusion, None, "it is in progress");
        said.says("`integration` is frozen until ").says("in Europe/Vienna): `stocktaking @ops`");
    }
}

#[tokio::test]
async fn a_freeze_begins_and_ends_at_its_minute_without_an_event() {
    let mut stage = Stage::set().await;
    for name in ["feature/cart", "feature/gift"] {
        topic(&stage.store, name, "integration").await;
    }
    let open = |head: &'static str| stage.store.open_pull(head).into("integration").by("ana");
    let cart = open("feature/cart").await.unwrap();
    stage.check(&cart).await.passes();
    let group = stage.store.merge_group("integration", [&cart]).by("rita").await.unwrap();
    let text = stage.frozen_from((150, 270), "");
    stage.configure("master", &text).await;
    stage.check(&cart).await.passes();
    // Longer than anything is put off at once.
    stage.minutes_later(125).await;
    stage.minutes_later(23).await;
    stage.check(&cart).await.passes();
    stage.minutes_later(3).await;
    stage.is_frozen(&cart).await;
    let queued = stage.store.check_on(&group.head_sha, "towpath: integration").unwrap().state().unwrap();
    assert_eq!(queued.conclusion.as_deref(), Some("failure"), "a queue cannot wait");
    let gift = open("feature/gift").await.unwrap();
    stage.is_frozen(&gift).await;
    // What is to come survives a restart.
    stage.restart().await;
    stage.minutes_later(110).await;
    stage.is_frozen(&gift).await;
    stage.minutes_later(11).await;
    stage.check(&cart).await.passes();
    stage.check(&gift).await.passes();
    stage.end().await;
}

#[tokio::test]
async fn what_the_configuration_names_or_does_not_freeze_goes_in() {
    let stage = Stage::set().await;
    for name in ["feature/cart", "feature/gift"] {
        topic(&stage.store, name, "integration").await;
    }
    let open = |head: &'static str| stage.store.open_pull(head).into("integration").by("ana");
    let (cart, gift) = (open("feature/cart").await.unwrap(), open("feature/gift").await.unwrap());
    stage.quiet().await;
    let text = stage.frozen_from((0, 180), &format!(", allow: [{}]", gift.number()));
    stage.configure("master", &text).await;
    stage.is_frozen(&cart).await;
    stage.check(&gift).await.passes();
    // The freeze is taken out of the file: nobody has to wait for its end.
    stage.configure("master", "version: 1\n").await;
    stage.check(&cart).await.passes();
    stage.end().await;
}

#[tokio::test]
async fn a_server_that_slept_for_a_day_says_what_is_true_now() {
    let mut stage = Stage::set().await;
    topic(&stage.store, "feature/cart", "integration").await;
    let cart = stage.store.open_pull("feature/cart").into("integration").by("ana").await.unwrap();
    stage.check(&cart).await.passes();
    let text = stage.frozen_from((60, 120), "");
    stage.configure("master", &text).await;
    stage.check(&cart).await.passes();
    stage.minutes_later(61).await;
    stage.is_frozen(&cart).await;
    stage.stop().await;
    stage.seconds_later(24 * 3_600);
    stage.start().await;
    stage.check(&cart).await.passes();
    stage.end().await;
}
