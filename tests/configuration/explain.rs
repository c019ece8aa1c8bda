//! `towpath explain`: what a code means, on the command line.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;
use towpath::commerce::codes::EceCode;
use towpath::model::{Code, DocsUrl};

use crate::{Ran, towpath};

fn explain(arguments: &[&str]) -> Ran {
    towpath(Path::new("/"), &[&["explain"], arguments].concat())
}

#[test]
fn a_code_is_explained_in_any_spelling_of_its_letters() {
    let ran = explain(&["TP208"]);
    assert_eq!((ran.status, ran.stderr.as_str()), (0, ""));
    assert!(ran.stdout.starts_with("TP208: Changes nothing. "), "{}", ran.stdout);
    let link = DocsUrl::default().finding(Code::ChangesNothing);
    assert!(ran.stdout.ends_with(&format!("\n\n{link}\n")), "{}", ran.stdout);
    assert!(ran.stdout.contains("\n\nHow to repair: "), "{}", ran.stdout);
    assert!(!ran.stdout.contains("## TP301"), "{}", ran.stdout);
    assert_eq!(explain(&["tp208"]).stdout, ran.stdout);
    assert_eq!(explain(&["Tp208"]).stdout, ran.stdout);
}

#[test]
fn every_code_has_a_text() {
    for code in Code::ALL {
        let ran = explain(&[code.as_str(), "--json"]);
        let object: Value = serde_json::from_str(&ran.stdout).unwrap();
        assert_eq!((ran.status, object["code"].as_str()), (0, Some(code.as_str())));
        assert_eq!(object["docs_url"], DocsUrl::default().finding(code));
        assert!(object["documentation"].as_str().unwrap().contains("How to repair: "), "{object}");
    }
}

#[test]
fn a_slip_is_answered_with_what_was_meant() {
    let ran = explain(&["TP2O1"]);
    assert_eq!((ran.status, ran.stdout.as_str()), (2, ""));
    assert!(
        ran.stderr
            .starts_with("error: there is no finding \"TP2O1\"; did you mean TP201? the codes are TP101, "),
        "{}",
        ran.stderr
    );
    let ran = explain(&["weather"]);
    assert_eq!(ran.status, 2);
    assert!(
        ran.stderr.starts_with("error: there is no finding \"weather\"; the codes are TP101"),
        "{}",
        ran.stderr
    );
    let ran = explain(&["weather", "--json"]);
    let object: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!((ran.status, object["schema_version"].as_u64()), (2, Some(1)));
    assert!(object["error"]["message"].as_str().unwrap().contains("weather"));
}

