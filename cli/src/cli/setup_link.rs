//! `towpath setup-link`: the address of the set-up page, with a key that is good once.

use super::serve::set_up_link;
use super::{UsageError, print, process_variables, settings};
use crate::engine::Places;
use crate::model::ForPeople;
use std::io;

/// What `towpath setup-link` takes.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  towpath setup-link
  sudo TOWPATH_DATA_DIR=/var/lib/towpath towpath setup-link

It prints the address of the set-up page of the server that runs with the same data folder
(TOWPATH_DATA_DIR [default: data]), with a key that is good once, for an hour. The link before it is
good no more. In a container, run it beside the server:

  docker exec towpath towpath setup-link

The address is the one that the server was told as PUBLIC_URL, or this machine and its port where it
was told none. Run it as the server's user, or as root.

Exit status: 0 printed; 2 the request is wrong: no server runs with this data folder, or the link
could not be made.")]
pub(super) struct Arguments {}

/// Makes another key, and prints where it leads.
pub(super) fn run(_: &Arguments) -> Result<(), UsageError> {
    let places = settings::places(&process_variables::of_process)?;
    require_server(&places)?;
    let link = set_up_link(&places)?;
    print::to_stdout(&format!("{link}\n"));
    Ok(())
}

/// Without a server that runs there, a link leads nowhere.
fn require_server(places: &Places) -> Result<(), UsageError> {
    let folder = places.data_dir.display();
    let why = match places.has_server() {
        Ok(true) => return Ok(()),
        Ok(false) => "no server runs with it; start it with `towpath serve`".to_owned(),
        Err(error) => match error.kind() {
            io::ErrorKind::NotFound => "no server has run with it".to_owned(),
            io::ErrorKind::PermissionDenied => {
                "this user may not look into it; run this as the server's user or as root".to_owned()
            }
            _ => error.for_people().into(),
        },
    };
    Err(UsageError::new(format!(
        "TOWPATH_DATA_DIR is {:?}: {why}. Set TOWPATH_DATA_DIR as the server has it",
        folder.to_string()
    )))
}
