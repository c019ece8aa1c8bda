//! Builds that are kept and used again.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::Duration;

use towpath::deploy::DeployReport;
use towpath::deploy::drivers::programs::Bounds;
use towpath::deploy::drivers::{DeployRequest, Driver, aftercare_key};
use towpath::deploy::operator::Programs;
use towpath::model::Phase;

use crate::yard::{Yard, bounds, failure, names, request, succeeded};

fn words(reports: &[DeployReport]) -> Vec<&str> {
    reports.iter().filter_map(|report| report.words.as_deref()).collect()
}

#[tokio::test]
async fn a_slug_is_built_once_and_stays_the_same_bits() {
    let yard = Yard::new();
    let build = "echo x >> $YARD/builds; date +%s%N > built; mkdir -p 'a b/c'; ln -s ../built 'a b/link'; \
                 touch 'a b/c/run'; chmod 755 'a b/c/run'; chmod 555 'a b/c'";
    let deploy = "cat built >> $YARD/site; ls -l 'a b' 'a b/c' | sed 1,2d | cut -c1-10 >> $YARD/modes; \
                  echo changed > built; rm source";
    let (build, deploy) = (vec![yard.sh("compile", build)], vec![yard.sh("install", deploy)]);
    let programs = Programs { build, deploy, ..yard.programs() };
    succeeded(&yard.deploy(&programs, &request(1, 1)).await);
    let reports = yard.deploy(&programs, &request(2, 1)).await;
    succeeded(&reports);
    assert_eq!(words(&reports), ["the slug is here already; nothing is built"]);
    assert_eq!((yard.noted("builds").lines().count(), yard.files.asked.load(Ordering::SeqCst)), (1, 1));
    let (site, modes) = (yard.noted("site"), yard.noted("modes"));
    let (site, modes): (Vec<_>, Vec<_>) = (site.lines().collect(), modes.lines().collect());
    assert_eq!((site.len(), site[0]), (2, site[1]));
    assert_eq!(modes[..modes.len() / 2], modes[modes.len() / 2..]);
    assert_eq!(fs::read_link(yard.slug(&request(1, 1)).join("a b/link")).unwrap(), Path::new("../built"));
    let left = fs::read_dir(yard.data().join("deploys/7.staging.2")).unwrap().count();
    assert_eq!(left, 1, "what forbids to be written to is removed all the same");
}

#[tokio::test]
async fn what_a_kill_left_of_a_check_out_goes_with_the_next_try() {
    let yard = Yard::new();
    let folder = yard.data().join("deploys/7.staging.1");
    for left in ["build/half", "repository/objects"] {
        fs::create_dir_all(folder.join(left)).unwrap();
    }
    succeeded(&yard.deploy(&yard.programs(), &request(1, 1)).await);
    let left: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["log"]);
}

#[tokio::test]
async fn a_slug_that_is_not_what_it_was_is_built_anew() {
    let yard = Yard::new();
    let tampered = async |number: u64, tamper: &dyn Fn(&Path)| {
        let request = request(number, 1);
        tamper(&yard.slug(&request));
        let reports = yard.deploy(&yard.programs(), &request).await;
        succeeded(&reports);
        words(&reports).join(" ")
    };
    assert_eq!(tampered(1, &|_| {}).await, "");
    let wrong = "the slug does not match its manifest; it is built anew";
    assert_eq!(tampered(2, &|slug| fs::write(slug.join("built"), "evil by compile\n").unwrap()).await, wrong);
    let more =
        |slug: &Path| fs::set_permissions(slug.join("built"), fs::Permissions::from_mode(0o777)).unwrap();
    assert_eq!(tampered(3, &more).await, wrong);
    assert_eq!(tampered(4, &|slug| fs::write(slug.join("more"), "").unwrap()).await, wrong);
    let unknown = |slug: &Path| fs::remove_file(slug.with_extension("json")).unwrap();
    assert_eq!(tampered(5, &unknown).await, "the slug has no manifest; it is built anew");
    assert_eq!(tampered(6, &|_| {}).await, "the slug is here already; nothing is built");
    assert_eq!(yard.noted("site"), "built by compile\n".repeat(6));
}

#[tokio::test]
async fn a_slug_that_is_gone_or_of_other_steps_is_built_anew() {
    let yard = Yard::new();
    let mut reused = request(1, 1);
    reused.deploy.reuses_slug = true;
    let reports = yard.deploy(&yard.programs(), &reused).await;
    assert_eq!(words(&reports), ["the slug is no longer here; it is built anew"]);
    let build = vec![yard.sh("compile", "echo otherwise > built")];
    let reports = yard.deploy(&Programs { build, ..yard.programs() }, &request(2, 1)).await;
    assert_eq!(words(&reports), ["the slug was built by other steps; it is built anew"]);
    assert_eq!(yard.noted("site"), "built by compile\notherwise\n");
}

