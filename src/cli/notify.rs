//! `ckwrap notify`: lets a script tell the ckwrap that runs it how it stands.
//!
//! One datagram of the `sd_notify` protocol to `$NOTIFY_SOCKET`, so that it reaches a service manager just as well. A
//! script must run with and without ckwrap: a missing socket is no failure unless the caller says so.

use std::ffi::OsString;
use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::model::{LONGEST_DATAGRAM, Message, Progress, harmless};

/// The variable that names the socket.
const SOCKET: &str = "NOTIFY_SOCKET";
/// How long the receiver's queue may stay full: it is stopped, or gone.
const PATIENCE: Duration = Duration::from_secs(5);

/// Tell the ckwrap that runs this script how it stands
///
/// Without ckwrap nothing is told and the exit code is 0, so that a script can run either way.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(after_help = "Example, in a script that runs under ckwrap:\n  \
                        ckwrap notify --checkpoint state.rds --progress 300/1000 --status 'fitting model 3'\n  \
                        ckwrap notify --finished")]
pub struct NotifyArgs {
    /// Signal handlers are set: signals may come (see notify.ready in ckwrap.yaml)
    #[arg(long)]
    pub ready: bool,
    /// What the program is doing, for `ckwrap status`
    #[arg(long, value_name = "TEXT")]
    pub status: Option<OsString>,
    /// A checkpoint is complete: its file or directory
    #[arg(long, value_name = "PATH")]
    pub checkpoint: Option<PathBuf>,
    /// How much of the work is done, in any unit
    #[arg(long, value_name = "DONE/TOTAL", allow_hyphen_values = true)]
    pub progress: Option<String>,
    /// The work is done: counts if the program then ends with exit code 0
    #[arg(long)]
    pub finished: bool,
    /// The program is about to end by itself: do not ask it for a checkpoint any more
    #[arg(long)]
    pub stopping: bool,
    /// Fail if nobody could be told
    #[arg(long)]
    pub require: bool,
    /// Messages as `sd_notify(3)` spells them, such as READY=1
    #[arg(value_name = "KEY=VALUE")]
    pub words: Vec<OsString>,
}

/// Why nothing was told.
#[derive(Debug, thiserror::Error)]
pub enum NotifyError {
    /// Nothing was said.
    #[error("there is nothing to tell\nhint: ckwrap notify --progress 300/1000, or --help for all there is")]
    Nothing,
    /// A word that is no message.
    #[error(
        "`{0}` is no message; write KEY=VALUE, such as READY=1\nhint: ckwrap notify --help tells the short forms"
    )]
    NoMessage(String),
    /// A value that says nothing.
    #[error(transparent)]
    Progress(#[from] crate::model::ProgressError),
    /// A line break would begin another message.
    #[error("a path with a line break cannot be told; give the checkpoint another name")]
    LineBreak,
    /// More than fits.
    #[error("the message has {0} bytes, and at most {LONGEST_DATAGRAM} can be told at once; shorten it")]
    TooLong(usize),
    /// The path of a checkpoint cannot be made absolute.
    #[error("the working directory cannot be told: {0}; give the checkpoint as an absolute path")]
    Directory(io::Error),
    /// The variable is not set, and the caller wants to know.
    #[error(
        "nobody is there to be told: {SOCKET} is not set\nhint: this does not run under ckwrap, or ckwrap could make no socket"
    )]
    NoSocket,
    /// The socket does not answer, and the caller wants to know.
    #[error("{} cannot be told: {error}", harmless(&.socket.to_string_lossy()))]
    Unreachable {
        /// Its name.
        socket: PathBuf,
        /// What the system said.
        error: io::Error,
    },
}

/// What came of it.
#[derive(Debug, PartialEq, Eq)]
pub enum Told {
    /// It was sent.
    Yes,
    /// It was not, which the caller allows; what to say about it, if anything.
    No(Option<String>),
}

/// Sends what the arguments say to the socket that the environment names.
pub fn execute(args: &NotifyArgs, socket: Option<OsString>) -> Result<Told, NotifyError> {
    let datagram = datagram(args)?;
    let Some(socket) = socket.filter(|name| !name.is_empty()) else {
        return if args.require { Err(NotifyError::NoSocket) } else { Ok(Told::No(None)) };
    };
    match send(&socket, &datagram) {
        Ok(()) => Ok(Told::Yes),
        Err(error) if args.require => Err(NotifyError::Unreachable { socket: socket.into(), error }),
        Err(error) => {
            let socket = Path::new(&socket).display();
            Ok(Told::No(Some(format!("{socket} cannot be told: {error}; the program goes on"))))
        }
    }
}

/// The socket of this process's environment.
pub fn socket() -> Option<OsString> {
    std::env::var_os(SOCKET)
}

