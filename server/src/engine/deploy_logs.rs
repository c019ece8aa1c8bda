//! The logs of deploys, for whoever was given their address.

use super::commerce_files::{is_of_commerce, read_log};
use super::context::EngineContext;
use crate::deploy::drivers::parse_key;
use crate::github::off_the_runtime;
use crate::model::{Deploy, RepositoryId, UnixMillis, error_chain};
pub use crate::report::DeployPage;
use crate::report::{PageContext, deploy_page};
use crate::store::{RepositoryRow, StoreError};
use std::collections::HashMap;
use std::fs::File;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Among so many of an environment's newest deploys one is looked for, then among so many.
const LOOKED_THROUGH: [u32; 2] = [30, 1_000];

/// For how long it is believed whether a repository is private: a page that is open asks again and again.
const BELIEVED_FOR: Duration = Duration::from_secs(15);

/// What there is at the address of a log.
#[derive(Debug)]
pub enum LogView {
    /// The log as it is.
    Text(File),
    /// What it tells, of a deploy of a Commerce project.
    Page(Box<DeployPage>),
}

/// The logs of deploys.
#[derive(Clone)]
pub struct Logs {
    pub(super) ctx: Arc<EngineContext>,
    private: Arc<Mutex<HashMap<RepositoryId, Arc<Belief>>>>,
}

/// Since when it is believed whether a repository is private, and which of both. It is locked while GitHub is asked: all who
/// come meanwhile wait for the same answer.
type Belief = tokio::sync::Mutex<Option<(UnixMillis, bool)>>;

/// A deploy whose log is asked for.
struct Wanted {
    row: RepositoryRow,
    deploy: Option<Deploy>,
    /// The newest deploy that was begun after it.
    later: Option<u64>,
    /// Whether it is one of a Commerce project, whose log is not for everybody.
    is_of_commerce: bool,
}

impl Logs {
    pub(super) fn new(ctx: Arc<EngineContext>) -> Self {
        Self { ctx, private: Arc::default() }
    }

    /// What is at the address of a log, if the mark is the one that its address was given.
    pub async fn view(&self, key: &str, mark: &str, is_operator: bool) -> Option<LogView> {
        let wanted = self.wanted(key, mark).await?;
        let log = self.ctx.drivers.commands.open_log(key).await.ok();
        let Some(deploy) = wanted.deploy.filter(|_| wanted.is_of_commerce) else {
            return log.filter(|_| !wanted.is_of_commerce).map(LogView::Text);
        };
        let reads_log = is_operator || self.is_private(&wanted.row).await;
        let has_log = log.is_some();
        let deploy = match log {
            // Of others the file holds what git has said of a push, and the deploy itself what its log tells.
            Some(log) if deploy.driver == Deploy::BY_PROGRAMS => told_by(log, deploy),
            _ => deploy,
        };
        let context = PageContext { has_log, reads_log, later: wanted.later, now: self.ctx.now() };
        let page = deploy_page(&wanted.row.full_name, &deploy, context);
        Some(LogView::Page(Box::new(page)))
    }

    /// The whole log of a deploy, if the mark is the one that its address was given and whoever asks may read it.
    pub async fn whole(&self, key: &str, mark: &str, is_operator: bool) -> Option<File> {
        let wanted = self.wanted(key, mark).await?;
        if wanted.is_of_commerce && !is_operator && !self.is_private(&wanted.row).await {
            return None;
        }
        self.ctx.drivers.commands.open_log(key).await.ok()
    }

    async fn wanted(&self, key: &str, mark: &str) -> Option<Wanted> {
        if !self.ctx.drivers.has_marked_log(key, mark) {
            return None;
        }
        let (repository, environment, number) = parse_key(key)?;
        match self.look_up(RepositoryId(repository), &environment, number).await {
            Ok(found) => found,
            Err(error) => {
                tracing::warn!(error = error_chain(&error), "the deploy of a log cannot be looked up");
                None
            }
        }
    }

    async fn look_up(
        &self,
        id: RepositoryId,
        environment: &str,
        number: u64,
    ) -> Result<Option<Wanted>, StoreError> {
        let store = &self.ctx.store;
        let Some(row) = store.repository(id).await? else { return Ok(None) };
        let (mut deploy, mut later) = (None, None);
        for among in LOOKED_THROUGH {
            let newest = store.newest_deploys(id, environment, among).await?;
            later = newest.iter().find(|it| it.number > number && it.was_begun()).map(|it| it.number);
            deploy = newest.into_iter().find(|it| it.number == number);
            if deploy.is_some() {
                break;
            }
        }
        // What cannot be read may be a Commerce project's.
        let path = self.ctx.repository_config(&row).await.ok().map(|config| config.path);
        let is_of_commerce = path.is_none_or(|path| {
            path.commerce.is_some() || deploy.as_ref().is_some_and(|it| is_of_commerce(&path, it))
        });
        Ok(Some(Wanted { row, deploy, later, is_of_commerce }))
    }

    async fn is_private(&self, row: &RepositoryRow) -> bool {
        let belief = {
            let mut all = self.private.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(all.entry(row.id).or_default())
        };
        let mut belief = belief.lock().await;
        let now = self.ctx.now();
        if let Some((_, known)) = belief.filter(|(at, _)| (*at..*at + BELIEVED_FOR).contains(&now)) {
            return known;
        }
        let is_private = self.ctx.is_private(row).await;
        *belief = Some((self.ctx.now(), is_private));
        is_private
    }
}

/// A deploy by programs with what its log tells by now.
fn told_by(log: File, mut deploy: Deploy) -> Deploy {
    let bytes = log.metadata().map_or(0, |it| usize::try_from(it.len()).unwrap_or(usize::MAX));
    let Ok(reader) = off_the_runtime(bytes, || read_log(log)) else { return deploy };
    let reading = if deploy.state.is_open() { reader.so_far() } else { reader.finish() };
    deploy.customers = reading.customers_now();
    deploy.diagnosis = deploy.diagnosis.or_else(|| reading.failure());
    if let Some(run) = deploy.phases.last_mut().filter(|_| !reading.last_lines.is_empty()) {
        run.log_tail = Some(reading.last_lines.join("\n"));
    }
    deploy
}
