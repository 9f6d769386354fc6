//! zshield-rescue
