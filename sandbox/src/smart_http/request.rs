//! What is asked in version 2 of git's protocol (gitprotocol-v2): one command and its arguments, in lines that say how long
//! they are.

/// The arguments of `command`; `None` where another one is asked, or more is said than is understood here.
pub(super) fn arguments<'a>(input: &'a [u8], command: &str) -> Option<Vec<&'a str>> {
    let mut rest = input;
    let mut arguments = Vec::new();
    let (mut has_command, mut in_arguments) = (false, false);
    loop {
        let (length, after) = rest.split_at_checked(4)?;
        let length = usize::from_str_radix(str::from_utf8(length).ok()?, 16).ok()?;
        rest = after;
        match length {
            0 => return (has_command && rest.is_empty()).then_some(arguments),
            1 => in_arguments = true,
            _ => {
                let (line, after) = rest.split_at_checked(length.checked_sub(4)?)?;
                rest = after;
                let line = str::from_utf8(line).ok()?.trim_end_matches('\n');
                if in_arguments {
                    arguments.push(line);
                } else if line.strip_prefix("command=") == Some(command) {
                    has_command = true;
                } else if !["agent=", "session-id="].iter().any(|it| line.starts_with(it))
                    && line != "object-format=sha1"
                {
                    return None;
                }
            }
        }
    }
}

/// Adds a line to an answer.
pub(super) fn packet(answer: &mut Vec<u8>, line: &str) {
    answer.extend_from_slice(format!("{:04x}{line}\n", line.len() + 5).as_bytes());
}

/// What a client sends: `|` stands for what separates the arguments from the rest.
#[cfg(test)]
pub(super) fn asked(lines: &[&str]) -> Vec<u8> {
    let mut input = Vec::new();
    for line in lines {
        match *line {
            "|" => input.extend_from_slice(b"0001"),
            line => packet(&mut input, line),
        }
    }
    input.extend_from_slice(b"0000");
    input
}
