use super::{problems, with};
use crate::model::config::*;
use crate::model::{CopyMode, ForeignDeployments, Level, Source, Tested};

fn path(text: &str) -> PromotionPath {
    Configuration::read(text).unwrap_or_else(|problems| panic!("{problems:#?}\n{text}")).path().clone()
}

#[test]
fn nothing_written_is_the_built_in_path() {
    assert_eq!(path("version: 1"), PromotionPath::pro());
    assert_eq!(path("\u{feff}version: 1\r\n"), PromotionPath::pro());
    assert_eq!(Configuration::built_in().path(), &PromotionPath::pro());
    let softened = path(&with("rules: { TP201: warn, TP202: enforce }\ncomment: always"));
    assert_eq!(softened.environments, PromotionPath::pro().environments);
    assert_eq!(softened.copy, PromotionPath::pro().copy);
    assert_eq!(softened.rules.iter().collect::<Vec<_>>(), [(Code::CarriesHistory, Level::Warn)]);
    assert_eq!(softened.comment, crate::model::CommentWhen::Always);
    assert_eq!(path(&with("copy: none")).copy, None);
    let other = path(&with("copy: { branch: main, of: staging, mode: report }")).copy.unwrap();
    assert_eq!((other.branch.as_str(), other.of.as_str(), other.mode), ("main", "staging", CopyMode::Report));
}

#[test]
fn other_paths_can_be_written() {
    let parallel = "\
environments:
  - { name: production, branch: live, accepts: [staging, staging-2, hotfixes], requires: { tested: true } }
  - { name: staging, accepts: [integration] }
  - { name: staging-2, accepts: [integration] }
  - { name: integration, accepts: [topics] }";
    let path = path(&with(parallel));
    let names: Vec<_> = path.environments.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["integration", "staging", "staging-2", "production"], "upstream comes first");
    let last = path.environment("production").unwrap();
    assert_eq!(last.branch.as_str(), "live");
    assert_eq!(last.requires.tested, Tested::Asked);
    assert_eq!(last.accepts[2], Source::Hotfixes);
    assert_eq!(path.copy, None, "the built-in copy is of another path");
    let chain = |count: usize| {
        let rest = (1..count).map(|at| format!("  - {{ name: e{at}, accepts: [e{}] }}\n", at - 1));
        with(&format!("environments:\n  - {{ name: e0, accepts: [topics] }}\n{}", rest.collect::<String>()))
    };
    for count in [1, 2, 5, 16] {
        assert_eq!(self::path(&chain(count)).environments.len(), count);
    }
    assert_eq!(
        problems(&chain(17)),
        ["3:3 environments has 17 items, and no more than 16 are taken | keep 16 of them"]
    );
}

#[test]
fn what_is_written_of_deploys_is_told_from_what_is_not() {
    let text = "\
environments:
  - { name: a, accepts: [topics] }
  - { name: b, accepts: [a], deploy: { driver: deployment } }
  - { name: c, accepts: [b], deploy: { driver: deployment, foreign: { workflow: ship.yml } } }
copy: { branch: master, of: c }";
    let read = path(&with(text));
    let settings: Vec<_> = read.environments.iter().map(|it| &it.deploy).collect();
    assert_eq!(settings.iter().map(|it| it.driver_is_written).collect::<Vec<_>>(), [false, true, true]);
    assert_eq!(settings[1].foreign, ForeignDeployments::UntilTakenUp);
    assert_eq!(settings[2].foreign, ForeignDeployments::OfWorkflow { file: "ship.yml".to_owned() });
    assert!(!read.copy.unwrap().after_is_written);
    let said = path(&with("copy: { branch: master, of: production, after: deploy }"));
    assert!(said.copy.unwrap().after_is_written);
}

#[test]
fn the_path_is_told_in_one_line() {
    let line = |text: &str| Configuration::read(&with(text)).unwrap().in_one_line();
    assert_eq!(line(""), "integration → staging → production, master is a copy of production");
    let two =
        "environments:\n  - { name: dev, accepts: [topics] }\n  - { name: live, accepts: [dev, hotfixes] }";
    assert_eq!(line(two), "dev → live (takes hotfixes), no copy branch");
    let parallel = "environments:\n  - { name: a, accepts: [topics] }\n  - { name: b, accepts: [a] }\n  - { name: c, accepts: [a] }\n  - { name: d, accepts: [b, c] }\ncopy: none";
    assert_eq!(line(parallel), "a → b → d, a → c → d, no copy branch");
    let environment = |at: usize| {
        let before: Vec<_> = (0..at).map(|it| format!("e{it}")).collect();
        let accepts = if at == 0 { "topics".to_owned() } else { before.join(", ") };
        format!("  - {{ name: e{at}, accepts: [{accepts}] }}\n")
    };
    let all = (0..16).map(environment).collect::<Vec<_>>().concat();
    assert!(line(&format!("environments:\n{all}")).len() < 2_000);
}

