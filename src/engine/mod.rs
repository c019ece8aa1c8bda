//! Where the pure rooms meet the world.
//!
//! Lives here: [`judge`], the one way from a pull request to its verdict, for server and command line.

pub mod judge;
