//! What the cycle means, in plain words, and the settings that follow.

use std::fmt;
use std::time::Duration;

use super::seen::{Blow, Seen, Segment};
use crate::model::{ChildExit, harmless};

/// How a step of the cycle went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Word {
    /// As it must.
    Good,
    /// Work would be lost, or the chain would not go on.
    Bad,
    /// It works; there is something to know.
    Note,
    /// It was not tried.
    NotTried,
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Good => "good",
            Self::Bad => "BAD",
            Self::Note => "note",
            Self::NotTried => "not tried",
        })
    }
}

/// One step of the cycle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Which: `asking`, `saving`, ...
    pub step: &'static str,
    /// How it went.
    pub word: Word,
    /// What was seen, as a sentence.
    pub text: String,
    /// What to do about it.
    pub advice: Option<String>,
}

/// The whole verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The steps, in their order.
    pub findings: Vec<Finding>,
    /// The lead that a first segment should have; none: nothing was measured.
    pub initial_lead: Option<Duration>,
}

impl Report {
    /// Whether the program can be trusted to go on.
    pub fn is_good(&self) -> bool {
        self.findings.iter().all(|finding| finding.word != Word::Bad)
    }
}

/// Slack for what a busy file system adds.
const SLACK: Duration = Duration::from_secs(5);
/// A checkpoint on another day takes up to so many times what one took: the slowest of a dozen on shared file systems.
const TIMES: u32 = 3;

/// Judges what was seen.
pub fn judge(seen: &Seen) -> Report {
    let findings =
        vec![asking(seen), saving(seen), stopping(&seen.first), dying(seen), going_on(seen), comparing(seen)];
    let initial_lead = seen.first.took.filter(|_| seen.first.saved == Some(true)).map(|took| {
        let wanted = took * TIMES + SLACK;
        // Whole halves of a minute read well.
        Duration::from_secs(wanted.as_secs().div_ceil(30).max(1) * 30)
    });
    Report { findings, initial_lead }
}

fn finding(step: &'static str, word: Word, text: impl Into<String>) -> Finding {
    Finding { step, word, text: text.into(), advice: None }
}

fn bad(step: &'static str, text: impl Into<String>, advice: &str) -> Finding {
    Finding { step, word: Word::Bad, text: text.into(), advice: Some(advice.to_owned()) }
}

fn not_tried(step: &'static str) -> Finding {
    finding(step, Word::NotTried, "what came before stood in the way")
}

fn asking(seen: &Seen) -> Finding {
    let first = &seen.first;
    if let Some(why) = &first.refused {
        return bad(
            "asking",
            format!("ckwrap did not start it: {}", harmless(why)),
            "mend what it says there",
        );
    }
    match (&first.asked, first.finished) {
        (Some(how), _) => {
            finding("asking", Word::Good, format!("it was asked for a checkpoint: {}", harmless(how)))
        }
        (None, true) => bad(
            "asking",
            format!("it was done after {} and could not be asked", seconds(first.ran)),
            "rehearse a longer computation, or ask earlier: --after 5s",
        ),
        (None, false) if first.exit.is_some_and(|exit| !exit.is_success()) && first.ran < seen.patience => {
            bad(
                "asking",
                format!("it ended {} before it was asked{}", ended(first), said(first)),
                "make it run by itself first: the command without ckwrap rehearse --",
            )
        }
        (None, false) => bad(
            "asking",
            "it cannot be asked: it handles none of the signals USR1, USR2 and TERM",
            "let it handle one (the directory examples has the lines for many languages), or name another way in ckwrap.yaml, such as trigger: [{file: STOP}]",
        ),
    }
}

fn saving(seen: &Seen) -> Finding {
    let first = &seen.first;
    if first.asked.is_none() {
        return not_tried("saving");
    }
    match (first.saved, first.took) {
        (Some(true), Some(took)) => finding(
            "saving",
            Word::Good,
            format!("a checkpoint was complete {} after the request", seconds(took)),
        ),
        (Some(true), None) => finding("saving", Word::Good, "there was a new checkpoint at its end"),
        (Some(false), _) => bad(
            "saving",
            format!(
                "there was no complete new checkpoint within {} of the request{}",
                seconds(seen.patience),
                said(first)
            ),
            "if it only needs more time: --after 5m; else look what it writes when it is asked, and whether ckwrap.yaml names that file",
        ),
        (None, _) => Finding {
            advice: Some("name its checkpoints in ckwrap.yaml: checkpoint: {glob: [NAME]}".to_owned()),
            ..finding(
                "saving",
                Word::Note,
                "which files are its checkpoints is not known, so nobody can tell whether they are complete",
            )
        },
    }
}

fn stopping(first: &Segment) -> Finding {
    if first.asked.is_none() {
        return not_tried("stopping");
    }
    match first.exit {
        Some(exit) if first.finished => bad(
            "stopping",
            format!("it ended {} as if all its work were done", ending(exit)),
            "let it end with code 85 after a checkpoint that it was asked for, and with 0 when it is done",
        ),
        Some(ChildExit::Signal(_)) => finding(
            "stopping",
            Word::Note,
            "it does not end by itself after a checkpoint; ckwrap ends it then",
        ),
        Some(exit) => finding("stopping", Word::Good, format!("it ended {}", ending(exit))),
        None => not_tried("stopping"),
    }
}

