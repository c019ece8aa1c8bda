//! Install reports.

use crate::given::{REPOSITORY, apply};
use std::sync::Arc;
use towpath::model::{Found, InstallReport, PathReport, PathSource, RepositoryId, UnixMillis};
use towpath::store::{Change, Store, WorkItem};

fn report(name: &str, made_at: i64, found: Found) -> InstallReport {
    InstallReport {
        repository: name.to_owned(),
        html_url: format!("https://github.com/{name}"),
        default_branch: "main".to_owned(),
        made_at: UnixMillis(made_at),
        found,
        proposed: None,
    }
}

fn path() -> Found {
    Found::Path(Box::new(PathReport {
        source: PathSource::File("a file".to_owned()),
        path: "a → b".to_owned(),
        judged: 3,
        unknown: 1,
        stopped: Vec::new(),
        rules: Vec::new(),
        configuration: None,
    }))
}

fn keep(id: u64, report: InstallReport) -> Change {
    Change::InstallReport(RepositoryId(id), Some(Box::new(report)))
}

pub(crate) async fn reports_with_a_path_come_first_and_go_with_their_repository(store: Arc<dyn Store>) {
    let (plain, old, new) =
        (report("a/plain", 9, Found::NoEnvironments), report("a/old", 1, path()), report("a/new", 5, path()));
    let changes = vec![
        keep(1, plain),
        keep(2, report("a/old", 0, Found::Empty)),
        keep(2, old.clone()),
        keep(3, new.clone()),
    ];
    apply(&*store, changes).await;
    assert_eq!(
        store.install_report(RepositoryId(2)).await.unwrap(),
        Some(old.clone()),
        "the newest word counts"
    );
    let known = store.install_reports(2).await.unwrap();
    assert_eq!(known.first, [(RepositoryId(3), new), (RepositoryId(2), old)]);
    assert_eq!((known.made, known.waiting), (3, 0));
    apply(&*store, vec![Change::InstallReport(RepositoryId(2), None)]).await;
    assert_eq!(store.install_report(RepositoryId(2)).await.unwrap(), None);
    store.mark(vec![WorkItem::InstallReport(REPOSITORY)], UnixMillis(7)).await.unwrap();
    let known = store.install_reports(10).await.unwrap();
    assert_eq!((known.first.len(), known.made, known.waiting), (2, 2, 1));
}
