//! Deploys by real programs.

use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command};
use std::time::{Duration, SystemTime};

use towpath::deploy::drivers::{Driver, DriverError};
use towpath::deploy::operator::{Programs, Step};
use towpath::deploy::{CancelAnswer, ReportedState};
use towpath::model::{Phase, UnixMillis};

use crate::yard::{Yard, bounds, failure, request, runs, succeeded};

#[tokio::test]
async fn every_phase_runs_in_order_and_is_told() {
    let yard = Yard::new();
    let verify = vec![yard.sh("smoke", "echo looks good >&2; pwd")];
    let programs = Programs { verify, ..yard.programs() };
    let request = request(1, 1);
    let reports = yard.deploy(&programs, &request).await;
    succeeded(&reports);
    assert_eq!(reports.last().unwrap().environment_url.as_deref(), Some("https://staging.example.com"));
    let told: Vec<_> = reports.iter().map(|it| (it.phase, it.step.as_deref())).collect();
    let wanted = [
        (Some(Phase::Build), None),
        (Some(Phase::Build), Some("compile")),
        (Some(Phase::Deploy), Some("install")),
        (Some(Phase::Verify), Some("smoke")),
        (None, None),
    ];
    assert_eq!(told, wanted);
    assert!(reports.is_sorted_by(|one, other| one.at < other.at), "{reports:?}");
    assert_eq!(yard.noted("site"), "built by compile\n");
    let copy = yard.data().join("deploys/7.staging.1/work");
    let wanted = format!(
        "==> build: check out\n==> build: compile\n==> deploy: install\n==> verify: smoke\nlooks good\n{}\n\
         ==> succeeded\n",
        copy.display()
    );
    assert_eq!(yard.log(&request), wanted);
    let left: Vec<_> = fs::read_dir(yard.data().join("deploys/7.staging.1")).unwrap().collect();
    assert_eq!(left.len(), 1, "nothing but the log is left: {left:?}");
}

#[tokio::test]
async fn reports_go_on_behind_what_was_told_before() {
    let yard = Yard::new();
    let mut request = request(1, 1);
    request.deploy.reported_at = Some(UnixMillis(5_000_000));
    let reports = yard.deploy(&yard.programs(), &request).await;
    assert_eq!(reports[0].at, UnixMillis(5_000_001));
    assert!(reports.is_sorted_by(|one, other| one.at < other.at), "{reports:?}");
}

#[tokio::test]
async fn a_build_that_fails_leaves_the_site_alone() {
    let yard = Yard::new();
    let build =
        vec![yard.sh("compile", "seq 30; echo no such type; exit 3"), yard.sh("pack", "touch $YARD/site")];
    let programs = Programs { build, ..yard.programs() };
    let reports = yard.deploy(&programs, &request(1, 1)).await;
    let (report, words) = failure(&reports);
    assert_eq!(words, "compile exited with 3");
    assert_eq!((report.phase, report.step.as_deref()), (Some(Phase::Build), Some("compile")));
    let tail = report.log_tail.as_deref().unwrap();
    assert!(tail.starts_with("12\n13\n") && tail.ends_with("30\nno such type"), "{tail}");
    assert_eq!(yard.noted("site"), "");
    assert!(!yard.slug(&request(1, 1)).exists());
}

#[tokio::test]
async fn a_deploy_that_fails_is_not_verified() {
    let yard = Yard::new();
    let deploy = vec![yard.sh("install", "kill -9 $$")];
    let verify = vec![yard.sh("smoke", "touch $YARD/site")];
    let programs = Programs { deploy, verify, ..yard.programs() };
    let reports = yard.deploy(&programs, &request(1, 1)).await;
    let (report, words) = failure(&reports);
    assert_eq!((report.phase, words), (Some(Phase::Deploy), "install was killed by signal 9"));
    assert!(!yard.folder.path().join("site").exists());
}

#[tokio::test]
async fn a_program_that_is_not_there_is_named() {
    let yard = Yard::new();
    let step = Step { step: "install".to_owned(), run: vec!["/nonexistent/install".to_owned()] };
    let programs = Programs { deploy: vec![step], ..yard.programs() };
    let reports = yard.deploy(&programs, &request(1, 1)).await;
    let wanted = "the program /nonexistent/install cannot be started: No such file or directory";
    assert_eq!(failure(&reports).1, wanted);
}

