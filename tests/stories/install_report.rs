//! The install report: what is found of a repository's path, what that would have stopped, and what it costs to look.

use crate::rollback::towpath;
use crate::shop::{merge, topic};
use crate::stage::{Setting, Stage};
use std::sync::Arc;
use std::time::Duration;
use towpath::engine::{InstallReports, NoReport, Reporter, ReporterConfig, Settings, SystemClock};
use towpath::github::AppKey;
use towpath::model::config::Configuration;
use towpath::model::{Found, InstallReport, PathReport, PathSource, ProposedConfiguration, PullNumber};
use towpath::store::{InstallReportStore as _, Store as _, WorkItem};
use towpath_sandbox::{AppConfig, RepoHandle};

const FILE: &str = ".github/towpath.yml";

fn reporter(stage: &Stage) -> Reporter {
    stage.keep_clocks_together();
    let app = AppKey::from_pem(&stage.app.id().to_string(), AppConfig::demo_key()).unwrap();
    let (api_url, clock) = (stage.github.api_url(), Arc::new(SystemClock));
    let call_within = Duration::from_secs(10);
    Reporter::new(ReporterConfig { app, api_url, call_within, clock }).unwrap()
}

async fn report(stage: &Stage, repository: &str) -> InstallReport {
    Box::pin(reporter(stage).report(repository)).await.unwrap()
}

fn path(report: InstallReport) -> PathReport {
    match report.found {
        Found::Path(path) => *path,
        other => panic!("{other:?}"),
    }
}

/// Merges one branch into another by a pull request; answers its number.
async fn merged(store: &RepoHandle, head: &str, base: &str) -> u64 {
    let pull = store.open_pull(head).into(base).by("ana").await.unwrap();
    merge(&pull).await.unwrap();
    pull.state().unwrap().number
}

/// A repository with environments of other names, on which somebody has skipped one.
async fn tool(stage: &Stage) -> (RepoHandle, u64) {
    let tool = stage.github.repository("acme/tool").default_branch("main").create().await.unwrap();
    tool.commit_on("main").orphan().file("README", "A tool\n").by("rita").await.unwrap();
    for branch in ["develop", "uat"] {
        tool.branch(branch).from("main").by("rita").await.unwrap();
    }
    topic(&tool, "feature/cart", "develop").await;
    merged(&tool, "feature/cart", "develop").await;
    merged(&tool, "develop", "uat").await;
    merged(&tool, "uat", "main").await;
    topic(&tool, "feature/rash", "develop").await;
    let rash = merged(&tool, "feature/rash", "uat").await;
    stage.installation.add([&tool]).await.unwrap();
    stage.quiet().await;
    (tool, rash)
}

#[tokio::test]
async fn environments_of_other_names_are_found_by_who_merges_into_whom() {
    let stage = Stage::set().await;
    let (_, rash) = tool(&stage).await;
    let report = report(&stage, "acme/tool").await;
    assert_eq!((report.repository.as_str(), report.default_branch.as_str()), ("acme/tool", "main"));
    let url = report.pull_url(match &report.found {
        Found::Path(path) => &path.stopped[0],
        other => panic!("{other:?}"),
    });
    assert!(url.ends_with(&format!("/acme/tool/pull/{rash}")), "{url}");
    let path = path(report);
    assert_eq!(
        (path.path.as_str(), &path.source),
        ("develop → uat → main, no copy branch", &PathSource::Guessed)
    );
    assert_eq!((path.judged, path.unknown, path.stopped_by_code()), (4, 0, vec![("TP101", 1)]), "{path:#?}");
    assert!(!path.stopped[0].reasons[0].title.is_empty());
    let configuration = Configuration::read(&path.configuration.unwrap()).unwrap();
    assert_eq!(configuration.in_one_line(), path.path);
    // Nothing keeps these branches, and nothing requires the checks.
    let missing = |code: &str| path.rules.iter().filter(|it| it.code == code && it.is_fault).count();
    assert_eq!((missing("required-check"), missing("deletion"), missing("merge-methods")), (3, 3, 2));
    stage.end().await;
}

