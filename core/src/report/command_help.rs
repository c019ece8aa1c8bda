//! The words of `/help`: what somebody may do where they ask, and all there is to say of one command.

use super::markdown::{block, code, code_in_table};
use super::prose::{count, row};
use super::reply::{CommandReply, CommandStatus};

/// One command, for somebody who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandHelp {
    /// How it is written: `/deploy ENV [--reason TEXT]`.
    pub usage: String,
    /// An example of it.
    pub example: String,
    /// What it does, in one line that goes on behind its name.
    pub summary: &'static str,
    /// Whether it changes anything.
    pub acts: bool,
    /// Its flags.
    pub flags: Vec<FlagHelp>,
    /// Where it works, such as `open pull requests`.
    pub works_on: &'static str,
    /// Whether it works where it was asked about.
    pub works_here: bool,
    /// Who may give it: for each environment by itself, where the command names one.
    pub rights: Vec<CommandRight>,
}

/// A flag of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlagHelp {
    /// How it is written: `--until TIME`.
    pub form: String,
    /// Whether it has to be there.
    pub required: bool,
    /// What it does, in one line.
    pub summary: &'static str,
}

/// Who may give a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandRight {
    /// For which environment; `None` for a command that names none.
    pub environment: Option<String>,
    /// Whether who asks may.
    pub allowed: bool,
    /// Who may, as Markdown: ``whoever has the role `write` or a higher one``.
    pub who_may: String,
}

/// What somebody may do here; the rest is folded, each command with the reason. `has` says in Markdown what they are:
/// ``you have the role `write` ``. `more` is how they ask about one command.
pub fn help(commands: &[CommandHelp], has: &str, more: &str) -> CommandReply {
    let open = |it: &&CommandHelp| it.works_here && it.rights.iter().any(|right| right.allowed);
    let given: Vec<&CommandHelp> = commands.iter().filter(open).collect();
    let tables = [("To ask", false), ("To act", true)].map(|(heading, acts)| {
        let rows: Vec<String> = given.iter().filter(|it| it.acts == acts).map(|it| it.in_table()).collect();
        if rows.is_empty() {
            String::new()
        } else {
            format!("| {heading} | |\n|---|---|\n{}", rows.join("\n"))
        }
    });
    let mut next: Vec<String> = tables.into_iter().filter(|table| !table.is_empty()).collect();
    next.push(format!("{} tells all about one of them.", code(more)));
    let said = match given.len() {
        all if all == commands.len() => "you may give every command here.".to_owned(),
        some => format!("you may give {some} of {} here.", count(commands.len(), "command")),
    };
    let said = CommandReply::new(CommandStatus::Done, "done", said).next(next.join("\n\n"));
    let others: Vec<String> = commands.iter().flat_map(CommandHelp::withheld).collect();
    if others.is_empty() {
        return said;
    }
    said.evidence("What you cannot do here, and why", format!("Here {has}.\n\n{}", others.join("\n")))
}

/// All there is to say of one command.
pub fn help_on(command: &CommandHelp) -> CommandReply {
    let may = command.rights_alike();
    let allowed: Vec<&str> = command.allowed().filter_map(|it| it.environment.as_deref()).collect();
    let you = match may.as_slice() {
        rights if rights.iter().all(|(right, _)| right.allowed) => "You may give it".to_owned(),
        rights if rights.iter().all(|(right, _)| !right.allowed) => "You may not give it".to_owned(),
        _ => format!("You may give it for {}", row(&allowed, "and").markdown()),
    };
    let here = match (command.works_here, you.starts_with("You may not")) {
        (true, _) => "",
        (false, false) => ", but it does not work here",
        (false, true) => ", and it does not work here",
    };
    let mut parts = vec![block("", &command.usage), "For example:".to_owned(), block("", &command.example)];
    if !command.flags.is_empty() {
        let rows: Vec<String> = command.flags.iter().map(FlagHelp::in_table).collect();
        parts.push(format!("| Flag | |\n|---|---|\n{}", rows.join("\n")));
    }
    let changes = if command.acts { "" } else { " It changes nothing." };
    parts.push(format!("It works on {}.{changes}", command.works_on));
    let who: Vec<String> = may
        .iter()
        .map(|(right, environments)| format!("{}{}", for_which(environments), right.who_may))
        .collect();
    parts.push(format!("Who may give it: {}.", who.join("; ")));
    let said = format!("it {}. {you}{here}.", command.summary);
    CommandReply::new(CommandStatus::Done, "done", said).next(parts.join("\n\n"))
}

