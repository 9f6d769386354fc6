//! zshield-host
