//! Places where the power can be made to fail, for tests of what comes after.
//!
//! Only with the feature `fail-points`: `ZSHIELD_FAIL_POINT=12:within` cuts the power in the
//! middle of step 12, `12:before` after the journal says that it is begun, `12:after` before the
//! journal says that it is done. Nothing is synced: what was not made durable is lost. With `ZSHIELD_FAIL_PLAN=2`
//! the second plan counts alone that a process carries out.

#[cfg(feature = "fail-points")]
use std::sync::atomic::{AtomicUsize, Ordering};

/// Where in a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CutPoint {
    /// The journal says that the step is begun, and nothing is done.
    Before,
    /// A part of it is done.
    Within,
    /// It is done, and the journal does not say so.
    After,
}

impl CutPoint {
    /// The place's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Before => "before",
            Self::Within => "within",
            Self::After => "after",
        }
    }
}

/// How many plans this process has begun to carry out.
#[cfg(feature = "fail-points")]
static PLANS: AtomicUsize = AtomicUsize::new(0);

/// Cuts the power here, if that is asked for. `step` counts from 1.
#[cfg(feature = "fail-points")]
pub fn pass(step: usize, place: CutPoint) {
    let here = format!("{step}:{}", place.name());
    let plan = std::env::var("ZSHIELD_FAIL_PLAN");
    if plan.is_ok_and(|plan| plan != PLANS.load(Ordering::Relaxed).to_string()) {
        return;
    }
    if std::env::var("ZSHIELD_FAIL_POINT").is_ok_and(|wanted| wanted == here) {
        println!("::zshield:: fail-point step={step} place={}", place.name());
        let _ = rustix::system::reboot(rustix::system::RebootCommand::PowerOff);
        std::process::abort();
    }
}

/// Does nothing: fail points are not compiled in.
#[cfg(not(feature = "fail-points"))]
pub const fn pass(_step: usize, _place: CutPoint) {}

/// Whether a device that is none otherwise counts as a disk: `ZSHIELD_DISKS=nbd0,nbd1` names those
/// that a test records and cuts.
#[cfg(feature = "fail-points")]
pub(crate) fn stands_for_a_disk(name: &str) -> bool {
    std::env::var("ZSHIELD_DISKS").is_ok_and(|disks| disks.split(',').any(|disk| disk == name))
}

/// None does: fail points are not compiled in.
#[cfg(not(feature = "fail-points"))]
pub(crate) const fn stands_for_a_disk(_name: &str) -> bool {
    false
}

/// Whether a step is not done, `ZSHIELD_LEAVE_OUT=arm`, to see whether that is found out.
#[cfg(feature = "fail-points")]
pub(crate) fn is_left_out(step: &str) -> bool {
    std::env::var("ZSHIELD_LEAVE_OUT").is_ok_and(|left_out| left_out == step)
}

/// None is: fail points are not compiled in.
#[cfg(not(feature = "fail-points"))]
pub(crate) const fn is_left_out(_step: &str) -> bool {
    false
}

/// Records a plan as it is shown, before it is done.
#[cfg(feature = "fail-points")]
pub(crate) fn record_plan(plan: &zshield_plan::plan::Plan, binding: &zshield_plan::model::Binding) {
    PLANS.fetch_add(1, Ordering::Relaxed);
    plan.shown(binding).lines().for_each(|line| zshield_linux::record::note(&format!("> {line}")));
}

/// Records nothing: fail points are not compiled in.
#[cfg(not(feature = "fail-points"))]
pub(crate) const fn record_plan(
    _plan: &zshield_plan::plan::Plan,
    _binding: &zshield_plan::model::Binding,
) {
}

/// Records that the plan is done.
pub(crate) fn record_end() {
    zshield_linux::record::note("=");
}
