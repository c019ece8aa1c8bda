//! What a build can leave to harm the server.

use std::fs;
use std::time::Duration;
use tokio::time::Instant;

use towpath::deploy::drivers::programs::Bounds;
use towpath::deploy::operator::Programs;
use towpath::model::Phase;

use crate::yard::{Yard, bounds, failure, request, succeeded};

/// Leaves folders in each other, deeper than any path may be long: chains that are short enough are moved into each
/// other.
const DEEP: &str = "long=$(printf 'd/%.0s' $(seq 1900)); mkdir -p x/$long; \
    for i in 1 2 3 4 5 6 7 8; do mkdir -p y/$long; mv x y/${long}x; mv y x; done; echo built > built";

#[tokio::test]
async fn folders_deeper_than_any_path_are_refused_and_removed() {
    let mut yard = Yard::new();
    let programs = Programs { build: vec![yard.sh("nest", DEEP)], ..yard.programs() };
    let request = request(1, 1);
    let reports = yard.deploy(&programs, &request).await;
    let (last, words) = failure(&reports);
    assert_eq!(last.phase, Some(Phase::Build));
    assert_eq!(words, "the slug cannot be kept: its folders lie more than 128 deep in each other");
    let left = yard.commands.log(&request.key).with_file_name("build");
    assert!(!left.exists(), "it is removed all the same");

    // What a server that was ended meanwhile has left is removed by the next one.
    let inside = left.join("x");
    fs::create_dir_all(&left).unwrap();
    let made = std::process::Command::new("/bin/sh").args(["-c", DEEP]).current_dir(&left).status();
    assert!(made.unwrap().success() && inside.is_dir());
    yard.restarted();
    succeeded(&yard.deploy(&yard.programs(), &request).await);
    assert!(!left.exists());
}

#[tokio::test]
async fn a_deploy_that_leaves_deep_folders_in_its_copy_ends_well() {
    let yard = Yard::new();
    let programs = Programs { deploy: vec![yard.sh("nest", DEEP)], ..yard.programs() };
    let request = request(1, 1);
    succeeded(&yard.deploy(&programs, &request).await);
    assert!(!yard.commands.log(&request.key).with_file_name("work").exists());
}

#[tokio::test]
async fn a_hole_in_a_file_counts_as_what_it_says() {
    let yard = Yard::new();
    let mut programs =
        Programs { build: vec![yard.sh("compile", "truncate -s 100G hole")], ..yard.programs() };
    programs.timeout = Some(Duration::from_secs(20));
    let begun = Instant::now();
    let reports = yard.deploy(&programs, &request(1, 1)).await;
    assert_eq!(failure(&reports).1, "the slug cannot be kept: its files hold more than 10000000000 bytes");
    assert!(begun.elapsed() < Duration::from_secs(15), "nobody reads it");
}

#[tokio::test]
async fn a_slug_that_takes_long_to_read_is_ended_when_its_time_is_up() {
    let yard = Yard::bounded(Bounds { slug_bytes: u64::MAX, ..bounds() });
    let mut programs = Programs { build: vec![yard.sh("compile", "truncate -s 4T hole")], ..yard.programs() };
    programs.timeout = Some(Duration::from_secs(2));
    let begun = Instant::now();
    let reports = yard.deploy(&programs, &request(1, 1)).await;
    assert_eq!(failure(&reports).1, "the work on the slug was ended after 2 s");
    assert!(begun.elapsed() < Duration::from_secs(20));
    assert!(!yard.slug(&request(1, 1)).exists());
}

#[tokio::test]
async fn a_stop_ends_the_reading_of_a_slug() {
    let yard = Yard::bounded(Bounds { slug_bytes: u64::MAX, ..bounds() });
    let programs = Programs { build: vec![yard.sh("compile", "truncate -s 4T hole")], ..yard.programs() };
    let (driver, request) = (yard.driver(&programs), request(1, 1));
    towpath::deploy::drivers::Driver::start(&driver, &request, false).await.unwrap();
    yard.step(&driver, &request, "compile").await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    let begun = Instant::now();
    towpath::deploy::drivers::Driver::cancel(&driver, &request).await.unwrap();
    assert!(begun.elapsed() < Duration::from_secs(15));
    assert_eq!(failure(&yard.end(&driver, &request).await).1, "the work on the slug was stopped");
}

#[tokio::test]
async fn more_files_than_may_be_are_refused() {
    let yard = Yard::bounded(Bounds { tree_entries: 100, ..bounds() });
    let line = "mkdir many; cd many; for i in $(seq 100); do : > $i; done";
    let programs = Programs { build: vec![yard.sh("compile", line)], ..yard.programs() };
    let reports = yard.deploy(&programs, &request(1, 1)).await;
    assert_eq!(failure(&reports).1, "the slug cannot be kept: it holds more than 100 files and folders");
}

#[tokio::test]
async fn a_work_tree_that_is_replaced_by_a_link_is_refused() {
    let yard = Yard::new();
    let outside = yard.folder.path().join("outside");
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("kept"), "kept").unwrap();
    let before = fs::metadata(&outside).unwrap().permissions();
    let swap = "cd ..; mv build elsewhere; ln -s $YARD/outside build";
    let programs = Programs { build: vec![yard.sh("swap", swap)], ..yard.programs() };
    let reports = yard.deploy(&programs, &request(1, 1)).await;
    assert_eq!(
        failure(&reports).1,
        "the slug cannot be kept: it was replaced by something that is no folder"
    );
    assert!(!yard.slug(&request(1, 1)).exists());

    // Nor does a later step run there.
    let build = vec![yard.sh("swap", swap), yard.sh("write", "echo x > written")];
    let programs = Programs { build, ..yard.programs() };
    let reports = yard.deploy(&programs, &request(2, 2)).await;
    assert_eq!(
        failure(&reports).1,
        "the work tree cannot be used: it was replaced by something that is no folder"
    );
    assert_eq!(fs::read_dir(&outside).unwrap().count(), 1);
    assert_eq!(fs::metadata(&outside).unwrap().permissions(), before);
    assert_eq!(fs::read_to_string(outside.join("kept")).unwrap(), "kept");
}
