//! Words on the command line and in files that no program should be given by accident, and those that it must be given
//! byte for byte.

use std::ffi::OsString;
use std::fs;
use std::io::Write as _;
use std::os::unix::ffi::OsStringExt as _;
use std::path::Path;

use rstest::rstest;
use tempfile::tempdir;

use super::SAVES;
use crate::support::{End, Running, Start, Wrapper, copy_executable, probe};

fn start<W: Into<OsString>>(dir: &Path, words: impl IntoIterator<Item = W>) -> Running {
    let dir = dir.to_owned();
    let all = std::iter::once(env!("CARGO_BIN_EXE_ckwrap").into()).chain(words.into_iter().map(Into::into));
    Start::new(&Wrapper::bare(), all.collect::<Vec<OsString>>())
        .set(move |command| {
            command.current_dir(dir);
        })
        .go()
}

/// The arguments that the program was given, as the probe has written them.
fn given(dir: &Path) -> Vec<String> {
    let report = fs::read_to_string(dir.join("report")).unwrap();
    report.lines().filter_map(|line| line.strip_prefix("arg: ")).map(str::to_owned).collect()
}

#[rstest]
#[case::plain(&["a", "b"])]
#[case::empty(&["", "", "x", ""])]
#[case::dashes(&["--", "-", "---", "--config", "-h", "--help", "--version", "run"])]
#[case::its_own_dashes(&["sub", "--", "--fresh"])]
#[case::blanks(&[" ", "\t", "two\nlines", " a  b "])]
#[case::shell(&["$HOME", "`id`", "$(id)", "*", "~", "a;b", "'", "\"", "\\", "{checkpoint}", "{{}}", "%j", "!!"])]
#[case::control(&["\u{1b}[2J", "\u{7f}", "\u{1}", "é", "日本"])]
fn arguments_are_given_word_for_word(
    #[case] words: &[&str],
    #[values("", "--engine local --time-limit 1h")] options: &str,
) {
    let dir = tempdir().unwrap();
    let head = options
        .split_whitespace()
        .chain(["--", probe().to_str().unwrap(), "status", "report"])
        .map(OsString::from)
        .collect::<Vec<_>>();
    let mut run = start(dir.path(), head.into_iter().chain(words.iter().map(OsString::from)));
    assert_eq!(run.end(), End::Code(0), "{}", run.all_errors());
    let expected: Vec<String> = words.iter().map(|word| word.as_bytes().escape_ascii().to_string()).collect();
    assert_eq!(given(dir.path())[3..], expected);
}

#[test]
fn arguments_need_not_be_utf_8() {
    let dir = tempdir().unwrap();
    let odd = OsString::from_vec((1..=255).collect());
    let words = ["--engine", "local", "--time-limit", "1h", "--"].map(OsString::from);
    let program = [probe().into_os_string(), "status".into(), "report".into(), odd];
    let mut run = start(dir.path(), words.into_iter().chain(program));
    assert_eq!(run.end(), End::Code(0), "{}", run.all_errors());
    let expected: Vec<u8> = (1..=255).collect();
    assert_eq!(given(dir.path())[3], expected.escape_ascii().to_string());
    // The journal takes them too.
    let journal = fs::read_to_string(dir.path().join(".ckwrap/local/journal.jsonl")).unwrap();
    assert!(journal.contains("segment_started") && journal.contains("chain_finished"), "{journal}");
}

/// One and a half megabytes in words of up to 100 kB, near to what Linux takes at all; the journal stays readable.
#[test]
fn megabytes_of_arguments() {
    let dir = tempdir().unwrap();
    let words = ["--engine", "local", "--time-limit", "1h", "--"].map(OsString::from);
    let program = [probe().into_os_string(), "status".into(), "report".into()];
    let long: Vec<OsString> = (0..19).map(|number| number.to_string().repeat(50_000).into()).collect();
    let mut run = start(dir.path(), words.into_iter().chain(program).chain(long.clone()));
    assert_eq!(run.end(), End::Code(0), "{}", run.all_errors());
    let expected: Vec<String> = long.into_iter().map(|word| word.into_string().unwrap()).collect();
    assert!(given(dir.path())[3..] == expected);
    let journal = fs::metadata(dir.path().join(".ckwrap/local/journal.jsonl")).unwrap().len();
    assert!(journal < 256 * 1024, "{journal}");
    let mut status = start(dir.path(), ["status"]);
    assert_eq!(status.end(), End::Code(0), "{}", status.all_errors());
}

