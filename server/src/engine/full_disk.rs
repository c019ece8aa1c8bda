//! A disk without room: what can be had again makes room for what cannot.
//!
//! Mirrors go first, the one not needed for longest before the others. Inside the database old bodies of deliveries
//! make room, see [`super::keep_time`].

use crate::model::error_chain;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// What has to fit for work to go on, in bytes: the first pages of the database's log, and what a fetch brings.
const NEEDED: usize = 2 << 20;

/// Whether there is room in a folder for what is written next. Any other trouble than a lack of room is not this one.
pub(super) fn has_room(folder: &Path) -> bool {
    let written = tempfile::Builder::new().prefix(".towpath-").tempfile_in(folder).and_then(|mut file| {
        file.write_all(&vec![0x5a; NEEDED])?;
        file.as_file().sync_data()
    });
    written.map_or_else(|error| !is_of_room(&error), |()| true)
}

/// Whether a file could not be written for lack of room.
pub(super) fn is_of_room(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge
    )
}

/// Takes mirrors away before anybody asks them, until `is_enough` says so. Answers how many.
pub(super) fn take_mirrors_away(mirrors: &Path, mut is_enough: impl FnMut() -> bool) -> usize {
    let mut taken = 0;
    for mirror in oldest_first(mirrors) {
        if is_enough() {
            break;
        }
        match std::fs::remove_dir_all(&mirror) {
            Ok(()) => taken += 1,
            Err(error) => {
                tracing::warn!(path = %mirror.display(), error = error_chain(&error), "a mirror could not be taken away");
            }
        }
    }
    taken
}

/// The mirrors by when something was last brought to one of their generations.
fn oldest_first(mirrors: &Path) -> Vec<PathBuf> {
    let entries = |folder: &Path| -> Vec<PathBuf> {
        std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect()
    };
    let written = |mirror: &Path| {
        let packs = entries(mirror).into_iter().map(|generation| generation.join("objects/pack"));
        let times = packs.filter_map(|packs| packs.metadata().and_then(|it| it.modified()).ok());
        times.max().unwrap_or(SystemTime::UNIX_EPOCH)
    };
    let mut found: Vec<_> = entries(mirrors).into_iter().map(|it| (written(&it), it)).collect();
    found.sort();
    found.into_iter().map(|(_, mirror)| mirror).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_folder_of_ones_own_has_room_and_a_missing_one_lacks_something_else() {
        let folder = tempfile::tempdir().unwrap();
        assert!(has_room(folder.path()));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left behind");
        assert!(has_room(&folder.path().join("missing")));
        assert!(is_of_room(&io::Error::from_raw_os_error(28)));
        assert!(is_of_room(&io::Error::from_raw_os_error(27)));
        assert!(!is_of_room(&io::Error::from_raw_os_error(13)));
    }

    #[test]
    fn the_mirror_that_was_not_needed_for_longest_goes_first_and_no_more_than_has_to() {
        let folder = tempfile::tempdir().unwrap();
        for (name, age) in [("7.git", 20), ("8.git", 90), ("9.git", 50)] {
            let packs = folder.path().join(name).join("1/objects/pack");
            std::fs::create_dir_all(&packs).unwrap();
            let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000 - age);
            std::fs::File::open(&packs).unwrap().set_modified(time).unwrap();
        }
        let left = || {
            let mut names: Vec<_> =
                std::fs::read_dir(folder.path()).unwrap().map(|it| it.unwrap().file_name()).collect();
            names.sort();
            names
        };
        assert_eq!(take_mirrors_away(folder.path(), || true), 0);
        assert_eq!(take_mirrors_away(folder.path(), || left().len() < 3), 1);
        assert_eq!(left(), ["7.git", "9.git"]);
        assert_eq!(take_mirrors_away(folder.path(), || false), 2);
        assert_eq!(take_mirrors_away(&folder.path().join("missing"), || false), 0);
    }
}
