//! What the user's quota leaves, as quota(1) tells it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::cli::path::in_path;
use crate::doctor::Asked;
use crate::scheduler::{Call, End};
use crate::supervisor::ask as put;

/// A file server that hangs must not hold a person up.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Asks for the quota on the file system of a directory.
pub(super) fn ask(directory: &Path) -> Asked<Option<u64>> {
    if in_path("quota").is_none() {
        return Asked::Unknown(format!(
            "there is no quota(1) here; on Lustre see `lfs quota -h {}`",
            directory.display()
        ));
    }
    let real = std::fs::canonicalize(directory).unwrap_or_else(|_| directory.to_owned());
    let mounts = std::fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    let Some(source) = source(&mounts, &real) else {
        return Asked::Unknown("the file system of the directory is not known".to_owned());
    };
    let mut environment: Vec<_> = std::env::vars_os().filter(|(name, _)| name != "LC_ALL").collect();
    environment.push(("LC_ALL".into(), "C".into()));
    let argv = vec!["quota".into(), "-w".into()];
    let output = put(&Call { argv, timeout: TIMEOUT, environment, max_output: 1 << 16 });
    match output.end {
        // 1 says that a limit is exceeded (quota(1)).
        End::Exited(0 | 1) => left(&String::from_utf8_lossy(&output.stdout), &source),
        _ => Asked::Unknown("quota(1) did not answer".to_owned()),
    }
}

/// What is mounted where a path lies, by `/proc/self/mountinfo`.
fn source(mounts: &str, path: &Path) -> Option<String> {
    let mount = |line: &str| {
        let (before, behind) = line.split_once(" - ")?;
        let place = PathBuf::from(before.split(' ').nth(4)?.replace("\\040", " "));
        let source = behind.split(' ').nth(1)?.to_owned();
        path.starts_with(&place).then(|| (place.components().count(), source))
    };
    // Of two at one place the later one covers the other.
    mounts.lines().filter_map(mount).max_by_key(|(depth, _)| *depth).map(|(_, source)| source)
}

/// Bytes left on `source`: the hard limit counts, or the soft one where there is no other; blocks are of 1 KiB.
fn left(text: &str, source: &str) -> Asked<Option<u64>> {
    let unknown = || Asked::Unknown("the answer of quota(1) is not understood".to_owned());
    if text.trim_end().ends_with(": none") {
        return Asked::Known(None);
    }
    let Some(row) = text.lines().find(|line| line.split_whitespace().next() == Some(source)) else {
        // Nothing is used there, or no quota is kept.
        return if text.starts_with("Disk quotas") {
            Asked::Unknown(format!("quota(1) names no quota for {source}"))
        } else {
            unknown()
        };
    };
    let numbers: Option<Vec<u64>> =
        row.split_whitespace().skip(1).take(3).map(|word| word.trim_end_matches('*').parse().ok()).collect();
    match numbers.as_deref() {
        Some([_, 0, 0]) => Asked::Known(None),
        Some([used, soft, hard]) => {
            let limit = if *hard > 0 { hard } else { soft };
            Asked::Known(Some(limit.saturating_sub(*used).saturating_mul(1024)))
        }
        _ => unknown(),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const HEAD: &str = "Disk quotas for user me (uid 1000): \n     Filesystem  blocks   quota   limit   grace   files   quota   limit   grace\n";

    #[rstest]
    #[case("      /dev/sda1  600    1000    2000             10       0       0        \n", Asked::Known(Some(1400 * 1024)))]
    #[case(
        "      /dev/sda1  600*   500       0   6days      10       0       0        \n",
        Asked::Known(Some(0))
    )]
    #[case(
        "      /dev/sda1  600       0       0             10       0       0        \n",
        Asked::Known(None)
    )]
    fn answers(#[case] row: &str, #[case] expected: Asked<Option<u64>>) {
        assert_eq!(left(&format!("{HEAD}{row}"), "/dev/sda1"), expected);
    }

    #[rstest]
    #[case("Disk quotas for user me (uid 1000): none\n", true)]
    #[case("", false)]
    #[case("quota: error while getting quota\n", false)]
    fn without_rows(#[case] text: &str, #[case] known: bool) {
        assert_eq!(left(text, "/dev/sda1").known().is_some(), known);
        assert_eq!(left(&format!("{HEAD}  server:/home many few\n"), "server:/home").known(), None);
        assert_eq!(left(&format!("{HEAD}  /dev/sdb 1 2 3\n"), "/dev/sda1").known(), None);
    }

    #[test]
    fn the_deepest_mount_counts() {
        let mounts = "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n30 22 0:40 / /home rw shared:1 - nfs4 server:/home rw\n31 22 0:41 / /ho\\040me rw - xfs /dev/sdb rw\n";
        assert_eq!(source(mounts, Path::new("/home/me/run")).as_deref(), Some("server:/home"));
        assert_eq!(source(mounts, Path::new("/homes/me")).as_deref(), Some("/dev/sda1"));
        assert_eq!(source(mounts, Path::new("/ho me/x")).as_deref(), Some("/dev/sdb"));
    }
}
