//! `towpath explain`: what a code means, on the command line.

use std::path::Path;

use serde_json::Value;
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
