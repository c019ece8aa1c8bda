//! TP723–TP726: versions of services, and what goes with the release.

use super::facts::end_of_life;
use super::packages::release;
use super::project::{Application, File, YamlFile};
use super::versions::{Release, Version};
use super::{Findings, Judged, Words, say};
use crate::commerce::read::{Content, Key, Node, PhpValue};
use crate::model::{Code, Outcome};

/// How long before its end of life a version is noted, in days.
const SOON: i64 = 90;

/// The versions of `RabbitMQ` of which none may be skipped.
const RABBITMQ: [(u32, u32); 10] =
    [(3, 8), (3, 9), (3, 10), (3, 11), (3, 12), (3, 13), (4, 0), (4, 1), (4, 2), (4, 3)];

/// A service of `.magento/services.yaml`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Service<'a> {
    pub(super) id: &'a str,
    /// The type without its version.
    pub(super) type_name: &'a str,
    pub(super) version: &'a str,
    /// The line of its type.
    pub(super) line: u32,
    pub(super) config: &'a Node,
}

impl<'a> Service<'a> {
    /// The type, where several names mean one.
    pub(super) fn kind(&self) -> &'a str {
        if self.type_name == "mysql" { "mariadb" } else { self.type_name }
    }

    /// The endpoint that relationships name.
    pub(super) fn endpoint(&self) -> &'a str {
        let own = self.config.get("configuration").and_then(|it| it.get("endpoints"));
        let own = own.and_then(|it| it.keys().first()).map(|key| key.name.as_str());
        own.unwrap_or(if self.kind() == "mariadb" { "mysql" } else { self.type_name })
    }

    pub(super) fn has_endpoint(&self, name: &str) -> bool {
        let own = self.config.get("configuration").and_then(|it| it.get("endpoints"));
        let is_own = own.is_some_and(|it| it.key(name).is_some());
        is_own || name == self.type_name || name == "mysql" && self.kind() == "mariadb"
    }
}

/// The services of a file.
pub(super) fn services(file: &YamlFile) -> Vec<Service<'_>> {
    let keys = file.root().map_or(&[][..], Node::keys);
    keys.iter()
        .filter_map(|key| {
            let typed = key.value.key("type")?;
            let text = typed.value.scalar()?.trim();
            let (type_name, version) = text.split_once(':').unwrap_or((text, ""));
            Some(Service { id: &key.name, type_name, version, line: typed.place.line, config: &key.value })
        })
        .collect()
}

pub(super) fn rules(judged: &Judged<'_>, findings: &mut Findings) {
    let file = &judged.head.services;
    let all = services(file);
    for service in &all {
        aged(judged, (service.id, service.kind(), service.version), (&file.path, service.line), findings);
    }
    for application in &judged.head.applications {
        if let Some(version) = application.php() {
            let at = (application.path.as_str(), application.line("type"));
            aged(judged, ("PHP", "php", version), at, findings);
        }
    }
    for application in judged.head.shops() {
        redis(application, &all, findings);
        search(application, findings);
        search_engine(application, findings);
    }
    if let Some(base) = judged.base {
        skipped(&services(&base.services), &all, &file.path, findings);
    }
}

/// TP723
fn aged(
    judged: &Judged<'_>,
    (name, kind, version): (&str, &str, &str),
    at: (&str, u32),
    findings: &mut Findings,
) {
    let Some(end) = end_of_life(kind, version) else { return };
    let left = (end - judged.change.today).num_days();
    let day = end.to_string();
    let (severity, title, detail) = if left < 0 {
        (
            Outcome::Warn,
            "% % is past its end of life",
            "Since % it gets no security fixes. ece-tools warns at each deploy (2018).",
        )
    } else if left <= SOON {
        (Outcome::Pass, "% % is near its end of life", "After % it gets no security fixes.")
    } else {
        return;
    };
    let words = Words {
        title: say(title, [name, version]),
        detail: say(detail, [&day]),
        remedy: say("Plan the change to a newer version of % that your release supports.", [name]),
    };
    findings.add(Code::EndOfLife, severity, at, words);
}

/// TP724
fn redis(application: &Application<'_>, all: &[Service<'_>], findings: &mut Findings) {
    let Some(release) = release(application) else { return };
    let Some(key) = application.get("relationships").and_then(|it| it.key("redis")) else { return };
    let Some((name, _)) = target(key) else { return };
    if all.iter().any(|service| service.id == name && service.type_name != "redis") {
        return;
    }
    let severity = if release.is_from([2, 4, 9]) {
        Outcome::Fail
    } else if is_after_redis(release) {
        Outcome::Warn
    } else {
        return;
    };
    let words = Words {
        title: say("This release does not support Redis", []),
        detail: say(
            "The locked release of Adobe Commerce is tested with Valkey, and Redis is no cache of it any more.",
            [],
        ),
        remedy: say(
            "Add a service of the type valkey, lead the relationship % to it, and take Redis out in a later deploy.",
            ["valkey"],
        ),
    };
    findings.add(Code::RedisUnsupported, severity, (&application.path, key.place.line), words);
}

