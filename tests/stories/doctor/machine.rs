//! Mistakes on the machine.

use super::Clinic;
use chrono::TimeDelta;
use towpath::model::SetupState;
use towpath::store::{Store as _, WorkItem};

#[tokio::test]
async fn a_disk_that_is_smaller_than_its_bounds_is_found_before_it_is_full() {
    let mut clinic = Clinic::open().await;
    clinic.told.mirror_bytes = u64::MAX / 4;
    clinic.finds(&[("disk", "mirrors and builds may take")]).await;
    clinic.told.mirror_bytes = 1_000_000;
    clinic.finds(&[]).await;
    clinic.close().await;
}

#[tokio::test]
async fn a_database_that_is_damaged_or_left_alone_is_found_and_not_changed() {
    let mut clinic = Clinic::open().await;
    clinic.stage.stop().await;
    clinic.told.is_configured = false;
    let not_asked = ("credentials", "no App is configured");
    // Nobody has done what was due for an hour.
    let store = clinic.stage.database();
    store.mark(vec![WorkItem::App], clinic.stage.now()).await.unwrap();
    store.close().await;
    clinic.told.ahead = TimeDelta::hours(1);
    clinic.finds(&[not_asked, ("backlog", "are due, the oldest for")]).await;
    clinic.told.ahead = TimeDelta::zero();

    let path = clinic.stage.data_folder().join("towpath.db");
    let whole = std::fs::read(&path).unwrap();
    let mut broken = whole.clone();
    broken.iter_mut().skip(4096 * 2).take(4096 * 4).for_each(|byte| *byte = 0xa5);
    std::fs::write(&path, &broken).unwrap();
    let examination = clinic.look().await;
    super::faults_are(&examination, &[not_asked, ("database", "the database")]);
    assert_eq!(std::fs::read(&path).unwrap(), broken, "a look changes nothing");
    clinic.stage.lose_the_database();
    let examination = clinic.finds(&[not_asked]).await;
    assert!(examination.findings.iter().any(|it| it.code == "database" && it.state == SetupState::Unknown));
    assert!(!path.exists(), "nor does it make anything");
}
