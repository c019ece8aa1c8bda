//! TP707, TP727 and TP731: the variables of `.magento.env.yaml` and of the application.

use super::facts::{Kind, Variable, ece_tools, variable_called, variables};
use super::packages::release;
use super::project::Application;
use super::{Findings, Judged, Words, say};
use crate::commerce::read::{Content, Key, Node};
use crate::model::config::nearest;
use crate::model::{Code, Outcome, Sentence};

/// The stages of `.magento.env.yaml`.
const STAGES: [&str; 4] = ["global", "build", "deploy", "post-deploy"];

pub(super) fn rules(judged: &Judged<'_>, findings: &mut Findings) {
    for application in judged.head.shops() {
        let stages = application.environment.root().and_then(|root| root.get("stage"));
        for stage in stages.map_or(&[][..], Node::keys) {
            of_stage(application, stage, findings);
            without_effect(judged, application, stage, findings);
        }
        of_application(application, findings);
        split_database(application, findings);
    }
}

fn refuse(
    application: &Application<'_>,
    key: &Key,
    (what, remedy): (Sentence, Sentence),
    findings: &mut Findings,
) {
    let words = Words {
        title: what,
        detail: say(
            "The build ends with an error (code 10): ece-tools takes % only by its schema.",
            [&key.name],
        ),
        remedy,
    };
    let at = (application.environment.path.as_str(), key.place.line);
    findings.add(Code::VariableInvalid, Outcome::Fail, at, words);
}

/// TP707
fn of_stage(application: &Application<'_>, stage: &Key, findings: &mut Findings) {
    if !STAGES.contains(&stage.name.as_str()) {
        // A single value below an unknown stage is passed over by ece-tools.
        if !stage.value.keys().is_empty() {
            let remedy = match nearest(&stage.name, STAGES) {
                Some(meant) => say("Did you mean %?", [meant]),
                None => say("Put the variables below global, build, deploy or post-deploy.", []),
            };
            let what = say("There is no stage %", [&stage.name]);
            refuse(application, stage, (what, remedy), findings);
        }
        return;
    }
    for key in stage.value.keys() {
        // A secret is told as one.
        if key.name == "CRYPT_KEY" {
            continue;
        }
        match variable_called(&key.name) {
            None => unknown(application, key, findings),
            Some(variable) if !variable.stages.contains(&stage.name.as_str()) => {
                let what = say("% is not taken in the stage %", [&key.name, &stage.name]);
                let remedy = match variable.stages.as_slice() {
                    [] => say("Take % out: the platform sets it.", [&key.name]),
                    stages => say("Move it to %.", [&stages.join(", ")]),
                };
                refuse(application, key, (what, remedy), findings);
            }
            Some(variable) => {
                if let Some(told) = unfit(variable, &key.value) {
                    refuse(application, key, told, findings);
                } else {
                    too_new(application, variable, key, findings);
                }
            }
        }
    }
}

fn unknown(application: &Application<'_>, key: &Key, findings: &mut Findings) {
    let what = say("There is no variable %", [&key.name]);
    let remedy = match nearest(&key.name, variables().iter().map(|variable| variable.name)) {
        Some(meant) => say("Did you mean %?", [meant]),
        None => say(
            "Take % out. What the shop reads itself belongs into variables of the environment.",
            [&key.name],
        ),
    };
    refuse(application, key, (what, remedy), findings);
}

/// What is wrong with a value, and what to do.
fn unfit(variable: &Variable, value: &Node) -> Option<(Sentence, Sentence)> {
    let name = variable.name;
    let (fits, wanted) = match (variable.kind, &value.content) {
        (_, Content::Constant(_)) | (Kind::Any, _) => return None,
        (Kind::Text, content) => (matches!(content, Content::Text(_)), "a text; a number goes in quotes"),
        (Kind::Integer, content) => (matches!(content, Content::Integer(_)), "a whole number without quotes"),
        (Kind::Flag, content) => (matches!(content, Content::Flag(_)), "true or false without quotes"),
        (Kind::Data, content) => {
            (matches!(content, Content::List(_) | Content::Keys(_)), "a list, or keys with values, in YAML")
        }
    };
    if !fits {
        let what = say("% has a value of the wrong type", [name]);
        return Some((what, Sentence::new(format!("Give it {wanted}."), [])));
    }
    let text = value.scalar().unwrap_or_default();
    if !variable.allowed.is_empty() && !variable.allowed.contains(&text) {
        let allowed: Vec<&str> = variable.allowed.iter().copied().filter(|it| !it.is_empty()).collect();
        return Some((say("% does not take %", [name, text]), say("It takes %.", [&allowed.join(", ")])));
    }
    let (from, to) = variable.range?;
    if value.number().is_some_and(|number| (from..=to).contains(&number)) {
        return None;
    }
    let [from, to] = [from, to].map(|it| it.to_string());
    Some((say("% does not take %", [name, text]), say("It takes % to %.", [&from, &to])))
}

