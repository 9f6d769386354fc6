//! A file on a web server, against a server that cuts, lies, is silent and comes back.

#![allow(clippy::unwrap_used)]

mod broken;
mod hostile;
mod read;
mod server;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use server::Server;
use zshield_net::address::WebAddress;
use zshield_net::client::Connection;
use zshield_net::remote::{FetchError, Patience, Pause, Remote, Waits};

/// Notes the waits, and does not wait.
#[derive(Clone, Default)]
struct Noted(Arc<Mutex<Vec<Pause>>>);

impl Waits for Noted {
    fn wait(&self, pause: &Pause) {
        self.0.lock().unwrap().push(pause.clone());
    }
}

impl Noted {
    fn seconds(&self) -> Vec<u64> {
        self.0.lock().unwrap().iter().map(|pause| pause.wait.as_secs()).collect()
    }
}

/// The file at an address, with so much patience for silence that no busy machine uses it up.
fn at(url: &str) -> (Remote, Noted) {
    with_silence(url, Duration::from_mins(2))
}

fn with_silence(url: &str, silence: Duration) -> (Remote, Noted) {
    let patience = Patience { silence, ..Patience::default() };
    let (address, noted) = (WebAddress::parse(url).unwrap(), Noted::default());
    let waits = Box::new(noted.clone());
    (Remote::open(address, Connection::default(), patience, waits).unwrap(), noted)
}

fn of(server: &Server) -> (Remote, Noted) {
    at(&server.url("/a/b.zsb"))
}

/// Bytes of which no two places are alike.
fn file(length: usize) -> Vec<u8> {
    let mut chance = fastrand::Rng::with_seed(length as u64);
    std::iter::repeat_with(|| chance.u8(..)).take(length).collect()
}

fn bytes(remote: &Remote, from: usize, to: usize) -> Vec<u8> {
    let mut bytes = vec![0; to - from];
    remote.read_exact_at(&mut bytes, from as u64).unwrap();
    bytes
}

/// Why a stretch can't be read.
fn refused(remote: &Remote, from: u64, length: usize) -> FetchError {
    let error = remote.read_exact_at(&mut vec![0; length], from).unwrap_err();
    assert_ne!(error.kind(), std::io::ErrorKind::UnexpectedEof, "{error}");
    error.downcast().unwrap()
}
