//! A thread that renews a lease for as long as it is used.

use std::io;
use std::net::UdpSocket;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Instant;

use zshield_linux::link::Link;

use super::lent::Lent;
use super::wait;
use crate::dhcp::{Due, Lease, Renewal, Renewed, SERVER_PORT};
use crate::dns::Dns;

/// Renews until it is dropped.
#[derive(Debug)]
pub(super) struct Keeper {
    lost: Arc<AtomicBool>,
    /// Closed, it ends the thread.
    end: Option<UnixStream>,
    thread: Option<JoinHandle<()>>,
}

impl Keeper {
    /// Begins with a lease that the link has by now. What belongs to later ones is told to `names`.
    pub(super) fn begin(lent: Lent, names: Arc<Dns>) -> io::Result<Self> {
        let Lent { link, socket, lease, since } = lent;
        let (end, ended) = UnixStream::pair()?;
        let lost = Arc::new(AtomicBool::new(false));
        let renewal = Renewal::new(link.hardware(), fastrand::u32(..), lease.clone(), since);
        let mut kept = Kept { link, socket, lease, renewal, names };
        let told = Arc::clone(&lost);
        let thread = thread::Builder::new().name("dhcp".to_owned()).spawn(move || {
            if kept.until(&ended) == End::Lost {
                told.store(true, Ordering::Release);
                kept.give_up();
            }
        })?;
        Ok(Self { lost, end: Some(end), thread: Some(thread) })
    }

    /// Whether the address is not this machine's any more.
    pub(super) fn has_lost(&self) -> bool {
        self.lost.load(Ordering::Acquire)
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        drop(self.end.take());
        if let Some(thread) = self.thread.take() {
            // One that has panicked has ended too.
            let _ = thread.join();
        }
    }
}

/// Why the thread ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// It is not needed any more.
    Asked,
    /// The address is another's.
    Lost,
}

struct Kept {
    link: Link,
    socket: UdpSocket,
    lease: Lease,
    renewal: Renewal,
    names: Arc<Dns>,
}

impl Kept {
    fn until(&mut self, ended: &UnixStream) -> End {
        loop {
            let until = match self.renewal.next(Instant::now()) {
                Due::Expired => return End::Lost,
                Due::Wait(until) => until,
                Due::Send(to, datagram) => {
                    // It is sent again anyway, while there is time.
                    if let Err(error) = self.socket.send_to(&datagram, (to, SERVER_PORT)) {
                        tracing::warn!(%error, "the lease is not renewed yet");
                    }
                    continue;
                }
            };
            match wait(&[&ended.as_fd(), &self.socket.as_fd()], until).as_deref() {
                Ok([false, _]) => {}
                Ok(_) => return End::Asked,
                // Nothing can be renewed any more.
                Err(_) => return End::Lost,
            }
            if self.listen() == Some(Renewed::Withdrawn) {
                return End::Lost;
            }
        }
    }

    fn listen(&mut self) -> Option<Renewed> {
        let mut buffer = [0; 2048];
        while let Ok(length) = self.socket.recv(&mut buffer) {
            let renewed = self.renewal.take(buffer.get(..length).unwrap_or_default());
            if let Some(Renewed::Longer(lease)) = &renewed {
                self.took(lease);
            }
            if renewed.is_some() {
                return renewed;
            }
        }
        None
    }

    /// What belongs to the address may be other than before.
    fn took(&mut self, lease: &Lease) {
        tracing::info!(address = %lease.address, "the lease is renewed");
        self.names.set(&lease.name_servers, lease.domain.as_deref());
        if let Some(router) = lease.router.filter(|_| lease.router != self.lease.router)
            && let Err(error) = self.link.set_default_route(router)
        {
            tracing::warn!(%error, %router, "the new router is not used");
        }
        self.lease.router = lease.router;
    }

    fn give_up(&self) {
        tracing::warn!(address = %self.lease.address, "the lease is lost");
        if let Err(error) = self.link.remove_address(self.lease.address, self.lease.prefix) {
            tracing::warn!(%error, "the address stays");
        }
    }
}
