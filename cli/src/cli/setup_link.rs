//! `towpath setup-link`: the address of the set-up page, with a key that is good once.

use super::serve::set_up_link;
use super::settings::Reading;
use super::{UsageError, print, process_variables};
use crate::engine::{Clock as _, SetupKey, SystemClock, system_random_bytes};
use crate::model::error_chain;
use std::sync::Arc;

/// What `towpath setup-link` takes.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  towpath setup-link

It prints the address of the set-up page of the server with the same data folder, with a key that is
good once, for an hour. The link before it is good no more. In a container, run it beside the
server:

  docker exec towpath towpath setup-link

The address is PUBLIC_URL, or this machine and PORT where that is not set.")]
pub(super) struct Arguments {}

/// Makes another key, and prints where it leads.
pub(super) fn run(_: &Arguments) -> Result<(), UsageError> {
    let Reading { places, listen, public_url, .. } = Reading::of(&process_variables::of_process);
    let Some(places) = places else {
        return Err(UsageError::new("TOWPATH_DATA_DIR names no folder that can be used"));
    };
    places.check()?;
    let key = SetupKey::of(&places.data_dir);
    let key = key
        .make(&(Arc::new(system_random_bytes) as _), SystemClock.now())
        .map_err(|error| UsageError::new(error_chain(&error)))?;
    let port = listen.map_or(8080, |(_, port)| port);
    print::to_stdout(&format!("{}\n", set_up_link(public_url.as_deref(), port, &key)));
    Ok(())
}
