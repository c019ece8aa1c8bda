//! TP712–TP714: where static content is made, and what that does to the shop.
//!
//! ece-tools makes it in the build, where the shop is untouched, if the configuration allows that (its `IdealState` and
//! `ScdOnBuild`); else in the deploy, while the shop is in maintenance.

use super::hooks::runs_post_deploy;
use super::project::{Application, File};
use super::{Findings, Judged, Words, say};
use crate::model::{Code, Outcome, Sentence};

pub(super) fn rules(judged: &Judged<'_>, findings: &mut Findings) {
    for application in judged.head.shops() {
        if let Some(before) = judged.base.and_then(|base| base.counterpart(application)) {
            ideal_state(judged, (before, application), findings);
        }
        on_demand(application, findings);
        ignored(application, findings);
    }
}

/// Whether a variable of `.magento.env.yaml` is `true` in a stage, or `false`.
fn flag(application: &Application<'_>, stage: &str, name: &str) -> Option<bool> {
    application.variable(stage, name)?.0.flag()
}

fn is_on_demand(application: &Application<'_>) -> bool {
    flag(application, "global", "SCD_ON_DEMAND") == Some(true)
}

fn is_skipped(application: &Application<'_>, stage: &str) -> bool {
    let own = application.variable(stage, "SKIP_SCD");
    own.or_else(|| application.variable("global", "SKIP_SCD"))
        .is_some_and(|(value, _)| value.flag() == Some(true))
}

/// Whether `config.php` names websites or stores; none where that is not known.
fn names_scopes(application: &Application<'_>) -> Option<bool> {
    match &application.config_php {
        File::Unread(_) => None,
        File::Missing => Some(false),
        File::Read(config) => {
            let names = |part| config.at(&["scopes", part]).is_some_and(|it| !it.entries().is_empty());
            Some(names("websites") || names("stores"))
        }
    }
}

/// Whether static content is made in the build; none where that is not known.
fn is_made_in_build(application: &Application<'_>) -> Option<bool> {
    if matches!(application.environment.tree, File::Unread(_)) {
        return None;
    }
    if is_on_demand(application) || is_skipped(application, "build") {
        return Some(false);
    }
    names_scopes(application)
}

/// Where the static content of a shop is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StaticContent {
    /// In the build, while the shop is open.
    InBuild,
    /// In the deploy, while the shop is in maintenance.
    InDeploy,
    /// When the first customer asks for it.
    OnDemand,
    /// Nowhere: both stages skip it.
    Nowhere,
    /// A file that decides it could not be read.
    NotKnown,
}

/// Where the static content of a shop is made, and the file and the line that decide it.
pub(super) fn made(application: &Application<'_>) -> (StaticContent, String, u32) {
    let environment = &application.environment.path;
    let line = |stage: &str, name: &str| application.variable(stage, name).map(|(_, line)| line);
    let Some(in_build) = is_made_in_build(application) else {
        return (StaticContent::NotKnown, environment.clone(), 1);
    };
    if is_on_demand(application) {
        let line = line("global", "SCD_ON_DEMAND").unwrap_or(1);
        return (StaticContent::OnDemand, environment.clone(), line);
    }
    if in_build {
        let scopes = application.config_php.read().and_then(|config| config.entry("scopes"));
        let line = scopes.map_or(1, |entry| entry.line);
        return (StaticContent::InBuild, application.config_php_path(), line);
    }
    let skip = |stage: &str| line(stage, "SKIP_SCD").or_else(|| line("global", "SKIP_SCD")).unwrap_or(1);
    if is_skipped(application, "deploy") {
        return (StaticContent::Nowhere, environment.clone(), skip("deploy"));
    }
    if is_skipped(application, "build") {
        return (StaticContent::InDeploy, environment.clone(), skip("build"));
    }
    (StaticContent::InDeploy, application.config_php_path(), 1)
}

