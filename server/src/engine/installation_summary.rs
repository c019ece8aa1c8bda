//! Which App we are on GitHub and where it is installed, in one line of the log.

use crate::github::{InstallationJson, RegisteredAppJson};
use crate::model::{Grants, InstallationId, MissingGrants};
use crate::report;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How many accounts are named.
const NAMED: usize = 10;

/// What an installation covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coverage {
    /// So many repositories.
    Repositories(usize),
    /// None, until its account takes the App into use again.
    Suspended,
    /// It did not answer yet.
    Unknown,
}

/// Which App we are and where it is installed, logged in one line: after the start, and again after GitHub could not be
/// asked for a while.
#[derive(Debug, Default)]
pub(super) struct InstallationSummary(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    app: Option<RegisteredAppJson>,
    installed: BTreeMap<InstallationId, (String, Coverage)>,
    logged: bool,
    /// What the App asks its installations for.
    asked: Option<Grants>,
}

impl InstallationSummary {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What commands need that an installation does not grant, by what the App asks for as far as that is known.
    pub(super) fn missing(&self, installation: &InstallationJson) -> Option<MissingGrants> {
        let known = self.known();
        installation.grants.as_ref()?.missing_for_commands(known.asked.as_ref())
    }

    /// Logs what installations do not grant, and once it is known what the App asks for. Called before
    /// [`InstallationSummary::begin`], it says so as often as that logs who we are.
    pub(super) fn log_missing(&self, missing: &[(&InstallationJson, MissingGrants)]) {
        if self.known().logged {
            return;
        }
        for line in missing_lines(missing) {
            tracing::warn!("{line}");
        }
    }

    /// What the App asks its installations for.
    pub(super) fn asks_for(&self, asked: Option<Grants>) {
        self.known().asked = asked;
    }

    /// Which App we are, and where it is installed. What each installation covers comes later; answers whether that is
    /// waited for.
    pub(super) fn begin(&self, app: RegisteredAppJson, installations: &[InstallationJson]) -> bool {
        let mut known = self.known();
        if known.logged {
            return false;
        }
        let of = |it: &InstallationJson| (it.id, (login(it), Coverage::Unknown));
        (known.app, known.installed) = (Some(app), installations.iter().map(of).collect());
        known.log_if_complete();
        !known.logged
    }

    /// What an installation covers, or that it is none any more.
    pub(super) fn covers(&self, id: InstallationId, coverage: Option<Coverage>) {
        let mut known = self.known();
        match (coverage, known.installed.get_mut(&id)) {
            (Some(coverage), Some((_, before))) => *before = coverage,
            (Some(_), None) => {}
            (None, _) => drop(known.installed.remove(&id)),
        }
        known.log_if_complete();
    }

    /// Logs what is known by now, unless it was logged.
    pub(super) fn log(&self) {
        self.known().log();
    }

    /// It is logged again once it is known again.
    pub(super) fn forget(&self) {
        let mut known = self.known();
        let asked = known.asked.take();
        *known = Known { asked, ..Known::default() };
    }
}

impl Known {
    fn log_if_complete(&mut self) {
        if self.installed.values().all(|(_, coverage)| *coverage != Coverage::Unknown) {
            self.log();
        }
    }

    fn log(&mut self) {
        let Some(app) = self.app.as_ref().filter(|_| !self.logged) else { return };
        tracing::info!("{}", sentence(app, self.installed.values()));
        self.logged = true;
    }
}

fn login(installation: &InstallationJson) -> String {
    installation.account.as_ref().map_or_else(|| format!("#{}", installation.id), |it| it.login.clone())
}

fn missing_lines(missing: &[(&InstallationJson, MissingGrants)]) -> Vec<String> {
    let line = |(it, missing): &(&InstallationJson, MissingGrants)| {
        report::missing_grants_line(&login(it), missing, &it.html_url)
    };
    let mut lines: Vec<String> = missing.iter().take(NAMED).map(line).collect();
    if let Some(more) = missing.len().checked_sub(NAMED).filter(|more| *more > 0) {
        lines.push(format!("{more} accounts more have not accepted what commands need"));
    }
    lines
}

