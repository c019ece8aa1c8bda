//! The whole product on the embedded GitHub: a story that a newcomer understands, told as it happens.
//!
//! Lives here: the shop's repository with its history (`stage`), the story (`story`), how it is printed
//! (`narrator`). Each step says what it expects and looks whether it came so.
//!
//! Does not live here: anything the product does. The server that runs here is the one of `serve`.

mod narrator;
mod repair;
mod stage;
mod story;

use narrator::Narrator;
use stage::Stage;

/// Why the demo could not go on.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// A part of it could not be started.
    #[error("the demo could not be set up: {0}")]
    SetUp(String),
    /// The stand-in refused something that it should not have.
    #[error("the embedded GitHub refused a step of the story: {0}")]
    Refused(#[from] towpath_sandbox::Refused),
    /// A step came out otherwise than told.
    #[error("{0}")]
    Otherwise(String),
}

/// Plays the story. With `once` it ends then; otherwise it stays up until it is interrupted.
pub async fn run(once: bool, colour: bool) -> Result<(), DemoError> {
    let mut narrator = Narrator::new(colour);
    narrator.opening();
    let stage = Stage::set().await?;
    narrator.scene(&stage.github.url(), &stage.server.address().to_string());
    let told = story::play(&stage, &mut narrator).await;
    if told.is_ok() {
        narrator.ending(&stage.repository_url(), once);
        if !once {
            // Whatever ends the waiting, the demo is over.
            let _ = tokio::signal::ctrl_c().await;
        }
    }
    stage.strike().await;
    told
}
