//! TP716–TP718: what the platform protects, and what takes a ticket on staging and production.

use super::data_loss::{location, mount_point};
use super::project::{Application, File, YamlFile};
use super::{Findings, Judged, Words, say};
use crate::commerce::read::{Key, Node};
use crate::model::{Code, Outcome};

pub(super) fn rules(judged: &Judged<'_>, findings: &mut Findings) {
    for application in &judged.head.applications {
        let before = judged.base.and_then(|base| base.counterpart(application));
        protective_block(before, application, findings);
        if let Some(before) = before.filter(|before| judged.is_pro() && before.config.is_some()) {
            of_application(before, application, findings);
        }
    }
    if let Some(base) = judged.base.filter(|_| judged.is_pro()) {
        of_file(&base.services, &judged.head.services, Code::ServicesByTicket, findings);
        of_file(&base.routes, &judged.head.routes, Code::RoutesByTicket, findings);
    }
}

/// TP716
fn protective_block(before: Option<&Application<'_>>, after: &Application<'_>, findings: &mut Findings) {
    let Some(preflight) = after.get("preflight") else { return };
    if let Some(key) = preflight.key("enabled").filter(|key| key.value.flag() == Some(false)) {
        let words = Words {
            title: say("The protective block is switched off", []),
            detail: say("Code with known holes is built and deployed; nothing on the platform stops it.", []),
            remedy: say(
                "Remove %, and name single rules in % where you must.",
                ["preflight.enabled", "ignore_rules"],
            ),
        };
        findings.add(Code::ProtectiveBlockOff, Outcome::Warn, (&after.path, key.place.line), words);
    }
    let Some(before) = before.filter(|before| before.config.is_some()) else { return };
    let Some(rules) = preflight.key("ignore_rules") else { return };
    let known = before.get("preflight").and_then(|it| it.get("ignore_rules")).map_or(&[][..], Node::items);
    for rule in rules.value.items() {
        if known.iter().any(|it| it.same_data(rule)) {
            continue;
        }
        let name = rule.scalar().unwrap_or("ignore_rules");
        let words = Words {
            title: say("The protective block ignores %", [name]),
            detail: say(
                "The hole that this rule knows is built and deployed; nothing on the platform stops it.",
                [],
            ),
            remedy: say("Apply the patch for %, and take it off the list.", [name]),
        };
        findings.add(Code::ProtectiveBlockOff, Outcome::Warn, (&after.path, rule.place.line), words);
    }
}

/// The line of the first key that differs, else of the first; none where the data is the same.
fn difference(before: &[Key], after: &[Key]) -> Option<u32> {
    let other =
        |keys: &[Key], key: &Key| keys.iter().any(|it| it.name == key.name && it.value.same_data(&key.value));
    let new = after.iter().find(|key| !other(before, key)).map(|key| key.place.line);
    let is_gone = before.iter().any(|key| after.iter().all(|it| it.name != key.name));
    new.or_else(|| is_gone.then(|| after.first().map_or(1, |key| key.place.line)))
}

/// Services and routes
fn of_file(before: &YamlFile, after: &YamlFile, code: Code, findings: &mut Findings) {
    if matches!(before.tree, File::Unread(_)) || matches!(after.tree, File::Unread(_)) {
        return;
    }
    let keys = |file: &YamlFile| file.root().map_or(Vec::new(), |root| root.keys().to_vec());
    if let Some(line) = difference(&keys(before), &keys(after)) {
        tell(code, (&after.path, line), &after.path, findings);
    }
}

fn of_application(before: &Application<'_>, after: &Application<'_>, findings: &mut Findings) {
    if after.config.is_none() {
        return;
    }
    let differs = |name: &str| match (before.get(name), after.get(name)) {
        (None, None) => false,
        (Some(one), Some(two)) => !one.same_data(two),
        _ => true,
    };
    if differs("disk") {
        tell(Code::ServicesByTicket, (&after.path, after.line("disk")), "disk", findings);
    }
    let mounts = |it: &Application<'_>| {
        let keys = it.get("mounts").map_or(&[][..], Node::keys);
        let mut all: Vec<_> =
            keys.iter().map(|key| (mount_point(&key.name).to_owned(), location(&key.value))).collect();
        all.sort();
        all
    };
    if mounts(before) != mounts(after) {
        tell(Code::ServicesByTicket, (&after.path, after.line("mounts")), "mounts", findings);
    }
    if differs("crons") {
        let keys = |it: &Application<'_>| it.get("crons").map_or(Vec::new(), |crons| crons.keys().to_vec());
        let line = difference(&keys(before), &keys(after)).unwrap_or_else(|| after.line("crons"));
        tell(Code::RoutesByTicket, (&after.path, line), "crons", findings);
    }
}

/// TP717 and TP718
fn tell(code: Code, at: (&str, u32), what: &str, findings: &mut Findings) {
    let words = if code == Code::ServicesByTicket {
        Words {
            title: say("A ticket has to carry this out: %", [what]),
            detail: say(
                "On staging and production the platform does not take % from the file. Until support has changed it, \
                 the release runs with what is there; a disk that has grown never shrinks again.",
                [what],
            ),
            remedy: say("Open a ticket, for a live production two working days ahead, and name it here.", []),
        }
    } else {
        Words {
            title: say("A ticket may be needed: %", [what]),
            detail: say(
                "On some Pro projects support has to apply % on staging and production; on others the deploy does.",
                [what],
            ),
            remedy: say(
                "Ask support once which kind your project is, and open a ticket where it is needed.",
                [],
            ),
        }
    };
    findings.add(code, Outcome::Wait, at, words);
}
