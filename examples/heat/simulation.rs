//! The run: continue from a checkpoint if there is one, compute, checkpoint when asked, write the result.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::Instant;
use std::{env, fs};

use crate::checkpoint::{self, Damage};
use crate::field::Field;
use crate::misbehaviour::Misbehaviour;
use crate::options::Options;
use crate::request::Requests;
use crate::{atomic, talk};

/// Why a run failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("cannot continue from `{}`: {damage}; move it away to start from the beginning", path.display())]
    Damaged { path: PathBuf, damage: Damage },
    #[error("cannot continue from `{}`: it was made with --size {found}", path.display())]
    Size { path: PathBuf, found: usize },
    #[error("cannot read the checkpoint `{}`: {source}", path.display())]
    Unreadable { path: PathBuf, source: io::Error },
    #[error("cannot write `{}`: {source}", path.display())]
    Unwritable { path: PathBuf, source: io::Error },
    #[error("cannot set up: {0}")]
    Setup(#[from] io::Error),
}

impl Error {
    /// 4 where the checkpoint is at fault, 1 otherwise.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::Damaged { .. } | Self::Size { .. } | Self::Unreadable { .. } => 4,
            Self::Unwritable { .. } | Self::Setup(_) => 1,
        }
    }
}

/// Runs to the end, or until a checkpoint is asked for. The answer is the exit code.
pub(crate) fn run(options: &Options) -> Result<u8, Error> {
    if options.misbehaviour.ignore_signal {
        Misbehaviour::ignore(options.signal)?;
    }
    let start = Instant::now();
    let mut field = load(options)?;
    let requests = Requests::new(options.stop_file.clone());
    let mut ready_at = options.misbehaviour.late_handler.map(|delay| start + delay);
    options.misbehaviour.leave_daemon()?;
    if ready_at.is_none() {
        ready(options, &requests, &field)?;
    }
    while field.step() < options.steps {
        if ready_at.is_some_and(|at| at <= Instant::now()) {
            ready(options, &requests, &field)?;
            ready_at = None;
        }
        if requests.take() {
            save_as_asked(options, &field)?;
            if !options.go_on {
                talk::say(format_args!("stopped step={}", field.step()));
                return Ok(options.exit_code);
            }
        }
        let step_end = Instant::now() + options.pace;
        field.advance();
        if let Some(code) = options.misbehaviour.crash(field.step()) {
            return Ok(code);
        }
        if is_multiple(field.step(), options.every) {
            save(options, &field)?;
        }
        if is_multiple(field.step(), options.progress) {
            talk::say(format_args!("progress step={} of={}", field.step(), options.steps));
        }
        requests.wait_until(step_end);
    }
    write_result(&options.output, &field)?;
    talk::say(format_args!("finished step {}", field.step()));
    Ok(0)
}

/// Installs the handlers, and only then says that requests may come.
fn ready(options: &Options, requests: &Requests, field: &Field) -> io::Result<()> {
    let deaf = options.misbehaviour.ignore_signal || options.misbehaviour.no_handler;
    if !deaf && options.stop_file.is_none() {
        requests.listen(options.signal)?;
    }
    if options.trap_term {
        requests.listen(nix::sys::signal::Signal::SIGTERM)?;
    }
    talk::say(format_args!("ready pid={} step={}", std::process::id(), field.step()));
    Ok(())
}

/// The state to go on from. No checkpoint means the beginning, unless the caller named one that has to be there; a
/// damaged one never means the beginning: that would silently throw away what was computed.
fn load(options: &Options) -> Result<Field, Error> {
    let named = env::var_os("CKWRAP_CHECKPOINT").filter(|path| !path.is_empty()).map(PathBuf::from);
    let path = named.as_ref().unwrap_or(&options.checkpoint);
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound && named.is_none() => {
            return Ok(Field::new(options.size));
        }
        Err(source) => return Err(Error::Unreadable { path: path.clone(), source }),
    };
    let field = checkpoint::decode(&bytes).map_err(|damage| Error::Damaged { path: path.clone(), damage })?;
    if field.size() != options.size as usize {
        return Err(Error::Size { path: path.clone(), found: field.size() });
    }
    Ok(field)
}

/// A periodic checkpoint.
fn save(options: &Options, field: &Field) -> Result<(), Error> {
    let bytes = checkpoint::encode(field);
    atomic::replace(&options.checkpoint, |file| options.misbehaviour.write(file, &bytes))
        .map_err(|source| unwritable(&options.checkpoint, source))?;
    talk::say(format_args!("checkpoint step={}", field.step()));
    Ok(())
}

/// The checkpoint that was asked for: the same, but for what the tests want to see go wrong.
fn save_as_asked(options: &Options, field: &Field) -> Result<(), Error> {
    let saved = options.misbehaviour.save(&options.checkpoint, &checkpoint::encode(field));
    if saved.map_err(|source| unwritable(&options.checkpoint, source))? {
        talk::say(format_args!("checkpoint step={}", field.step()));
    }
    Ok(())
}

fn write_result(path: &Path, field: &Field) -> Result<(), Error> {
    let bytes = checkpoint::raw(field).collect::<Vec<_>>();
    atomic::replace(path, |file| file.write_all(&bytes)).map_err(|source| unwritable(path, source))
}

fn unwritable(path: &Path, source: io::Error) -> Error {
    Error::Unwritable { path: path.to_owned(), source }
}

/// Whether something that is due each `period` steps is due; a period of zero means never.
fn is_multiple(step: u64, period: u64) -> bool {
    period != 0 && step.is_multiple_of(period)
}
