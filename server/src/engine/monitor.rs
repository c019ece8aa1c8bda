//! How the engine is, for those who watch it.

use super::cached::Cached;
use super::context::EngineContext;
use super::readiness::ready;
use crate::github::{Access, Caller};
use crate::metrics::{Budget, Disk, Queue, Sample};
use crate::model::{ForPeople, UnixMillis};
use crate::store::Statistics;
use serde::Serialize;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;
use tokio::time::Instant;

/// How long what was measured is good enough. Whatever many ask in between is measured once.
const MEASURED_EVERY: Duration = Duration::from_secs(5);

/// When GitHub's last webhook came.
#[derive(Debug, Default)]
pub(super) struct LastWebhook(AtomicI64);

impl LastWebhook {
    pub(super) fn note(&self, at: UnixMillis) {
        self.0.fetch_max(at.0, Ordering::Relaxed);
    }

    fn get(&self) -> Option<UnixMillis> {
        Some(UnixMillis(self.0.load(Ordering::Relaxed))).filter(|at| at.0 > 0)
    }
}

/// Tells those who watch the server how it is.
pub struct Monitor {
    ctx: Arc<EngineContext>,
    last_webhook: Arc<LastWebhook>,
    database: PathBuf,
    measured: Cached<Measured>,
}

/// What takes a look at the disk or a question to the store.
#[derive(Debug, Clone, Default)]
struct Measured {
    /// Why deliveries are better kept out, if so.
    not_ready: Option<String>,
    statistics: Statistics,
    mirror_count: u64,
    mirror_bytes: u64,
    database_bytes: u64,
    disk: Option<Disk>,
}

