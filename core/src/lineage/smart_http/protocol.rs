//! The words of version 2 of git's protocol (gitprotocol-v2): what is asked, and what is answered.

use std::collections::BTreeMap;

use crate::model::CommitId;

const SEPARATOR: &str = "0001";
const END: &str = "0000";

/// A line, before which stands its length with the four digits of it.
fn packet(line: &str) -> String {
    format!("{:04x}{line}", line.len() + 4)
}

/// Asks for the refs whose names begin with one of `prefixes`.
pub(super) fn ls_refs(prefixes: &[String]) -> String {
    let prefixes: String = prefixes.iter().map(|prefix| packet(&format!("ref-prefix {prefix}\n"))).collect();
    packet("command=ls-refs\n") + SEPARATOR + &prefixes + END
}

/// Asks for a pack with what `wants` lead to and `haves` do not, but for what `filter` leaves out. What is named comes
/// whatever that says.
pub(super) fn fetch(filter: &str, wants: &[String], haves: &[String]) -> String {
    let lines = |word: &str, ids: &[String]| -> String {
        ids.iter().map(|id| packet(&format!("{word} {id}\n"))).collect()
    };
    let options = packet("no-progress\n") + &packet("ofs-delta\n") + &packet(&format!("filter {filter}\n"));
    let named = lines("want", wants) + &lines("have", haves);
    packet("command=fetch\n") + SEPARATOR + &options + &named + &packet("done\n") + END
}

/// The lines of an answer up to its end; `None` where it is cut off or no such answer. What only separates has no line.
fn packets(mut answer: &[u8]) -> Option<Vec<&[u8]>> {
    let mut lines = Vec::new();
    loop {
        let (length, rest) = answer.split_at_checked(4)?;
        let length = usize::from_str_radix(str::from_utf8(length).ok()?, 16).ok()?;
        answer = match length {
            0 => return Some(lines),
            1 => rest,
            _ => {
                let (line, rest) = rest.split_at_checked(length.checked_sub(4)?)?;
                lines.push(line);
                rest
            }
        };
    }
}

/// Some servers announce the service first, as they do in older versions.
pub(super) fn speaks_version_2(greeting: &[u8]) -> bool {
    const SERVICE: &[u8] = b"001e# service=git-upload-pack\n0000";
    let greeting = greeting.strip_prefix(SERVICE).unwrap_or(greeting);
    packets(greeting).is_some_and(|lines| {
        let knows = |line: &&[u8]| *line == b"ls-refs\n" || line.starts_with(b"ls-refs=");
        lines.first() == Some(&b"version 2\n".as_slice()) && lines.iter().any(knows)
    })
}

/// The refs that a server lists; `None` where its answer is cut off or no such list.
pub(super) fn listed(answer: &[u8]) -> Option<BTreeMap<String, CommitId>> {
    let line = |line: &[u8]| {
        let line = str::from_utf8(line).ok()?;
        let (id, name) = line.strip_suffix('\n').unwrap_or(line).split_once(' ')?;
        // No ref has such a name, and whoever is given a list of them would take it for something else.
        let is_plain = !name.bytes().any(|byte| byte <= b' ' || byte == 0x7f);
        let name = is_plain.then_some(name)?;
        Some((name.to_owned(), id.parse().ok()?))
    };
    packets(answer)?.into_iter().map(line).collect()
}

/// The pack that a server sends; `None` where its answer is cut off, no such answer, or says that something went wrong.
pub(super) fn pack(answer: &[u8]) -> Option<Vec<u8>> {
    const DATA: u8 = 1;
    const PROGRESS: u8 = 2;
    let lines = packets(answer)?;
    let (first, rest) = lines.split_first()?;
    let mut pack = Vec::new();
    for line in (*first == b"packfile\n").then_some(rest)? {
        match line.split_first()? {
            (&DATA, piece) => pack.extend_from_slice(piece),
            (&PROGRESS, _) => {}
            _ => return None,
        }
    }
    pack.starts_with(b"PACK").then_some(pack)
}

