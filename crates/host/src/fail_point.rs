//! Places where the power can be made to fail, for tests of what comes after.
//!
//! Only with the feature `fail-points`: `ZSHIELD_FAIL_POINT=12:within` cuts the power in the
//! middle of step 12, `12:before` after the journal says that it is begun, `12:after` before the
//! journal says that it is done. Nothing is synced: what was not made durable is lost.

/// Where in a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The journal says that the step is begun, and nothing is done.
    Before,
    /// A part of it is done.
    Within,
    /// It is done, and the journal does not say so.
    After,
}

impl Place {
    /// The place's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Before => "before",
            Self::Within => "within",
            Self::After => "after",
        }
    }
}

/// Cuts the power here, if that is asked for. `step` counts from 1.
#[cfg(feature = "fail-points")]
pub fn pass(step: usize, place: Place) {
    let here = format!("{step}:{}", place.name());
    if std::env::var("ZSHIELD_FAIL_POINT").is_ok_and(|wanted| wanted == here) {
        println!("::zshield:: fail-point step={step} place={}", place.name());
        let _ = rustix::system::reboot(rustix::system::RebootCommand::PowerOff);
        std::process::abort();
    }
}

/// Does nothing: fail points are not compiled in.
#[cfg(not(feature = "fail-points"))]
pub const fn pass(_step: usize, _place: Place) {}
