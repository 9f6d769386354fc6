//! What a server answers: pages of a list, and codes of errors. Nothing of it is trusted.

use std::error::Error;
use std::fmt;

use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::Event;

use crate::store::StoreProblem;

/// A page has so many objects, and is no longer.
pub(super) const PAGE: usize = 1000;
/// So many bytes of an answer are read that is no object. A name has 1024 at most, of which each may stand as `&#x…;`.
pub(super) const LONGEST_ANSWER: u64 = 8 << 20;
/// So long is a text between two tags at most.
const LONGEST_TEXT: usize = 8 << 10;
/// So deep are tags within tags.
const DEEPEST: usize = 16;

/// A page of a list.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Page {
    /// Names in the bucket, and how many bytes they have.
    pub(crate) objects: Vec<(String, u64)>,
    /// What to ask the next page with, where there is one.
    pub(crate) next: Option<String>,
}

/// Reads a page; `None` if it is none.
pub(crate) fn page(xml: &[u8]) -> Option<Page> {
    let mut page = Page::default();
    let (mut name, mut bytes, mut more, mut sound) = (None, None, None, true);
    let whole = each_text(xml, |path, text| match path {
        ["ListBucketResult", "Contents", "Key"] => {
            sound &= name.replace(text.to_owned()).is_none();
        }
        ["ListBucketResult", "Contents", "Size"] => {
            sound &= text.trim().parse().is_ok_and(|size: u64| bytes.replace(size).is_none());
        }
        ["ListBucketResult", "Contents"] => match (name.take(), bytes.take()) {
            (Some(name), Some(bytes)) => page.objects.push((name, bytes)),
            _ => sound = false,
        },
        ["ListBucketResult", "IsTruncated"] => more = text.trim().parse::<bool>().ok(),
        ["ListBucketResult", "NextContinuationToken"] => page.next = Some(text.to_owned()),
        _ => {}
    });
    let next = page.next.as_deref().is_some_and(|next| !next.is_empty());
    match more? {
        true if !next => return None,
        true => {}
        false => page.next = None,
    }
    (whole.is_some() && sound && page.objects.len() <= PAGE).then_some(page)
}

/// The code of an error, where it has one that looks like one.
pub(crate) fn error_code(xml: &[u8]) -> Option<String> {
    let mut code = None;
    // What comes behind it is for people, and may be cut.
    let _ = each_text(xml, |path, text| {
        if let ["Error", "Code"] = path {
            code.get_or_insert_with(|| text.trim().to_owned());
        }
    });
    let is_code = |code: &String| {
        (1..=64).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    code.filter(is_code)
}

/// Gives each element's path and text to `take`, when it ends. `None` if this is no document of a small depth.
fn each_text(xml: &[u8], mut take: impl FnMut(&[&str], &str)) -> Option<()> {
    let mut reader = Reader::from_reader(xml);
    let (mut path, mut text) = (Vec::<String>::new(), String::new());
    let mut end = |path: &mut Vec<String>, text: &mut String| {
        let names: Vec<&str> = path.iter().map(String::as_str).collect();
        take(&names, text);
        text.clear();
        path.pop();
    };
    loop {
        match reader.read_event().ok()? {
            Event::Start(tag) => {
                text.clear();
                path.push(String::from_utf8(tag.local_name().as_ref().to_vec()).ok()?);
            }
            Event::Empty(tag) => {
                text.clear();
                path.push(String::from_utf8(tag.local_name().as_ref().to_vec()).ok()?);
                end(&mut path, &mut text);
            }
            Event::End(_) => end(&mut path, &mut text),
            Event::Text(part) => text.push_str(&part.decode().ok()?),
            Event::CData(part) => text.push_str(&part.decode().ok()?),
            Event::GeneralRef(part) => match part.resolve_char_ref().ok()? {
                Some(character) => text.push(character),
                // Others are defined in a document of their own, which nobody reads.
                None => text.push_str(resolve_predefined_entity(&part.decode().ok()?)?),
            },
            Event::Decl(_) | Event::Comment(_) | Event::PI(_) => {}
            Event::DocType(_) => return None,
            Event::Eof => return path.is_empty().then_some(()),
        }
        if path.len() > DEEPEST || text.len() > LONGEST_TEXT {
            return None;
        }
    }
}

/// What a server has answered instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) status: u16,
    pub(super) code: String,
}

