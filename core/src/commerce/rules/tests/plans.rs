//! The plans: on Starter the platform makes every environment from the files, production on `master` too, so no ticket is
//! needed, and the limits of integration hold everywhere.

use super::*;
use crate::model::{CommercePlan, PromotionPath};
use std::collections::BTreeSet;

/// What the rules of the plans find otherwise, by the change that shows it: `None` says nothing.
const DIFFERENCES: [(&str, &str, Option<&str>, Option<&str>); 7] = [
    ("TP702", "database:\n    type: mysql", Some("fail"), Some("wait")),
    ("TP717", "opensearch:2.19", None, Some("wait")),
    ("TP717", "disk: 8192", None, Some("wait")),
    ("TP718", "\"https://shop.{default}/\":", None, Some("wait")),
    ("TP719", "58,1 * * * *", Some("warn"), None),
    ("TP727", "MYSQL_USE_SLAVE_CONNECTION: true", Some("note"), None),
    ("TP727", "LOCK_PROVIDER: file", None, Some("note")),
];

/// The kind of production, by the plan of a project: on Starter it is the branch `master`.
fn production(plan: CommercePlan) -> Target {
    let mut environments = PromotionPath::pro().environments;
    if plan == CommercePlan::Starter {
        environments[2].branch = "master".parse().unwrap();
    }
    let services_by_ticket = CommerceSettings::usual_tickets(plan, &environments);
    let settings = CommerceSettings { plan, root: String::new(), services_by_ticket, disk: None };
    Target::of(settings.takes_tickets(&environments[2]))
}

#[test]
fn on_starter_no_ticket_is_needed_and_the_limits_of_integration_hold_in_production() {
    let root = read_yaml(include_str!("cases.yaml")).root.unwrap();
    for (code, to, starter, pro) in DIFFERENCES {
        let group = root.keys().iter().find(|group| group.name == code).unwrap();
        let node = group.value.items().iter().find(|node| text(node, "to") == Some(to));
        let case = Case { node: node.unwrap_or_else(|| panic!("{code}: no case with {to:?}")), code };
        let weight = |plan| {
            let (_, findings) = case.judged_on(&[case.node], production(plan));
            findings.iter().find(|it| it.code.as_str() == code).map(FileFinding::severity_word)
        };
        assert_eq!((weight(CommercePlan::Starter), weight(CommercePlan::Pro)), (starter, pro), "{code} {to}");
    }
}

#[test]
fn all_other_rules_are_the_same_on_both_plans() {
    let differ: BTreeSet<&str> = DIFFERENCES.iter().map(|(code, ..)| *code).collect();
    let root = read_yaml(include_str!("cases.yaml")).root.unwrap();
    for group in root.keys() {
        for node in group.value.items() {
            let case = Case { node, code: &group.name };
            let found = |plan| {
                let (_, mut findings) = case.judged_on(&[node], production(plan));
                findings.retain(|it| !differ.contains(it.code.as_str()));
                lines(&findings)
            };
            assert_eq!(found(CommercePlan::Starter), found(CommercePlan::Pro), "{}", group.name);
        }
    }
}
