//! A path as the YAML that describes it, nothing left out.

mod calendar;
mod requires;

use std::fmt::Write as _;
use std::time::Duration;

use super::deploy::spelled;
use super::file::FIRM_CODES;
use crate::model::{
    ActiveRules, Code, CommerceSettings, DeploySettings, DriverSettings, ForeignDeployments, Grant, Grantee,
    PromotionPath, Source,
};

/// Everything of `path`, defaults too.
pub(super) fn yaml(path: &PromotionPath) -> String {
    let mut yaml = "version: 1\nenvironments:\n".to_owned();
    let mut line = |text: std::fmt::Arguments<'_>| {
        // Writing into a text does not fail.
        let _ = writeln!(yaml, "{text}");
    };
    for environment in &path.environments {
        let accepts: Vec<_> = environment.accepts.iter().map(Source::as_str).map(scalar).collect();
        line(format_args!("  - name: {}", scalar(&environment.name)));
        line(format_args!("    branch: {}", scalar(environment.branch.as_str())));
        line(format_args!("    accepts: [{}]", accepts.join(", ")));
        line(format_args!("    requires: {{ {} }}", requires::keys(path, environment)));
        for text in active(&environment.active) {
            line(format_args!("    {text}"));
        }
        // Written out it would mean more: that somebody is there who deploys.
        let unsaid = if environment.deploy.driver_is_written { "" } else { "# where nothing is said: " };
        line(format_args!("    {unsaid}deploy: {{ {} }}", deploy(&environment.deploy)));
        if !environment.aftercare.is_empty() {
            let times: Vec<_> = environment.aftercare.iter().copied().map(spelled).collect();
            line(format_args!("    aftercare: [{}]", times.join(", ")));
        }
    }
    match &path.copy {
        None => line(format_args!("copy: none")),
        Some(copy) => {
            let (branch, of) = (scalar(copy.branch.as_str()), scalar(&copy.of));
            let (mode, after) = (copy.mode.as_str(), copy.after.as_str());
            if copy.after_is_written {
                line(format_args!("copy: {{ branch: {branch}, of: {of}, mode: {mode}, after: {after} }}"));
            } else {
                let unsaid = format_args!("# where nothing is said: after: {after}");
                line(format_args!("copy: {{ branch: {branch}, of: {of}, mode: {mode} }}    {unsaid}"));
            }
        }
    }
    line(format_args!("rules:"));
    for code in Code::ALL.into_iter().filter(|code| !FIRM_CODES.contains(code)) {
        line(format_args!("  {code}: {}", path.rules.level(code).as_str()));
    }
    match &path.ignore_paths {
        None => {
            line(format_args!("# ignore_paths is not set: only the copy branch may differ, in .github/"));
        }
        Some(paths) => {
            let patterns: Vec<_> = paths.patterns().iter().map(|pattern| scalar(pattern)).collect();
            line(format_args!("ignore_paths: [{}]", patterns.join(", ")));
        }
    }
    line(format_args!("comment: {}", path.comment.as_str()));
    if path.carry_back_within == Duration::ZERO {
        line(format_args!("# hotfixes is not set: a promotion waits at once for a hotfix that is owed"));
    } else {
        line(format_args!("hotfixes: {{ carry_back_within: {} }}", spelled(path.carry_back_within)));
    }
    yaml + &commands(path) + &commerce(path) + &calendar::calendar(&path.calendar)
}

/// What is said of active branches.
fn active(rules: &ActiveRules) -> Vec<String> {
    let mut lines = vec![format!("active: {}", u64::from(rules.places) + 1)];
    match rules.idle {
        Some(idle) => lines.push(format!("active_idle: {}", spelled(idle))),
        None if rules.places > 0 => {
            lines[0] += "    # active_idle is not set: no place is to be freed because nobody pushes";
        }
        None => {}
    }
    if rules.places > 0 || !rules.keeps_data {
        lines.push(format!("active_keeps_data: {}", rules.keeps_data));
    }
    lines
}

