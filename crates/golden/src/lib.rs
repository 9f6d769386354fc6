//! zshield-golden
