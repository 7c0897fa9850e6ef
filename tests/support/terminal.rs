//! A terminal with an interactive shell, as a user has it.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::fd::AsFd as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::process::{Child, Command};
use std::sync::{Arc, Mutex};

use nix::fcntl::OFlag;
use nix::pty::{grantpt, posix_openpt, ptsname_r, unlockpt};

use super::running::{kill_marked, prepare};
use super::wait_for;

/// An interactive bash on a pseudo-terminal. Ends with all its jobs when it is dropped.
#[derive(Debug)]
pub(crate) struct Terminal {
    keyboard: File,
    screen: Arc<Mutex<String>>,
    /// How much of the screen has been read.
    read: usize,
    shell: Child,
    mark: String,
}

impl Terminal {
    /// Opens it. `setsid --ctty` makes the terminal the controlling one of the shell, so that Ctrl-C means something.
    pub(crate) fn open() -> Self {
        // Not openpty(3): its descriptors would leak into what other tests start at this moment.
        let master = posix_openpt(OFlag::O_RDWR | OFlag::O_NOCTTY | OFlag::O_CLOEXEC).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let no_control = OFlag::O_NOCTTY.bits();
        let slave =
            File::options().read(true).write(true).custom_flags(no_control).open(ptsname_r(&master).unwrap());
        let slave = slave.unwrap();
        let mut command = Command::new("setsid");
        command.args(["--ctty", "--wait", "bash", "--noprofile", "--norc", "--noediting", "-i"]);
        command.env("PS1", "prompt> ").env_remove("HISTFILE");
        let mark = prepare(&mut command);
        command.stdin(slave.try_clone().unwrap()).stdout(slave.try_clone().unwrap()).stderr(slave);
        let shell = command.spawn().expect("setsid (util-linux) and bash");
        // The command holds the slave open in this process; with it the screen would never end.
        drop(command);
        let keyboard = File::from(master.as_fd().try_clone_to_owned().unwrap());
        let screen = Arc::default();
        watch(keyboard.try_clone().unwrap(), Arc::clone(&screen));
        let mut terminal = Self { keyboard, screen, read: 0, shell, mark };
        terminal.see("prompt> ");
        terminal
    }

    /// Types these characters.
    pub(crate) fn press(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).unwrap();
    }

    /// Waits until this text stands after what was seen last, and answers the rest of its line.
    #[track_caller]
    pub(crate) fn see(&mut self, text: &str) -> String {
        let found = wait_for(&format!("`{text}` on the screen"), || {
            let screen = self.screen.lock().unwrap();
            let unread = screen.get(self.read..)?;
            let rest = unread.get(unread.find(text)? + text.len()..)?;
            // A line is only whole with its end, but a prompt has none.
            let end = rest.find('\n').or_else(|| text.ends_with(' ').then_some(0))?;
            Some((screen.len() - rest.len() + end, rest.get(..end)?.trim_end().to_owned()))
        });
        self.read = found.0;
        found.1
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let screen = self.screen.lock().unwrap();
            let _ = writeln!(std::io::stderr(), "screen:\n{screen}");
        }
        kill_marked(&self.mark);
        let _ = self.shell.wait();
    }
}

fn watch(mut master: File, screen: Arc<Mutex<String>>) {
    std::thread::spawn(move || {
        let mut buffer = [0; 4096];
        // Reading fails when the last process has closed the terminal.
        while let Ok(length @ 1..) = master.read(&mut buffer) {
            screen.lock().unwrap().push_str(&String::from_utf8_lossy(&buffer[..length]));
        }
    });
}