/// Whatever the build steps are by now, it is what was deployed that is verified once more, or nothing is.
#[tokio::test]
async fn what_is_verified_again_is_the_same_build_or_nothing() {
    let yard = Yard::new();
    let verify = vec![yard.sh("smoke", "cat built >> $YARD/seen")];
    let programs = Programs { verify, ..yard.programs() };
    let deployed = request(1, 1);
    succeeded(&yard.deploy(&programs, &deployed).await);
    let build = vec![yard.sh("compile", "echo otherwise > built")];
    let driver = yard.driver(&Programs { build, ..programs });
    let again = async |after: u64| {
        let key = aftercare_key(&deployed.key, Duration::from_secs(after));
        let request = DeployRequest { key, ..deployed.clone() };
        driver.verify(&request).await.unwrap();
        yard.end(&driver, &request).await
    };
    succeeded(&again(1).await);
    assert_eq!(yard.noted("seen"), "built by compile\n".repeat(2));
    assert_eq!(yard.noted("site"), "built by compile\n", "it is not deployed again");
    fs::remove_file(yard.slug(&deployed).join("built")).unwrap();
    let reports = again(2).await;
    let (report, said) = failure(&reports);
    assert_eq!(report.phase, Some(Phase::Build));
    assert_eq!(said, "the build that was deployed does not match its manifest");
    assert_eq!(failure(&again(3).await).1, "the build that was deployed is no longer here");
    assert_eq!(yard.noted("seen"), "built by compile\n".repeat(2));
}

#[tokio::test]
async fn without_build_steps_the_slug_is_the_work_tree() {
    let yard = Yard::new();
    let deploy = vec![yard.sh("install", "cat source > $YARD/site")];
    let programs = Programs { build: Vec::new(), deploy, ..yard.programs() };
    succeeded(&yard.deploy(&programs, &request(1, 5)).await);
    assert_eq!(yard.noted("site"), "05".repeat(20));
}

#[tokio::test]
async fn two_that_need_one_slug_build_it_once() {
    let yard = Yard::new();
    let programs = yard.programs();
    let driver = yard.driver(&programs);
    let orders = [request(1, 1), DeployRequest { key: "7.production.1".to_owned(), ..request(1, 1) }];
    for request in &orders {
        driver.start(request, false).await.unwrap();
    }
    for request in &orders {
        succeeded(&yard.end(&driver, request).await);
    }
    assert_eq!((yard.noted("builds").lines().count(), yard.noted("site").lines().count()), (1, 2));
}

#[tokio::test]
async fn the_longest_unused_slug_goes_first_and_never_a_live_one() {
    only_two_are_kept(Bounds { slug_count: 2, ..bounds() }).await;
}

#[tokio::test]
async fn slugs_are_bounded_in_bytes_too() {
    // Each holds 40 bytes of source and 17 of what was built.
    only_two_are_kept(Bounds { slug_bytes: 114, ..bounds() }).await;
}

async fn only_two_are_kept(bounds: Bounds) {
    let yard = Yard::bounded(bounds);
    let programs = yard.programs();
    let driver = yard.driver(&programs);
    let held = || [1, 2, 3, 4].map(|tree| yard.slug(&request(1, tree)).exists());
    let mut number = 0;
    let mut deploy = async |tree: u8| {
        number += 1;
        let request = request(number, tree);
        succeeded(&yard.deploy(&programs, &request).await);
        // What comes after the end is over when nothing is left to be forgotten.
        driver.cancel(&request).await.unwrap();
    };
    for tree in [1, 2, 3] {
        deploy(tree).await;
    }
    assert_eq!(held(), [true, true, true, false], "none goes before it is told what is live");
    yard.commands.set_live(names(&[&request(1, 1).deploy.slug]));
    deploy(2).await;
    settled(&|| held() == [true, true, false, false]).await;
    deploy(4).await;
    settled(&|| held() == [true, false, false, true]).await;
    assert!(!yard.slug(&request(1, 2)).with_extension("json").exists());
}

#[tokio::test]
async fn without_room_on_the_disk_only_what_is_live_is_kept() {
    let yard = Yard::bounded(bounds());
    let programs = yard.programs();
    for tree in [1, 2, 3] {
        succeeded(&yard.deploy(&programs, &request(u64::from(tree), tree)).await);
    }
    let held = || [1, 2, 3].map(|tree| yard.slug(&request(1, tree)).exists());
    yard.commands.give_way().await.unwrap();
    assert_eq!(held(), [true; 3], "none goes before it is told what is live");
    yard.commands.set_live(names(&[&request(1, 2).deploy.slug]));
    yard.commands.give_way().await.unwrap();
    assert_eq!(held(), [false, true, false]);
}

/// What is done once a deploy is over comes a little later.
async fn settled(wanted: &dyn Fn() -> bool) {
    for _ in 0..400 {
        if wanted() {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    panic!("it has not come about");
}
