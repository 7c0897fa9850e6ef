//! Copies of the program's input that are changed so that it starts from a checkpoint. The user's file is only read.

use std::ffi::OsString;
use std::fs;
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::edge::Edge;
use super::lammps::derive;
use super::run::Run;
use super::stop::Stop;
use crate::journal::Store;
use crate::journal::store::ROOT;
use crate::model::{ChainId, CheckpointId};
use crate::profile::rules::{Editor, How, RestartRule};
use crate::profile::{edit, program, restart};

/// Where the copies lie in the chain's directory.
const DIR: &str = "input";
/// Largest input that is edited, in bytes.
const LARGEST: u64 = 256 << 20;

impl Edge {
    /// The user's command line; with edited copies of input files in their places where the restart rule says so.
    pub(super) fn with_edited_input(
        &self,
        run: &Run,
        checkpoint: Option<&CheckpointId>,
    ) -> Result<Vec<OsString>, Stop> {
        let rule = &run.plan.profile.restart;
        let path = checkpoint.map(|id| id.path.as_path());
        if let (Some(Editor::Lammps { every }), Some(chain)) = (rule.editor, &self.chain) {
            let derived = derive(run, &chain.id, every, path).and_then(|derived| {
                let written = derived.input.as_ref().map(|input| input.write(&run.run_dir, &chain.id));
                if let (Some(input), true) = (&derived.input, chain.is_new) {
                    self.teller.info(&input.said());
                }
                written.unwrap_or(Ok(())).map(|()| derived.command)
            });
            return derived.map_err(|why| Stop::Explained(format!("nothing is started: {why}")));
        }
        let (Some(path), Some(chain)) = (path.filter(|_| edits(rule, &run.plan.command, path)), &self.chain)
        else {
            return Ok(run.plan.command.clone());
        };
        let copies = copies(&chain.id, rule);
        write_copies(run, &chain.id, rule, &copies, path).map_err(|why| {
            Stop::Bad(format!(
                "nothing is started: the input cannot be made to start from {}: {why}",
                path.display()
            ))
        })?;
        Ok(edit::substituted(&run.plan.command, program(&run.plan.command).index, &copies))
    }
}

/// Whether input is edited for a start from this checkpoint.
pub(crate) fn edits(rule: &RestartRule, command: &[OsString], checkpoint: Option<&Path>) -> bool {
    rule.how == How::Edit
        && rule.editor.is_none()
        && checkpoint.is_some()
        && restart::applies(command, rule, checkpoint)
}

/// Each file and its copy, as they stand on the command line.
pub(crate) fn copies(chain: &ChainId, rule: &RestartRule) -> Vec<(String, PathBuf)> {
    edit::copies(&rule.edit, &Path::new(ROOT).join(chain.as_str()).join(DIR))
}

fn write_copies(
    run: &Run,
    chain: &ChainId,
    rule: &RestartRule,
    copies: &[(String, PathBuf)],
    checkpoint: &Path,
) -> Result<(), String> {
    let store = Store::open(&run.run_dir, chain).map_err(|error| error.to_string())?;
    let store = store.ok_or_else(|| format!("there is no {ROOT}/{chain} to put the edited copy into"))?;
    let (dir, _) = store.dir().make_private(DIR).map_err(|error| error.to_string())?;
    for (file, copy) in copies {
        let content =
            read(&run.run_dir.join(file)).map_err(|error| format!("{file} cannot be read: {error}"))?;
        let edited =
            edit::edited(&content, file, &rule.edit, checkpoint).map_err(|error| error.to_string())?;
        let name = copy.file_name().unwrap_or_default().to_string_lossy();
        dir.replace(&name, &edited).map_err(|error| error.to_string())?;
    }
    Ok(())
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    // Without O_NONBLOCK a named pipe would hold the start up for ever.
    let file = fs::File::options().read(true).custom_flags(libc::O_NONBLOCK).open(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() || metadata.len() > LARGEST {
        return Err(io::Error::other("it is no regular file of at most 256 MiB"));
    }
    let mut content = Vec::new();
    file.take(LARGEST).read_to_end(&mut content)?;
    Ok(content)
}
