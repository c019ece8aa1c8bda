//! The rooms of Towpath that do not know GitHub's client. The crate `towpath` has them under the same names, and says in which
//! order to read them.
//!
//! They are a crate of their own because octocrab takes as long to compile as all of them: a build from nothing does both at
//! once.

pub mod commands;
pub mod commerce;
pub mod deploy;
pub mod lineage;
pub mod metrics;
pub mod model;
pub mod policy;
pub mod process;
pub mod report;
pub mod store;
pub mod tls;
pub mod traces;
