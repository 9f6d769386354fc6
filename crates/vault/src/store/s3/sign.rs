//! Signatures of requests: AWS Signature Version 4, in a header.
//!
//! In a header and not in the address: it is in no log of addresses, and it covers the digest of what is sent.

use std::fmt::Write as _;

use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sha2::{Digest as _, Sha256};

use super::place::{S3Credentials, S3Place};

/// What stands for itself in paths and queries.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
const RESERVED_IN_PATH: &AsciiSet = &RESERVED.remove(b'/');

/// One request, as it is signed and sent.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) method: &'static str,
    /// The path, encoded.
    path: String,
    /// The query, encoded and in order.
    query: String,
    /// Names in small letters.
    pub(super) headers: Vec<(&'static str, String)>,
}

impl Request {
    /// A request for a path below the place.
    pub(super) fn new(method: &'static str, path: &str, query: &[(&str, &str)]) -> Self {
        let encoded = |text| utf8_percent_encode(text, RESERVED).to_string();
        let mut pairs: Vec<String> = query
            .iter()
            .map(|(name, value)| format!("{}={}", encoded(name), encoded(value)))
            .collect();
        pairs.sort_unstable();
        Self {
            method,
            path: utf8_percent_encode(path, RESERVED_IN_PATH).to_string(),
            query: pairs.join("&"),
            headers: Vec::new(),
        }
    }

    /// Adds a header that is signed.
    pub(super) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// The whole address.
    pub(super) fn address(&self, origin: &str) -> String {
        let mark = if self.query.is_empty() { "" } else { "?" };
        format!("{origin}{}{mark}{}", self.path, self.query)
    }

    /// Signs it: who asks, when, and what is sent.
    pub(super) fn sign(
        &mut self,
        place: &S3Place,
        credentials: &S3Credentials,
        digest: [u8; 32],
        now: Timestamp,
    ) {
        let (day, time) = (now.strftime("%Y%m%d").to_string(), now.strftime("%Y%m%dT%H%M%SZ"));
        let digest = hex(&digest);
        self.headers.push(("x-amz-date", time.to_string()));
        self.headers.push(("x-amz-content-sha256", digest.clone()));
        if let Some(token) = &credentials.session_token {
            self.headers.push(("x-amz-security-token", token.clone()));
        }
        let (canonical, names) = self.canonical(&place.host(), &digest);
        let scope = format!("{day}/{}/s3/aws4_request", place.region);
        let canonical = hex(&Sha256::digest(canonical));
        let text = format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{canonical}");
        let mut key = format!("AWS4{}", credentials.secret).into_bytes();
        for part in [day.as_str(), &place.region, "s3", "aws4_request"] {
            key = code(&key, part);
        }
        let (id, signature) = (&credentials.key_id, hex(&code(&key, &text)));
        self.headers.push((
            "authorization",
            format!(
                "AWS4-HMAC-SHA256 Credential={id}/{scope},SignedHeaders={names},Signature={signature}"
            ),
        ));
    }

    /// The text that is signed, and the names of the headers in it.
    fn canonical(&self, host: &str, digest: &str) -> (String, String) {
        let mut headers: Vec<(&str, &str)> =
            self.headers.iter().map(|(name, value)| (*name, value.trim())).collect();
        headers.push(("host", host));
        headers.sort_unstable();
        let names: Vec<&str> = headers.iter().map(|(name, _)| *name).collect();
        let names = names.join(";");
        let lines = headers
            .iter()
            .fold(String::new(), |lines, (name, value)| lines + name + ":" + value + "\n");
        let Self { method, path, query, .. } = self;
        (format!("{method}\n{path}\n{query}\n{lines}\n{names}\n{digest}"), names)
    }
}

/// In hexadecimal digits.
fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Of memory there is enough for a line.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn code(key: &[u8], message: &str) -> Vec<u8> {
    // HMAC takes keys of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return Vec::new() };
    mac.update(message.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

#[cfg(test)]
mod tests {
    use super::super::place::Style;
    use super::*;

    /// The examples of AWS's documentation, «Signature Calculations for the Authorization Header».
    fn signed(mut request: Request, digest: [u8; 32]) -> String {
        let place =
            S3Place::new("https://s3.amazonaws.com", "examplebucket", "us-east-1", Style::Host, "");
        let credentials = S3Credentials {
            key_id: "AKIAIOSFODNN7EXAMPLE".to_owned(),
            secret: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".to_owned(),
            session_token: None,
        };
        let then = Timestamp::from_second(1_369_353_600).unwrap();
        request.sign(&place.unwrap(), &credentials, digest, then);
        let (_, value) = request.headers.pop().unwrap();
        value.rsplit('=').next().unwrap().to_owned()
    }

    fn empty() -> [u8; 32] {
        Sha256::digest([]).into()
    }

    #[test]
    fn signatures_are_those_of_the_documentation() {
        let get = Request::new("GET", "/test.txt", &[]).header("range", "bytes=0-9");
        assert_eq!(
            signed(get, empty()),
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
        );
        let put = Request::new("PUT", "/test$file.text", &[])
            .header("date", "Fri, 24 May 2013 00:00:00 GMT")
            .header("x-amz-storage-class", "REDUCED_REDUNDANCY");
        assert_eq!(
            signed(put, Sha256::digest("Welcome to Amazon S3.").into()),
            "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"
        );
        let list = Request::new("GET", "/", &[("prefix", "J"), ("max-keys", "2")]);
        assert_eq!(
            signed(list, empty()),
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"
        );
    }

    #[test]
    fn what_is_not_plain_is_encoded() {
        let request = Request::new("GET", "/a b/ü", &[("token", "1/2=+ ")]);
        assert_eq!(request.address("http://h"), "http://h/a%20b/%C3%BC?token=1%2F2%3D%2B%20");
    }
}
