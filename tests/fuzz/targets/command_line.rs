//! A command line, a word a line: launchers, the program behind them, its profile, and what a restart makes of it.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::Path;
use std::time::Duration;

use ckwrap::profile::rules::{How, RestartRule, When};
use ckwrap::profile::{detect, edit, lammps, limit, program, restart};

/// From the words to the words.
pub(super) fn command_line(data: &[u8]) {
    let words = data.split(|byte| *byte == b'\n').map(|word| OsString::from_vec(word.to_vec()));
    let command: Vec<OsString> = words.collect();
    let found = program(&command);
    assert!(found.index < command.len());
    let _ = detect(&command, found);
    let _ = lammps::Options::read(command.get(found.index + 1..).unwrap_or_default());
    let texts: Vec<String> = command.iter().map(|word| word.to_string_lossy().into_owned()).collect();
    let (args, drops) = texts.split_at(texts.len() / 2);
    for how in [How::Same, How::Append, How::Replace, How::Edit, How::Run] {
        let rule = RestartRule {
            how,
            when: When::Always,
            args: args.to_vec(),
            unless: Vec::new(),
            drop: drops.to_vec(),
            edit: Vec::new(),
            editor: None,
        };
        for checkpoint in [None, Some(Path::new("out/md_0042.cpt"))] {
            assert!(!restart::command_line(&command, &rule, checkpoint).is_empty());
        }
    }
    let _ = limit::words(args, Duration::MAX);
    let copies = [(texts.first().cloned().unwrap_or_default(), "copy".into())];
    assert_eq!(edit::substituted(&command, found.index, &copies).len(), command.len());
}
