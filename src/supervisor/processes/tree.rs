//! Who descends from whom.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;

use super::status::{Pid, stat};
use crate::sys;

/// All processes that descend from this one, without it; parents before their children. A child whose parent
/// ended belongs to whoever adopted it: to ckwrap, where it is the subreaper.
///
/// A snapshot: who forks meanwhile may be missing, so one who means to end a tree asks again until nothing is
/// left.
pub fn descendants(pid: Pid) -> Vec<Pid> {
    let mut table = None;
    let mut found = Vec::new();
    let mut seen = BTreeSet::from([pid]);
    let mut next = children(pid, &mut table);
    while !next.is_empty() {
        next.retain(|child| seen.insert(*child));
        found.extend_from_slice(&next);
        next = next.iter().flat_map(|child| children(*child, &mut table)).collect();
    }
    found
}

/// Every process number on this node.
pub(super) fn all() -> Vec<Pid> {
    let numbers = sys::list("/proc").into_iter().flatten().flatten();
    numbers.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
}

type ByParent = BTreeMap<Pid, Vec<Pid>>;

/// Children as the kernel lists them, else (a kernel without `CONFIG_PROC_CHILDREN`) from a table of all
/// processes, which is made once.
fn children(pid: Pid, table: &mut Option<ByParent>) -> Vec<Pid> {
    if table.is_none() {
        match listed_children(pid) {
            Ok(children) => return children,
            // The process ended; so it has no children.
            Err(_) if stat(pid).is_none() => return Vec::new(),
            Err(_) => {}
        }
    }
    table.get_or_insert_with(by_parent).get(&pid).cloned().unwrap_or_default()
}

/// Any thread may have forked, so the lists of all are read.
fn listed_children(pid: Pid) -> io::Result<Vec<Pid>> {
    let mut children = Vec::new();
    for thread in sys::list(format!("/proc/{pid}/task"))? {
        let thread = thread?.path();
        match fs::read_to_string(thread.join("children")) {
            Ok(text) => {
                children.extend(text.split_ascii_whitespace().filter_map(|pid| pid.parse::<Pid>().ok()));
            }
            // The thread ended; with the thread there, it is the interface that is missing.
            Err(_) if !thread.exists() => {}
            Err(error) => return Err(error),
        }
    }
    Ok(children)
}

fn by_parent() -> ByParent {
    let mut table = ByParent::new();
    for pid in all() {
        if let Some(stat) = stat(pid) {
            table.entry(stat.ppid).or_default().push(pid);
        }
    }
    table
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "the signal state of the processes looked at is no matter")]
mod tests {
    use std::io::{BufRead, BufReader};
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn a_tree_of_shells_both_ways() {
        let script = "sh -c 'sleep 1000 & echo $!; wait' & echo $!; wait";
        let mut shell =
            Command::new("setsid").args(["sh", "-c", script]).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(shell.stdout.take().unwrap()).lines();
        let mut pid = || lines.next().unwrap().unwrap().parse::<Pid>().unwrap();
        let mut expected = vec![pid(), pid()];
        let top = Pid::try_from(shell.id()).unwrap();
        let mut by_list = descendants(top);
        let mut table = Some(by_parent());
        let mut by_table = children(top, &mut table);
        by_table.extend(children(by_table[0], &mut table));
        // Its whole session goes, whatever the outcome.
        nix::sys::signal::killpg(nix::unistd::Pid::from_raw(top), nix::sys::signal::Signal::SIGKILL).unwrap();
        shell.wait().unwrap();
        for list in [&mut expected, &mut by_list, &mut by_table] {
            list.sort_unstable();
        }
        assert_eq!(by_list, expected);
        assert_eq!(by_table, expected);
        assert_eq!(descendants(top), Vec::<i32>::new());
    }

    #[test]
    fn ourselves_are_among_all() {
        assert!(all().contains(&Pid::try_from(std::process::id()).unwrap()));
    }
}
