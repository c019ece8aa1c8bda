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

/// `-----Original Message-----`
fn is_divider(line: &str) -> bool {
    let line = line.trim();
    let inside = line.trim_matches('-');
    let is_framed = line.starts_with("--") && line.ends_with("--");
    is_framed
        && ["original message", "forwarded message"].iter().any(|it| inside.trim().eq_ignore_ascii_case(it))
}

/// `From: …` and below it `Sent: …` or `Date: …`
fn is_header(lines: &[&str]) -> bool {
    let has = |at: usize, name: &str| {
        let line = lines.get(at).map(|line| line.trim().trim_start_matches('*'));
        line.and_then(|line| line.get(..name.len())).is_some_and(|start| start.eq_ignore_ascii_case(name))
    };
    has(0, "From:") && (has(1, "Sent:") || has(1, "Date:"))
}

/// `On … wrote:`, which may be broken into lines.
fn is_attribution(lines: &[&str]) -> bool {
    let starts = lines.first().is_some_and(|first| first.trim_start().starts_with("On "));
    let paragraph = lines.iter().take(ATTRIBUTION_LINES).take_while(|line| !line.trim().is_empty());
    starts && paragraph.map(|line| line.trim_end()).any(|line| line == "wrote:" || line.ends_with(" wrote:"))
}

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
