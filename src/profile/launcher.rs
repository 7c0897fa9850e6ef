//! What stands before the program on a command line: launchers, their options, `NAME=VALUE` words.
//!
//! A table of options that take a value in the next word; everything unknown with a dash is taken to stand alone.

/// One launcher's way with words.
pub(super) struct Launcher {
    names: &'static [&'static str],
    /// Options whose value is the next word.
    valued: &'static [&'static str],
    /// Words of its own after the options.
    positional: usize,
    /// Whether `NAME=VALUE` words come before the command.
    assignments: bool,
    /// The sub-command that runs a program, if it needs one.
    pub(super) subcommands: &'static [&'static str],
}

const PLAIN: Launcher =
    Launcher { names: &[], valued: &[], positional: 0, assignments: false, subcommands: &[] };

/// Options of srun(1) with a value in the next word.
const SRUN: &[&str] = &[
    "-A",
    "-b",
    "-B",
    "-c",
    "-C",
    "-d",
    "-D",
    "-e",
    "-G",
    "-i",
    "-J",
    "-L",
    "-m",
    "-M",
    "-n",
    "-N",
    "-o",
    "-p",
    "-q",
    "-r",
    "-S",
    "-t",
    "-T",
    "-w",
    "-W",
    "-x",
    "--account",
    "--begin",
    "--cluster-constraint",
    "--clusters",
    "--constraint",
    "--container",
    "--cores-per-socket",
    "--cpu-bind",
    "--cpu-freq",
    "--cpus-per-gpu",
    "--cpus-per-task",
    "--dependency",
    "--distribution",
    "--chdir",
    "--epilog",
    "--error",
    "--exclude",
    "--export",
    "--gpu-bind",
    "--gpus",
    "--gpus-per-node",
    "--gpus-per-task",
    "--gres",
    "--hint",
    "--input",
    "--jobid",
    "--job-name",
    "--kill-on-bad-exit",
    "--licenses",
    "--mem",
    "--mem-bind",
    "--mem-per-cpu",
    "--mem-per-gpu",
    "--mpi",
    "--nodelist",
    "--nodes",
    "--ntasks",
    "--ntasks-per-core",
    "--ntasks-per-gpu",
    "--ntasks-per-node",
    "--ntasks-per-socket",
    "--open-mode",
    "--output",
    "--partition",
    "--profile",
    "--prolog",
    "--qos",
    "--relative",
    "--reservation",
    "--signal",
    "--slurmd-debug",
    "--sockets-per-node",
    "--task-epilog",
    "--task-prolog",
    "--threads",
    "--threads-per-core",
    "--time",
    "--tres-per-task",
    "--wait",
];

/// Options of Open MPI's, MPICH's and Intel MPI's mpirun with a value in the next word. `--mca` takes two, and
/// the second never begins with a dash in practice; see [`Launcher::skip`].
const MPIRUN: &[&str] = &[
    "-n",
    "-np",
    "--n",
    "--np",
    "-c",
    "-N",
    "-npernode",
    "--npernode",
    "-npersocket",
    "--npersocket",
    "-ppn",
    "--ppn",
    "-perhost",
    "-f",
    "-hosts",
    "-host",
    "--host",
    "-H",
    "-hostfile",
    "--hostfile",
    "-machinefile",
    "--machinefile",
    "-x",
    "-genvlist",
    "-envlist",
    "--map-by",
    "-map-by",
    "--bind-to",
    "-bind-to",
    "--rank-by",
    "-rank-by",
    "-rf",
    "--rankfile",
    "-rankfile",
    "-wdir",
    "--wdir",
    "-wd",
    "--prefix",
    "--timeout",
    "--output-filename",
    "--cpu-set",
    "--cpu-list",
    "--launcher",
    "-launcher",
    "-bootstrap",
    "-rmk",
    "--tag-output-to",
    "--app",
    "--personality",
    "--am",
    "--tune",
];

