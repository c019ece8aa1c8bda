//! What follows from the lines of a log: how far the deploy has come, and what ended it.

use super::landmark::{Landmark, PlatformFailure, Scenario};
use super::line::{Level, Line};
use super::reading::{
    LogCause, LogOutcome, LogReading, LoggedPhase, LoggedStep, SiteState, SlowStep, Suspect,
};
use crate::commerce::codes::{EceCode, Stage};
use crate::model::{Phase, UnixMillis};
use std::time::Duration;

/// More steps than a deploy has; a log that names more is none of a deploy.
const STEPS_MAX: usize = 100;
/// The platform holds requests back for at most so long while a deploy hook runs.
const LONG_UPGRADE: Duration = Duration::from_secs(5 * 60);
/// Cron jobs that are told to end do so within seconds.
const LONG_CRON_END: Duration = Duration::from_secs(60);

/// Codes that ece-tools gives before maintenance mode begins, or because it cannot begin.
const BEFORE_MAINTENANCE: [u16; 6] = [101, 107, 108, 122, 124, 140];
/// Codes of the deploy that may come before maintenance mode or in it.
const BEFORE_OR_IN_MAINTENANCE: [u16; 5] = [102, 103, 104, 105, 106];
/// The platform's own step at the end of a deploy.
const OPENING: &str = "open";
/// The code that tells of a failure before.
const SKIPPED: u16 = 201;
/// Exit statuses of a build that are Composer's where ece-tools has written no code.
const OF_COMPOSER: [u16; 5] = [2, 3, 4, 5, 100];

/// How far the last deploy of a log has come.
#[derive(Debug, Clone, Default)]
pub(super) struct Progress {
    phase: Option<Phase>,
    step: Option<&'static str>,
    site: SiteState,
    /// The scenario that began last, and how many of its kind are under way: one for each application.
    scenario: Option<(Phase, u32)>,
    /// Scenarios of the project's own that are under way.
    others: u32,
    /// The platform has said of a hook that it runs, and ece-tools has not begun in it.
    announced: Option<Phase>,
    has_begun_deploy: bool,
    has_opened: bool,
    /// The first fatal code.
    code: Option<&'static EceCode>,
    /// What the platform said of it.
    failed: Option<LogCause>,
    /// The deploy has failed before, in a log that is not this one.
    skipped: bool,
    /// With what the post-deploy failed.
    trouble: Option<LogCause>,
    warnings: Vec<&'static EceCode>,
    phases: Vec<LoggedPhase>,
    last_at: Option<UnixMillis>,
}

impl Progress {
    /// A line more.
    pub(super) fn line(&mut self, line: &Line<'_>) {
        self.now(line.at);
        if let Some(number) = line.code() {
            let is_error = line.level >= Some(Level::Error);
            self.code(number, is_error, line.at);
        } else if let Some(landmark) = Landmark::of(line) {
            self.landmark(landmark);
        }
    }

    /// A code that ece-tools has written.
    pub(super) fn code(&mut self, number: u16, is_error: bool, at: Option<UnixMillis>) {
        self.now(at);
        let Some(code) = EceCode::of(number) else { return };
        let is_after = self.phase == Some(Phase::Verify) || code.stage == Stage::PostDeploy;
        if number == SKIPPED {
            self.skip();
        } else if !(code.is_critical() && is_error) {
            if !self.warnings.contains(&code) {
                self.warnings.push(code);
            }
            if code.stage == Stage::PostDeploy && !code.is_critical() {
                self.trouble_after(LogCause::Code(code));
            }
        } else if is_after {
            self.trouble_after(LogCause::Code(code));
        } else if self.code.is_none() {
            self.fail(code);
        }
    }

    /// The platform's lines have no times. A phase that begins with them begins no later than the first line that has one.
    fn now(&mut self, at: Option<UnixMillis>) {
        self.last_at = at.or(self.last_at);
        if let Some(phase) = self.phases.last_mut() {
            phase.began_at = phase.began_at.or(at);
        }
    }

