//! Adobe Commerce on cloud infrastructure: what its deploys say.
//!
//! Lives here: the codes of ece-tools in words of ours ([`codes`]).
//!
//! Does not live here: calling the platform, files, time, anything async.
//!
//! Open first: `codes/mod.rs`.
//!
//! Names of codes, stages and steps are those of `magento/ece-tools` and of Adobe's documentation. What they mean, and
//! what to do about them, is said in our own words.

pub mod codes;
