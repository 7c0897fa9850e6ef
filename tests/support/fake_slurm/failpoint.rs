//! How calls fail, written as `2*timeout-but-done->delay(800)->ok`: terms one after the other, each for one call, or for
//! as many as the number before the star says; the last one for all that follow.
//!
//! | term | the call |
//! |---|---|
//! | `ok` | is done and answered |
//! | `delay(MS)` | is done and answered after so many milliseconds |
//! | `refused(TEXT)` | is not done; says TEXT, exit code 1 |
//! | `timeout` | is not done; says what a frozen controller makes Slurm's command say |
//! | `garbage` | is not done; prints what is no answer, exit code 0 |
//! | `hang` | is not done; never ends |
//! | `kill` | is not done; dies of SIGKILL |
//!
//! The last four exist as `...-but-done`, too.

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
    Delayed(Duration),
    Refused(String),
    TimedOut,
    Garbage,
    Hang,
    Kill,
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
        let answer = match (name, argument(name)) {
            ("ok", _) => return Ok(Self { text: text.into(), answer: Answer::Real, done: true }),
            ("timeout", _) => Answer::TimedOut,
            ("garbage", _) => Answer::Garbage,
            ("hang", _) => Answer::Hang,
            ("kill", _) => Answer::Kill,
            (_, Some(("delay", time))) => {
                Answer::Delayed(Duration::from_millis(time.parse().map_err(|_| unknown(text))?))
            }
            (_, Some(("refused", words))) => Answer::Refused(words.to_owned()),
            _ => return Err(unknown(text)),
        };
        Ok(Self { text: text.into(), answer, done })
    }
}

fn counted(term: &str) -> Result<(usize, &str), String> {
    match term.split_once('*') {
        Some((count, rest)) if count.bytes().all(|byte| byte.is_ascii_digit()) => {
            Ok((count.parse().map_err(|_| unknown(term))?, rest))
        }
        _ => Ok((1, term)),
    }
}

fn argument(text: &str) -> Option<(&str, &str)> {
    text.strip_suffix(')')?.split_once('(')
}

fn unknown(text: &str) -> String {
    format!("no such failpoint: {text}")
}
