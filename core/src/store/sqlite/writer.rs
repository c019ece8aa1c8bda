//! The one thread that writes. Jobs that come while it is busy share its next transaction, and so one
//! sync of the disk; a job that comes alone waits for nobody.

use super::checkpoint::Checkpoints;
use super::in_place::InPlace;
use super::{Options, schema};
use crate::store::StoreError;
use rusqlite::Connection;
use std::path::Path;
use std::thread;
use tokio::sync::{mpsc, oneshot};

/// Jobs that may wait; past that, callers wait to hand theirs over.
const QUEUE: usize = 1024;

/// What one transaction takes at most, so that its first job does not wait long for its last.
const BATCH_JOBS: usize = 256;
const BATCH_BYTES: usize = 4 << 20;

/// After a transaction of so many jobs, those who bring more may go first, as long as more come, this many times: each sync of
/// the disk, and each page that all of them touch, is then paid for by more of them. It matters where they have to share a
/// core with this thread; where they do not, nobody waits.
const MANY_JOBS: usize = 8;
const TURNS: u32 = 8;
/// So many are enough: who has brought them is waited for by others, while the disk is.
const ENOUGH_JOBS: usize = 32;

/// What becomes of what a job has written.
pub(super) enum Outcome<T> {
    /// It stays.
    Keep(T),
    /// It is taken back: the answer says why.
    Undo(T),
}

/// Whether what a job has written is on the disk when it is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Durability {
    /// It is, and so is all that was written before.
    Synced,
    /// The next one that is synced brings it there.
    Unsynced,
}

impl Durability {
    /// SQLite's setting for it: in its log, only `FULL` syncs at each commit.
    fn setting(self) -> &'static str {
        match self {
            Self::Synced => "PRAGMA synchronous = FULL",
            Self::Unsynced => "PRAGMA synchronous = NORMAL",
        }
    }
}

/// The end of the queue to the thread.
#[derive(Debug)]
pub(super) struct Writer {
    queue: mpsc::Sender<Message>,
}

enum Message {
    Job(Box<dyn Job>),
    Close(oneshot::Sender<()>),
}

impl Writer {
    /// Opens the database and starts the thread.
    pub(super) fn start(path: &Path, options: &Options) -> Result<Self, StoreError> {
        let connection = schema::open_to_write(path, options)?;
        let checkpoints = Checkpoints::start(path)?;
        let (queue, jobs) = mpsc::channel(QUEUE);
        let durability = Durability::Synced;
        let thread = Thread { connection, durability, in_place: InPlace::of(path), checkpoints, jobs };
        thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || thread.run())
            .map_err(StoreError::unavailable)?;
        Ok(Self { queue })
    }

    /// Runs `work` in a transaction and answers once that is durable. `bytes` is about how much it writes.
    /// When a transaction fails over a job, all its jobs are run again, each in one of its own.
    pub(super) async fn run<T, W>(&self, bytes: usize, work: W) -> Result<T, StoreError>
    where
        T: Send + 'static,
        W: Fn(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        self.kept(bytes, Durability::Synced, work).await
    }

    /// The same for what may go with the machine, though not with the process: nobody waits for the disk because of it.
    pub(super) async fn run_unsynced<T, W>(&self, bytes: usize, work: W) -> Result<T, StoreError>
    where
        T: Send + 'static,
        W: Fn(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        self.kept(bytes, Durability::Unsynced, work).await
    }

    async fn kept<T, W>(&self, bytes: usize, durability: Durability, work: W) -> Result<T, StoreError>
    where
        T: Send + 'static,
        W: Fn(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let work = move |connection: &Connection| work(connection).map(Outcome::Keep);
        let job = Waiting { bytes, durability, undoable: false, work, result: None, reply };
        self.queued(job, answer).await
    }

    /// The same for work that may take back alone what it has written. It costs a copy of every page that
    /// it changes.
    pub(super) async fn run_or_undo<T, W>(&self, bytes: usize, work: W) -> Result<T, StoreError>
    where
        T: Send + 'static,
        W: Fn(&Connection) -> Result<Outcome<T>, StoreError> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let durability = Durability::Synced;
        self.queued(Waiting { bytes, durability, undoable: true, work, result: None, reply }, answer).await
    }

    async fn queued<T>(
        &self,
        job: impl Job + 'static,
        answer: oneshot::Receiver<Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        self.queue.send(Message::Job(Box::new(job))).await.map_err(|_| closed())?;
        answer.await.map_err(|_| closed())?
    }

    /// Lets the thread finish the jobs it has, and waits until it has closed the database.
    pub(super) async fn close(&self) {
        let (reply, answer) = oneshot::channel();
        if self.queue.send(Message::Close(reply)).await.is_ok() {
            // The thread drops the other end when it is through, which is an answer too.
            let _ = answer.await;
        }
    }
}

