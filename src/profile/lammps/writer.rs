//! The derived inputs: the first, and a continuation from a checkpoint.

use super::lexer::Command;
use super::name::CheckpointName;
use super::rules::Role;
use super::script::Script;
use super::styles;

/// Where derived inputs say how they ended.
const TOLD: &str = "ckwrap.lammps";

impl Script {
    /// The input of a segment that starts from the beginning: the user's, with a stop built in.
    pub fn first(&self) -> String {
        let mut out = self.head("");
        self.go_on(0, &mut Progress::default(), &mut out);
        out.text
    }

    /// The input of a segment that goes on from `file`; `None`: that lies in none of its runs.
    pub fn continuation(&self, from: &CheckpointName, file: &str) -> Option<String> {
        let runs = self.entries.iter().enumerate().filter(|(_, (_, role))| *role == Role::Run);
        let (at, (run, _)) = runs.clone().nth(from.run.checked_sub(1)?)?;
        let mut out = self.head(&format!(", from {file}"));
        if let Some(log) = &self.log {
            out.line(&format!("log {log} append"));
        }
        let mut progress = Progress { runs: from.run - 1, restart: None };
        for (index, (command, role)) in self.entries.iter().take(at).enumerate() {
            if index == self.box_at {
                out.line(&format!("read_restart {file}"));
                self.forgotten(index, &mut out);
            } else if *role == Role::Setting && self.is_alive(index, at) {
                again(command, &mut progress, &mut out);
            }
        }
        self.append_dumps(at, &mut out);
        out.line(&format!("variable ckwrap_from string {}", from.from));
        end_of(run, &mut out);
        let options: Vec<&str> = run.after(2).filter(|word| *word != "upto").collect();
        let mut line = "run ${ckwrap_end} upto start ${ckwrap_from} stop ${ckwrap_end}".to_owned();
        for option in options {
            line = format!("{line} {option}");
        }
        progress.runs += 1;
        self.guarded(&line, Some(from), &progress, &mut out);
        self.go_on(at + 1, &mut progress, &mut out);
        Some(out.text)
    }

    fn head(&self, from: &str) -> Lines {
        let mut out = Lines::default();
        out.line(&format!("# Made by ckwrap of {}{from}; changes here are lost.", self.name));
        out
    }

    /// The commands from `start` on as the user wrote them, each run with a stop.
    fn go_on(&self, start: usize, progress: &mut Progress, out: &mut Lines) {
        for (index, (command, role)) in self.entries.iter().enumerate().skip(start) {
            if command.name() == "restart" {
                progress.restart = Some(command.raw.clone());
            }
            if *role == Role::Run {
                progress.runs += 1;
                out.line("variable ckwrap_from string $(step:%.0f)");
                end_of(command, out);
                self.guarded(&command.raw, None, progress, out);
            } else {
                out.line(&command.raw);
            }
            if index == self.box_at {
                self.sort(out);
            }
        }
        for command in &self.rest {
            out.line(&command.raw);
        }
        out.line(&format!("print \"CKWRAP FINISHED\" append {TOLD}"));
    }

    /// A run that stops at the stop file, with a pair of restart files; the one it comes from is written last.
    fn guarded(&self, run: &str, from: Option<&CheckpointName>, progress: &Progress, out: &mut Lines) {
        let (every, number, digest) = (self.every, progress.runs, self.digest());
        let names = if from.is_some_and(|from| !from.second) { ["b", "a"] } else { ["a", "b"] };
        let [one, other] = names.map(|end| format!("ckwrap-{digest}.run{number}.from${{ckwrap_from}}.{end}"));
        out.line(&format!("restart {every} {one} {other}"));
        // Ranks may see the file at different steps; the sum over all of them is the same for each.
        out.line(&format!("variable ckwrap_seen atom is_file({})", self.stop));
        out.line("compute ckwrap_seen all reduce max v_ckwrap_seen");
        out.line("variable ckwrap_stop equal c_ckwrap_seen");
        out.line(&format!("fix ckwrap_halt all halt {every} v_ckwrap_stop == 1 error continue message no"));
        out.line(run);
        out.line("unfix ckwrap_halt");
        out.line("uncompute ckwrap_seen");
        out.line("restart 0");
        if let Some(restart) = &progress.restart {
            out.line(restart);
        }
        out.line(&format!(
            "if \"$(step) < ${{ckwrap_end}}\" then \"print 'CKWRAP INTERRUPTED run {number} at step $(step:%.0f)' append {TOLD}\" \"quit 0\""
        ));
    }

