use super::*;
use crate::model::UnixMillis;

#[test]
fn a_report_names_its_phase_by_its_first_word() {
    let read = |text| Phase::at_the_start_of(text);
    assert_eq!(read("build: compile"), Some((Phase::Build, "compile")));
    assert_eq!(read("Deploy / maintenance-on"), Some((Phase::Deploy, "maintenance-on")));
    assert_eq!(read("verify"), Some((Phase::Verify, "")));
    assert_eq!(read("builder: x"), None);
    assert_eq!(read(""), None);
}

#[test]
fn a_deploy_of_a_former_version_is_read_as_it_was() {
    let stuck = r#"{"number":3,"environment":"staging","commit":"0101010101010101010101010101010101010101",
        "tree":"0202020202020202020202020202020202020202","previous":null,"trigger":{"kind":"merge"},"slug":"s",
        "made_at":5,"state":"error","requested_at":6,"picked_up_at":7,"ended_at":9,
        "ending":{"why":"stuck","phase":"deploy","within":2},"driver":"deployment"}"#;
    let deploy: Deploy = serde_json::from_str(stuck).unwrap();
    assert!(deploy.was_begun() && deploy.may_have_touched_the_site() && !deploy.may_still_run());
    let again: Deploy = serde_json::from_str(&serde_json::to_string(&deploy).unwrap()).unwrap();
    assert_eq!(again, deploy);
}

#[test]
fn what_failed_before_the_site_has_not_touched_it() {
    let ends = (CommitId::from_bytes([1; 20]), TreeId::from_bytes([1; 20]));
    let failed = |phase, hand_overs| Deploy {
        state: DeployState::Failed,
        ending: Some(Ending::Failed { phase, words: None }),
        requested_at: Some(UnixMillis(1)),
        picked_up_at: Some(UnixMillis(2)),
        hand_overs,
        ..Deploy::new(1, "staging", ends, Trigger::Merge)
    };
    assert!(!failed(Some(Phase::Build), 1).may_have_touched_the_site());
    assert!(failed(Some(Phase::Build), 2).may_have_touched_the_site(), "it may have come further before");
    assert!(failed(Some(Phase::Verify), 1).may_have_touched_the_site());
    assert!(failed(None, 1).may_have_touched_the_site(), "nobody says that it has not");
}
