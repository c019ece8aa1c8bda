//! Moving the log into the database file, off the path of those who write.
//!
//! A thread of its own does it piece by piece while others write on. Under a steady load it never quite
//! catches up, and so the log could not start anew; then the writer moves the small rest itself.

use super::schema;
use crate::store::StoreError;
use rusqlite::Connection;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// Pages of the log that are moved at once (1 MB): few enough to not crowd out the syncs of the writer.
const PIECE: i64 = 256;

/// Pages after which the log starts anew (64 MB).
const LOG_PAGES: i64 = 16 * 1024;

/// Pages that the writer moves itself without being noticed.
const REST: i64 = 512;

/// How often to look while there is work.
const PACE: Duration = Duration::from_millis(50);

/// After this long without a commit, everything is moved.
const IDLE: Duration = Duration::from_secs(1);

/// How long closing waits for readers of other processes.
const LAST_BUSY: Duration = Duration::from_millis(500);

/// The writer's side.
pub(super) struct Checkpoints {
    written: SyncSender<()>,
    finish: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Checkpoints {
    pub(super) fn start(path: &Path) -> Result<Self, StoreError> {
        let connection = schema::open_to_checkpoint(path)?;
        let (written, news) = sync_channel(1);
        let finish = Arc::new(AtomicBool::new(false));
        let mover = Mover { connection, news, finish: Arc::clone(&finish) };
        let thread = thread::Builder::new()
            .name("store-checkpoint".to_owned())
            .spawn(move || mover.run())
            .map_err(StoreError::unavailable)?;
        Ok(Self { written, finish, thread })
    }

    /// Tells that something was written, and moves the rest of the log when that was asked for.
    pub(super) fn after_commit(&self, writer: &Connection) {
        if self.finish.swap(false, Ordering::Relaxed) {
            // When it cannot be done now, the mover asks again.
            let _ = checkpoint(writer, "PASSIVE");
        }
        // A full channel says the same already.
        let _ = self.written.try_send(());
    }

    /// Ends the thread where the files are not in place: closing would reach for what lies there instead of them. The
    /// process is about to end, and its end closes the files.
    pub(super) fn abandon(self, writer: Connection) {
        drop(self.written);
        std::mem::forget(writer);
        let _ = self.thread.join();
    }

    /// Ends the thread, moves everything, cuts the log to nothing and closes the writer's connection.
    pub(super) fn close(self, writer: Connection) {
        drop(self.written);
        let _ = self.thread.join();
        // Another process may be reading. It, or the next one to open the file, then moves the rest.
        let _ = writer.busy_timeout(LAST_BUSY);
        let _ = checkpoint(&writer, "TRUNCATE");
        drop(writer);
    }
}

struct Mover {
    connection: Connection,
    news: Receiver<()>,
    finish: Arc<AtomicBool>,
}

impl Mover {
    fn run(self) {
        while self.news.recv().is_ok() {
            loop {
                thread::sleep(PACE);
                self.move_a_piece();
                match self.news.recv_timeout(IDLE) {
                    Ok(()) => {}
                    Err(RecvTimeoutError::Timeout) => {
                        // A failure leaves the log as it is: it is whole, and the next turn tries again.
                        let _ = checkpoint(&self.connection, "PASSIVE");
                        break;
                    }
                    Err(RecvTimeoutError::Disconnected) => return,
                }
            }
        }
    }

    fn move_a_piece(&self) {
        let Ok(mut log) = checkpoint(&self.connection, "NOOP") else { return };
        if log.pages - log.moved >= PIECE {
            let Ok(after) = checkpoint(&self.connection, "PASSIVE") else { return };
            log = after;
        }
        let rest = log.pages - log.moved;
        let caught_up = log.pages >= LOG_PAGES && rest <= REST;
        // Under a load that leaves no such moment, one longer wait beats a log without end.
        let far_behind = log.pages >= 4 * LOG_PAGES;
        if rest > 0 && (caught_up || far_behind) {
            self.finish.store(true, Ordering::Relaxed);
        }
    }
}

/// The state of the log, in pages.
struct Log {
    pages: i64,
    moved: i64,
}

fn checkpoint(connection: &Connection, mode: &str) -> Result<Log, StoreError> {
    let sql = format!("PRAGMA wal_checkpoint({mode})");
    let log = connection
        .prepare_cached(&sql)?
        .query_row([], |row| Ok(Log { pages: row.get(1)?, moved: row.get(2)? }))?;
    Ok(log)
}
