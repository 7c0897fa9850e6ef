//! The program that a script starts: its configuration and profile, and whether it is there.

use std::ffi::OsString;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use clap::{CommandFactory as _, FromArgMatches as _};

use crate::cli::arguments::{Arguments, Command, RunArgs};
use crate::cli::dispatch::Failure;
use crate::cli::path::in_path;
use crate::cli::run;
use crate::config::{ConfigError, Loaded, Place as Named};
use crate::doctor::{Application, Beginning, Finding, Fix, Found, Place, Report, Settings, UNKNOWN};
use crate::policy::Lead;
use crate::profile::rules::{How, RestartRule};

/// What the script's ckwrap would be configured with; findings tell what stands against it.
pub(super) fn configure(
    beginning: Option<&Beginning>,
    run_dir: Result<&PathBuf, &usize>,
    report: &mut Report,
) -> Option<Loaded> {
    let run_dir = run_dir.ok()?;
    let args = match beginning {
        None => RunArgs::default(),
        Some(beginning) => arguments(beginning, report)?,
    };
    match run::load(&args, run_dir) {
        Ok(loaded) => Some(loaded),
        // A value that is missing may be in the words that only the shell knows.
        Err(Failure::Config(error))
            if !matches!(error.place, Named::File { .. })
                && beginning.is_some_and(|one| one.program.iter().any(|word| word.contains(UNKNOWN))) =>
        {
            report.not_judged.push(
                "the profile's settings: only the shell knows all words of the command line".to_owned(),
            );
            None
        }
        Err(Failure::Config(error)) => {
            report.findings.push(unusable(&error, beginning));
            None
        }
        Err(other) => {
            report.not_judged.push(format!("the configuration: {other}"));
            None
        }
    }
}

/// The options as ckwrap itself would read them.
fn arguments(beginning: &Beginning, report: &mut Report) -> Option<RunArgs> {
    let own = beginning.own.as_ref()?;
    // What only the shell knows stands for itself; a profile that is read from it is not judged.
    let words = ["ckwrap".to_owned(), "run".to_owned()].into_iter().chain(own.iter().cloned());
    let words = words.chain(["--".to_owned()]).chain(beginning.program.iter().cloned());
    let parsed = Arguments::command()
        .try_get_matches_from(words)
        .and_then(|matches| Arguments::from_arg_matches(&matches));
    match parsed.map(|arguments| arguments.command) {
        Ok(Some(Command::Run(args))) => Some(*args),
        Ok(_) => None,
        Err(error) => {
            let text = error.to_string();
            let said = text.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned();
            let why = format!(
                "ckwrap does not take its options here, and ends before anything is started: {said}."
            );
            let place = Place::Script(beginning.at..beginning.at + 1);
            report.findings.push(Finding::error(
                "CK016",
                place,
                why,
                Fix::by_hand("type").paste("ckwrap run --help"),
            ));
            None
        }
    }
}

fn unusable(error: &ConfigError, beginning: Option<&Beginning>) -> Finding {
    let place = match (&error.place, beginning) {
        (Named::File { path, position }, _) => Place::File(path.clone(), *position),
        (_, Some(beginning)) => Place::Script(beginning.at..beginning.at + 1),
        (Named::Named(name), None) => Place::File(name.into(), None),
        (Named::Nowhere, None) => Place::File("ckwrap.yaml".into(), None),
    };
    let key = if error.key.is_empty() { String::new() } else { format!("{}: ", error.key) };
    let why = format!(
        "ckwrap does not take its configuration, and ends before anything is started: {key}{}.",
        error.message
    );
    let how = if error.hint.is_empty() {
        "correct it; all settings are listed by `ckwrap config`".to_owned()
    } else {
        error.hint.clone()
    };
    Finding::error("CK306", place, why, Fix::by_hand(how))
}

/// The settings that matter to the script.
pub(super) fn settings(loaded: &Loaded) -> Settings {
    let settings = &loaded.plan.settings;
    Settings {
        lead: match settings.lead {
            Lead::Fixed(lead) => Some(lead),
            Lead::Initial(_) => None,
        },
        mode: settings.mode,
        warning_signals: settings.warning_signals.clone(),
        exit_code: settings.exit_code,
    }
}

/// What is known of the program.
pub(super) fn look(loaded: &Loaded, beginning: &Beginning, run_dir: Result<&PathBuf, &usize>) -> Application {
    let profile = &loaded.plan.profile;
    let rule = profile.checkpoint.as_ref();
    let certain = |pattern: &&String| !pattern.contains(UNKNOWN);
    let patterns =
        rule.iter().flat_map(|rule| rule.glob.iter().chain(&rule.fallback)).filter(certain).cloned();
    Application {
        profile: profile.name.clone(),
        experimental: profile.experimental,
        knows_checkpoints: rule.is_some(),
        checkpoints: patterns.collect(),
        restart_words: restart_words(&profile.restart),
        keep: profile.keep,
        found: found(beginning, run_dir.ok()),
    }
}

/// The words by which the checkpoint to start from is named on the command line.
fn restart_words(rule: &RestartRule) -> Vec<String> {
    if rule.how != How::Append {
        return Vec::new();
    }
    let before = std::iter::once(None).chain(rule.args.iter().map(Some));
    let named =
        rule.args.iter().zip(before).filter_map(|(word, before)| match word.split_once("{checkpoint")? {
            ("", _) => before,
            _ => Some(word),
        });
    named.filter_map(|word| word.split("{checkpoint").next()).map(str::to_owned).collect()
}

fn found(beginning: &Beginning, run_dir: Option<&PathBuf>) -> Found {
    let words: Vec<OsString> = beginning.program.iter().map(OsString::from).collect();
    let program = crate::profile::program(&words);
    let not_judged = |why: String| Found::NotJudged(why);
    let Some(name) = beginning.program.get(program.index).filter(|name| !name.contains(UNKNOWN)) else {
        return not_judged("only the shell knows its name".into());
    };
    if program.container.is_some() {
        return not_judged(format!("{name} is in a container"));
    }
    if name.contains('/') {
        let Some(run_dir) = run_dir else {
            return not_judged("only the shell knows where it is looked for".into());
        };
        let path = run_dir.join(name.trim_start_matches("./"));
        return match std::fs::metadata(&path) {
            Ok(meta) if meta.is_file() && meta.permissions().mode() & 0o111 == 0 => {
                Found::NotExecutable(path)
            }
            Ok(_) => Found::Yes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && beginning.prepares => {
                not_judged(format!("{name} is not there yet, and the script may make it first"))
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                Found::No(format!("there is no {}", path.display()))
            }
            Err(error) => not_judged(format!("{} cannot be looked at: {error}", path.display())),
        };
    }
    match (in_path(name), &beginning.finds_by) {
        (Some(_), _) => Found::Yes,
        (None, Some((what, line))) => {
            not_judged(format!("{name} is not in PATH here, and {what} in line {line} changes what is found"))
        }
        (None, None) => Found::No(format!("{name} is in no directory of PATH on this machine")),
    }
}
