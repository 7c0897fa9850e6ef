//! Whether the work is done, or was stopped cleanly before it was.
//!
//! Exit codes do not tell: GROMACS returns 1 after a clean stop and LAMMPS 0. Logs and files do. What a segment's
//! end means in all is not decided here.

use std::fs;
use std::io;
use std::path::Path;

use super::aside::is_set_aside;
use super::expand::{expand, is_absent};
use super::line_pattern::LinePattern;
use super::marks::LogMarks;
use super::number::{Number, number_of};
use super::open::open_regular;
use super::search::last_match;
use super::streams::Streams;
use crate::model::ChildExit;
use crate::profile::rules::{Condition, FinishRule, NumberFrom, NumberIn, RetryRule, RetryUse, StoppedRule};

/// Most characters of a line that are shown.
const MOST_SHOWN: usize = 300;

/// An answer with three values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It is so.
    Yes,
    /// It is not so.
    No,
    /// It cannot be told, for this reason.
    Unknown(String),
}

/// Whether the work is done by this rule. Of logs only what was written since the marks were taken counts, for
/// numbers the whole file. A rule without conditions cannot tell.
pub fn finished(rule: &FinishRule, exit: ChildExit, dir: &Path, marks: &LogMarks) -> Answer {
    let check = |condition| check(condition, exit, dir, marks);
    match rule {
        FinishRule::Any(conditions) | FinishRule::All(conditions) | FinishRule::Sure(conditions)
            if conditions.is_empty() =>
        {
            Answer::Unknown("the finish rule has no condition".to_owned())
        }
        FinishRule::Any(conditions) => decide(conditions.iter().map(check), &Answer::Yes, Answer::No),
        FinishRule::All(conditions) => decide(conditions.iter().map(check), &Answer::No, Answer::Yes),
        // A last file that was being written when the program was killed, or failed, has its name already.
        FinishRule::Sure(_) if exit != ChildExit::Code(0) => {
            Answer::Unknown("it did not end with exit code 0".to_owned())
        }
        FinishRule::Sure(conditions) => {
            let unsure = Answer::Unknown("no condition of the finish rule holds".to_owned());
            decide(conditions.iter().map(check), &Answer::Yes, unsure)
        }
    }
}

/// Whether the program stopped cleanly before its work was done: by its exit code, or by what it wrote in this
/// segment. A rule that says nothing answers no.
pub fn stopped(rule: &StoppedRule, exit: ChildExit, dir: &Path, marks: &LogMarks) -> Answer {
    let by_exit = || has_code(&rule.exit, exit);
    let by_log = rule.log.iter().map(|log| in_log(&log.file, &log.regex, dir, marks));
    decide(std::iter::once_with(by_exit).chain(by_log), &Answer::Yes, Answer::No)
}

/// One `decisive` answer decides; without it one that cannot tell leaves the whole open.
fn decide(answers: impl Iterator<Item = Answer>, decisive: &Answer, otherwise: Answer) -> Answer {
    let mut unknown = None;
    for answer in answers {
        match answer {
            answer if answer == *decisive => return answer,
            Answer::Unknown(reason) => unknown = unknown.or(Some(reason)),
            Answer::Yes | Answer::No => {}
        }
    }
    unknown.map_or(otherwise, Answer::Unknown)
}

fn check(condition: &Condition, exit: ChildExit, dir: &Path, marks: &LogMarks) -> Answer {
    match condition {
        Condition::Exit(codes) => has_code(codes, exit),
        Condition::Log { file, regex, not } => {
            let unless = |not: &String| negated(in_log(file, not, dir, marks));
            let tests = std::iter::once_with(|| in_log(file, regex, dir, marks));
            decide(tests.chain(not.iter().map(unless)), &Answer::No, Answer::Yes)
        }
        Condition::File(path) => exists(&dir.join(path)),
        Condition::Absent(pattern) => absent(pattern, dir),
        Condition::Reached { have, want } => reached(have, want, dir, marks),
    }
}

fn has_code(codes: &[i32], exit: ChildExit) -> Answer {
    yes_if(matches!(exit, ChildExit::Code(code) if codes.contains(&code)))
}

fn yes_if(it_is: bool) -> Answer {
    if it_is { Answer::Yes } else { Answer::No }
}

fn negated(answer: Answer) -> Answer {
    match answer {
        Answer::Yes => Answer::No,
        Answer::No => Answer::Yes,
        unknown @ Answer::Unknown(_) => unknown,
    }
}

fn exists(path: &Path) -> Answer {
    match fs::metadata(path) {
        Ok(_) => Answer::Yes,
        Err(error) if is_absent(&error) => Answer::No,
        Err(error) => unreadable(path, &error),
    }
}

