//! `with OPTION VALUE ... -- COMMAND...`: takes on a state, then becomes the command, with nothing in between.
//!
//! | option | state |
//! |---|---|
//! | `--ignore 1,13` | these signals are ignored |
//! | `--default 32,33` | these signals have their default effect |
//! | `--block 10,15` or `all` | these signals are blocked |
//! | `--close 0,2` | these descriptors are closed |
//! | `--open 7:FILE` | descriptor 7 is FILE, which must exist |
//! | `--umask 027`, `--nice 3`, `--nofile 128` | these values (files: soft and hard limit) |
//! | `--user UID` | root becomes that user; for others nothing changes |
//! | `--no-fork UID` | the process cannot fork; root becomes that user for it, as the limit does not bind root |

use std::ffi::{CString, OsString, c_int};
use std::fs::File;
use std::os::fd::IntoRawFd as _;
use std::os::unix::ffi::OsStringExt as _;

use nix::sys::resource::{Resource, setrlimit};
use nix::sys::stat::{Mode, umask};
use nix::unistd::{Uid, execvp, setuid};

use crate::{Outcome, raw};

/// Applies the options in their order and executes the command. Ends like a shell when that fails: 127 or 126.
pub(crate) fn become_command(words: &[OsString]) -> Outcome {
    let mut words = words.iter();
    loop {
        let option = words.next().ok_or("`--` is missing")?;
        if option == "--" {
            break;
        }
        let value = words.next().and_then(|value| value.to_str()).ok_or("an option without a value")?;
        apply(option.to_str().unwrap_or_default(), value)?;
    }
    let command = words.map(|word| CString::new(word.clone().into_vec())).collect::<Result<Vec<_>, _>>()?;
    let program = command.first().ok_or("no command")?;
    let Err(error) = execvp(program, &command);
    Ok(if error == nix::errno::Errno::ENOENT { 127 } else { 126 })
}

fn apply(option: &str, value: &str) -> Result<(), Box<dyn std::error::Error>> {
    match option {
        "--ignore" => list(value)?.into_iter().try_for_each(raw::ignore)?,
        "--default" => list(value)?.into_iter().try_for_each(raw::reset)?,
        "--block" if value == "all" => raw::mask(libc::SIG_BLOCK, 1..=64)?,
        "--block" => raw::mask(libc::SIG_BLOCK, list(value)?)?,
        "--close" => list(value)?.into_iter().try_for_each(raw::close)?,
        "--open" => {
            let (number, path) = value.split_once(':').ok_or("--open wants FD:FILE")?;
            // Never closed here: it may already have the number that is wanted. If not, it ends with `execve`.
            let file = File::options().read(true).write(true).open(path)?.into_raw_fd();
            raw::duplicate(file, number.parse()?)?;
        }
        "--umask" => {
            umask(Mode::from_bits_truncate(u32::from_str_radix(value, 8)?));
        }
        "--nice" => raw::nice(value.parse()?)?,
        "--nofile" => setrlimit(Resource::RLIMIT_NOFILE, value.parse()?, value.parse()?)?,
        "--no-fork" => {
            setrlimit(Resource::RLIMIT_NPROC, 1, 1)?;
            become_user(value)?;
        }
        "--user" => become_user(value)?,
        _ => return Err("unknown option".into()),
    }
    Ok(())
}

fn become_user(value: &str) -> Result<(), Box<dyn std::error::Error>> {
    if Uid::effective().is_root() {
        setuid(Uid::from_raw(value.parse()?))?;
    }
    Ok(())
}

fn list(value: &str) -> Result<Vec<c_int>, std::num::ParseIntError> {
    value.split(',').map(str::parse).collect()
}
