//! A deploy of a Commerce project that fails: what its log tells stands in the pull requests that brought the change.

use crate::commerce::PRESET;
use crate::programs::{Machine, ended};
use crate::shop::merge;
use crate::stage::Stage;

/// An installation that fails as ece-tools has it, in maintenance mode.
pub(crate) const UPGRADE_FAILS: &str = "\
cat <<'LOG'
[2026-03-01T10:05:00+00:00] INFO: Starting scenario(s): scenario/deploy.xml (magento/ece-tools version: 2002.2.1)
[2026-03-01T10:05:10+00:00] NOTICE: Enabling Maintenance mode
[2026-03-01T10:05:20+00:00] INFO: Starting update.
[2026-03-01T10:05:40+00:00] CRITICAL: [126] The upgrade command failed
LOG
exit 126";

/// What is said in the pull request that brought what did not deploy.
async fn said_of_a_failure(configuration: &str, line: &str) -> String {
    let machine = Machine::new();
    machine.program("install", UPGRADE_FAILS);
    let stage = Stage::shop_with(configuration, machine.setting()).await;
    let pull = stage.change("feature/pages", ("README", "Acme sells\n")).await;
    stage.check(&pull).await.passes();
    merge(&pull).await.unwrap();
    assert_eq!(ended(&stage, "integration").await, format!("failure: {line}"));
    let comment = stage.comment(&pull).await;
    stage.end().await;
    comment
}

#[tokio::test]
async fn a_failed_deploy_is_told_with_its_code_what_customers_see_and_the_next_step() {
    let line = "Deploy failed: ece:126 The database upgrade failed";
    let comment = said_of_a_failure(PRESET, line).await;
    let headline = format!("**integration: {line}.**");
    let told = "- **Customers see:** The maintenance page, until a deploy ends well or somebody ends maintenance mode by hand.\n\
                - **Next step:** Read the output of setup:upgrade in the log, repair the module or data patch that it names, and \
                deploy again.\n- `towpath explain ece:126` says more.";
    assert!(comment.contains(&format!("{headline}\n\n{told}\n\n")), "{comment}");
}

#[tokio::test]
async fn a_project_without_the_preset_has_its_logs_read_by_nobody() {
    let line = "Deploy failed (install): the site may be in maintenance mode";
    let comment = said_of_a_failure("version: 1\n", line).await;
    assert!(comment.contains("[126] The upgrade command failed"), "its last lines: {comment}");
    assert!(!comment.contains("Customers see"), "{comment}");
}
