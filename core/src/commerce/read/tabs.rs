//! Tabs that indent a line of YAML. The parser takes some of them; the platform's and ece-tools' take none.

use std::ops::RangeInclusive;

use crate::model::config::Place;

/// The first line with anything on it whose indentation holds a tab, outside of these lines, which lie in texts.
pub(super) fn first_tab(text: &str, in_texts: &[RangeInclusive<u32>]) -> Option<Place> {
    let mut texts = in_texts.iter().peekable();
    (1u32..).zip(text.lines()).find_map(|(line, written)| {
        while texts.next_if(|lines| *lines.end() < line).is_some() {}
        if texts.peek().is_some_and(|lines| lines.contains(&line)) {
            return None;
        }
        let indent = &written[..written.len() - written.trim_start_matches([' ', '\t']).len()];
        let is_indented_by_it = indent.contains('\t') && !written.trim().is_empty();
        is_indented_by_it.then_some(Place { line, column: 1 })
    })
}
