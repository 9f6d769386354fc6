//! zshield-image
