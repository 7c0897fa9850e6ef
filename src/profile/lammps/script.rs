//! An input from which others can be derived: its commands, each with its role, and what was found by reading them.

use std::collections::BTreeMap;

use super::digest::Digest;
use super::input::{Source, refusal};
use super::interval::{SORT, interval, multiple};
use super::lexer::Command;
use super::refusal::Refusal;
use super::rules::{Role, after_the_last_run, mentions_sum, open_word, role};
use super::styles;
use super::variables::{Variables, identifiers};

/// A digest changes with this too: inputs derived in another way must not continue each other.
const FORMAT: &str = "1";

/// Commands that read files.
const READERS: &[&str] = &[
    "angle_coeff",
    "bond_coeff",
    "dihedral_coeff",
    "improper_coeff",
    "molecule",
    "pair_coeff",
    "pair_style",
    "read_data",
    "read_dump",
    "read_restart",
];

/// An input that can be stopped and continued.
#[derive(Debug, Clone)]
pub struct Script {
    pub(super) name: String,
    /// The commands up to and with the last run.
    pub(super) entries: Vec<(Command, Role)>,
    /// The commands after it.
    pub(super) rest: Vec<Command>,
    /// Where the box is made.
    pub(super) box_at: usize,
    pub(super) every: u64,
    /// Whether the interval of sorting must be set to `every`.
    pub(super) sorts: bool,
    pub(super) stop: String,
    pub(super) log: Option<String>,
    digest: String,
    rounding: Option<&'static str>,
}

impl Script {
    /// The input's digest, which stands in the names of its restart files.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// The input's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Steps between two restart files.
    pub fn every(&self) -> u64 {
        self.every
    }

    /// How many runs it has.
    pub fn runs(&self) -> usize {
        self.entries.iter().filter(|(_, role)| *role == Role::Run).count()
    }

    /// Why a continuation may differ from one run in the last digits; `None`: it does not on one rank.
    pub fn rounding(&self) -> Option<&'static str> {
        self.rounding
    }

    /// From the commands of an input.
    pub(super) fn of(mut commands: Vec<Command>, source: &Source<'_>) -> Result<Self, Refusal> {
        if let Some(end) = commands.iter().position(|command| command.name() == "quit") {
            commands.truncate(end);
        }
        let variables = Variables::of(&commands, source.options);
        let is_run =
            |command: &Command| command.name() == "run" && variables.number(command.word(1)) != Some(0);
        let Some(last) = commands.iter().rposition(is_run) else {
            return Err(Refusal {
                place: Some((source.file.to_owned(), 1)),
                what: commands.first().map(|command| command.raw.clone()).unwrap_or_default(),
                why: "the input has no `run` that could be stopped and continued; a minimization cannot"
                    .into(),
            });
        };
        let rest = commands.split_off(last + 1);
        let entries = with_roles(commands, &variables)?;
        for command in &rest {
            if let Some(why) = after_the_last_run(command) {
                return Err(refusal(command, &why));
            }
        }
        check_fixes(&entries, &rest)?;
        check_stop(source.stop)?;
        let box_at = box_of(&entries)?;
        let (every, sorts) = steps(source, &entries, &variables);
        let digest = digest(source, every, &entries, &rest);
        Ok(Self {
            name: source.file.to_owned(),
            box_at,
            every,
            sorts,
            stop: source.stop.to_owned(),
            log: Some(source.options.log_file()).filter(|log| *log != "none").map(str::to_owned),
            digest,
            rounding: rounding(&entries, source.options.accelerated),
            entries,
            rest,
        })
    }
}

fn with_roles(commands: Vec<Command>, variables: &Variables) -> Result<Vec<(Command, Role)>, Refusal> {
    let mut entries = Vec::new();
    for (index, command) in commands.into_iter().enumerate() {
        let role = role(&command, variables).map_err(|why| refusal(&command, &why))?;
        if command.words.iter().any(|word| word.text.starts_with("ckwrap_")) {
            return Err(refusal(&command, "names that begin with ckwrap_ are taken"));
        }
        if let Some(word) = open_word(&command, variables) {
            let why = format!(
                "what `{word}` says is not known beforehand; only numbers may come from a variable here"
            );
            return Err(refusal(&command, &why));
        }
        if matches!(role, Role::Setting | Role::Run)
            && let Some(what) = variables.fleeting(&command, index)
        {
            let why = format!("{what} is read from the system as it is when the line is reached");
            return Err(refusal(&command, &why));
        }
        entries.push((command, role));
    }
    Ok(entries)
}

/// What LAMMPS makes anew of the box at each start.
fn rounding(entries: &[(Command, Role)], accelerated: bool) -> Option<&'static str> {
    const ORDER: &str = "accelerated styles sum up in another order at each start";
    let mut all = entries.iter().map(|(command, _)| command);
    let shrinks = |word: &str| word.contains(['s', 'm']);
    let made_anew = all.find_map(|command| match command.name() {
        "boundary" if command.after(1).any(shrinks) => {
            Some("LAMMPS sets the margins of a shrink-wrapped box anew at each start")
        }
        "change_box" if command.after(1).any(|word| word == "boundary") => {
            Some("LAMMPS sets the margins of a shrink-wrapped box anew at each start")
        }
        "fix" if command.word(3).starts_with("shake") => {
            Some("LAMMPS works out the constraints anew at each start")
        }
        "suffix" | "package" => Some(ORDER),
        "fix" if command.word(3).starts_with("nvt") => {
            Some("LAMMPS works out a part of the thermostat's chain anew at each start")
        }
        "kspace_style" if command.word(1) != "none" => {
            Some("LAMMPS fits the long-range solver to the charges anew at each start")
        }
        _ => None,
    });
    made_anew.or(accelerated.then_some(ORDER))
}

