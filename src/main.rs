//! The command line, with the demo where it is built in.

use std::process::ExitCode;

#[cfg(feature = "demo")]
fn main() -> ExitCode {
    use towpath::cli::{self, DemoWishes};
    use towpath::demo::{self, Screen};
    use towpath::model::ForPeople as _;

    cli::main(Some(|DemoWishes { once, colour, columns, program, stop }| {
        Box::pin(async move {
            let told = demo::run(once, Screen { colour, columns }, &program, stop).await;
            told.map_err(|error| error.for_people())
        })
    }))
}

#[cfg(not(feature = "demo"))]
fn main() -> ExitCode {
    towpath::cli::main(None)
}
