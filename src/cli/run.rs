//! `ckwrap run`: options and environment to a plan, and the plan to the supervisor.

use std::ffi::OsString;
use std::path::Path;

use serde_yaml::{Mapping, Value};

use super::arguments::RunArgs;
use super::dispatch::{Failure, working_directory};
use super::dry_run;
use crate::config::{self, Limit, Loaded, LogLevel, Origin, Override, Request};
use crate::model::ExitStatus;
use crate::policy::Level;
use crate::profile::builtin;
use crate::scheduler::slurm::SlurmEnvironment;
use crate::scheduler::{Engine, EngineChoice};
use crate::supervisor::{self, OF_ONE_SEGMENT, Run, Teller, active_mark};
use crate::sys::{self, Inherited};

/// All variables that ckwrap was started with.
pub(super) type Environment = Vec<(OsString, OsString)>;

/// Options that set a key of the configuration: the option, its variable, the key.
const KEYS: [(&str, &str, &str); 6] = [
    ("--profile", "CKWRAP_PROFILE", "profile"),
    ("--lead", "CKWRAP_LEAD", "checkpoint.lead"),
    ("--time-limit", "CKWRAP_TIME_LIMIT", "deadline.limit"),
    ("--continue", "CKWRAP_CONTINUE", "continue.mode"),
    ("--max-segments", "CKWRAP_MAX_SEGMENTS", "continue.max_segments"),
    ("--log-format", "CKWRAP_LOG_FORMAT", "log.format"),
];

/// Runs the program, or shows what would be done.
pub(super) fn run(
    args: &RunArgs,
    environment: Environment,
    inherited: Inherited,
) -> Result<ExitStatus, Failure> {
    if args.words.is_empty() {
        return Err(Failure::Words(
            "there is no command to run; write it after two dashes: ckwrap -- ./sim input.dat (see ckwrap --help)".into(),
        ));
    }
    sys::failpoint("configuration");
    let run_dir = working_directory()?;
    let loaded = load(args, &run_dir)?;
    let run = assemble(args, loaded, run_dir, (environment, inherited))?;
    if args.dry_run {
        dry_run::show(&run, &mut std::io::stdout().lock())?;
        return Ok(ExitStatus::SUCCESS);
    }
    Ok(supervisor::run(&run))
}

/// Whether the environment may say what an option could.
pub(super) fn is_set_by_variables(environment: &[(OsString, OsString)]) -> bool {
    environment.iter().any(|(name, _)| name.as_encoded_bytes().starts_with(b"CKWRAP_"))
}

/// The options, filled up from the environment where clap has not been asked.
pub(super) fn with_environment(args: RunArgs) -> RunArgs {
    let text = |name: &str| std::env::var(name).ok();
    RunArgs {
        config: args.config.or_else(|| std::env::var_os("CKWRAP_CONFIG").map(Into::into)),
        profile: args.profile.or_else(|| text("CKWRAP_PROFILE")),
        signal: args.signal.or_else(|| text("CKWRAP_SIGNAL")),
        lead: args.lead.or_else(|| text("CKWRAP_LEAD")),
        time_limit: args.time_limit.or_else(|| text("CKWRAP_TIME_LIMIT")),
        continuation: args.continuation.or_else(|| text("CKWRAP_CONTINUE")),
        max_segments: args.max_segments.or_else(|| text("CKWRAP_MAX_SEGMENTS")),
        log_format: args.log_format.or_else(|| text("CKWRAP_LOG_FORMAT")),
        ..args
    }
}

/// Finds and reads everything that configures this run.
pub(super) fn load(args: &RunArgs, run_dir: &Path) -> Result<Loaded, Failure> {
    let home = std::env::var_os("HOME");
    Ok(config::load(&Request {
        cwd: run_dir,
        home: home.as_deref().map(Path::new),
        uid: sys::effective_uid(),
        file: args.config.as_deref(),
        file_by: &named_by(args),
        overrides: &overrides(args),
        command: &args.words,
        environment: &|name| std::env::var_os(name),
    })?)
}

/// Who named the configuration file.
fn named_by(args: &RunArgs) -> Origin {
    let named = args.config.as_ref().map(|path| path.to_string_lossy()).unwrap_or_default();
    origin("--config", "CKWRAP_CONFIG", &named)
}

fn overrides(args: &RunArgs) -> Vec<Override> {
    let values = [
        &args.profile,
        &args.lead,
        &args.time_limit,
        &args.continuation,
        &args.max_segments,
        &args.log_format,
    ];
    let mut overrides: Vec<Override> = KEYS
        .iter()
        .zip(values)
        .filter_map(|((option, variable, key), value)| {
            let value = value.as_ref()?;
            Some(Override::text(key, value, origin(option, variable, value)))
        })
        .collect();
    if let Some(signal) = &args.signal {
        let entry = Mapping::from_iter([("signal".into(), Value::String(signal.clone()))]);
        overrides.push(Override {
            key: "trigger".into(),
            value: Value::Sequence(vec![Value::Mapping(entry)]),
            origin: origin("--signal", "CKWRAP_SIGNAL", signal),
        });
    }
    if let Some((name, origin)) = chain_name(args) {
        overrides.push(Override::text("chain", &name, origin));
    }
    let level = match (args.quiet, args.verbose) {
        (true, _) => Some(("warn", "--quiet")),
        (_, true) => Some(("debug", "--verbose")),
        _ => None,
    };
    if let Some((level, option)) = level {
        overrides.push(Override::text("log.level", level, Origin::Option(option.into())));
    }
    overrides
}