/// A program, and our hand on it: whoever holds a file open for writing keeps it from being run.
fn written_to(yard: &Yard) -> (Programs, File) {
    let path = yard.folder.path().join("install");
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o755).open(&path).unwrap();
    file.write_all(
        format!("#!/bin/sh\necho installed > '{}/site'\n", yard.folder.path().display()).as_bytes(),
    )
    .unwrap();
    let step = Step { step: "install".to_owned(), run: vec![path.display().to_string()] };
    (Programs { deploy: vec![step], ..yard.programs() }, file)
}

#[tokio::test]
async fn a_program_that_is_still_written_to_is_waited_for() {
    let yard = Yard::new();
    let (programs, file) = written_to(&yard);
    let driver = yard.driver(&programs);
    driver.start(&request(1, 1), false).await.unwrap();
    yard.step(&driver, &request(1, 1), "install").await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    drop(file);
    succeeded(&yard.end(&driver, &request(1, 1)).await);
    assert_eq!(yard.noted("site"), "installed\n");
}

#[tokio::test]
async fn a_program_that_is_written_to_for_long_is_told() {
    let yard = Yard::new();
    let (programs, _file) = written_to(&yard);
    let reports = yard.deploy(&programs, &request(1, 1)).await;
    let words = failure(&reports).1;
    assert!(words.ends_with("/install cannot be started: Text file busy"), "{words}");
}

#[tokio::test]
async fn what_a_program_leaves_in_its_group_is_ended_with_it() {
    let yard = Yard::new();
    let deploy = vec![yard.sh("install", "sleep 600 & echo $! > $YARD/left")];
    let programs = Programs { deploy, ..yard.programs() };
    succeeded(&yard.deploy(&programs, &request(1, 1)).await);
    assert!(!runs(&yard.noted("left")));
}

#[tokio::test]
async fn a_daemon_in_a_session_of_its_own_stays_and_is_not_waited_for() {
    let yard = Yard::new();
    let line = "setsid /bin/sh -c 'echo $$ > $YARD/pid; exec sleep 600' & \
                until [ -s $YARD/pid ]; do sleep 0.01; done; echo installed";
    let step = yard.sh("install", &line.replace("$YARD", &yard.folder.path().display().to_string()));
    let programs = Programs { deploy: vec![step], ..yard.programs() };
    succeeded(&yard.deploy(&programs, &request(1, 1)).await);
    assert!(yard.log(&request(1, 1)).ends_with("installed\n==> succeeded\n"));
    assert!(runs(&yard.noted("pid")));
    assert!(Command::new("/bin/kill").arg(yard.noted("pid").trim()).status().unwrap().success());
}

#[tokio::test]
async fn a_program_that_will_not_end_is_killed_after_its_grace() {
    let yard = Yard::new();
    let line = "trap '' TERM; echo $$ > $YARD/pid; while :; do sleep 600 & wait; done";
    let mut programs = Programs { deploy: vec![yard.sh("install", line)], ..yard.programs() };
    programs.timeout = Some(Duration::from_secs(2));
    let reports = yard.deploy(&programs, &request(1, 1)).await;
    assert_eq!(failure(&reports).1, "install was ended after 2 s");
    assert!(!yard.noted("pid").is_empty() && !runs(&yard.noted("pid")));
}

#[tokio::test]
async fn a_program_may_tidy_up_when_its_time_is_up() {
    let yard = Yard::new();
    let line = "trap 'echo tidy >> $YARD/noted; exit 0' TERM; sleep 600 & wait";
    let mut programs = Programs { deploy: vec![yard.sh("install", line)], ..yard.programs() };
    programs.timeout = Some(Duration::from_secs(2));
    let reports = yard.deploy(&programs, &request(1, 1)).await;
    assert_eq!(failure(&reports).1, "install was ended after 2 s");
    assert_eq!(yard.noted("noted"), "tidy\n");
}