    /// The hook that ran last has ended with this exit status.
    pub(super) fn ended_with(&mut self, status: u16) {
        let has_told = self.code.is_some() || self.trouble_code().is_some();
        if status == 0 || has_told {
            return;
        }
        let is_in_build = self.phase == Some(Phase::Build) && self.scenario.is_none_or(|(_, open)| open > 0);
        let phase = match (self.phase, EceCode::of(status).map(|code| code.stage)) {
            (None | Some(Phase::Build), Some(Stage::Deploy)) if !is_in_build => Some(Phase::Deploy),
            (None | Some(Phase::Build | Phase::Deploy), Some(Stage::PostDeploy)) if !is_in_build => {
                Some(Phase::Verify)
            }
            (None, Some(Stage::Build)) => Some(Phase::Build),
            (phase, _) => phase,
        };
        match phase {
            Some(phase) => self.hook_failed(phase, Some(status)),
            None => match EceCode::of(status).filter(|code| code.is_critical()) {
                Some(code) => self.fail(code),
                None if self.failed.is_none() => self.failed = Some(LogCause::Hook(None, Some(status))),
                None => {}
            },
        }
    }

    /// Why the deploy has not ended well, or not wholly.
    pub(super) fn cause(&self) -> Option<LogCause> {
        let code = self.code.map(LogCause::Code);
        let of_deploy = code.or(self.failed).or(self.skipped.then_some(LogCause::Earlier));
        of_deploy.or(self.trouble)
    }

    /// What follows from all of it.
    pub(super) fn reading(&self, last_lines: Vec<String>) -> LogReading {
        let cut_short = self.is_cut_short().then_some(LogCause::HookCutShort);
        let cause = self.cause().or(cut_short);
        let (outcome, code) = match cause {
            _ if self.has_failed() || self.skipped || cut_short.is_some() => (LogOutcome::Failure, self.code),
            Some(_) => (LogOutcome::Success, self.trouble_code()),
            None => (self.outcome_by_scenarios(), None),
        };
        LogReading {
            phase: self.phase,
            step: self.step_told(cut_short.is_some()),
            site: self.site,
            outcome,
            code,
            warnings: self.warnings.clone(),
            phases: self.phases.clone(),
            suspects: self.suspects(),
            last_lines,
            cause,
        }
    }