fn datagram(args: &NotifyArgs) -> Result<Vec<u8>, NotifyError> {
    let mut lines: Vec<Vec<u8>> = Vec::new();
    let mut say = |message: &Message| lines.push(message.line());
    if args.ready {
        say(&Message::Ready);
    }
    if let Some(text) = &args.status {
        // Another line would be another message.
        say(&Message::Status(text.to_string_lossy().replace('\n', " ")));
    }
    if let Some(path) = &args.checkpoint {
        say(&Message::Checkpoint(absolute(path)?));
    }
    if let Some(text) = &args.progress {
        say(&Message::Progress(text.parse::<Progress>()?));
    }
    if args.finished {
        say(&Message::Finished);
    }
    if args.stopping {
        say(&Message::Stopping);
    }
    for word in &args.words {
        let bytes = word.as_bytes();
        let is_message = bytes.iter().position(|byte| *byte == b'=').is_some_and(|at| at > 0);
        if !is_message {
            return Err(NotifyError::NoMessage(crate::model::plain(&word.to_string_lossy())));
        }
        lines.push(word.clone().into_vec());
    }
    let datagram = lines.join(&b'\n');
    match datagram.len() {
        0 => Err(NotifyError::Nothing),
        length if length > LONGEST_DATAGRAM => Err(NotifyError::TooLong(length)),
        _ => Ok(datagram),
    }
}

/// The script's directory is not always that of ckwrap.
fn absolute(path: &Path) -> Result<PathBuf, NotifyError> {
    if path.as_os_str().as_bytes().contains(&b'\n') {
        return Err(NotifyError::LineBreak);
    }
    if path.is_absolute() {
        return Ok(path.to_owned());
    }
    let here = std::env::current_dir().map_err(NotifyError::Directory)?;
    Ok(here.join(path.strip_prefix(".").unwrap_or(path)))
}

fn send(name: &OsString, datagram: &[u8]) -> io::Result<()> {
    let address = match name.as_bytes().strip_prefix(b"@") {
        Some(name) => SocketAddr::from_abstract_name(name)?,
        None => SocketAddr::from_pathname(name)?,
    };
    let socket = UnixDatagram::unbound()?;
    socket.set_write_timeout(Some(PATIENCE))?;
    socket.send_to_addr(datagram, &address).map(drop)
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use rstest::rstest;

    use super::*;

    #[derive(Parser)]
    struct Words {
        #[command(flatten)]
        args: NotifyArgs,
    }

    fn args(text: &str) -> NotifyArgs {
        let words = text.split('|').filter(|word| !word.is_empty());
        Words::try_parse_from(std::iter::once("notify").chain(words)).unwrap().args
    }

    #[rstest]
    #[case("--ready", "READY=1")]
    #[case("--status|two\nlines", "STATUS=two lines")]
    #[case("--checkpoint|/a/b c", "X_CKWRAP_CHECKPOINT=/a/b c")]
    #[case("--progress|1e+05/2e+05", "X_CKWRAP_PROGRESS=100000/200000")]
    #[case("--finished|--stopping", "X_CKWRAP_FINISHED=1\nSTOPPING=1")]
    #[case("--ready|STATUS=on|X_CKWRAP_NEW=", "READY=1\nSTATUS=on\nX_CKWRAP_NEW=")]
    fn datagrams(#[case] words: &str, #[case] expected: &str) {
        assert_eq!(String::from_utf8(datagram(&args(words)).unwrap()).unwrap(), expected);
    }

    #[test]
    fn a_checkpoint_is_told_from_the_scripts_own_directory() {
        let here = std::env::current_dir().unwrap();
        let text = String::from_utf8(datagram(&args("--checkpoint|./state")).unwrap()).unwrap();
        assert_eq!(text, format!("X_CKWRAP_CHECKPOINT={}/state", here.display()));
    }

    #[rstest]
    #[case("", "nothing")]
    #[case("READY", "KEY=VALUE")]
    #[case("=1", "KEY=VALUE")]
    #[case("--progress|NA/10", "DONE/TOTAL")]
    #[case("--progress|-1/10", "DONE/TOTAL")]
    #[case("--checkpoint|a\nb", "line break")]
    fn what_says_nothing_is_refused_with_or_without_a_socket(#[case] words: &str, #[case] told: &str) {
        let error = execute(&args(words), None).unwrap_err().to_string();
        assert!(error.contains(told), "{error}");
    }

    #[test]
    fn a_text_that_does_not_fit_is_refused() {
        let long = NotifyArgs { status: Some("x".repeat(5000).into()), ..NotifyArgs::default() };
        assert!(matches!(execute(&long, None), Err(NotifyError::TooLong(5007))));
    }

    #[test]
    fn without_anybody_to_tell_it_is_the_caller_who_says_whether_that_matters() {
        assert_eq!(execute(&args("--ready"), None).unwrap(), Told::No(None));
        assert!(matches!(execute(&args("--ready"), Some("/nowhere/s".into())).unwrap(), Told::No(Some(_))));
        assert!(matches!(execute(&args("--ready|--require"), None), Err(NotifyError::NoSocket)));
        let gone = execute(&args("--ready|--require"), Some("@ckwrap-nowhere".into()));
        assert!(matches!(gone, Err(NotifyError::Unreachable { .. })));
    }

    #[test]
    fn it_arrives_at_a_path_and_at_an_abstract_name() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("s");
        let name = format!("ckwrap-test-{}", std::process::id());
        let abstract_name = SocketAddr::from_abstract_name(&name).unwrap();
        let sockets = [UnixDatagram::bind(&path).unwrap(), UnixDatagram::bind_addr(&abstract_name).unwrap()];
        for (socket, name) in sockets.iter().zip([path.into_os_string(), format!("@{name}").into()]) {
            assert_eq!(execute(&args("--ready"), Some(name)).unwrap(), Told::Yes);
            let mut buffer = [0; 100];
            let length = socket.recv(&mut buffer).unwrap();
            assert_eq!(&buffer[..length], b"READY=1");
        }
    }
}
