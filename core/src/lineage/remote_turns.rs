//! Turns at remotes, for questions that need files from there.

use std::fmt::Debug;
use std::pin::Pin;

/// Something that asks a remote.
pub type Asking<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// Says how many may ask remotes at the same time: one that is silent keeps whoever asks it waiting for minutes.
pub trait RemoteTurns: Debug + Send + Sync {
    /// Does what asks a remote, once its turn has come.
    fn in_turn<'a>(&'a self, asking: Asking<'a>) -> Asking<'a>;
}
