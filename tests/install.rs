//! `scripts/install`: what it puts below a prefix, and that shells and man take it.

#![expect(clippy::disallowed_methods, reason = "scripts and shells are ordinary processes here")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use ckwrap::cli::Arguments;
use clap::CommandFactory;

/// Installs the program under test.
fn install(prefix: &Path) -> Output {
    let ckwrap = env!("CARGO_BIN_EXE_ckwrap");
    let mut command = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/install"));
    command.arg("--binary").arg(ckwrap).arg(prefix).env("PATH", std::env::var_os("PATH").unwrap());
    command.output().unwrap()
}

/// The standard output of a command that ends well and says nothing else.
fn quiet(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && errors.is_empty(), "{command:?}: {:?} {errors}", output.status);
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn all_is_installed_and_over_an_earlier_version_too() {
    let dir = tempfile::tempdir().unwrap();
    let prefix = dir.path().join("a prefix");
    for _ in 0..2 {
        let output = install(&prefix);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{said}");
        assert!(said.contains("it is not in PATH yet"), "{said}");
    }
    let ckwrap = prefix.join("bin/ckwrap");
    assert!(quiet(Command::new(&ckwrap).arg("--version")).starts_with("ckwrap "));
    assert!(prefix.join("share/doc/ckwrap/README.md").exists());
    let left = quiet(Command::new("find").arg(&prefix).args(["-name", "*.new"]));
    assert_eq!(left, "", "what is only written on the way is gone");
    manual(&prefix.join("share/man/man1"));
    completions(&prefix, &ckwrap);
}

/// A page for ckwrap and for each command, with all options, that groff takes without a warning.
fn manual(pages: &Path) {
    let tree = Arguments::command();
    for command in tree.get_subcommands().chain([&tree]) {
        let name = command.get_name();
        let name = if name == "ckwrap" { name.to_owned() } else { format!("ckwrap-{name}") };
        let page = pages.join(format!("{name}.1"));
        let text = quiet(Command::new("groff").args(["-ww", "-man", "-Tascii", "-P-cbou"]).arg(&page));
        for option in command.get_opts().filter_map(clap::Arg::get_long) {
            assert!(text.contains(&format!("--{option}")), "{name}: --{option}\n{text}");
        }
    }
    let first = fs::read_to_string(pages.join("ckwrap.1")).unwrap();
    assert!(first.contains(".SH EXIT STATUS\n"), "{first}");
}

/// bash offers the commands; the others are only looked into, as they may not be there.
fn completions(prefix: &Path, ckwrap: &Path) {
    let script = "source \"$1\"; COMP_WORDS=(ckwrap st); COMP_CWORD=1; _ckwrap ckwrap st ckwrap; echo \"${COMPREPLY[*]}\"";
    let file = prefix.join("share/bash-completion/completions/ckwrap");
    let offered = quiet(Command::new("bash").args(["-c", script, "bash"]).arg(file).arg(ckwrap));
    assert_eq!(offered.trim(), "status");
    for file in ["share/zsh/site-functions/_ckwrap", "share/fish/vendor_completions.d/ckwrap.fish"] {
        let text = fs::read_to_string(prefix.join(file)).unwrap();
        assert!(text.contains("doctor") && text.contains("dry-run"), "{file}");
    }
}
