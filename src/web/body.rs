use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};

/// The bounds within which a request must come in.
#[derive(Debug, Clone)]
pub struct Limits {
    /// The largest body, in bytes. GitHub sends none above 25 MB.
    pub body: usize,
    /// How long a request's head may take.
    pub head_within: Duration,
    /// How long a whole body may take.
    pub body_within: Duration,
    /// How long a body may stand still.
    pub stall: Duration,
    /// How much of all bodies together may be held, in bytes; see [`FREE`].
    pub all_bodies: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body: 25 * 1024 * 1024,
            head_within: Duration::from_secs(10),
            body_within: Duration::from_secs(20),
            stall: Duration::from_secs(8),
            all_bodies: 256 * 1024 * 1024,
        }
    }
}

/// What each body may hold without asking for a share of [`Limits::all_bodies`]: most deliveries are
/// smaller, so those who send large bodies slowly cannot keep the small ones out.
const FREE: usize = 128 * 1024;
/// How much more than the limit is read and dropped, so that the sender hears the answer instead of a
/// broken connection.
const DROPPED_MAX: usize = 32 * 1024 * 1024;

/// Why a body was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BodyError {
    /// It is larger than the limit.
    TooLarge,
    /// It did not come in time.
    TooSlow,
    /// The connection ended within it.
    CutOff,
    /// All bodies together hold as much as they may.
    Crowded,
}

/// Reads bodies within the limits.
#[derive(Clone)]
pub(super) struct Reader {
    pub(super) limits: Arc<Limits>,
    shares: Arc<Semaphore>,
}

/// A body, with its share of the memory for all bodies.
pub(super) struct Held {
    pub(super) bytes: Bytes,
    _share: Option<OwnedSemaphorePermit>,
}

impl Reader {
    pub(super) fn new(limits: Limits) -> Self {
        let shares = Arc::new(Semaphore::new(limits.all_bodies.min(Semaphore::MAX_PERMITS)));
        Self { limits: Arc::new(limits), shares }
    }

    /// Reads a body to its end. `each` sees every piece as it comes; with `keep` false nothing is held.
    pub(super) async fn read(
        &self,
        mut body: Body,
        announced: Option<usize>,
        keep: bool,
        mut each: impl FnMut(&[u8]),
    ) -> Result<Held, BodyError> {
        let mut share = None;
        let mut bytes = BytesMut::new();
        if keep && announced.is_none_or(|size| size <= self.limits.body) {
            share = self.share(announced.unwrap_or(0))?;
            bytes.reserve(announced.unwrap_or(FREE).min(self.limits.body));
        }
        let end = Instant::now() + self.limits.body_within;
        let mut size = 0_usize;
        loop {
            let next = timeout_at(end.min(Instant::now() + self.limits.stall), body.frame()).await;
            let Some(frame) = next.map_err(|_| BodyError::TooSlow)? else { break };
            let Ok(piece) = frame.map_err(|_| BodyError::CutOff)?.into_data() else { continue };
            size += piece.len();
            if size > self.limits.body {
                bytes = BytesMut::new();
                share = None;
                if size > self.limits.body + DROPPED_MAX {
                    break;
                }
                continue;
            }
            if keep {
                if share.is_none() && size > FREE {
                    share = self.share(self.limits.body)?;
                }
                each(&piece);
                bytes.extend_from_slice(&piece);
            }
        }
        if size > self.limits.body {
            return Err(BodyError::TooLarge);
        }
        Ok(Held { bytes: bytes.freeze(), _share: share })
    }

    fn share(&self, size: usize) -> Result<Option<OwnedSemaphorePermit>, BodyError> {
        if size <= FREE {
            return Ok(None);
        }
        let permits = u32::try_from(size).map_err(|_| BodyError::TooLarge)?;
        let share = Arc::clone(&self.shares).try_acquire_many_owned(permits);
        share.map(Some).map_err(|_| BodyError::Crowded)
    }
}