/// The one command that makes the box, before all that needs it.
fn box_of(entries: &[(Command, Role)]) -> Result<usize, Refusal> {
    let mut boxes = entries.iter().enumerate().filter(|(_, (_, role))| *role == Role::Box);
    let Some((at, (first, _))) = boxes.next() else {
        let (command, _) = entries.last().ok_or_else(|| Refusal {
            place: None,
            what: String::new(),
            why: "the input is empty".into(),
        })?;
        return Err(refusal(command, "nothing before it makes the box or reads it from a file"));
    };
    if let Some((_, (second, _))) = boxes.next() {
        return Err(refusal(second, &format!("the box is made on line {} already", first.line)));
    }
    let before = entries.iter().take(at);
    let early = before.clone().find(|(command, role)| *role == Role::Run || command.name() == "fix");
    match early {
        Some((command, _)) => Err(refusal(command, "it stands before the box is made")),
        None => Ok(at),
    }
}

/// No fix is defined twice under one name, and nothing uses what a fix forgets.
fn check_fixes(entries: &[(Command, Role)], rest: &[Command]) -> Result<(), Refusal> {
    let mut alive: Vec<&str> = Vec::new();
    let speaking = speaking_of_fixes(entries);
    for (command, _) in entries {
        let id = command.word(1);
        match command.name() {
            "fix" if alive.contains(&id) => {
                return Err(refusal(command, "a fix of this name is defined already; add `unfix` before it"));
            }
            "fix" => {
                alive.push(id);
                let sum = styles::forgets_sum(command.word(3));
                let mut all = entries.iter().map(|(command, _)| command).chain(rest).filter(|_| sum);
                if let Some(user) = all.find(|other| mentions_sum(other, id)) {
                    let why =
                        format!("the energy that fix {id} has exchanged so far is not in the restart file");
                    return Err(refusal(user, &why));
                }
            }
            "unfix" => {
                alive.retain(|other| *other != id);
                if let Some(user) = speaking.get(format!("f_{id}").as_str()) {
                    let why =
                        format!("it speaks of fix {id}, which is gone in a continuation of a later run");
                    return Err(refusal(user, &why));
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// The first command with each word that may be a fix's value.
fn speaking_of_fixes(entries: &[(Command, Role)]) -> BTreeMap<&str, &Command> {
    let mut first = BTreeMap::new();
    for (command, _) in entries {
        for word in command.after(1).flat_map(identifiers).filter(|word| word.starts_with("f_")) {
            first.entry(word).or_insert(command);
        }
    }
    first
}

/// LAMMPS takes the name apart when it stands in a formula.
fn check_stop(stop: &str) -> Result<(), Refusal> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-/".contains(c);
    if !stop.is_empty() && stop.chars().all(plain) {
        return Ok(());
    }
    Err(Refusal {
        place: None,
        what: stop.to_owned(),
        why: "the name of the stop file must be of letters, digits and . _ - /".into(),
    })
}

/// Steps between restart files, and whether the interval of sorting must be set to them.
fn steps(source: &Source<'_>, entries: &[(Command, Role)], variables: &Variables) -> (u64, bool) {
    let lengths: Option<Vec<u64>> = entries
        .iter()
        .filter(|(_, role)| *role == Role::Run)
        .map(|(command, _)| variables.number(command.word(1)))
        .collect();
    let longest = lengths.and_then(|lengths| lengths.into_iter().max());
    let settings = || entries.iter().filter(|(command, _)| command.name() == "atom_modify");
    let after = |command: &Command, name: &str| {
        let mut words = command.after(1);
        words.find(|word| *word == name)?;
        Some(words.next().unwrap_or_default().to_owned())
    };
    let first = settings().any(|(command, _)| after(command, "first").is_some());
    let sort = settings().filter_map(|(command, _)| after(command, "sort")).next_back();
    let sort = sort.map(|steps| variables.number(&steps).unwrap_or(0));
    let every = source.every.map_or_else(|| interval(longest, sort), |every| multiple(every.max(1), sort));
    (every, sort.is_none() && !first && !every.is_multiple_of(SORT))
}

fn digest(source: &Source<'_>, every: u64, entries: &[(Command, Role)], rest: &[Command]) -> String {
    let mut digest = Digest::new();
    digest.add(FORMAT);
    digest.add(&every.to_string());
    for words in &source.options.variables {
        digest.add(&words.join(" "));
    }
    for command in entries.iter().map(|(command, _)| command).chain(rest) {
        let words: Vec<&str> = command.words.iter().map(|word| word.text.as_str()).collect();
        digest.add(&words.join("\u{1f}"));
        // Other data under the same name make another computation.
        if READERS.contains(&command.name()) {
            for content in words.iter().skip(1).filter_map(|word| (source.content)(word)) {
                digest.add(&content);
            }
        }
    }
    digest.text()
}
