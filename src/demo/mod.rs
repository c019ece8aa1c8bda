//! The whole product on the embedded GitHub: a story that a newcomer understands, told as it happens.
//!
//! Lives here: the shop's repository with its history (`stage`), the sites that are deployed (`shop`), the story
//! (`story`, `releases`, `boutique`, `hotfix`), and how it is printed (`narrator`, `prose`). Each step says what it expects and
//! checks that it came so.
//!
//! Does not live here: anything the product does. The server that runs here is the one of `serve`.
//!
//! Open first: `story.rs`.

mod boutique;
mod command;
mod error;
mod hotfix;
mod narrator;
mod prose;
mod releases;
mod repair;
mod shop;
mod stage;
mod story;

pub use error::DemoError;
pub use prose::Screen;

use narrator::Narrator;
use stage::Stage;
use std::future::Future;
use std::pin::pin;

/// Plays the story. With `once` it ends then; otherwise it stays up until `stop` comes, before or after the end. `program` is how
/// the command line is called in what may be tried.
pub async fn run(
    once: bool,
    screen: Screen,
    program: &str,
    stop: impl Future<Output = ()>,
) -> Result<(), DemoError> {
    let mut stop = pin!(stop);
    let mut narrator = Narrator::new(screen);
    narrator.opening();
    let stage = tokio::select! {
        stage = Stage::set() => stage?,
        () = &mut stop => return ended_early(once),
    };
    narrator.scene(&stage.github.url(), &format!("http://{}", stage.server.address()), &stage.sites.url());
    let told = tokio::select! {
        told = story::play(&stage, &mut narrator) => Some(told),
        () = &mut stop => None,
    };
    let repository = stage.repository_url();
    let ended = match told {
        Some(Ok(())) => {
            narrator.ending((&repository, &stage.sites.url()), program, once);
            if !once {
                stop.await;
            }
            Ok(())
        }
        Some(otherwise) => otherwise,
        None => ended_early(once),
    };
    stage.strike().await;
    ended
}

/// Who asked for the story alone has not got it; who wanted to look around may leave at any time.
const fn ended_early(once: bool) -> Result<(), DemoError> {
    if once { Err(DemoError::Interrupted) } else { Ok(()) }
}
