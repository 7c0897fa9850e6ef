//! Whether a checkpoint is whole, as far as that can be told without running a command.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use super::expand::is_absent;
use super::open::open_regular;
use super::scan::Candidate;
use crate::profile::rules::{Kind, Validation};

/// What the tests of a checkpoint say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Validity {
    /// It passes all of them.
    Valid,
    /// It is not whole, for this reason.
    Invalid(String),
    /// A test could not be made, for this reason. It may well be whole.
    Unknown(String),
    /// It passes so far; it is whole if each of these commands, run in the run directory, exits 0.
    NeedsCommand(Vec<Vec<OsString>>),
}

/// One test that did not pass.
enum Failure {
    Invalid(String),
    Unknown(String),
}

/// Puts a checkpoint found in `dir` to the rule's tests; `previous` is the one before it, if there is one. One that
/// fails any is invalid, even where another test could not be made.
pub fn validate(
    candidate: &Candidate,
    previous: Option<&Candidate>,
    validations: &[Validation],
    dir: &Path,
) -> Validity {
    if let Some(pattern) = candidate.missing.first() {
        return Validity::Invalid(format!("incomplete: no file matches `{pattern}`"));
    }
    let mut unknown = None;
    let mut commands = Vec::new();
    for validation in validations {
        let result = match validation {
            Validation::Nonempty => nonempty(candidate, dir),
            Validation::MinSize(least) => min_size(candidate, *least, dir),
            Validation::Tail(tail) => {
                candidate.files.iter().try_for_each(|file| ends_with(&dir.join(file), tail))
            }
            Validation::Has(member) => has(candidate, member, dir),
            Validation::Run(words) => {
                commands.push(command(candidate, words, dir));
                Ok(())
            }
            Validation::SameFilesAsPrevious => {
                previous.map_or(Ok(()), |previous| same_files(candidate, previous))
            }
        };
        match result {
            Ok(()) => {}
            Err(Failure::Invalid(reason)) => return Validity::Invalid(reason),
            Err(Failure::Unknown(reason)) => unknown = unknown.or(Some(reason)),
        }
    }
    match unknown {
        Some(reason) => Validity::Unknown(reason),
        None if commands.is_empty() => Validity::Valid,
        None => Validity::NeedsCommand(commands),
    }
}

/// Every file has content; in a directory the whole has, since empty marker files are usual there.
fn nonempty(candidate: &Candidate, dir: &Path) -> Result<(), Failure> {
    if matches!(candidate.kind, Kind::Dir | Kind::Dirs) {
        return min_size(candidate, 1, dir);
    }
    for file in &candidate.files {
        if length(&dir.join(file))? == 0 {
            return Err(Failure::Invalid(format!("{} is empty", file.display())));
        }
    }
    Ok(())
}

fn min_size(candidate: &Candidate, least: u64, dir: &Path) -> Result<(), Failure> {
    let mut size: u64 = 0;
    for file in &candidate.files {
        size = size.saturating_add(length(&dir.join(file))?);
    }
    if size < least {
        let path = candidate.id.path.display();
        return Err(Failure::Invalid(format!("{path} has {size} bytes, fewer than {least}")));
    }
    Ok(())
}

fn length(path: &Path) -> Result<u64, Failure> {
    let metadata = fs::metadata(path).map_err(|error| failure(path, &error))?;
    if !metadata.is_file() {
        return Err(Failure::Invalid(format!("{} is not a regular file", path.display())));
    }
    Ok(metadata.len())
}

fn ends_with(path: &Path, tail: &[u8]) -> Result<(), Failure> {
    let wrong = || Failure::Invalid(format!("{} does not end as a complete one does", path.display()));
    let (file, length) = open_regular(path).map_err(|error| failure(path, &error))?;
    let start = u64::try_from(tail.len()).ok().and_then(|tail| length.checked_sub(tail)).ok_or_else(wrong)?;
    let mut end = vec![0; tail.len()];
    match file.read_exact_at(&mut end, start) {
        Ok(()) if end == tail => Ok(()),
        Ok(()) => Err(wrong()),
        // It was cut while we looked.
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Err(wrong()),
        Err(error) => Err(failure(path, &error)),
    }
}

/// Whether it has each file that the one before it has. Programs that write a directory in place leave a part of it
/// behind when they are killed.
fn same_files(candidate: &Candidate, previous: &Candidate) -> Result<(), Failure> {
    let mine: BTreeSet<PathBuf> = members(candidate).collect();
    match members(previous).find(|member| !mine.contains(member)) {
        None => Ok(()),
        Some(missing) => Err(Failure::Invalid(format!(
            "{} has no {}, which {} has",
            candidate.id.path.display(),
            missing.display(),
            previous.id.path.display()
        ))),
    }
}

