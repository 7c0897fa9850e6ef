//! The run directory: room for the next checkpoint, and a file system that the journal can rely on.

use std::time::Duration;

use crate::doctor::facts::{Asked, Checkpoints, Directory};
use crate::doctor::finding::{Finding, Fix, Place};
use crate::doctor::judge::Report;

/// A clock that is further off than that confuses people who compare logs.
const SKEW: Duration = Duration::from_mins(1);

/// CK401 to CK407.
pub(in crate::doctor) fn check(directory: &Directory, known: &Checkpoints, copies: u32, report: &mut Report) {
    let place = || Place::Directory(directory.path.clone());
    let mut found = Vec::new();
    for trouble in &directory.journal_trouble {
        let (why, how) = trouble.split_once("; ").unwrap_or((trouble, "look at it before the job starts"));
        found.push(Finding::error(
            "CK406",
            place(),
            format!("The journal cannot be used: {why}."),
            Fix::by_hand(how),
        ));
    }
    if let Err(why) = &directory.writable {
        let text = format!(
            "No file can be made in the run directory ({why}), so there is neither journal nor checkpoint."
        );
        found.push(Finding::error(
            "CK407",
            place(),
            text,
            Fix::by_hand("run the job in a directory that is yours to write"),
        ));
    }
    if let Some(Err(why)) = directory.renames.known() {
        let text = format!(
            "A file cannot take another's place here ({why}): checkpoints that are written that way cannot be completed."
        );
        found.push(Finding::error(
            "CK402",
            place(),
            text,
            Fix::by_hand("run the job on another file system"),
        ));
    }
    if let Some(Err(why)) = directory.links.known() {
        let text = format!(
            "link(2) does not work here ({why}): ckwrap cannot make sure that one job at a time runs the chain."
        );
        found.push(Finding::error(
            "CK403",
            place(),
            text,
            Fix::by_hand("run the job on another file system"),
        ));
    }
    if let Some(skew) = directory.skew.known().filter(|skew| **skew > SKEW) {
        let text = format!(
            "The file system's clock and this node's are {} apart: times of files and of logs do not fit together.",
            humantime::format_duration(Duration::from_secs(skew.as_secs()))
        );
        found.push(Finding::advice(
            "CK404",
            place(),
            text,
            Fix::by_hand("tell your site; ckwrap itself compares no file's time with a clock"),
        ));
    }
    if let Some(Some(name)) = directory.of_one_node.known() {
        let text =
            format!("The run directory is in {name}, which other nodes do not see and a restart may empty.");
        found.push(Finding::warning(
            "CK405",
            place(),
            text,
            Fix::by_hand("if the job runs under Slurm, use a directory that all nodes share"),
        ));
    }
    room(directory, known, copies, &mut found);
    report.findings.extend(found);
    let mut parts: Vec<String> = Vec::new();
    parts.extend(directory.free.known().map(|free| format!("{} free", bytes(*free))));
    parts.extend(directory.quota.known().map(|left| match left {
        Some(left) => format!("{} left of the quota", bytes(*left)),
        None => "no quota".to_owned(),
    }));
    parts.extend(known.size.map(|size| format!("last checkpoint {}", bytes(size))));
    if !parts.is_empty() {
        report.seen.push(format!("{}: {}", directory.path.display(), parts.join(", ")));
    }
    not_told(directory, known, report);
}

fn room(directory: &Directory, known: &Checkpoints, copies: u32, found: &mut Vec<Finding>) {
    let place = || Place::Directory(directory.path.clone());
    if directory.files.known() == Some(&0) {
        let why = "No more files can be made on this file system: it has no inodes left.";
        found.push(Finding::error("CK401", place(), why, Fix::by_hand("remove files that are not needed")));
    }
    let Some(size) = known.size.filter(|size| *size > 0) else { return };
    // One in the making beside the one that is there, and the copies that ckwrap keeps.
    let wanted = size.saturating_mul(u64::from(copies) + 2);
    let all = [
        ("free", directory.free.known()),
        ("left of your quota", directory.quota.known().and_then(Option::as_ref)),
    ];
    let Some((what, left)) =
        all.into_iter().filter_map(|(what, left)| Some((what, *left?))).min_by_key(|(_, left)| *left)
    else {
        return;
    };
    if left >= wanted {
        return;
    }
    let why = format!("The last checkpoint has {}, and {} are {what}.", bytes(size), bytes(left));
    let fix =
        Fix::by_hand(format!("make room for {} at least, or run on a larger file system", bytes(wanted)));
    found.push(if left < size {
        Finding::error("CK401", place(), why, fix)
    } else {
        Finding::warning("CK401", place(), why, fix)
    });
}

/// A number of bytes as people read it.
fn bytes(count: u64) -> String {
    const UNITS: [&str; 5] = ["KiB", "MiB", "GiB", "TiB", "PiB"];
    let mut tenths = u128::from(count) * 10;
    let mut unit = "bytes";
    for next in UNITS {
        if tenths < 10_240 {
            break;
        }
        (tenths, unit) = (tenths / 1024, next);
    }
    if unit == "bytes" { format!("{count} bytes") } else { format!("{}.{} {unit}", tenths / 10, tenths % 10) }
}

fn not_told(directory: &Directory, known: &Checkpoints, report: &mut Report) {
    let mut note = |what: &str, why: &str| report.not_judged.push(format!("{what}: {why}"));
    if let Asked::Unknown(why) = &directory.free {
        note("free space", why);
    }
    // Without a checkpoint there is nothing to compare it with.
    if let (Asked::Unknown(why), Some(_)) = (&directory.quota, known.size) {
        note("quota", why);
    }
    if let Asked::Unknown(why) = &directory.of_one_node {
        note("whether other nodes see the run directory", why);
    }
    // One reason for all three.
    if let Asked::Unknown(why) = &directory.renames {
        note("rename, link and clock of the file system", why);
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(0, "0 bytes")]
    #[case(1023, "1023 bytes")]
    #[case(1024, "1.0 KiB")]
    #[case(1_610_612_736, "1.5 GiB")]
    #[case(u64::MAX, "16383.9 PiB")]
    fn sizes(#[case] count: u64, #[case] text: &str) {
        assert_eq!(bytes(count), text);
    }
}
