//! The socket that the program's words come in by, and the place where it lies.
//!
//! A path and no abstract name: every client knows paths, and the directory's mode keeps other users out, for whom an
//! abstract name would be open. It is in `/tmp` before other places, since containers see that one (Apptainer mounts it),
//! its name is short enough for a socket on every file system, and it is local to the node, as a socket is.
//! `XDG_RUNTIME_DIR` comes last: in a batch job it belongs to a login that may end before the job does.

use std::ffi::{OsStr, OsString};
use std::fs::{self, DirBuilder};
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::model::LONGEST_DATAGRAM;
use crate::sys::{self, Datagrams};

/// Name of the socket in its directory.
const SOCKET: &str = "notify";
/// How old a directory must be before it may be taken for a dead one: making directory and socket is not one act.
const SETTLED: Duration = Duration::from_secs(60);
/// Names of a directory that are looked at for what a killed ckwrap has left.
const MOST_NAMES: usize = 10_000;

/// A socket in a directory of its own, which goes with it.
#[derive(Debug)]
pub(super) struct Mailbox {
    socket: Datagrams,
    path: PathBuf,
}

/// A datagram.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Letter {
    /// From a process of the same user, or of root.
    Words(Vec<u8>),
    /// Not to be read, and why.
    Refused(&'static str),
}

/// Where sockets may lie, best first.
pub(super) fn places(environment: &[(OsString, OsString)]) -> Vec<PathBuf> {
    let named = |name: &str| environment.iter().find(|(key, _)| key == name).map(|(_, value)| value.into());
    let places = [Some(PathBuf::from("/tmp")), named("TMPDIR"), named("XDG_RUNTIME_DIR")];
    places.into_iter().flatten().filter(|place| place.is_absolute()).collect()
}

/// How the directories of this node begin: a socket on a shared `/tmp` looks dead from every other node.
fn prefix() -> String {
    let host = nix::unistd::gethostname().unwrap_or_default();
    format!("ckwrap-{:08x}-", crc32fast::hash(host.as_encoded_bytes()))
}

impl Mailbox {
    /// A new one in the first place where that is possible; else why it is not in the first.
    pub(super) fn open(places: &[PathBuf]) -> io::Result<Self> {
        let mut first = None;
        for place in places {
            match Self::open_in(place) {
                Ok(mailbox) => return Ok(mailbox),
                Err(error) => drop(first.get_or_insert(error)),
            }
        }
        Err(first.unwrap_or_else(|| io::ErrorKind::NotFound.into()))
    }

    fn open_in(place: &Path) -> io::Result<Self> {
        let directory = place.join(format!("{}{:016x}", prefix(), sys::random()));
        DirBuilder::new().mode(0o700).create(&directory)?;
        let path = directory.join(SOCKET);
        match Datagrams::bind(&path) {
            Ok(socket) => Ok(Self { socket, path }),
            Err(error) => {
                remove(&path);
                Err(error)
            }
        }
    }

    /// What the program must know of it.
    pub(super) fn path(&self) -> &OsStr {
        self.path.as_os_str()
    }

    /// The next datagram, if there is one.
    pub(super) fn take(&self) -> io::Result<Option<Letter>> {
        let mut buffer = [0; LONGEST_DATAGRAM];
        let Some(arrival) = self.socket.receive(&mut buffer)? else { return Ok(None) };
        let known = arrival.sender.is_some_and(|user| user == 0 || user == sys::effective_uid());
        Ok(Some(if !known {
            Letter::Refused("it is from another user")
        } else if !arrival.whole {
            Letter::Refused("it is longer than 4096 bytes")
        } else {
            Letter::Words(buffer.get(..arrival.length).unwrap_or_default().to_vec())
        }))
    }
}

