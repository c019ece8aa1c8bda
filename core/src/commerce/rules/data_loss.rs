//! TP701–TP704: changes that look harmless and delete what the shop has stored.

use super::project::{Application, File};
use super::versions::{Version, is_lower};
use super::{Findings, Judged, Words, say, services::Service, services::services};
use crate::commerce::read::{Node, PhpValue};
use crate::model::{Code, Outcome};

pub(super) fn rules(judged: &Judged<'_>, findings: &mut Findings) {
    let Some(base) = judged.base else { return };
    for application in &base.applications {
        let Some(head) = judged.head.counterpart(application) else { continue };
        websites(application, head, findings);
        mounts(application, head, findings);
        name(application, head, findings);
    }
    let (before, after) = (services(&base.services), services(&judged.head.services));
    renamed(judged, &before, &after, findings);
    lowered(judged, &before, &after, findings);
}

/// TP701
fn websites(base: &Application<'_>, head: &Application<'_>, findings: &mut Findings) {
    let path = head.config_php_path();
    let after = match (&base.config_php, &head.config_php) {
        (File::Missing, _) | (_, File::Unread(_)) | (File::Unread(_), File::Read(_)) => return,
        (_, File::Missing) => {
            let words = Words {
                title: say("% is deleted", [&path]),
                detail: say(
                    "The next deploy works without the websites, stores and modules that the file names. What it \
                     does not find there is deleted from the database, or switched on.",
                    [],
                ),
                remedy: say("Bring the file back: it belongs to the repository.", []),
            };
            return findings.add(Code::WebsiteDeleted, Outcome::Fail, (&path, 1), words);
        }
        (File::Read(_), File::Read(after)) => after,
    };
    let Some(before) = base.config_php.read().and_then(|config| config.entry("scopes")) else { return };
    let Some(scopes) = after.entry("scopes") else {
        let words = Words {
            title: say("% is gone from %", ["scopes", &path]),
            detail: say(
                "The next deploy imports the file. The websites and stores that it does not name any more are \
                 deleted from the database, with their settings.",
                [],
            ),
            remedy: say("Bring the part % back, with every website and store.", ["scopes"]),
        };
        return findings.add(Code::WebsiteDeleted, Outcome::Fail, (&path, 1), words);
    };
    for (part, kind) in [("websites", "website"), ("stores", "store")] {
        let Some(before) = before.value.entry(part) else { continue };
        let after = scopes.value.entry(part);
        let line = after.map_or(scopes.line, |entry| entry.line);
        let has = |key| after.is_some_and(|it| it.value.entries().iter().any(|entry| entry.key == key));
        for entry in before.value.entries().iter().filter(|entry| matches!(entry.value, PhpValue::Array(_))) {
            if !has(entry.key.clone()) {
                let name = entry.key.to_string();
                findings.add(Code::WebsiteDeleted, Outcome::Fail, (&path, line), gone(kind, &name));
            }
        }
    }
}

fn gone(kind: &str, name: &str) -> Words {
    Words {
        title: say("The % % would be deleted", [kind, name]),
        detail: say(
            "The next deploy imports the file, and deletes from the database what it does not name: the % % with its \
             settings, its URLs and what belongs to it alone. No rollback of the code brings that back.",
            [kind, name],
        ),
        remedy: say(
            "Put % back. To really delete it, do so in the Admin first, and then export the file with %.",
            [name, "php bin/magento app:config:dump"],
        ),
    }
}

/// TP702
fn renamed(judged: &Judged<'_>, before: &[Service<'_>], after: &[Service<'_>], findings: &mut Findings) {
    let path = &judged.head.services.path;
    let is_gone = |service: &&Service<'_>| after.iter().all(|it| it.id != service.id);
    let mut new: Vec<&Service<'_>> =
        after.iter().filter(|service| before.iter().all(|it| it.id != service.id)).collect();
    for old in before.iter().filter(is_gone) {
        let Some(position) = new.iter().position(|it| it.kind() == old.kind()) else { continue };
        let service = new.remove(position);
        let names = [old.id, service.id];
        let (severity, detail) = if judged.is_pro() {
            (
                Outcome::Wait,
                "On staging and production a ticket carries this out. Without one the relationships of % lead to \
                 nothing, and % is empty.",
            )
        } else {
            (
                Outcome::Fail,
                "The next deploy removes the service % for good, with all of its data, and makes % anew and empty.",
            )
        };
        let words = Words {
            title: say("Service % becomes %: its data is lost", names),
            detail: say(detail, names),
            remedy: say("Keep the name %.", [old.id]),
        };
        findings.add(Code::ServiceRenamed, severity, (path, service.line), words);
    }
}