#[tokio::test]
async fn a_flood_is_bounded() {
    let yard = Yard::bounded(towpath::deploy::drivers::programs::Bounds { log_bytes: 100_000, ..bounds() });
    let line = "echo first; yes flood | head -c 18000000; echo last";
    let programs = Programs { deploy: vec![yard.sh("install", line)], ..yard.programs() };
    let request = request(1, 1);
    succeeded(&yard.deploy(&programs, &request).await);
    let log = yard.log(&request);
    assert!((90_000..=100_000).contains(&log.len()), "{}", log.len());
    assert!(
        log.contains("==> deploy: install\nfirst\nflood\n") && log.contains(" bytes were left out here\n")
    );
    assert!(log.ends_with("flood\nlast\n==> succeeded\n"));
}

#[tokio::test]
async fn secrets_are_for_the_deploy_only_and_in_no_log() {
    let mut yard = Yard::new();
    yard.secrets.insert("TOKEN".to_owned(), "s3cret-value".to_owned());
    let build = vec![yard.sh("compile", "env > $YARD/seen-by-build; : > built")];
    let line =
        "env > $YARD/seen; echo the token is $TOKEN.; printf s3cret; sleep 0.1; printf -- -value; exit 1";
    let deploy = vec![yard.sh("install", line)];
    let mut programs = Programs { build, deploy, ..yard.programs() };
    programs.variables.insert("SITE".to_owned(), "eu".to_owned());
    let mut request = request(1, 1);
    request.build_settings.insert("EDITION".to_owned(), "b2b".to_owned());
    let reports = yard.deploy(&programs, &request).await;
    assert_eq!(failure(&reports).0.log_tail.as_deref().unwrap().lines().last(), Some("***"));
    let log = yard.log(&request);
    assert!(log.contains("the token is ***.\n***\n") && !log.contains("s3cret"), "{log}");
    let seen = |name: &str| {
        let text = yard.noted(name);
        let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
        // What the shell sets by itself.
        lines.retain(|line| !["PWD=", "_=", "SHLVL=", "OLDPWD="].iter().any(|start| line.starts_with(start)));
        lines.sort();
        lines
    };
    let home = format!("HOME={}", yard.data().join("deploys/7.staging.1/home").display());
    let slug = format!("TOWPATH_SLUG={}", request.deploy.slug);
    let path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    let (sha, tree) =
        (format!("TOWPATH_SHA={}", "c0".repeat(20)), format!("TOWPATH_TREE={}", "01".repeat(20)));
    let few =
        [&home, "LANG=C.UTF-8", path, "TOWPATH_PHASE=build", "TOWPATH_SETTING_EDITION=b2b", &sha, &slug];
    let few: Vec<_> = few.into_iter().chain(["TOWPATH_STEP=compile", &tree]).collect();
    assert_eq!(seen("seen-by-build"), few);
    let previous = format!("TOWPATH_PREVIOUS_SHA={}", "bb".repeat(20));
    let mut wanted: Vec<&str> = vec![&home, "LANG=C.UTF-8", path, "SITE=eu", "TOKEN=s3cret-value"];
    wanted.extend(["TOWPATH_BRANCH=staging", "TOWPATH_DEPLOY=7.staging.1", "TOWPATH_ENVIRONMENT=staging"]);
    wanted.extend(["TOWPATH_PHASE=deploy", &previous, "TOWPATH_PULL_REQUESTS=4,9"]);
    wanted.extend(["TOWPATH_REPOSITORY=acme/store", "TOWPATH_ROLLBACK=0", &sha, &slug]);
    wanted.extend(["TOWPATH_STEP=install", &tree]);
    assert_eq!(seen("seen"), wanted);
}

#[tokio::test]
async fn files_that_cannot_be_had_now_are_asked_for_again() {
    let yard = Yard::new();
    let later = || DriverError::later("the network is away");
    *yard.files.first.lock().unwrap() = vec![later(), later()];
    succeeded(&yard.deploy(&yard.programs(), &request(1, 1)).await);
    *yard.files.first.lock().unwrap() = vec![DriverError::refused("there is no such commit")];
    let reports = yard.deploy(&yard.programs(), &request(2, 2)).await;
    assert_eq!(failure(&reports).1, "the commit cannot be checked out: there is no such commit");
}

