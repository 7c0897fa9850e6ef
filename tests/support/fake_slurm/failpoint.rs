//! How calls fail, written as `2*timeout-but-done->delay(800)->ok`: terms one after the other, each for one call, or for
//! as many as the number before the star says; the last one for all that follow.
//!
//! | term | the call |
//! |---|---|
//! | `ok` | is done and answered |
//! | `partial(N)` | is done; of its answer only the first N bytes come, or all but the last N (`-N`), exit code 0 |
//! | `ansi` | is done and answered in colours |
//! | `localized` | is done and answered with times as a German would read them |
//! | `delay(MS)` | is done and answered after so many milliseconds; `-but-done`: done at once, answered then |
//! | `refused(TEXT)` | is not done; says TEXT, exit code 1 |
//! | `timeout` | is not done; says what a frozen controller makes Slurm's command say |
//! | `garbage` | is not done; prints what is no answer, exit code 0 |
//! | `prints(TEXT)` | is not done; prints TEXT, exit code 0 |
//! | `flood(N)`, `flood` | is not done; prints N bytes, or without end |
//! | `hang` | is not done; never ends |
//! | `kill(N)`, `kill` | is not done; dies of signal N, of SIGKILL by default |
//! | `exit(N)` | is not done; says nothing, exit code N |
//!
//! All but the first four exist as `...-but-done`, too. In a TEXT, `\n`, `\r`, `\e` and `\\` stand for what they do in C, and
//! no `->` may occur.

use std::time::Duration;

/// What one call does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failpoint {
    /// Its words in the plan.
    pub(crate) text: String,
    pub(crate) answer: Answer,
    done: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    Real,
    Partial(isize),
    Coloured,
    Localized,
    Delayed(Duration),
    Refused(String),
    TimedOut,
    Garbage,
    Prints(String),
    Flood(Option<u64>),
    Hang,
    Kill(i32),
    Exit(u8),
}

impl Failpoint {
    /// The one for this call of a plan; `call` counts from 0.
    pub(crate) fn of(plan: &str, call: usize) -> Result<Self, String> {
        let terms = plan.trim().split("->").map(counted).collect::<Result<Vec<_>, _>>()?;
        let mut before = 0;
        let term = terms.iter().find(|(count, _)| {
            before += count;
            call < before
        });
        let (_, text) = term.or(terms.last()).ok_or("an empty plan")?;
        Self::parse(text)
    }

    /// Whether the call is done at once.
    pub(crate) fn acts(&self) -> bool {
        self.done
    }

    fn parse(text: &str) -> Result<Self, String> {
        let (name, done) = text.strip_suffix("-but-done").map_or((text, false), |name| (name, true));
        let (answer, always) = answer(name).ok_or_else(|| format!("no such failpoint: {text}"))?;
        Ok(Self { text: text.into(), answer, done: done || always })
    }
}

/// What a term says, and whether the call is done in any case.
fn answer(term: &str) -> Option<(Answer, bool)> {
    let (name, argument) = match term.split_once('(') {
        Some((name, rest)) => (name, Some(rest.strip_suffix(')')?)),
        None => (term, None),
    };
    let always = |answer| Some((answer, true));
    let sometimes = |answer| Some((answer, false));
    match (name, argument) {
        ("ok", None) => always(Answer::Real),
        ("partial", Some(bytes)) => always(Answer::Partial(bytes.parse().ok()?)),
        ("ansi", None) => always(Answer::Coloured),
        ("localized", None) => always(Answer::Localized),
        ("delay", Some(time)) => sometimes(Answer::Delayed(Duration::from_millis(time.parse().ok()?))),
        ("refused", Some(words)) => sometimes(Answer::Refused(unescaped(words))),
        ("timeout", None) => sometimes(Answer::TimedOut),
        ("garbage", None) => sometimes(Answer::Garbage),
        ("prints", Some(words)) => sometimes(Answer::Prints(unescaped(words))),
        ("flood", None) => sometimes(Answer::Flood(None)),
        ("flood", Some(bytes)) => sometimes(Answer::Flood(Some(bytes.parse().ok()?))),
        ("hang", None) => sometimes(Answer::Hang),
        ("kill", None) => sometimes(Answer::Kill(9)),
        ("kill", Some(signal)) => sometimes(Answer::Kill(signal.parse().ok()?)),
        ("exit", Some(code)) => sometimes(Answer::Exit(code.parse().ok()?)),
        _ => None,
    }
}

fn unescaped(text: &str) -> String {
    let marks = [("\\n", "\n"), ("\\r", "\r"), ("\\e", "\x1b"), ("\\\\", "\\")];
    marks.iter().fold(text.to_owned(), |text, (mark, meant)| text.replace(mark, meant))
}

fn counted(term: &str) -> Result<(usize, &str), String> {
    match term.split_once('*') {
        Some((count, rest)) if !count.is_empty() && count.bytes().all(|byte| byte.is_ascii_digit()) => {
            Ok((count.parse().map_err(|_| format!("no such count: {term}"))?, rest))
        }
        _ => Ok((1, term)),
    }
}