/// TP703
fn lowered(judged: &Judged<'_>, before: &[Service<'_>], after: &[Service<'_>], findings: &mut Findings) {
    for old in before {
        let Some(new) = after.iter().find(|it| it.id == old.id && it.kind() == old.kind()) else { continue };
        let (Some(from), Some(to)) = (Version::read(old.version), Version::read(new.version)) else {
            continue;
        };
        if !is_lower(&to, &from) {
            continue;
        }
        let words = Words {
            title: say("Service % goes back from % to %", [new.id, old.version, new.version]),
            detail: say(
                "No service can be given an older version with its data. The deploy fails, or the service comes up \
                 without what it stored.",
                [],
            ),
            remedy: say(
                "Leave % at %. For an older version, add a service under another name and copy the data over.",
                [new.id, old.version],
            ),
        };
        findings.add(Code::ServiceDowngraded, Outcome::Fail, (&judged.head.services.path, new.line), words);
    }
}

/// Where a mount keeps its files: the source and the path in it, in one spelling.
pub(super) fn location(mount: &Node) -> Option<(String, String)> {
    let plain = |path: &str| path.trim_matches('/').to_owned();
    if let Some(text) = mount.scalar() {
        // The older spelling: shared:files/var
        let (source, path) = text.split_once(':')?;
        let path = path.strip_prefix("files/").unwrap_or(path);
        let source = if source == "shared" { "local" } else { source };
        return Some((source.to_owned(), plain(path)));
    }
    let get = |name: &str| mount.get(name).and_then(Node::scalar).unwrap_or_default();
    let source = match get("source") {
        "service" => format!("service {}", get("service")),
        source => source.to_owned(),
    };
    Some((source, plain(get("source_path"))))
}

/// A mount's own path, in one spelling.
pub(super) fn mount_point(name: &str) -> &str {
    name.trim_matches('/')
}

/// TP704, mounts
fn mounts(base: &Application<'_>, head: &Application<'_>, findings: &mut Findings) {
    let (Some(_), Some(before)) = (&head.config, base.get("mounts")) else { return };
    let after = head.get("mounts");
    for old in before.keys() {
        let point = mount_point(&old.name);
        let new = after.and_then(|it| it.keys().iter().find(|key| mount_point(&key.name) == point));
        let (line, title) = match new {
            None => (head.line("mounts"), say("The mount % is gone", [&old.name])),
            Some(new) => match (location(&old.value), location(&new.value)) {
                (Some(from), Some(to)) if from != to => {
                    (new.place.line, say("The mount % keeps its files elsewhere", [&old.name]))
                }
                _ => continue,
            },
        };
        let words = Words {
            title,
            detail: say(
                "The next deploy shows an empty folder at %. What the shop has stored there stays at the old place, \
                 out of reach.",
                [&old.name],
            ),
            remedy: say("Bring the mount % back as it was. To move it, copy the files first.", [&old.name]),
        };
        findings.add(Code::MountMoved, Outcome::Fail, (&head.path, line), words);
    }
}

/// TP704, the name
fn name(base: &Application<'_>, head: &Application<'_>, findings: &mut Findings) {
    let (Some(old), Some(new)) = (base.name(), head.name()) else { return };
    if old == new || base.root != head.root {
        return;
    }
    let words = Words {
        title: say("The application % becomes %", [old, new]),
        detail: say(
            "The platform takes % for another application: the next deploy begins with empty mounts, and the files of \
             % are lost.",
            [new, old],
        ),
        remedy: say("Keep the name %.", [old]),
    };
    findings.add(Code::MountMoved, Outcome::Fail, (&head.path, head.line("name")), words);
}
