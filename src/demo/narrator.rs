use towpath_sandbox::{CheckState, PullHandle};

/// Tells the story, live.
pub(super) struct Narrator {
    colour: bool,
    chapter: u32,
}

const BOLD: &str = "1";
const DIM: &str = "2";
const RED: &str = "31";
const GREEN: &str = "32";
const YELLOW: &str = "33";
const BLUE: &str = "36";

impl Narrator {
    pub(super) fn new(colour: bool) -> Self {
        Self { colour, chapter: 0 }
    }

    pub(super) fn opening(&self) {
        let title = self.paint(BOLD, "Towpath keeps every change on the path");
        say(&format!("{title}  integration → staging → production → master\n"));
    }

    pub(super) fn scene(&self, github: &str, server: &str) {
        say(&format!("  A GitHub of its own   {}", self.paint(BLUE, github)));
        say(&format!("  The App's server      {}", self.paint(BLUE, &format!("http://{server}"))));
        say("  The repository        acme/store, two releases old; the check is required on every branch\n");
        say("  master       ●───────────────●───────────────●   a copy of production");
        say("  production   ●───────────────●───────────────●");
        say("  staging      ●──────────────●───────────────●");
        say("  integration  ●──catalog─cart─●─search─checkout─●   topics come in here");
    }

    pub(super) fn chapter(&mut self, title: &str) {
        self.chapter += 1;
        say(&format!("\n{}", self.paint(BOLD, &format!("{}. {title}", self.chapter))));
    }

    /// Somebody does something.
    pub(super) fn act(&self, what: &str) {
        say(&format!("   {} {what}", self.paint(DIM, "·")));
    }

    /// What a check has come to.
    pub(super) fn check(&self, pull: &PullHandle, check: &CheckState) {
        let (mark, colour) = match check.conclusion.as_deref() {
            Some("success") => ("✓", GREEN),
            Some("failure") => ("✗", RED),
            _ => ("○", YELLOW),
        };
        let title = check.title.as_deref().unwrap_or_default();
        let line = format!("{mark} {}  {title}", check.name);
        say(&format!(
            "   {}  {}",
            self.paint(colour, &line),
            self.paint(DIM, &format!("#{}", pull.number()))
        ));
    }

    /// Something a check or GitHub says, word by word.
    pub(super) fn quote(&self, text: &str) {
        for line in text.lines() {
            say(format!("     {} {line}", self.paint(DIM, "│")).trim_end());
        }
    }

    pub(super) fn ending(&self, repository: &str, once: bool) {
        say(&format!("\n{}", self.paint(GREEN, "Every step came out as told.")));
        if once {
            return;
        }
        say("\nNow try it by hand. The repository has a page:");
        say(&format!("  {}", self.paint(BLUE, repository)));
        say("  · make a topic from master there, open a pull request into integration, read the check");
        say("  · retarget it, comment on it, press Re-check, try to merge it while the check is red");
        say("  · promote integration to staging with a pull request of your own\n");
        say("Or judge a clone without any server:");
        say(&format!("  git clone {repository}.git && cd store"));
        say("  towpath check pr --base integration --head origin/master\n");
        say(&self.paint(DIM, "Ctrl-C ends the demo. Nothing of it stays on this machine."));
    }

    fn paint(&self, code: &str, text: &str) -> String {
        if self.colour { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

fn say(line: &str) {
    use std::io::Write as _;
    let mut out = std::io::stdout().lock();
    // A reader who has gone is no reason to stop the story.
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}
