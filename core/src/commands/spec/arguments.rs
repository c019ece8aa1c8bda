use super::Flag;
use super::value::{CommitPrefix, Revision, Until, Value};
use crate::commands::{CommandError, ErrorKind, did_you_mean};
use crate::model::command_word as word;
use crate::model::config::{Place, quoted};
use crate::model::{BranchName, Code, CopyBranch, Environment, PromotionPath};

/// What a command was given. What its spec requires is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arguments {
    /// Where the command begins.
    pub(super) place: Place,
    pub(super) given: Vec<Given>,
}

/// A value or a flag that was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Given {
    /// The name of the parameter or the flag.
    pub(super) name: &'static str,
    pub(super) place: Place,
    /// `None` for a flag without a value.
    pub(super) value: Option<Value>,
}

/// What a question is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject<'p> {
    /// An environment of the path.
    Environment(&'p Environment),
    /// The copy branch.
    Copy(&'p CopyBranch),
    /// A commit or a pull request.
    Revision(Revision),
}

/// An environment of the path, or a branch's own one beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedPlace<'p> {
    /// The environment of the path.
    pub environment: &'p Environment,
    /// The branch whose own environment beside it is meant; `None` for the environment itself.
    pub branch: Option<BranchName>,
}

impl Arguments {
    /// The environment that was named. That one was, is for the spec to require: none is ever guessed.
    pub fn environment<'p>(&self, path: &'p PromotionPath) -> Result<&'p Environment, CommandError> {
        self.environment_if_named(path)?.ok_or_else(|| {
            let hint = format!("name one: {}", names(path));
            CommandError::new(self.place, ErrorKind::Missing, "ENV is missing", hint)
        })
    }

    /// The same for a command that need not name one.
    pub fn environment_if_named<'p>(
        &self,
        path: &'p PromotionPath,
    ) -> Result<Option<&'p Environment>, CommandError> {
        self.find_environment(path, |given| given.name != Flag::FROM.name)
    }

    /// The environment that `--from` names.
    pub fn from<'p>(&self, path: &'p PromotionPath) -> Result<Option<&'p Environment>, CommandError> {
        self.find_environment(path, |given| given.name == Flag::FROM.name)
    }

    /// The environment that was named, or the branch's own one beside an environment.
    pub fn place<'p>(&self, path: &'p PromotionPath) -> Result<Option<NamedPlace<'p>>, CommandError> {
        let found = self.given.iter().find_map(|given| match &given.value {
            Some(Value::Place(text)) => Some((given.place, text)),
            _ => None,
        });
        let Some((place, text)) = found else { return Ok(None) };
        if path.environment(text).is_none()
            && let Some((environment, branch)) = path.beside(text)
        {
            return Ok(Some(NamedPlace { environment, branch: Some(branch) }));
        }
        known(path, place, text).map(|environment| Some(NamedPlace { environment, branch: None }))
    }

    /// What a question is about: an environment of the path where there is one of that name, otherwise a commit, a pull
    /// request or the copy branch.
    pub fn subject<'p>(&self, path: &'p PromotionPath) -> Result<Option<Subject<'p>>, CommandError> {
        let found = self.given.iter().find_map(|given| match &given.value {
            Some(Value::Subject(text)) => Some((given.place, text)),
            _ => None,
        });
        let Some((place, text)) = found else { return Ok(None) };
        if path.environment(text).is_none()
            && let Some(revision) = Revision::read(text)
        {
            return Ok(Some(Subject::Revision(revision)));
        }
        let copy = path.copy.as_ref().filter(|copy| copy.branch.as_str() == text);
        if let Some(copy) = copy.filter(|_| path.environment(text).is_none()) {
            return Ok(Some(Subject::Copy(copy)));
        }
        known(path, place, text).map(|it| Some(Subject::Environment(it)))
    }

    /// Whether it names a commit, a pull request or a code, for a question that is not about where it is written.
    pub fn asks_about_something(&self) -> bool {
        self.values().any(|value| matches!(value, Value::Subject(_) | Value::Code(_)))
    }

    /// The code of a finding.
    pub fn code(&self) -> Option<Code> {
        self.values().find_map(|value| if let Value::Code(code) = value { Some(*code) } else { None })
    }

    /// A commit or a pull request.
    pub fn revision(&self) -> Option<&Revision> {
        self.values().find_map(|value| if let Value::Revision(it) = value { Some(it) } else { None })
    }

    /// What somebody calls a command, in small letters.
    pub fn command(&self) -> Option<&str> {
        self.values().find_map(|value| if let Value::Command(it) = value { Some(it.as_str()) } else { None })
    }

    /// Why, as somebody wrote it; whoever shows it escapes it.
    pub fn reason(&self) -> Option<&str> {
        self.values().find_map(|value| if let Value::Reason(it) = value { Some(it.as_str()) } else { None })
    }

    /// The commit that the head has to be.
    pub fn head(&self) -> Option<&CommitPrefix> {
        self.values().find_map(|value| if let Value::Commit(it) = value { Some(it) } else { None })
    }

    /// When it ends.
    pub fn until(&self) -> Option<Until> {
        self.values().find_map(|value| if let Value::Until(it) = value { Some(*it) } else { None })
    }

    /// Whether this flag is there.
    pub fn has(&self, flag: &Flag) -> bool {
        self.given.iter().any(|given| given.name == flag.name)
    }

    /// The value of the flag or parameter of this name, where a command has one that is none of the above.
    pub fn value(&self, name: &str) -> Option<&Value> {
        self.given.iter().find(|given| given.name == name)?.value.as_ref()
    }

    fn values(&self) -> impl Iterator<Item = &Value> {
        self.given.iter().filter_map(|given| given.value.as_ref())
    }

    fn find_environment<'p>(
        &self,
        path: &'p PromotionPath,
        fits: impl Fn(&Given) -> bool,
    ) -> Result<Option<&'p Environment>, CommandError> {
        let found = self.given.iter().filter(|given| fits(given)).find_map(|given| match &given.value {
            Some(Value::Environment(name)) => Some((given.place, name)),
            _ => None,
        });
        found.map(|(place, name)| known(path, place, name)).transpose()
    }
}

/// The environment of the path that somebody calls so.
fn known<'p>(path: &'p PromotionPath, place: Place, name: &str) -> Result<&'p Environment, CommandError> {
    path.environment(name).ok_or_else(|| {
        let near = did_you_mean(name, path.environments.iter().map(|it| it.name.as_str()));
        let hint = match near {
            Some(near) => format!("did you mean `{}`?", word(near)),
            None => format!("name one of these: {}", names(path)),
        };
        let message = format!("there is no environment {}", quoted(name));
        CommandError::new(place, ErrorKind::UnknownEnvironment, message, hint)
    })
}

/// The environments' names, as somebody can write them in a command.
fn names(path: &PromotionPath) -> String {
    let names: Vec<_> = path.environments.iter().map(|it| format!("`{}`", word(&it.name))).collect();
    names.join(", ")
}
