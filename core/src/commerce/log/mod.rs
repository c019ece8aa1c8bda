//! Reads the log of a deploy as it comes, and tells where it stands: the phase and the step, the code that ended it, and
//! what the shop does now.
//!
//! Nobody has promised the shape of these logs ("the structure isn't guaranteed", says the platform's documentation), so
//! what is read here is a hint beside the result of the activity and the exit status of the hooks, never the evidence that
//! a deploy ended well.
//!
//! A line goes from `reader` (bytes to lines) through `line` (what the way of the line has added) and `landmark` (what it
//! says) to `progress` (what follows from it). `reading` is what comes out.

mod landmark;
mod line;
mod mask;
mod progress;
mod reader;
mod reading;
mod words;

pub use reader::{LogReader, last_lines};
pub use reading::{LogOutcome, LogReading, LoggedPhase, LoggedStep, SiteState, SlowStep, Suspect};

#[cfg(test)]
mod tests;