#[test]
fn a_code_of_ece_tools_is_explained() {
    let ran = explain(&["ece:126"]);
    assert_eq!((ran.status, ran.stderr.as_str()), (0, ""));
    let link = DocsUrl::default().commerce("codes-of-the-deploy");
    insta::assert_snapshot!(ran.stdout.replace(&link, "LINK"), @r"
    ece:126: The database upgrade failed

    critical, code; deploy, step install-update: update

    Customers see: The maintenance page, until a deploy ends well or somebody ends maintenance mode by hand.
    Next step: Read the output of setup:upgrade in the log, repair the module or data patch that it names, and deploy again.

    LINK
    ");
    assert_eq!(explain(&["ECE:126"]).stdout, ran.stdout);
    let object: Value = serde_json::from_str(&explain(&["ece:2003", "--json"]).stdout).unwrap();
    assert_eq!((&object["code"], &object["number"]), (&"ece:2003".into(), &2003.into()));
    assert_eq!((&object["severity"], &object["schema_version"]), (&"warning".into(), &1.into()));
    let all: Value = serde_json::from_str(&explain(&["ece", "--json"]).stdout).unwrap();
    assert_eq!(all["codes"].as_array().map(Vec::len), Some(EceCode::all().count()));
    let page = std::fs::read_to_string(crate::in_the_house("docs/commerce.md")).unwrap();
    assert!(page.ends_with(&explain(&["ece"]).stdout));
}

#[test]
fn a_code_that_ece_tools_does_not_have_is_answered_with_those_it_has() {
    let error = |word: &str| {
        let ran = explain(&[word]);
        assert_eq!((ran.status, ran.stdout.as_str()), (2, ""), "{word}");
        ran.stderr
    };
    insta::assert_snapshot!(error("ece:209"), @r#"error: there is no code "ece:209" of ece-tools; the codes are ece:N with N in 2–26, 101–140, 201–208, 227, 243–250, and for warnings in 1001–1008, 2001–2032, 3001–3004, 4001"#);
    for slip in ["126", "ece126", "ece-126", "ece:12o"] {
        let hint = if slip == "ece:12o" { "did you mean ece:12" } else { "did you mean ece:126? " };
        assert!(error(slip).contains(hint), "{slip}");
    }
    assert!(error("ece:99999999999").contains("the codes are ece:N"));
    assert!(error("").contains("the codes are TP101"));
}

const FAILED: &str = "\
  Executing deploy hook for application 'app'
    [2026-03-01T10:05:00+00:00] INFO: Starting scenario(s): scenario/deploy.xml (magento/ece-tools version: 2002.2.1)
    [2026-03-01T10:05:10+00:00] NOTICE: Enabling Maintenance mode
    [2026-03-01T10:05:20+00:00] INFO: Starting update.
    W: CRYPT_KEY=hunter2
    [2026-03-01T10:12:20+00:00] CRITICAL: [126] The upgrade command failed
    [2026-03-01T10:12:21+00:00] ERROR: [201] Post-deploy is skipped because deploy was failed.
";

/// With a log on standard input.
fn piped(log: &[u8], arguments: &[&str]) -> Ran {
    let mut child = Command::new(env!("CARGO_BIN_EXE_towpath"))
        .args([&["explain", "--log", "-"], arguments].concat())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(log).unwrap();
    let output = child.wait_with_output().unwrap();
    Ran {
        status: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

#[test]
fn a_log_is_explained_from_a_file_or_standard_input() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("deploy.log");
    std::fs::write(&file, FAILED).unwrap();
    let ran = explain(&["--log", file.to_str().unwrap()]);
    assert_eq!((ran.status, ran.stderr.as_str()), (0, ""));
    let link = DocsUrl::default().commerce("codes-of-the-deploy");
    insta::assert_snapshot!(ran.stdout.replace(&link, "LINK"), @r"
    failure: ece:126 The database upgrade failed

    Where: deploy, install-update: update
    Customers see: The maintenance page, until a deploy ends well or somebody ends maintenance mode by hand.
    Next step: Read the output of setup:upgrade in the log, repair the module or data patch that it names, and deploy again.

    Phases, UTC:
        deploy 2026-03-01 10:05:00, 7 min

    What may have made it slow:
        long database upgrade, 7 min

    Last lines:
        Executing deploy hook for application 'app'
        Starting scenario(s): scenario/deploy.xml (magento/ece-tools version: 2002.2.1)
        Enabling Maintenance mode
        Starting update.
        CRYPT_KEY=…
        [126] The upgrade command failed

    LINK
    ");
    assert_eq!(piped(FAILED.as_bytes(), &[]).stdout, ran.stdout);
    let object: Value = serde_json::from_str(&piped(FAILED.as_bytes(), &["--json"]).stdout).unwrap();
    for (key, value) in [
        ("phase", "deploy"),
        ("step", "install-update: update"),
        ("site", "maintenance"),
        ("outcome", "failure"),
        ("title", "The database upgrade failed"),
    ] {
        assert_eq!(object[key], value, "{key}");
    }
    assert_eq!((&object["code"], &object["schema_version"]), (&126.into(), &1.into()));
    assert_eq!(object["phases"][0]["began_at"], "2026-03-01T10:05:00+00:00");
    // The page says of every key what it holds, and of no other.
    let page = std::fs::read_to_string(crate::in_the_house("docs/commerce.md")).unwrap();
    let said = |key: &String| page.contains(&format!("| `{key}`")) || page.contains(&format!(", `{key}`"));
    assert!(object.as_object().unwrap().keys().all(said), "{object}");
}

#[test]
fn an_exit_status_may_stand_in_for_a_log_that_tells_nothing() {
    for (log, arguments, outcome, site, code) in [
        (&b""[..], &["--json"][..], "unknown", "unknown", Value::Null),
        (b"", &["--json", "--exit-code", "126"], "failure", "maintenance", 126.into()),
        (b"", &["--json", "--exit-code", "255"], "failure", "unknown", Value::Null),
        (b"\xff\x00\x1b[", &["--json", "--exit-code", "0"], "unknown", "unknown", Value::Null),
        (FAILED.as_bytes(), &["--json", "--exit-code", "117"], "failure", "maintenance", 126.into()),
    ] {
        let ran = piped(log, arguments);
        let object: Value = serde_json::from_str(&ran.stdout).unwrap();
        assert_eq!((ran.status, &object["outcome"], &object["site"]), (0, &outcome.into(), &site.into()));
        assert_eq!(object["code"], code, "{arguments:?}");
    }
}

#[test]
fn a_log_that_cannot_be_read_is_said() {
    for arguments in [
        &["--log", "/nowhere/deploy.log"][..],
        &["--log", "/"],
        &["--log", "-", "TP201"],
        &["--exit-code", "126"],
        &["--log", "-", "--exit-code", "300"],
        &[],
    ] {
        let ran = explain(arguments);
        assert_eq!((ran.status, ran.stdout.as_str()), (2, ""), "{arguments:?}");
        assert!(!ran.stderr.is_empty(), "{arguments:?}");
    }
    assert!(explain(&["--log", "/nowhere"]).stderr.starts_with("error: /nowhere could not be read: "));
}
