//! Objects in a bucket of a server that speaks S3.

mod answer;
mod client;
mod place;
mod sign;

use std::ops::Range;

use bytes::Bytes;
use sha2::{Digest as _, Sha256};

use super::{
    Bandwidth, Object, ObjectKind, ObjectName, ObjectStore, StoreError, StoreProblem, Stored,
};
use answer::{PAGE, Refusal};
use client::{Client, Digests};
use sign::Request;

#[cfg(feature = "fuzzing")]
pub(super) use answer::{error_code, page};
pub use place::{S3Credentials, S3Place, S3PlaceError, Style};

/// No list has more pages: a server that answers one after the other for ever is ended.
const MOST_PAGES: usize = 20_000;

/// A bucket.
///
/// What is written is new: an object that is there is not written over, neither by this (it asks first) nor by a
/// server that knows conditions (`If-None-Match: *`). Removing needs a right of its own, which the nightly copy does
/// not need: `s3:ListBucket`, `s3:GetObject` and `s3:PutObject` are enough.
///
/// A bucket with *versions* keeps what is removed or written over by whoever has these rights; with an *object lock*
/// nobody removes it before its time. Neither is asked for here: where the bucket has them on, they hold. Each object
/// comes with the digests that a bucket with a lock demands. A removed object is then one that is no longer listed,
/// and its room comes back when the bucket's own rules say so.
#[derive(Debug)]
pub struct S3 {
    client: Client,
}

impl S3 {
    /// A bucket, for one who may use it.
    pub fn new(place: S3Place, credentials: S3Credentials) -> Self {
        Self { client: Client::new(place, credentials) }
    }

    /// The same, no faster than this.
    #[must_use]
    pub fn limited(mut self, bandwidth: Bandwidth) -> Self {
        self.client.bandwidth = Some(bandwidth);
        self
    }

    fn place(&self) -> &S3Place {
        &self.client.place
    }

    fn of_object(&self, method: &'static str, object: Object) -> Request {
        let path = self.place().path(&format!("{}{}", self.place().prefix, object.path()));
        Request::new(method, &path, &[])
    }

    /// One page of all whose path begins so.
    fn page(
        &self,
        beginning: &str,
        most: usize,
        next: Option<&str>,
    ) -> Result<answer::Page, StoreProblem> {
        let (prefix, most) = (format!("{}{beginning}", self.place().prefix), most.to_string());
        let mut query = vec![("list-type", "2"), ("max-keys", &most), ("prefix", &prefix)];
        query.extend(next.map(|next| ("continuation-token", next)));
        let request = Request::new("GET", &self.place().path(""), &query);
        let answer = self.client.ask(request, answer::LONGEST_ANSWER)?;
        answer::page(&answer).ok_or_else(|| StoreProblem::Damaged("no list".to_owned()))
    }

    fn list_all(&self, kind: ObjectKind) -> Result<Vec<Stored>, StoreProblem> {
        let beginning = kind.directory().map_or("config".to_owned(), |name| format!("{name}/"));
        let (mut found, mut next) = (Vec::new(), None::<String>);
        for _ in 0..MOST_PAGES {
            let page = self.page(&beginning, PAGE, next.as_deref())?;
            found.extend(page.objects.iter().filter_map(|(path, bytes)| {
                let path = path.strip_prefix(&self.place().prefix)?;
                named(kind, path).map(|name| Stored { name, bytes: *bytes })
            }));
            match page.next {
                None => return Ok(found),
                Some(after) if next.as_ref() == Some(&after) => break,
                Some(after) => next = Some(after),
            }
        }
        Err(StoreProblem::Damaged("the list does not end".to_owned()))
    }

    fn read_part(&self, object: Object, range: Range<u64>) -> Result<Bytes, StoreProblem> {
        let Some(bytes) = range.end.checked_sub(range.start) else {
            return Err(StoreProblem::Damaged("it ends before it begins".to_owned()));
        };
        if bytes == 0 {
            return Ok(Bytes::new());
        }
        let asked = format!("bytes={}-{}", range.start, range.end - 1);
        let answer =
            self.client.ask(self.of_object("GET", object).header("range", asked), bytes)?;
        if answer.len() as u64 == bytes {
            return Ok(answer);
        }
        Err(StoreProblem::Damaged(format!("{} of {bytes} bytes", answer.len())))
    }

