//! How the texts are written: what a reader of either language would stumble over.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};

/// A line of a catalogue, and where it stands.
struct Line {
    place: String,
    text: String,
}

/// The lines of all catalogues of a language, without comments.
fn lines(language: &str) -> Vec<Line> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("i18n").join(language);
    let mut files: Vec<PathBuf> =
        fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let of_file = |file: PathBuf| {
        let text = fs::read_to_string(&file).unwrap();
        let numbered = (1..).zip(text.lines()).filter(|(_, line)| !line.starts_with('#'));
        let line = |(number, line): (usize, &str)| Line {
            place: format!("{}:{number}", file.display()),
            text: line.to_owned(),
        };
        numbered.map(line).collect::<Vec<_>>()
    };
    files.into_iter().flat_map(of_file).collect()
}

/// The places of the lines in which something is found.
fn places(language: &str, found: impl Fn(&str) -> bool) -> Vec<String> {
    let lines = lines(language);
    assert!(lines.len() > 500, "{language} has {} lines", lines.len());
    lines.into_iter().filter(|line| found(&line.text)).map(|line| line.place).collect()
}

/// Whether it is a character of Chinese, as far as the catalogues use them.
const fn is_chinese(character: char) -> bool {
    matches!(character, '\u{4e00}'..='\u{9fff}')
}

/// Whether a mark of another width than the text's stands beside a Chinese character.
fn has_narrow_mark(text: &str) -> bool {
    let beside = |(one, other): (char, char)| {
        is_chinese(one) && matches!(other, ',' | ';' | ':' | '?' | '!' | '(' | ')')
            || matches!(one, '(' | ')') && is_chinese(other)
    };
    text.chars().zip(text.chars().skip(1)).any(beside)
}

/// Whether a Chinese character and a Latin letter or a digit touch each other.
fn has_no_gap(text: &str) -> bool {
    let touch = |(one, other): (char, char)| {
        is_chinese(one) && other.is_ascii_alphanumeric()
            || one.is_ascii_alphanumeric() && is_chinese(other)
    };
    text.chars().zip(text.chars().skip(1)).any(touch)
}

#[test]
fn chinese_texts_have_chinese_marks() {
    assert!(
        has_narrow_mark("错误:文件") && has_narrow_mark("密钥(旧)") && has_narrow_mark("是吗?")
    );
    assert!(!has_narrow_mark("错误：文件（chattr +i）") && !has_narrow_mark("0:41 秒"));
    assert_eq!(places("zh", has_narrow_mark), [""; 0]);
}

#[test]
fn chinese_and_latin_are_one_space_apart() {
    assert!(has_no_gap("按S键") && has_no_gap("64GiB的") && !has_no_gap("按 S 键，SSD。"));
    assert_eq!(places("zh", has_no_gap), [""; 0]);
}

#[test]
fn one_thing_has_one_name() {
    for (language, other, instead) in [
        ("en", "folder", "directory"),
        ("zh", "文件夹", "目录"),
        ("zh", "黄金镜像", "Golden Image"),
        ("zh", "最新备份", "最近备份"),
        ("zh", "口令", "密码"),
        ("zh", "作任何更改", "做任何更改"),
        ("zh", "渠道", "接收端"),
        ("zh", "验证", "校验"),
        ("zh", "解包", "解压"),
        ("zh", "差别", "差异"),
        ("zh", "所有者", "属主"),
        ("zh", "用途", "角色"),
        ("zh", "应急", "安装 U 盘"),
    ] {
        let said = |text: &str| text.to_lowercase().contains(other);
        assert_eq!(places(language, said), [""; 0], "{other} is said: say {instead}");
    }
}
