//! What a command says of itself, and what it was given.
//!
//! Each command is one constant [`Spec`], in the file that carries it out. Reading arguments ([`bind`]), usage, help and
//! `docs/commands.md` ([`docs`]) follow from it.

mod arguments;
mod bind;
mod document;
mod usage;
mod value;

pub use arguments::{Arguments, NamedPlace, Subject};
pub use bind::bind;
pub use document::docs;
pub use value::{CommitPrefix, LocalMoment, Revision, Until, Value};

use super::grammar::FreeText;
use super::rights::DefaultRight;

/// What a command says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spec {
    /// Its name, in small letters.
    pub name: &'static str,
    /// What it does, in one line that goes on behind the name: `opens or updates the promotion into ENV`.
    pub summary: &'static str,
    /// The arguments of an example, without the command's name.
    pub example: &'static str,
    /// Whether it acts.
    pub kind: Kind,
    /// Where it may be given.
    pub works_on: WorksOn,
    /// Its values, in their order; those that may be left out come last.
    pub parameters: &'static [Parameter],
    /// Its flags, in the order in which usage shows them.
    pub flags: &'static [Flag],
    /// Who may give it where the project does not say.
    pub right: DefaultRight,
    /// What did not happen where it is refused: `nothing was deployed`.
    pub unchanged: &'static str,
}

impl Spec {
    /// What the reader has to know of it, where it takes a free text.
    pub fn free_text(&self) -> Option<FreeText> {
        let takes_text = self.parameters.iter().any(|it| it.takes == Takes::Words);
        let flags = || self.flags.iter().filter(|it| it.takes.is_none()).map(|it| it.name);
        takes_text.then(|| FreeText { command: self.name, flags: flags().collect() })
    }
}

/// Whether a command changes anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// It answers. It may be given again at any time, and by an edit of a comment.
    Read,
    /// It acts, for what its author has seen.
    Act,
}

/// Where a command may be given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WorksOn {
    /// In a pull request that is open.
    OpenPullRequests,
    /// In a pull request.
    PullRequests,
    /// In a pull request; in an issue if an environment is named.
    PullRequestsOrNamed,
    /// In any pull request or issue.
    Anywhere,
}

/// A value of a command, by its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parameter {
    /// What usage calls it.
    pub name: &'static str,
    /// What it has to be.
    pub takes: Takes,
    /// Whether it has to be there.
    pub required: bool,
}

/// What a value has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Takes {
    /// The name of an environment.
    Environment,
    /// The name of an environment, or of a branch's own environment beside one: `integration/feature/cart`.
    Place,
    /// A finding's code, such as TP201.
    Code,
    /// The first digits of a commit.
    Commit,
    /// The first digits of a commit, or a pull request as `#12`.
    Revision,
    /// An environment, the first digits of a commit, or a pull request as `#12`.
    Subject,
    /// The name of a command.
    Command,
    /// Why, on one line.
    Reason,
    /// A time from now on, such as `2h`, or a moment.
    Time,
    /// Any text.
    Text,
    /// A free text, whatever is in it: all of the line but for the command's own flags, which have no values.
    Words,
}

/// A flag of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flag {
    /// Its name without the hyphens, in small letters.
    pub name: &'static str,
    /// What its value has to be; `None` where it has none.
    pub takes: Option<Takes>,
    /// Whether it has to be there.
    pub required: bool,
    /// What it does, in one line.
    pub summary: &'static str,
}

impl Parameter {
    /// An environment, which is never guessed.
    pub const ENVIRONMENT: Self = Self::new("ENV", Takes::Environment);
    /// An environment, or a branch's own one beside it; never guessed.
    pub const PLACE: Self = Self::new("ENV", Takes::Place);
    /// A finding's code.
    pub const CODE: Self = Self::new("CODE", Takes::Code);
    /// A commit or a pull request.
    pub const REVISION: Self = Self::new("SHA|#N", Takes::Revision);
    /// An environment, a commit or a pull request.
    pub const SUBJECT: Self = Self::new("ENV|SHA|#N", Takes::Subject);
    /// The name of a command.
    pub const COMMAND: Self = Self::new("COMMAND", Takes::Command);

    /// One that has to be there.
    pub const fn new(name: &'static str, takes: Takes) -> Self {
        Self { name, takes, required: true }
    }

    /// The same, which may be left out.
    #[must_use]
    pub const fn optional(self) -> Self {
        Self { required: false, ..self }
    }
}

impl Flag {
    /// Why somebody acts.
    pub const REASON: Self = Self::new("reason", Some(Takes::Reason), "why, for everybody to read");
    /// The commit for which the command is given.
    pub const HEAD: Self =
        Self::new("head", Some(Takes::Commit), "only if the head of the pull request is still this commit");
    /// The commit that an environment's branch has to be at.
    pub const TIP: Self =
        Self::new("head", Some(Takes::Commit), "only if ENV's branch is still at this commit");
    /// When it ends.
    pub const UNTIL: Self = Self::new("until", Some(Takes::Time), "when it ends by itself");
    /// Where a promotion comes from.
    pub const FROM: Self =
        Self::new("from", Some(Takes::Environment), "where it comes from, if ENV accepts several");
    /// To merge at once.
    pub const MERGE: Self = Self::new("merge", None, "merge it as well");
    /// In spite of somebody else.
    pub const FORCE: Self = Self::new("force", None, "also if it is somebody else's");
    /// As long as the pull request is open.
    pub const WHILE_OPEN: Self = Self::new(
        "while-open",
        None,
        "ends when the pull request is merged or closed, and does not keep that one out",
    );
    /// What somebody adds to what they vouch for.
    pub const NOTE: Self =
        Self::new("note", Some(Takes::Reason), "what you have seen, such as a link, for everybody to read");
    /// To take it back.
    pub const WITHDRAW: Self = Self::new("withdraw", None, "take it back");
    /// As the second person.
    pub const CONFIRM: Self = Self::new("confirm", None, "confirm what somebody else has asked for");

    /// One that may be left out.
    pub const fn new(name: &'static str, takes: Option<Takes>, summary: &'static str) -> Self {
        Self { name, takes, required: false, summary }
    }

    /// The same, which has to be there.
    #[must_use]
    pub const fn required(self) -> Self {
        Self { required: true, ..self }
    }
}

#[cfg(test)]
mod tests;
