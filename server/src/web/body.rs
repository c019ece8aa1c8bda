use super::body_memory::{BodyMemory, Reservation};
use crate::model::{ForPeople, UserMessage};
use crate::process::machine_memory;
use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// The bounds within which a request must come in, and its answer be taken.
#[derive(Debug, Clone)]
pub struct Limits {
    /// The largest body, in bytes. GitHub sends none above 25 MB.
    pub body: usize,
    /// How long a request's head may take.
    pub head_within: Duration,
    /// How long a whole body may take.
    pub body_within: Duration,
    /// How long a body may stand still, and so may who takes an answer. After a quarter of that, others may have its room.
    pub stall: Duration,
    /// How much of all large bodies together may be held, in bytes; see `SMALL`.
    pub all_bodies: usize,
    /// How much of all small ones together, as long as not all of each has come, in bytes.
    pub small_bodies: usize,
    /// How many connections there may be. Others are taken once one of them ends.
    pub connections: usize,
}

impl Limits {
    /// For this machine: on a small one bodies may hold less together, and yet the largest has room.
    pub fn of_this_machine() -> Self {
        let usual = Self::default();
        let memory = machine_memory().and_then(|bytes| usize::try_from(bytes).ok()).unwrap_or(usize::MAX);
        Self {
            all_bodies: usual.all_bodies.min((memory / 8).max(2 * usual.body)),
            small_bodies: usual.small_bodies.min(memory / 16),
            ..usual
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body: 25 * 1024 * 1024,
            head_within: Duration::from_secs(10),
            body_within: Duration::from_secs(20),
            stall: Duration::from_secs(8),
            all_bodies: 256 * 1024 * 1024,
            small_bodies: 64 * 1024 * 1024,
            connections: 4_096,
        }
    }
}

/// The largest body that has no share of [`Limits::all_bodies`]: most deliveries are smaller, so those who send large bodies
/// slowly cannot keep the small ones out. One that comes at once has no share of any.
const SMALL: usize = 128 * 1024;
/// So much of a large body and of a small one has to come for it to count as going on, in bytes.
const STEPS: [usize; 2] = [64 * 1024, 16 * 1024];
/// How much more than the limit is read and dropped, so that the sender hears the answer instead of a
/// broken connection.
const DROPPED_MAX: usize = 32 * 1024 * 1024;

/// Why a body was not read.
#[derive(Debug, thiserror::Error)]
pub(super) enum BodyError {
    #[error("the body is larger than it may be")]
    TooLarge,
    #[error("the body did not come in time")]
    TooSlow,
    /// The connection ended within it.
    #[error("the body was cut off")]
    CutOff(#[source] axum::Error),
    /// All bodies together hold as much as they may.
    #[error("too many bodies at the same time")]
    Crowded,
}

impl BodyError {
    /// The word by which it is counted.
    pub(super) fn reason(&self) -> &'static str {
        match self {
            Self::TooLarge => "too_large",
            Self::TooSlow => "too_slow",
            Self::CutOff(_) => "cut_off",
            Self::Crowded => "crowded",
        }
    }
}

impl ForPeople for BodyError {
    fn for_people(&self) -> UserMessage {
        match self {
            Self::TooLarge => UserMessage::new("not taken: the body is larger than 25 MB"),
            Self::TooSlow | Self::CutOff(_) | Self::Crowded => UserMessage::new(format!("not taken: {self}")),
        }
    }
}

/// Reads bodies within the limits.
#[derive(Clone)]
pub(super) struct Reader {
    pub(super) limits: Arc<Limits>,
    large: Arc<BodyMemory>,
    small: Arc<BodyMemory>,
}

/// A body, with its share of the memory for all bodies.
pub(super) struct HeldBody {
    pub(super) bytes: Bytes,
    _share: Option<Share>,
}

/// A body's share of the memory for all like it.
struct Share {
    reservation: Reservation,
    is_small: bool,
}

/// What of a body is wanted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted {
    /// The largest, in bytes.
    pub(super) most: usize,
    /// How large it says that it is.
    pub(super) announced: Option<usize>,
    /// Whether it is held at all.
    pub(super) keep: bool,
}

/// What has come of a body. Most come in one piece, which need not be copied. A part of one would keep the connection's buffer.
#[derive(Default)]
struct Pieces {
    whole: Option<Bytes>,
    joined: BytesMut,
}