/// clap does not say whether a value came from the option or the variable; where both say the same it is no matter.
fn origin(option: &str, variable: &str, value: &str) -> Origin {
    if std::env::var(variable).is_ok_and(|set| set == value) {
        Origin::Environment(variable.into())
    } else {
        Origin::Option(option.into())
    }
}

/// `CKWRAP_CHAIN` is an option only where ckwrap itself has not set it: in a successor it comes with a token, in
/// what the program starts with the mark of the running segment.
fn chain_name(args: &RunArgs) -> Option<(String, Origin)> {
    if let Some(name) = &args.chain {
        return Some((name.clone(), Origin::Option("--chain".into())));
    }
    let set_by_ckwrap = ["CKWRAP_TOKEN", "CKWRAP_ACTIVE"].iter().any(|name| std::env::var_os(name).is_some());
    let name = std::env::var("CKWRAP_CHAIN").ok().filter(|_| !set_by_ckwrap)?;
    Some((name, Origin::Environment("CKWRAP_CHAIN".into())))
}

fn assemble(
    args: &RunArgs,
    loaded: Loaded,
    run_dir: std::path::PathBuf,
    (environment, inherited): (Environment, Inherited),
) -> Result<Run, Failure> {
    let teller = Teller { level: level_of(loaded.plan.log.level), format: loaded.plan.log.format };
    for warning in &loaded.warnings {
        teller.warn(warning);
    }
    for warning in misspelled(environment.iter().map(|(name, _)| name)) {
        teller.warn(&warning);
    }
    let choice: EngineChoice = match &args.engine {
        Some(text) => text.parse().map_err(|error| {
            Failure::Words(format!("{}: {error}", origin("--engine", "CKWRAP_ENGINE", text).describe("")))
        })?,
        None => EngineChoice::Auto,
    };
    let slurm = SlurmEnvironment::from(|name| std::env::var_os(name));
    let mut engine = choice.resolve(slurm.is_some());
    let slurm = match (engine, slurm) {
        (Engine::Slurm, Some(found)) => Some(found.map_err(|error| Failure::Words(error.to_string()))?),
        (Engine::Slurm, None) => {
            return Err(Failure::Words(
                "--engine slurm needs a Slurm job, and SLURM_JOB_ID is not set; submit with sbatch, or use --engine local"
                    .into(),
            ));
        }
        _ => None,
    };
    let limit = match loaded.plan.limit {
        Limit::Fixed(limit) => Some(limit),
        Limit::Auto | Limit::None => None,
    };
    if engine == Engine::None && choice == EngineChoice::Auto && args.time_limit.is_some() {
        return Err(Failure::Words(
            "--time-limit needs a scheduler, and this is no Slurm job; add --engine local to run segment after segment here"
                .into(),
        ));
    }
    if engine == Engine::Local && limit.is_none() {
        return Err(Failure::Words(
            "--engine local needs the length of a segment: add --time-limit, for example --time-limit 10m"
                .into(),
        ));
    }
    let in_step = slurm.as_ref().is_some_and(SlurmEnvironment::in_step);
    if slurm.as_ref().is_some_and(follows) {
        engine = Engine::None;
    }
    if engine != Engine::None && loaded.plan.profile.experimental {
        teller.warn(&never_run(&loaded.plan.profile.name));
    }
    Ok(Run {
        plan: loaded.plan,
        engine,
        slurm: slurm.filter(|_| engine == Engine::Slurm),
        in_step,
        limit,
        fresh: args.fresh,
        run_dir,
        environment,
        inherited,
        teller,
    })
}

/// What is said of a profile that nobody has tried.
fn never_run(name: &str) -> String {
    let shown = if builtin(name).is_some() { format!(" (ckwrap profiles {name})") } else { String::new() };
    format!("profile {name} has never been run against the real program; try it on a short job first{shown}")
}

/// Whether another ckwrap decides for this one: the one that started it, or the one of rank 0.
fn follows(slurm: &SlurmEnvironment) -> bool {
    let inside = std::env::var("CKWRAP_ACTIVE").is_ok_and(|mark| mark == active_mark(Some(slurm)));
    inside || (slurm.in_step() && slurm.rank.is_some_and(|rank| rank > 0))
}

/// What looks like a variable of ours and is none: without a word it would have no effect.
fn misspelled<'a>(names: impl Iterator<Item = &'a OsString>) -> Vec<String> {
    let known = || {
        ["CKWRAP_CONFIG", "CKWRAP_SIGNAL", "CKWRAP_ENGINE", "CKWRAP_CHAIN"]
            .into_iter()
            .chain(KEYS.map(|(_, name, _)| name))
    };
    let ours = |name: &str| OF_ONE_SEGMENT.contains(&name) || known().any(|other| other == name);
    names
        .filter_map(|name| {
            let name = name.to_str().filter(|name| name.starts_with("CKWRAP_") && !ours(name))?;
            let near = config::nearest(name, known())?;
            Some(format!("the variable {name} is not known and has no effect; did you mean {near}?"))
        })
        .collect()
}

fn level_of(level: LogLevel) -> Level {
    match level {
        LogLevel::Error => Level::Error,
        LogLevel::Warn => Level::Warning,
        LogLevel::Info => Level::Info,
        LogLevel::Debug | LogLevel::Trace => Level::Debug,
    }
}
