//! What is right and wrong with the set-up, as a page.

use crate::engine::doctor::{ExaminationStanding, MadeExamination};
use crate::model::{RepairWords, SetupLine, SetupState};
use crate::web::markup::{sentence, text};
use std::fmt::Write as _;
use std::time::Duration;

/// Of how many accounts and repositories all is shown; those in which something is wrong come first.
const SHOWN: usize = 100;

/// A longer command is folded, in characters.
const SHORT: usize = 160;

/// How it was found last, on the page of the lights.
pub(super) fn on_first_page(standing: &ExaminationStanding) -> String {
    let found = standing.made.as_ref().map(|made| format!("{} ", in_sum(made))).unwrap_or_default();
    format!(
        "<h2>What is right and wrong</h2><p>{found}<a href=\"setup/doctor\">Look for what is wrong</a> with credentials, webhooks, \
         permissions, the rules of branches and this machine.</p>"
    )
}

/// All of it, with the button that has it looked at.
pub(super) fn page(standing: &ExaminationStanding, form: &str) -> String {
    let mut html =
        "<p><a href=\"../setup\">Back to the lights</a></p><h2>What is right and wrong</h2>".to_owned();
    // Writing into a text does not fail.
    let _ = if let Some(progress) = standing.running {
        write!(html, "<p role=\"status\">{}</p>", how_far(progress))
    } else {
        let word = if standing.made.is_some() { "Look again" } else { "Look" };
        write!(
            html,
            "<form method=\"post\" action=\"setup/doctor\"><input type=\"hidden\" name=\"form\" value=\"{form}\">\
             <button>{word}</button> <small>asks GitHub and this machine, and changes nothing</small></form>"
        )
    };
    if let Some(made) = &standing.made {
        let _ = write!(html, "<p>{}</p>{}", in_sum(made), groups(&made.lines));
    }
    html
}

fn how_far((done, listed): (usize, usize)) -> String {
    let of = match listed {
        0 => String::new(),
        1 => format!(" {done} of 1 repository is done."),
        _ => format!(" {done} of {listed} repositories are done."),
    };
    format!("It is being looked at.{of} This page looks again by itself every three seconds.")
}

fn in_sum(made: &MadeExamination) -> String {
    let of = |state| made.lines.iter().filter(|it| it.state == state).count();
    let faults = match of(SetupState::Fault) {
        0 => "<b>No fault</b>".to_owned(),
        1 => "<b>1 fault</b>".to_owned(),
        many => format!("<b>{many} faults</b>"),
    };
    let unknown = match of(SetupState::Unknown) {
        0 => String::new(),
        1 => "; 1 thing could not be read, which is no fault".to_owned(),
        many => format!("; {many} things could not be read, which is no fault"),
    };
    let sound = things(of(SetupState::Ok));
    format!("{faults}{unknown}; {sound} as they should be. Looked at {} ago.", age(made.age))
}

fn things(count: usize) -> String {
    if count == 1 { "1 thing is".to_owned() } else { format!("{count} things are") }
}

fn age(age: Duration) -> String {
    match age.as_secs() {
        seconds @ 0..120 => format!("{seconds} s"),
        seconds @ 120..7_200 => format!("{} min", seconds / 60),
        seconds => format!("{} h", seconds / 3_600),
    }
}

/// Lines about one account or repository, its branches included.
struct Group<'a> {
    about: &'a str,
    lines: Vec<&'a SetupLine>,
}

impl Group<'_> {
    fn is_sound(&self) -> bool {
        self.lines.iter().all(|it| !is_told(it))
    }
}

/// Whether a line says more than that all is well.
fn is_told(line: &SetupLine) -> bool {
    line.state != SetupState::Ok || !line.effect.is_empty()
}

/// What a line is about: the account or the repository, and what of it.
fn parts(about: &str) -> (&str, &str) {
    about.split_once(": ").unwrap_or((about, ""))
}

fn groups(lines: &[SetupLine]) -> String {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for line in lines {
        let (about, _) = parts(&line.about);
        match groups.last_mut().filter(|it| it.about == about) {
            Some(group) => group.lines.push(line),
            None => groups.push(Group { about, lines: vec![line] }),
        }
    }
    let (sound, told): (Vec<_>, Vec<_>) = groups.iter().partition(|it| it.is_sound());
    let mut seen = Vec::new();
    let mut html = String::new();
    for group in told.iter().take(SHOWN) {
        html += &told_group(group, &mut seen);
    }
    for group in sound.iter().take(SHOWN.saturating_sub(told.len())) {
        let _ = write!(html, "<h3>{}</h3>{}", heading(group.about), folded(&group.lines));
    }
    if let Some(more) = groups.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        let _ = write!(html, "<p>{more} more are not shown here: <code>towpath doctor</code></p>");
    }
    html
}

fn heading(about: &str) -> String {
    if about.is_empty() { "Towpath".to_owned() } else { text(about) }
}

fn told_group<'a>(group: &Group<'a>, seen: &mut Vec<&'a RepairWords>) -> String {
    let (told, sound): (Vec<_>, Vec<_>) = group.lines.iter().copied().partition(|it| is_told(it));
    let list = told.into_iter().fold(String::new(), |list, line| list + &item(line, seen));
    let folded = if sound.is_empty() { String::new() } else { folded(&sound) };
    format!("<h3>{}</h3><ul class=\"findings\">{list}</ul>{folded}", heading(group.about))
}

fn folded(lines: &[&SetupLine]) -> String {
    let list = lines.iter().fold(String::new(), |list, line| list + &item(line, &mut Vec::new()));
    let things = things(lines.len());
    format!(
        "<details><summary>{things} as they should be</summary><ul class=\"findings\">{list}</ul></details>"
    )
}