fn too_new(application: &Application<'_>, variable: &Variable, key: &Key, findings: &mut Findings) {
    let locked = application.lock.read().and_then(|lock| lock.version("magento/ece-tools"));
    let (Some(since), Some(locked)) = (variable.since, locked) else { return };
    if ece_tools(locked).is_none_or(|version| version >= since) {
        return;
    }
    let since = since.map(|it| it.to_string()).join(".");
    let words = Words {
        title: say("% is newer than the locked ece-tools", [variable.name]),
        detail: say("ece-tools % does not know it, and the build may end with an error (code 10).", [locked]),
        remedy: say("Update % to % or later.", ["magento/ece-tools", &since]),
    };
    let at = (application.environment.path.as_str(), key.place.line);
    findings.add(Code::VariableInvalid, Outcome::Warn, at, words);
}

/// TP727
fn without_effect(judged: &Judged<'_>, application: &Application<'_>, stage: &Key, findings: &mut Findings) {
    for key in stage.value.keys() {
        let is_idle = match key.name.as_str() {
            "MYSQL_USE_SLAVE_CONNECTION" | "REDIS_USE_SLAVE_CONNECTION" | "VALKEY_USE_SLAVE_CONNECTION" => {
                !judged.is_pro() && key.value.flag() == Some(true)
            }
            "LOCK_PROVIDER" => judged.is_pro(),
            _ => false,
        };
        if !is_idle {
            continue;
        }
        let detail = if judged.is_pro() {
            "On staging and production the platform sets it, and this value is passed over."
        } else {
            "On integration and Starter there is no connection for reading alone, so nothing comes of it there."
        };
        let words = Words {
            title: say("% has no effect in this environment", [&key.name]),
            detail: say(detail, []),
            remedy: say("Nothing has to be done.", []),
        };
        let at = (application.environment.path.as_str(), key.place.line);
        findings.add(Code::VariableWithoutEffect, Outcome::Pass, at, words);
    }
}

/// TP731
fn of_application(application: &Application<'_>, findings: &mut Findings) {
    let group = application.get("variables").and_then(|variables| variables.get("env"));
    let is_from_2_4 = release(application).is_some_and(|it| it.is_from([2, 4, 0]));
    for key in group.map_or(&[][..], Node::keys) {
        let text = key.value.scalar();
        let (severity, words) = match key.name.as_str() {
            "CONFIG__STORES__DEFAULT__PAYMENT__BRAINTREE__CHANNEL" if is_from_2_4 => {
                let detail = "From 2.4 on the build ends with an error while this variable is set (code 26).";
                (Outcome::Fail, told("% is not taken any more", &key.name, detail, "Remove the line with %."))
            }
            "MAGE_MODE" if text != Some("production") => {
                let detail = "The platform runs a shop in production mode only; another one is slow, and shows errors.";
                (
                    Outcome::Warn,
                    told("% is not production", &key.name, detail, "Remove %, or set it to production."),
                )
            }
            "VERBOSE_COMMANDS" if text == Some("enabled") => {
                let detail = "ece-tools takes the word for an older way to write it, and warns at every deploy (2027).";
                (Outcome::Warn, told("% has a value of old", &key.name, detail, "Set % to -v, -vv or -vvv."))
            }
            name if variable_called(name).is_some_and(|it| it.kind == Kind::Data)
                && is_bad_json(&key.value) =>
            {
                let detail =
                    "A variable that takes data is read as JSON here. The deploy passes it over (2014).";
                let remedy = "Write valid JSON in %, or move it to .magento.env.yaml.";
                (Outcome::Warn, told("% is no valid JSON", name, detail, remedy))
            }
            _ => continue,
        };
        findings.add(Code::CloudVariable, severity, (&application.path, key.place.line), words);
    }
}

fn told(title: &'static str, name: &str, detail: &'static str, remedy: &'static str) -> Words {
    let remedy = if remedy.contains('%') { say(remedy, [name]) } else { say(remedy, []) };
    Words { title: say(title, [name]), detail: say(detail, []), remedy }
}

fn is_bad_json(value: &Node) -> bool {
    value.scalar().is_some_and(|text| serde_json::from_str::<serde::de::IgnoredAny>(text).is_err())
}

/// TP731: several databases, which left the product.
fn split_database(application: &Application<'_>, findings: &mut Findings) {
    let Some(release) = release(application).filter(|it| it.is_from([2, 4, 2])) else { return };
    let group = application.get("variables").and_then(|variables| variables.get("env"));
    let own = group.and_then(|group| group.key("SPLIT_DB")).map(|key| (&application.path, key.place.line));
    let set = ["global", "deploy"].into_iter().filter_map(|stage| application.variable(stage, "SPLIT_DB"));
    let set = set.map(|(_, line)| (&application.environment.path, line));
    let (severity, detail) = if release.is_from([2, 5, 0]) {
        (
            Outcome::Fail,
            "This release has no split databases any more, and the deploy ends with an error (136).",
        )
    } else {
        (Outcome::Warn, "Split databases are on their way out since 2.4.2 (2029), and 2.5 has none.")
    };
    for (path, line) in own.into_iter().chain(set) {
        let words = told(
            "% is on its way out",
            "SPLIT_DB",
            detail,
            "Plan the way back to one database, then remove %.",
        );
        findings.add(Code::CloudVariable, severity, (path, line), words);
    }
}
