//! Verdicts on real repositories.
#![allow(missing_docs, reason = "tests explain themselves by their names")]

#[path = "lineage/command_line.rs"]
mod command_line;
#[path = "lineage/examples.rs"]
mod examples;
#[path = "lineage/mirrors.rs"]
mod mirrors;
#[path = "lineage/repairs.rs"]
mod repairs;
#[path = "lineage/story.rs"]
mod story;