fn item<'a>(line: &'a SetupLine, seen: &mut Vec<&'a RepairWords>) -> String {
    let state = line.state.as_str();
    let (_, of) = parts(&line.about);
    let of = if of.is_empty() { String::new() } else { format!("<b>{}</b>: ", text(of)) };
    let mut html =
        format!("<li class=\"{state}\"><span class=\"state\">{state}</span> {of}{}", text(&line.found));
    if !line.effect.is_empty() {
        // Writing into a text does not fail.
        let _ = write!(html, "<p>What follows: {}.</p>", text(&line.effect));
    }
    if let Some(repair) = &line.repair {
        html += &if seen.contains(&repair) {
            "<p>The same repair as above.</p>".to_owned()
        } else {
            words(repair)
        };
        seen.push(repair);
    }
    html + "</li>"
}

fn words(repair: &RepairWords) -> String {
    match repair {
        RepairWords::Do(words) => format!("<p>Repair: {}.</p>", sentence(words)),
        RepairWords::Open(what, page) if page.starts_with("https://") || page.starts_with("http://") => {
            format!("<p>Repair: <a href=\"{}\">{}</a></p>", text(page), text(what))
        }
        RepairWords::Open(what, page) => format!("<p>Repair: {}: {}</p>", text(what), text(page)),
        RepairWords::Run(command) => {
            let who = if command.contains("gh api") { ", as an administrator of the repository" } else { "" };
            let code = format!("<pre><code>{}</code></pre>", text(command));
            if command.chars().count() > SHORT {
                format!("<details><summary>Repair: a command{who}</summary>{code}</details>")
            } else {
                format!("<p>Repair: a command{who}</p>{code}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::UnixMillis;

    fn line(about: &str, state: SetupState, found: &str) -> SetupLine {
        SetupLine {
            about: about.to_owned(),
            state,
            found: found.to_owned(),
            effect: String::new(),
            repair: None,
        }
    }

    fn made(lines: Vec<SetupLine>, age: u64) -> ExaminationStanding {
        let age = Duration::from_secs(age);
        let made = MadeExamination { lines: lines.into(), began_at: UnixMillis(0), age };
        ExaminationStanding { running: None, made: Some(made) }
    }

    #[test]
    fn faults_stand_open_with_their_repairs_and_what_is_sound_is_folded() {
        let repair = Some(RepairWords::Run("gh api '<x>'".to_owned()));
        let fault = |of: &str, found: &str| SetupLine {
            effect: "it <follows>".to_owned(),
            repair: repair.clone(),
            ..line(&format!("acme/store: {of}"), SetupState::Fault, found)
        };
        let page_of = |url: &str| SetupLine {
            repair: Some(RepairWords::Open("accept it".to_owned(), url.to_owned())),
            ..line("acme", SetupState::Fault, "not accepted")
        };
        let lines = vec![
            line("", SetupState::Ok, "the clock is right"),
            page_of("https://github.com/x"),
            page_of("javascript:alert(1)"),
            line("acme/store", SetupState::Ok, "it is valid"),
            fault("staging", "one <b>thing</b>"),
            fault("production", "another"),
            line("acme/tool", SetupState::Unknown, "it may not be read"),
        ];
        let html = page(&made(lines, 12), "form");
        assert!(
            html.contains("<b>4 faults</b>; 1 thing could not be read, which is no fault; 2 things are as"),
            "{html}"
        );
        assert!(html.contains("Looked at 12 s ago.") && html.contains(">Look again</button>"), "{html}");
        assert!(
            !html.contains("<b>thing") && !html.contains("<follows>") && !html.contains("href=\"java"),
            "{html}"
        );
        let once = "<p>Repair: a command, as an administrator of the repository</p><pre><code>gh api &#39;&lt;x&gt;&#39;</code></pre>";
        let again = html.matches("The same repair as above.").count();
        assert_eq!((html.matches(once).count(), again), (1, 1), "{html}");
        assert!(html.contains("<a href=\"https://github.com/x\">accept it</a>"), "{html}");
        let order: Vec<_> = html.split("<h3>").skip(1).map(|it| it.split('<').next().unwrap()).collect();
        assert_eq!(order, ["acme", "acme/store", "acme/tool", "Towpath"], "what is sound comes last");
        assert_eq!(html.matches("<details>").count(), 2, "{html}");
        assert!(html.contains("<b>staging</b>: one"), "{html}");
    }

    #[test]
    fn of_many_repositories_those_with_faults_are_shown_and_the_others_counted() {
        let state = |at: usize| if at.is_multiple_of(50) { SetupState::Fault } else { SetupState::Ok };
        let lines = (1..=600).map(|at| line(&format!("acme/shop-{at}"), state(at), "found")).collect();
        let html = page(&made(lines, 7_300), "form");
        assert_eq!((html.matches("class=\"fault\"").count(), html.matches("<h3>").count()), (12, SHOWN));
        assert!(html.contains("500 more are not shown") && html.contains("Looked at 2 h ago"), "{html}");
    }

    #[test]
    fn while_it_is_looked_at_there_is_no_button_and_how_far_it_has_come() {
        let running = |progress| ExaminationStanding { running: Some(progress), made: None };
        let html = page(&running((3, 7)), "form");
        assert!(html.contains("3 of 7 repositories are done.") && !html.contains("<button>"), "{html}");
        assert!(page(&running((0, 0)), "form").contains("It is being looked at. This page"));
        let before = page(&ExaminationStanding::default(), "form");
        assert!(
            before.contains("name=\"form\" value=\"form\"") && before.contains(">Look</button>"),
            "{before}"
        );
    }
}
