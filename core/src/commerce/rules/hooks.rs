//! TP710 and TP711: what the hooks run.

use super::project::{Application, Hook};
use super::tree::has_ending;
use super::{Findings, Judged, Words, say};
use crate::commerce::read::Node;
use crate::model::{Code, Outcome, Sentence};

/// The words of one command.
type Command<'a> = Vec<&'a str>;

impl Hook<'_> {
    /// The lines without comments, those that a backslash continues in one.
    fn lines(&self) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        let mut goes_on = false;
        for line in self.text.lines() {
            let line = without_comment(line).trim();
            let bare = line.strip_suffix('\\');
            match lines.last_mut().filter(|_| goes_on) {
                Some(last) => {
                    last.push(' ');
                    last.push_str(bare.unwrap_or(line));
                }
                None if !line.is_empty() => lines.push(bare.unwrap_or(line).to_owned()),
                None => {}
            }
            goes_on = bare.is_some();
        }
        lines
    }

    /// Calls `each` with the words of every command, in order.
    fn commands(&self, mut each: impl FnMut(&Command<'_>)) {
        for line in self.lines() {
            let line = line.replace("&&", "\n").replace("||", "\n").replace([';', '|'], "\n");
            for command in line.lines() {
                let command: Command<'_> = command.split_whitespace().collect();
                if !command.is_empty() {
                    each(&command);
                }
            }
        }
    }

    /// What ece-tools is asked to do: scenarios that it runs, and names of its commands.
    pub(super) fn asked_of_ece_tools(&self) -> Vec<String> {
        let mut asked = Vec::new();
        self.commands(|command| {
            // The names of its programs in the first versions.
            let old = command.iter().find_map(|word| word.rsplit('/').next()?.strip_prefix("m2-ece-"));
            asked.extend(old.map(str::to_owned));
            let Some(at) = command.iter().position(|word| is_ece_tools(word)) else { return };
            let words = command[at + 1..].iter().filter(|word| !word.starts_with('-'));
            let mut words =
                words.map(|word| word.trim_matches(['"', '\'']).trim_start_matches("./").to_owned());
            match words.next() {
                Some(first) if first == "run" => asked.extend(words),
                first => asked.extend(first),
            }
        });
        asked
    }

    /// Whether it runs a script, in which anything can be.
    fn runs_script(&self) -> bool {
        let mut runs = false;
        self.commands(|command| runs |= command.iter().any(|word| has_ending(word, "sh")));
        runs
    }

    fn asks_for(&self, any: &[&str]) -> bool {
        self.asked_of_ece_tools().iter().any(|asked| any.contains(&asked.as_str()))
    }

    fn runs_build(&self) -> bool {
        let has = |any: &[&str]| self.asks_for(any);
        let generates = has(&["scenario/build/generate.xml", "build:generate"]);
        let transfers = has(&["scenario/build/transfer.xml", "build:transfer"]);
        has(&["build"]) || generates && transfers
    }

    fn installs_packages(&self) -> bool {
        let mut installs = false;
        self.commands(|command| installs |= is_composer_install(command));
        installs
    }

    /// Whether an error of what matters would go unnoticed: it does not end the hook, and something follows.
    fn passes_over_errors(&self) -> bool {
        if self.lines().len() < 2 {
            return false;
        }
        let (mut stops, mut passes) = (false, false);
        self.commands(|command| match command.as_slice() {
            ["set", flags @ ..] => {
                if let Some(set) = errexit(flags) {
                    stops = set;
                }
            }
            command => {
                let matters = command.iter().any(|word| is_ece_tools(word)) || is_composer(command);
                passes |= matters && !stops;
            }
        });
        passes
    }
}

/// What `set` makes of the option that ends a script at the first error, where it changes it.
fn errexit(flags: &[&str]) -> Option<bool> {
    let mut set = None;
    let mut words = flags.iter();
    while let Some(word) = words.next() {
        let is_on = word.starts_with('-');
        let Some(letters) = word.strip_prefix(['-', '+']) else { continue };
        if letters.contains('e') {
            set = Some(is_on);
        }
        if letters.ends_with('o') && words.next() == Some(&"errexit") {
            set = Some(is_on);
        }
    }
    set
}

