//! A small real shop: the programs that build and deploy it, and the sites that customers see.

mod programs;
mod site;

pub(super) use programs::Programs;
pub(super) use site::{Seen, Sites};
