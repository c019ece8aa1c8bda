//! What else a reading tells: times, suspects, last lines and words.

use super::*;
use std::fmt::Write as _;

#[test]
fn phases_and_steps_have_their_times() {
    let reading = read(&failed());
    let mut text = String::new();
    let clock = |at: Option<crate::model::UnixMillis>| {
        at.map_or("-".to_owned(), |at| {
            let second = at.0.div_euclid(1000).rem_euclid(86_400);
            format!("{:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60)
        })
    };
    for phase in &reading.phases {
        let _ =
            writeln!(text, "{} {} {}", phase.phase.as_str(), clock(phase.began_at), clock(phase.ended_at));
        for step in &phase.steps {
            let _ = writeln!(text, "  {} {} {}", step.name, clock(step.began_at), clock(step.ended_at));
        }
    }
    insta::assert_snapshot!(text, @r"
    build 10:00:00 10:04:30
      apply-patches 10:00:02 10:00:10
      validate-config 10:00:10 10:00:20
      compile-di 10:00:20 10:02:20
      deploy-static-content 10:02:20 10:04:20
    deploy 10:04:30 10:05:40
      provision 10:04:30 10:05:01
      pre-deploy 10:05:01 10:05:10
      enable-maintenance-mode 10:05:10 10:05:11
      disable-cron 10:05:11 10:05:13
      validate-config 10:05:14 10:05:20
      install-update: update 10:05:20 10:05:40
    ");
    let warnings: Vec<u16> = reading.warnings.iter().map(|code| code.number).collect();
    assert_eq!(warnings, [1006, 2003]);
}

#[test]
fn what_makes_a_deploy_slow_is_suspected() {
    let slow = |reading: &LogReading| {
        let named = |suspect: &Suspect| {
            format!(
                "{} {}",
                suspect.step.as_str(),
                suspect.took.map_or("?".to_owned(), |took| took.as_secs().to_string())
            )
        };
        reading.suspects.iter().map(named).collect::<Vec<_>>()
    };
    let quick = whole(&[BUILD, PROVISION, BEFORE_MAINTENANCE, MAINTENANCE, OPEN_AGAIN]);
    assert_eq!(slow(&read(&quick)), [""; 0]);
    let at = |minute: u32, text: &str| format!("[2026-03-01T10:{minute:02}:00+00:00] {text}\n");
    let log = [
        BEFORE_MAINTENANCE.to_owned(),
        at(6, "NOTICE: Enabling Maintenance mode"),
        at(7, "INFO: Trying to kill running cron jobs and consumers processes"),
        at(9, "NOTICE: Validating configuration"),
        at(10, "INFO: Starting update."),
        at(20, "INFO: End of update."),
        at(20, "NOTICE: Generating fresh static content"),
        at(24, "NOTICE: End of generating fresh static content"),
        at(25, "NOTICE: Maintenance mode is disabled."),
    ]
    .concat();
    let all =
        ["cron that will not stop 120", "long database upgrade 600", "static content in the deploy 240"];
    assert_eq!(slow(&read(&log)), all);
    let until_now = &log[..log.find("[2026-03-01T10:24").unwrap()];
    assert_eq!(
        slow(&read(&format!("{until_now}{}", at(22, "INFO: still at it"))))[2],
        "static content in the deploy 120"
    );
    let without_times =
        "INFO: Starting scenario(s): scenario/deploy.xml\nNOTICE: Generating fresh static content\n";
    assert_eq!(slow(&read(without_times)), ["static content in the deploy ?"]);
}

#[test]
fn the_last_lines_end_with_the_cause_and_hold_no_secret() {
    let secrets = "\
    W: mysql -u shop -phunter2 main
    W: -----BEGIN RSA PRIVATE KEY-----
    W: MIIEowIBAAKCAQEAhunter2
    [2026-03-01T10:05:30+00:00] INFO: between the lines of a key
    W: hunter2+short/line==
    W: -----END RSA PRIVATE KEY-----
    W: CRYPT_KEY=hunter2hunter2
    W: curl -H 'Authorization: Bearer hunter2' https://me:hunter2@repo.example.org/
";
    let log = whole(&[PROVISION, BEFORE_MAINTENANCE, MAINTENANCE, secrets, UPGRADE_FAILS, ECHOES, OPENED]);
    let reading = read(&log);
    insta::assert_snapshot!(reading.last_lines.join("\n"), @r"
    Validating configuration
    [2003] The directory nesting level is not set
    Starting update.
    mysql -u shop -p… main
    …
    …
    between the lines of a key
    …
    …
    CRYPT_KEY=…
    curl -H 'Authorization:…
    [126] The upgrade command failed
    ");
    assert!(!format!("{reading:?}").contains("hunter2"));
    assert!(!format!("{:?}", read(secrets)).contains("hunter2"));
}

#[test]
fn words_follow_from_what_was_read() {
    let good = whole(&[PROVISION, BEFORE_MAINTENANCE, MAINTENANCE, OPEN_AGAIN]);
    let logs = [
        failed(),
        whole(&[PROVISION, BEFORE_MAINTENANCE, "ERROR: [107] x\n"]),
        "E: Error building project: The build hook failed with status code 100. Aborted build.\n".to_owned(),
        "E: Error building project: The build hook failed with status code 1. Aborted build.\n".to_owned(),
        "E: Unable to upload the application to the remote cluster\n".to_owned(),
        whole(&[PROVISION, "E: Environment redeployment failed\n"]),
        whole(&[&good, POST_DEPLOY, "ERROR: [207] x\n"]),
        "ERROR: [201] x\n".to_owned(),
        whole(&[PROVISION, BEFORE_MAINTENANCE, MAINTENANCE, OPENED]),
        good,
        whole(&[PROVISION, BEFORE_MAINTENANCE, MAINTENANCE]),
        String::new(),
    ];
    let words = |log: &String| {
        let reading = read(log);
        format!("{}\n  {}\n  {}", reading.title(), reading.customers(), reading.next())
    };
    insta::assert_snapshot!(logs.iter().map(words).collect::<Vec<_>>().join("\n"), @r"
    The database upgrade failed
      The maintenance page, until a deploy ends well or somebody ends maintenance mode by hand.
      Read the output of setup:upgrade in the log, repair the module or data patch that it names, and deploy again.
    The Redis cache could not be cleared
      The shop, open, with new code on the old database and caches: pages may fail.
      Deploy again; if it fails again, see whether Redis is full or down, and open a ticket.
    Composer could not fetch or install a package
      The shop as it was before this deploy.
      Check the keys for repo.magento.com in the project's variables, then deploy again.
    The build hook ended with status 1
      The shop as it was before this deploy.
      Read the last lines of the hook before it ended, and repair what they name.
    The build could not be brought to the cluster
      The shop as it was before this deploy.
      Free disk on the environment; a deploy that hangs here is ended by support alone, so open a ticket.
    The platform could not set up the environment
      The log does not tell.
      See that no service has used up its disk, MySQL first; then deploy again, or open a ticket.
    A page could not be warmed up
      The shop, open, with the new release; the first visitors may wait, or meet a page that fails.
      Open the page that the log names: if it fails for you too, repair it, else correct WARM_UP_PAGES.
    The deploy had failed before this log begins
      The maintenance page, until a deploy ends well or somebody ends maintenance mode by hand.
      Look for the first error in the log of the deploy that came before.
    The deploy hook ended before its work was done
      The maintenance page, until a deploy ends well or somebody ends maintenance mode by hand.
      Read the last lines of the deploy hook; if they name nothing, see whether memory or disk was used up.
    The deploy has ended well
      The shop, open, with the new release.
      Nothing to do.
    The deploy has not ended by the end of this log
      The maintenance page.
      Wait, and read the log again.
    The log does not tell how the deploy ended
      The log does not tell.
      Look at the activity's result on the platform, or read a log that holds more.
    ");
}
