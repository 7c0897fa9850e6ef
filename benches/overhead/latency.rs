//! How long a signal takes to the program, and the news of its end back.

use std::error::Error;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, ChildStdout, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::contenders::Contender;
use super::numbers::{Random, Sample, micros, now};

/// A contender with the bench's own child under it.
pub(super) struct Running {
    pub(super) child: Child,
    out: BufReader<ChildStdout>,
}

impl Running {
    /// Starts it; the child has said `ready` if it is one that does.
    pub(super) fn start(contender: &Contender, verb: &str, ready: bool) -> Result<Self, Box<dyn Error>> {
        let mut command = contender.command(&std::env::current_exe()?, &["child", verb]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn()?;
        let out = BufReader::new(child.stdout.take().ok_or("no pipe")?);
        let mut running = Self { child, out };
        if ready {
            let line = running.line()?;
            if line != "ready" {
                return Err(format!("{}: the child said `{line}`", contender.name).into());
            }
        }
        Ok(running)
    }

    fn line(&mut self) -> Result<String, Box<dyn Error>> {
        let mut line = String::new();
        self.out.read_line(&mut line)?;
        Ok(line.trim_end().to_owned())
    }

    pub(super) fn pid(&self) -> Result<Pid, Box<dyn Error>> {
        Ok(Pid::from_raw(i32::try_from(self.child.id())?))
    }
}

/// Microseconds from a SIGUSR2 to the contender to its child; none of those that do not forward it.
pub(super) fn of_signals(
    contenders: &[Contender],
    count: usize,
    random: &mut Random,
) -> Result<Vec<Sample>, Box<dyn Error>> {
    let mut samples = vec![Sample::default(); contenders.len()];
    let mut running = Vec::new();
    for contender in contenders {
        let start = || Running::start(contender, "signals", true);
        running.push(contender.forwards.then(start).transpose()?);
    }
    for _ in 0..count {
        for index in random.order(contenders.len()) {
            let Some(run) = &mut running[index] else { continue };
            let sent = now();
            kill(run.pid()?, Signal::SIGUSR2)?;
            let came: i64 = run.line()?.parse()?;
            samples[index].add(micros(came - sent));
        }
    }
    for mut run in running.into_iter().flatten() {
        kill(run.pid()?, Signal::SIGTERM)?;
        run.child.wait()?;
    }
    Ok(samples)
}

/// Microseconds from the last words of the child to the end of the contender.
pub(super) fn of_ends(
    contenders: &[Contender],
    rounds: usize,
    random: &mut Random,
) -> Result<Vec<Sample>, Box<dyn Error>> {
    let mut samples = vec![Sample::default(); contenders.len()];
    for _ in 0..rounds {
        for index in random.order(contenders.len()) {
            let mut run = Running::start(&contenders[index], "end", false)?;
            run.child.wait()?;
            let ended = now();
            let said: i64 = run.line()?.parse()?;
            samples[index].add(micros(ended - said));
        }
    }
    Ok(samples)
}