/// What is said of commands and overrides.
fn commands(path: &PromotionPath) -> String {
    let mut lines = Vec::new();
    let granted: Vec<_> = path.commands.iter().collect();
    if granted.is_empty() {
        lines.push("# commands is not set: each command has its own default".to_owned());
    } else {
        lines.push("commands:".to_owned());
        lines.extend(granted.into_iter().map(|(name, grant)| format!("  {name}: {}", granted_to(grant))));
    }
    lines.push(match path.command_prefix.as_str() {
        "" => "# command_prefix is not set: a command is written /name".to_owned(),
        prefix => format!("command_prefix: {}", scalar(prefix)),
    });
    let second = path.overrides.second;
    lines.push(match path.overrides.budget {
        None => format!("overrides: {{ second: {second} }}    # budget is not set: nobody counts overrides"),
        Some(budget) => format!("overrides: {{ second: {second}, budget: {budget} }}"),
    });
    lines.join("\n") + "\n"
}

fn granted_to(grant: &Grant) -> String {
    match grant {
        Grant::Everywhere(people) => list(people),
        Grant::On(environments) => {
            let each = environments.iter();
            let each: Vec<_> =
                each.map(|(name, people)| format!("{}: {}", scalar(name.as_str()), list(people))).collect();
            format!("{{ {} }}", each.join(", "))
        }
    }
}

fn list(people: &[Grantee]) -> String {
    let words: Vec<_> = people.iter().map(|it| scalar(&it.to_string())).collect();
    format!("[{}]", words.join(", "))
}

/// What is said of a preset.
fn commerce(path: &PromotionPath) -> String {
    let Some(CommerceSettings { plan, root, services_by_ticket, disk }) = &path.commerce else {
        return "# preset is not set: the files of pull requests are not read\n".to_owned();
    };
    let root = if root.is_empty() { ".".to_owned() } else { scalar(root) };
    let names: Vec<String> = services_by_ticket.iter().map(|name| scalar(name)).collect();
    let (disk, unsaid) = match disk {
        Some(disk) => (format!(", disk: {disk}"), ""),
        None => (String::new(), "    # disk is not set: nobody adds disks up"),
    };
    let (plan, names) = (plan.as_str(), names.join(", "));
    format!(
        "preset: commerce\ncommerce: {{ plan: {plan}, root: {root}, services_by_ticket: [{names}]{disk} }}{unsaid}\n"
    )
}

/// The settings of a deploy, as they stand between braces.
fn deploy(settings: &DeploySettings) -> String {
    let mut parts = vec![format!("driver: {}", settings.driver.as_str())];
    if settings.driver == DriverSettings::None {
        return parts.remove(0);
    }
    let own = settings.driver.settings().into_iter();
    parts.extend(own.map(|(key, value)| format!("{key}: {}", scalar(value))));
    match &settings.foreign {
        ForeignDeployments::UntilTakenUp => {}
        ForeignDeployments::All => parts.push("foreign: true".to_owned()),
        ForeignDeployments::None => parts.push("foreign: false".to_owned()),
        ForeignDeployments::OfWorkflow { file } => {
            parts.push(format!("foreign: {{ workflow: {} }}", scalar(file)));
        }
    }
    parts.push(format!("timeout: {}", spelled(settings.timeout)));
    parts.push(format!("pick_up_within: {}", spelled(settings.pick_up_within)));
    parts.push(format!("cancel_within: {}", spelled(settings.cancel_within)));
    if !settings.build_settings.is_empty() {
        let pairs: Vec<_> =
            settings.build_settings.iter().map(|(name, value)| scalar(&format!("{name}={value}"))).collect();
        parts.push(format!("build_settings: [{}]", pairs.join(", ")));
    }
    parts.join(", ")
}

/// Words that some readers of YAML take for something else.
const TAKEN: [&str; 9] = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];

/// A text as YAML takes it, in quotes unless it is a plain word.
pub(super) fn scalar(text: &str) -> String {
    let inside = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '/' | '-');
    let plain = text.starts_with(|c: char| c.is_ascii_alphabetic()) && text.chars().all(inside);
    if plain && !TAKEN.contains(&text.to_lowercase().as_str()) {
        return text.to_owned();
    }
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            ' '..='~' => quoted.push(c),
            c if c.is_alphanumeric() => quoted.push(c),
            // Writing into a text does not fail.
            c => _ = write!(quoted, "\\U{:08x}", u32::from(c)),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_yaml_would_misread_is_quoted() {
        assert_eq!(scalar("release/2.4"), "release/2.4");
        assert_eq!(scalar("no"), "\"no\"");
        assert_eq!(scalar("2024"), "\"2024\"");
        assert_eq!(scalar("*.md"), "\"*.md\"");
        assert_eq!(scalar("a\"b"), "\"a\\\"b\"");
        assert_eq!(scalar("\u{feff}é"), "\"\\U0000feffé\"");
    }
}