    fn write_new(&self, object: Object, content: &[Bytes]) -> Result<(), StoreProblem> {
        if self.is_there(object)? {
            return Ok(());
        }
        let digests = Digests::of(content);
        let request = |condition: bool| {
            let request = self
                .of_object("PUT", object)
                .header("content-md5", digests.md5())
                .header("x-amz-checksum-sha256", digests.sha256());
            if condition { request.header("if-none-match", "*") } else { request }
        };
        match self.client.send(request(true), content, digests.digest) {
            // Somebody else has written it meanwhile.
            Err((Some(Refusal { status: 412, .. }), _)) => Ok(()),
            // It knows no conditions.
            Err((Some(Refusal { status: 501, .. }), _)) => self
                .client
                .send(request(false), content, digests.digest)
                .map_err(|(_, problem)| problem),
            sent => sent.map_err(|(_, problem)| problem),
        }
    }

    /// Whether an object is there. An answer to `HEAD` says no more than a number: what is refused is then refused
    /// to whoever writes it, with its reason.
    fn is_there(&self, object: Object) -> Result<bool, StoreProblem> {
        match self.client.ask(self.of_object("HEAD", object), 0) {
            Ok(_) => Ok(true),
            Err(StoreProblem::Away(error)) => Err(StoreProblem::Away(error)),
            Err(StoreProblem::Identity(error)) => Err(StoreProblem::Identity(error)),
            Err(_) => Ok(false),
        }
    }

    fn failed(&self, what: impl Into<String>) -> impl FnOnce(StoreProblem) -> StoreError {
        let what = what.into();
        move |problem| StoreError::new(self.location(), what, problem)
    }
}

impl ObjectStore for S3 {
    fn location(&self) -> String {
        self.place().to_string()
    }

    /// Asks whether the bucket is there, and may be used.
    fn prepare(&self) -> Result<(), StoreError> {
        self.page("", 1, None).map(drop).map_err(self.failed("prepare"))
    }

    fn list(&self, kind: ObjectKind) -> Result<Vec<Stored>, StoreError> {
        self.list_all(kind).map_err(self.failed(format!("list {kind}")))
    }

    fn read(&self, object: Object) -> Result<Bytes, StoreError> {
        let read = self.client.ask(self.of_object("GET", object), client::LARGEST);
        read.map_err(self.failed(format!("read {}", object.path())))
    }

    fn read_range(&self, object: Object, range: Range<u64>) -> Result<Bytes, StoreError> {
        let read = self.read_part(object, range);
        read.map_err(self.failed(format!("read {}", object.path())))
    }

    fn write(&self, object: Object, content: &[Bytes]) -> Result<(), StoreError> {
        let written = self.write_new(object, content);
        written.map_err(self.failed(format!("write {}", object.path())))
    }

    fn remove(&self, object: Object) -> Result<(), StoreError> {
        match self.client.ask(self.of_object("DELETE", object), answer::LONGEST_ANSWER) {
            Ok(_) | Err(StoreProblem::NoObject) => Ok(()),
            Err(problem) => Err(self.failed(format!("remove {}", object.path()))(problem)),
        }
    }
}

/// The name of the object of this kind that has this path.
fn named(kind: ObjectKind, path: &str) -> Option<ObjectName> {
    let name = match kind {
        ObjectKind::Config => Object::CONFIG.name,
        ObjectKind::Key | ObjectKind::Snapshot | ObjectKind::Index | ObjectKind::Pack => {
            ObjectName::parse(path.rsplit('/').next()?.as_bytes())?
        }
    };
    (Object { kind, name }.path() == path).then_some(name)
}

/// The digest of nothing: of requests without a body.
fn of_nothing() -> [u8; 32] {
    Sha256::digest([]).into()
}