#[tokio::test]
async fn where_a_team_merges_without_pull_requests_git_tells_who_merges_into_whom() {
    let stage = Stage::set().await;
    let tool = stage.github.repository("acme/tool").default_branch("main").create().await.unwrap();
    tool.commit_on("main").orphan().file("README", "A tool\n").by("rita").await.unwrap();
    for branch in ["develop", "uat"] {
        tool.branch(branch).from("main").by("rita").await.unwrap();
    }
    stage.installation.add([&tool]).await.unwrap();
    assert_eq!(report(&stage, "acme/tool").await.found, Found::NoEnvironments, "nothing was merged");
    for round in ["1", "2"] {
        let topic = format!("feature/{round}");
        tool.commit_on(&topic).from("develop").file(&topic, round).by("ana").await.unwrap();
        for (head, base) in [(topic.as_str(), "develop"), ("develop", "uat"), ("uat", "main")] {
            tool.merge(head).into(base).no_ff().by("rita").await.unwrap();
        }
        tool.delete_branch(&topic).by("ana").await.unwrap();
    }
    stage.quiet().await;
    let path = path(report(&stage, "acme/tool").await);
    assert_eq!(
        (path.path.as_str(), &path.source, path.judged),
        ("develop → uat → main, no copy branch", &PathSource::Guessed, 0)
    );
    let configuration = Configuration::read(&path.configuration.unwrap()).unwrap();
    assert_eq!(configuration.in_one_line(), path.path);
    stage.end().await;
}

#[tokio::test]
async fn the_pro_workflow_is_found_and_needs_no_file() {
    let stage = Stage::set().await;
    let good = stage.merged_topic("feature/good").await;
    // Cut from master: it carries what is released, and would carry it past the path.
    topic(&stage.store, "feature/rash", "integration").await;
    stage.store.unprotect("staging");
    let rash = merged(&stage.store, "feature/rash", "staging").await;
    stage.quiet().await;
    let path = path(report(&stage, "acme/store").await);
    assert_eq!((&path.source, &path.configuration), (&PathSource::BuiltIn, &None));
    assert_eq!(path.judged, 2, "{path:#?}");
    let stopped: Vec<_> = path.stopped.iter().map(|it| it.number.0).collect();
    assert_eq!((stopped, path.stopped_by_code()), (vec![rash], vec![("TP101", 1)]), "{path:#?}");
    assert!(!path.stopped.iter().any(|it| it.number.0 == good.state().unwrap().number));
    stage.all_is_read().await;
    stage.end().await;
}

#[tokio::test]
async fn a_repository_without_environments_costs_nothing_and_others_are_a_line() {
    let stage = Stage::set().await;
    let plain = stage.github.repository("acme/plain").default_branch("main").create().await.unwrap();
    let empty = stage.github.repository("acme/empty").default_branch("main").create().await.unwrap();
    let broken = stage.github.repository("acme/broken").default_branch("main").create().await.unwrap();
    plain.commit_on("main").orphan().file("README", "Plain\n").by("rita").await.unwrap();
    topic(&plain, "feature/x", "main").await;
    broken.commit_on("main").orphan().file(FILE, "version: 2\n").by("rita").await.unwrap();
    stage.installation.add([&plain, &empty, &broken]).await.unwrap();
    stage.quiet().await;
    stage.github.forget_records();
    assert_eq!(report(&stage, "acme/plain").await.found, Found::NoEnvironments);
    assert_eq!(stage.requests("GET", "/pulls"), 0, "nobody is asked about merges");
    assert_eq!(stage.requests("GET", "/rulesets"), 0);
    assert_eq!(report(&stage, "acme/empty").await.found, Found::Empty);
    plain.archive();
    assert_eq!(report(&stage, "acme/plain").await.found, Found::Archived);
    let Found::InvalidConfiguration { place, problem } = report(&stage, "acme/broken").await.found else {
        panic!("it is not valid");
    };
    assert!(place == FILE && problem.starts_with("1:10"), "{place}: {problem}");
    let nowhere = Box::pin(reporter(&stage).report("acme/nowhere")).await;
    assert_eq!(nowhere, Err(NoReport::NotInstalled));
    stage.end().await;
}

#[tokio::test]
async fn a_file_goes_before_what_is_guessed() {
    let stage = Stage::with(Setting { branches: vec!["staging"], ..Setting::default() }).await;
    let text = "version: 1\nenvironments:\n  - name: staging\n    accepts: [topics]\n  - name: live\n    \
                branch: master\n    accepts: [staging]\n";
    stage.store.commit_on("master").file(FILE, text).by("rita").await.unwrap();
    stage.quiet().await;
    let path = path(report(&stage, "acme/store").await);
    assert_eq!((path.source, path.configuration), (PathSource::File(FILE.to_owned()), None));
    assert_eq!((path.path.as_str(), path.judged), ("staging → live, no copy branch", 0));
    stage.end().await;
}

