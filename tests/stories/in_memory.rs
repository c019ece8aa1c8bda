//! Where tests keep their files.

use rustix::fs::{Access, StatVfsMountFlags, access, statvfs};
use std::sync::Once;

const IN_MEMORY: &str = "/dev/shm";

/// More than all stories of one program keep at once.
const ROOM: u64 = 4 << 30;

/// Lets temporary folders of this program lie in memory from now on, where the machine has a file system there with room
/// for them and programs may be run from it: repositories and databases by the hundred are what stories wait for.
/// `TMPDIR` goes before.
pub(crate) fn keep_files_in_memory() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let fits = statvfs(IN_MEMORY).is_ok_and(|there| {
            let refuses = StatVfsMountFlags::NOEXEC | StatVfsMountFlags::RDONLY;
            there.f_bavail.saturating_mul(there.f_frsize) >= ROOM && !there.f_flag.intersects(refuses)
        });
        let fits = fits && access(IN_MEMORY, Access::WRITE_OK | Access::EXEC_OK).is_ok();
        if fits && std::env::var_os("TMPDIR").is_none() {
            tempfile::env::override_temp_dir(IN_MEMORY.as_ref()).expect("nobody else says where");
        }
    });
}