/// Names of its files without the checkpoint's own: `processor0/0.5/U` is `processor0/U`.
fn members(candidate: &Candidate) -> impl Iterator<Item = PathBuf> {
    candidate.files.iter().map(|file| {
        let root = candidate.parts.iter().find(|root| file.starts_with(root));
        match root.and_then(|root| Some((root.parent()?, file.strip_prefix(root).ok()?))) {
            Some((place, inside)) => place.join(inside),
            None => file.clone(),
        }
    })
}

fn has(candidate: &Candidate, member: &str, dir: &Path) -> Result<(), Failure> {
    let path = dir.join(fill(member, candidate.id.path.as_os_str()));
    fs::metadata(&path).map(drop).map_err(|error| failure(&path, &error))
}

/// The command with its `{}` filled in. Paths begin with the directory's, so that none is taken for an option.
/// For a set a word that is `{}` alone becomes all its files.
fn command(candidate: &Candidate, words: &[String], dir: &Path) -> Vec<OsString> {
    let mut command = Vec::new();
    for word in words {
        if word == "{}" && candidate.kind == Kind::Set {
            command.extend(candidate.files.iter().map(|file| dir.join(file).into_os_string()));
        } else {
            command.push(fill(word, dir.join(&candidate.id.path).as_os_str()));
        }
    }
    command
}

fn fill(word: &str, path: &OsStr) -> OsString {
    let mut filled = OsString::new();
    for (index, part) in word.split("{}").enumerate() {
        if index > 0 {
            filled.push(path);
        }
        filled.push(part);
    }
    filled
}