/// How long six hundred repositories may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// A stage whose server reports on what it was not installed on before, and covers nothing yet.
async fn reporting() -> Stage {
    let setting = Setting { installed: false, patience: PATIENCE, ..Setting::default() };
    let settings = Settings { report_after: Some(Duration::ZERO), ..setting.settings.clone() };
    Stage::with(Setting { settings, ..setting }).await
}

async fn found(stage: &Stage) -> Vec<(String, Found)> {
    stage.quiet().await;
    let known = stage.database();
    let InstallReports { first, made, waiting, .. } = known.install_reports(10).await.unwrap();
    known.close().await;
    assert_eq!((made, waiting), (first.len(), 0));
    first.into_iter().map(|(_, report)| (report.repository, report.found)).collect()
}

#[tokio::test]
async fn after_an_installation_each_repository_has_its_report_and_one_without_a_path_costs_nothing() {
    let stage = reporting().await;
    let plain = stage.github.repository("acme/plain").default_branch("main").create().await.unwrap();
    plain.commit_on("main").orphan().file("README", "Plain\n").by("rita").await.unwrap();
    let old = stage.github.repository("acme/old").default_branch("main").create().await.unwrap();
    old.archive();
    stage.github.forget_records();
    stage.installation.add([&stage.store, &plain, &old]).await.unwrap();
    let all = found(&stage).await;
    assert!(
        matches!(&all[0], (name, Found::Path(path)) if name == "acme/store" && path.source == PathSource::BuiltIn)
    );
    let mut others: Vec<_> = all[1..].to_vec();
    others.sort_by(|one, other| one.0.cmp(&other.0));
    let wanted = [("acme/old", Found::Archived), ("acme/plain", Found::NoEnvironments)];
    assert_eq!(others, wanted.map(|(name, found)| (name.to_owned(), found)));
    let about_plain =
        stage.github.exchanges().into_iter().filter(|it| it.path.starts_with("/repos/acme/plain/"));
    let about_plain: Vec<_> = about_plain.map(|it| it.path).collect();
    let is_its_file = |path: &String| path.ends_with("/contents/.github/towpath.yml");
    // Two kinds of work may ask for it at the same moment.
    let is_file_alone = (1..=2).contains(&about_plain.len()) && about_plain.iter().all(is_its_file);
    assert!(is_file_alone, "{about_plain:?}");
    // What is covered no more is shown no more, and what is looked at again is not reported on again.
    stage.github.forget_records();
    stage.installation.remove([&plain]).await.unwrap();
    stage.minutes_later(20).await;
    assert_eq!(found(&stage).await.len(), 2);
    assert_eq!(stage.requests("GET", "/acme/store/rulesets"), 0);
    stage.all_is_read().await;
    stage.end().await;
}

/// Repositories of which nothing is to be seen but their names.
async fn archived(stage: &Stage, count: usize) -> Vec<RepoHandle> {
    let mut made = tokio::task::JoinSet::new();
    for at in 0..count {
        let github = stage.github.clone();
        made.spawn(async move { github.repository(&format!("acme/old-{at:03}")).create().await.unwrap() });
    }
    let all = made.join_all().await;
    all.iter().for_each(RepoHandle::archive);
    all
}

/// Those with a path, in the order in which they were looked at.
async fn with_a_path(stage: &Stage) -> (Vec<String>, InstallReports) {
    stage.quiet().await;
    let known = stage.database();
    let reports = known.install_reports(1_000).await.unwrap();
    known.close().await;
    let mut found: Vec<_> = reports.first.iter().map(|(_, report)| report).collect();
    found.retain(|it| matches!(it.found, Found::Path(_)));
    found.sort_by_key(|it| it.made_at);
    (found.into_iter().map(|it| it.repository.clone()).collect(), reports)
}

#[tokio::test]
async fn of_six_hundred_repositories_the_liveliest_come_first_and_the_last_calls_are_left_to_checks() {
    let stage = reporting().await;
    stage.installation.add([&stage.store]).await.unwrap();
    let (first, _) = with_a_path(&stage).await;
    assert_eq!(first, ["acme/store"]);
    let old = archived(&stage, 594).await;
    let mut live = Vec::new();
    for at in 0..5 {
        let name = format!("acme/shop-{}", (at * 2) % 5);
        let shop = stage.github.repository(&name).default_branch("master").create().await.unwrap();
        stage.seconds_later(60);
        shop.commit_on("master").orphan().file("README", "A shop\n").by("rita").await.unwrap();
        for branch in ["integration", "staging", "production"] {
            shop.branch(branch).from("master").by("rita").await.unwrap();
        }
        live.push(shop);
    }
    stage.github.leave_requests(1_000);
    stage.installation.add(old.iter().chain(&live)).await.unwrap();
    let (waiting, reports) = with_a_path(&stage).await;
    assert_eq!((waiting, reports.made, reports.waiting), (first, 595, 5), "they wait for the next hour");

    stage.github.reset_rate_limit();
    stage.minutes_later(75).await;
    let (order, reports) = with_a_path(&stage).await;
    assert_eq!((reports.made, reports.waiting), (600, 0));
    let pushed: Vec<_> = live.iter().rev().map(RepoHandle::full_name).collect();
    // Two are made at a time.
    let place = |name: &str| order.iter().position(|it| it == name).unwrap();
    let late = pushed.iter().enumerate().filter(|(at, name)| place(name).abs_diff(at + 1) > 2);
    assert_eq!(late.count(), 0, "{order:?} was pushed to as {pushed:?}");
    stage.end().await;
}