/// Whether a patch of an older release came after those that support Redis.
fn is_after_redis(release: Release) -> bool {
    match release.numbers {
        [2, 4, 5] => release.patch > 16,
        [2, 4, 6] => release.patch > 14,
        [2, 4, 7] => release.patch > 9,
        [2, 4, 8] => release.patch > 4,
        _ => false,
    }
}

/// TP725
fn skipped(before: &[Service<'_>], after: &[Service<'_>], path: &str, findings: &mut Findings) {
    let place = |version: &str| {
        let minor = Version::read(version)?.minor()?;
        RABBITMQ.iter().position(|known| *known == minor)
    };
    for new in after.iter().filter(|service| service.type_name == "rabbitmq") {
        let Some(old) = before.iter().find(|it| it.id == new.id && it.type_name == "rabbitmq") else {
            continue;
        };
        let (Some(from), Some(to)) = (place(old.version), place(new.version)) else { continue };
        if to <= from + 1 {
            continue;
        }
        let next = format!("{}.{}", RABBITMQ[from + 1].0, RABBITMQ[from + 1].1);
        let words = Words {
            title: say("RabbitMQ % → % skips a version", [old.version, new.version]),
            detail: say(
                "RabbitMQ starts with the data of the version right before it only. The service does not come up.",
                [],
            ),
            remedy: say("Go to % first, deploy it everywhere, and go on from there.", [&next]),
        };
        findings.add(Code::VersionSkipped, Outcome::Fail, (path, new.line), words);
    }
}

/// TP726, by relationships
fn search(application: &Application<'_>, findings: &mut Findings) {
    let Some(config) = &application.config else { return };
    let relationships = config.get("relationships");
    let key = |name: &str| relationships.and_then(|it| it.key(name));
    let at = |line| (application.path.as_str(), line);
    match (key("elasticsearch"), key("opensearch")) {
        (Some(_), Some(second)) => {
            let words = Words {
                title: say("Both % and % are there", ["elasticsearch", "opensearch"]),
                detail: say(
                    "The deploy takes OpenSearch and warns (2030); the other service is paid for and idle.",
                    [],
                ),
                remedy: say("Remove the relationship % and its service.", ["elasticsearch"]),
            };
            findings.add(Code::SearchEngine, Outcome::Warn, at(second.place.line), words);
        }
        (None, None) => {
            let is_from_2_4 = release(application).is_some_and(|it| it.is_from([2, 4, 0]));
            if !is_from_2_4 || has_live_search(&application.config_php) != Some(false) {
                return;
            }
            let words = Words {
                title: say("The shop has no search engine", []),
                detail: say(
                    "From 2.4.0 on the deploy ends with an error without one (134), and the shop stays in maintenance.",
                    [],
                ),
                remedy: say("Add a service of the type opensearch, and the relationship %.", ["opensearch"]),
            };
            findings.add(Code::SearchEngine, Outcome::Fail, at(application.line("relationships")), words);
        }
        _ => {}
    }
}

/// Whether Live Search takes the place of an engine; none where that is not known.
fn has_live_search(config: &File<PhpValue>) -> Option<bool> {
    match config {
        File::Unread(_) => None,
        File::Missing => Some(false),
        File::Read(config) => {
            Some(config.at(&["modules", "Magento_LiveSearchAdapter"]) == Some(&PhpValue::Integer(1)))
        }
    }
}

/// TP726, by the variable
fn search_engine(application: &Application<'_>, findings: &mut Findings) {
    let Some((value, _)) = application.variable("deploy", "SEARCH_CONFIGURATION") else { return };
    let Some(engine) = value.key("engine") else { return };
    let is_from_2_4 = release(application).is_some_and(|it| it.is_from([2, 4, 0]));
    if engine.value.scalar() != Some("mysql") || !is_from_2_4 {
        return;
    }
    let words = Words {
        title: say("% is no search engine any more", ["mysql"]),
        detail: say(
            "From 2.4 on the deploy ends with an error (135), and the shop stays in maintenance.",
            [],
        ),
        remedy: say(
            "Set % to the engine of your relationship, or remove %.",
            ["engine", "SEARCH_CONFIGURATION"],
        ),
    };
    let at = (application.environment.path.as_str(), engine.place.line);
    findings.add(Code::SearchEngine, Outcome::Fail, at, words);
}

/// The service and the endpoint that a relationship names, where it names them.
pub(super) fn target(key: &Key) -> Option<(&str, Option<&str>)> {
    match &key.value.content {
        // The name of the relationship is that of the service.
        Content::Nothing => Some((&key.name, None)),
        Content::Keys(_) => {
            let part = |name: &str| key.value.get(name).and_then(Node::scalar);
            Some((part("service").unwrap_or(&key.name), part("endpoint")))
        }
        _ => {
            let text = key.value.scalar()?;
            Some(text.split_once(':').map_or((text, None), |(service, endpoint)| (service, Some(endpoint))))
        }
    }
}
