//! A job's environment, as lines of `NAME=VALUE`.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

use ckwrap::scheduler::slurm::{SlurmEnvironment, clean, for_query};

/// The value of a variable among lines.
pub(super) fn lookup_in(lines: &[u8], name: &str) -> Option<OsString> {
    let value = |line: &[u8]| Some(line.strip_prefix(name.as_bytes())?.strip_prefix(b"=")?.to_vec());
    // No variable holds a NUL.
    let mut lines = lines.split(|byte| *byte == b'\n').filter(|line| !line.contains(&0));
    lines.find_map(value).map(OsString::from_vec)
}

/// What ckwrap finds in it, and what it hands on to Slurm's commands and to a successor.
pub(super) fn environment(data: &[u8]) {
    if let Some(Ok(found)) = SlurmEnvironment::from(|name| lookup_in(data, name)) {
        assert!(found.raw_id > 0);
        let _ = (found.in_step(), found.request("SLURM_HINT"));
    }
    let variables = || {
        data.split(|byte| *byte == b'\n').filter_map(|line| {
            let at = line.iter().position(|byte| *byte == b'=')?;
            let (name, value) = line.split_at(at);
            Some((OsString::from_vec(name.to_vec()), OsString::from_vec(value.get(1..)?.to_vec())))
        })
    };
    let query = for_query(variables());
    assert!(query.iter().any(|(name, value)| name == "LC_ALL" && value == "C"));
    let successor = clean(variables(), []);
    assert!(!successor.iter().any(|(name, _)| name == "SLURM_JOB_ID"), "{successor:?}");
}
