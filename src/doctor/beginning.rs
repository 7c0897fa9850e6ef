//! What a script is going to run, where, and what it does to get there: what the edges must know to look further.

use super::case::commands;
use super::header::Header;
use super::launch::{Launch, UNKNOWN, launches, value};
use super::rules::is_harmless;
use super::shell::{Kind, Part, Script};

/// The first program that a script starts under ckwrap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Beginning {
    /// Line and column of the command.
    pub at: usize,
    /// The words of ckwrap before `--`; `None`: only the shell knows some of them.
    pub own: Option<Vec<String>>,
    /// The program and its arguments; [`UNKNOWN`] for what only the shell knows.
    pub program: Vec<String>,
    /// Where it runs.
    pub runs_in: RunsIn,
    /// What changes where programs are found, and in which line: `module`, `source`, `PATH=`.
    pub finds_by: Option<(String, usize)>,
    /// Whether the script does something before that may make the program.
    pub prepares: bool,
}

/// The directory in which ckwrap runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunsIn {
    /// The one in which the job is submitted.
    Submission,
    /// This one, from there.
    Path(String),
    /// Only the shell knows; the line that changes it.
    Unknown(usize),
}

/// The first program of a script, if it starts one by words that can be followed.
pub fn beginning(text: &str) -> Option<Beginning> {
    let header = Header::of(text);
    let script = commands(text, &header);
    let launches = launches(&script);
    let launch = launches.first()?;
    let line = |at: usize| text.get(..at).map_or(0, |before| before.matches('\n').count()) + 1;
    let before = || script.commands.iter().filter(|command| command.at.start < launch.command.at.start);
    let login = text
        .lines()
        .next()
        .is_some_and(|first| first.split_whitespace().skip(1).any(|word| word == "-l" || word == "--login"));
    let changes = before().find_map(|command| {
        let name = command.name().unwrap_or_default();
        let sets = command.words.iter().any(|word| word.assignment().is_some_and(|(name, _)| name == "PATH"));
        let names = ["module", "ml", "source", ".", "spack", "conda", "mamba", "eval", "use", "micromamba"];
        let what = if sets { "PATH".to_owned() } else { name.clone() };
        (sets || names.contains(&name.as_str())).then(|| (what, line(command.at.start)))
    });
    let prepares = before().any(|command| !is_harmless(command));
    Some(Beginning {
        at: launch.command.at.start,
        own: (!launch.is_vague()).then(|| launch.own.clone()),
        program: launch.program.clone(),
        runs_in: runs_in(&script, &header, launch, line),
        finds_by: changes.or_else(|| login.then(|| ("the login shell".to_owned(), 1))),
        prepares,
    })
}

fn runs_in(script: &Script, header: &Header, launch: &Launch<'_>, line: impl Fn(usize) -> usize) -> RunsIn {
    let from_head = || match header.value("chdir") {
        Some(path) if path.contains(['$', '%']) => {
            RunsIn::Unknown(line(header.option("chdir").map_or(0, |o| o.at.start)))
        }
        Some(path) => RunsIn::Path(path.to_owned()),
        None => RunsIn::Submission,
    };
    let mut place = from_head();
    for command in script.commands.iter().filter(|command| command.at.start < launch.command.at.start) {
        let name = command.name().unwrap_or_default();
        let in_subshell = script.around(command).any(|block| block.kind == Kind::Subshell);
        if in_subshell || !["cd", "pushd", "popd"].contains(&name.as_str()) {
            continue;
        }
        let unknown = RunsIn::Unknown(line(command.at.start));
        let surely = script.around(command).next().is_none();
        let target = command.argv().get(1).filter(|_| surely && name == "cd" && command.argv().len() == 2);
        let submission = |parts: &[Part]| {
            matches!(parts, [Part::Literal(empty), Part::Variable(name, _)] | [Part::Variable(name, _), Part::Literal(empty)] if empty.is_empty() && name == "SLURM_SUBMIT_DIR")
                || matches!(parts, [Part::Variable(name, _)] if name == "SLURM_SUBMIT_DIR")
        };
        place = match target {
            Some(target) if submission(&target.parts) => RunsIn::Submission,
            Some(target) => match (value(script, &target.parts), place) {
                (Some(path), _) if path.starts_with('/') => RunsIn::Path(path),
                (Some(path), _) if path.starts_with(['~', '-']) || path == UNKNOWN => unknown,
                (Some(path), RunsIn::Submission) => RunsIn::Path(path),
                (Some(path), RunsIn::Path(before)) => RunsIn::Path(format!("{before}/{path}")),
                (_, RunsIn::Unknown(line)) => RunsIn::Unknown(line),
                (None, _) => unknown,
            },
            None => unknown,
        };
    }
    place
}