/// Options of apptainer's and singularity's exec and run with a value in the next word.
const CONTAINER: &[&str] = &[
    "-B",
    "--bind",
    "-H",
    "--home",
    "-W",
    "--workdir",
    "--pwd",
    "--cwd",
    "-S",
    "--scratch",
    "--env",
    "--env-file",
    "-o",
    "--overlay",
    "--mount",
    "--fusemount",
    "--network",
    "--network-args",
    "--security",
    "--hostname",
    "--apply-cgroups",
    "--app",
    "--dns",
    "--add-caps",
    "--drop-caps",
    "--cpus",
    "--memory",
    "--pem-path",
];

const LAUNCHERS: &[Launcher] = &[
    Launcher { names: &["srun"], valued: SRUN, ..PLAIN },
    Launcher {
        names: &[
            "mpirun",
            "mpiexec",
            "mpiexec.hydra",
            "mpirun.openmpi",
            "mpiexec.openmpi",
            "orterun",
            "prun",
        ],
        valued: MPIRUN,
        ..PLAIN
    },
    Launcher { names: &["aprun"], valued: &["-n", "-N", "-d", "-S", "-cc", "-j"], ..PLAIN },
    Launcher { names: &["env"], valued: &["-u", "--unset", "-C", "--chdir"], assignments: true, ..PLAIN },
    Launcher { names: &["nice"], valued: &["-n", "--adjustment"], ..PLAIN },
    Launcher { names: &["nohup", "setsid", "exec", "command", "catchsegv"], ..PLAIN },
    Launcher { names: &["ionice"], valued: &["-c", "--class", "-n", "--classdata"], ..PLAIN },
    Launcher { names: &["chrt"], positional: 1, ..PLAIN },
    Launcher {
        names: &["numactl"],
        valued: &[
            "-i",
            "--interleave",
            "-p",
            "--preferred",
            "-N",
            "--cpunodebind",
            "-C",
            "--physcpubind",
            "-m",
            "--membind",
        ],
        ..PLAIN
    },
    Launcher { names: &["taskset"], positional: 1, ..PLAIN },
    Launcher { names: &["time"], valued: &["-f", "--format", "-o", "--output"], ..PLAIN },
    Launcher {
        names: &["timeout"],
        valued: &["-k", "--kill-after", "-s", "--signal"],
        positional: 1,
        ..PLAIN
    },
    Launcher { names: &["stdbuf"], valued: &["-i", "--input", "-o", "--output", "-e", "--error"], ..PLAIN },
    Launcher {
        names: &["apptainer", "singularity"],
        valued: CONTAINER,
        positional: 1,
        subcommands: &["exec", "run"],
        ..PLAIN
    },
];

impl Launcher {
    /// The launcher of this file name.
    pub(super) fn named(name: &str) -> Option<&'static Self> {
        LAUNCHERS.iter().find(|launcher| launcher.names.contains(&name))
    }

    /// How many of `words`, which follow the launcher's name, are its own; `None`: it runs no program.
    pub(super) fn skip(&self, words: &[&str]) -> Option<usize> {
        let mut own = 0;
        let mut positional = self.positional;
        let mut subcommand = self.subcommands.is_empty();
        let mut options = true;
        while let Some(word) = words.get(own) {
            if options && *word == "--" {
                options = false;
                own += 1;
            } else if options && word.len() > 1 && word.starts_with('-') {
                own += self.option(word);
            } else if !subcommand {
                if !self.subcommands.contains(word) {
                    return None;
                }
                subcommand = true;
                own += 1;
            } else if self.assignments && is_assignment(word) {
                own += 1;
            } else if positional > 0 {
                positional -= 1;
                own += 1;
            } else {
                return Some(own);
            }
        }
        None
    }

    /// Words that an option takes, itself included.
    fn option(&self, word: &str) -> usize {
        match word {
            "--mca" | "-mca" | "--gmca" | "-gmca" | "-genv" | "-env" if self.names.contains(&"mpirun") => 3,
            word if self.valued.contains(&word) => 2,
            _ => 1,
        }
    }
}

/// `NAME=VALUE`, as env(1) and shells take it.
pub(super) fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty()
            && !name.starts_with(|sign: char| sign.is_ascii_digit())
            && name.chars().all(|sign| sign.is_ascii_alphanumeric() || sign == '_')
    })
}
