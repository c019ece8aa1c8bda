//! An embedded GitHub.

#[cfg(feature = "contract")]
pub mod contract;
