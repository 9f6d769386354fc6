//! Robots of chat groups: `DingTalk`, `WeCom`, Feishu. Each has its own form, signature and limits.
//!
//! The text goes as plain text: what stands in a file's name is then no link and no format.

use jiff::Timestamp;
use serde_json::{Value, json};
use zshield_net::client::Connection;
use zshield_plan::policy::Robot;

use super::sign;
use crate::batch::Batch;
use crate::error::SendError;
use crate::http::{self, Answer};
use crate::secret;

/// Whose robot it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Maker {
    /// Alibaba's.
    DingTalk,
    /// Tencent's.
    WeCom,
    /// `ByteDance`'s.
    Feishu,
}

/// What is posted.
struct Post {
    /// Behind the robot's own address.
    query: String,
    body: Value,
}

impl Maker {
    /// The longest text that it takes, in bytes: `DingTalk` and Feishu take a body of 20 KB, `WeCom` a
    /// text of 2,048 bytes.
    pub(super) const fn limit(self) -> usize {
        match self {
            Self::DingTalk | Self::Feishu => 19_000,
            Self::WeCom => 2_000,
        }
    }

    /// What is posted at this time, in milliseconds since 1970.
    fn post(self, text: &str, secret: Option<&str>, now: i64) -> Post {
        match self {
            Self::DingTalk => Post {
                query: secret.map_or_else(String::new, |secret| {
                    // The key signs the time and itself.
                    let message = format!("{now}\n{secret}");
                    let signature = sign::base64(secret.as_bytes(), message.as_bytes());
                    format!("&timestamp={now}&sign={}", in_query(&signature))
                }),
                body: json!({ "msgtype": "text", "text": { "content": text } }),
            },
            Self::WeCom => Post {
                query: String::new(),
                body: json!({ "msgtype": "text", "text": { "content": text } }),
            },
            Self::Feishu => {
                let mut body = json!({ "msg_type": "text", "content": { "text": text } });
                if let (Some(secret), Some(fields)) = (secret, body.as_object_mut()) {
                    // The time and the secret are the key, and nothing is signed.
                    let seconds = now / 1000;
                    let key = format!("{seconds}\n{secret}");
                    fields.insert("timestamp".into(), seconds.to_string().into());
                    fields.insert("sign".into(), sign::base64(key.as_bytes(), b"").into());
                }
                Post { query: String::new(), body }
            }
        }
    }

    /// What its answer means.
    fn judged(self, answer: &Answer) -> Result<(), SendError> {
        let json: Value = serde_json::from_str(&answer.body).unwrap_or_default();
        // Feishu's older servers, which companies run themselves, know the second words alone.
        let (codes, messages): (&[&str], &[&str]) = match self {
            Self::DingTalk | Self::WeCom => (&["errcode"], &["errmsg"]),
            Self::Feishu => (&["code", "StatusCode"], &["msg", "StatusMessage"]),
        };
        let message = messages.iter().find_map(|word| json.get(word)?.as_str());
        let message = message.unwrap_or_default().chars().take(200).collect();
        let code = codes.iter().find_map(|word| json.get(word)?.as_i64());
        match code.unwrap_or_else(|| i64::from(answer.status)) {
            0 if answer.status == 200 => Ok(()),
            code if self.too_many().contains(&code) || answer.status == 429 => {
                Err(SendError::TooMany(message))
            }
            code => Err(SendError::Refused { code, message }),
        }
    }

    /// By these it says that it was told too much.
    const fn too_many(self) -> &'static [i64] {
        match self {
            Self::DingTalk => &[130_101, 410_100],
            Self::WeCom => &[45_009, 45_033],
            Self::Feishu => &[11_232],
        }
    }
}

/// How many of them would have taken a message, by one answer.
#[cfg(feature = "fuzzing")]
pub(crate) fn taken(status: u16, body: &str) -> usize {
    let answer = Answer { status, body: body.to_owned() };
    let makers = [Maker::DingTalk, Maker::WeCom, Maker::Feishu];
    makers.into_iter().filter(|maker| maker.judged(&answer).is_ok()).count()
}

/// Base64 as it stands in an address.
fn in_query(base64: &str) -> String {
    base64.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D")
}

pub(super) fn send(
    maker: Maker,
    sink: &Robot,
    proxy: Option<&str>,
    batch: &Batch,
) -> Result<(), SendError> {
    let url = secret::read(&sink.url_file)?;
    let secret = sink.secret_file.as_deref().map(secret::read).transpose()?;
    let now = Timestamp::now().as_millisecond();
    let post = maker.post(&batch.text(), secret.as_deref(), now);
    let url = format!("{url}{}", post.query);
    let connection = Connection { ca: sink.ca.as_deref(), proxy, ..Connection::default() };
    maker.judged(&http::post(&url, &[], post.body.to_string().as_bytes(), connection)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_600_000_000_123;

    #[test]
    fn each_robot_has_its_own_form() {
        let post = Maker::DingTalk.post("hello", None, NOW);
        assert_eq!(post.body, json!({"msgtype": "text", "text": {"content": "hello"}}));
        assert_eq!(post.query, "");
        let post = Maker::Feishu.post("hello", None, NOW);
        assert_eq!(post.body, json!({"msg_type": "text", "content": {"text": "hello"}}));
    }

    #[test]
    fn each_robot_has_its_own_signature() {
        // Worked out with Python's hmac, as the makers' examples do.
        let post = Maker::DingTalk.post("hello", Some("SECabc"), NOW);
        assert_eq!(post.query, DINGTALK);
        let post = Maker::Feishu.post("hello", Some("SECabc"), NOW);
        assert_eq!(post.body["timestamp"], "1600000000");
        assert_eq!(post.body["sign"], FEISHU);
    }

    const DINGTALK: &str =
        "&timestamp=1600000000123&sign=dX%2FFIkzCbxUw3eUs8sFyyR7rHPCvxGGVWJEP%2BDCXMMg%3D";
    const FEISHU: &str = "I5DG+X0JW7CHeTFcYEcWK0GRyeF0JHnOenO1RgUv07k=";

    #[test]
    fn answers_are_judged_by_the_robots_own_codes() {
        let answer = |body: &str| Answer { status: 200, body: body.into() };
        for (maker, good, bad, many) in [
            (Maker::DingTalk, r#"{"errcode":0}"#, r#"{"errcode":310000}"#, r#"{"errcode":130101}"#),
            (Maker::WeCom, r#"{"errcode":0}"#, r#"{"errcode":93000}"#, r#"{"errcode":45009}"#),
            (Maker::Feishu, r#"{"code":0}"#, r#"{"code":19021}"#, r#"{"code":11232}"#),
            (
                Maker::Feishu,
                r#"{"StatusCode":0,"StatusMessage":"success"}"#,
                r#"{"StatusCode":0,"StatusMessage":"success","code":19021,"msg":"sign match fail"}"#,
                r#"{"StatusCode":11232}"#,
            ),
        ] {
            assert!(maker.judged(&answer(good)).is_ok());
            assert!(matches!(maker.judged(&answer(bad)), Err(SendError::Refused { .. })));
            assert!(matches!(maker.judged(&answer(many)), Err(SendError::TooMany(_))));
            // Something in between answers for it: a proxy, a log-in page.
            assert!(maker.judged(&answer("<html>")).is_err());
            let gone = Answer { status: 502, body: good.into() };
            assert!(maker.judged(&gone).is_err());
        }
    }
}
