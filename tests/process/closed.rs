//! What is on the machine beside the server sees nothing of what it keeps.

use crate::server::Server;
use crate::shop::topic;
use crate::world::World;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use tokio::process::Command;

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// All that is in a folder, but for what is in closed folders of git's own.
fn all_in(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            found.push(path.clone());
            if path.is_dir() && !path.ends_with("mirrors") {
                folders.push(path);
            }
        }
    }
    found
}

#[tokio::test]
async fn the_data_folder_is_closed_to_others_whatever_the_umask() {
    let world = World::new().await;
    // As an earlier version has left it, under a lenient umask.
    std::fs::create_dir_all(world.data.join("deploys")).unwrap();
    std::fs::create_dir_all(world.data.join("slugs")).unwrap();
    std::fs::write(world.data.join("towpath.lock"), "").unwrap();
    for (path, mode) in [("", 0o755), ("deploys", 0o777), ("slugs", 0o755), ("towpath.lock", 0o666)] {
        std::fs::set_permissions(world.data.join(path), std::fs::Permissions::from_mode(mode)).unwrap();
    }
    let mut lenient = Command::new("/bin/sh");
    lenient.args(["-c", "umask 0; exec \"$0\" serve", env!("CARGO_BIN_EXE_towpath")]);
    let server = Server::start_by(lenient, &world.environment()).await;
    world.listens(&server);
    topic(&world.store, "feature/cart", "integration").await;
    world.store.open_pull("feature/cart").into("integration").by("ana").await.unwrap();
    world.quiet().await;
    assert_eq!(mode(&world.data), 0o700);
    let all = all_in(&world.data);
    assert!(all.iter().any(|path| path.ends_with("towpath.db-wal")), "{all:?}");
    for path in all {
        assert_eq!(mode(&path) & 0o077, 0, "{}", path.display());
    }
    let log = server.stop().await.log.join("\n");
    assert!(log.contains("could be read by others and is closed to them from now on"), "{log}");
    let again = world.start().await;
    let log = again.stop().await.log.join("\n");
    assert!(!log.contains("could be read by others"), "{log}");
}

/// Somebody who is not root, as the server and its programs should be.
const SOMEBODY: u32 = 65_534;

#[tokio::test]
async fn other_processes_of_the_same_user_cannot_read_its_environment() {
    let world = World::new().await;
    let is_root = std::fs::metadata("/proc/self").unwrap().uid() == 0;
    // Root can read everything, so neither of the two is.
    let as_somebody = |command: &mut Command| {
        if is_root {
            command.uid(SOMEBODY).gid(SOMEBODY);
        }
    };
    let program = world.folder.path().join("towpath");
    // Not copied by this process: what it has open for writing is held for a moment by all that other tests start meanwhile, and
    // then could not be run.
    let copied = Command::new("cp").arg(env!("CARGO_BIN_EXE_towpath")).arg(&program).status().await.unwrap();
    assert!(copied.success());
    if is_root {
        for path in ["", "another place", "towpath"] {
            chown(world.folder.path().join(path), Some(SOMEBODY), Some(SOMEBODY)).unwrap();
        }
    }
    let mut command = Command::new(&program);
    command.arg("serve");
    as_somebody(&mut command);
    let server = Server::start_by(command, &world.environment()).await;
    let read = async |name: &str| {
        let mut cat = Command::new("cat");
        cat.arg(format!("/proc/{}/{name}", server.pid()));
        as_somebody(&mut cat);
        cat.output().await.unwrap()
    };
    let cmdline = read("cmdline").await;
    assert!(String::from_utf8_lossy(&cmdline.stdout).contains("serve"), "it is seen: {cmdline:?}");
    for name in ["environ", "maps"] {
        let read = read(name).await;
        assert!(!read.status.success() && read.stdout.is_empty(), "{name} can be read");
    }
    server.stop().await;
}
