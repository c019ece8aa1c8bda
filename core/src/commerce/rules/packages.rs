//! TP709 and TP722: composer's lock, and the PHP that the release wants.

use super::project::{Application, File, line_of};
use super::versions::{Release, Version, allows};
use super::{Findings, Judged, Words, say};
use crate::commerce::read::content_hash;
use crate::model::{Code, Outcome, Sentence};

const BASE: &str = "magento/magento2-base";
const METAPACKAGE: &str = "magento/magento-cloud-metapackage";

/// The release of Adobe Commerce that is locked.
pub(super) fn release(application: &Application<'_>) -> Option<Release> {
    let lock = application.lock.read()?;
    Release::read(lock.version(BASE).or_else(|| lock.version(METAPACKAGE))?)
}

pub(super) fn rules(judged: &Judged<'_>, findings: &mut Findings) {
    for application in judged.head.shops() {
        locked(judged, application, findings);
        php(application, findings);
    }
}

/// TP709
fn locked(judged: &Judged<'_>, application: &Application<'_>, findings: &mut Findings) {
    let path = application.file("composer.lock");
    let tell =
        |line: u32, title: Sentence, detail: &'static str, remedy: Sentence, findings: &mut Findings| {
            let at = (path.as_str(), line);
            findings.add(
                Code::LockOutOfDate,
                Outcome::Fail,
                at,
                Words { title, detail: say(detail, []), remedy },
            );
        };
    let update = say("Run %, and commit the file.", ["composer update --lock"]);
    let lock = match (&application.lock, application.composer_json.is_missing()) {
        (File::Missing, false) => {
            let detail = "The build installs what is locked, and ends with an error without the file (25).";
            let remedy = say("Run %, and commit the file.", ["composer update"]);
            return tell(1, say("% is missing", [&path]), detail, remedy, findings);
        }
        (File::Read(lock), _) => lock,
        _ => return,
    };
    let text = judged.head.tree.text(&path, usize::MAX).and_then(Result::ok).unwrap_or_default();
    if let (Some(json), Some(hash)) = (application.composer_json.read(), &lock.content_hash)
        && content_hash(json).is_ok_and(|computed| computed != *hash)
    {
        let title = say("% is not that of %", [&path, "composer.json"]);
        let detail =
            "The build installs the old packages, or ends with an error where a new one is not locked.";
        tell(line_of(text, "\"content-hash\""), title, detail, update, findings);
    }
    if lock.version("magento/ece-tools").is_none() {
        let title = say("% is not locked", ["magento/ece-tools"]);
        let detail = "The hooks run it, and it is not installed: the build ends with an error.";
        let remedy = say("Run %, and commit both files.", ["composer require magento/ece-tools"]);
        tell(line_of(text, "\"packages\""), title, detail, remedy, findings);
    }
}

/// TP722
fn php(application: &Application<'_>, findings: &mut Findings) {
    let (Some(lock), Some(php)) = (application.lock.read(), application.php()) else { return };
    let Some(constraint) = lock.packages.get(BASE).and_then(|package| package.php.as_deref()) else { return };
    let Some(minor) = Version::read(php).and_then(|version| version.minor()) else { return };
    if allows(constraint, minor) {
        return;
    }
    let words = Words {
        title: say("PHP % does not go with the release", [php]),
        detail: say(
            "The locked release wants PHP %. Composer refuses to install it, or the shop meets errors.",
            [constraint],
        ),
        remedy: say("Set % to a version that the release allows.", ["type"]),
    };
    findings.add(Code::PhpVersion, Outcome::Warn, (&application.path, application.line("type")), words);
}
