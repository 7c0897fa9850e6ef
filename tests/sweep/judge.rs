//! What must hold after a segment, whatever call was spoiled.

use std::time::Duration;

use super::segment::{Left, SHORT, segment};
use crate::support::End;

/// Enough for a segment that does nothing.
const LIMIT: Duration = Duration::from_secs(60);
const LONG: Duration = Duration::from_secs(3600);
/// What is also seen where the machine was too busy.
const HANGS: &str = "it does not end";
const DISTURBED: &str = "the program was disturbed";
const CODE: &str = "the exit code is not true";

/// A segment with this fault holds what must hold. One that was late is tried once more in an allocation that is longer.
pub(super) fn attempt(options: &str, fault: &str) -> Result<(), String> {
    let mut left = segment(options, fault, SHORT);
    match left.judged() {
        Err((_, true)) => left = segment(options, fault, SHORT * 5),
        other => other.map_err(|(text, _)| text)?,
    }
    left.judge()?;
    // The files of the chain are the other thread's.
    if fault.contains(":thread1:") { left.next() } else { Ok(()) }
}

impl Left {
    /// Everything that does not hold.
    pub(super) fn judge(&self) -> Result<(), String> {
        self.judged().map_err(|(text, _)| text)
    }

    /// Everything that does not hold, and whether it can come of a machine so busy that the allocation was over too soon.
    fn judged(&self) -> Result<(), (String, bool)> {
        let mut wrong: Vec<String> = Vec::new();
        let mut check = |holds: bool, what: &str| {
            if !holds {
                wrong.push(what.to_owned());
            }
        };
        let (started, saved) = (self.runs.contains("ran"), self.runs.contains("end"));
        let restarts = self.slurm.get(self.slurm.job, "Restarts");
        let goes_on = usize::from(restarts != "0") + self.slurm.successors().len();
        check(self.end.is_some(), HANGS);
        check(self.survivors.is_empty(), "processes are left behind");
        check(!self.said.contains("panicked"), "a panic");
        check(self.runs.matches("ran").count() <= 1, "the program was started twice");
        check(goes_on <= 1 && restarts.len() == 1 && restarts <= "1".into(), "continued twice");
        let unknown = self.said.contains("it is not known whether the chain goes on");
        if saved {
            let kept = std::fs::read_to_string(self.slurm.file("state"));
            check(kept.is_ok_and(|kept| kept == "data\n"), "the checkpoint is lost");
            let code = if goes_on == 1 && !unknown { End::Code(0) } else { End::Code(85) };
            check(self.end == Some(code), CODE);
        } else if started || self.said.contains("time is up") {
            // It could not be asked, and its time is up.
            check(self.cannot_ask() && self.said.contains("time is up"), DISTURBED);
        } else {
            let own = [125, 126, 127].map(|code| Some(End::Code(code)));
            check(own.contains(&self.end), "not started, and the code does not say so");
            check(goes_on == 0, "not started, and goes on");
        }
        if !self.slurm.successors().is_empty() {
            check(self.journal().contains("intent"), "submitted without a recorded intent");
        }
        let late = wrong.iter().all(|what| [HANGS, DISTURBED, CODE].contains(&what.as_str()));
        if wrong.is_empty() { Ok(()) } else { Err((self.told(&wrong.join(", ")), late)) }
    }

    /// Whether ckwrap could not learn for good whether the program listens, or not send it the signal.
    fn cannot_ask(&self) -> bool {
        let words: Vec<&str> = self.fault.split(':').collect();
        let [_, thread, call, k, _] = words[..] else { return false };
        thread == "main" && (call == "kill" || (["openat", "read"].contains(&call) && k.ends_with('+')))
    }

    /// The segment after it starts from the checkpoint.
    fn next(mut self) -> Result<(), String> {
        let job = self.slurm.job;
        match self.slurm.successors().first() {
            Some(successor) => self.slurm.start(*successor, LONG),
            None if self.slurm.get(job, "Restarts") == "1" => self.slurm.start(job, LONG),
            None => return Ok(()),
        }
        let mut run = self.slurm.run("", ["/bin/sh", "-c", "echo from:$CKWRAP_CHECKPOINT"]);
        let (end, line) = (run.end_or_none(LIMIT), String::from_utf8_lossy(&run.rest()).trim().to_owned());
        if end == Some(End::Code(0)) && line == "from:state" {
            return Ok(());
        }
        Err(self.told(&format!("the next segment does not go on: {end:?} {line} {}", run.errors_so_far())))
    }

    /// The journal of the only chain.
    pub(super) fn journal(&self) -> String {
        let chains = std::fs::read_dir(self.slurm.file(".ckwrap")).into_iter().flatten().flatten();
        chains.filter_map(|chain| std::fs::read_to_string(chain.path().join("journal.jsonl")).ok()).collect()
    }

    fn told(&self, what: &str) -> String {
        let said = self.said.trim().replace('\n', "\n      ");
        let calls = self.slurm.calls().join(" ");
        format!(
            "{}: {what}\n   {:?} after {:?}; program: {:?}; Slurm: {calls}\n   spoiled: {}\n      {said}",
            self.fault,
            self.end,
            self.took,
            self.runs,
            self.report.lines().take(5).collect::<Vec<_>>().join("; ")
        )
    }
}
