//! The plans of an upgrade: the new image in the inactive slot ([`golden`]), the new version in the place of the one that
//! runs ([`apply`]), and what follows once it is confirmed ([`settle`]). What they go by is [`upgrade`](crate::upgrade).

pub mod apply;
pub mod golden;
pub mod settle;
