//! zshield-plan
