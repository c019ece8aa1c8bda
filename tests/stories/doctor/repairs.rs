//! Repairs: what the App may do itself, and commands that run as they are printed.

use super::{Clinic, faults_are};
use std::path::Path;
use std::process::Command;
use towpath::model::{SetupRepair, SetupState};
use towpath::report::{GitHubCli, setup_findings_as_json, setup_plan};
use towpath_sandbox::{BypassMode, write_program};

/// A shop with every fault that a call to GitHub repairs, and an App that may make it.
async fn with_rights() -> Clinic {
    let clinic = Clinic::open().await;
    let mut all = crate::shop::app_config();
    all.permissions.insert("administration".to_owned(), "write".to_owned());
    clinic.stage.app.change(all.permissions, all.events);
    clinic.stage.installation.accept_new_permissions().await.unwrap();
    clinic
}

#[tokio::test]
async fn an_app_with_the_right_repairs_every_branch_and_says_before_what_it_changes() {
    let clinic = with_rights().await;
    let store = &clinic.stage.store;
    store.unprotect("staging");
    store.unprotect("production");
    store.protect("production").require("towpath: production").require("ci").forbid_deletion();
    store.delete_heads_on_merge(true);
    let examination = clinic.look().await;
    let calls = examination.own_repairs();
    insta::assert_snapshot!(setup_plan(calls.iter().copied()), @r#"
    the settings of acme/store
    - delete_branch_on_merge: true
    + delete_branch_on_merge: false
    acme/store: staging
    + requires towpath: staging, from App 4001
    + allowed_merge_methods: merge
    + non_fast_forward
    + deletion
    the ruleset "Protect production" of acme/store
    - towpath: production: from anybody
    + towpath: production: from App 4001
    acme/store: production
    + allowed_merge_methods: merge
    + non_fast_forward
    "#);
    // Several faults of a branch are one call, and none undoes what another one has made.
    for call in calls {
        clinic.doctor().repair(call).await.unwrap();
    }
    clinic.finds(&[]).await;
    assert!(!store.deletes_heads_on_merge());
    clinic.close().await;
}

#[tokio::test]
async fn an_app_without_the_right_repairs_nothing_and_prints_the_command() {
    let clinic = Clinic::open().await;
    clinic.keep("staging", &["deletion"]);
    let examination = clinic.look().await;
    assert_eq!(examination.own_repairs().len(), 0);
    let json = setup_findings_as_json(&examination.findings, &GitHubCli::default());
    assert_eq!(
        (&json["schema_version"], &json["sound"], &json["faults"]),
        (&1.into(), &false.into(), &1.into())
    );
    let fault = json["findings"].as_array().unwrap().iter().find(|it| it["state"] == "fault").unwrap();
    insta::assert_snapshot!(serde_json::to_string_pretty(fault).unwrap(), @r#"
    {
      "about": "acme/store: staging",
      "code": "deletion",
      "effect": "the environment loses its branch, and open promotions are closed",
      "found": "whoever may write can delete it",
      "repair": {
        "kind": "run",
        "text": "printf %s '{\"conditions\":{\"ref_name\":{\"exclude\":[],\"include\":[\"refs/heads/staging\"]}},\"enforcement\":\"active\",\"name\":\"Towpath: staging\",\"rules\":[{\"type\":\"deletion\"}],\"target\":\"branch\"}' | gh api --method POST /repos/acme/store/rulesets --input -"
      },
      "state": "fault"
    }
    "#);
    clinic.close().await;
}

/// Runs a command with a `gh` in its path that keeps what it was asked, and answers this.
fn asked(folder: &Path, command: &str, answer: &str) -> Vec<String> {
    let bin = folder.join("bin");
    std::fs::create_dir_all(&bin).unwrap();
    std::fs::write(folder.join("answer"), answer).unwrap();
    // With --jq it answers what GitHub would have filtered; with --input it keeps what comes in.
    let script = format!(
        "#!/bin/sh\nprintf '%s\\n' \"$*\" >> {0}/asked\ncase \"$*\" in *'--input -'*) cat >> {0}/asked; echo >> {0}/asked;; \
         *--jq*) cat {0}/answer;; esac\n",
        folder.display()
    );
    write_program(&bin.join("gh"), &script, 0o755).unwrap();
    let line = format!("PATH={}:$PATH; set -e; {command}", bin.display());
    let output = Command::new("sh").args(["-c", &line]).output().unwrap();
    assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
    let asked = std::fs::read_to_string(folder.join("asked")).unwrap();
    std::fs::remove_file(folder.join("asked")).unwrap();
    asked.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

#[tokio::test]
async fn the_commands_run_as_they_are_printed() {
    let clinic = Clinic::open().await;
    let (store, app) = (&clinic.stage.store, clinic.stage.app.id());
    clinic.keep("staging", &["check", "deletion"]);
    store.unprotect("master");
    store.protect("master").require_from("towpath: master", app).let_pass_as(app, BypassMode::Exempt);
    let examination = clinic.look().await;
    faults_are(
        &examination,
        &[("required-check", "staging"), ("deletion", "staging"), ("copy-bypass", "exempt")],
    );
    let folder = tempfile::tempdir().unwrap();
    let cli = GitHubCli::of("https://github.example.com/api/v3");
    let json = setup_findings_as_json(&examination.findings, &cli);
    let text = |code: &str| {
        let all = json["findings"].as_array().unwrap();
        let found = all.iter().find(|it| it["code"] == code && it["state"] == "fault").unwrap();
        assert_eq!(found["repair"]["kind"], "run");
        found["repair"]["text"].as_str().unwrap().to_owned()
    };
    let lines = asked(folder.path(), &text("deletion"), "");
    let [call, body] = &lines[..] else { panic!("{lines:?}") };
    assert_eq!(call, "api --hostname github.example.com --method POST /repos/acme/store/rulesets --input -");
    let sent: serde_json::Value = serde_json::from_str(body).unwrap();
    let fault = examination.findings.iter().find(|it| it.code == "deletion" && it.state == SetupState::Fault);
    let Some(SetupRepair::Call(wanted)) = &fault.unwrap().repair else { panic!("{fault:?}") };
    assert_eq!(sent, wanted.body, "what the shell makes of it is what was meant");
    assert_eq!(text("required-check"), text("deletion"), "one command repairs both");

    let bypass = text("copy-bypass");
    let answer =
        "{\"bypass_actors\":[{\"actor_id\":1,\"actor_type\":\"Integration\",\"bypass_mode\":\"always\"}]}";
    let lines = asked(folder.path(), &bypass, answer);
    assert!(lines.iter().any(|line| line == answer), "{lines:?}");
    assert!(lines.iter().any(|line| line.contains("--method PUT /repos/acme/store/rulesets/")), "{lines:?}");
    clinic.close().await;
}
