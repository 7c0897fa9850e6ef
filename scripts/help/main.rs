//! Writes what `scripts/install` puts beside the program: manual pages and completions, from the tree of commands itself.
//!
//! Not a part of ckwrap: the program that is installed on compute nodes stays small.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use ckwrap::cli::Arguments;
use clap::CommandFactory;
use clap_complete::Shell;

/// Where each shell looks below a prefix for the completion of a command, and the name it must have there.
const COMPLETIONS: [(Shell, &str); 3] = [
    (Shell::Bash, "share/bash-completion/completions/ckwrap"),
    (Shell::Zsh, "share/zsh/site-functions/_ckwrap"),
    (Shell::Fish, "share/fish/vendor_completions.d/ckwrap.fish"),
];

/// What no option tells: the end of the first page.
const MORE: &str = r".SH EXIT STATUS
.TP
0
The chain goes on (continue.exit_code changes that), or it is finished.
.TP
the program's own
The chain ends here; 128+n after signal n.
.TP
124
The chain has stopped unfinished, and the program's own code would say that all is well or comes from ckwrap's ending it.
.TP
125
ckwrap itself failed before the program was started.
.TP
126, 127
The program cannot be executed; it cannot be found.
.SH FILES
.TP
ckwrap.yaml
Settings, in the run directory or the nearest parent; ckwrap config shows all that are in force.
.TP
\&.ckwrap/
The journal of each chain, in the run directory.
.SH SEE ALSO
.BR sbatch (1),
.BR scontrol (1),
.BR sd_notify (3)
";

fn main() -> io::Result<()> {
    let Some(prefix) = std::env::args_os().nth(1).map(PathBuf::from) else {
        return Err(io::Error::other("name the directory to write below"));
    };
    completions(&prefix)?;
    manual(&prefix.join("share/man/man1"))
}

fn completions(prefix: &Path) -> io::Result<()> {
    for (shell, place) in COMPLETIONS {
        let mut text = Vec::new();
        clap_complete::generate(shell, &mut Arguments::command(), "ckwrap", &mut text);
        let path = prefix.join(place);
        fs::create_dir_all(path.parent().unwrap_or(prefix))?;
        fs::write(path, text)?;
    }
    Ok(())
}

fn manual(dir: &Path) -> io::Result<()> {
    fs::create_dir_all(dir)?;
    clap_mangen::generate_to(Arguments::command().disable_help_subcommand(true), dir)?;
    OpenOptions::new().append(true).open(dir.join("ckwrap.1"))?.write_all(MORE.as_bytes())
}
