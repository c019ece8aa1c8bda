use super::prose::{Piece, Screen, Tone, lines, width};
use std::io::Write as _;
use towpath_sandbox::{CheckState, PullHandle};

/// Tells the story, live.
pub(super) struct Narrator {
    screen: Screen,
    chapter: u32,
    steps: u32,
}

/// Where the words of a step begin.
const MARGIN: usize = 13;
/// Where a quotation's bar stands: further left, as commands are long.
const BAR: usize = 5;

/// Topics leave integration and come back to it; everything else moves down, one environment at a time.
const PATH: &str = "
  topic           ╭──●──●──╮              cut from integration, merged back
  integration  ●──┴────────●──┬────────
  staging      ●──────────────●──┬─────   a promotion of integration
  production   ●─────────────────●──┬──   a promotion of staging
  master       ●────────────────────●──   a copy of production
";

impl Narrator {
    pub(super) const fn new(screen: Screen) -> Self {
        Self { screen, chapter: 0, steps: 0 }
    }

    pub(super) fn opening(&self) {
        say(&self.screen.paint(Tone::Strong, "Towpath keeps every change on the path"));
        say("integration → staging → production → master");
        say(PATH);
    }

    pub(super) fn scene(&self, github: &str, server: &str, sites: &str) {
        self.fact("GitHub", &[address(github), plain(", a stand-in of its own, with real git")]);
        self.fact("Towpath", &[address(server), plain(", the same server as towpath serve")]);
        let shop =
            "acme/store, two releases old; each environment's branch, and master, requires Towpath's check";
        self.fact("Repository", &[plain(shop)]);
        let shop = format!("{sites}/production/");
        self.fact(
            "Shop",
            &[
                address(&shop),
                plain(", and one like it for integration and staging: every merge is deployed"),
            ],
        );
    }

    pub(super) fn chapter(&mut self, title: &str) {
        self.chapter += 1;
        say(&format!("\n{}", self.screen.paint(Tone::Strong, &format!("{}. {title}", self.chapter))));
    }

    /// What somebody does, and what should come of it.
    pub(super) fn step(&self, does: &str, expected: &str) {
        say("");
        self.labelled("done", Tone::Plain, &[plain(does)]);
        self.labelled("expected", Tone::Plain, &[plain(expected)]);
    }

    /// What came of it, which is what was expected: the story goes on from nothing else.
    pub(super) fn came(&mut self, words: &[Piece]) {
        self.steps += 1;
        self.labelled("result ✓", Tone::Good, words);
    }

    pub(super) fn check_came(&mut self, pull: &PullHandle, check: &CheckState) {
        let (word, tone) = match check.conclusion.as_deref() {
            Some("success") => ("passed", Tone::Good),
            Some("failure") => ("failed", Tone::Bad),
            Some("cancelled") => ("was withdrawn", Tone::Waiting),
            _ => ("is waiting", Tone::Waiting),
        };
        let title = check.title.as_deref().unwrap_or_default();
        self.came(&[
            plain(&format!("{} on #{} ", check.name, pull.number())),
            (tone, word.to_owned()),
            plain(&format!(": {title}")),
        ]);
    }

    /// Something a check says, word by word.
    pub(super) fn quote(&self, markdown: &str) {
        let bar = self.screen.paint(Tone::Dim, "│");
        say(&format!("{:BAR$}{bar}", ""));
        for line in lines(markdown, self.screen.narrowed(BAR + 2)) {
            say(format!("{:BAR$}{bar} {line}", "").trim_end());
        }
    }

    /// The first paragraph of a check's text.
    pub(super) fn quote_beginning(&self, check: &CheckState) {
        self.quote(check.summary.as_deref().unwrap_or_default().split("\n\n").next().unwrap_or_default());
    }

    pub(super) fn ending(&self, (repository, sites): (&str, &str), program: &str, once: bool) {
        let words = format!("✓ All {} steps came out as expected.", self.steps);
        say(&format!("\n{}", self.screen.paint(Tone::Good, &words)));
        if once {
            return;
        }
        say("\nAll of it is on a page now, where you can go on yourself:\n");
        say(&format!("  {}", self.screen.paint(Tone::Address, repository)));
        say(&format!("  {}\n", self.screen.paint(Tone::Address, &format!("{sites}/production/"))));
        say("Try next:\n");
        let as_ben = repository.replacen("://", "://ben:demo@", 1);
        self.idea(
            "1. Make a commit there on a new branch from master, open a pull request into integration, and \
             read the check. Merging stays blocked.",
        );
        self.idea("2. Repair it as ben, with the commands from the check. The page turns green by itself:");
        self.command(&format!("git clone {as_ben}.git && cd store"));
        self.idea(
            "3. Open a pull request from integration into production, past staging. Read why it fails; then \
             change its base to staging.",
        );
        self.idea("4. Check that clone without a server, as a hook would before a push:");
        self.command(&format!("{program} check pr --base integration --head origin/master"));
        say(&format!(
            "\n{}",
            self.screen.paint(Tone::Dim, "Ctrl-C ends the demo and leaves nothing behind.")
        ));
    }

    fn idea(&self, words: &str) {
        for (at, line) in self.screen.narrowed(5).wrap(&[plain(words)]).into_iter().enumerate() {
            say(&format!("{}{line}", if at == 0 { "  " } else { "     " }));
        }
    }

    fn command(&self, command: &str) {
        say(&format!("       {}", self.screen.paint(Tone::Code, command)));
    }

    fn fact(&self, name: &str, words: &[Piece]) {
        self.hanging(&format!("  {name:<11}"), words);
    }

    fn labelled(&self, label: &str, tone: Tone, words: &[Piece]) {
        let tone = if tone == Tone::Plain { Tone::Dim } else { tone };
        let label = format!("   {}{:gap$}", self.screen.paint(tone, label), "", gap = 10 - width(label));
        self.hanging(&label, words);
    }

    fn hanging(&self, label: &str, words: &[Piece]) {
        for (at, line) in self.screen.narrowed(MARGIN).wrap(words).into_iter().enumerate() {
            say(&if at == 0 { format!("{label}{line}") } else { format!("{:MARGIN$}{line}", "") });
        }
    }
}

pub(super) fn plain(text: &str) -> Piece {
    (Tone::Plain, text.to_owned())
}

fn address(text: &str) -> Piece {
    (Tone::Address, text.to_owned())
}

fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    // A reader who has gone is no reason to stop the story.
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}
