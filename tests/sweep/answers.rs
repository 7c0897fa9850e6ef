//! Calls that are done, and told as failed: a file server that has done a request whose answer was lost is asked again, and
//! finds that it cannot be done. Calls that are done by halves.

use rstest::rstest;

use super::errors::calls;
use super::judge::attempt;
use super::pool::{Extent, each};

/// The ways in which the answer of a call can be untrue.
fn ways(line: &str) -> Vec<String> {
    let mut words = line.splitn(4, ' ');
    let mut word = || words.next().unwrap_or_default();
    let (thread, call, k, what) = (word(), word(), word(), word());
    let errnos: &[&str] = match call {
        "linkat" => &["EEXIST", "EIO", "ESTALE"],
        "renameat" | "rename" => &["ENOENT", "EIO", "ESTALE"],
        "unlinkat" | "unlink" | "rmdir" => &["ENOENT", "EIO"],
        "mkdirat" | "mkdir" => &["EEXIST", "EIO"],
        "openat" if what.contains(".tmp") => &["EEXIST", "EIO"],
        "fsync" | "fdatasync" => &["EIO"],
        "write" if what.starts_with('/') => &["EIO"],
        _ => &[],
    };
    let lies = errnos.iter().map(|errno| format!("lie:{thread}:{call}:{k}:{errno}"));
    let whole = call != "write" || !what.starts_with('/');
    let short =
        [0, 1, 9].into_iter().filter(|_| !whole).map(|bytes| format!("short:{thread}:{call}:{k}:{bytes}"));
    lies.chain(short).collect()
}

#[rstest]
#[case::requeue("--continue requeue")]
#[case::successor("--continue successor")]
fn an_answer_that_is_not_true_loses_and_doubles_nothing(#[case] options: &str) {
    let faults: Vec<String> = calls(options).iter().flat_map(|line| ways(line)).collect();
    each(&format!("answers {options}"), &Extent::All, &faults, |fault| attempt(options, fault));
}
