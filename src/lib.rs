//! Towpath keeps every change of a repository on the path integration → staging → production → master.
//!
//! The rooms, in reading order. Arrows go one way: a room uses only rooms named before it
//! (`tests/architecture` holds that).

pub mod deploy;
pub mod lineage;
pub mod model;
pub mod policy;
pub mod process;
pub mod report;
pub mod store;

pub mod github;

pub mod engine;
pub mod web;

pub mod demo;

pub mod cli;
