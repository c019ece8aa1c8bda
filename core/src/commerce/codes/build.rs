//! What ends a build.

use super::CodeClass::{Code, Configuration, DiskOrRights};
use super::{CodeClass, CodeSeverity, EceCode, Stage, UNTOUCHED};

const fn code(
    number: u16,
    step: Option<&'static str>,
    class: CodeClass,
    title: &'static str,
    next: &'static str,
) -> EceCode {
    let (stage, severity, customers) = (Stage::Build, CodeSeverity::Critical, UNTOUCHED);
    EceCode { number, stage, step, severity, class, title, customers, next }
}

pub(super) const CODES: [EceCode; 25] = [
    code(
        2,
        None,
        DiskOrRights,
        "The build could not write app/etc/env.php",
        "Take app/etc/env.php out of the repository; if it is not there, see what the build hook does to app/etc.",
    ),
    code(
        3,
        None,
        Configuration,
        "The build asked for a setting that is not defined",
        "Look in .magento.env.yaml for a misspelt stage or variable, or update magento/ece-tools if it is a new one.",
    ),
    code(
        4,
        None,
        Configuration,
        ".magento.env.yaml is not valid YAML",
        "Repair the file at the line that the log names: most often a tab, an indent or a missing quote.",
    ),
    code(
        5,
        None,
        DiskOrRights,
        ".magento.env.yaml could not be read",
        "See that the file is a plain file in git, not a link or a submodule, and that the build hook leaves it alone.",
    ),
    code(
        6,
        None,
        DiskOrRights,
        "ece-tools could not read its own schema of variables",
        "Install magento/ece-tools anew: update it in composer.lock, and see that no patch touches its folder.",
    ),
    code(
        7,
        Some("refresh-modules"),
        DiskOrRights,
        "The build could not write app/etc/config.php",
        "See that app/etc/config.php is a plain, writable file, and that the build hook does not protect it.",
    ),
    code(
        8,
        Some("validate-config"),
        Configuration,
        "composer.json could not be read",
        "Run composer validate where you develop, and repair what it names.",
    ),
    code(
        9,
        Some("validate-config"),
        Configuration,
        "composer.json lacks an autoload entry that Commerce needs",
        "Take the autoload section over from the official template of your release.",
    ),
    code(
        10,
        Some("validate-config"),
        Configuration,
        ".magento.env.yaml has a setting that is not allowed",
        "Repair what the log names: an unknown variable, a wrong stage, or text where a number or true belongs.",
    ),
    code(
        11,
        Some("refresh-modules"),
        Code,
        "Enabling modules failed",
        "Run bin/magento module:enable --all where you develop: a module has a missing dependency or a broken module.xml.",
    ),
    code(
        12,
        Some("apply-patches"),
        Code,
        "A patch does not apply",
        "Remove or renew the patch that the log names, in m2-hotfixes or QUALITY_PATCHES; the release may hold it already.",
    ),
    code(
        13,
        Some("set-report-dir-nesting-level"),
        DiskOrRights,
        "The build could not write pub/errors/local.xml",
        "See that pub/errors is a writable folder, or commit a local.xml that sets the nesting level.",
    ),
    code(
        14,
        Some("copy-sample-data"),
        DiskOrRights,
        "Sample data could not be copied",
        "See that the sample data packages are installed whole, or take them out of composer.json.",
    ),
    code(
        15,
        Some("compile-di"),
        Code,
        "Dependency injection does not compile",
        "Run bin/magento setup:di:compile where you develop, and repair the class that it names.",
    ),
    code(
        16,
        Some("dump-autoload"),
        Code,
        "Composer could not write the autoloader",
        "Run composer dump-autoload -o where you develop, and repair the class or the entry that it names.",
    ),
    code(
        17,
        Some("run-baler"),
        Code,
        "Baler is asked for but not installed",
        "Install Baler in the build hook, or turn SCD_USE_BALER off.",
    ),
    code(
        18,
        Some("compress-static-content"),
        DiskOrRights,
        "A program for compressing static content is missing",
        "Deploy again; if it fails again, ask support for timeout and bash in the build image.",
    ),
    code(
        19,
        Some("deploy-static-content"),
        Code,
        "Static content could not be made in the build",
        "Run bin/magento setup:static-content:deploy where you develop with the theme and locale that the log names.",
    ),
    code(
        20,
        Some("compress-static-content"),
        DiskOrRights,
        "Static content could not be compressed in the build",
        "Deploy again with a lower SCD_COMPRESSION_LEVEL; see whether the build ran out of time or space.",
    ),
    code(
        21,
        Some("backup-data: static-content"),
        DiskOrRights,
        "Static content could not be put aside for the deploy",
        "Make pub/static smaller or the build's disk larger: the copy into init/pub/static did not fit or was refused.",
    ),
    code(
        22,
        Some("backup-data: writable-dirs"),
        DiskOrRights,
        "Writable folders could not be put aside for the deploy",
        "See that no mount of .magento.app.yaml hides a committed file, and that there is space for the copy into init.",
    ),
    code(
        23,
        None,
        DiskOrRights,
        "ece-tools could not open its log",
        "See that var/log can be written in the build, and that the log section of .magento.env.yaml is right.",
    ),
    code(
        24,
        Some("backup-data: static-content"),
        DiskOrRights,
        "Old static content could not be removed from init/pub/static",
        "Take init out of the repository, and clear the build cache of the project.",
    ),
    code(
        25,
        None,
        Configuration,
        "A Composer package that the build needs is not installed",
        "Require magento/ece-tools and the Commerce metapackage, run composer update on them, and commit composer.lock.",
    ),
    code(
        26,
        Some("validate-config"),
        Configuration,
        "A Braintree variable is set that this release does not know",
        "Remove CONFIG__STORES__DEFAULT__PAYMENT__BRAINTREE__CHANNEL from the variables of .magento.app.yaml.",
    ),
];
