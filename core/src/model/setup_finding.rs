//! What there is to say about how Towpath is set up.

use super::InstallationId;
use serde_json::Value;

/// How something of the set-up stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SetupState {
    /// As it should be.
    Ok,
    /// Something does not work, or does not keep what it should.
    Fault,
    /// It may not be read, or could not be. That is no fault.
    Unknown,
}

impl SetupState {
    /// The word for it that programs may rely on.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Fault => "fault",
            Self::Unknown => "unknown",
        }
    }
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq)]
pub struct SetupFinding {
    /// The word for it that programs may rely on, such as `webhook-address`.
    pub code: &'static str,
    /// What it is about: an account, a repository, a branch in it. Empty for the App and the machine.
    pub about: String,
    /// How it stands.
    pub state: SetupState,
    /// What was found, in one sentence.
    pub found: String,
    /// What follows from it; empty where nothing does.
    pub effect: String,
    /// What puts it right.
    pub repair: Option<SetupRepair>,
}

impl SetupFinding {
    /// All is well.
    pub fn ok(code: &'static str, about: &str, found: impl Into<String>) -> Self {
        Self::new((code, SetupState::Ok), about, found.into())
    }

    /// It could not be looked at.
    pub fn unknown(code: &'static str, about: &str, why: impl Into<String>) -> Self {
        Self::new((code, SetupState::Unknown), about, why.into())
    }

    /// Something is wrong.
    pub fn fault(
        code: &'static str,
        about: &str,
        found: impl Into<String>,
        effect: impl Into<String>,
    ) -> Self {
        Self { effect: effect.into(), ..Self::new((code, SetupState::Fault), about, found.into()) }
    }

    fn new((code, state): (&'static str, SetupState), about: &str, found: String) -> Self {
        Self { code, about: about.to_owned(), state, found, effect: String::new(), repair: None }
    }

    /// The same, with what follows from it.
    #[must_use]
    pub fn with_effect(self, effect: impl Into<String>) -> Self {
        Self { effect: effect.into(), ..self }
    }

    /// The same, with what puts it right.
    #[must_use]
    pub fn repaired_by(self, repair: SetupRepair) -> Self {
        Self { repair: Some(repair), ..self }
    }
}

/// What puts something right.
#[derive(Debug, Clone, PartialEq)]
pub enum SetupRepair {
    /// Something that a person does.
    Words(String),
    /// A page on which a person does it: what, and where.
    Page(String, String),
    /// A command for whoever runs Towpath.
    Command(String),
    /// A call to GitHub.
    Call(SetupCall),
    /// Several calls that the App makes in its own name.
    OwnCalls(Vec<SetupCall>),
    /// A change of who may get past a ruleset. Only administrators are told who is on its list.
    BypassList {
        /// The ruleset, as a path behind the API's address.
        path: String,
        /// Our own number.
        app: u64,
        /// How the App shall get past it; `None` takes it off the list.
        mode: Option<&'static str>,
    },
}

/// A call to GitHub that puts something right.
#[derive(Debug, Clone, PartialEq)]
pub struct SetupCall {
    /// In whose name it can be made.
    pub by: SetupCaller,
    /// `POST`, `PUT` or `PATCH`.
    pub method: &'static str,
    /// The path behind the API's address.
    pub path: String,
    /// What is sent; nothing where it is null.
    pub body: Value,
    /// What it changes.
    pub change: SetupChange,
}

/// Who can make a call that puts something right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SetupCaller {
    /// The App in its own name; no person can.
    App,
    /// Whoever has this permission where it is made, and the App where this installation grants it.
    Holder(InstallationId, &'static str),
}

/// What a call changes, as a diff.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SetupChange {
    /// Of what: the App's webhook, a branch.
    pub of: String,
    /// The lines that go.
    pub before: Vec<String>,
    /// The lines that come.
    pub after: Vec<String>,
}

/// A finding as people are told of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetupLine {
    /// What it is about, as in the finding.
    pub about: String,
    /// How it stands.
    pub state: SetupState,
    /// What was found, in one sentence.
    pub found: String,
    /// What follows from it; empty where nothing does.
    pub effect: String,
    /// What puts it right.
    pub repair: Option<RepairWords>,
}

/// What puts something right, as people are told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RepairWords {
    /// Something that a person does.
    Do(String),
    /// A page on which a person does it: what, and where.
    Open(String, String),
    /// A command that runs as it is.
    Run(String),
}

impl RepairWords {
    /// The word for its kind that programs may rely on.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Do(_) => "do",
            Self::Open(..) => "open",
            Self::Run(_) => "run",
        }
    }

    /// All of it in one text.
    pub fn text(&self) -> String {
        match self {
            Self::Do(text) | Self::Run(text) => text.clone(),
            Self::Open(what, page) => format!("{what}: {page}"),
        }
    }
}
