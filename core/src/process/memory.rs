//! How much memory there is, and how much of it a program may take.

use std::path::Path;
use tokio::process::Child;

/// How much memory this process and all beside it have, in bytes: the machine's, or what a container's limit leaves of it.
/// `None` where the system does not say so as Linux does.
pub fn machine_memory() -> Option<u64> {
    let read = |path: &Path| std::fs::read_to_string(path).ok();
    let machine = read(Path::new("/proc/meminfo")).as_deref().and_then(total)?;
    let groups = read(Path::new("/proc/self/cgroup")).unwrap_or_default();
    let limits =
        groups.lines().flat_map(limit_files).filter_map(|file| read(Path::new(&file))?.trim().parse().ok());
    limits.chain([machine]).min()
}

/// The machine's memory, as `/proc/meminfo` tells it.
fn total(meminfo: &str) -> Option<u64> {
    let kilobytes =
        meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:")?.split_whitespace().next());
    Some(kilobytes?.parse::<u64>().ok()? * 1024)
}

/// Where the limits of a control group and of those above it stand, by its line in `/proc/self/cgroup`: `0::/group` of the
/// second version, `4:memory:/group` of the first.
fn limit_files(line: &str) -> Vec<String> {
    let mut parts = line.splitn(3, ':').skip(1);
    let (root, file) = match parts.next() {
        Some("") => ("/sys/fs/cgroup", "memory.max"),
        Some(controllers) if controllers.split(',').any(|it| it == "memory") => {
            ("/sys/fs/cgroup/memory", "memory.limit_in_bytes")
        }
        _ => return Vec::new(),
    };
    let group = Path::new(parts.next().unwrap_or_default());
    group
        .ancestors()
        .map(|it| format!("{root}{}/{file}", it.display().to_string().trim_end_matches('/')))
        .collect()
}

/// Bounds the memory that a child may ask for, in bytes, and whatever it starts from now on, each for itself. What it maps
/// of files does not count. Its own requests fail beyond that; where the system has no such bound, nothing changes.
pub fn bound_memory(child: &Child, bytes: u64) {
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{Pid, Resource, Rlimit, prlimit};
        let Some(child) = child.id().and_then(|id| Pid::from_raw(id.try_into().ok()?)) else { return };
        let bound = Rlimit { current: Some(bytes), maximum: Some(bytes) };
        // It fails where the child has ended meanwhile, or where this process may take less itself.
        let _ = prlimit(Some(child), Resource::Data, bound);
    }
    #[cfg(not(target_os = "linux"))]
    let _ = (child, bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machines_memory_is_read_in_bytes() {
        assert_eq!(total("MemTotal:       24589312 kB\nMemFree:         1 kB\n"), Some(24_589_312 * 1024));
        assert_eq!(total("MemFree: 1 kB\n"), None);
    }

    #[test]
    fn limits_of_groups_above_count_too() {
        let files = limit_files("0::/system.slice/towpath.service");
        let folder = "/sys/fs/cgroup";
        let wanted = ["/system.slice/towpath.service", "/system.slice", ""];
        assert_eq!(files, wanted.map(|it| format!("{folder}{it}/memory.max")));
        assert_eq!(limit_files("4:cpu,memory:/")[0], "/sys/fs/cgroup/memory/memory.limit_in_bytes");
        assert_eq!(limit_files("3:pids:/a"), [""; 0]);
    }
}