/// TP712
fn ideal_state(
    judged: &Judged<'_>,
    (before, after): (&Application<'_>, &Application<'_>),
    findings: &mut Findings,
) {
    let severity = if judged.change.asked.ideal_state { Outcome::Fail } else { Outcome::Warn };
    let mut lost = |at: (&str, u32), remedy| findings.add(Code::IdealStateLost, severity, at, lost(remedy));
    let minifies = |it: &Application<'_>| flag(it, "global", "SKIP_HTML_MINIFICATION") != Some(false);
    let was_ideal =
        is_made_in_build(before) == Some(true) && runs_post_deploy(before) == Some(true) && minifies(before);
    if !was_ideal || after.config.is_none() {
        return;
    }
    let environment = after.environment.path.as_str();
    let set = |stage: &str, name: &str| after.variable(stage, name).map(|(_, line)| line);
    if is_on_demand(after) {
        let line = set("global", "SCD_ON_DEMAND").unwrap_or(1);
        lost((environment, line), say("Remove %.", ["SCD_ON_DEMAND"]));
    } else if is_skipped(after, "build") {
        let line = set("build", "SKIP_SCD").or_else(|| set("global", "SKIP_SCD")).unwrap_or(1);
        lost((environment, line), say("Remove %.", ["SKIP_SCD"]));
    } else if names_scopes(after) == Some(false) && !matches!(after.environment.tree, File::Unread(_)) {
        let remedy =
            say("Bring websites and stores back: export them with %.", ["php bin/magento app:config:dump"]);
        lost((&after.config_php_path(), 1), remedy);
    }
    if !minifies(after) {
        let line = set("global", "SKIP_HTML_MINIFICATION").unwrap_or(1);
        lost((environment, line), say("Set % to true.", ["SKIP_HTML_MINIFICATION"]));
    }
    if runs_post_deploy(after) == Some(false) {
        let remedy = say("Bring the hook % back.", ["post_deploy"]);
        lost((&after.path, after.hook_line("post_deploy")), remedy);
    }
}

fn lost(remedy: Sentence) -> Words {
    Words {
        title: say("Deploys will keep the shop in maintenance longer", []),
        detail: say(
            "Until now nothing but the database upgrade kept the shop in maintenance. With this change static content \
             would be made, or the cache cleaned, while the shop is in maintenance (1006).",
            [],
        ),
        remedy,
    }
}

/// TP713
fn on_demand(application: &Application<'_>, findings: &mut Findings) {
    let Some((_, line)) =
        application.variable("global", "SCD_ON_DEMAND").filter(|it| it.0.flag() == Some(true))
    else {
        return;
    };
    let words = Words {
        title: say("Static content is made on demand", []),
        detail: say(
            "The file goes the whole path: in production the first customers after each deploy wait while every file \
             is made for them.",
            [],
        ),
        remedy: say(
            "Remove %. On integration alone, set it as a variable of that environment.",
            ["SCD_ON_DEMAND"],
        ),
    };
    findings.add(Code::StaticContentOnDemand, Outcome::Warn, (&application.environment.path, line), words);
}

/// TP714
fn ignored(application: &Application<'_>, findings: &mut Findings) {
    let Some(in_build) = is_made_in_build(application) else { return };
    let in_deploy = !in_build && !is_on_demand(application) && !is_skipped(application, "deploy");
    for (stage, is_read, code) in [("build", in_build, "1005"), ("deploy", in_deploy, "2013")] {
        for name in ["SCD_STRATEGY", "SCD_THREADS"] {
            let Some((_, line)) = application.variable(stage, name).filter(|_| !is_read) else { continue };
            let words = Words {
                title: say("% is not read in the stage %", [name, stage]),
                detail: say(
                    "No static content is made in this stage, so the value is passed over with a warning (%).",
                    [code],
                ),
                remedy: say("Move % to the stage % or to %.", [name, other(stage), "global"]),
            };
            findings.add(Code::VariableIgnored, Outcome::Warn, (&application.environment.path, line), words);
        }
    }
}

fn other(stage: &str) -> &'static str {
    if stage == "build" { "deploy" } else { "build" }
}
