//! An embedded GitHub.
