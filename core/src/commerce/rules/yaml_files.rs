//! TP706, and the one note on each file that could not be read.

use super::project::{File, YamlFile};
use super::{Findings, Judged, Words, say};
use crate::commerce::read::Unread;
use crate::model::{Code, Outcome, Sentence};

/// More faults of one file say nothing more.
const FAULTS_MAX: usize = 5;

pub(super) fn rules(judged: &Judged<'_>, findings: &mut Findings) {
    let head = judged.head;
    let environments = head.applications.iter().map(|application| &application.environment);
    let mut files: Vec<&YamlFile> = head.descriptions.iter().chain([&head.services, &head.routes]).collect();
    files.extend(environments);
    files.sort_by(|one, two| one.path.cmp(&two.path));
    files.dedup_by(|one, two| one.path == two.path);
    for file in files {
        faults(file, findings);
        unread(Code::YamlInvalid, &file.path, &file.tree, findings);
    }
    for application in &head.applications {
        unread(Code::WebsiteDeleted, &application.config_php_path(), &application.config_php, findings);
        unread(Code::LockOutOfDate, &application.file("composer.json"), &application.composer_json, findings);
        unread(Code::LockOutOfDate, &application.file("composer.lock"), &application.lock, findings);
    }
}

fn faults(file: &YamlFile, findings: &mut Findings) {
    for fault in file.faults.iter().take(FAULTS_MAX) {
        let words = Words {
            title: say("% is not valid YAML", [&file.path]),
            detail: Sentence::of(
                format!("Here {}. The platform refuses the push, or the build ends.", fault.what.template()),
                fault.what.names().to_vec(),
            ),
            remedy: fault.remedy.clone(),
        };
        findings.add(Code::YamlInvalid, Outcome::Fail, (&file.path, fault.place.line), words);
    }
}

fn unread<T>(code: Code, path: &str, file: &File<T>, findings: &mut Findings) {
    if let File::Unread(why) = file
        && !why.why.is_empty()
    {
        note_unread(code, path, why, findings);
    }
}

/// Says that a file was not read, which is no verdict.
pub(super) fn note_unread(code: Code, path: &str, Unread { line, why }: &Unread, findings: &mut Findings) {
    let words = Words {
        title: say("% could not be read", [path]),
        detail: say("It %. What depends on it was not judged.", [why]),
        remedy: say("Nothing has to be done; look at the file yourself.", []),
    };
    findings.add(code, Outcome::Pass, (path, *line), words);
}
