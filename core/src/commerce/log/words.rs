use super::reading::{LogCause, LogOutcome, LogReading, SiteState};
use crate::model::{Diagnosis, Phase};

/// What Composer means by an exit status.
fn composer(status: u16) -> (&'static str, &'static str) {
    match status {
        2 => (
            "Composer cannot solve the dependencies",
            "Run composer update where you develop for the package that the log names, and commit composer.lock.",
        ),
        4 => (
            "composer.lock does not fit composer.json",
            "Run composer update --lock where you develop, and commit composer.lock.",
        ),
        5 => (
            "Composer refuses a package with a known vulnerability",
            "Update the package that the log names, and commit composer.lock.",
        ),
        _ => (
            "Composer could not fetch or install a package",
            "Check the keys for repo.magento.com in the project's variables, then deploy again.",
        ),
    }
}

impl LogReading {
    /// What it tells of a failure, in words of ours; `None` where it tells of none.
    pub fn failure(&self) -> Option<Diagnosis> {
        let code = self.code.map(|code| code.number);
        (self.outcome == LogOutcome::Failure || code.is_some()).then(|| self.diagnosis())
    }

    /// What it tells, in words of ours.
    pub fn diagnosis(&self) -> Diagnosis {
        Diagnosis {
            code: self.code.map(|code| code.number),
            title: self.title(),
            customers: self.customers().to_owned(),
            next: self.next().to_owned(),
        }
    }

    /// What happened, in one line without a full stop.
    pub fn title(&self) -> String {
        let title = match (self.cause, self.outcome) {
            (Some(LogCause::Code(code)), _) => code.title,
            (Some(LogCause::Composer(status)), _) => composer(status).0,
            (Some(LogCause::Hook(phase, Some(status))), _) => {
                return format!("{} ended with status {status}", hook(phase));
            }
            (Some(LogCause::Hook(phase, None)), _) => return format!("{} failed", hook(phase)),
            (Some(LogCause::HookCutShort), _) => "The deploy hook ended before its work was done",
            (Some(LogCause::Invalid), _) => "The platform does not accept the configuration",
            (Some(LogCause::Build), _) => "The platform cannot build the application",
            (Some(LogCause::Upload), _) => "The build could not be brought to the cluster",
            (Some(LogCause::Provision), _) => "The platform could not set up the environment",
            (Some(LogCause::Earlier), _) => "The deploy had failed before this log begins",
            (None, LogOutcome::Success) => "The deploy has ended well",
            (None, LogOutcome::Running) => "The deploy has not ended by the end of this log",
            (None, LogOutcome::Failure | LogOutcome::Unknown) => "The log does not tell how the deploy ended",
        };
        title.to_owned()
    }

    /// What customers see now, in one sentence.
    pub fn customers(&self) -> &'static str {
        match (self.cause, self.site) {
            // The code knows more of it than the state.
            (Some(LogCause::Code(code)), SiteState::Open | SiteState::Degraded) if self.is_after_deploy() => {
                code.customers
            }
            (_, SiteState::Untouched) => "The shop as it was before this deploy.",
            (_, SiteState::Maintenance) if self.outcome == LogOutcome::Running => "The maintenance page.",
            (_, SiteState::Maintenance) => {
                "The maintenance page, until a deploy ends well or somebody ends maintenance mode by hand."
            }
            (_, SiteState::Open) => "The shop, open, with the new release.",
            (_, SiteState::Degraded) if self.is_after_deploy() => {
                "The shop, open, with the new release; what comes after a deploy is not done."
            }
            (_, SiteState::Degraded) => {
                "The shop, open, with new code on the old database and caches: pages may fail."
            }
            (_, SiteState::Unknown) => "The log does not tell.",
        }
    }

    /// What customers see now, where the log tells.
    pub fn customers_now(&self) -> Option<String> {
        (self.site != SiteState::Unknown).then(|| self.customers().to_owned())
    }

    /// The one next step, in one sentence.
    pub fn next(&self) -> &'static str {
        match (self.cause, self.outcome) {
            (Some(LogCause::Code(code)), _) => code.next,
            (Some(LogCause::Composer(status)), _) => composer(status).1,
            (Some(LogCause::Hook(..)), _) => {
                "Read the last lines of the hook before it ended, and repair what they name."
            }
            (Some(LogCause::HookCutShort), _) => {
                "Read the last lines of the deploy hook; if they name nothing, see whether memory or disk was used up."
            }
            (Some(LogCause::Invalid), _) => {
                "Repair the line of the configuration that the log names, and push again."
            }
            (Some(LogCause::Build), _) => {
                "Check type: and dependencies in .magento.app.yaml, and push again."
            }
            (Some(LogCause::Upload), _) => {
                "Free disk on the environment; a deploy that hangs here is ended by support alone, so open a ticket."
            }
            (Some(LogCause::Provision), _) => {
                "See that no service has used up its disk, MySQL first; then deploy again, or open a ticket."
            }
            (Some(LogCause::Earlier), _) => {
                "Look for the first error in the log of the deploy that came before."
            }
            (None, LogOutcome::Success) => "Nothing to do.",
            (None, LogOutcome::Running) => "Wait, and read the log again.",
            (None, LogOutcome::Failure | LogOutcome::Unknown) => {
                "Look at the activity's result on the platform, or read a log that holds more."
            }
        }
    }

    /// Whether something is not as it should be, though the deploy may have come to its end.
    pub fn has_trouble(&self) -> bool {
        self.cause.is_some()
    }

    /// Whether the deploy itself has ended well, and what is told came after it.
    fn is_after_deploy(&self) -> bool {
        self.outcome == LogOutcome::Success
    }
}

fn hook(phase: Option<Phase>) -> &'static str {
    match phase {
        Some(Phase::Build) => "The build hook",
        Some(Phase::Deploy) => "The deploy hook",
        Some(Phase::Verify) => "The post-deploy hook",
        None => "A hook",
    }
}
