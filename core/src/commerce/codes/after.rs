//! What ends a post-deploy, and what may end any stage.

use super::CodeClass::{AfterDeploy, Code, Configuration, DiskOrRights};
use super::{CodeClass, CodeSeverity, EceCode, MAINTENANCE, Stage};

/// What a post-deploy that ended early leaves undone.
const NO_WARM_UP: &str = "The shop, open, with the new release; caches are cold and cron may be off.";
/// A failure of the first look at pages.
const SLOW_PAGES: &str =
    "The shop, open, with the new release; the first visitors may wait, or meet a page that fails.";
/// What depends on the stage in which it came.
const BY_STAGE: &str =
    "By the stage: nothing of it in the build, the maintenance page in the deploy, an open shop after it.";
/// What a build cannot finish is not deployed.
const IN_THE_BUILD: &str = "Nothing of it in the build, where it mostly comes: the shop runs on as it was.";

const fn code(
    (number, stage): (u16, Stage),
    step: Option<&'static str>,
    class: CodeClass,
    title: &'static str,
    customers: &'static str,
    next: &'static str,
) -> EceCode {
    EceCode { number, stage, step, severity: CodeSeverity::Critical, class, title, customers, next }
}

const fn post(number: u16) -> (u16, Stage) {
    (number, Stage::PostDeploy)
}

const fn any(number: u16) -> (u16, Stage) {
    (number, Stage::General)
}

pub(super) const CODES: [EceCode; 17] = [
    code(
        post(201),
        Some("is-deploy-failed"),
        AfterDeploy,
        "Post-deploy was skipped because the deploy had failed",
        MAINTENANCE,
        "Look for the first error before this line, in the log of the deploy: this one only follows from it.",
    ),
    code(
        post(202),
        None,
        AfterDeploy,
        "The post-deploy could not write app/etc/env.php",
        NO_WARM_UP,
        "See that app/etc is a writable mount with space left, then run vendor/bin/ece-tools post-deploy.",
    ),
    code(
        post(203),
        None,
        Configuration,
        "The post-deploy asked for a setting that is not defined",
        NO_WARM_UP,
        "Look in .magento.env.yaml for a misspelt stage or variable, or update magento/ece-tools if it is a new one.",
    ),
    code(
        post(204),
        None,
        Configuration,
        ".magento.env.yaml is not valid YAML",
        NO_WARM_UP,
        "Repair the file at the line that the log names: most often a tab, an indent or a missing quote.",
    ),
    code(
        post(205),
        None,
        AfterDeploy,
        ".magento.env.yaml could not be read",
        NO_WARM_UP,
        "See that the file is a plain file in git, not a link or a submodule, then deploy again.",
    ),
    code(
        post(206),
        None,
        AfterDeploy,
        "ece-tools could not read its own schema of variables",
        NO_WARM_UP,
        "Install magento/ece-tools anew: update it in composer.lock, and see that no patch touches its folder.",
    ),
    code(
        post(207),
        Some("warm-up"),
        AfterDeploy,
        "A page could not be warmed up",
        SLOW_PAGES,
        "Open the page that the log names: if it fails for you too, repair it, else correct WARM_UP_PAGES.",
    ),
    code(
        post(208),
        Some("time-to-first-byte"),
        AfterDeploy,
        "The time to the first byte could not be measured",
        SLOW_PAGES,
        "Open the page that the log names: if it fails for you too, repair it, else correct TTFB_TESTED_PAGES.",
    ),
    code(
        post(227),
        Some("clean-cache"),
        AfterDeploy,
        "The cache could not be flushed after the deploy",
        "The shop, open, with the new release; pages of the old one may still come from the cache.",
        "Run bin/magento cache:flush on the environment.",
    ),
    code(
        any(243),
        None,
        Configuration,
        "A setting is asked for that is not defined",
        BY_STAGE,
        "Look in .magento.env.yaml for a misspelt stage or variable, or update magento/ece-tools if it is a new one.",
    ),
    code(
        any(244),
        None,
        Configuration,
        ".magento.env.yaml is not valid YAML",
        BY_STAGE,
        "Repair the file at the line that the log names: most often a tab, an indent or a missing quote.",
    ),
    code(
        any(245),
        None,
        DiskOrRights,
        ".magento.env.yaml could not be read",
        BY_STAGE,
        "See that the file is a plain file in git, not a link or a submodule, then deploy again.",
    ),
    code(
        any(246),
        None,
        DiskOrRights,
        "ece-tools could not read its own schema of variables",
        BY_STAGE,
        "Install magento/ece-tools anew: update it in composer.lock, and see that no patch touches its folder.",
    ),
    code(
        any(247),
        None,
        Code,
        "The module for events could not be generated",
        IN_THE_BUILD,
        "Run bin/magento events:generate:module where you develop, and repair the event that it names.",
    ),
    code(
        any(248),
        None,
        Code,
        "The module for events could not be enabled",
        IN_THE_BUILD,
        "Run bin/magento module:enable Magento_AdobeCommerceEvents where you develop, and repair what it names.",
    ),
    code(
        any(249),
        None,
        Code,
        "The module for webhooks could not be generated",
        IN_THE_BUILD,
        "Run bin/magento webhooks:generate:module where you develop, and repair the webhook that it names.",
    ),
    code(
        any(250),
        None,
        Code,
        "The module for webhooks could not be enabled",
        IN_THE_BUILD,
        "Run bin/magento module:enable Magento_AdobeCommerceWebhookPlugins where you develop, and repair what it names.",
    ),
];
