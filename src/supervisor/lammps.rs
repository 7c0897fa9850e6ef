//! LAMMPS: the derived input of a segment, in the place of the user's on the command line.
//!
//! What is derived is decided in `profile::lammps`; here files are read and the derived one is written.

use std::ffi::OsString;
use std::fs;
use std::io::{self, Read};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::run::Run;
use crate::journal::Store;
use crate::journal::store::ROOT;
use crate::model::{ChainId, Trigger};
use crate::profile::lammps::{CheckpointName, Input, Options, Script, Source, read};
use crate::profile::program;

/// Where derived inputs lie in the chain's directory.
const DIR: &str = "input";
/// How much is read of each end of a file that the input names, in bytes.
const BLOCK: usize = 2 << 20;
/// Largest input that is read, in bytes.
const LARGEST: u64 = 16 << 20;

/// What a segment is started with.
#[derive(Debug)]
pub(crate) struct Derived {
    /// The command line.
    pub(crate) command: Vec<OsString>,
    /// The derived input; `None`: the user's is used as it is.
    pub(crate) input: Option<DerivedInput>,
}

/// An input that ckwrap makes.
#[derive(Debug)]
pub(crate) struct DerivedInput {
    /// Of which file.
    pub(crate) of: String,
    /// Its place, as on the command line.
    pub(crate) path: PathBuf,
    /// Its text.
    pub(crate) text: String,
    /// Steps between restart files.
    pub(crate) every: u64,
    /// How many runs it has.
    pub(crate) runs: usize,
    /// Why a continuation may differ in rounding.
    pub(crate) rounding: Option<&'static str>,
}

impl DerivedInput {
    /// What a user is told of it before the first segment.
    pub(crate) fn said(&self) -> String {
        let mut text =
            format!("{} is not touched: LAMMPS gets inputs made of it that stop and continue", self.of);
        if let Some(why) = self.rounding {
            text.push_str("; results differ in rounding, for ");
            text.push_str(why);
        }
        text
    }

    /// Writes it into the chain's directory: under another name first, then renamed.
    pub(crate) fn write(&self, run_dir: &Path, chain: &ChainId) -> Result<(), String> {
        let store = Store::open(run_dir, chain).map_err(|error| error.to_string())?;
        let store = store.ok_or_else(|| format!("there is no {ROOT}/{chain} to put it into"))?;
        let (dir, _) = store.dir().make_private(DIR).map_err(|error| error.to_string())?;
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        dir.replace(&name, self.text.as_bytes()).map_err(|error| error.to_string())
    }
}

/// What the next segment is started with; an error says why it cannot be.
pub(crate) fn derive(
    run: &Run,
    chain: &ChainId,
    every: Option<u64>,
    checkpoint: Option<&Path>,
) -> Result<Derived, String> {
    let command = &run.plan.command;
    let first = program(command).index + 1;
    let options =
        Options::read(command.get(first..).unwrap_or_default()).map_err(|refusal| refusal.to_string())?;
    let as_it_is = |command| Ok(Derived { command, input: None });
    let Some((at, file)) = options.input.as_ref().filter(|_| !options.idle) else {
        return as_it_is(command.clone());
    };
    let text = text_of(&run.run_dir.join(file)).map_err(|error| format!("{file}: {error}"))?;
    let include = |name: &str| text_of(&run.run_dir.join(name));
    let stop = run.plan.profile.triggers.iter().find_map(|trigger| match trigger {
        Trigger::File { path, .. } => path.to_str(),
        _ => None,
    });
    let stop = stop.unwrap_or_default();
    let content = |name: &str| content_of(&run.run_dir.join(name));
    let source =
        Source { file, text: &text, include: &include, content: &content, options: &options, stop, every };
    match read(&source).map_err(|refusal| format!("this LAMMPS run cannot be continued: {refusal}"))? {
        Input::Own { takes_checkpoint } => {
            let mut words = command.clone();
            if let Some(path) = checkpoint.filter(|_| takes_checkpoint && !options.gives("ck")) {
                words.extend(["-var".into(), "ck".into(), path.as_os_str().to_owned()]);
            }
            as_it_is(words)
        }
        Input::Derived(script) => {
            let text = derived_text(&script, checkpoint)?;
            let base = Path::new(file).file_name().unwrap_or_default();
            let path = Path::new(ROOT).join(chain.as_str()).join(DIR).join(base);
            let log = options.log.as_ref().map(|(at, _)| first + at);
            let command = substituted(command, first + at, &path, log, checkpoint.is_some());
            let input = DerivedInput {
                of: file.clone(),
                path,
                text,
                every: script.every(),
                runs: script.runs(),
                rounding: script.rounding(),
            };
            Ok(Derived { command, input: Some(input) })
        }
    }
}

