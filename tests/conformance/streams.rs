//! Standard streams: they are the child's, not the wrapper's.

use std::fs::{self, File};
use std::io::Write as _;

use rstest::rstest;

use super::both;
use crate::support::{End, Start, Wrapper, living, probe, wait_for};

#[test]
fn ten_thousand_lines_come_out_byte_for_byte() {
    let (bare, wrapped) = both(|wrapper| {
        let mut run = Start::probe(wrapper, "lines 10000").go();
        let text = run.rest();
        (run.end(), text)
    });
    assert_eq!(bare.1.split_inclusive(|byte| *byte == b'\n').count(), 10_000);
    assert!(bare == wrapped, "{} bytes bare, {} bytes wrapped", bare.1.len(), wrapped.1.len());
}

#[test]
fn stdin_passes_through_byte_for_byte() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("input");
    let bytes =
        (0..1_000_003_u32).map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()[3]).collect::<Vec<_>>();
    fs::write(&path, &bytes).unwrap();
    let (bare, wrapped) = both(|wrapper| {
        let path = path.clone();
        let mut run = Start::probe(wrapper, "cat")
            .set(move |command| {
                command.stdin(File::open(path).unwrap());
            })
            .go();
        let text = run.rest();
        (run.end(), text)
    });
    assert!(bare.1 == bytes && bare == wrapped, "{} bytes wrapped", wrapped.1.len());
}

#[test]
fn what_the_child_does_not_read_is_left_for_the_next() {
    // `head` reads the first line only, byte by byte or seeking back: what remains is the caller's.
    let script = "sh -c 'read -r line; exit 7'";
    let (bare, wrapped) = both(|wrapper| {
        let words = wrapper.words().iter().map(|word| word.to_str().unwrap()).collect::<Vec<_>>().join(" ");
        let mut run = Start::new(&Wrapper::bare(), ["sh", "-c", &format!("{words} {script}; cat")]).go();
        run.stdin.take().unwrap().write_all(b"first\nsecond\n").unwrap();
        let text = run.rest();
        (run.end(), String::from_utf8(text).unwrap())
    });
    assert_eq!(bare, (End::Code(0), "second\n".to_owned()));
    assert_eq!(wrapped, bare);
}

#[test]
fn the_end_of_stdout_is_seen_when_the_child_closes_it() {
    let mut wrapped = Start::probe(&Wrapper::wrapped(), "close-stdout").go();
    let pid = wrapped.ready();
    assert_eq!(wrapped.line(), None);
    assert!(living(pid), "the child was to go on");
    assert_eq!(wrapped.finish(), End::Code(0));
}

#[test]
fn the_childs_writer_gets_a_broken_pipe_when_the_child_closes_stdin() {
    let wrapped = Start::new(&Wrapper::wrapped(), ["sh", "-c", "exec <&-; echo closed; exec sleep 100"]).go();
    wrapped.line_with("closed");
    let mut stdin = wrapped.stdin.as_ref().unwrap();
    // Closing, the wrapper may come a moment after the child.
    let error = wait_for("the pipe breaks", || stdin.write(b"x").err());
    assert_eq!(error.kind(), std::io::ErrorKind::BrokenPipe);
}

#[rstest]
#[case("0")]
#[case("1")]
#[case("2")]
#[case("0,1")]
#[case("0,2")]
#[case("1,2")]
#[case("0,1,2")]
fn with_closed_streams_the_code_passes(#[case] closed: &str) {
    let (bare, wrapped) =
        both(|wrapper| Start::probe(wrapper, "exit 9").with(&format!("--close {closed}")).go().end());
    assert_eq!((bare, wrapped), (End::Code(9), End::Code(9)));
}

#[rstest]
#[case("0")]
#[case("1")]
#[case("2")]
#[case("0,1")]
#[case("0,2")]
#[case("1,2")]
#[case("0,1,2")]
fn closed_streams_are_closed_for_the_child(#[case] closed: &str) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("status");
    let (bare, wrapped) = both(|wrapper| {
        let words = [probe().as_os_str(), "status".as_ref(), file.as_os_str()].map(std::ffi::OsStr::to_owned);
        assert_eq!(Start::new(wrapper, words).with(&format!("--close {closed}")).go().end(), End::Code(0));
        let report = fs::read_to_string(&file).unwrap();
        let descriptors = report.lines().filter_map(|line| line.strip_prefix("fd ")?.split_once(':'));
        // Pipes have numbers that differ between the runs; which descriptors are open is what matters.
        descriptors
            .map(|(number, _)| number.parse::<u32>().unwrap())
            .collect::<std::collections::BTreeSet<_>>()
    });
    assert_eq!(bare, wrapped);
}
