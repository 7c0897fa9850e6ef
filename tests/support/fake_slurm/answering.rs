//! From what a call would say to what is said of it.
#![expect(clippy::disallowed_methods, reason = "a fake that hangs sleeps")]

use std::io::{self, Write as _};
use std::time::Duration;

use nix::sys::signal::{Signal, raise};

use crate::failpoint::{Answer, Failpoint};
use crate::{Outcome, Said};

/// Does the call and answers it as planned; `id` is the job it speaks of, 0 for none.
pub(crate) fn answer(failpoint: &Failpoint, name: &str, id: u32, perform: impl Fn() -> Outcome) -> Outcome {
    let done = if failpoint.acts() { Some(perform()?) } else { None };
    let real = done.clone().unwrap_or_default();
    match &failpoint.answer {
        Answer::Real if asked_in_c() => Ok(real),
        Answer::Real | Answer::Localized => Ok(localized(&real)),
        Answer::Partial(bytes) => {
            let all = real.stdout.len();
            let most =
                if *bytes < 0 { all.saturating_sub(bytes.unsigned_abs()) } else { bytes.unsigned_abs() };
            Ok(Said { stdout: real.stdout.get(..most.min(all)).unwrap_or_default().to_vec(), ..real })
        }
        Answer::Coloured => {
            Ok(Said { stdout: [b"\x1b[32m".as_slice(), &real.stdout, b"\x1b[0m"].concat(), ..real })
        }
        Answer::Delayed(time) => {
            std::thread::sleep(*time);
            done.map_or_else(perform, Ok)
        }
        Answer::Refused(text) => Ok(Said::error(text.clone())),
        Answer::TimedOut => Ok(timed_out(name, id)),
        Answer::Garbage => Ok(Said::text(*b"\x1b[1;31m{\"jobs\": [\xff\xfe\x00 JobId=4294967296 7|\n\n")),
        Answer::Prints(text) => Ok(Said::text(text.as_bytes())),
        Answer::Flood(bytes) => flood(*bytes),
        Answer::Hang => loop {
            std::thread::sleep(Duration::from_secs(3600));
        },
        Answer::Kill(signal) => {
            raise(Signal::try_from(*signal)?)?;
            Ok(Said::nothing())
        }
        Answer::Exit(code) => Ok(Said { code: *code, ..Said::default() }),
    }
}

/// Whether the caller has asked for answers that can be parsed. Without that, times are local and words translated.
fn asked_in_c() -> bool {
    let is = |name: &str, value: &str| std::env::var(name).is_ok_and(|set| set == value);
    // sbatch prints a number, and inherits the user's language on purpose: so does the job.
    std::env::args().next().is_some_and(|name| name.ends_with("sbatch"))
        || (is("LC_ALL", "C") && is("SLURM_TIME_FORMAT", "%s"))
}

fn localized(real: &Said) -> Said {
    let text = String::from_utf8_lossy(&real.stdout).into_owned();
    let word = |word: &str| match word.split_once('=') {
        Some((key, value)) if key.ends_with("Time") && value.len() == 10 => {
            format!("{key}=So 22. Nov 18:00:00")
        }
        _ => word.to_owned(),
    };
    let text = text.split(' ').map(word).collect::<Vec<_>>().join(" ");
    let stderr =
        real.stderr.replace("error", "Fehler").replace("Invalid", "Ungültige").replace("Job", "Auftrag");
    Said { stdout: text.into_bytes(), stderr, code: real.code }
}

/// Lines that look like an answer, without ever being one.
fn flood(bytes: Option<u64>) -> Outcome {
    let line = b"JobId=12 JobName=flood JobState=RUNNING Reason=None EndTime=1 Restarts=0\n".repeat(1000);
    let mut out = io::stdout().lock();
    let mut left = bytes.unwrap_or(u64::MAX);
    while left > 0 {
        let part = usize::try_from(left).unwrap_or(usize::MAX).min(line.len());
        out.write_all(&line[..part])?;
        left -= part as u64;
    }
    Ok(Said::nothing())
}

/// How a frozen controller is told, by the command (`frozen-*.txt`).
fn timed_out(name: &str, id: u32) -> Said {
    Said::error(match name {
        "sbatch" => {
            "sbatch: error: Batch job submission failed: Socket timed out on send/recv operation".into()
        }
        "scontrol" if id > 0 => format!("Unexpected message received for job {id}"),
        _ => "slurm_load_jobs error: Socket timed out on send/recv operation".to_owned(),
    })
}
