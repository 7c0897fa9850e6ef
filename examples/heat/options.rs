//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;
use nix::sys::signal::Signal;

use crate::misbehaviour::Misbehaviour;

/// Heat spreading over a square plate; checkpoints when asked, and continues by itself.
#[derive(Debug, Parser)]
#[command(name = "heat")]
pub(crate) struct Options {
    /// Points along one side of the plate.
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(3..=30_000))]
    pub(crate) size: u32,

    /// Time steps of the whole computation.
    #[arg(long, value_name = "N", default_value_t = 1000)]
    pub(crate) steps: u64,

    /// Checkpoint file: written when asked, continued from when it exists (or from `$CKWRAP_CHECKPOINT`, if set).
    #[arg(long, value_name = "FILE", default_value = "heat.ck")]
    pub(crate) checkpoint: PathBuf,

    /// Where the final field goes: the points row by row, as little-endian 64-bit floats.
    #[arg(long, value_name = "FILE", default_value = "heat.out")]
    pub(crate) output: PathBuf,

    /// Least duration of one step, in milliseconds.
    #[arg(long, value_name = "MS", default_value = "0", value_parser = milliseconds)]
    pub(crate) pace: Duration,

    /// Also checkpoint each N steps (0: only when asked).
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) every: u64,

    /// Print a line each N steps (0: none).
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) progress: u64,

    /// The signal that asks for a checkpoint.
    #[arg(long, value_name = "SIG", default_value = "USR1", value_parser = signal)]
    pub(crate) signal: Signal,

    /// A checkpoint is asked for by creating this file, not by a signal. It is removed when it has been heeded.
    #[arg(long, value_name = "FILE")]
    pub(crate) stop_file: Option<PathBuf>,

    /// SIGTERM asks for a checkpoint, too.
    #[arg(long)]
    pub(crate) trap_term: bool,

    /// Exit code after a checkpoint that was asked for.
    #[arg(long, value_name = "CODE", default_value_t = 85)]
    pub(crate) exit_code: u8,

    /// Go on after a checkpoint that was asked for.
    #[arg(long = "continue")]
    pub(crate) go_on: bool,

    #[command(flatten)]
    pub(crate) misbehaviour: Misbehaviour,
}

/// `USR1`, `SIGUSR1` or `10`.
pub(crate) fn signal(text: &str) -> Result<Signal, String> {
    let unknown = || format!("unknown signal `{text}`; write it as USR1, SIGUSR1 or 10");
    if let Ok(number) = text.parse::<i32>() {
        return Signal::try_from(number).map_err(|_| unknown());
    }
    let upper = text.to_ascii_uppercase();
    let name = upper.strip_prefix("SIG").unwrap_or(&upper);
    format!("SIG{name}").parse().map_err(|_| unknown())
}

/// A whole number of milliseconds.
pub(crate) fn milliseconds(text: &str) -> Result<Duration, std::num::ParseIntError> {
    text.parse().map(Duration::from_millis)
}

/// Seconds, which may have a fraction.
pub(crate) fn seconds(text: &str) -> Result<Duration, String> {
    let number: f64 = text.parse().map_err(|error| format!("{error}"))?;
    Duration::try_from_secs_f64(number).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;
    use rstest::rstest;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Options::command().debug_assert();
    }

    #[rstest]
    #[case("USR1", Some(Signal::SIGUSR1))]
    #[case("sigterm", Some(Signal::SIGTERM))]
    #[case("12", Some(Signal::SIGUSR2))]
    #[case("USR3", None)]
    #[case("99", None)]
    fn reads_signals(#[case] text: &str, #[case] expected: Option<Signal>) {
        assert_eq!(signal(text).ok(), expected);
    }

    #[rstest]
    #[case("1.5", Some(1500))]
    #[case("-1", None)]
    #[case("inf", None)]
    #[case("x", None)]
    fn reads_seconds(#[case] text: &str, #[case] expected: Option<u64>) {
        assert_eq!(seconds(text).ok(), expected.map(Duration::from_millis));
    }
}