impl CommandHelp {
    fn allowed(&self) -> impl Iterator<Item = &CommandRight> {
        self.rights.iter().filter(|right| right.allowed)
    }

    fn in_table(&self) -> String {
        let allowed: Vec<&str> = self.allowed().filter_map(|it| it.environment.as_deref()).collect();
        let only = if self.allowed().count() == self.rights.len() {
            String::new()
        } else {
            format!("; you: only for {}", row(&allowed, "and").markdown())
        };
        format!("| {} | {}{only} |", code_in_table(&self.usage), self.summary)
    }

    /// What of it somebody may not give, in items of a list.
    fn withheld(&self) -> Vec<String> {
        let usage = code(&self.usage);
        if !self.works_here {
            return vec![format!("* {usage} works on {}.", self.works_on)];
        }
        let refused = self.rights_alike().into_iter().filter(|(right, _)| !right.allowed);
        let line = |(right, environments): (&CommandRight, Vec<&str>)| {
            format!("* {usage} {}is for {}.", for_which(&environments).replace(": ", " "), right.who_may)
        };
        refused.map(line).collect()
    }

    /// The rights with the environments that have the same one; none where all have.
    fn rights_alike(&self) -> Vec<(&CommandRight, Vec<&str>)> {
        let mut found: Vec<(&CommandRight, Vec<&str>)> = Vec::new();
        for right in &self.rights {
            let environment = right.environment.as_deref();
            match found.iter_mut().find(|(it, _)| it.who_may == right.who_may) {
                Some((_, environments)) => environments.extend(environment),
                None => found.push((right, environment.into_iter().collect())),
            }
        }
        if let [(_, environments)] = found.as_mut_slice() {
            environments.clear();
        }
        found
    }
}

impl FlagHelp {
    fn in_table(&self) -> String {
        let needed = if self.required { " (required)" } else { "" };
        format!("| {} | {}{needed} |", code_in_table(&self.form), self.summary)
    }
}

