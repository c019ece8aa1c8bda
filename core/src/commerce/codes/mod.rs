//! The codes with which ece-tools says what failed in a deploy, or what it warns of.
//!
//! Numbers, stages and steps are those of `magento/ece-tools` and its documentation; the words are ours. Two warnings,
//! 1008 and 2031, are in its source alone.

mod after;
mod build;
mod deploy;
mod document;
mod files;
mod warnings;

pub use document::table;
pub use files::may_cause;

/// The part of a deploy in which ece-tools gives a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// The build hook. The shop runs on as it was.
    Build,
    /// The deploy hook, most of it in maintenance mode.
    Deploy,
    /// The post-deploy hook, with the shop open again.
    PostDeploy,
    /// Any of them: the log says in which.
    General,
}

impl Stage {
    /// The word that ece-tools uses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Build => "build",
            Self::Deploy => "deploy",
            Self::PostDeploy => "post-deploy",
            Self::General => "general",
        }
    }
}

/// Whether a code ends the stage it is given in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CodeSeverity {
    /// It does.
    Critical,
    /// It does not: the deploy goes on.
    Warning,
}

impl CodeSeverity {
    /// The word that ece-tools uses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::Warning => "warning",
        }
    }
}

/// What kind of cause a code has, and so who repairs it, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CodeClass {
    /// A file or a variable of the project says something that cannot be: a pull request repairs it.
    Configuration,
    /// The shop's code, a module or a patch.
    Code,
    /// What `app/etc/config.php` brings does not go into the database.
    DataImport,
    /// A service, such as the database or the search engine, does not answer or does not fit.
    Service,
    /// A key that has to be there is not.
    Secrets,
    /// No space left, a file or folder that cannot be written, a program that is missing.
    DiskOrRights,
    /// A last step failed when all else was done: the shop stays closed for little.
    LeftInMaintenance,
    /// Something after the shop was open again.
    AfterDeploy,
}

impl CodeClass {
    /// Every class.
    pub const ALL: [Self; 8] = [
        Self::Configuration,
        Self::Code,
        Self::DataImport,
        Self::Service,
        Self::Secrets,
        Self::DiskOrRights,
        Self::LeftInMaintenance,
        Self::AfterDeploy,
    ];

    /// The words used in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Configuration => "configuration",
            Self::Code => "code",
            Self::DataImport => "data import",
            Self::Service => "service",
            Self::Secrets => "secrets",
            Self::DiskOrRights => "disk or rights",
            Self::LeftInMaintenance => "left in maintenance",
            Self::AfterDeploy => "after deploy",
        }
    }
}

/// One code of ece-tools.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EceCode {
    /// The number, as in `[126]` in a log and as the exit status of a hook.
    pub number: u16,
    /// Where ece-tools gives it.
    pub stage: Stage,
    /// The step that gives it, by the name that ece-tools has for it, where it is always the same one.
    pub step: Option<&'static str>,
    /// Whether the stage ends with it.
    pub severity: CodeSeverity,
    /// What kind of cause it has.
    pub class: CodeClass,
    /// What happened, in one line without a full stop.
    pub title: &'static str,
    /// What customers see when a deploy has ended with it.
    pub customers: &'static str,
    /// The one next step.
    pub next: &'static str,
}

impl EceCode {
    /// Every code, by number.
    pub fn all() -> impl Iterator<Item = &'static Self> {
        [&build::CODES[..], &deploy::CODES, &after::CODES, &warnings::CODES].into_iter().flatten()
    }

    /// The code of this number; `None` where ece-tools has none.
    pub fn of(number: u16) -> Option<&'static Self> {
        Self::all().find(|code| code.number == number)
    }

    /// Whether it ends the stage it is given in.
    pub fn is_critical(&self) -> bool {
        self.severity == CodeSeverity::Critical
    }

    /// Whether Adobe's table has it: false for the two codes that only the source of ece-tools has.
    pub fn is_documented(&self) -> bool {
        !matches!(self.number, 1008 | 2031)
    }
}

/// What follows a failure of the build.
const UNTOUCHED: &str = "Nothing of it: the shop runs on as it was before this deploy.";
/// What follows a failure of the deploy before maintenance mode.
const NEW_CODE: &str = "The shop, open, with new code on the old database and caches: pages may fail.";
/// What follows a failure of the deploy in maintenance mode.
const MAINTENANCE: &str =
    "The maintenance page, until a deploy ends well or somebody ends maintenance mode by hand.";
/// What follows a failure of the deploy that may come before maintenance mode or in it.
const BEFORE_OR_IN_MAINTENANCE: &str =
    "The maintenance page. Before maintenance mode began: the shop, open, with new code on the old database.";
/// What follows a warning that changes nothing in the shop.
const NOTHING: &str = "Nothing of it.";

#[cfg(test)]
mod tests;