/// How the server is. Its JSON is what `/status` answers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StatusReport {
    schema_version: u32,
    version: &'static str,
    ready: bool,
    /// Why it is not ready.
    reason: Option<String>,
    github: &'static str,
    uptime_seconds: f64,
    heartbeat_age_seconds: f64,
    /// None where no webhook is known.
    last_webhook_age_seconds: Option<f64>,
    queue: QueueReport,
    installations: u64,
    repositories: u64,
    rate_limit_remaining_min: Option<u64>,
    mirrors: MirrorsReport,
    database_bytes: u64,
    disk: Option<DiskReport>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct QueueReport {
    due: u64,
    later: u64,
    leased: u64,
    given_up: u64,
    age_seconds: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct MirrorsReport {
    count: u64,
    bytes: u64,
    limit_bytes: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct DiskReport {
    free_bytes: u64,
    size_bytes: u64,
}

impl Monitor {
    pub(super) fn new(ctx: Arc<EngineContext>, last_webhook: Arc<LastWebhook>, database: PathBuf) -> Self {
        Self { ctx, last_webhook, database, measured: Cached::new(MEASURED_EVERY) }
    }

    /// How long ago the engine last asked for work and was answered.
    pub fn heartbeat_age(&self) -> Duration {
        self.ctx.health.idle_for()
    }

    /// How long ago GitHub's last webhook came; `None` where none is known.
    pub async fn last_webhook_age(&self) -> Option<Duration> {
        let measured = self.measured().await;
        self.webhook_age(&measured)
    }

    /// All numbers in Prometheus' text format.
    pub async fn metrics(&self) -> String {
        let measured = self.measured().await;
        self.ctx.tally.metrics().text(&self.sample(&measured))
    }

    /// How the server is, in a few figures.
    pub async fn report(&self) -> StatusReport {
        let measured = self.measured().await;
        let Sample { queue, budgets, .. } = self.sample(&measured);
        let of_installations = budgets.iter().filter(|it| it.installation.is_some());
        StatusReport {
            schema_version: 1,
            version: env!("CARGO_PKG_VERSION"),
            ready: measured.not_ready.is_none(),
            reason: measured.not_ready.clone(),
            github: self.ctx.api.access().as_str(),
            uptime_seconds: seconds(self.uptime()),
            heartbeat_age_seconds: seconds(self.heartbeat_age()),
            last_webhook_age_seconds: self.webhook_age(&measured).map(seconds),
            queue: QueueReport {
                due: queue.due,
                later: queue.later,
                leased: queue.leased,
                given_up: queue.given_up,
                age_seconds: seconds(queue.age),
            },
            installations: measured.statistics.installations.into(),
            repositories: measured.statistics.repositories.into(),
            rate_limit_remaining_min: of_installations.map(|it| it.remaining).min(),
            mirrors: MirrorsReport {
                count: measured.mirror_count,
                bytes: measured.mirror_bytes,
                limit_bytes: self.ctx.settings.mirrors.bytes,
            },
            database_bytes: measured.database_bytes,
            disk: measured.disk.map(|it| DiskReport { free_bytes: it.free, size_bytes: it.size }),
        }
    }

    fn sample(&self, measured: &Measured) -> Sample {
        let Measured { statistics, mirror_count, mirror_bytes, database_bytes, disk, .. } = *measured;
        let budgets = self.ctx.api.budgets().into_iter().map(|(caller, budget)| Budget {
            installation: match caller {
                Caller::App => None,
                Caller::Installation(id) => Some(id.0),
            },
            remaining: budget.remaining,
        });
        Sample {
            ready: measured.not_ready.is_none(),
            heartbeat_age: self.heartbeat_age(),
            last_webhook_age: self.webhook_age(measured).unwrap_or_else(|| self.uptime()),
            access: (self.ctx.api.access().as_str(), &Access::WORDS),
            queue: Queue {
                due: statistics.due.into(),
                later: statistics.later.into(),
                leased: statistics.leased.into(),
                given_up: statistics.given_up.into(),
                age: statistics.oldest_due.map(|due| self.ctx.now().since(due)).unwrap_or_default(),
            },
            budgets: budgets.collect(),
            installations: statistics.installations.into(),
            repositories: statistics.repositories.into(),
            mirrors: mirror_count,
            mirror_bytes,
            mirror_bytes_max: self.ctx.settings.mirrors.bytes,
            database_bytes,
            disk,
        }
    }

    fn uptime(&self) -> Duration {
        self.ctx.now().since(self.ctx.started_at)
    }

    fn webhook_age(&self, measured: &Measured) -> Option<Duration> {
        let last = self.last_webhook.get().max(measured.statistics.last_delivery)?;
        Some(self.ctx.now().since(last))
    }

    async fn measured(&self) -> Measured {
        self.measured.get(Instant::now(), Box::pin(self.measure())).await
    }

    async fn measure(&self) -> Measured {
        let ready = ready(&self.ctx).await;
        let statistics = self.ctx.store.statistics(self.ctx.now()).await;
        let (mirror_count, mirror_bytes) = self.ctx.mirrors.count_and_bytes();
        let mut log = self.database.clone().into_os_string();
        log.push("-wal");
        let size = |path: &std::path::Path| std::fs::metadata(path).map_or(0, |it| it.len());
        Measured {
            not_ready: ready.err().map(|why| why.for_people().to_string()),
            statistics: statistics.unwrap_or_default(),
            mirror_count,
            mirror_bytes,
            database_bytes: size(&self.database) + size(log.as_ref()),
            disk: disk_of(self.ctx.mirrors.folder()),
        }
    }
}

/// How much room there is on the disk of a folder.
fn disk_of(folder: &std::path::Path) -> Option<Disk> {
    let found = rustix::fs::statvfs(folder).ok()?;
    let bytes = |blocks: u64| blocks.saturating_mul(found.f_frsize);
    Some(Disk { free: bytes(found.f_bavail), size: bytes(found.f_blocks) })
}

/// To the millisecond: more says nothing.
fn seconds(length: Duration) -> f64 {
    (length.as_secs_f64() * 1_000.0).round() / 1_000.0
}
