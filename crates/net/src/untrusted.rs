//! What is against a server's certificate, in words where it may be this machine's clock.

use std::io;

use jiff::Timestamp;
use rustls::pki_types::UnixTime;
use rustls::{CertificateError, Error};
use zshield_messages::say;

/// What is against a server's certificate.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Untrusted {
    /// It is not valid yet by this machine's clock, which is most likely behind.
    #[error("{}", say::net::NotValidYet { from, now })]
    NotYet {
        /// When it begins to be valid.
        from: String,
        /// What the clock says.
        now: String,
    },
    /// It is not valid any more by this machine's clock.
    #[error("{}", say::net::Expired { until, now })]
    Expired {
        /// Until when it was valid.
        until: String,
        /// What the clock says.
        now: String,
    },
    /// Anything else.
    #[error("{0}")]
    Other(String),
}

impl Untrusted {
    /// What was against a certificate, if that is why an exchange has failed.
    pub fn of(error: &ureq::Error) -> Option<Self> {
        match error {
            ureq::Error::Io(error) => Self::of_io(error),
            ureq::Error::Rustls(error) => Self::of_tls(error),
            // The enum is a library's, and grows.
            _ => None,
        }
    }

    fn of_io(error: &io::Error) -> Option<Self> {
        Self::of_tls(error.get_ref()?.downcast_ref()?)
    }

    fn of_tls(error: &Error) -> Option<Self> {
        let Error::InvalidCertificate(certificate) = error else { return None };
        Some(match certificate {
            CertificateError::NotValidYetContext { time, not_before } => {
                Self::NotYet { from: shown(*not_before), now: shown(*time) }
            }
            CertificateError::ExpiredContext { time, not_after } => {
                Self::Expired { until: shown(*not_after), now: shown(*time) }
            }
            _ => Self::Other(error.to_string()),
        })
    }
}

fn shown(time: UnixTime) -> String {
    let time = i64::try_from(time.as_secs()).ok().and_then(|it| Timestamp::from_second(it).ok());
    time.map_or_else(|| "?".to_owned(), |time| time.strftime("%Y-%m-%d %H:%M UTC").to_string())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn of(error: CertificateError) -> Option<Untrusted> {
        Untrusted::of(&ureq::Error::Io(io::Error::other(Error::InvalidCertificate(error))))
    }

    #[test]
    fn a_clock_that_may_be_wrong_is_said_with_what_it_says() {
        let at = |seconds| UnixTime::since_unix_epoch(Duration::from_secs(seconds));
        let found = of(CertificateError::NotValidYetContext {
            time: at(60),
            not_before: at(1_764_547_200),
        });
        let said = found.unwrap().to_string();
        assert!(
            said.contains("1970-01-01 00:01 UTC") && said.contains("2025-12-01 00:00 UTC"),
            "{said}"
        );
        let found =
            of(CertificateError::ExpiredContext { time: at(1_764_547_200), not_after: at(60) });
        assert!(
            matches!(found, Some(Untrusted::Expired { until, .. }) if until.starts_with("1970"))
        );
        assert!(matches!(of(CertificateError::UnknownIssuer), Some(Untrusted::Other(_))));
        assert_eq!(Untrusted::of(&ureq::Error::HostNotFound), None);
        assert_eq!(Untrusted::of(&ureq::Error::Io(io::ErrorKind::TimedOut.into())), None);
    }
}
