//! Verdicts on real repositories.
#![allow(missing_docs, reason = "tests explain themselves by their names")]
#![allow(clippy::unwrap_used, reason = "in a test a panic is an answer")]

#[path = "lineage/awkward_examples.rs"]
mod awkward_examples;
#[path = "lineage/back_ports.rs"]
mod back_ports;
#[path = "lineage/carried.rs"]
mod carried;
#[path = "lineage/checkout.rs"]
mod checkout;
#[path = "lineage/command_line.rs"]
mod command_line;
#[path = "lineage/commerce.rs"]
mod commerce;
#[path = "lineage/copy_examples.rs"]
mod copy_examples;
#[path = "lineage/examples.rs"]
mod examples;
#[path = "lineage/healing.rs"]
mod healing;
#[path = "lineage/history.rs"]
mod history;
#[path = "lineage/hook.rs"]
mod hook;
#[path = "lineage/hotfixes.rs"]
mod hotfixes;
#[path = "lineage/implied_examples.rs"]
mod implied_examples;
#[path = "stories/in_memory.rs"]
mod in_memory;
#[path = "lineage/known_examples.rs"]
mod known_examples;
#[path = "lineage/local_checks.rs"]
mod local_checks;
#[path = "lineage/local_merges.rs"]
mod local_merges;
#[path = "lineage/mirrors.rs"]
mod mirrors;
#[path = "lineage/named_objects.rs"]
mod named_objects;
#[path = "lineage/names.rs"]
mod names;
#[path = "lineage/new_branch.rs"]
mod new_branch;
#[path = "lineage/odd_history.rs"]
mod odd_history;
#[path = "lineage/operations.rs"]
mod operations;
#[path = "lineage/plain_merges.rs"]
mod plain_merges;
#[path = "lineage/promotion_examples.rs"]
mod promotion_examples;
#[path = "lineage/real_reverts.rs"]
mod real_reverts;
#[path = "lineage/rebuild.rs"]
mod rebuild;
#[path = "lineage/remotes.rs"]
mod remotes;
#[path = "lineage/repair_command.rs"]
mod repair_command;
#[path = "lineage/repairs.rs"]
mod repairs;
#[path = "lineage/smart_http.rs"]
mod smart_http;
#[path = "lineage/stack_rebases.rs"]
mod stack_rebases;
#[path = "lineage/story.rs"]
mod story;
#[path = "lineage/survival.rs"]
mod survival;
#[path = "lineage/topic_examples.rs"]
mod topic_examples;
#[path = "lineage/undone_examples.rs"]
mod undone_examples;
#[path = "lineage/way_home.rs"]
mod way_home;