pub(super) fn closed() -> StoreError {
    StoreError::unavailable("it is closed")
}

/// A job without the type of its answer.
trait Job: Send {
    fn bytes(&self) -> usize;
    fn durability(&self) -> Durability;
    /// Whether what it writes may have to be taken back alone.
    fn undoable(&self) -> bool;
    /// Does the work and says whether what it wrote stays; after an error it does not.
    fn work(&mut self, connection: &Connection) -> Result<bool, StoreError>;
    fn answer(self: Box<Self>, committed: &Result<(), StoreError>);
}

struct Waiting<T, W> {
    bytes: usize,
    durability: Durability,
    undoable: bool,
    work: W,
    result: Option<Result<T, StoreError>>,
    reply: oneshot::Sender<Result<T, StoreError>>,
}

impl<T, W> Job for Waiting<T, W>
where
    T: Send,
    W: Fn(&Connection) -> Result<Outcome<T>, StoreError> + Send,
{
    fn bytes(&self) -> usize {
        self.bytes
    }

    fn durability(&self) -> Durability {
        self.durability
    }

    fn undoable(&self) -> bool {
        self.undoable
    }

    fn work(&mut self, connection: &Connection) -> Result<bool, StoreError> {
        let (stays, result) = match (self.work)(connection) {
            Ok(Outcome::Keep(value)) => (Ok(true), Ok(value)),
            Ok(Outcome::Undo(value)) => (Ok(false), Ok(value)),
            Err(error) => (Err(error.clone()), Err(error)),
        };
        self.result = Some(result);
        stays
    }

    fn answer(self: Box<Self>, committed: &Result<(), StoreError>) {
        let result = match (committed, self.result) {
            (Ok(()), Some(result)) => result,
            (Ok(()), None) => Err(closed()),
            (Err(error), _) => Err(error.clone()),
        };
        // A caller that has gone away wants no answer.
        let _ = self.reply.send(result);
    }
}

/// Why a transaction did not come about. Nothing of it is stored.
enum Failed {
    /// One job failed and took the others along, as when it finds no room.
    OverAJob(StoreError),
    /// It could not be begun or committed.
    Itself(StoreError),
}

impl Failed {
    fn cause(self) -> StoreError {
        let (Self::OverAJob(error) | Self::Itself(error)) = self;
        error
    }
}

struct Thread {
    connection: Connection,
    /// What the connection is set to.
    durability: Durability,
    in_place: InPlace,
    checkpoints: Checkpoints,
    jobs: mpsc::Receiver<Message>,
}

impl Thread {
    fn run(mut self) {
        let mut closing = Vec::new();
        while let Some(message) = self.jobs.blocking_recv() {
            let mut batch = Vec::new();
            self.gather(message, &mut batch, &mut closing);
            if batch.is_empty() {
                continue;
            }
            let were_many = batch.len() >= MANY_JOBS;
            self.answer(batch);
            self.checkpoints.after_commit(&self.connection);
            if were_many {
                self.let_more_come();
            }
        }
        if self.in_place.lost().is_some() {
            self.checkpoints.abandon(self.connection);
        } else {
            self.checkpoints.close(self.connection);
        }
        // Dropping `closing` tells those who wait for it.
        drop(closing);
    }

    fn let_more_come(&self) {
        let mut waiting = self.jobs.len();
        for _ in 0..TURNS {
            thread::yield_now();
            let now = self.jobs.len();
            if now == waiting || now >= ENOUGH_JOBS {
                return;
            }
            waiting = now;
        }
    }