impl Pieces {
    /// Adds a piece. No more than has come needs memory, whatever was announced.
    fn add(&mut self, piece: Bytes, announced: Option<usize>, most: usize) {
        if announced == Some(piece.len()) && self.whole.is_none() && self.joined.is_empty() {
            self.whole = Some(piece);
            return;
        }
        // More may come than was announced, and what was signed is all of it.
        let whole = self.whole.take().unwrap_or_default();
        let size = self.joined.len() + whole.len() + piece.len();
        let largest = announced.unwrap_or(most).clamp(size, most);
        if self.joined.capacity() < size {
            self.joined.reserve((2 * size).min(largest) - self.joined.len());
        }
        self.joined.extend_from_slice(&whole);
        self.joined.extend_from_slice(&piece);
    }

    fn whole(self) -> Bytes {
        self.whole.unwrap_or_else(|| self.joined.freeze())
    }
}

impl Reader {
    pub(super) fn new(limits: Limits) -> Self {
        let standing = limits.stall / 4;
        let memory = |room, step| Arc::new(BodyMemory::new(room, standing, step));
        let (large, small) = (memory(limits.all_bodies, STEPS[0]), memory(limits.small_bodies, STEPS[1]));
        Self { limits: Arc::new(limits), large, small }
    }

    /// Reads a body to its end. `each` sees every piece as it comes. What is larger than it may be is read a while longer
    /// and dropped.
    pub(super) async fn read(
        &self,
        mut body: Body,
        wanted: Wanted,
        mut each: impl FnMut(&[u8]),
    ) -> Result<HeldBody, BodyError> {
        let Wanted { most, announced, keep } = wanted;
        let mut share: Option<Share> = None;
        let mut pieces = Pieces::default();
        let end = Instant::now() + self.limits.body_within;
        let mut size = 0_usize;
        loop {
            let next = timeout_at(end.min(Instant::now() + self.limits.stall), body.frame());
            let next = tokio::select! {
                next = next => next,
                () = sent_away(share.as_ref()) => return Err(BodyError::Crowded),
            };
            let Some(frame) = next.map_err(|_| BodyError::TooSlow)? else { break };
            let Ok(piece) = frame.map_err(BodyError::CutOff)?.into_data() else { continue };
            size += piece.len();
            if size > most {
                pieces = Pieces::default();
                share = None;
                if size > most + DROPPED_MAX.min(2 * most) {
                    break;
                }
                continue;
            }
            if keep {
                if size > SMALL || announced != Some(size) {
                    self.hold(&mut share, size)?;
                }
                each(&piece);
                pieces.add(piece, announced, most);
            }
        }
        if size > most {
            return Err(BodyError::TooLarge);
        }
        // Of small ones those count of which not all has come.
        let share = share.filter(|share| !share.is_small);
        if let Some(share) = &share {
            share.reservation.complete();
        }
        Ok(HeldBody { bytes: pieces.whole(), _share: share })
    }

    fn hold(&self, share: &mut Option<Share>, size: usize) -> Result<(), BodyError> {
        let (now, is_small) = (Instant::now(), size <= SMALL);
        let kept = share.take().filter(|share| share.is_small == is_small);
        let memory = if is_small { &self.small } else { &self.large };
        let share =
            share.insert(kept.unwrap_or_else(|| Share { reservation: memory.reserve(now), is_small }));
        if share.reservation.holds(size, now) { Ok(()) } else { Err(BodyError::Crowded) }
    }
}

async fn sent_away(share: Option<&Share>) {
    match share {
        Some(share) => share.reservation.sent_away().await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_was_announced_all_pieces_are_kept() {
        for (announced, pieces) in [
            (Some(6), &["abcdef"][..]),
            (Some(6), &["abc", "def"]),
            (Some(3), &["abc", "def"]),
            (Some(0), &["", "abc", "def"]),
            (None, &["a", "bcdef"]),
        ] {
            let mut held = Pieces::default();
            for piece in pieces {
                held.add(Bytes::from_static(piece.as_bytes()), announced, 10);
            }
            assert_eq!(held.whole(), "abcdef", "{announced:?} {pieces:?}");
        }
    }
}