fn derived_text(script: &Script, checkpoint: Option<&Path>) -> Result<String, String> {
    let Some(path) = checkpoint else { return Ok(script.first()) };
    let shown = path.display();
    let Some(name) = CheckpointName::of(path) else {
        return Err(format!(
            "{shown} is no checkpoint of this input; move it away, or start from the beginning with --fresh"
        ));
    };
    if name.digest != script.digest() {
        return Err(format!(
            "{shown} was written by another input than {}, or by an earlier version of it; undo the change, or start from the beginning with --fresh",
            script.name()
        ));
    }
    let text = path.to_str().and_then(|path| script.continuation(&name, path));
    text.ok_or_else(|| format!("{shown} lies in none of the runs of {}", script.name()))
}

/// The derived input in the place of the user's. A continuation opens the log itself, to append to it: LAMMPS would
/// empty it at its start.
fn substituted(
    command: &[OsString],
    input: usize,
    path: &Path,
    log: Option<usize>,
    continues: bool,
) -> Vec<OsString> {
    let word = |(index, word): (usize, &OsString)| match index {
        _ if index == input => path.as_os_str().to_owned(),
        _ if continues && Some(index) == log => "none".into(),
        _ => word.clone(),
    };
    let mut words: Vec<OsString> = command.iter().enumerate().map(word).collect();
    if continues && log.is_none() {
        words.extend(["-log".into(), "none".into()]);
    }
    words
}

fn text_of(path: &Path) -> Result<String, String> {
    let unreadable = |error: io::Error| format!("cannot be read: {error}");
    // Without O_NONBLOCK a named pipe would hold the start up for ever.
    let file =
        fs::File::options().read(true).custom_flags(libc::O_NONBLOCK).open(path).map_err(unreadable)?;
    let metadata = file.metadata().map_err(unreadable)?;
    if !metadata.is_file() || metadata.len() > LARGEST {
        return Err("is no regular file of at most 16 MiB".into());
    }
    let mut bytes = Vec::new();
    file.take(LARGEST).read_to_end(&mut bytes).map_err(unreadable)?;
    String::from_utf8(bytes).map_err(|_| "is not UTF-8; LAMMPS itself would warn".into())
}

/// What tells a file's content from another: its length and the bytes at both its ends, which are all of a small one.
fn content_of(path: &Path) -> Option<String> {
    let file = fs::OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open(path).ok()?;
    let metadata = file.metadata().ok().filter(fs::Metadata::is_file)?;
    let mut bytes = vec![0; BLOCK];
    let mut sum = crc32fast::Hasher::new();
    // The two overlap in a file of one to two blocks.
    for start in [0, metadata.len().saturating_sub(BLOCK as u64)] {
        let read = file.read_at(&mut bytes, start).ok()?;
        sum.update(bytes.get(..read).unwrap_or_default());
    }
    Some(format!("{} {:08x}", metadata.len(), sum.finalize()))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[test]
    fn a_change_at_either_end_or_in_the_length_is_seen() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("sys.data");
        assert_eq!(content_of(&path), None);
        assert_eq!(content_of(dir.path()), None);
        for length in [10, BLOCK + 10, 3 * BLOCK] {
            let mut bytes = vec![b'x'; length];
            let mut seen = Vec::new();
            for at in [None, Some(0), Some(length - 1)] {
                bytes
                    .iter_mut()
                    .zip(0..)
                    .filter(|(_, index)| Some(*index) == at)
                    .for_each(|(byte, _)| *byte = b'y');
                fs::write(&path, &bytes).unwrap();
                seen.push(content_of(&path).unwrap());
            }
            bytes.push(b'x');
            fs::write(&path, &bytes).unwrap();
            seen.push(content_of(&path).unwrap());
            seen.sort();
            seen.dedup();
            assert_eq!(seen.len(), 4, "{length}");
        }
    }

    #[rstest]
    #[case("mpirun -np 2 lmp -in in.melt", 5, None, false, "mpirun -np 2 lmp -in new")]
    #[case("lmp -in in.melt", 2, None, true, "lmp -in new -log none")]
    #[case("lmp -log x.log -in in.melt", 4, Some(2), true, "lmp -log none -in new")]
    #[case("lmp -log x.log -in in.melt", 4, Some(2), false, "lmp -log x.log -in new")]
    fn words(
        #[case] line: &str,
        #[case] input: usize,
        #[case] log: Option<usize>,
        #[case] continues: bool,
        #[case] expected: &str,
    ) {
        let command: Vec<OsString> = line.split(' ').map(OsString::from).collect();
        let words = substituted(&command, input, Path::new("new"), log, continues);
        assert_eq!(words.join(std::ffi::OsStr::new(" ")), *expected);
    }
}
