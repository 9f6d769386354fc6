//! Programs in Python that no distribution has: installed once, for the tests alone.

use std::path::PathBuf;

use anyhow::Result;

use crate::cache::{self, Key};
use crate::tool::{capture, tool};
use crate::work::Work;

/// An S3 server that knows users, policies and signatures.
const MOTO: &str = "moto[s3,server]==5.2.1";

/// The directory that it is installed in, for `PYTHONPATH`.
pub fn moto(work: &Work) -> Result<PathBuf> {
    let key = Key::default().text(MOTO);
    cache::made(work.directory("python")?.join("moto"), &key, |partial| {
        println!("installing {MOTO}");
        let mut pip = tool("python3", ["-m", "pip", "install", "--quiet", "--upgrade", "--target"]);
        capture(pip.arg(partial).args(["--root-user-action", "ignore", MOTO])).map(drop)
    })
}