fn failure(path: &Path, error: &io::Error) -> Failure {
    let path = path.display();
    if is_absent(error) {
        Failure::Invalid(format!("{path} is not there"))
    } else if error.kind() == io::ErrorKind::InvalidInput {
        Failure::Invalid(format!("{path}: {error}"))
    } else {
        Failure::Unknown(format!("cannot read {path}: {error}"))
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::super::scan::scan;
    use super::*;
    use crate::profile::rules::CheckpointRule;

    const LAMMPS_END: &[u8] = b"LammpS RestartT\0";

    fn first(dir: &Path, kind: Kind, globs: &[&str]) -> Candidate {
        let glob = globs.iter().map(ToString::to_string).collect();
        let rule = CheckpointRule { glob, kind, ..CheckpointRule::default() };
        scan(dir, &rule).unwrap().remove(0)
    }

    #[rstest]
    #[case(b"", &[], true)]
    #[case(b"", &[Validation::Nonempty], false)]
    #[case(b"x", &[Validation::Nonempty], true)]
    #[case(b"xyz", &[Validation::MinSize(3)], true)]
    #[case(b"xyz", &[Validation::MinSize(4)], false)]
    #[case(b"dataLammpS RestartT\0", &[Validation::Tail(LAMMPS_END.to_vec())], true)]
    #[case(b"LammpS RestartT\0", &[Validation::Tail(LAMMPS_END.to_vec())], true)]
    #[case(b"dataLammpS Restar", &[Validation::Tail(LAMMPS_END.to_vec())], false)]
    #[case(b"short", &[Validation::Tail(LAMMPS_END.to_vec())], false)]
    #[case(b"x", &[Validation::Has("{}.done".into())], false)]
    #[case(b"x", &[Validation::Has("{}".into())], true)]
    fn files(#[case] content: &[u8], #[case] validations: &[Validation], #[case] valid: bool) {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("ck"), content).unwrap();
        let validity = validate(&first(dir.path(), Kind::File, &["ck"]), None, validations, dir.path());
        assert_eq!(validity == Validity::Valid, valid, "{validity:?}");
        assert_eq!(matches!(validity, Validity::Invalid(_)), !valid);
    }

    #[test]
    fn every_file_of_a_set_counts() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("a.coor"), "x").unwrap();
        fs::write(dir.path().join("a.vel"), "").unwrap();
        let set = first(dir.path(), Kind::Set, &["*.coor", "*.vel"]);
        assert!(matches!(validate(&set, None, &[Validation::Nonempty], dir.path()), Validity::Invalid(_)));
        let set = first(dir.path(), Kind::Set, &["*.coor", "*.xsc"]);
        assert_eq!(
            validate(&set, None, &[], dir.path()),
            Validity::Invalid("incomplete: no file matches `*.xsc`".into())
        );
    }

    #[test]
    fn a_directory_may_hold_empty_markers() {
        let dir = tempfile::tempdir().unwrap();
        let tests = [Validation::Nonempty, Validation::Has("{}/Header".into())];
        fs::create_dir(dir.path().join("chk1")).unwrap();
        fs::write(dir.path().join("chk1/_SUCCESS"), "").unwrap();
        assert!(matches!(
            validate(&first(dir.path(), Kind::Dir, &["chk*"]), None, &tests, dir.path()),
            Validity::Invalid(_)
        ));
        fs::write(dir.path().join("chk1/Header"), "x").unwrap();
        assert_eq!(
            validate(&first(dir.path(), Kind::Dir, &["chk*"]), None, &tests, dir.path()),
            Validity::Valid
        );
    }

    #[test]
    fn commands_come_back_filled_in() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("-x.cpt"), "x").unwrap();
        let words = ["gmx", "check", "-f", "{}", "--log={}.log"].map(str::to_owned);
        let tests = [Validation::Nonempty, Validation::Run(words.to_vec())];
        let path = dir.path().join("-x.cpt").display().to_string();
        let expected = ["gmx", "check", "-f", &path, &format!("--log={path}.log")].map(OsString::from);
        assert_eq!(
            validate(&first(dir.path(), Kind::File, &["*.cpt"]), None, &tests, dir.path()),
            Validity::NeedsCommand(vec![expected.to_vec()])
        );
    }

    #[test]
    fn what_went_away_or_became_a_fifo_is_invalid() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("ck");
        fs::write(&path, "x").unwrap();
        let candidate = first(dir.path(), Kind::File, &["ck"]);
        let tests = [Validation::Tail(b"x".to_vec())];
        fs::remove_file(&path).unwrap();
        assert!(matches!(validate(&candidate, None, &tests, dir.path()), Validity::Invalid(_)));
        nix::unistd::mkfifo(&path, nix::sys::stat::Mode::S_IRWXU).unwrap();
        assert!(matches!(validate(&candidate, None, &tests, dir.path()), Validity::Invalid(_)));
    }

    #[test]
    fn what_cannot_be_read_is_unknown() {
        // Root may read everything, so the error is one that root gets too: a name too long for the system.
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("ck"), "x").unwrap();
        let candidate = first(dir.path(), Kind::File, &["ck"]);
        let tests = [Validation::Has("y".repeat(300)), Validation::Run(vec!["true".into()])];
        assert!(matches!(validate(&candidate, None, &tests, dir.path()), Validity::Unknown(_)));
        let tests = [Validation::Has("y".repeat(300)), Validation::MinSize(9)];
        assert!(matches!(validate(&candidate, None, &tests, dir.path()), Validity::Invalid(_)));
    }

    /// As `OpenFOAM` leaves a time directory when it is killed while it writes.
    #[rstest]
    #[case(&["0.5/U", "0.5/p", "0.5/uniform/time"], true)]
    #[case(&["0.5/U", "0.5/p", "0.5/T", "0.5/uniform/time"], true)]
    #[case(&["0.5/uniform/time", "0.5/U"], false)]
    #[case(&["0.5/uniform/time"], false)]
    fn a_directory_that_lacks_what_the_one_before_it_has(#[case] names: &[&str], #[case] valid: bool) {
        let rule = CheckpointRule {
            glob: vec!["processor*/[0-9]*".into()],
            kind: Kind::Dirs,
            pick: crate::profile::rules::Pick::MaxNumber,
            ..CheckpointRule::default()
        };
        for place in ["processor0", "processor1"] {
            let dir = tempfile::tempdir().unwrap();
            let put = |place: &str, name: &str| {
                let path = dir.path().join(place).join(name);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, "x").unwrap();
            };
            for all in ["processor0", "processor1"] {
                for name in ["0.4/U", "0.4/p", "0.4/uniform/time"] {
                    put(all, name);
                }
                let here = if all == place { names } else { &["0.5/U", "0.5/p", "0.5/uniform/time"] };
                for name in here {
                    put(all, name);
                }
            }
            let found = scan(dir.path(), &rule).unwrap();
            let test = |index: usize| {
                let tests = [Validation::SameFilesAsPrevious];
                validate(&found[index], found.get(index + 1), &tests, dir.path())
            };
            assert_eq!(test(0) == Validity::Valid, valid, "{:?}", test(0));
            assert_eq!(test(1), Validity::Valid);
        }
    }
}
