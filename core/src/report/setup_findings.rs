//! How Towpath is set up, on a terminal and as JSON, and the commands that put faults right.

use super::one_line::one_line;
use super::shell::quote;
use crate::model::{
    RepairWords, RuleGap, SetupCall, SetupCaller, SetupChange, SetupFinding, SetupLine, SetupRepair,
    SetupState,
};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// The version of the JSON object. What is added later leaves it as it is.
const SCHEMA_VERSION: u32 = 1;

/// Longer texts are cut: names that GitHub takes are shorter.
const LINE_MAX: usize = 600;

/// Who makes the calls: `gh`, told the host where it is not github.com.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GitHubCli {
    /// The host of a GitHub Enterprise Server.
    pub host: Option<String>,
}

impl GitHubCli {
    /// For the server whose REST API is at `base_url`.
    pub fn of(base_url: &str) -> Self {
        let host = base_url.split_once("://").map_or(base_url, |(_, rest)| rest);
        let host = host.split('/').next().unwrap_or_default();
        Self { host: (host != "api.github.com").then(|| host.to_owned()) }
    }

    fn api(&self) -> String {
        match &self.host {
            Some(host) => format!("gh api --hostname {}", quote(host)),
            None => "gh api".to_owned(),
        }
    }

    /// A call as a command that runs as it is; `None` where only the App can make it.
    pub fn command(&self, call: &SetupCall) -> Option<String> {
        if call.by == SetupCaller::App {
            return None;
        }
        let (api, path) = (self.api(), quote(&call.path));
        if call.body.is_null() {
            return Some(format!("{api} --method {} {path}", call.method));
        }
        let body = quote(&call.body.to_string());
        Some(format!("printf %s {body} | {api} --method {} {path} --input -", call.method))
    }

    /// A change of a ruleset's bypass list: what is on it is read first, and everybody else stays.
    fn bypass_list(&self, path: &str, app: u64, mode: Option<&str>) -> String {
        let (api, path) = (self.api(), quote(path));
        let others = format!(
            ".bypass_actors | map(select((.actor_type == \"Integration\" and .actor_id == {app}) | not))"
        );
        let added = mode.map_or_else(String::new, |mode| {
            format!(" + [{{actor_id: {app}, actor_type: \"Integration\", bypass_mode: \"{mode}\"}}]")
        });
        let filter = quote(&format!("{{bypass_actors: (({others}){added})}}"));
        format!("{api} {path} --jq {filter} | {api} --method PUT {path} --input -")
    }

    /// What rules of branches lack, in words and with its repair.
    pub fn rule_gap(&self, finding: &SetupFinding) -> RuleGap {
        let repair = finding.repair.as_ref().map(|repair| self.repair(repair));
        RuleGap {
            code: finding.code.to_owned(),
            about: finding.about.clone(),
            is_fault: finding.state == SetupState::Fault,
            found: finding.found.clone(),
            effect: finding.effect.clone(),
            repair: repair.map(|repair| (repair.kind().to_owned(), repair.text())),
        }
    }

    /// A finding as people are told of it, with nothing in it that moves a cursor or turns letters around. Commands are
    /// to be pasted whole; their quoting has made them safe to be shown.
    pub fn line(&self, finding: &SetupFinding) -> SetupLine {
        let shown = |text: &str| one_line(text, LINE_MAX).to_string();
        let repair = finding.repair.as_ref().map(|repair| match self.repair(repair) {
            RepairWords::Do(words) => RepairWords::Do(shown(&words)),
            RepairWords::Open(what, page) => RepairWords::Open(shown(&what), shown(&page)),
            RepairWords::Run(command) => RepairWords::Run(command),
        });
        SetupLine {
            about: shown(&finding.about),
            state: finding.state,
            found: shown(&finding.found),
            effect: shown(&finding.effect),
            repair,
        }
    }

    fn repair(&self, repair: &SetupRepair) -> RepairWords {
        match repair {
            SetupRepair::Words(words) => RepairWords::Do(words.clone()),
            SetupRepair::Page(what, page) => RepairWords::Open(what.clone(), page.clone()),
            SetupRepair::Command(command) => RepairWords::Run(command.clone()),
            SetupRepair::Call(call) => RepairWords::Run(self.command(call).unwrap_or_else(own)),
            SetupRepair::OwnCalls(_) => RepairWords::Run(own()),
            SetupRepair::BypassList { path, app, mode } => {
                RepairWords::Run(self.bypass_list(path, *app, *mode))
            }
        }
    }
}