fn for_which(environments: &[&str]) -> String {
    if environments.is_empty() {
        return String::new();
    }
    format!("for {}: ", row(environments, "and").markdown())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::CommentKey;
    use crate::report::reply;

    const WRITE: &str = "whoever has the role `write` or a higher one";
    const MAINTAIN: &str = "whoever has the role `maintain` or a higher one";

    fn right(environment: Option<&str>, allowed: bool) -> CommandRight {
        let who_may = if allowed { WRITE } else { MAINTAIN }.to_owned();
        CommandRight { environment: environment.map(str::to_owned), allowed, who_may }
    }

    fn check() -> CommandHelp {
        CommandHelp {
            usage: "/tp-check".to_owned(),
            example: "/tp-check".to_owned(),
            summary: "judges the pull request once more",
            acts: false,
            flags: Vec::new(),
            works_on: "open pull requests",
            works_here: true,
            rights: vec![right(None, true)],
        }
    }

    fn deploy() -> CommandHelp {
        let flag = FlagHelp { form: "--reason TEXT".to_owned(), required: false, summary: "why" };
        let rights = [("integration", true), ("staging", true), ("production", false)];
        CommandHelp {
            usage: "/tp-deploy ENV [SHA|#N]".to_owned(),
            example: "/tp-deploy staging".to_owned(),
            summary: "deploys what ENV's branch points at",
            acts: true,
            flags: vec![flag],
            works_on: "pull requests; issues if you name an environment",
            rights: rights.map(|(name, allowed)| right(Some(name), allowed)).to_vec(),
            ..check()
        }
    }

    fn resume() -> CommandHelp {
        let rights = ["staging", "production"].map(|name| right(Some(name), false)).to_vec();
        CommandHelp {
            usage: "/tp-resume ENV".to_owned(),
            summary: "lifts the hold on ENV",
            rights,
            ..deploy()
        }
    }

    fn shown(said: &CommandReply) -> String {
        reply(CommentKey::Line(3), &[("help", "/tp-help", said)])
    }

    #[test]
    fn what_somebody_may_do_comes_first_and_the_rest_with_the_reason() {
        let all = [check(), deploy(), resume()];
        insta::assert_snapshot!(shown(&help(&all, "you have the role `write`", "/tp-help COMMAND")), @r#"
        **Done** `/tp-help`: you may give 2 of 3 commands here.

        | To ask | |
        |---|---|
        | `/tp-check` | judges the pull request once more |

        | To act | |
        |---|---|
        | `/tp-deploy ENV [SHA\|#N]` | deploys what ENV's branch points at; you: only for `integration` and `staging` |

        `/tp-help COMMAND` tells all about one of them.

        <details><summary>What you cannot do here, and why</summary>

        Here you have the role `write`.

        * `/tp-deploy ENV [SHA|#N]` for `production` is for whoever has the role `maintain` or a higher one.
        * `/tp-resume ENV` is for whoever has the role `maintain` or a higher one.

        </details>

        <!-- towpath:command {"base":null,"code":"done","command":"help","head":null,"schema_version":1} -->

        <!-- towpath:reply:line-3 -->
        "#);
    }

    #[test]
    fn what_does_not_work_here_says_where_it_does() {
        let elsewhere = CommandHelp { works_here: false, ..check() };
        let said = help(&[elsewhere], "you have the role `read`", "/tp-help COMMAND");
        insta::assert_snapshot!(shown(&said), @r#"
        **Done** `/tp-help`: you may give 0 of 1 command here.

        `/tp-help COMMAND` tells all about one of them.

        <details><summary>What you cannot do here, and why</summary>

        Here you have the role `read`.

        * `/tp-check` works on open pull requests.

        </details>

        <!-- towpath:command {"base":null,"code":"done","command":"help","head":null,"schema_version":1} -->

        <!-- towpath:reply:line-3 -->
        "#);
    }

    #[test]
    fn who_may_everything_is_told_nothing_else() {
        let said = help(&[check()], "you have the role `admin`", "/tp-help COMMAND");
        assert_eq!((said.outcome.as_str(), said.evidence), ("you may give every command here.", None));
    }

    #[test]
    fn one_command_is_told_whole() {
        insta::assert_snapshot!(shown(&help_on(&deploy())), @r#"
        **Done** `/tp-help`: it deploys what ENV's branch points at. You may give it for `integration` and `staging`.

        ```
        /tp-deploy ENV [SHA|#N]
        ```

        For example:

        ```
        /tp-deploy staging
        ```

        | Flag | |
        |---|---|
        | `--reason TEXT` | why |

        It works on pull requests; issues if you name an environment.

        Who may give it: for `integration` and `staging`: whoever has the role `write` or a higher one; for `production`: whoever has the role `maintain` or a higher one.

        <!-- towpath:command {"base":null,"code":"done","command":"help","head":null,"schema_version":1} -->

        <!-- towpath:reply:line-3 -->
        "#);
        let told = [
            check(),
            CommandHelp { works_here: false, ..check() },
            resume(),
            CommandHelp { works_here: false, ..resume() },
        ]
        .map(|it| help_on(&it).outcome);
        insta::assert_snapshot!(told.join("\n"), @"
        it judges the pull request once more. You may give it.
        it judges the pull request once more. You may give it, but it does not work here.
        it lifts the hold on ENV. You may not give it.
        it lifts the hold on ENV. You may not give it, and it does not work here.
        ");
    }
}
