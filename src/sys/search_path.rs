//! Lists of directories in which things are looked for, such as `PATH`.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

/// Where commands are looked for without a list.
const USUAL: &str = "/usr/bin:/bin";

/// The list without the entries that mean another place in every directory: `.`, `bin`, and the empty one.
///
/// ckwrap works in run directories, where others may have put a `scontrol` of their own.
pub fn absolute_only(list: &OsStr) -> OsString {
    let entries = list.as_bytes().split(|byte| *byte == b':');
    let kept: Vec<&[u8]> = entries.filter(|entry| entry.first() == Some(&b'/')).collect();
    OsString::from_vec(kept.join(&b':'))
}

/// Where ckwrap's own helpers are looked for, by the `PATH` they are given. An empty list would mean the directory one is in.
pub fn helper_path(list: Option<&OsStr>) -> OsString {
    list.map(absolute_only).filter(|kept| !kept.is_empty()).unwrap_or_else(|| USUAL.into())
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("/usr/bin:/bin", "/usr/bin:/bin")]
    #[case(".:/usr/bin::bin:/bin:", "/usr/bin:/bin")]
    #[case("../x:./y", "")]
    #[case("", "")]
    fn lists(#[case] list: &str, #[case] kept: &str) {
        assert_eq!(absolute_only(OsStr::new(list)), kept);
        let usual = if kept.is_empty() { USUAL } else { kept };
        assert_eq!(helper_path(Some(OsStr::new(list))), usual);
    }

    #[test]
    fn without_a_list() {
        assert_eq!(helper_path(None), USUAL);
    }
}