impl Refusal {
    /// What is wrong.
    pub(super) fn problem(self) -> StoreProblem {
        match (self.code.as_str(), self.status) {
            ("RequestTimeTooSkewed" | "RequestInTheFuture" | "RequestExpired", _) => {
                StoreProblem::Clock
            }
            ("NoSuchBucket", _) => StoreProblem::NoPlace,
            ("NoSuchKey" | "NoSuchVersion", _) | ("", 404) => StoreProblem::NoObject,
            (
                "InvalidAccessKeyId"
                | "SignatureDoesNotMatch"
                | "InvalidToken"
                | "ExpiredToken"
                | "TokenRefreshRequired"
                | "InvalidSecurity"
                | "InvalidClientTokenId",
                _,
            )
            | ("", 401) => StoreProblem::Credentials,
            ("AccessDenied" | "AllAccessDisabled" | "AccountProblem" | "MethodNotAllowed", _)
            | ("", 403 | 405) => StoreProblem::NotAllowed,
            ("QuotaExceeded" | "XMinioStorageFull" | "XMinioAdminBucketQuotaExceeded", _)
            | (_, 507) => StoreProblem::NoSpace,
            // What was sent did not arrive as it was.
            ("BadDigest" | "XAmzContentSHA256Mismatch" | "IncompleteBody", _) => {
                StoreProblem::Damaged(self.code)
            }
            (
                "RequestTimeout"
                | "SlowDown"
                | "InternalError"
                | "ServiceUnavailable"
                | "OperationAborted"
                | "ConditionalRequestConflict",
                _,
            )
            | (_, 408 | 429 | 500 | 502..=506 | 508..=599) => StoreProblem::Away(self.into()),
            _ => StoreProblem::Fault(self.into()),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the server answered {} {}", self.status, self.code)
    }
}

impl Error for Refusal {}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE_OF_TWO: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>b</Name><KeyCount>2</KeyCount>
  <IsTruncated>true</IsTruncated><NextContinuationToken>1/a&amp;b&#x3d;=</NextContinuationToken>
  <Contents><Key>keys/a&lt;&#39;</Key><Size>12</Size><Owner><ID>x</ID></Owner></Contents>
  <Contents><Size>0</Size><Key><![CDATA[a b]]></Key></Contents><CommonPrefixes><Prefix/></CommonPrefixes>
</ListBucketResult>"#;

    #[test]
    fn a_page_is_read() {
        let found = page(PAGE_OF_TWO.as_bytes()).unwrap();
        assert_eq!(found.objects, [("keys/a<'".to_owned(), 12), ("a b".to_owned(), 0)]);
        assert_eq!(found.next.as_deref(), Some("1/a&b=="));
        let last = PAGE_OF_TWO.replace(">true<", ">false<");
        assert_eq!(page(last.as_bytes()).unwrap().next, None);
    }

    #[test]
    fn what_is_no_page_is_none() {
        for (what, by) in [
            ("<Size>12</Size>", ""),
            ("<Size>12</Size>", "<Size>-12</Size>"),
            ("<Size>12</Size>", "<Size>12</Size><Size>13</Size>"),
            ("<IsTruncated>true</IsTruncated>", ""),
            ("1/a&amp;b&#x3d;=", ""),
            ("&amp;", "&unknown;"),
            ("</ListBucketResult>", ""),
            ("ListBucketResult", "html"),
            ("<Name>", "<!DOCTYPE x [<!ENTITY a \"b\">]><Name>"),
        ] {
            let changed = PAGE_OF_TWO.replace(what, by);
            assert_ne!(changed, PAGE_OF_TWO);
            assert_eq!(page(changed.as_bytes()), None, "{changed}");
        }
        assert_eq!(page(b""), None);
        assert_eq!(page("<a>".repeat(100).as_bytes()), None);
    }

    #[test]
    fn each_code_has_its_meaning() {
        let problem = |status, code: &str| {
            let xml = format!("<Error><Code>{code}</Code><Message>m</Message></Error>");
            let code = error_code(xml.as_bytes()).unwrap_or_default();
            Refusal { status, code }.problem()
        };
        assert!(matches!(problem(403, "RequestTimeTooSkewed"), StoreProblem::Clock));
        assert!(matches!(problem(404, "NoSuchBucket"), StoreProblem::NoPlace));
        assert!(matches!(problem(404, "NoSuchKey"), StoreProblem::NoObject));
        assert!(matches!(problem(404, "<html>"), StoreProblem::NoObject));
        assert!(matches!(problem(403, "InvalidAccessKeyId"), StoreProblem::Credentials));
        assert!(matches!(problem(403, "SignatureDoesNotMatch"), StoreProblem::Credentials));
        assert!(matches!(problem(403, "AccessDenied"), StoreProblem::NotAllowed));
        assert!(matches!(problem(503, "SlowDown"), StoreProblem::Away(_)));
        assert!(matches!(problem(502, "no code at all"), StoreProblem::Away(_)));
        assert!(matches!(problem(400, "BadDigest"), StoreProblem::Damaged(_)));
        assert!(matches!(problem(507, "Whatever"), StoreProblem::NoSpace));
        assert!(matches!(problem(301, "PermanentRedirect"), StoreProblem::Fault(_)));
    }
}