fn sentence<'a>(app: &RegisteredAppJson, installed: impl Iterator<Item = &'a (String, Coverage)>) -> String {
    let slug = app.slug.as_ref().map(|slug| format!(" ({slug})")).unwrap_or_default();
    let (mut named, mut others, mut all) = (Vec::new(), 0, 0);
    for (login, coverage) in installed {
        if let Coverage::Repositories(count) = coverage {
            all += count;
        }
        if named.len() == NAMED {
            others += 1;
            continue;
        }
        named.push(match coverage {
            Coverage::Repositories(count) => format!("{login} ({})", repositories(*count)),
            Coverage::Suspended => format!("{login} (suspended)"),
            Coverage::Unknown => format!("{login} (no answer yet)"),
        });
    }
    let us = format!("this is the GitHub App {:?}{slug}, installed", app.name);
    if named.is_empty() {
        let page = app.html_url.as_ref().map(|url| format!(": {url}/installations/new")).unwrap_or_default();
        return format!("{us} nowhere yet{page}");
    }
    let more = if others > 0 { format!(" and {others} accounts more") } else { String::new() };
    format!("{us} in {}{more}; {} in all", named.join(", "), repositories(all))
}

fn repositories(count: usize) -> String {
    if count == 1 { "1 repository".to_owned() } else { format!("{count} repositories") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn app() -> RegisteredAppJson {
        let html_url = Some("https://github.com/apps/towpath-acme".to_owned());
        let slug = Some("towpath-acme".to_owned());
        RegisteredAppJson { name: "Towpath".to_owned(), slug, html_url, grants: None }
    }

    #[test]
    fn who_we_are_is_one_sentence() {
        let installed = [
            ("acme".to_owned(), Coverage::Repositories(1)),
            ("emca".to_owned(), Coverage::Suspended),
            ("widgets".to_owned(), Coverage::Repositories(12)),
        ];
        assert_eq!(
            sentence(&app(), installed.iter()),
            "this is the GitHub App \"Towpath\" (towpath-acme), installed in acme (1 repository), emca (suspended), \
             widgets (12 repositories); 13 repositories in all"
        );
        assert_eq!(
            sentence(&app(), std::iter::empty()),
            "this is the GitHub App \"Towpath\" (towpath-acme), installed nowhere yet: \
             https://github.com/apps/towpath-acme/installations/new"
        );
        let many: Vec<_> = (0..13).map(|it| (format!("a{it}"), Coverage::Repositories(2))).collect();
        let told = sentence(&app(), many.iter());
        assert!(told.ends_with("a9 (2 repositories) and 3 accounts more; 26 repositories in all"), "{told}");
    }

    #[test]
    fn what_accounts_do_not_grant_is_a_line_for_each_of_the_first() {
        let summary = InstallationSummary::default();
        let installation = |id: u64| {
            let json = serde_json::json!({
                "id": id, "account": {"login": format!("a{id}"), "id": id}, "permissions": {"issues": "write"},
                "events": ["issue_comment"], "html_url": format!("https://github.com/settings/installations/{id}"),
            });
            serde_json::from_value::<InstallationJson>(json).unwrap()
        };
        let all: Vec<_> = (1..=12).map(installation).collect();
        let missing: Vec<_> = all.iter().map(|it| (it, summary.missing(it).unwrap())).collect();
        let lines = missing_lines(&missing);
        assert_eq!(lines.len(), 11);
        assert_eq!(
            lines[0],
            "Commands work only in part in a1 yet: whoever administers a1 has to accept Pull request review, Pull \
             request review comment, Pull requests: write and Members: read at \
             https://github.com/settings/installations/1"
        );
        assert_eq!(lines[10], "2 accounts more have not accepted what commands need");
        summary.asks_for(all[0].grants.clone());
        let missing = summary.missing(&all[0]).unwrap();
        assert!(
            missing.to_accept.is_empty(),
            "what the App does not ask for cannot be accepted: {missing:?}"
        );
        let silent = InstallationJson { grants: None, ..all[0].clone() };
        assert_eq!(summary.missing(&silent), None, "a server that does not tell is asked for nothing");
    }
}