/// The command for what only the App can change.
fn own() -> String {
    "towpath doctor --fix".to_owned()
}

/// How many of the findings are faults.
fn faults(findings: &[SetupFinding]) -> usize {
    findings.iter().filter(|it| it.state == SetupState::Fault).count()
}

/// The findings as the object that programs rely on.
pub fn setup_findings_as_json(findings: &[SetupFinding], cli: &GitHubCli) -> Value {
    let one = |finding: &SetupFinding| {
        let repair = finding.repair.as_ref().map(|repair| cli.repair(repair));
        json!({
            "code": finding.code,
            "about": finding.about,
            "state": finding.state.as_str(),
            "found": finding.found,
            "effect": finding.effect,
            "repair": repair.map(|it| json!({ "kind": it.kind(), "text": it.text() })),
        })
    };
    json!({
        "schema_version": SCHEMA_VERSION,
        "sound": faults(findings) == 0,
        "faults": faults(findings),
        "findings": findings.iter().map(one).collect::<Vec<_>>(),
    })
}

/// The findings as lines, grouped by what they are about; a repair that is that of a line above is not repeated.
pub fn setup_findings_on_terminal(findings: &[SetupFinding], cli: &GitHubCli) -> String {
    let (mut text, mut about, mut told) = (String::new(), None, Vec::new());
    for finding in findings {
        let line = cli.line(finding);
        if about != Some(&finding.about) {
            let heading = if line.about.is_empty() { "Towpath" } else { line.about.as_str() };
            let gap = if text.is_empty() { "" } else { "\n" };
            // Writing into a text does not fail.
            let _ = writeln!(text, "{gap}{heading}");
            about = Some(&finding.about);
        }
        let _ = writeln!(text, "  {:7} {}", line.state.as_str(), line.found);
        if !line.effect.is_empty() {
            let _ = writeln!(text, "          {}", line.effect);
        }
        let Some(repair) = line.repair else { continue };
        if told.contains(&repair) {
            let _ = writeln!(text, "          the same repair as above");
            continue;
        }
        let _ = writeln!(text, "          {}: {}", repair.kind(), repair.text());
        told.push(repair);
    }
    let unknown = findings.iter().filter(|it| it.state == SetupState::Unknown).count();
    let _ = writeln!(text, "\n{}", summary(faults(findings), unknown));
    text
}

fn summary(faults: usize, unknown: usize) -> String {
    let faults = match faults {
        0 => "No fault".to_owned(),
        1 => "1 fault".to_owned(),
        many => format!("{many} faults"),
    };
    match unknown {
        0 => format!("{faults}."),
        1 => format!("{faults}; 1 thing could not be read."),
        many => format!("{faults}; {many} things could not be read."),
    }
}