/// How many objects a pack says it has (gitformat-pack).
pub(super) fn objects_in(pack: &[u8]) -> Option<usize> {
    let count = pack.strip_prefix(b"PACK")?.get(4..8)?;
    usize::try_from(u32::from_be_bytes(count.try_into().ok()?)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "1111111111111111111111111111111111111111";

    #[test]
    fn the_question_is_in_gits_words() {
        let prefixes = ["refs/heads/".to_owned(), "refs/pull/7/".to_owned()];
        let asked = "0014command=ls-refs\n0001001bref-prefix refs/heads/\n001cref-prefix refs/pull/7/\n0000";
        assert_eq!(ls_refs(&prefixes), asked);
    }

    #[test]
    fn an_answer_is_taken_whole_or_not_at_all() {
        let answer =
            packet(&format!("{ONE} refs/heads/a\n")) + &packet(&format!("{ONE} refs/heads/b")) + "0000";
        let found = listed(answer.as_bytes()).unwrap();
        assert_eq!(found.keys().collect::<Vec<_>>(), ["refs/heads/a", "refs/heads/b"]);
        assert_eq!(listed(b"0000"), Some(BTreeMap::new()));
        for end in 0..answer.len() {
            assert_eq!(listed(&answer.as_bytes()[..end]), None, "cut at {end}");
        }
        for bad in [
            packet("ERR not now\n") + "0000",
            packet("unborn HEAD\n") + "0000",
            packet(&format!("{ONE} refs/heads/a\nupdate refs/x\n")) + "0000",
            packet(&format!("{ONE} refs/heads/a b\n")) + "0000",
            packet("") + "0000",
            "0003".to_owned(),
            "00zz".to_owned(),
            "+0040000".to_owned(),
            "<html>".to_owned(),
        ] {
            assert_eq!(listed(bad.as_bytes()), None, "{bad}");
        }
    }

    #[test]
    fn who_speaks_another_version_is_told_by_its_greeting() {
        let version_2 =
            packet("version 2\n") + &packet("agent=git/2\n") + &packet("ls-refs=unborn\n") + "0000";
        assert!(speaks_version_2(version_2.as_bytes()));
        assert!(speaks_version_2(format!("001e# service=git-upload-pack\n0000{version_2}").as_bytes()));
        let older = packet(&format!("{ONE} HEAD\0multi_ack\n")) + "0000";
        let without = packet("version 2\n") + &packet("fetch=shallow\n") + "0000";
        for other in [older.as_str(), &without, "", "0000", "<html>", &version_2[..20]] {
            assert!(!speaks_version_2(other.as_bytes()), "{other}");
        }
    }

    #[test]
    fn objects_are_asked_for_in_gits_words() {
        let ids = |digit: &str| [digit.repeat(40)];
        let (want, have) = (format!("0032want {ONE}\n"), format!("0032have {}\n", "2".repeat(40)));
        let options = "0010no-progress\n000eofs-delta\n0012filter tree:0\n";
        let asked = format!("0012command=fetch\n0001{options}{want}{have}0009done\n0000");
        assert_eq!(fetch("tree:0", &ids("1"), &ids("2")), asked);
    }

    #[test]
    fn a_pack_says_how_much_is_in_it() {
        assert_eq!(objects_in(b"PACK\0\0\0\x02\0\0\x01\x02and so on"), Some(258));
        assert_eq!(objects_in(b"PACK\0\0\0\x02\0\0\0\0"), Some(0));
        for bad in [&b"PACK\0\0\0\x02\0\0\0"[..], b"", b"<html>"] {
            assert_eq!(objects_in(bad), None);
        }
    }

    #[test]
    fn a_pack_is_taken_whole_or_not_at_all() {
        let answer = ["packfile\n", "\x02counting", "\x01PACK one", "\x01 two"].map(packet).concat() + "0000";
        assert_eq!(pack(answer.as_bytes()).unwrap(), b"PACK one two");
        for end in 0..answer.len() {
            assert_eq!(pack(&answer.as_bytes()[..end]), None, "cut at {end}");
        }
        for bad in [
            ["packfile\n", "\x01PACK", "\x03 fatal"].map(packet).concat() + "0000",
            ["packfile\n", "\x01no pack"].map(packet).concat() + "0000",
            packet("ERR upload-pack: not our ref") + "0000",
            packet("packfile\n") + "0000",
            packet("packfile\n") + &packet("") + "0000",
            "0000".to_owned(),
        ] {
            assert_eq!(pack(bad.as_bytes()), None, "{bad}");
        }
    }
}