#[rstest]
#[case::none(&[], 125, "ckwrap -- ./sim")]
#[case::only_dashes(&["--"], 125, "ckwrap -- ./sim")]
#[case::without_dashes(&["/bin/true"], 125, "after two dashes")]
#[case::an_empty_name(&["--", ""], 127, "")]
#[case::dashes_as_the_name(&["--", "--"], 127, "--")]
#[case::a_name_like_an_option(&["--", "-sim"], 127, "-sim")]
#[case::a_name_like_help(&["--", "--help"], 127, "--help")]
#[case::a_directory(&["--", "/"], 126, "/")]
#[case::a_slash(&["--", "./"], 126, "./")]
#[case::no_program(&["--", "./none"], 127, "./none")]
#[case::an_option_without_value(&["--lead"], 125, "--lead")]
#[case::an_option_twice(&["--lead", "1m", "--lead", "2m", "--", "/bin/true"], 125, "--lead")]
#[case::short_options_in_one(&["-qv", "--", "/bin/true"], 125, "--verbose")]
fn a_command_that_is_none(#[case] words: &[&str], #[case] code: i32, #[case] part: &str) {
    let dir = tempdir().unwrap();
    let mut run = start(dir.path(), words.iter().copied());
    let end = run.end();
    let said = run.all_errors();
    assert_eq!(end, End::Code(code), "{said}");
    assert!(said.contains(part) && said.starts_with("ckwrap: "), "{said}");
    assert!(!dir.path().join(".ckwrap").exists());
}

/// A program whose name begins with a dash, or holds a blank, is a program like any other.
#[rstest]
#[case("-sim")]
#[case("--")]
#[case("a b")]
#[case("*")]
fn a_program_with_an_odd_name_is_run(#[case] name: &str) {
    let dir = tempdir().unwrap();
    copy_executable(Path::new("/bin/sh"), &dir.path().join(name));
    let path = dir.path().to_owned();
    for word in [name.to_owned(), format!("./{name}")] {
        let path = path.clone();
        let words = [word, "-c".to_owned(), "exit 7".to_owned()];
        let mut run = Start::new(&Wrapper::ckwrap("--engine local --time-limit 1h --fresh"), words)
            .set(move |command| {
                command.env("PATH", &path).current_dir(path);
            })
            .go();
        assert_eq!(run.end(), End::Code(7), "{}", run.all_errors());
    }
}

/// What is no time, in the list that coreutils tests its `timeout` with, and more.
#[rstest]
fn what_is_no_duration(
    #[values("--lead", "--time-limit")] option: &str,
    #[values(
        "",
        " ",
        "nan",
        "-nan",
        "inf",
        "infinity",
        "-1",
        "-5m",
        "+5m",
        "1e400s",
        "1e3",
        "0x10",
        "1x",
        ".5m",
        "5m5",
        "5 5 m m",
        "٣m",
        "1:2:3:4",
        "1-",
        "-1-0",
        "1:60:1:1",
        "1::2",
        "99999999999d",
        "18446744073709551616s",
        "9999999999999999999999999999999y",
        "five",
        "5m;id"
    )]
    value: &str,
) {
    let dir = tempdir().unwrap();
    let word = format!("{option}={value}");
    let mut run = start(
        dir.path(),
        ["--engine", "local", "--time-limit=2h", &word, "--", SAVES[0], SAVES[1], SAVES[2]]
            .into_iter()
            .filter(|word| option != "--time-limit" || *word != "--time-limit=2h"),
    );
    let end = run.end();
    let said = run.all_errors();
    assert_eq!(end, End::Code(125), "{said}");
    assert!(said.contains(option) && !dir.path().join("runs").exists(), "{said}");
}

#[rstest]
fn what_is_no_signal(
    #[values(
        "",
        "0",
        "-1",
        "65",
        "999",
        "SIG",
        "SIGSIGUSR1",
        "USR3",
        "usr1x",
        "RTMIN+99",
        "RTMAX+1",
        "KILL",
        "STOP",
        "SIGKILL",
        "10.0",
        "1e1",
        "USR1 USR2"
    )]
    value: &str,
) {
    let dir = tempdir().unwrap();
    let word = format!("--signal={value}");
    let mut run = start(
        dir.path(),
        ["--engine", "local", "--time-limit=2h", &word, "--", SAVES[0], SAVES[1], SAVES[2]],
    );
    let end = run.end();
    let said = run.all_errors();
    assert_eq!(end, End::Code(125), "{said}");
    assert!(said.contains("--signal") && !dir.path().join("runs").exists(), "{said}");
}