    /// The step that failed, where the platform has gone on since.
    fn step_told(&self, is_cut_short: bool) -> Option<&'static str> {
        let last = self.phases.iter().flat_map(|phase| &phase.steps).rfind(|step| step.name != OPENING);
        let trouble = self.trouble_code().and_then(|code| code.step);
        if is_cut_short { last.map(|step| step.name) } else { trouble.or(self.step) }
    }

    fn outcome_by_scenarios(&self) -> LogOutcome {
        match self.scenario {
            Some((Phase::Deploy | Phase::Verify, 0)) => LogOutcome::Success,
            Some(_) => LogOutcome::Running,
            None if self.phase.is_some() && !self.has_opened => LogOutcome::Running,
            None => LogOutcome::Unknown,
        }
    }

    /// Whether the platform went on though the scenario of the deploy has not come to its end.
    fn is_cut_short(&self) -> bool {
        let is_under_way = matches!(self.scenario, Some((Phase::Deploy, open)) if open > 0);
        self.has_opened && is_under_way && !self.has_failed() && !self.skipped
    }

    fn has_failed(&self) -> bool {
        self.code.is_some() || self.failed.is_some()
    }

    fn landmark(&mut self, landmark: Landmark) {
        if self.begins_anew(landmark) {
            *self = Self { announced: self.announced, last_at: self.last_at, ..Self::default() };
        }
        match landmark {
            Landmark::Skipped => self.skip(),
            Landmark::Failed(failure) => self.platform_failed(failure),
            Landmark::Hook(phase) => {
                self.announced = Some(phase);
                self.go_on(landmark);
            }
            _ => self.go_on(landmark),
        }
    }

    /// Whether another deploy begins: a log may hold several, and the last one counts.
    fn begins_anew(&self, landmark: Landmark) -> bool {
        let is_over = self.has_failed() || self.skipped || self.phase == Some(Phase::Verify);
        let has_run = is_over || self.has_begun_deploy || self.has_opened;
        match landmark {
            Landmark::Commits => self.phase.is_some() || is_over,
            Landmark::Building | Landmark::Scenario(Scenario::Of(Phase::Build)) => {
                has_run || self.phase > Some(Phase::Build)
            }
            Landmark::Redeploying => has_run || self.announced == Some(Phase::Deploy),
            // Each application has a hook of its own, and the platform says so before each.
            Landmark::Scenario(Scenario::Of(Phase::Deploy)) => {
                has_run && self.announced != Some(Phase::Deploy)
            }
            Landmark::Scenario(Scenario::Of(Phase::Verify)) => {
                let has_begun = matches!(self.scenario, Some((Phase::Verify, _))) || self.skipped;
                has_begun && self.announced != Some(Phase::Verify)
            }
            _ => false,
        }
    }

    fn go_on(&mut self, landmark: Landmark) {
        // What comes after a failure is a consequence: nothing of it opens the shop.
        if self.has_failed() || self.skipped {
            if matches!(landmark, Landmark::Scenario(_)) {
                self.announced = None;
            }
            return;
        }
        match landmark {
            Landmark::Commits | Landmark::Building => self.enter(Phase::Build, None),
            Landmark::Redeploying => self.enter(Phase::Deploy, Some("provision")),
            Landmark::Step(phase, name) => {
                if let Some(phase) = phase.or(self.phase) {
                    self.enter(phase, Some(name));
                }
            }
            Landmark::EndOf(name) => self.end_step(|step| step == name),
            Landmark::Hook(phase) => self.enter(phase, None),
            Landmark::Scenario(scenario) => self.begin(scenario),
            Landmark::Finished => self.end_scenario(),
            Landmark::MaintenanceOn => {
                if self.phase != Some(Phase::Verify) {
                    self.enter(Phase::Deploy, Some("enable-maintenance-mode"));
                }
                self.site = SiteState::Maintenance;
            }
            Landmark::MaintenanceOff => {
                self.enter(Phase::Deploy, Some("disable-maintenance-mode"));
                self.site = SiteState::Open;
            }
            Landmark::Opened => {
                self.enter(Phase::Deploy, Some(OPENING));
                self.has_opened = true;
                self.open();
            }
            Landmark::Failed(_) | Landmark::Skipped => {}
        }
    }

    fn begin(&mut self, scenario: Scenario) {
        let Scenario::Of(phase) = scenario else {
            self.others += 1;
            return;
        };
        self.announced = None;
        self.enter(phase, None);
        let open = self.scenario.filter(|(kind, _)| *kind == phase).map_or(0, |(_, open)| open);
        self.scenario = Some((phase, open + 1));
        self.has_begun_deploy |= phase == Phase::Deploy;
        if phase == Phase::Verify {
            self.open();
        }
    }

    fn end_scenario(&mut self) {
        if self.others > 0 {
            self.others -= 1;
        } else if let Some((_, open)) = &mut self.scenario {
            *open = open.saturating_sub(1);
        } else {
            return;
        }
        self.end_step(|_| true);
    }

    /// Goes into a phase and a step. Lines of what is over already, which others have overtaken, change nothing.
    fn enter(&mut self, phase: Phase, step: Option<&'static str>) {
        if self.phase > Some(phase) {
            return;
        }
        let at = self.last_at;
        if self.phase != Some(phase) {
            self.end_step(|_| true);
            if let Some(before) = self.phases.last_mut() {
                before.ended_at = at;
            }
            self.phases.push(LoggedPhase { phase, began_at: at, ended_at: None, steps: Vec::new() });
            self.phase = Some(phase);
        }
        if self.site == SiteState::Unknown {
            self.site = site_at(phase, step);
        }
        let Some(name) = step.filter(|name| self.step != Some(*name)) else { return };
        self.end_step(|_| true);
        self.step = Some(name);
        if let Some(phase) = self.phases.last_mut().filter(|phase| phase.steps.len() < STEPS_MAX) {
            phase.steps.push(LoggedStep { name, began_at: at, ended_at: None });
        }
    }

    fn end_step(&mut self, is_meant: impl Fn(&str) -> bool) {
        if !self.step.is_some_and(is_meant) {
            return;
        }
        self.step = None;
        let last = self.phases.last_mut().and_then(|phase| phase.steps.last_mut());
        if let Some(step) = last.filter(|step| step.ended_at.is_none()) {
            step.ended_at = self.last_at;
        }
    }

    fn open(&mut self) {
        if self.site != SiteState::Maintenance {
            self.site = SiteState::Open;
        }
    }

    fn skip(&mut self) {
        if self.has_failed() || self.skipped {
            return;
        }
        self.skipped = true;
        self.phase = Some(Phase::Deploy);
        self.site = SiteState::Maintenance;
    }

    fn trouble_code(&self) -> Option<&'static EceCode> {
        self.trouble.and_then(code_of)
    }

    fn trouble_after(&mut self, cause: LogCause) {
        if self.has_failed() || self.skipped {
            return;
        }
        let code = code_of(cause);
        self.enter(Phase::Verify, code.and_then(|code| code.step));
        let is_worse = code.is_some_and(EceCode::is_critical);
        let was_bad = self.trouble_code().is_some_and(EceCode::is_critical);
        if self.trouble.is_none() || is_worse && !was_bad {
            self.trouble = Some(cause);
        }
        self.site = SiteState::Degraded;
    }

    fn fail(&mut self, code: &'static EceCode) {
        let phase = match code.stage {
            Stage::Build => Some(Phase::Build),
            Stage::Deploy | Stage::PostDeploy => Some(Phase::Deploy),
            Stage::General if self.phase.is_none() && code.number >= 247 => Some(Phase::Build),
            Stage::General => self.phase,
        };
        self.code = Some(code);
        let site = self.site_after(code, phase);
        if let Some(phase) = phase {
            self.enter(phase, None);
            self.phase = Some(phase);
        }
        self.site = site;
        self.stop();
        self.step = code.step.or(self.step);
    }

    /// What the shop does after a fatal code: no step of ece-tools ends maintenance mode after a failure.
    fn site_after(&self, code: &EceCode, phase: Option<Phase>) -> SiteState {
        match phase {
            _ if self.site == SiteState::Maintenance => SiteState::Maintenance,
            Some(Phase::Build) => SiteState::Untouched,
            Some(Phase::Deploy) if BEFORE_MAINTENANCE.contains(&code.number) || self.has_begun_deploy => {
                SiteState::Degraded
            }
            Some(Phase::Deploy)
                if code.stage == Stage::Deploy && !BEFORE_OR_IN_MAINTENANCE.contains(&code.number) =>
            {
                SiteState::Maintenance
            }
            _ => SiteState::Unknown,
        }
    }

    fn platform_failed(&mut self, failure: PlatformFailure) {
        let (phase, cause) = match failure {
            PlatformFailure::Hook(phase, status) => return self.hook_failed(phase, status),
            PlatformFailure::Invalid => (Phase::Build, LogCause::Invalid),
            PlatformFailure::Build => (Phase::Build, LogCause::Build),
            PlatformFailure::Upload => (Phase::Build, LogCause::Upload),
            PlatformFailure::Provision => (Phase::Deploy, LogCause::Provision),
        };
        self.give_up(phase, cause);
    }

    fn hook_failed(&mut self, phase: Phase, status: Option<u16>) {
        let of_table = status.filter(|status| !OF_COMPOSER.contains(status)).and_then(EceCode::of);
        let fits = |code: &&'static EceCode| {
            let stage = match phase {
                Phase::Build => Stage::Build,
                Phase::Deploy => Stage::Deploy,
                Phase::Verify => Stage::PostDeploy,
            };
            code.is_critical() && (code.stage == stage || code.stage == Stage::General)
        };
        let code = of_table.filter(fits);
        match (phase, code, status) {
            _ if self.code.is_some() => {}
            (Phase::Verify, Some(code), _) if code.number == SKIPPED => self.skip(),
            (Phase::Verify, Some(code), _) => self.trouble_after(LogCause::Code(code)),
            (Phase::Verify, None, status) => self.trouble_after(LogCause::Hook(Some(phase), status)),
            (_, Some(code), _) => self.fail(code),
            (Phase::Build, None, Some(status)) if OF_COMPOSER.contains(&status) => {
                self.give_up(phase, LogCause::Composer(status));
            }
            (_, None, status) => self.give_up(phase, LogCause::Hook(Some(phase), status)),
        }
    }

    fn give_up(&mut self, phase: Phase, cause: LogCause) {
        if self.has_failed() || self.skipped {
            return;
        }
        let has_left = self.phase > Some(phase);
        self.enter(phase, None);
        self.stop();
        self.failed = Some(cause);
        self.step = match cause {
            LogCause::Upload => Some("upload"),
            LogCause::Composer(_) => Some("composer"),
            _ => self.step,
        };
        let is_closed = self.site == SiteState::Maintenance;
        if cause == LogCause::Provision && !is_closed {
            self.site = SiteState::Unknown;
        } else if phase == Phase::Build && !has_left {
            self.site = SiteState::Untouched;
        }
    }

    /// What is under way ends here.
    fn stop(&mut self) {
        let Some(phase) = self.phases.last_mut() else { return };
        phase.ended_at = phase.ended_at.or(self.last_at);
        if let Some(step) = phase.steps.last_mut() {
            step.ended_at = step.ended_at.or(self.last_at);
        }
    }

    fn suspects(&self) -> Vec<Suspect> {
        let deploy = self.phases.iter().filter(|phase| phase.phase == Phase::Deploy);
        let mut suspects: Vec<Suspect> = Vec::new();
        for step in deploy.flat_map(|phase| &phase.steps) {
            let end = step.ended_at.or(self.last_at);
            let took = step.began_at.zip(end).map(|(began, end)| end.since(began));
            let at_least = |least: Duration| took.is_some_and(|took| took >= least);
            let slow = match step.name {
                "deploy-static-content" => SlowStep::StaticContentInDeploy,
                "install-update: update" if at_least(LONG_UPGRADE) => SlowStep::LongUpgrade,
                "disable-cron" if at_least(LONG_CRON_END) => SlowStep::CronWillNotStop,
                _ => continue,
            };
            if !suspects.iter().any(|suspect| suspect.step == slow) {
                suspects.push(Suspect { step: slow, took });
            }
        }
        suspects
    }
}

fn code_of(cause: LogCause) -> Option<&'static EceCode> {
    match cause {
        LogCause::Code(code) => Some(code),
        _ => None,
    }
}

/// What the shop does where a log begins with this step: ece-tools runs its steps in one order.
fn site_at(phase: Phase, step: Option<&str>) -> SiteState {
    match (phase, step) {
        (Phase::Build, _) | (Phase::Deploy, None | Some("provision" | "pre-deploy")) => SiteState::Untouched,
        (Phase::Deploy, Some(OPENING)) => SiteState::Unknown,
        (Phase::Deploy, Some(_)) => SiteState::Maintenance,
        (Phase::Verify, _) => SiteState::Open,
    }
}