#[tokio::test]
async fn an_order_that_cannot_be_carried_out_is_refused() {
    let yard = Yard::new();
    let refused =
        async |programs: &Programs, request| match yard.driver(programs).start(&request, false).await {
            Err(DriverError::Refused { message, .. }) => String::from(message),
            other => panic!("{other:?}"),
        };
    let words = refused(&Programs::default(), request(1, 1)).await;
    assert_eq!(words, "there are no deploy steps; add some to the operator's file");
    let mut outside = request(1, 1);
    outside.deploy.slug = "../x".to_owned();
    assert_eq!(refused(&yard.programs(), outside).await, "\"../x\" cannot name a slug");
    assert!(!yard.commands.knows("7.staging.1"));
}

#[tokio::test]
async fn a_deploy_is_carried_out_once_and_forgotten_when_asked() {
    let yard = Yard::new();
    let (programs, request) = (yard.programs(), request(1, 1));
    let driver = yard.driver(&programs);
    for again in [false, true, false] {
        let handed = driver.start(&request, again).await.unwrap();
        assert_eq!(handed.handle.as_deref(), Some("7.staging.1"));
    }
    succeeded(&yard.end(&driver, &request).await);
    assert_eq!(yard.noted("site").lines().count(), 1);
    assert!(yard.commands.knows(&request.key));
    yard.commands.forget(&request.key);
    assert!(!yard.commands.knows(&request.key));
    assert_eq!(driver.poll(&request).await.unwrap(), []);
}

#[tokio::test]
async fn a_stop_ends_the_programs_and_waits_for_it() {
    let yard = Yard::new();
    let line = "echo $$ > $YARD/pid; echo started > $YARD/started; sleep 600";
    let programs = Programs { deploy: vec![yard.sh("install", line)], ..yard.programs() };
    let (driver, request) = (yard.driver(&programs), request(1, 1));
    driver.start(&request, false).await.unwrap();
    yard.step(&driver, &request, "install").await;
    noted(&yard, "started").await;
    assert_eq!(driver.cancel(&request).await.unwrap(), CancelAnswer::Ended);
    assert!(!runs(&yard.noted("pid")));
    assert_eq!(failure(&driver.poll(&request).await.unwrap()).1, "install was stopped");
}

#[tokio::test]
async fn a_shutdown_ends_the_programs_and_tells_no_end() {
    let yard = Yard::new();
    let line = "trap '' TERM; echo $$ > $YARD/pid; echo started > $YARD/started; sleep 600";
    let programs = Programs { deploy: vec![yard.sh("install", line)], ..yard.programs() };
    let (driver, request) = (yard.driver(&programs), request(1, 1));
    driver.start(&request, false).await.unwrap();
    noted(&yard, "started").await;
    yard.commands.shutdown(Duration::from_secs(10)).await;
    assert!(!runs(&yard.noted("pid")));
    assert_eq!(driver.poll(&request).await.unwrap().last().unwrap().state, ReportedState::Running);
    let error = driver.start(&crate::yard::request(2, 1), false).await.unwrap_err();
    assert!(
        matches!(&error, DriverError::Later { message, .. } if message.as_str() == "the server is about to end")
    );
}