/// What calls are going to change, as a diff.
pub fn setup_plan<'a>(calls: impl IntoIterator<Item = &'a SetupCall>) -> String {
    let mut text = String::new();
    for SetupCall { change: SetupChange { of, before, after }, .. } in calls {
        let _ = writeln!(text, "{}", one_line(of, LINE_MAX));
        let signed = before.iter().map(|line| ('-', line)).chain(after.iter().map(|line| ('+', line)));
        for (sign, line) in signed {
            let _ = writeln!(text, "{sign} {}", one_line(line, LINE_MAX));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::InstallationId;
    use insta::assert_snapshot;

    fn call(by: SetupCaller) -> SetupCall {
        SetupCall {
            by,
            method: "PATCH",
            path: "/repos/acme/store".to_owned(),
            body: json!({ "delete_branch_on_merge": false, "why": "it's \u{202e}" }),
            change: SetupChange {
                of: "the settings of acme/store".to_owned(),
                before: vec!["delete_branch_on_merge: true".to_owned()],
                after: vec!["delete_branch_on_merge: false".to_owned()],
            },
        }
    }

    fn findings() -> Vec<SetupFinding> {
        let administrator = SetupCaller::Holder(InstallationId(1), "administration");
        let repair = SetupRepair::Call(call(administrator));
        let page = SetupRepair::Page("accept it".to_owned(), "https://github.com/x".to_owned());
        let own = SetupRepair::Call(call(SetupCaller::App));
        vec![
            SetupFinding::ok("clock", "", "this machine's clock is 0 s behind GitHub's"),
            SetupFinding::fault("webhook-address", "", "webhooks go elsewhere", "nobody hears")
                .repaired_by(own),
            SetupFinding::unknown("deletion", "acme/store: st\u{1b}[1m", "GitHub tells administrators alone"),
            SetupFinding::fault("a", "acme/store", "one thing", "it follows").repaired_by(repair.clone()),
            SetupFinding::fault("b", "acme/store", "another", "it follows").repaired_by(repair),
            SetupFinding::fault("c", "acme", "a third", "it follows").repaired_by(page),
        ]
    }

    #[test]
    fn each_thing_is_a_line_with_what_follows_and_its_repair_once() {
        let text = setup_findings_on_terminal(&findings(), &GitHubCli::default());
        assert_snapshot!(text, @r#"
        Towpath
          ok      this machine's clock is 0 s behind GitHub's
          fault   webhooks go elsewhere
                  nobody hears
                  run: towpath doctor --fix

        acme/store: st\u{1b}[1m
          unknown GitHub tells administrators alone

        acme/store
          fault   one thing
                  it follows
                  run: printf %s "$(printf '\173\042delete_branch_on_merge\042\072false\054\042why\042\072\042it\047s\040\342\200\256\042\175')" | gh api --method PATCH /repos/acme/store --input -
          fault   another
                  it follows
                  the same repair as above

        acme
          fault   a third
                  it follows
                  open: accept it: https://github.com/x

        4 faults; 1 thing could not be read.
        "#);
        assert_snapshot!(setup_plan([&call(SetupCaller::App)]), @r"
        the settings of acme/store
        - delete_branch_on_merge: true
        + delete_branch_on_merge: false
        ");
    }

    #[test]
    fn a_server_of_ones_own_is_named_to_gh() {
        let of = |base: &str| GitHubCli::of(base).host;
        assert_eq!(of("https://api.github.com/"), None);
        assert_eq!(of("https://github.example.com/api/v3").as_deref(), Some("github.example.com"));
        assert_eq!(of("http://127.0.0.1:8123").as_deref(), Some("127.0.0.1:8123"));
        let cli = GitHubCli::of("https://github.example.com/api/v3");
        assert_snapshot!(cli.bypass_list("/repos/acme/store/rulesets/7", 12, Some("always")), @r#"gh api --hostname github.example.com /repos/acme/store/rulesets/7 --jq '{bypass_actors: ((.bypass_actors | map(select((.actor_type == "Integration" and .actor_id == 12) | not))) + [{actor_id: 12, actor_type: "Integration", bypass_mode: "always"}])}' | gh api --hostname github.example.com --method PUT /repos/acme/store/rulesets/7 --input -"#);
        assert_snapshot!(cli.bypass_list("/repos/acme/store/rulesets/7", 12, None), @r#"gh api --hostname github.example.com /repos/acme/store/rulesets/7 --jq '{bypass_actors: ((.bypass_actors | map(select((.actor_type == "Integration" and .actor_id == 12) | not))))}' | gh api --hostname github.example.com --method PUT /repos/acme/store/rulesets/7 --input -"#);
    }

    #[test]
    fn json_tells_programs_whether_all_is_sound() {
        let sound = setup_findings_as_json(&findings()[..1], &GitHubCli::default());
        assert_eq!(
            (&sound["sound"], &sound["faults"], &sound["schema_version"]),
            (&json!(true), &json!(0), &json!(1))
        );
        let all = setup_findings_as_json(&findings(), &GitHubCli::default());
        assert_eq!((&all["sound"], &all["faults"]), (&json!(false), &json!(4)));
        assert_eq!(all["findings"][1]["repair"], json!({ "kind": "run", "text": "towpath doctor --fix" }));
        assert_eq!(all["findings"][0]["repair"], Value::Null);
    }
}