#[test]
fn what_asks_for_nothing_is_said() {
    let text = "\
environments:
  - name: a
    accepts: [topics]
    active: 2
    requires: { tested: true }
  - name: b
    accepts: [a]
    requires: { signoffs: [qa], readiness: [notes], soak: 2h }
    deploy: { driver: deployment, timeout: 30m }
copy: { branch: master, of: b, mode: pull-request }
rules: { TP401: off, TP409: warn, TP503: warn, TP201: warn }
freezes: [{ from: 2026-12-20T18:00:00Z, until: 2026-12-21T18:00:00Z, reason: Holidays }]
commands: { deploy: [maintain], signoff: [write] }";
    let read = Configuration::read(&with(text)).unwrap();
    let told: Vec<_> = read.notices().iter().map(|it| format!("{} {}", it.place, it.message)).collect();
    assert_eq!(told, ["6:17 a accepts no environment, so tested asks for nothing there"]);
    assert!(Configuration::read("version: 1").unwrap().notices().is_empty());
    let no_copy = Configuration::read(&with("environments: [{ name: a, accepts: [topics] }]")).unwrap();
    assert_eq!(no_copy.notices()[0].place, Place { line: 2, column: 1 });
    assert!(no_copy.notices()[0].message.contains("no copy branch"));
}

#[test]
fn who_may_give_commands_can_be_written() {
    let text = "\
commands:
  promote: [write]
  deploy: { production: [maintain, team:release] }
  check: [triage]
command_prefix: tp-
overrides: { second: true, budget: 5/month }";
    let path = path(&with(text));
    let grantees = |command: &str, environment: &str| {
        let people = path.commands.grantees(command, Some(environment))?;
        Some(people.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "))
    };
    assert_eq!(grantees("promote", "staging").as_deref(), Some("write"));
    assert_eq!(grantees("deploy", "PRODUCTION").as_deref(), Some("maintain team:release"));
    assert_eq!(grantees("deploy", "staging"), None, "the others keep the default");
    assert_eq!(grantees("check", "staging").as_deref(), Some("triage"));
    assert_eq!(grantees("lock", "staging"), None);
    assert_eq!(path.command_prefix, "tp-");
    assert!(path.overrides.second);
    assert_eq!(path.overrides.budget.map(|it| it.to_string()).as_deref(), Some("5/month"));
    assert!(!PromotionPath::pro().overrides.second);
}

#[test]
fn lines_can_be_asked_for() {
    let text = "\
environments:
  - name: a
    accepts: [topics]
  - name: b
    accepts: [a]
    requires:
      tested: true
copy: none
rules:
  TP201: warn
ignore_paths: [docs/]";
    let read = Configuration::read(&with(text)).unwrap();
    let lines: Vec<_> = [
        Setting::Environment("a"),
        Setting::Environment("b"),
        Setting::Environment("c"),
        Setting::Tested("b"),
        Setting::Copy,
        Setting::Rule(Code::CarriesHistory),
        Setting::Rule(Code::WrongBase),
        Setting::IgnorePaths,
        Setting::Comment,
    ]
    .into_iter()
    .map(|setting| read.line_of(setting))
    .collect();
    assert_eq!(lines, [Some(3), Some(5), None, Some(8), Some(9), Some(11), None, Some(12), None]);
    assert_eq!(Configuration::built_in().line_of(Setting::Copy), None);
}

#[test]
fn what_is_in_force_reads_as_the_same() {
    for text in [
        "",
        "copy: none\ncomment: never\nrules: { TP201: off, TP301: observe }",
        "ignore_paths: []",
        "hotfixes: { carry_back_within: 36h }",
        "hotfixes: {}",
        "timezone: europe/vienna\nfreezes:\n  - { from: 2026-12-20 18:00, until: 2026-12-27T08:00:00+01:00, reason: \"it's\" }\n  - { days: [sat, mon], except: [2026-05-02, 2026-05-04], reason: x, environments: [production], allow: [7, 3], hotfixes: true }\n  - { times: 22:00-06:00, timezone: America/New_York, reason: y }\nwindows:\n  - { days: [mon], times: 09:00-16:00, except: [2026-06-01, 2026-12-25], environments: [staging, production], allow: [1], hotfixes: false }\nholidays: [2026-12-25, 2026-12-26]",
        "commands: { promote: [write], deploy: { production: [maintain, team:release], staging: [team:qa_1] } }\ncommand_prefix: tp-\noverrides: { second: true, budget: 5/month }",
        "commands: { lock: {} }\ncommand_prefix: 1-\noverrides: {}",
        "environments:\n  - { name: a, accepts: [topics], deploy: { driver: deployment, foreign: true } }\n  - { name: b, accepts: [a], deploy: { driver: none } }\n  - { name: c, accepts: [b], deploy: { driver: actions, file: x.yml, foreign: { workflow: 'no.yml' } } }\n  - { name: d, accepts: [c], deploy: { driver: webhook, endpoint: x, foreign: false } }\ncopy: { branch: m, of: c, after: deploy }",
        "ignore_paths: ['*.md', docs/, 'a \"b\" é', \"\u{1f600}\"]",
        "environments:\n  - { name: 'true', branch: 'no', accepts: [topics, hotfixes] }\n  - { name: '2', branch: \"it's-\u{85}é\", accepts: ['true'], requires: { tested: true } }\ncopy: { branch: '#x', of: '2', mode: report }",
    ] {
        let read = Configuration::read(&with(text)).unwrap_or_else(|problems| panic!("{problems:?}\n{text}"));
        let again = Configuration::read(&read.effective())
            .unwrap_or_else(|problems| panic!("{problems:?}\n{}", read.effective()));
        assert_eq!(read.path(), again.path(), "{}", read.effective());
        assert_eq!(again.effective(), read.effective());
    }
}
