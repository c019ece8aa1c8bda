#[cfg(feature = "demo")]
mod played;

#[cfg(feature = "demo")]
pub(super) use played::run;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  towpath demo                      the story, then a page to try things by hand; Ctrl-C ends it
  towpath demo --once               the story only
  RUST_LOG=info towpath demo        with the server's log

It needs git and nothing else, listens on free ports of 127.0.0.1, and leaves nothing behind.
NO_COLOR=1 turns colours off.

Exit status: 0 everything came out as expected, 1 something did not.")]
pub(super) struct Arguments {
    /// End after the story
    #[arg(long)]
    once: bool,
}

/// In a program without the embedded GitHub there is nothing to play on.
#[cfg(not(feature = "demo"))]
#[allow(clippy::unused_async, reason = "the program that has one waits for it")]
pub(super) async fn run(_: Arguments) -> Result<std::process::ExitCode, super::UsageError> {
    Err(super::UsageError::new(
        "this program has no demo, since it was built without the embedded GitHub; the container image has one, and so have the \
         sources: cargo run -- demo",
    ))
}
