//! What programs see of the settings that a repository writes for its builds.

use towpath::deploy::AllowedNames;
use towpath::deploy::drivers::{Driver, DriverError};
use towpath::deploy::operator::Programs;

use crate::yard::{Yard, request, succeeded};

fn allowing(patterns: &[&str]) -> AllowedNames {
    AllowedNames::try_from(patterns.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>()).unwrap()
}

/// What each phase sees of settings of these names, all with the value `x`.
async fn seen(patterns: &[&str], names: &[&str]) -> [Vec<String>; 3] {
    let yard = Yard::new();
    let note = |phase: &str| vec![yard.sh(phase, &format!("env > $YARD/{phase}"))];
    let programs = Programs {
        build: note("build"),
        deploy: note("deploy"),
        verify: note("verify"),
        allow_settings: allowing(patterns),
        ..Programs::default()
    };
    let mut request = request(1, 1);
    request.build_settings.extend(names.iter().map(|name| ((*name).to_owned(), "x".to_owned())));
    succeeded(&yard.deploy(&programs, &request).await);
    ["build", "deploy", "verify"].map(|phase| {
        let text = yard.noted(phase);
        let mut found: Vec<_> =
            text.lines().filter_map(|line| line.strip_suffix("=x")).map(str::to_owned).collect();
        found.sort();
        found
    })
}

#[tokio::test]
async fn settings_reach_the_build_alone() {
    let [build, deploy, verify] = seen(&["EDITION"], &["EDITION", "MODE"]).await;
    assert_eq!(build, ["EDITION", "TOWPATH_SETTING_MODE"]);
    assert_eq!((deploy, verify), (vec![], vec![]));
}

/// Names by which a repository would have programs load its own files, or run others.
const LOADING: [&str; 40] = [
    "LD_PRELOAD",
    "LD_LIBRARY_PATH",
    "LD_AUDIT",
    "GLIBC_TUNABLES",
    "GCONV_PATH",
    "DYLD_INSERT_LIBRARIES",
    "PATH",
    "HOME",
    "LANG",
    "LC_ALL",
    "IFS",
    "ENV",
    "BASH_ENV",
    "SHELLOPTS",
    "PS4",
    "PYTHONPATH",
    "PYTHONSTARTUP",
    "PYTHONHOME",
    "PERL5OPT",
    "PERL5LIB",
    "PERLLIB",
    "RUBYOPT",
    "RUBYLIB",
    "GEM_HOME",
    "NODE_OPTIONS",
    "NODE_PATH",
    "npm_config_script_shell",
    "JAVA_TOOL_OPTIONS",
    "_JAVA_OPTIONS",
    "PHP_INI_SCAN_DIR",
    "PHPRC",
    "COMPOSER_HOME",
    "GIT_SSH_COMMAND",
    "GIT_CONFIG_COUNT",
    "GIT_EXEC_PATH",
    "SSH_ASKPASS",
    "PAGER",
    "https_proxy",
    "SSL_CERT_FILE",
    "DOCKER_HOST",
];

#[tokio::test]
async fn no_setting_changes_how_programs_are_loaded() {
    // As wide as an operator can write it.
    let letters: Vec<String> =
        ('A'..='Z').chain('a'..='z').chain(['_']).map(|letter| format!("{letter}*")).collect();
    let letters: Vec<&str> = letters.iter().map(String::as_str).collect();
    let [build, deploy, verify] = seen(&letters, &LOADING).await;
    let mut wanted: Vec<String> = LOADING.iter().map(|name| format!("TOWPATH_SETTING_{name}")).collect();
    wanted.sort();
    assert_eq!(build, wanted);
    assert_eq!((deploy, verify), (vec![], vec![]));
}

#[tokio::test]
async fn no_setting_is_taken_for_what_towpath_says() {
    let [build, ..] =
        seen(&["T*"], &["TOWPATH_SHA", "TOWPATH_PHASE", "TOWPATH_SETTING_MODE", "MODE", "TIER"]).await;
    let prefixed = ["MODE", "TOWPATH_PHASE", "TOWPATH_SETTING_MODE", "TOWPATH_SHA"]
        .map(|it| format!("TOWPATH_SETTING_{it}"));
    assert_eq!(build[0], "TIER");
    assert_eq!(build[1..], prefixed);
}

#[tokio::test]
async fn a_name_in_other_letters_is_another_name() {
    let [build, ..] = seen(&["SHOP_*", "Mode"], &["SHOP_A", "shop_a", "MODE", "Mode", "SHOP_"]).await;
    assert_eq!(build, ["Mode", "SHOP_", "SHOP_A", "TOWPATH_SETTING_MODE", "TOWPATH_SETTING_shop_a"]);
}

#[tokio::test]
async fn a_setting_that_no_variable_can_hold_is_refused() {
    let yard = Yard::new();
    for (name, value) in [("", "x"), ("A=B", "x"), ("A\0", "x"), ("A", "x\0y"), ("A B", "x"), ("1A", "x")] {
        let mut request = request(1, 1);
        request.build_settings.insert(name.to_owned(), value.to_owned());
        let words = match yard.driver(&yard.programs()).start(&request, false).await {
            Err(DriverError::Refused { message, .. }) => String::from(message),
            other => panic!("{name:?}: {other:?}"),
        };
        assert!(words.contains(&format!("{name:?} cannot be set for programs")), "{words}");
    }
}

#[tokio::test]
async fn a_build_that_saw_settings_by_other_names_is_another_build() {
    let yard = Yard::new();
    let build = vec![yard.sh("compile", "echo x >> $YARD/builds; echo \"edition $EDITION\" > built")];
    let programs = Programs { build, ..yard.programs() };
    let allowed = Programs { allow_settings: allowing(&["EDITION"]), ..programs.clone() };
    let wider = Programs { allow_settings: allowing(&["EDITION", "SHOP_*"]), ..programs.clone() };
    let mut number = 0;
    let mut deploy = async |programs: &Programs, settings: &[(&str, &str)]| {
        number += 1;
        let mut request = request(number, 1);
        request
            .build_settings
            .extend(settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        succeeded(&yard.deploy(programs, &request).await);
        (yard.noted("builds").lines().count(), yard.noted("site").lines().last().unwrap().to_owned())
    };
    let edition = [("EDITION", "b2b")];
    assert_eq!(deploy(&programs, &edition).await, (1, "edition ".to_owned()));
    assert_eq!(deploy(&allowed, &edition).await, (2, "edition b2b".to_owned()));
    assert_eq!(deploy(&wider, &edition).await, (2, "edition b2b".to_owned()), "it saw the same");
    assert_eq!(deploy(&programs, &[]).await.0, 3);
    assert_eq!(deploy(&allowed, &[]).await.0, 3, "there was nothing to see");
}
