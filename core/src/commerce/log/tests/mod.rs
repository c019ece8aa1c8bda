//! Logs of our own making, each of one shape.

mod told;

use super::*;
use crate::model::Phase;

const BUILD: &str = "\
Found 2 new commits

Building application 'app' (runtime type: php:8.3, tree: 9851a01)
  Generating runtime configuration.
  Executing build hook...
    W: + php ./vendor/bin/ece-tools run scenario/build/generate.xml
    W: [2026-03-01T10:00:00.000001+00:00] INFO: Starting scenario(s): scenario/build/generate.xml (magento/ece-tools version: 2002.2.1)
    W: [2026-03-01T10:00:02+00:00] NOTICE: Applying patches.
    W: [2026-03-01T10:00:10+00:00] NOTICE: Validating configuration
    W: [2026-03-01T10:00:11+00:00] WARNING: [1006] The configured state is not ideal
    W: [2026-03-01T10:00:20+00:00] NOTICE: Running DI compilation
    W: [2026-03-01T10:02:20+00:00] NOTICE: Generating fresh static content
    W: [2026-03-01T10:04:20+00:00] NOTICE: End of generating fresh static content
    W: [2026-03-01T10:04:30+00:00] INFO: Scenario(s) finished
";
const PROVISION: &str = "
Provisioning certificates
  Certificates
Redeploying environment staging
  Preparing deployment
  Closing service router
  Opening application app and its relationships
  Executing deploy hook for application 'app'
";
const BEFORE_MAINTENANCE: &str = "\
    [2026-03-01T10:05:00+00:00] INFO: Starting scenario(s): scenario/deploy.xml (magento/ece-tools version: 2002.2.1)
    [2026-03-01T10:05:01+00:00] NOTICE: Starting pre-deploy.
";
const MAINTENANCE: &str = "\
    [2026-03-01T10:05:10+00:00] NOTICE: Enabling Maintenance mode
    [2026-03-01T10:05:11+00:00] INFO: Disable cron
    [2026-03-01T10:05:12+00:00] INFO: Trying to kill running cron jobs and consumers processes
    [2026-03-01T10:05:13+00:00] INFO: Running Magento cron and consumers processes were not found.
    [2026-03-01T10:05:14+00:00] NOTICE: Validating configuration
    [2026-03-01T10:05:15+00:00] WARNING: [2003] The directory nesting level is not set
    [2026-03-01T10:05:20+00:00] INFO: Starting update.
";
const OPEN_AGAIN: &str = "\
    [2026-03-01T10:06:20+00:00] INFO: End of update.
    [2026-03-01T10:06:25+00:00] NOTICE: Maintenance mode is disabled.
    [2026-03-01T10:06:26+00:00] INFO: Scenario(s) finished
";
const OPENED: &str = "
  Opening environment
  Environment configuration
    app (type: php:8.3, size: L, disk: 5120)
";
const POST_DEPLOY: &str = "\
    [2026-03-01T10:07:00+00:00] INFO: Starting scenario(s): scenario/post-deploy.xml (magento/ece-tools version: 2002.2.1)
    [2026-03-01T10:07:10+00:00] INFO: Warmed up page: https://shop.example/
";
const FINISHED: &str = "    [2026-03-01T10:08:00+00:00] INFO: Scenario(s) finished\n";
const UPGRADE_FAILS: &str = "\
    [2026-03-01T10:05:40+00:00] CRITICAL: [126] The upgrade command failed
";
/// What the console repeats of an error, and what follows from it.
const ECHOES: &str = "\
    W: In Processor.php line 121:
    W:   [126] The upgrade command
    W: run <scenario>...
    [2026-03-01T10:05:41+00:00] ERROR: [128] Maintenance mode cannot be disabled
    [2026-03-01T10:07:01+00:00] INFO: Starting scenario(s): scenario/post-deploy.xml
    [2026-03-01T10:07:02+00:00] ERROR: [201] Post-deploy is skipped because deploy was failed.
";

fn read(log: &str) -> LogReading {
    let mut reader = LogReader::new();
    reader.push(log.as_bytes());
    reader.finish()
}

/// What a reading says, in a line.
fn told(reading: &LogReading) -> String {
    let phase = reading.phase.map_or("unknown", Phase::as_str);
    let code = reading.code.map(|code| format!(" [{}]", code.number)).unwrap_or_default();
    let (outcome, site) = (reading.outcome.as_str(), reading.site.as_str());
    format!("{outcome}: {phase}, {}; {site}{code}", reading.step.unwrap_or("-"))
}