fn absent(pattern: &str, dir: &Path) -> Answer {
    match expand(dir, pattern) {
        Ok(paths) => {
            negated(decide(paths.iter().map(|path| exists(&dir.join(path))), &Answer::Yes, Answer::No))
        }
        Err(error) => Answer::Unknown(error.to_string()),
    }
}

fn in_log(name: &Path, pattern: &str, dir: &Path, marks: &LogMarks) -> Answer {
    match line_in_log(name, pattern, dir, marks) {
        Ok(line) => yes_if(line.is_some()),
        Err(reason) => Answer::Unknown(reason),
    }
}

/// The last line of this segment in a log that matches.
fn line_in_log(name: &Path, pattern: &str, dir: &Path, marks: &LogMarks) -> Result<Option<String>, String> {
    let Some(path) = marks.path(name, dir) else { return Err(no_file(name)) };
    let search = || -> io::Result<Result<Option<String>, String>> {
        let regex = compile(pattern)?.of_stream(Streams::is_stream(name)).whole_lines();
        let (file, length) = open_regular(&path)?;
        let Some(start) = marks.start(name, &file)? else {
            return Ok(Err(format!("{} could not be read when the segment began", name.display())));
        };
        last_match(&file, start, length, &regex).map(Ok)
    };
    search().unwrap_or_else(|error| Err(format!("cannot read {}: {error}", path.display())))
}

fn no_file(stream: &Path) -> String {
    format!("{} is no file here", stream.display())
}

/// What the first rule that holds says of a failure, with the line that it was seen by. Where a log cannot be read, its
/// rule does not hold.
pub fn failure(rules: &[RetryRule], dir: &Path, marks: &LogMarks) -> Option<(RetryUse, String)> {
    rules.iter().find_map(|rule| {
        let line = line_in_log(&rule.log.file, &rule.log.regex, dir, marks).ok()??;
        let excused =
            rule.not.as_ref().is_some_and(|not| in_log(&rule.log.file, not, dir, marks) != Answer::No);
        (!excused).then(|| (rule.action, line.trim().chars().take(MOST_SHOWN).collect()))
    })
}

fn reached(have: &NumberFrom, want: &[NumberFrom], dir: &Path, marks: &LogMarks) -> Answer {
    let mut target = Number::Whole(0);
    for part in want {
        match number(part, dir, marks) {
            Ok(number) if number.is_negative() => return Answer::No,
            Ok(number) => target = target.plus(number),
            Err(reason) => return Answer::Unknown(reason),
        }
    }
    if want.is_empty() {
        return Answer::Unknown("the finish rule names no number to reach".to_owned());
    }
    match number(have, dir, marks) {
        Ok(have) => yes_if(have.reaches(target)),
        Err(reason) => Answer::Unknown(reason),
    }
}

pub(super) fn number(place: &NumberFrom, dir: &Path, marks: &LogMarks) -> Result<Number, String> {
    match place {
        NumberFrom::Text(place) => number_in(place, dir, marks),
        NumberFrom::Names(pattern) => number_among(pattern, dir),
    }
}

/// The largest number among the names that match.
fn number_among(pattern: &str, dir: &Path) -> Result<Number, String> {
    let paths = expand(dir, pattern).map_err(|error| error.to_string())?;
    let there = paths.iter().filter(|path| !is_set_aside(path) && dir.join(path).exists());
    let largest = there.filter_map(|path| number_of(path)).reduce(Number::larger);
    largest.ok_or_else(|| format!("no name that matches `{pattern}` has a number"))
}

fn number_in(place: &NumberIn, dir: &Path, marks: &LogMarks) -> Result<Number, String> {
    let Some(path) = marks.path(&place.file, dir) else { return Err(no_file(&place.file)) };
    let found = compile(&place.regex).and_then(|regex| {
        let (file, length) = open_regular(&path)?;
        let is_stream = Streams::is_stream(&place.file);
        let start = if is_stream { marks.start(&place.file, &file)?.unwrap_or(length) } else { 0 };
        last_match(&file, start, length, &regex.of_stream(is_stream))
    });
    let shown = path.display();
    match found {
        Ok(Some(text)) => Number::parse(&text)
            .ok_or_else(|| format!("`{text}`, found by `{}` in {shown}, is no number", place.regex)),
        Ok(None) => Err(format!("nothing matches `{}` in {shown}", place.regex)),
        Err(error) => Err(format!("cannot read {shown}: {error}")),
    }
}

fn compile(pattern: &str) -> io::Result<LinePattern> {
    LinePattern::new(pattern).map_err(|error| {
        io::Error::new(io::ErrorKind::InvalidData, format!("bad pattern `{pattern}`: {error}"))
    })
}

fn unreadable(path: &Path, error: &io::Error) -> Answer {
    Answer::Unknown(format!("cannot read {}: {error}", path.display()))
}

#[cfg(test)]
mod failure_tests;
#[cfg(test)]
mod tests;