impl AsFd for Mailbox {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

impl Drop for Mailbox {
    fn drop(&mut self) {
        remove(&self.path);
    }
}

/// What cannot be removed stays: it is empty.
fn remove(path: &Path) {
    let _ = fs::remove_file(path);
    if let Some(directory) = path.parent() {
        let _ = fs::remove_dir(directory);
    }
}

/// Removes what killed ones have left here. May hang where the file system does.
pub(super) fn sweep(places: &[PathBuf]) {
    let prefix = prefix();
    for place in places {
        let Ok(entries) = sys::list(place) else { continue };
        for entry in entries.take(MOST_NAMES).flatten() {
            let ours = entry.file_name().to_str().is_some_and(|name| name.starts_with(&prefix));
            let held = if ours { hold(&entry.path()) } else { None };
            if let Some((_open, held)) = held.filter(|(_, held)| is_dead(held)) {
                let _ = fs::remove_file(held.join(SOCKET));
                // Of a link that stands there by now this removes nothing.
                let _ = fs::remove_dir(entry.path());
            }
        }
    }
}

/// A directory that is no link, which would lead to a place of somebody else's choice, and a path to it that holds.
fn hold(directory: &Path) -> Option<(fs::File, PathBuf)> {
    let flags = libc::O_DIRECTORY | libc::O_NOFOLLOW;
    let open = fs::File::options().read(true).custom_flags(flags).open(directory).ok()?;
    let path = PathBuf::from(format!("/proc/self/fd/{}", open.as_raw_fd()));
    Some((open, path))
}

fn is_dead(directory: &Path) -> bool {
    let Ok(found) = fs::metadata(directory) else { return false };
    let age = found.modified().ok().and_then(|at| SystemTime::now().duration_since(at).ok());
    if !found.is_dir() || found.uid() != sys::effective_uid() || age.is_none_or(|age| age < SETTLED) {
        return false;
    }
    let answer = UnixDatagram::unbound().and_then(|socket| socket.connect(directory.join(SOCKET)));
    let gone = [io::ErrorKind::ConnectionRefused, io::ErrorKind::NotFound];
    answer.is_err_and(|error| gone.contains(&error.kind()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn send(mailbox: &Mailbox, bytes: &[u8]) {
        UnixDatagram::unbound().unwrap().send_to(bytes, mailbox.path()).unwrap();
    }

    #[test]
    fn letters_come_whole_or_not_at_all() {
        let place = tempfile::tempdir().unwrap();
        let mailbox = Mailbox::open(&[place.path().into()]).unwrap();
        assert_eq!(mailbox.take().unwrap(), None);
        for length in [0, 1, 4096, 4097, 10_000] {
            send(&mailbox, &vec![b'x'; length]);
        }
        for length in [0, 1, 4096] {
            assert_eq!(mailbox.take().unwrap(), Some(Letter::Words(vec![b'x'; length])));
        }
        for _ in 0..2 {
            assert!(matches!(mailbox.take().unwrap(), Some(Letter::Refused(_))));
        }
    }

    #[test]
    fn nothing_of_it_stays_and_nobody_else_gets_in() {
        let place = tempfile::tempdir().unwrap();
        let mailbox = Mailbox::open(&["/proc".into(), place.path().into()]).unwrap();
        let directory = Path::new(mailbox.path()).parent().unwrap().to_owned();
        assert_eq!(fs::metadata(&directory).unwrap().permissions().mode() & 0o7777, 0o700);
        drop(mailbox);
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_place_that_is_too_long_or_not_there_is_passed_over() {
        let place = tempfile::tempdir().unwrap();
        let long = place.path().join("x".repeat(100));
        fs::create_dir(&long).unwrap();
        assert!(Mailbox::open(std::slice::from_ref(&long)).is_err());
        assert_eq!(fs::read_dir(&long).unwrap().count(), 0);
        assert!(Mailbox::open(&["/nowhere".into()]).is_err());
        assert!(Mailbox::open(&["/nowhere".into(), place.path().into()]).is_ok());
    }

    #[test]
    fn only_what_is_dead_old_and_of_this_node_is_swept() {
        let place = tempfile::tempdir().unwrap();
        let places = [place.path().to_owned()];
        let alive = Mailbox::open(&places).unwrap();
        let dead = |name: String, old: bool| {
            let directory = place.path().join(name);
            fs::create_dir(&directory).unwrap();
            // Closed at once: the path stays and leads to nobody.
            UnixDatagram::bind(directory.join(SOCKET)).unwrap();
            age(&directory, old);
            directory
        };
        let swept = dead(format!("{}1", prefix()), true);
        let kept = [dead(format!("{}2", prefix()), false), dead("ckwrap-of-another-node".into(), true)];
        age(Path::new(alive.path()).parent().unwrap(), true);
        sweep(&places);
        assert!(!swept.exists());
        assert!(kept.iter().all(|directory| directory.exists()));
        send(&alive, b"READY=1");
        assert_eq!(alive.take().unwrap(), Some(Letter::Words(b"READY=1".to_vec())));
    }

    fn age(directory: &Path, old: bool) {
        let back = if old { SETTLED * 2 } else { Duration::ZERO };
        fs::File::open(directory).unwrap().set_modified(SystemTime::now() - back).unwrap();
    }
}
