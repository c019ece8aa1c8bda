//! Rows as an iCalendar file, by RFC 5545.

use super::Row;
use crate::model::{EnvironmentName, UnixSeconds};

/// The most bytes of a line, without what ends it.
const LINE: usize = 75;

/// All rows, as events that make nobody busy.
pub(super) fn calendar(rows: &[Row<'_>]) -> String {
    let begin = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Towpath//Freezes//EN"].map(str::to_owned);
    let lines = begin.into_iter().chain(rows.iter().flat_map(event)).chain(["END:VCALENDAR".to_owned()]);
    lines.map(|line| folded(&line)).collect()
}

fn event(row: &Row<'_>) -> [String; 9] {
    let (from, until) = (instant(row.span.from), instant(row.span.until));
    // The same row is the same event whenever it is printed, so that a calendar that reads it again keeps one.
    let name = EnvironmentName::from(row.environment).key();
    [
        "BEGIN:VEVENT".to_owned(),
        format!("UID:{}", escaped(&format!("{from}-{name}@towpath"))),
        format!("DTSTAMP:{from}"),
        format!("DTSTART:{from}"),
        format!("DTEND:{until}"),
        format!("SUMMARY:{}", escaped(&format!("{} is frozen", row.environment))),
        format!("DESCRIPTION:{}", escaped(&row.reason)),
        "TRANSP:TRANSPARENT".to_owned(),
        "END:VEVENT".to_owned(),
    ]
}

fn instant(at: UnixSeconds) -> String {
    at.to_date().map(|date| date.format("%Y%m%dT%H%M%SZ").to_string()).unwrap_or_default()
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        if matches!(letter, '\\' | ';' | ',') {
            escaped.push('\\');
        }
        escaped.push(letter);
    }
    escaped
}

/// A line with its end, broken where it is too long, between letters.
fn folded(line: &str) -> String {
    let mut folded = String::with_capacity(line.len() + 2);
    let mut length = 0;
    for letter in line.chars() {
        if length + letter.len_utf8() > LINE {
            folded.push_str("\r\n ");
            length = 1;
        }
        folded.push(letter);
        length += letter.len_utf8();
    }
    folded + "\r\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::calendar::Span;

    #[test]
    fn a_row_is_an_event_in_lines_that_are_short_enough() {
        let span = Span { from: UnixSeconds(1_798_023_600), until: UnixSeconds(1_798_038_000) };
        let reason = format!("audit; a, b\\ {}", "é".repeat(40));
        let text = calendar(&[Row { environment: "Live shop", span, reason }]);
        assert!(text.split_inclusive("\r\n").all(|line| line.ends_with("\r\n") && line.len() <= LINE + 2));
        insta::assert_snapshot!(text.replace("\r\n", "\n"), @r"
        BEGIN:VCALENDAR
        VERSION:2.0
        PRODID:-//Towpath//Freezes//EN
        BEGIN:VEVENT
        UID:20261223T110000Z-live shop@towpath
        DTSTAMP:20261223T110000Z
        DTSTART:20261223T110000Z
        DTEND:20261223T150000Z
        SUMMARY:Live shop is frozen
        DESCRIPTION:audit\; a\, b\\ ééééééééééééééééééééééé
         ééééééééééééééééé
        TRANSP:TRANSPARENT
        END:VEVENT
        END:VCALENDAR
        ");
    }
}
