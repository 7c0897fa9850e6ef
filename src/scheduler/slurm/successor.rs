//! The sbatch command line of a job that goes on where this one ends.
//!
//! Options on the command line of the first submission are not in the script, so all are taken from what Slurm
//! holds about the running job. It shows a mixture of what was asked for and what was given: each option below
//! says why it may be passed on. Lost, as Slurm shows them nowhere: `--signal` given on the command line only,
//! the upper end of `--nodes=1-4`, the other partitions of a list, the spaces inside a script's arguments.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};

use super::directives::Directives;
use super::output_path::Owner;
use super::queue::TOKEN_MARK;
use super::{JobView, SlurmEnvironment, tres};
use crate::model::{JobId, Token};

/// A job that goes on where this one ends.
#[derive(Debug, Clone, Copy)]
pub struct Successor<'a> {
    /// The running job.
    pub job: &'a JobView,
    /// Its environment: what is set in it was asked for, not given by default.
    pub environment: &'a SlurmEnvironment,
    /// The batch script as Slurm holds it.
    pub script: &'a [u8],
    /// Where that script was saved; absolute.
    pub script_path: &'a Path,
    /// Marks this attempt, in the new job's comment.
    pub token: &'a Token,
    /// The index in an array chain that goes on with the next one; `None`: the same index.
    pub next_index: Option<u32>,
    /// More options of the user's; they win over all others.
    pub extra: &'a [String],
}

/// Why no successor can be submitted.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum SuccessorError {
    /// One script and one command line do not make a heterogeneous job.
    #[error(
        "job {0} is heterogeneous, and a successor of such a job cannot be rebuilt; use `continue: {{mode: requeue}}`"
    )]
    Heterogeneous(JobId),
    /// sbatch would take it for an option, or look for it elsewhere.
    #[error("the saved batch script must have an absolute path: `{0}`")]
    RelativeScript(PathBuf),
}

/// Fields that show what was asked for, word for word, and their options.
const WORD_FOR_WORD: [(&str, &str); 19] = [
    ("JobName", "job-name"),
    ("Account", "account"),
    ("QOS", "qos"),
    ("TimeMin", "time-min"),
    ("ReqNodeList", "nodelist"),
    ("ExcNodeList", "exclude"),
    ("Features", "constraint"),
    ("Prefer", "prefer"),
    ("ClusterFeatures", "cluster-constraint"),
    ("BatchFeatures", "batch"),
    ("Reservation", "reservation"),
    ("Licenses", "licenses"),
    ("Network", "network"),
    ("MCS_label", "mcs-label"),
    ("MailUser", "mail-user"),
    ("MailType", "mail-type"),
    ("Switches", "switches"),
    ("Container", "container"),
    ("WorkDir", "chdir"),
];

/// Requests seen only in the environment, where nothing in the job's record contradicts them.
const ONLY_IN_ENVIRONMENT: [(&str, &str); 7] = [
    ("SLURM_DISTRIBUTION", "distribution"),
    ("SLURM_HINT", "hint"),
    ("SLURM_PROFILE", "profile"),
    ("SLURM_ACCTG_FREQ", "acctg-freq"),
    ("SLURM_GPU_BIND", "gpu-bind"),
    ("SLURM_GPU_FREQ", "gpu-freq"),
    ("SLURM_CPU_FREQ_REQ", "cpu-freq"),
];

