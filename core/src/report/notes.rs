//! What people did about a verdict by buttons, beneath what it says.

use super::limits::{BODY, RESERVE, fit};
use super::markdown::code;
use crate::model::BranchName;

/// What came of a button that somebody pressed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// What the button is called by, as in [`super::Action::identifier`].
    pub what: String,
    /// The login of who pressed it.
    pub who: String,
    /// What came of it.
    pub outcome: String,
    /// Whether it was carried out.
    pub done: bool,
}

/// A text with what people did beneath it; the same text where there is nothing to say.
pub fn with_notes(text: String, notes: &[Note]) -> String {
    if notes.is_empty() {
        return text;
    }
    let notes: Vec<String> = notes.iter().map(Note::markdown).collect();
    fit(&[text, notes.join("\n")], BODY - RESERVE)
}

impl Note {
    fn markdown(&self) -> String {
        let button = [super::RECHECK, super::RETARGET, super::REBUILD];
        let label = button.iter().find(|it| it.identifier == self.what).map_or("A button", |it| it.label);
        let (who, outcome) = (code(&self.who), code(&self.outcome));
        let end = if self.done { "done" } else { "not done" };
        format!("**{label}**, pressed by {who}, {end}: {outcome}")
    }
}

/// The text of a pull request that takes the place of another one.
pub fn replacement(number: u64, base: &BranchName, kept: usize, who: &str) -> String {
    let commits = if kept == 1 { "commit".to_owned() } else { format!("{kept} commits") };
    format!(
        "This puts the {commits} of #{number} onto {}. Authors, dates and messages stay the same; signatures get \
         lost. {} asked for it.\n\nOnce this is merged, close #{number}.",
        code(base.as_str()),
        code(who)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_did_stands_beneath_in_code() {
        let note = |done| Note {
            what: "rebuild".to_owned(),
            who: "ana".to_owned(),
            outcome: "made `x` for @bob".to_owned(),
            done,
        };
        let text = with_notes("Words.".to_owned(), &[note(true), note(false)]);
        assert_eq!(
            text,
            "Words.\n\n**Rebuild branch**, pressed by `ana`, done: ``made `x` for @bob``\n\
             **Rebuild branch**, pressed by `ana`, not done: ``made `x` for @bob``"
        );
        assert_eq!(with_notes("Words.".to_owned(), &[]), "Words.");
    }
}