fn whole(parts: &[&str]) -> String {
    parts.concat()
}

fn failed() -> String {
    whole(&[BUILD, PROVISION, BEFORE_MAINTENANCE, MAINTENANCE, UPGRADE_FAILS, ECHOES, OPENED])
}

#[test]
fn a_deploy_is_followed_from_line_to_line() {
    let log = whole(&[
        BUILD,
        PROVISION,
        BEFORE_MAINTENANCE,
        MAINTENANCE,
        OPEN_AGAIN,
        OPENED,
        POST_DEPLOY,
        FINISHED,
    ]);
    let mut reader = LogReader::new();
    let mut steps: Vec<String> = Vec::new();
    for line in log.split_inclusive('\n') {
        reader.push(line.as_bytes());
        let now = told(&reader.so_far());
        if steps.last() != Some(&now) {
            steps.push(now);
        }
    }
    insta::assert_snapshot!(steps.join("\n"), @r"
    running: build, -; untouched
    running: build, apply-patches; untouched
    running: build, validate-config; untouched
    running: build, compile-di; untouched
    running: build, deploy-static-content; untouched
    running: build, -; untouched
    running: deploy, provision; untouched
    running: deploy, pre-deploy; untouched
    running: deploy, enable-maintenance-mode; maintenance
    running: deploy, disable-cron; maintenance
    running: deploy, -; maintenance
    running: deploy, validate-config; maintenance
    running: deploy, install-update: update; maintenance
    running: deploy, -; maintenance
    running: deploy, disable-maintenance-mode; open
    success: deploy, -; open
    success: deploy, open; open
    running: verify, -; open
    running: verify, warm-up; open
    success: verify, -; open
    ");
}

#[test]
fn what_ended_a_deploy_and_what_the_shop_does_now() {
    let deploy = whole(&[BUILD, PROVISION, BEFORE_MAINTENANCE, MAINTENANCE]);
    let good = whole(&[&deploy, OPEN_AGAIN, OPENED]);
    let table = [
        ("nothing", String::new()),
        ("text of something else", "hello\nworld\n".to_owned()),
        ("a build that has ended", BUILD.to_owned()),
        ("a patch", format!("{BUILD}ERROR: [12] Patch\nE: Error building project: The build hook failed with status code 12. Aborted build.\n")),
        ("a build by its status alone", "Building application 'a'\n  E: Error building project: The build hook failed with status code 19. Aborted build.\n".to_owned()),
        ("Composer", "Building application 'a'\n  E: Error building project: The build hook failed with status code 2. Aborted build.\n".to_owned()),
        ("a shell's own status", "Building application 'a'\n  E: Error building project: Step failed with status code 126\n".to_owned()),
        ("routes", "E: Error verifying routes.yaml\n".to_owned()),
        ("upload", whole(&[BUILD, "E: Unable to upload the application to the remote cluster\n"])),
        ("provisioning", whole(&[BUILD, PROVISION, "  E: Environment redeployment failed\n"])),
        ("before maintenance", whole(&[BUILD, PROVISION, BEFORE_MAINTENANCE, "ERROR: [107] Redis\n"])),
        ("maintenance not begun", whole(&[PROVISION, BEFORE_MAINTENANCE, "ERROR: [108] no\n"])),
        ("rights before maintenance", whole(&[PROVISION, BEFORE_MAINTENANCE, "ERROR: [102] no\n"])),
        ("rights in maintenance", whole(&[&deploy, "ERROR: [102] no\n"])),
        ("the upgrade, with echoes", failed()),
        ("crypt key", whole(&[&deploy, "CRITICAL: [131] no key\n"])),
        ("a general code in maintenance", whole(&[&deploy, "ERROR: [244] yaml\n"])),
        ("a general code in the build", whole(&[BUILD, "ERROR: [247] events\n"])),
        ("a code of the deploy alone", "CRITICAL: [126] x\n".to_owned()),
        ("a code of pre-deploy alone", "CRITICAL: [140] x\n".to_owned()),
        ("a code that may be anywhere, alone", "CRITICAL: [104] x\n".to_owned()),
        ("the hook was killed", whole(&[&deploy, OPENED])),
        ("an echo alone", "ERROR: [201] Post-deploy is skipped because deploy was failed.\n".to_owned()),
        ("an echo as a warning", "WARNING: [201] Post-deploy is skipped because deploy was failed.\n".to_owned()),
        ("an echo without its number", "WARNING: Post-deploy is skipped because deploy was failed.\n".to_owned()),
        ("a good deploy", good.clone()),
        ("post-deploy under way", whole(&[&good, POST_DEPLOY])),
        ("a page", whole(&[&good, POST_DEPLOY, "ERROR: [207] page\n", FINISHED])),
        ("a warning after the deploy", whole(&[&good, POST_DEPLOY, "WARNING: [3002] urls\n", FINISHED])),
        ("a warning, then an error after it", whole(&[&good, POST_DEPLOY, "WARNING: [3002] urls\nERROR: [227] cache\n"])),
        ("a code of the deploy after it", whole(&[&good, POST_DEPLOY, "ERROR: [137] search\n"])),
        ("post-deploy alone", POST_DEPLOY.to_owned()),
        ("begun in the middle", MAINTENANCE[MAINTENANCE.find("    [2026-03-01T10:05:20").unwrap_or(0)..].to_owned()),
        ("platform lines alone", whole(&[PROVISION, OPENED])),
        ("failed, then good", whole(&[&failed(), &good])),
        ("good, then failed", whole(&[&good, &failed()])),
        ("a build that failed, then one that runs", format!("{BUILD}ERROR: [15] DI\n{BUILD}")),
        ("warnings only", format!("{deploy}WARNING: [2018] old\n{OPEN_AGAIN}")),
        ("numbers that are no codes", format!("{deploy}W: [126/400] Module\n#3 [117] x\nINFO: [131] x\nERROR: [999] x\n{OPEN_AGAIN}")),
        ("a scenario of the project's own", format!("{deploy}INFO: Starting scenario(s): acme.xml\nINFO: Scenario(s) finished\n")),
        ("cloud.error.log", "{\"errorCode\":1006,\"type\":\"warning\"}\n{\"errorCode\":117,\"stage\":\"deploy\",\"type\":\"critical\"}\n{\"errorCode\":201}\n".to_owned()),
    ];
    let rows: Vec<String> =
        table.iter().map(|(name, log)| format!("{name} -> {}", told(&read(log)))).collect();
    insta::assert_snapshot!(rows.join("\n"), @r"
    nothing -> unknown: unknown, -; unknown
    text of something else -> unknown: unknown, -; unknown
    a build that has ended -> running: build, -; untouched
    a patch -> failure: build, apply-patches; untouched [12]
    a build by its status alone -> failure: build, deploy-static-content; untouched [19]
    Composer -> failure: build, composer; untouched
    a shell's own status -> failure: build, -; untouched
    routes -> failure: build, -; untouched
    upload -> failure: build, upload; untouched
    provisioning -> failure: deploy, provision; unknown
    before maintenance -> failure: deploy, pre-deploy: clean-redis-cache; degraded [107]
    maintenance not begun -> failure: deploy, pre-deploy: set-production-mode; degraded [108]
    rights before maintenance -> failure: deploy, pre-deploy; degraded [102]
    rights in maintenance -> failure: deploy, install-update: update; maintenance [102]
    the upgrade, with echoes -> failure: deploy, install-update: update; maintenance [126]
    crypt key -> failure: deploy, install-update; maintenance [131]
    a general code in maintenance -> failure: deploy, install-update: update; maintenance [244]
    a general code in the build -> failure: build, -; untouched [247]
    a code of the deploy alone -> failure: deploy, install-update: update; maintenance [126]
    a code of pre-deploy alone -> failure: deploy, pre-deploy: clean-valkey-cache; degraded [140]
    a code that may be anywhere, alone -> failure: deploy, -; unknown [104]
    the hook was killed -> failure: deploy, install-update: update; maintenance
    an echo alone -> failure: deploy, -; maintenance
    an echo as a warning -> failure: deploy, -; maintenance
    an echo without its number -> failure: deploy, -; maintenance
    a good deploy -> success: deploy, open; open
    post-deploy under way -> running: verify, warm-up; open
    a page -> success: verify, warm-up; degraded [207]
    a warning after the deploy -> success: verify, warm-up; degraded [3002]
    a warning, then an error after it -> success: verify, clean-cache; degraded [227]
    a code of the deploy after it -> success: verify, warm-up; degraded [137]
    post-deploy alone -> running: verify, warm-up; open
    begun in the middle -> running: deploy, install-update: update; maintenance
    platform lines alone -> unknown: deploy, open; open
    failed, then good -> success: deploy, open; open
    good, then failed -> failure: deploy, install-update: update; maintenance [126]
    a build that failed, then one that runs -> running: build, -; untouched
    warnings only -> success: deploy, -; open
    numbers that are no codes -> success: deploy, -; open
    a scenario of the project's own -> running: deploy, -; maintenance
    cloud.error.log -> failure: deploy, install-update: config-import; maintenance [117]
    ");
}

#[test]
fn hook_logs_of_many_deploys_are_told_apart() {
    let hook = |rest: &str| {
        format!(
            "[2026-03-01 10:00:00.080678] Launching command 'b'php'.\n{BEFORE_MAINTENANCE}{MAINTENANCE}{rest}"
        )
    };
    let log = [hook(UPGRADE_FAILS), hook(OPEN_AGAIN), hook("")].concat();
    assert_eq!(told(&read(&log)), "running: deploy, install-update: update; maintenance");
    let log = [hook(OPEN_AGAIN), hook(UPGRADE_FAILS)].concat();
    assert_eq!(told(&read(&log)), "failure: deploy, install-update: update; maintenance [126]");
    let log = [hook(UPGRADE_FAILS), hook(OPEN_AGAIN)].concat();
    assert_eq!(told(&read(&log)), "success: deploy, -; open");
    let skipped = "ERROR: [201] Post-deploy is skipped because deploy was failed.\n";
    assert_eq!(
        told(&read(&whole(&[POST_DEPLOY, skipped, POST_DEPLOY, FINISHED]))),
        "success: verify, -; open"
    );
}

#[test]
fn of_two_applications_the_one_that_failed_counts() {
    let second = "  Executing deploy hook for application 'api'\n";
    let good = whole(&[BEFORE_MAINTENANCE, MAINTENANCE, OPEN_AGAIN]);
    let bad = whole(&[BEFORE_MAINTENANCE, MAINTENANCE, UPGRADE_FAILS]);
    let failed = "failure: deploy, install-update: update; maintenance [126]";
    assert_eq!(told(&read(&whole(&[PROVISION, &bad, second, &good, OPENED]))), failed);
    assert_eq!(told(&read(&whole(&[PROVISION, &good, second, &bad, OPENED]))), failed);
    assert_eq!(
        told(&read(&whole(&[PROVISION, &good, second, &good, OPENED]))),
        "success: deploy, open; open"
    );
}

#[test]
fn a_log_is_read_alike_in_every_dress() {
    let each = |log: &str, wear: &dyn Fn(&str) -> String| log.lines().map(wear).collect::<Vec<_>>().concat();
    let in_json = |log: &str| {
        each(log, &|line| {
            let message = format!("{line}\n");
            let data =
                serde_json::json!({ "timestamp": "2026-03-01T10:00:00.123+00:00", "message": message });
            format!("{{\"data\":{data}}}\n")
        }) + "{\"seal\":true}\n"
    };
    let noise =
        "W:  - Installing acme/module (1.2.3): Extracting archive\r 12/80 [===>---]  15%\r\n\u{fffd}\n";
    let with_noise = |log: &str| each(log, &|line| format!("{line}\n{noise}"));
    let coloured = |log: &str| each(log, &|line| format!("\x1b[32m{line}\x1b[0m\x1b[K\n"));
    let timed = |log: &str| each(log, &|line| format!("[2026-03-01T09:59:59.5+00:00] {line}\n"));
    for log in [
        failed(),
        whole(&[BUILD, PROVISION, BEFORE_MAINTENANCE, MAINTENANCE, OPEN_AGAIN, OPENED, POST_DEPLOY]),
        whole(&[BUILD, PROVISION, BEFORE_MAINTENANCE]),
    ] {
        let expected = told(&read(&log));
        for (dress, worn) in [
            ("CRLF", log.replace('\n', "\r\n")),
            ("byte order mark", format!("\u{feff}{log}")),
            ("no last line end", log.trim_end().to_owned()),
            ("colours", coloured(&log)),
            ("times of the platform", timed(&log)),
            ("JSON", in_json(&log)),
            ("noise between", with_noise(&log)),
            ("all of it", in_json(&coloured(&with_noise(&timed(&log))))),
        ] {
            assert_eq!(told(&read(&worn)), expected, "{dress}");
        }
    }
}

#[test]
fn five_megabytes_are_read_to_the_end() {
    let noise =
        "    W: [2026-03-01T10:05:30+00:00] DEBUG: Module 'Acme_Tax': Upgrading schema [12/80] of it all\n"
            .repeat(100);
    let mut reader = LogReader::new();
    reader.push(whole(&[BUILD, PROVISION, BEFORE_MAINTENANCE, MAINTENANCE]).as_bytes());
    for _ in 0..=(5 << 20) / noise.len() {
        reader.push(noise.as_bytes());
    }
    reader.push(UPGRADE_FAILS.as_bytes());
    assert_eq!(told(&reader.finish()), "failure: deploy, install-update: update; maintenance [126]");
}

#[test]
fn an_exit_status_stands_in_where_the_text_has_no_code() {
    let deploy = whole(&[PROVISION, BEFORE_MAINTENANCE, MAINTENANCE]);
    let good = whole(&[&deploy, OPEN_AGAIN]);
    let table = [
        ("nothing", "", 0),
        ("nothing", "", 126),
        ("nothing", "", 12),
        ("nothing", "", 3),
        ("nothing", "", 104),
        ("nothing", "", 244),
        ("nothing", "", 201),
        ("nothing", "", 207),
        ("nothing", "", 255),
        ("a build under way", &BUILD[..BUILD.len() / 2], 15),
        ("a build under way", &BUILD[..BUILD.len() / 2], 2),
        ("a build under way", &BUILD[..BUILD.len() / 2], 126),
        ("a build that has ended", BUILD, 126),
        ("a deploy under way", &deploy, 117),
        ("a deploy under way", &deploy, 12),
        ("a deploy under way", &deploy, 1),
        ("a deploy with a code", &whole(&[&deploy, UPGRADE_FAILS]), 117),
        ("a good deploy", &good, 0),
        ("a good deploy", &good, 227),
        ("a good deploy", &good, 1),
        ("post-deploy under way", &whole(&[&good, POST_DEPLOY]), 1),
        ("post-deploy under way", &whole(&[&good, POST_DEPLOY]), 208),
    ];
    let row = |(name, log, status): &(&str, &str, u8)| {
        let mut reader = LogReader::new();
        reader.push(log.as_bytes());
        let reading = reader.finish_with_status(*status);
        format!("{name}, {status} -> {}: {}", told(&reading), reading.title())
    };
    let rows: Vec<String> = table.iter().map(row).collect();
    insta::assert_snapshot!(rows.join("\n"), @r"
    nothing, 0 -> unknown: unknown, -; unknown: The log does not tell how the deploy ended
    nothing, 126 -> failure: deploy, install-update: update; maintenance [126]: The database upgrade failed
    nothing, 12 -> failure: build, apply-patches; untouched [12]: A patch does not apply
    nothing, 3 -> failure: build, composer; untouched: Composer could not fetch or install a package
    nothing, 104 -> failure: deploy, -; unknown [104]: .magento.env.yaml is not valid YAML
    nothing, 244 -> failure: unknown, -; unknown [244]: .magento.env.yaml is not valid YAML
    nothing, 201 -> failure: deploy, -; maintenance: The deploy had failed before this log begins
    nothing, 207 -> success: verify, warm-up; degraded [207]: A page could not be warmed up
    nothing, 255 -> failure: unknown, -; unknown: A hook ended with status 255
    a build under way, 15 -> failure: build, compile-di; untouched [15]: Dependency injection does not compile
    a build under way, 2 -> failure: build, composer; untouched: Composer cannot solve the dependencies
    a build under way, 126 -> failure: build, apply-patches; untouched: The build hook ended with status 126
    a build that has ended, 126 -> failure: deploy, install-update: update; maintenance [126]: The database upgrade failed
    a deploy under way, 117 -> failure: deploy, install-update: config-import; maintenance [117]: app/etc/config.php could not be imported into the database
    a deploy under way, 12 -> failure: deploy, install-update: update; maintenance: The deploy hook ended with status 12
    a deploy under way, 1 -> failure: deploy, install-update: update; maintenance: The deploy hook ended with status 1
    a deploy with a code, 117 -> failure: deploy, install-update: update; maintenance [126]: The database upgrade failed
    a good deploy, 0 -> success: deploy, -; open: The deploy has ended well
    a good deploy, 227 -> success: verify, clean-cache; degraded [227]: The cache could not be flushed after the deploy
    a good deploy, 1 -> failure: deploy, -; open: The deploy hook ended with status 1
    post-deploy under way, 1 -> success: verify, warm-up; degraded: The post-deploy hook ended with status 1
    post-deploy under way, 208 -> success: verify, time-to-first-byte; degraded [208]: The time to the first byte could not be measured
    ");
}
