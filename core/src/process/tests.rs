use super::*;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::process::ChildStdout;

/// A shell that leads a group and has started another program in it, which holds the output open until it ends.
async fn shell() -> (Child, BufReader<ChildStdout>) {
    let mut command = Command::new("/bin/sh");
    command.args(["-c", "sleep 600 & echo started; wait"]).stdout(Stdio::piped());
    let mut child = ProcessGroup::lead(&mut command).spawn().unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    output.read_line(&mut line).await.unwrap();
    assert_eq!(line, "started\n");
    (child, output)
}

/// Whether nobody holds the output open any more, within this time.
async fn closes(output: &mut BufReader<ChildStdout>, within: u64) -> bool {
    let read = tokio::time::timeout(Duration::from_millis(within), output.read_to_end(&mut Vec::new())).await;
    read.is_ok()
}

#[tokio::test]
async fn what_a_program_has_started_ends_with_its_group() {
    for end in [drop as fn(ProcessGroup), |group| group.kill(), |group| group.terminate()] {
        let (child, mut output) = shell().await;
        end(ProcessGroup::of(&child).unwrap());
        assert!(closes(&mut output, 5_000).await);
    }
}

#[tokio::test]
async fn a_group_whose_number_may_be_anothers_is_sent_nothing() {
    let (child, mut output) = shell().await;
    let mut group = ProcessGroup::of(&child).unwrap();
    group.ended();
    drop(group);
    assert!(!closes(&mut output, 200).await);
    drop(ProcessGroup::of(&child));
    assert!(closes(&mut output, 5_000).await);
}

#[test]
fn no_number_stands_for_more_than_one_group() {
    for number in [i32::MIN, -1, 0, 1] {
        assert!(ProcessGroup::led_by(number).is_none(), "{number}");
    }
}
