//! Where the mail begins that a comment answers, for comments that are sent by mail.

/// So many lines a mail program may need for `On … wrote:`.
const ATTRIBUTION_LINES: usize = 3;

/// The first of these lines that its author has not written: the mail that is answered, or the signature.
pub(super) fn first_added_line(lines: &[&str]) -> Option<usize> {
    (0..lines.len()).find(|at| {
        let rest = &lines[*at..];
        is_signature(lines, *at) || is_divider(rest[0]) || is_header(rest) || is_attribution(rest)
    })
}

/// `-- `; programs on the way may have trimmed it, but right below a text `--` makes that a heading.
fn is_signature(lines: &[&str], at: usize) -> bool {
    let is_trimmed =
        lines[at] == "--" && at.checked_sub(1).is_none_or(|above| lines[above].trim().is_empty());
    is_trimmed || lines[at] == "-- "
}

/// `-----Original Message-----`, in whichever language.
fn is_divider(line: &str) -> bool {
    let line = line.trim();
    let inside = line.trim_matches('-').trim();
    let is_framed = line.starts_with("----") && line.ends_with("----");
    is_framed && inside.chars().any(char::is_alphabetic)
}

/// `From: …` and right below it, or one line on, `Sent: …` or `Date: …`.
fn is_header(lines: &[&str]) -> bool {
    let names = |at: usize, names: &[&str]| {
        let name = lines.get(at).and_then(|line| line.trim().trim_matches('*').split_once(':'));
        let name = name.map(|(name, _)| name.trim_matches(['*', ' ', '\u{a0}']).to_lowercase());
        name.is_some_and(|name| names.contains(&name.as_str()))
    };
    names(0, &FROM) && (names(1, &SENT) || names(2, &SENT))
}

/// `On … wrote:`, which may be broken into lines. Where the words are of no language that is known here, an address and a time
/// before the colon tell.
fn is_attribution(lines: &[&str]) -> bool {
    let paragraph = lines.iter().take(ATTRIBUTION_LINES).take_while(|line| !line.trim().is_empty());
    let mut text = String::new();
    for line in paragraph {
        text.push(' ');
        text.push_str(line.trim());
        let Some(said) = text.trim_end().strip_suffix(':').map(str::trim) else { continue };
        let starts = said.split_whitespace().next().unwrap_or_default().to_lowercase();
        let is_dated = said.chars().filter(char::is_ascii_digit).count() >= DIGITS_OF_A_TIME;
        let lower = said.to_lowercase();
        // Some put who wrote behind the verb.
        let has = |verb: &str| lower.ends_with(verb) || (is_dated && lower.contains(&format!("{verb} ")));
        let wrote = WROTE.iter().any(|(first, verb)| starts == *first && has(verb));
        if wrote || (is_dated && has_address(said)) {
            return true;
        }
    }
    false
}

/// Whether somebody is named with their address, and no command begins here, which may have all that in a reason.
fn has_address(said: &str) -> bool {
    let in_brackets = said.split('<').skip(1).filter_map(|rest| rest.split_once('>'));
    let mut addresses = in_brackets.filter(|(inside, _)| inside.contains('@') && !inside.contains(' '));
    !said.starts_with(['/', '@']) && addresses.next().is_some()
}

/// The fewest digits of a day or a time.
const DIGITS_OF_A_TIME: usize = 4;

/// How an attribution begins and ends, by language.
const WROTE: [(&str, &str); 13] = [
    ("on", " wrote"),
    ("on", "> wrote"),
    ("am", " schrieb"),
    ("le", " a écrit"),
    ("el", " escribió"),
    ("il", " ha scritto"),
    ("op", " schreef"),
    ("em", " escreveu"),
    ("den", " skrev"),
    ("dnia", " napisał"),
    ("dnia", " napisał(a)"),
    ("w", " napisał(a)"),
    ("dne", " napsal"),
];

/// How `From` is called in the head of a mail, by language.
const FROM: [&str; 9] = ["from", "von", "de", "da", "van", "från", "fra", "od", "lähettäjä"];

/// The same of `Sent` and `Date`.
const SENT: [&str; 19] = [
    "sent",
    "date",
    "gesendet",
    "datum",
    "envoyé",
    "enviado",
    "enviado el",
    "fecha",
    "inviato",
    "data",
    "verzonden",
    "skickat",
    "sendt",
    "dato",
    "wysłano",
    "odesláno",
    "lähetetty",
    "envoyé le",
    "enviada em",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_mail_programs_add_is_known() {
        for added in [
            "On Mon, Nov 30, 2026 at 10:12 AM Rita <rita@example.com> wrote:",
            "On Mon, Nov 30, 2026 at 10:12 AM Rita Longname\n<rita@example.com>\nwrote:",
            "-----Original Message-----",
            "---------- Forwarded message ---------",
            "----- original message -----",
            "From: Rita\nSent: Monday",
            "From: Rita\nTo: ana\nDate: Monday",
            "Von: Rita\nGesendet: Montag",
            "De : Rita\nEnvoyé : lundi",
            "-----Ursprüngliche Nachricht-----",
            "-----Message d'origine-----",
            "Am 29.11.2026 um 17:00 schrieb ben <b@example.com>:",
            "Am Mo., 30. Nov. 2026 um 10:12 Uhr schrieb Rita:",
            "Le lun. 30 nov. 2026 à 10:12, Rita <rita@example.com> a écrit :",
            "El lun, 30 nov 2026 a las 10:12, Rita escribió:",
            "2026年11月30日(月) 10:12 Rita <rita@example.com>:",
            "*From:* Rita\n*Date:* Monday",
            "-- ",
            "--",
        ] {
            let text = format!("Yes.\n\n{added}\nWhat now?");
            let lines: Vec<_> = text.lines().collect();
            assert_eq!(first_added_line(&lines), Some(2), "{added}");
        }
    }

    #[test]
    fn what_people_write_is_left_alone() {
        for own in [
            "On staging it works.",
            "Am I right that it is broken:",
            "Le site:",
            "Ask ben <b@example.com> about this:",
            "@towpath help < --until 2026:",
            "@towpath lock staging --reason 'Rita <rita@example.com> said on 2026-11-30:'",
            "/lock staging --reason 'Rita <rita@example.com> said on 2026-11-30':",
            "On a < b @ 2026:",
            "---- 42 ----",
            "On staging it works.\n\nRita wrote:",
            "Rita wrote:",
            "On Monday I rewrote:",
            "--- ",
            "-- x",
            "Release\n--",
            "---",
            "the Original Message",
            "From: staging\nTo: production",
            "-",
            "",
            "On é",
            "From",
            "Fromé: x",
        ] {
            let lines: Vec<_> = own.lines().collect();
            assert_eq!(first_added_line(&lines), None, "{own}");
        }
    }
}