fn without_comment(line: &str) -> &str {
    let is_comment = |at: usize| line[..at].chars().next_back().is_none_or(char::is_whitespace);
    line.match_indices('#').find(|(at, _)| is_comment(*at)).map_or(line, |(at, _)| &line[..at])
}

fn is_ece_tools(word: &str) -> bool {
    word.trim_matches(['"', '\'']).rsplit('/').next() == Some("ece-tools")
}

fn is_composer(command: &[&str]) -> bool {
    command.iter().take(3).any(|word| matches!(word.rsplit('/').next(), Some("composer" | "composer.phar")))
}

fn is_composer_install(command: &Command<'_>) -> bool {
    is_composer(command) && command.iter().any(|word| matches!(*word, "install" | "i"))
}

pub(super) fn rules(judged: &Judged<'_>, findings: &mut Findings) {
    for application in judged.head.shops().filter(|application| application.config.is_some()) {
        build(application, findings);
        composer(application, findings);
        deploy(application, findings);
        post_deploy(application, findings);
    }
}

fn tell(
    (application, code, severity): (&Application<'_>, Code, Outcome),
    line: u32,
    (title, detail, remedy): (Sentence, &'static str, Sentence),
    findings: &mut Findings,
) {
    let words = Words { title, detail: say(detail, []), remedy };
    findings.add(code, severity, (&application.path, line), words);
}

/// TP710, what it runs
fn build(application: &Application<'_>, findings: &mut Findings) {
    let hook = application.hook("build");
    let line = application.hook_line("build");
    if hook.is_some_and(|hook| hook.runs_script()) {
        return;
    }
    if !hook.is_some_and(|hook| hook.runs_build()) {
        let told = (
            say("The build hook does not run ece-tools", []),
            "Patches, compiled code and static content are missing, and the deploy meets files that are not there.",
            say(
                "Let the hook run % with % and %.",
                ["ece-tools run", "scenario/build/generate.xml", "scenario/build/transfer.xml"],
            ),
        );
        tell((application, Code::BuildHook, Outcome::Fail), line, told, findings);
    }
    if hook.is_some_and(|hook| hook.passes_over_errors()) {
        let told = (
            say("The build hook goes on after an error", []),
            "Only the last command decides whether a build fails: after a failed one the rest is built and deployed.",
            say("Begin the hook with %.", ["set -e"]),
        );
        tell((application, Code::BuildHook, Outcome::Warn), line, told, findings);
    }
}

/// TP710, composer
fn composer(application: &Application<'_>, findings: &mut Findings) {
    let dependency = application.get("dependencies").and_then(|it| it.get("php")?.key("composer/composer"));
    let Some(dependency) = dependency.filter(|key| key.value.scalar().is_some_and(is_composer_2)) else {
        return;
    };
    let build = application.get("build");
    let flavor = build.and_then(|build| build.key("flavor"));
    let has_none = flavor.is_some_and(|key| key.value.scalar() == Some("none"));
    let hook = application.hook("build");
    let installs = hook.is_some_and(|hook| hook.installs_packages() || hook.runs_script());
    let (line, title, remedy) = if !has_none {
        let line = flavor.map_or(dependency.place.line, |key| key.place.line);
        (line, say("Composer 2 needs %", ["flavor: none"]), say("Set % below %.", ["flavor: none", "build"]))
    } else if !installs {
        let remedy = say("Let the build hook begin with % after %.", ["composer install", "set -e"]);
        (application.hook_line("build"), say("The build hook does not run %", ["composer install"]), remedy)
    } else {
        return;
    };
    let detail = "The platform's own step installs packages with Composer 1, and with Composer 2 nothing does unless the \
                  hook says so: the build lacks packages.";
    tell((application, Code::BuildHook, Outcome::Warn), line, (title, detail, remedy), findings);
}

/// Whether a constraint is one of Composer 2.
fn is_composer_2(constraint: &str) -> bool {
    constraint.trim_start_matches(|c: char| !c.is_ascii_digit()).starts_with('2')
}

/// TP711, deploy
fn deploy(application: &Application<'_>, findings: &mut Findings) {
    let hook = application.hook("deploy");
    if hook.is_some_and(|hook| hook.runs_script() || hook.asks_for(&["scenario/deploy.xml", "deploy"])) {
        return;
    }
    let told = (
        say("The deploy hook does not run ece-tools", []),
        "The database is not upgraded and the configuration not imported: new code runs on an old database.",
        say("Let the hook run %.", ["php ./vendor/bin/ece-tools run scenario/deploy.xml"]),
    );
    tell((application, Code::DeployHook, Outcome::Fail), application.hook_line("deploy"), told, findings);
}

/// Whether the post-deploy hook runs ece-tools; none where it is a script.
pub(super) fn runs_post_deploy(application: &Application<'_>) -> Option<bool> {
    let Some(hook) = application.hook("post_deploy") else { return Some(false) };
    let runs = hook.asks_for(&["scenario/post-deploy.xml", "post-deploy"]);
    (runs || !hook.runs_script()).then_some(runs)
}

/// TP711, post-deploy
fn post_deploy(application: &Application<'_>, findings: &mut Findings) {
    if runs_post_deploy(application) != Some(false) {
        return;
    }
    let told = (
        say("The post-deploy hook does not run ece-tools", []),
        "The cache is cleaned while the shop is in maintenance, and the first customers wait for cold pages.",
        say(
            "Let the hook % run %.",
            ["post_deploy", "php ./vendor/bin/ece-tools run scenario/post-deploy.xml"],
        ),
    );
    tell(
        (application, Code::DeployHook, Outcome::Warn),
        application.hook_line("post_deploy"),
        told,
        findings,
    );
}

/// The hooks of an application.
pub(super) fn hooks<'a>(application: &'a Application<'_>) -> impl Iterator<Item = Hook<'a>> {
    let keys = application.get("hooks").map_or(&[][..], Node::keys);
    keys.iter().filter_map(|key| Some(Hook { text: key.value.scalar()? }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hook(text: &str) -> Hook<'_> {
        Hook { text }
    }

    #[test]
    fn what_ece_tools_is_asked_is_read_however_it_is_written() {
        let asked = hook(
            "set -e # php ece-tools run no\nphp ./vendor/bin/ece-tools run ./scenario/deploy.xml \\\n  'a/b.xml' && \
             vendor/bin/ece-tools -v build:generate; ece-tools db-dump",
        );
        assert_eq!(
            asked.asked_of_ece_tools(),
            ["scenario/deploy.xml", "a/b.xml", "build:generate", "db-dump"]
        );
    }

    #[test]
    fn a_hook_passes_over_errors_unless_it_is_told_not_to() {
        let two = "composer install\nece-tools build\n";
        assert!(hook(two).passes_over_errors());
        for first in
            ["set -e", "set -eu", "set -euo pipefail", "set -o errexit", "set -x -e", "set -x\nset -e"]
        {
            assert!(!hook(&format!("{first}\n{two}")).passes_over_errors(), "{first}");
        }
        for first in ["set -x", "set -o pipefail", "# set -e", "set -e\nset +e", "echo set -e"] {
            assert!(hook(&format!("{first}\n{two}")).passes_over_errors(), "{first}");
        }
        assert!(!hook("composer install && \\\n ece-tools build").passes_over_errors());
    }

    #[test]
    fn composer_is_known_by_its_constraint() {
        assert!(["2.9.3", "^2", "~2.1", ">=2.0"].into_iter().all(is_composer_2));
        assert!(!["1.10", "^1", "*"].into_iter().any(is_composer_2));
    }
}