    /// Takes the jobs that wait. When asked to close, nobody can hand over more, and what was handed
    /// over before is still done.
    fn gather(
        &mut self,
        first: Message,
        batch: &mut Vec<Box<dyn Job>>,
        closing: &mut Vec<oneshot::Sender<()>>,
    ) {
        let mut bytes = 0;
        let mut next = Some(first);
        while let Some(message) = next {
            match message {
                Message::Job(job) => {
                    bytes += job.bytes();
                    batch.push(job);
                }
                Message::Close(reply) => {
                    self.jobs.close();
                    closing.push(reply);
                }
            }
            let room = batch.len() < BATCH_JOBS && bytes < BATCH_BYTES;
            next = if room { self.jobs.try_recv().ok() } else { None };
        }
    }

    fn answer(&mut self, mut batch: Vec<Box<dyn Job>>) {
        let alone = batch.len() == 1;
        let committed = match self.commit(&mut batch) {
            Err(Failed::OverAJob(_)) if !alone => {
                // The others may well find room.
                for mut job in batch {
                    let committed = self.commit(std::slice::from_mut(&mut job));
                    job.answer(&committed.map_err(Failed::cause));
                }
                return;
            }
            committed => committed.map_err(Failed::cause),
        };
        for job in batch {
            job.answer(&committed);
        }
    }

    fn commit(&mut self, batch: &mut [Box<dyn Job>]) -> Result<(), Failed> {
        if let Some(lost) = self.in_place.lost() {
            return Err(Failed::Itself(lost.clone()));
        }
        let synced = batch.iter().any(|job| job.durability() == Durability::Synced);
        self.set(if synced { Durability::Synced } else { Durability::Unsynced }).map_err(Failed::Itself)?;
        self.execute("BEGIN IMMEDIATE").map_err(Failed::Itself)?;
        let result = batch
            .iter_mut()
            .try_for_each(|job| self.work(job.as_mut()))
            .and_then(|()| self.execute("COMMIT").map_err(Failed::Itself));
        if result.is_err() && !self.connection.is_autocommit() {
            // Should this fail too, the next BEGIN says so.
            let _ = self.execute("ROLLBACK");
        }
        // Only now is it known that what was committed will be found again.
        result.and_then(|()| self.in_place.check(&self.connection).map_err(Failed::Itself))
    }

    fn set(&mut self, durability: Durability) -> Result<(), StoreError> {
        if self.durability != durability {
            // Such a statement has its effect when it is prepared, so it is no use to keep it.
            self.connection.execute_batch(durability.setting())?;
            self.durability = durability;
        }
        Ok(())
    }

    /// Does one job, where needed so that it can be taken back alone.
    fn work(&self, job: &mut dyn Job) -> Result<(), Failed> {
        if !job.undoable() {
            return job.work(&self.connection).map(|_| ()).map_err(Failed::OverAJob);
        }
        self.execute("SAVEPOINT job").map_err(Failed::Itself)?;
        match job.work(&self.connection) {
            Ok(true) => {}
            Err(error) if self.connection.is_autocommit() => return Err(Failed::OverAJob(error)),
            Ok(false) | Err(_) => self.execute("ROLLBACK TO job").map_err(Failed::Itself)?,
        }
        self.execute("RELEASE job").map_err(Failed::Itself)
    }

    fn execute(&self, sql: &str) -> Result<(), StoreError> {
        self.connection.prepare_cached(sql)?.execute([])?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_what_may_go_with_the_machine_is_not_synced() {
        let folder = tempfile::tempdir().unwrap();
        let writer = Writer::start(&folder.path().join("towpath.db"), &Options::default()).unwrap();
        let level =
            |c: &Connection| Ok(c.pragma_query_value(None, "synchronous", |row| row.get::<_, i64>(0))?);
        let (full, normal) = (2, 1);
        assert_eq!(writer.run(0, level).await.unwrap(), full);
        assert_eq!(writer.run_unsynced(0, level).await.unwrap(), normal);
        assert_eq!(writer.run(0, level).await.unwrap(), full);
        // Whoever shares a transaction with something that has to be synced waits for the disk as well.
        for _ in 0..20 {
            let (_, synced) = tokio::join!(writer.run_unsynced(0, level), writer.run(0, level));
            assert_eq!(synced.unwrap(), full);
        }
        writer.close().await;
    }
}
