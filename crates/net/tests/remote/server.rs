//! A web server on loopback that does as it is told, and notes what it was asked for.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// A request.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// How many came before it.
    pub(crate) number: usize,
    pub(crate) path: String,
    headers: Vec<(String, String)>,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let named = |(key, _): &&(String, String)| key.eq_ignore_ascii_case(name);
        self.headers.iter().find(named).map(|(_, value)| value.as_str())
    }

    /// The first byte and the one behind the last.
    pub(crate) fn range(&self) -> (usize, usize) {
        let range = self.header("range").unwrap().strip_prefix("bytes=").unwrap();
        let (first, last) = range.split_once('-').unwrap();
        (first.parse().unwrap(), last.parse::<usize>().unwrap() + 1)
    }
}

/// What is answered.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    head: String,
    body: Vec<u8>,
    /// The connection ends after so many bytes of the body.
    cut: Option<usize>,
    /// Nothing more comes after so many bytes of the body, and the connection stays open.
    silent: Option<usize>,
}

impl Reply {
    pub(crate) fn raw(head: &str, body: &[u8]) -> Self {
        Self { head: head.to_owned(), body: body.to_vec(), cut: None, silent: None }
    }

    pub(crate) fn status(status: u16) -> Self {
        Self::raw(&format!("HTTP/1.1 {status} As told\r\nContent-Length: 0\r\n"), b"")
    }

    /// The whole of a file.
    pub(crate) fn whole(file: &[u8]) -> Self {
        let length = file.len();
        Self::raw(&format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n"), file)
    }

    /// What was asked for of a file.
    pub(crate) fn part(file: &[u8], request: &Request) -> Self {
        let (from, to) = request.range();
        let (length, to) = (file.len(), to.min(file.len()));
        if from >= length {
            let head = format!("HTTP/1.1 416 Not there\r\nContent-Range: bytes */{length}\r\n");
            return Self::raw(&(head + "Content-Length: 4\r\n"), b"none");
        }
        let (last, part) = (to - 1, &file[from..to]);
        let head = format!(
            "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes {from}-{last}/{length}\r\n\
             Content-Length: {}\r\n",
            part.len()
        );
        Self::raw(&head, part)
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.head.extend([name, ": ", value, "\r\n"]);
        self
    }

    pub(crate) fn cut(self, after: usize) -> Self {
        Self { cut: Some(after), ..self }
    }

    pub(crate) fn silent(self, after: usize) -> Self {
        Self { silent: Some(after), ..self }
    }
}

type Script = dyn Fn(&Request) -> Reply + Send + Sync;

/// The server. It ends with the process.
pub(crate) struct Server {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    pub(crate) fn new(script: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (script, log): (Arc<Script>, _) = (Arc::new(script), Arc::clone(&asked));
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (script, log) = (Arc::clone(&script), Arc::clone(&log));
                // A client that goes away in the middle is in order.
                thread::spawn(move || serve(&stream.unwrap(), &*script, &log));
            }
        });
        Self { address, asked }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) fn asked(&self) -> Vec<Request> {
        self.asked.lock().unwrap().clone()
    }

    /// The stretches that were asked for.
    pub(crate) fn ranges(&self) -> Vec<(usize, usize)> {
        self.asked().iter().map(Request::range).collect()
    }
}

fn serve(mut stream: &TcpStream, script: &Script, log: &Mutex<Vec<Request>>) -> Option<()> {
    let mut lines = BufReader::new(stream);
    loop {
        let request = {
            let (path, headers) = read(&mut lines)?;
            let mut log = log.lock().unwrap();
            let number = log.len();
            log.push(Request { number, path, headers });
            log.last()?.clone()
        };
        let Reply { head, body, cut, silent } = script(&request);
        stream.write_all(head.as_bytes()).ok()?;
        stream.write_all(b"\r\n").ok()?;
        let all = cut.or(silent).unwrap_or(body.len());
        stream.write_all(&body[..all]).ok()?;
        if cut.is_some() {
            return None;
        }
        if silent.is_some() {
            // Until the client goes.
            let _ = lines.read(&mut [0]);
            return None;
        }
    }
}

fn read(lines: &mut BufReader<&TcpStream>) -> Option<(String, Vec<(String, String)>)> {
    let mut first = String::new();
    lines.read_line(&mut first).ok()?;
    let path = first.split(' ').nth(1)?.to_owned();
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        lines.read_line(&mut line).ok()?;
        match line.trim_end().split_once(": ") {
            Some((name, value)) => headers.push((name.to_owned(), value.to_owned())),
            None => return Some((path, headers)),
        }
    }
}