/// Files that no editor writes, and some that one does: refused with a place, or read as meant; never half, and quickly.
#[rstest]
#[case::a_byte_order_mark(b"\xef\xbb\xbfcontinue: {max_segments: 1}\n", None)]
#[case::dos_lines(b"continue:\r\n  max_segments: 1\r\n", None)]
#[case::no_last_newline(b"continue: {max_segments: 1}", None)]
#[case::empty(b"", None)]
#[case::only_a_comment(b"# nothing\n", None)]
#[case::not_utf_8(b"chain: \xff\xfe\n", Some("UTF-8"))]
#[case::utf_16(b"\xff\xfec\x00h\x00", Some("UTF-8"))]
#[case::nul(b"chain: a\x00b\n", Some("ckwrap.yaml"))]
#[case::two_documents(b"continue: {max_segments: 1}\n---\ncontinue: {max_segments: 2}\n", Some("document"))]
#[case::a_list(b"- a\n- b\n", Some("ckwrap.yaml"))]
#[case::a_text(b"hello\n", Some("ckwrap.yaml"))]
#[case::merged(b"a: &a {max_segments: 1}\ncontinue: {<<: *a}\n", Some("ckwrap.yaml"))]
#[case::an_anchor(b"checkpoint: &x {lead: 5m}\n", Some("ckwrap.yaml"))]
fn a_file_of_odd_bytes(#[case] bytes: &[u8], #[case] refused: Option<&str>) {
    let dir = tempdir().unwrap();
    fs::write(dir.path().join("ckwrap.yaml"), bytes).unwrap();
    let mut run =
        start(dir.path(), ["--engine", "local", "--time-limit=1h", "--", "/bin/sh", "-c", "exit 0"]);
    let end = run.end();
    let said = run.all_errors();
    match refused {
        None => assert_eq!(end, End::Code(0), "{said}"),
        Some(part) => {
            assert_eq!(end, End::Code(125), "{said}");
            assert!(said.contains(part), "{said}");
        }
    }
}

#[rstest]
#[case::anchors(Bomb::Anchors)]
#[case::brackets(Bomb::Nested)]
#[case::a_gigabyte(Bomb::Gigabyte)]
#[case::a_long_line(Bomb::Line)]
fn a_file_that_is_a_bomb_is_refused_at_once(#[case] bomb: Bomb) {
    let dir = tempdir().unwrap();
    bomb.write(&dir.path().join("ckwrap.yaml"));
    let words = ["--engine", "local", "--time-limit=1h", "--", "/bin/sh", "-c", "echo started"];
    let folder = dir.path().to_owned();
    let all =
        std::iter::once(env!("CARGO_BIN_EXE_ckwrap")).chain(words).map(OsString::from).collect::<Vec<_>>();
    // What it would take to read it is not there.
    let mut run = Start::new(&Wrapper::bare(), all)
        .after("ulimit -v 400000")
        .set(move |command| {
            command.current_dir(folder);
        })
        .go();
    assert_eq!(run.end(), End::Code(125));
    let said = run.all_errors();
    assert!(said.contains("ckwrap.yaml") && run.line().is_none(), "{}", &said[..said.len().min(1000)]);
}

#[derive(Debug, Clone, Copy)]
enum Bomb {
    Anchors,
    Nested,
    Gigabyte,
    Line,
}

impl Bomb {
    fn write(self, path: &Path) {
        let mut file = fs::File::create(path).unwrap();
        match self {
            Self::Anchors => {
                writeln!(file, "a0: &a0 [x, x, x, x, x, x, x, x, x, x]").unwrap();
                for level in 1..30 {
                    let one = format!("*a{}", level - 1);
                    writeln!(file, "a{level}: &a{level} [{}]", vec![one; 10].join(", ")).unwrap();
                }
            }
            Self::Nested => file.write_all("[".repeat(1_000_000).as_bytes()).unwrap(),
            Self::Gigabyte => file.set_len(1 << 30).unwrap(),
            Self::Line => file.write_all(format!("chain: {}\n", "x".repeat(20_000_000)).as_bytes()).unwrap(),
        }
    }
}
