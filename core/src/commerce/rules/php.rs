//! TP720, TP721 and TP730: disks, and settings of PHP.

use super::project::Application;
use super::versions::{Version, is_lower};
use super::{Findings, Judged, Words, say};
use crate::commerce::read::Node;
use crate::model::{Code, Outcome};

/// The least that the platform takes, and that is advised, in MB.
const DISK: (i64, i64) = (128, 256);

/// The files that must not be cached, below each place where the platform puts the code.
const EXCLUDED: [&str; 6] = [
    "/app/*/app/etc/config.php",
    "/app/*/app/etc/env.php",
    "/app/app/etc/config.php",
    "/app/app/etc/env.php",
    "/app/etc/config.php",
    "/app/etc/env.php",
];

pub(super) fn rules(judged: &Judged<'_>, findings: &mut Findings) {
    for application in &judged.head.applications {
        if let Some(config) = &application.config {
            disk(config, &application.path, "the application", findings);
        }
    }
    let services = &judged.head.services;
    for service in services.root().map_or(&[][..], Node::keys) {
        disk(&service.value, &services.path, &service.name, findings);
    }
    if let Some(contract) = judged.change.asked.disk {
        all_disks(judged, contract, findings);
    }
    for application in judged.head.shops().filter(|application| application.config.is_some()) {
        extensions(application, findings);
        settings(judged, application, findings);
    }
}

/// TP720
fn disk(config: &Node, path: &str, name: &str, findings: &mut Findings) {
    let Some(key) = config.key("disk") else { return };
    let Some(size) = key.value.number().filter(|size| *size < DISK.1) else { return };
    let given = size.to_string();
    let (severity, detail) = if size < DISK.0 {
        (Outcome::Fail, "The platform takes no disk below 128 MB, and refuses the push.")
    } else {
        (Outcome::Warn, "At least 256 MB are advised: a disk that is full stops deploys half-way.")
    };
    let words = Words {
        title: say("The disk of % is small: % MB", [name, &given]),
        detail: say(detail, []),
        remedy: say("Set % to 256 or more.", ["disk"]),
    };
    findings.add(Code::DiskTooSmall, severity, (path, key.place.line), words);
}

/// TP720, by the contract: told where the largest disk is.
fn all_disks(judged: &Judged<'_>, contract: u64, findings: &mut Findings) {
    let services = &judged.head.services;
    let of_services = services.root().map_or(&[][..], Node::keys);
    let of_services = of_services.iter().map(|key| (&key.value, services.path.as_str()));
    let applications = &judged.head.applications;
    let of_applications = applications.iter().filter_map(|it| Some((it.config.as_ref()?, it.path.as_str())));
    let disks = of_applications.chain(of_services).filter_map(|(config, path)| {
        let key = config.key("disk")?;
        let size = u64::try_from(key.value.number()?).ok()?;
        Some((size, path, key.place.line))
    });
    let disks: Vec<(u64, &str, u32)> = disks.collect();
    let total = disks.iter().fold(0u64, |total, (size, ..)| total.saturating_add(*size));
    let Some((_, path, line)) = disks.iter().max_by_key(|(size, ..)| *size).filter(|_| total > contract)
    else {
        return;
    };
    let words = Words {
        title: say("All disks together have more than the contract: % MB", [&total.to_string()]),
        detail: say("The platform refuses a push that asks for more disk than it has to give.", []),
        remedy: say(
            "Give all of them together % MB at most, or have the contract changed.",
            [&contract.to_string()],
        ),
    };
    findings.add(Code::DiskTooSmall, Outcome::Fail, (path, *line), words);
}

/// TP721
fn extensions(application: &Application<'_>, findings: &mut Findings) {
    let listed = application.get("runtime").and_then(|runtime| runtime.key("extensions"));
    let items = listed.map_or(&[][..], |key| key.value.items());
    let name = |item: &Node| item.scalar().or_else(|| item.get("name")?.scalar()).map(str::to_owned);
    let line = listed.map_or_else(|| application.line("runtime"), |key| key.place.line);
    let version = application.php().and_then(Version::read);
    let is_built_in = version.zip(Version::read("8.1")).is_some_and(|(it, first)| !is_lower(&it, &first));
    if let Some(json) =
        items.iter().find(|item| name(item).as_deref() == Some("json")).filter(|_| is_built_in)
    {
        let words = Words {
            title: say("The extension % is built in", ["json"]),
            detail: say(
                "With PHP 8.1 and later the platform knows no such extension, and the build ends with an error.",
                [],
            ),
            remedy: say("Remove % from the list.", ["json"]),
        };
        findings.add(Code::PhpExtensions, Outcome::Fail, (&application.path, json.place.line), words);
    }
    for missing in ["xsl", "sodium"] {
        if items.iter().any(|item| name(item).as_deref() == Some(missing)) {
            continue;
        }
        let words = Words {
            title: say("The extension % is missing", [missing]),
            detail: say(
                "Adobe Commerce needs it. Composer refuses to install the packages, or the shop meets errors.",
                [],
            ),
            remedy: say("Add % to %.", [missing, "runtime.extensions"]),
        };
        findings.add(Code::PhpExtensions, Outcome::Warn, (&application.path, line), words);
    }
}

/// TP730
fn settings(judged: &Judged<'_>, application: &Application<'_>, findings: &mut Findings) {
    let tree = judged.head.tree;
    let mut tell = |path: &str, line: u32, words: Words| {
        findings.add(Code::PhpSettings, Outcome::Warn, (path, line), words);
    };
    let old = application.file("build_options.ini");
    if tree.has(&old) {
        let words = Words {
            title: say("% is not read any more", [&old]),
            detail: say(
                "ece-tools passes it over and warns at every build (1002): its settings have no effect.",
                [],
            ),
            remedy: say("Move what is in it to %, and remove the file.", [".magento.env.yaml"]),
        };
        tell(&old, 1, words);
    }
    let ini = application.file("php.ini");
    let has_list = |text: &str| {
        let mut lines = text.lines().map(str::trim_start);
        lines.any(|line| line.split('=').next().map(str::trim) == Some("opcache.blacklist_filename"))
    };
    let cached = "PHP keeps config.php and env.php in its cache: after a deploy the shop runs with old settings (1008).";
    let text = tree.text(&ini, 1 << 20);
    if text.as_ref().is_none_or(|text| text.as_ref().is_ok_and(|text| !has_list(text))) {
        let title = if text.is_none() {
            say("% is missing", [&ini])
        } else {
            say("% names no list of exclusions", [&ini])
        };
        let remedy =
            say("Set % to %.", ["opcache.blacklist_filename", "\"${MAGENTO_CLOUD_APP_DIR}/op-exclude.txt\""]);
        tell(&ini, 1, Words { title, detail: say(cached, []), remedy });
    }
    let list = application.file("op-exclude.txt");
    let lacks = |text: &str| EXCLUDED.into_iter().find(|path| text.lines().all(|line| line.trim() != *path));
    let (title, remedy) = match tree.text(&list, 1 << 20) {
        None => (
            say("% is missing", [&list]),
            say("Add the file with its six paths, from % to %.", [EXCLUDED[0], EXCLUDED[5]]),
        ),
        Some(Ok(text)) => match lacks(text) {
            Some(path) => (say("% lacks %", [&list, path]), say("Add the line %.", [path])),
            None => return,
        },
        Some(Err(_)) => return,
    };
    tell(&list, 1, Words { title, detail: say(cached, []), remedy });
}
