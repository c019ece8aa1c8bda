//! Registering the App: the link to the set-up page, and what GitHub hands out.
//!
//! `setup_key.rs` is the key in the link, which is good once; `setup_address.rs` where the link leads; `registered_app.rs`
//! keeps the App's credentials in the data folder, closed to others.

mod registered_app;
mod setup_address;
mod setup_key;

pub use registered_app::{ExchangeError, REGISTER_AGAIN, RegisteredApp, register};
pub use setup_address::SetupAddress;
pub use setup_key::{KEY_LASTS, RandomBytes, SetupKey, fingerprint, system_random_bytes};
