//! A small real shop: the programs that build and deploy it, and the sites that customers see; and a project of Adobe Commerce.

mod boutique;
mod programs;
mod site;

pub(super) use boutique::{CONFIG_PHP, OUTLET, config_php, create_boutique};
pub(super) use programs::Programs;
pub(super) use site::{Seen, Sites};