/// What the operator's button asks for.
async fn propose(stage: &Stage, repository: &RepoHandle) {
    let known = stage.database();
    let all = known.repositories(None).await.unwrap();
    let row = all.iter().find(|row| row.full_name == repository.full_name()).unwrap();
    known.mark(vec![WorkItem::ProposeConfiguration(row.id)], stage.now()).await.unwrap();
    known.close().await;
    stage.quiet().await;
}

async fn proposed(stage: &Stage) -> Option<ProposedConfiguration> {
    let known = stage.database();
    let all = known.install_reports(10).await.unwrap();
    known.close().await;
    all.first.into_iter().find(|(_, report)| report.repository == "acme/tool").unwrap().1.proposed
}

#[tokio::test]
async fn a_configuration_is_proposed_once_and_the_operator_has_asked_for_it() {
    let stage = reporting().await;
    let (tool, rash) = tool(&stage).await;
    assert_eq!((tool.pulls().iter().filter(|it| it.is_open()).count(), proposed(&stage).await), (0, None));
    for _ in 0..2 {
        propose(&stage, &tool).await;
    }
    let open: Vec<_> = tool.pulls().into_iter().filter(towpath_sandbox::PullHandle::is_open).collect();
    assert_eq!(open.len(), 1, "it is opened once");
    let shown = open[0].state().unwrap();
    assert_eq!(shown.base, "main");
    assert_eq!(proposed(&stage).await, Some(ProposedConfiguration::Opened(PullNumber(shown.number))));
    let body = shown.body.unwrap_or_default();
    assert!(body.contains("develop → uat → main") && body.contains(&format!("| #{rash} by `ana`")), "{body}");
    let text = tool.git(&["show", &format!("{}:{FILE}", open[0].head_sha())]).await.unwrap();
    assert_eq!(Configuration::read(&text).unwrap().in_one_line(), "develop → uat → main, no copy branch");
    let said = towpath(&stage, &["audit", "--action", "propose-configuration"]).await.words;
    let entry =
        format!("operator [operator]  propose-configuration  acme/tool#{}: opened #{0}", shown.number);
    assert_eq!(said.matches(&entry).count(), 2, "{said}");

    // Once the file is there, nothing is left to propose.
    stage.read(&open[0]);
    merge(&open[0]).await.unwrap();
    propose(&stage, &tool).await;
    let Some(ProposedConfiguration::Refused(why)) = proposed(&stage).await else { panic!("it is there") };
    assert_eq!(why, format!("main has a {FILE} by now"));
    stage.all_is_read().await;
    stage.end().await;
}

#[tokio::test]
async fn where_the_app_may_not_write_it_is_said_and_nothing_is_tried_again() {
    let stage = reporting().await;
    let (tool, _) = tool(&stage).await;
    let denied = stage.github.faults().rest("POST", "/repos/acme/tool/pulls").status(403);
    propose(&stage, &tool).await;
    assert_eq!(denied.hits(), 1);
    let Some(ProposedConfiguration::Refused(why)) = proposed(&stage).await else { panic!("it was refused") };
    assert!(why.starts_with("GitHub does not allow it"), "{why}");
    stage.github.faults().clear();
    // The branch is there already, at the same commit.
    propose(&stage, &tool).await;
    assert!(matches!(proposed(&stage).await, Some(ProposedConfiguration::Opened(_))));
    let branches = tool.refs().into_keys().filter(|name| name.contains("towpath-configuration")).count();
    assert_eq!(branches, 1);
    let open = tool.pulls().into_iter().find(towpath_sandbox::PullHandle::is_open).unwrap();
    stage.read(&open);
    stage.all_is_read().await;
    stage.end().await;
}