impl Successor<'_> {
    /// All arguments for sbatch: options, script, the script's arguments.
    pub fn arguments(&self) -> Result<Vec<OsString>, SuccessorError> {
        if self.environment.heterogeneous || self.job.fields.bytes("HetJobId").is_some() {
            return Err(SuccessorError::Heterogeneous(self.job.id));
        }
        if !self.script_path.is_absolute() {
            return Err(SuccessorError::RelativeScript(self.script_path.to_owned()));
        }
        let directives = Directives::of(self.script);
        let mut line = Line(vec!["--parsable".into()]);
        self.identity(&mut line, &directives);
        self.limits(&mut line, &directives);
        self.layout(&mut line);
        self.memory(&mut line);
        self.generic_resources(&mut line);
        self.conditions(&mut line);
        self.output(&mut line, &directives);
        line.0.extend(self.extra.iter().map(OsString::from));
        line.0.push(self.script_path.into());
        line.0.extend(self.script_arguments());
        Ok(line.0)
    }

    fn identity(&self, line: &mut Line, directives: &Directives) {
        for (field, option) in WORD_FOR_WORD {
            line.maybe(option, self.job.argument(field));
        }
        // A leading star marks the user's default, which is given again.
        line.maybe("wckey", self.job.argument("WCKey").filter(|key| !key.as_bytes().starts_with(b"*")));
        line.option("comment", self.comment());
        if let JobId::Task { task, .. } = self.job.id {
            line.option("array", self.next_index.unwrap_or(task).to_string());
        }
        // This option replaces the job's own dependencies. What they waited for has come, but one at a time
        // under one name holds for the successor too.
        let given = [self.environment.request("SLURM_JOB_DEPENDENCY"), directives.value("dependency")];
        let mut clauses =
            given.into_iter().flatten().flat_map(|text| text.as_bytes().split(|byte| *byte == b','));
        let singleton = clauses.any(|clause| clause == b"singleton");
        let also = if singleton { ",singleton" } else { "" };
        line.option("dependency", format!("afterany:{}{also}", self.job.id));
        // Above 0 anybody may ask for; below only administrators, who can also have set it later.
        line.maybe("nice", self.text("Nice").filter(|nice| nice.parse::<i64>().is_ok_and(|nice| nice > 0)));
        match self.job.requeue {
            Some(true) => line.flag("requeue"),
            Some(false) => line.flag("no-requeue"),
            None => {}
        }
    }

    /// The user's comment, and behind it the token in the place of an older one.
    fn comment(&self) -> OsString {
        let own = self.job.fields.bytes("Comment").unwrap_or_default().trim_ascii_end();
        let cut = own.iter().rposition(u8::is_ascii_whitespace).map_or(0, |at| at + 1);
        let (before, last) = own.split_at(cut);
        let is_token = last.strip_prefix(TOKEN_MARK.as_bytes()).is_some_and(|token| {
            std::str::from_utf8(token).is_ok_and(|text| Token::try_from(text.to_owned()).is_ok())
        });
        let kept = if is_token { before } else { own }.trim_ascii_end();
        let mut comment = if kept == b"(null)" { Vec::new() } else { kept.to_vec() };
        if !comment.is_empty() {
            comment.push(b' ');
        }
        comment.extend_from_slice(format!("{TOKEN_MARK}{}", self.token).as_bytes());
        // A newline would hide the token from a look-up by lines.
        comment.iter_mut().filter(|byte| matches!(byte, b'\n' | b'\r' | 0)).for_each(|byte| *byte = b' ');
        OsString::from_vec(comment)
    }

    fn limits(&self, line: &mut Line, directives: &Directives) {
        // With `--time-min` Slurm may have cut the limit for good; the script's line holds the one asked for.
        let cut = self.job.argument("TimeMin").is_some() && directives.value("time").is_some();
        if !cut && self.job.time_limit != super::Limit::Unknown {
            line.maybe("time", self.job.argument("TimeLimit"));
        }
        // A running job shows the one partition of a list that it was given; the script's line holds all.
        let list = directives.value("partition").filter(|list| list.as_bytes().contains(&b','));
        if list.is_none() {
            line.maybe("partition", self.job.argument("Partition"));
        }
        // As seconds since the epoch, which sbatch takes as `uts` (Slurm's parse_time).
        line.maybe("deadline", self.number("Deadline").map(|at| format!("uts{at}")));
    }

    /// Nodes as they were given: a program that was on one node must not find itself on two. All others only
    /// where they were asked for, as they steer srun inside the job.
    fn layout(&self, line: &mut Line) {
        line.maybe("nodes", self.number("NumNodes"));
        self.asked(line, "SLURM_NTASKS", "ntasks", self.number("NumTasks"));
        let per_task = self.number("CPUs/Task");
        self.asked(line, "SLURM_CPUS_PER_TASK", "cpus-per-task", per_task);
        // Node, board, socket, core; a star or a zero is no request.
        let tasks_per = self.parts("NtasksPerN:B:S:C");
        let per_node = tasks_per.first().copied().flatten();
        line.maybe("ntasks-per-node", per_node);
        line.maybe("ntasks-per-socket", tasks_per.get(2).copied().flatten());
        line.maybe("sockets-per-node", self.number("Socks/Node"));
        let shape = self.parts("ReqB:S:C:T");
        line.maybe("cores-per-socket", shape.get(2).copied().flatten());
        // A hint implies these two, and sbatch takes one or the other.
        if self.environment.request("SLURM_HINT").is_none() {
            line.maybe("ntasks-per-core", tasks_per.get(3).copied().flatten());
            line.maybe("threads-per-core", shape.get(3).copied().flatten());
        }
        // Slurm raises it to what the tasks of a node need; above that it was asked for.
        let needed = per_task.unwrap_or(1).saturating_mul(per_node.unwrap_or(1));
        line.maybe("mincpus", self.number("MinCPUsNode").filter(|cpus| *cpus > needed));
        line.maybe("core-spec", self.number("CoreSpec"));
        line.maybe("thread-spec", self.number("ThreadSpec"));
        for (variable, option) in ONLY_IN_ENVIRONMENT {
            line.maybe(option, self.environment.request(variable).cloned());
        }
        if self.environment.request("SLURM_OVERCOMMIT").is_some() {
            line.flag("overcommit");
        }
    }

    /// Passes on a number if the environment shows it too: an inherited variable of another job differs.
    fn asked(&self, line: &mut Line, variable: &str, option: &str, number: Option<u64>) {
        let in_environment = self.environment.request(variable).and_then(|text| text.to_str()?.parse().ok());
        line.maybe(option, number.filter(|number| in_environment == Some(*number)));
    }

    fn memory(&self, line: &mut Line) {
        // 0 is both "all there is" and "not asked for". Where the job was given memory the two are the same;
        // where memory is not counted, nothing need be said.
        let given = [self.text("TRES"), self.text("AllocTRES")].into_iter().flatten();
        let counted = given.into_iter().any(|tres| tres.split(',').any(|item| item.starts_with("mem=")));
        for (field, option) in [("MinMemoryNode", "mem"), ("MinMemoryCPU", "mem-per-cpu")] {
            line.maybe(option, self.text(field).filter(|size| *size != "0" || counted));
        }
        line.maybe("tmp", self.text("MinTmpDiskNode").filter(|size| *size != "0"));
        line.maybe("cpus-per-gpu", self.text("CpusPerTres").and_then(tres::gpus));
        line.maybe("mem-per-gpu", self.text("MemPerTres").and_then(tres::gpus));
    }

    fn generic_resources(&self, line: &mut Line) {
        line.maybe("gres", self.text("TresPerNode").and_then(tres::gres));
        line.maybe("gpus", self.text("TresPerJob").and_then(tres::gpus));
        line.maybe("gpus-per-socket", self.text("TresPerSocket").and_then(tres::gpus));
        line.maybe("gpus-per-task", self.text("TresPerTask").and_then(tres::gpus));
        line.maybe("ntasks-per-gpu", self.number("NtasksPerTRES"));
        match self.text("GresEnforceBind") {
            Some("Yes") => line.option("gres-flags", "enforce-binding"),
            Some("No") => line.option("gres-flags", "disable-binding"),
            _ => {}
        }
    }

    fn conditions(&self, line: &mut Line) {
        // `OK` is the partition's default. A partition that gives whole nodes shows `NO` as well; asking for
        // what it gives anyway changes nothing.
        match self.text("OverSubscribe") {
            Some("NO") => line.flag("exclusive"),
            Some("YES") => line.flag("oversubscribe"),
            Some("USER") => line.option("exclusive", "user"),
            Some("MCS") => line.option("exclusive", "mcs"),
            Some("TOPO") => line.option("exclusive", "topo"),
            _ => {}
        }
        for (field, yes, option) in
            [("Contiguous", "1", "contiguous"), ("Reboot", "1", "reboot"), ("SpreadJob", "Yes", "spread-job")]
        {
            if self.text(field) == Some(yes) {
                line.flag(option);
            }
        }
        match self.text("KillOInInvalidDependent") {
            Some("Yes") => line.option("kill-on-invalid-dep", "yes"),
            Some("No") => line.option("kill-on-invalid-dep", "no"),
            _ => {}
        }
        // Burst buffers (#BB, #DW) are in the script. Power and delayed boot are the site's defaults.
    }

    fn output(&self, line: &mut Line, directives: &Directives) {
        let empty = OsStr::new("");
        let field = |key: &str| self.job.fields.bytes(key).map_or(empty, OsStr::from_bytes);
        let owner = Owner {
            id: self.job.id,
            raw_id: self.job.raw_id,
            work_dir: field("WorkDir"),
            name: field("JobName"),
            user: self.environment.user.as_deref().unwrap_or_default(),
        };
        let (stdout, stderr, stdin) = (field("StdOut"), field("StdErr"), field("StdIn"));
        line.maybe("output", owner.pattern(stdout, directives.value("output")));
        // Not asked for, standard error goes where standard output goes.
        if stderr != stdout {
            line.maybe("error", owner.pattern(stderr, directives.value("error").or(Some(&OsString::new()))));
        }
        if !stdin.is_empty() && stdin != "/dev/null" {
            let shown = owner.pattern(stdin, directives.value("input").or(Some(&OsString::new())));
            line.maybe("input", shown);
        }
        // The same file as the predecessor's, if it has a fixed name: what is in it must stay.
        line.option("open-mode", "append");
        line.maybe("export", self.environment.export.clone());
    }

    /// The script's own arguments. Slurm shows them behind the script's path with single spaces between, so
    /// that spaces inside one are lost, and the path's end must be guessed: it is this job's saved script, or
    /// ends in the job's name, as that is its default, or at the first space.
    fn script_arguments(&self) -> Vec<OsString> {
        let Some(command) = self.job.argument("Command") else { return Vec::new() };
        let command = command.as_bytes();
        let name = self.job.fields.bytes("JobName").unwrap_or_default();
        let ends = command.iter().enumerate().filter(|(_, byte)| **byte == b' ').map(|(at, _)| at);
        let ends: Vec<usize> = ends.chain([command.len()]).collect();
        let is_script = |end: &&usize| {
            let path = Path::new(OsStr::from_bytes(command.get(..**end).unwrap_or_default()));
            path == self.script_path || path.file_name().is_some_and(|file| file.as_bytes() == name)
        };
        let end = ends.iter().find(is_script).or_else(|| ends.first());
        let arguments = end.and_then(|end| command.get(end + 1..)).unwrap_or_default();
        if arguments.is_empty() {
            return Vec::new();
        }
        arguments.split(|byte| *byte == b' ').map(|word| OsStr::from_bytes(word).to_owned()).collect()
    }

    fn text(&self, field: &str) -> Option<&str> {
        self.job.fields.text(field)
    }

    /// A number above zero.
    fn number(&self, field: &str) -> Option<u64> {
        self.job.fields.number(field).filter(|number| *number > 0)
    }

    /// Numbers above zero of a field such as `0:0:*:*`.
    fn parts(&self, field: &str) -> Vec<Option<u64>> {
        let text = self.text(field).unwrap_or_default();
        text.split(':').map(|part| part.parse().ok().filter(|number| *number > 0)).collect()
    }
}

/// Options in the form `--name=value`: a value that starts with a dash stays a value.
struct Line(Vec<OsString>);

impl Line {
    fn flag(&mut self, name: &str) {
        self.0.push(format!("--{name}").into());
    }

    fn option(&mut self, name: &str, value: impl Argument) {
        let mut word = OsString::from(format!("--{name}="));
        word.push(value.into_argument());
        self.0.push(word);
    }

    fn maybe(&mut self, name: &str, value: Option<impl Argument>) {
        if let Some(value) = value {
            self.option(name, value);
        }
    }
}

/// What can stand behind `--name=`.
trait Argument {
    fn into_argument(self) -> OsString;
}

impl Argument for OsString {
    fn into_argument(self) -> OsString {
        self
    }
}

impl Argument for String {
    fn into_argument(self) -> OsString {
        self.into()
    }
}

impl Argument for &str {
    fn into_argument(self) -> OsString {
        self.into()
    }
}

impl Argument for u64 {
    fn into_argument(self) -> OsString {
        self.to_string().into()
    }
}

#[cfg(test)]
#[path = "successor_tests.rs"]
mod tests;
