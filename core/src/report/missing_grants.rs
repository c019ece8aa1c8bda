//! What commands need and an installation does not grant: a note on checks, and a line of the log.

use super::limits::{BODY, RESERVE, fit};
use super::markdown::code;
use crate::model::{CommandGrant, MissingGrants};
use std::collections::BTreeSet;

/// A text with the note beneath it, as its last line.
pub fn with_missing_grants(text: String, note: String) -> String {
    fit(&[text, note], BODY - RESERVE)
}

/// The note on checks of an account's repositories. `html_url` is the installation's page; empty where it is not known.
pub fn missing_grants(account: &str, missing: &MissingGrants, html_url: &str) -> String {
    let place = if html_url.is_empty() {
        "in the installation's settings".to_owned()
    } else {
        format!("in [the installation's settings]({html_url})")
    };
    let account = code(account);
    let what = format!("{}.", effect(missing, "here yet"));
    let listed = |grants: &BTreeSet<CommandGrant>| in_words(grants, |label| format!("*{label}*"));
    let to_accept = listed(&missing.to_accept);
    if missing.to_ask_for.is_empty() {
        return format!("{what} Whoever administers {account} has to accept {to_accept} {place}.");
    }
    let also = if to_accept.is_empty() { String::new() } else { format!(" with {to_accept}") };
    format!(
        "{what} Whoever runs Towpath has to add {} to the App; then whoever administers {account} accepts that{also} \
         {place}.",
        listed(&missing.to_ask_for)
    )
}

/// The same for the log, which the operator reads.
pub fn missing_grants_line(account: &str, missing: &MissingGrants, html_url: &str) -> String {
    let what = effect(missing, &format!("in {account} yet"));
    let place = if html_url.is_empty() {
        "in the installation's settings".to_owned()
    } else {
        format!("at {html_url}")
    };
    let listed = |grants: &BTreeSet<CommandGrant>| in_words(grants, str::to_owned);
    let to_accept = listed(&missing.to_accept);
    if missing.to_ask_for.is_empty() {
        return format!("{what}: whoever administers {account} has to accept {to_accept} {place}");
    }
    let also = if to_accept.is_empty() { String::new() } else { format!(" with {to_accept}") };
    format!(
        "{what}: the App does not ask for {}; add that in its settings, as app-manifest.yml has it, then whoever \
         administers {account} accepts it{also} {place}",
        listed(&missing.to_ask_for)
    )
}

fn effect(missing: &MissingGrants, wherever: &str) -> String {
    if missing.contains(CommandGrant::IssueComment) {
        return format!("Towpath takes no commands {wherever}");
    }
    let is_missing = |grant: &CommandGrant| missing.contains(*grant);
    if CommandGrant::ALL.iter().filter(|it| is_missing(it)).all(|it| *it == CommandGrant::Members) {
        return format!("Towpath cannot tell who is in a team {wherever}");
    }
    format!("Commands work only in part {wherever}")
}

fn in_words(grants: &BTreeSet<CommandGrant>, dress: impl Fn(&str) -> String) -> String {
    let labels: Vec<String> = grants.iter().map(|it| dress(it.label())).collect();
    match labels.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => labels.concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use insta::assert_snapshot;

    const PAGE: &str = "https://github.com/organizations/acme/settings/installations/7";

    fn missing(to_accept: &[CommandGrant], to_ask_for: &[CommandGrant]) -> MissingGrants {
        let set = |grants: &[CommandGrant]| grants.iter().copied().collect();
        MissingGrants { to_accept: set(to_accept), to_ask_for: set(to_ask_for) }
    }

    fn said(missing: &MissingGrants, page: &str) -> String {
        let (note, line) =
            (missing_grants("acme", missing, page), missing_grants_line("acme", missing, page));
        format!("{note}\n\n{line}")
    }

    #[test]
    fn it_says_what_does_not_work_who_has_to_accept_what_and_where() {
        let [comment, review, line, issues, .., members] = CommandGrant::ALL;
        assert_snapshot!(said(&missing(&[comment, review, line, members], &[]), PAGE), @r"
        Towpath takes no commands here yet. Whoever administers `acme` has to accept *Issue comment*, *Pull request review*, *Pull request review comment* and *Members: read* in [the installation's settings](https://github.com/organizations/acme/settings/installations/7).

        Towpath takes no commands in acme yet: whoever administers acme has to accept Issue comment, Pull request review, Pull request review comment and Members: read at https://github.com/organizations/acme/settings/installations/7
        ");
        assert_snapshot!(said(&missing(&[review, issues], &[]), ""), @r"
        Commands work only in part here yet. Whoever administers `acme` has to accept *Pull request review* and *Issues: write* in the installation's settings.

        Commands work only in part in acme yet: whoever administers acme has to accept Pull request review and Issues: write in the installation's settings
        ");
        assert_snapshot!(said(&missing(&[], &[members]), PAGE), @r"
        Towpath cannot tell who is in a team here yet. Whoever runs Towpath has to add *Members: read* to the App; then whoever administers `acme` accepts that in [the installation's settings](https://github.com/organizations/acme/settings/installations/7).

        Towpath cannot tell who is in a team in acme yet: the App does not ask for Members: read; add that in its settings, as app-manifest.yml has it, then whoever administers acme accepts it at https://github.com/organizations/acme/settings/installations/7
        ");
        assert_snapshot!(said(&missing(&[members], &[comment, review]), PAGE), @r"
        Towpath takes no commands here yet. Whoever runs Towpath has to add *Issue comment* and *Pull request review* to the App; then whoever administers `acme` accepts that with *Members: read* in [the installation's settings](https://github.com/organizations/acme/settings/installations/7).

        Towpath takes no commands in acme yet: the App does not ask for Issue comment and Pull request review; add that in its settings, as app-manifest.yml has it, then whoever administers acme accepts it with Members: read at https://github.com/organizations/acme/settings/installations/7
        ");
    }

    #[test]
    fn a_name_of_an_account_is_code_and_the_note_is_the_last_line() {
        let note = missing_grants("a`b", &missing(&[CommandGrant::Issues], &[]), PAGE);
        assert!(note.contains("``a`b``"), "{note}");
        let text = with_missing_grants("Words.".to_owned(), note.clone());
        assert_eq!(text, format!("Words.\n\n{note}"));
    }
}