#[tokio::test]
async fn a_shutdown_takes_no_longer_than_it_may() {
    let yard = Yard::new();
    let line = "trap '' TERM; echo $$ > $YARD/pid; echo started > $YARD/started; sleep 600";
    let programs = Programs { deploy: vec![yard.sh("install", line)], ..yard.programs() };
    yard.driver(&programs).start(&request(1, 1), false).await.unwrap();
    noted(&yard, "started").await;
    yard.commands.shutdown(Duration::ZERO).await;
    // It was killed, and the system takes a moment for that.
    while runs(&yard.noted("pid")) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn noted(yard: &Yard, name: &str) {
    while yard.noted(name).is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// A program that an earlier server has started, as it wrote it down; `later` is added to when it began.
fn leftover(yard: &Yard, later: u64) -> Child {
    let child = Command::new("/bin/sleep").arg("600").process_group(0).spawn().unwrap();
    let stat = fs::read_to_string(format!("/proc/{}/stat", child.id())).unwrap();
    let started =
        stat.rsplit_once(") ").unwrap().1.split(' ').nth(19).unwrap().parse::<u64>().unwrap() + later;
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap();
    let mark = serde_json::json!({ "group": child.id(), "started": started, "boot": boot.trim() });
    let folder = yard.data().join("deploys/7.staging.1");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("running.json"), mark.to_string()).unwrap();
    child
}

#[tokio::test]
async fn after_a_restart_what_still_runs_is_ended_first() {
    let yard = Yard::new();
    let mut child = leftover(&yard, 0);
    let driver = yard.driver(&yard.programs());
    assert_eq!(driver.poll(&request(1, 1)).await.unwrap(), []);
    driver.start(&request(1, 1), true).await.unwrap();
    succeeded(&yard.end(&driver, &request(1, 1)).await);
    assert!(!runs(&child.id().to_string()));
    child.wait().unwrap();
}

#[tokio::test]
async fn after_a_restart_a_stop_ends_what_still_runs() {
    let yard = Yard::new();
    let mut child = leftover(&yard, 0);
    assert_eq!(yard.driver(&yard.programs()).cancel(&request(1, 1)).await.unwrap(), CancelAnswer::Ended);
    assert!(!runs(&child.id().to_string()));
    child.wait().unwrap();
}

#[tokio::test]
async fn a_log_goes_on_until_it_is_old() {
    let mut yard = Yard::new();
    succeeded(&yard.deploy(&yard.programs(), &request(1, 1)).await);
    yard.restarted();
    succeeded(&yard.deploy(&yard.programs(), &request(1, 1)).await);
    let log = yard.log(&request(1, 1));
    let again = "==> succeeded\n==> begun again\n==> build: the slug is here already; nothing is built\n";
    assert!(log.starts_with("==> build: check out\n") && log.contains(again), "{log}");
    let old = File::options().write(true).open(yard.commands.log("7.staging.1")).unwrap();
    old.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(5)).unwrap();
    assert_eq!(
        yard.commands.drop_logs(UnixMillis(6_000)).await.unwrap(),
        0,
        "its end may not have been kept yet"
    );
    yard.commands.forget("7.staging.1");
    assert_eq!(yard.commands.drop_logs(UnixMillis(5_000)).await.unwrap(), 0);
    assert_eq!(yard.commands.drop_logs(UnixMillis(6_000)).await.unwrap(), 1);
    assert!(!yard.commands.log("7.staging.1").exists());
}

#[tokio::test]
async fn after_a_restart_a_number_that_was_given_again_is_left_alone() {
    let yard = Yard::new();
    let mut child = leftover(&yard, 1);
    let driver = yard.driver(&yard.programs());
    driver.start(&request(1, 1), true).await.unwrap();
    succeeded(&yard.end(&driver, &request(1, 1)).await);
    assert!(runs(&child.id().to_string()));
    child.kill().unwrap();
    child.wait().unwrap();
}

#[tokio::test]
async fn what_runs_is_written_down_and_found_without_its_leader() {
    let mut yard = Yard::new();
    let line = "sleep 600 & echo $! > $YARD/pid; cp $YARD/data/deploys/7.staging.1/running.json $YARD/mark && \
                echo started > $YARD/started; wait";
    let programs =
        Programs { deploy: vec![yard.sh("install", &format!("sleep 0.2; {line}"))], ..yard.programs() };
    let home = yard.data().join("deploys/7.staging.1/home");
    let (driver, request) = (yard.driver(&programs), request(1, 1));
    driver.start(&request, false).await.unwrap();
    noted(&yard, "started").await;
    let mark: serde_json::Value = serde_json::from_str(&yard.noted("mark")).unwrap();
    assert!(mark["group"].as_i64().is_some_and(|group| group > 1), "{mark}");
    driver.cancel(&request).await.unwrap();
    // A group like it whose leader has gone, as a server that was killed leaves it.
    let mut leader = Command::new("/bin/sh");
    leader.args(["-c", "sleep 600 > /dev/null 2>&1 & echo $!"]).env("HOME", &home).process_group(0);
    let mut leader = leader.stdout(std::process::Stdio::piped()).spawn().unwrap();
    let group = leader.id();
    let mut pid = String::new();
    std::io::Read::read_to_string(&mut leader.stdout.take().unwrap(), &mut pid).unwrap();
    leader.wait().unwrap();
    assert!(runs(&pid));
    let mark = serde_json::json!({ "group": group, "started": 1, "boot": mark["boot"] });
    fs::write(yard.data().join("deploys/7.staging.1/running.json"), mark.to_string()).unwrap();
    yard.restarted();
    succeeded(&yard.deploy(&yard.programs(), &request).await);
    assert!(!runs(&pid));
}