    /// Atoms are sorted at each start: without an interruption they must be sorted at the same steps.
    fn sort(&self, out: &mut Lines) {
        if self.sorts {
            out.line(&format!("atom_modify sort {} 0.0", self.every));
        }
    }

    /// What stands before the box and is not kept where a restart file is read.
    fn forgotten(&self, box_at: usize, out: &mut Lines) {
        let before = || self.entries.iter().take(box_at).map(|(command, _)| command);
        let style = before().rfind(|command| command.name() == "pair_style");
        if let Some(style) = style.filter(|style| styles::pair_is_forgotten(style.word(1))) {
            out.line(&style.raw);
        }
        for command in before().filter(|command| command.name() == "pair_modify") {
            out.line(&command.raw);
        }
        self.sort(out);
    }

    /// Whether what the command at `index` defines is still there at `end`. A fix takes its state from the restart
    /// file when it is defined: an earlier one of its name would take it away.
    fn is_alive(&self, index: usize, end: usize) -> bool {
        let Some((command, _)) = self.entries.get(index) else { return false };
        let ends = match command.name() {
            "unfix" | "undump" => return false,
            "fix" | "fix_modify" => "unfix",
            "dump" | "dump_modify" => "undump",
            _ => return true,
        };
        let mut later = self.entries.iter().take(end).skip(index + 1);
        !later.any(|(other, _)| other.name() == ends && other.word(1) == command.word(1))
    }

    /// Dumps go on in their files, after the snapshot of this step, which is there already.
    fn append_dumps(&self, end: usize, out: &mut Lines) {
        let dumps = self
            .entries
            .iter()
            .take(end)
            .enumerate()
            .filter(|(index, (command, _))| command.name() == "dump" && self.is_alive(*index, end));
        for (number, (_, (dump, _))) in dumps.enumerate() {
            if number == 0 {
                out.line("variable ckwrap_next string $(step+1:%.0f)");
            }
            let append = if dump.word(5).contains('*') { "" } else { " append yes" };
            out.line(&format!("dump_modify {}{append} delay ${{ckwrap_next}}", dump.word(1)));
        }
    }
}

/// The last step of a run, as a variable.
fn end_of(run: &Command, out: &mut Lines) {
    out.line(&format!("variable ckwrap_steps string {}", run.word(1)));
    let sum = if run.after(2).any(|word| word == "upto") { "" } else { "v_ckwrap_from+" };
    out.line(&format!("variable ckwrap_end string $({sum}v_ckwrap_steps:%.0f)"));
}

/// A setting once more.
fn again(command: &Command, progress: &mut Progress, out: &mut Lines) {
    match command.name() {
        "restart" => {
            progress.restart = Some(command.raw.clone());
            out.line(&command.raw);
        }
        "log" if !command.after(2).any(|word| word == "append") && command.word(1) != "none" => {
            out.line(&format!("log {} append", command.word(1)));
        }
        _ => out.line(&command.raw),
    }
}

/// How far the writing has come.
#[derive(Debug, Default)]
struct Progress {
    /// Runs so far.
    runs: usize,
    /// The user's own `restart`.
    restart: Option<String>,
}

#[derive(Debug, Default)]
struct Lines {
    text: String,
}

impl Lines {
    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }
}