fn dying(seen: &Seen) -> Finding {
    let (Some(second), Some(third)) = (&seen.second, &seen.third) else { return not_tried("dying") };
    if second.from.is_none() && seen.first.saved == Some(true) {
        return bad(
            "dying",
            "the second start did not begin from the checkpoint",
            "look at what ckwrap.yaml says under checkpoint: and restart:",
        );
    }
    match (second.blow, &third.from, &third.refused) {
        (_, None, Some(why)) => bad(
            "dying",
            format!("killed in the middle of a checkpoint, it left none to go on from: {}", harmless(why)),
            "let it write to another name and rename that, or let ckwrap keep copies: checkpoint: {copy: true}",
        ),
        (Some(Blow::Saving), Some(name), _) => finding(
            "dying",
            Word::Good,
            format!("killed in the middle of a checkpoint, it still had {}", harmless(name)),
        ),
        (Some(Blow::Late), Some(_), _) => finding(
            "dying",
            Word::Note,
            "its checkpoint was complete before it could be killed in the middle of it",
        ),
        (None, ..) if !second.finished => {
            finding("dying", Word::NotTried, "it ended before it was asked again")
        }
        (None, ..) => finding("dying", Word::NotTried, "its work was done before it was asked again"),
        (_, None, None) => finding("dying", Word::Note, "what it went on from is not known"),
    }
}

fn going_on(seen: &Seen) -> Finding {
    let Some(third) = &seen.third else { return not_tried("going on") };
    if third.refused.is_some() {
        return not_tried("going on");
    }
    let failed =
        third.exit.is_some_and(|exit| !exit.is_success()) && !third.finished && third.asked.is_none();
    if failed {
        return bad(
            "going on",
            format!("started from the checkpoint it ended {}{}", ended(third), said(third)),
            "a checkpoint that is cut off or wrong is found before a start by checkpoint: {validate: [...]} in ckwrap.yaml",
        );
    }
    match seen.uninterrupted {
        Some(whole) if third.finished && begins_anew(seen, third, whole) => bad(
            "going on",
            format!(
                "it seems to begin from the start: to the end it took {}, as long as an uninterrupted run ({})",
                seconds(third.ran),
                seconds(whole)
            ),
            "give it the checkpoint on its command line, in ckwrap.yaml: restart: {how: append, args: [--restart, \"{checkpoint}\"]}",
        ),
        Some(whole) if third.finished => finding(
            "going on",
            Word::Good,
            format!(
                "it took {} to the end, of {} without an interruption",
                seconds(third.ran),
                seconds(whole)
            ),
        ),
        Some(_) => bad(
            "going on",
            format!("it did not come to its end in {}", seconds(third.ran)),
            "give it more time (--at-most 2h), or look whether it goes on at all",
        ),
        None if third.saved == Some(false) => bad(
            "going on",
            "it went on, and saved nothing new when it was asked",
            "look at what it writes after a restart, and whether ckwrap.yaml names that file",
        ),
        None => finding("going on", Word::Good, "it went on, and saved again"),
    }
}

/// Whether the last part took as long as the whole, though the first part had been saved.
fn begins_anew(seen: &Seen, third: &Segment, whole: Duration) -> bool {
    let saved = seen.first.ran.saturating_sub(seen.first.took.unwrap_or_default());
    // Half of what was saved is more than the noise of a run, as the first segment has a third of it.
    third.ran + saved / 2 > whole
}

fn comparing(seen: &Seen) -> Finding {
    let Some(compared) = &seen.compared else {
        if seen.uninterrupted.is_some() {
            return not_tried("comparing");
        }
        return Finding {
            advice: Some("name the files of its result: --compare '*.out'".to_owned()),
            ..finding(
                "comparing",
                Word::NotTried,
                "the result was not compared with that of an uninterrupted run",
            )
        };
    };
    match (compared.different.as_slice(), compared.same) {
        ([], 0) => {
            bad("comparing", "no file has such a name", "name the files of the result: --compare '*.out'")
        }
        ([], 1) => finding("comparing", Word::Good, "the result is the same, byte for byte"),
        ([], same) => {
            finding("comparing", Word::Good, format!("all {same} files are the same, byte for byte"))
        }
        (different, _) => {
            let shown: Vec<String> = different
                .iter()
                .take(5)
                .map(|one| format!("{} {}", harmless(&one.name), harmless(&one.what)))
                .collect();
            bad(
                "comparing",
                format!("not the same as without an interruption: {}", shown.join("; ")),
                "state that is not in the checkpoint (random numbers, time, step counters) is the usual reason; some programs are never the same twice, which two uninterrupted runs show",
            )
        }
    }
}

fn ended(segment: &Segment) -> String {
    segment.exit.map_or_else(|| "somehow".to_owned(), ending)
}

/// How a program ended, behind `it ended`.
pub fn ending(exit: ChildExit) -> String {
    match exit {
        ChildExit::Code(code) => format!("with code {code}"),
        ChildExit::Signal(signal) => format!("by {signal}"),
    }
}

/// The last line that it wrote, where it ended badly.
fn said(segment: &Segment) -> String {
    let own = |line: &&String| !line.starts_with("ckwrap: ");
    segment
        .last_lines
        .iter()
        .rev()
        .find(own)
        .map(|line| format!("; it said: {}", harmless(line)))
        .unwrap_or_default()
}

fn seconds(time: Duration) -> String {
    if time < Duration::from_secs(10) {
        format!("{:.1} s", time.as_secs_f64())
    } else {
        format!("{} s", time.as_secs_f64().round())
    }
}
