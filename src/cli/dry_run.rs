//! `ckwrap --dry-run`: what would be done, found out without changing anything.

use std::io::{self, Write};
use std::path::Path;

use humantime::format_duration;

use crate::checkpoint::{Validity, scan, validate};
use crate::journal::Store;
use crate::model::{Target, Trigger, harmless, typed};
use crate::policy::Lead;
use crate::policy::lead::{Basis, Learned};
use crate::profile::rules::Editor;
use crate::profile::{edit, program, restart};
use crate::scheduler::Engine;
use crate::supervisor::{DerivedInput, Run, chain_name, copies, derive, edits};

/// Prints the plan.
pub(super) fn show(run: &Run, out: &mut impl Write) -> io::Result<()> {
    let settings = &run.plan.settings;
    let profile = &run.plan.profile;
    writeln!(out, "engine:        {}", run.engine)?;
    if run.engine == Engine::None {
        writeln!(out, "plan:          pass signals and the exit code through, nothing else")?;
        return write_command(&run.plan.command, out);
    }
    let chain = chain_name(run);
    writeln!(out, "chain:         {chain}")?;
    let mut learned = None;
    match Store::open(&run.run_dir, &chain).and_then(|store| store.map(|store| store.load()).transpose()) {
        Ok(Some(loaded)) => {
            let history = loaded.history;
            let state = match (history.finished, &history.stopped) {
                (true, _) => "finished: nothing would be started".to_owned(),
                (_, Some(stopped)) => format!("stopped: {}", harmless(&stopped.text)),
                _ => format!("{} segments so far", history.segments.len()),
            };
            writeln!(out, "history:       {state}")?;
            learned = Basis::of(&Learned::new(history.checkpoint_times(), Vec::new()).saves);
        }
        Ok(None) => writeln!(out, "history:       none; this would be the first segment")?,
        Err(error) => writeln!(out, "history:       cannot be read: {}", harmless(&error.to_string()))?,
    }
    writeln!(out, "profile:       {}", profile.name)?;
    let lead = match settings.lead {
        Lead::Fixed(lead) => format!("{} before the end", format_duration(lead)),
        Lead::Initial(_) if let Some(basis) = learned => format!("lead learned from {basis}"),
        Lead::Initial(lead) => {
            format!(
                "{} before the end, or a quarter of the allocation if that is less",
                format_duration(lead)
            )
        }
    };
    writeln!(out, "checkpoint:    {lead}")?;
    if let Some(limit) = run.limit {
        writeln!(out, "time limit:    {} from the start", format_duration(limit))?;
    }
    for (index, trigger) in settings.triggers.iter().enumerate() {
        let label = if index == 0 { "asked by:" } else { "or by:" };
        writeln!(out, "{label:<14} {}", words(trigger))?;
    }
    writeln!(out, "goes on by:    {}", mode(run))?;
    if settings.keeps {
        writeln!(out, "copies kept:   {} of the last good checkpoint", profile.keep)?;
    }
    if !profile.clean.is_empty() {
        writeln!(out, "removed first: {}", profile.clean.join(" "))?;
    }
    let start = starting_point(run, out)?;
    let mut command = run.plan.command.clone();
    if let Some(Editor::Lammps { every }) = profile.restart.editor {
        match derive(run, &chain, every, start.as_deref()) {
            Ok(derived) => {
                command = derived.command;
                write_derived(derived.input.as_ref(), out)?;
            }
            Err(why) => {
                let lines: Vec<String> = why.lines().map(harmless).collect();
                return writeln!(out, "refused:       {}", lines.join("\n"));
            }
        }
    }
    if edits(&profile.restart, &command, start.as_deref()) {
        let copies = copies(&chain, &profile.restart);
        for (file, copy) in &copies {
            writeln!(out, "edited:        a copy of {file}, {}", copy.display())?;
        }
        command = edit::substituted(&command, program(&command).index, &copies);
    }
    write_command(&restart::command_line(&command, &profile.restart, start.as_deref()), out)
}

/// What is derived of a LAMMPS input.
fn write_derived(input: Option<&DerivedInput>, out: &mut impl Write) -> io::Result<()> {
    let Some(input) = input else { return writeln!(out, "input:         used as it is") };
    let DerivedInput { of, path, every, runs, .. } = input;
    let runs = if *runs == 1 { "one run".to_owned() } else { format!("{runs} runs") };
    writeln!(
        out,
        "input:         derived from {of}, {}; {runs}, a restart file every {every} steps",
        path.display()
    )?;
    match input.rounding {
        Some(why) => writeln!(out, "rounding:      {why}"),
        None => Ok(()),
    }
}

fn words(trigger: &Trigger) -> String {
    let list = |words: &[String]| words.iter().map(|word| typed(word)).collect::<Vec<_>>().join(" ");
    match trigger {
        Trigger::Auto => "the first of USR1, USR2 and TERM that the program handles".to_owned(),
        Trigger::Signal { signal, to } => format!("{signal} to {}", receiver(*to)),
        Trigger::File { path, .. } => format!("the file {}", path.display()),
        Trigger::Run(words) => format!("the command {}", list(words)),
        Trigger::Limit(words) => format!("its own limit, given at the start: {}", list(words)),
        Trigger::Wait => "nothing: its own periodic checkpoints are waited for".to_owned(),
    }
}

fn receiver(target: Target) -> &'static str {
    match target {
        Target::Leader => "the process that ckwrap starts",
        Target::Group => "all processes of its group",
        Target::Rank => "one process of the program",
        Target::Ranks => "every process of the program",
        Target::Launcher => "the launcher",
        Target::Step => "the job step",
    }
}

fn mode(run: &Run) -> String {
    if run.plan.settings.requeued_by_program {
        return "the program itself (requeue: app)".to_owned();
    }
    if run.engine == Engine::Local {
        return "the next segment in this process".to_owned();
    }
    serde_json::to_value(run.plan.settings.mode)
        .ok()
        .and_then(|mode| mode.as_str().map(str::to_owned))
        .unwrap_or_default()
}

/// The checkpoint a start would use, as far as that can be told without running a command.
fn starting_point(run: &Run, out: &mut impl Write) -> io::Result<Option<std::path::PathBuf>> {
    let Some(rule) = &run.plan.profile.checkpoint else {
        writeln!(out, "starts from:   what the program finds by itself")?;
        return Ok(None);
    };
    let candidates = match scan(&run.run_dir, rule) {
        Ok(candidates) => candidates,
        Err(error) => {
            writeln!(out, "starts from:   cannot be told: {}", harmless(&error.to_string()))?;
            return Ok(None);
        }
    };
    for (index, candidate) in candidates.iter().enumerate() {
        let path = candidate.id.path.clone();
        let word = match validate(candidate, candidates.get(index + 1), &rule.validate, &run.run_dir) {
            Validity::Valid => "",
            Validity::NeedsCommand(_) => " (if its check passes)",
            Validity::Invalid(reason) | Validity::Unknown(reason) => {
                writeln!(out, "passed over:   {}: {}", shown(&path), harmless(&reason))?;
                continue;
            }
        };
        writeln!(out, "starts from:   {}{word}", shown(&path))?;
        return Ok(Some(path));
    }
    writeln!(out, "starts from:   the beginning")?;
    Ok(None)
}

fn write_command(words: &[std::ffi::OsString], out: &mut impl Write) -> io::Result<()> {
    let words: Vec<String> = words.iter().map(|word| typed(&word.to_string_lossy())).collect();
    writeln!(out, "command:       {}", words.join(" "))
}

fn shown(path: &Path) -> String {
    harmless(&path.to_string_lossy())
}
