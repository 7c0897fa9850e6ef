//! The launchers by name.

use super::container::{APPTAINER, CHARLIECLOUD, DOCKER, ENROOT, SHIFTER};
use super::mpi::{LIKWID, MPIRUN, MPIRUN_FLAGS, MPIRUN_PAIRS};
use super::python::TORCHRUN;
use super::srun::{FLAGS as SRUN_FLAGS, SRUN};
use super::wrapper::{CKWRAP, NSYS, NUMACTL, PERF, STRACE, TINI, VALGRIND, XVFB};
use crate::profile::reach::Starter;

/// What a launcher makes of the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::profile) enum Kind {
    /// It becomes the program, or stays as its parent and passes everything on.
    Wrapper,
    /// It starts the program's ranks.
    Starter(Starter),
    /// It puts the program into a container, and a second program may be run there by the same words.
    Container,
}

/// One launcher's way with words.
pub(in crate::profile) struct Launcher {
    pub(super) names: &'static [&'static str],
    pub(in crate::profile) kind: Kind,
    /// Options whose value is the next word.
    pub(super) valued: &'static [&'static str],
    /// Options with two values.
    pub(super) pairs: &'static [&'static str],
    /// Options that are known to stand alone.
    pub(super) flags: &'static [&'static str],
    /// Words of its own after the options.
    pub(super) positional: usize,
    /// Whether `NAME=VALUE` words come before the command.
    pub(super) assignments: bool,
    /// The sub-command that runs a program, if it needs one.
    pub(super) subcommands: &'static [&'static str],
}

const PLAIN: Launcher = Launcher {
    names: &[],
    kind: Kind::Wrapper,
    valued: &[],
    pairs: &[],
    flags: &[],
    positional: 0,
    assignments: false,
    subcommands: &[],
};

const RANKS: Launcher = Launcher { kind: Kind::Starter(Starter::Mpirun), ..PLAIN };
const TORCH: Launcher = Launcher { kind: Kind::Starter(Starter::Torchrun), valued: TORCHRUN, ..PLAIN };
const BOX: Launcher = Launcher { kind: Kind::Container, ..PLAIN };

const LAUNCHERS: &[Launcher] = &[
    Launcher {
        names: &["srun"],
        kind: Kind::Starter(Starter::Srun),
        valued: SRUN,
        flags: SRUN_FLAGS,
        ..PLAIN
    },
    Launcher {
        names: &[
            "mpirun",
            "mpiexec",
            "mpiexec.hydra",
            "mpiexec.slurm",
            "mpirun.openmpi",
            "mpiexec.openmpi",
            "mpirun.mpich",
            "mpiexec.mpich",
            "orterun",
            "prterun",
            "prun",
        ],
        valued: MPIRUN,
        pairs: MPIRUN_PAIRS,
        flags: MPIRUN_FLAGS,
        ..RANKS
    },
    Launcher { names: &["aprun"], valued: &["-n", "-N", "-d", "-S", "-cc", "-j", "-e", "-L"], ..RANKS },
    Launcher { names: &["ibrun"], valued: &["-n", "-o"], ..RANKS },
    Launcher {
        names: &["jsrun"],
        valued: &[
            "-n", "-a", "-c", "-g", "-r", "-d", "-b", "-p", "-l", "-K", "-m", "-E", "-h", "-k", "-o", "-t",
        ],
        ..RANKS
    },
    Launcher { names: &["likwid-mpirun"], valued: LIKWID, ..RANKS },
    Launcher { names: &["torchrun", "deepspeed"], ..TORCH },
    Launcher { names: &["accelerate"], subcommands: &["launch"], ..TORCH },
    Launcher { names: &["env"], valued: &["-u", "--unset", "-C", "--chdir"], assignments: true, ..PLAIN },
    Launcher { names: &["nice"], valued: &["-n", "--adjustment"], ..PLAIN },
    Launcher { names: &["nohup", "setsid", "exec", "command", "catchsegv"], ..PLAIN },
    Launcher {
        names: &["ld.so", "ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1", "ld-linux.so.2"],
        valued: &[
            "--library-path",
            "--inhibit-rpath",
            "--preload",
            "--audit",
            "--argv0",
            "--glibc-hwcaps-mask",
        ],
        ..PLAIN
    },
    Launcher { names: &["ionice"], valued: &["-c", "--class", "-n", "--classdata"], ..PLAIN },
    Launcher { names: &["chrt"], positional: 1, ..PLAIN },
    Launcher { names: &["numactl"], valued: NUMACTL, ..PLAIN },
    Launcher { names: &["taskset"], positional: 1, ..PLAIN },
    Launcher {
        names: &["likwid-pin", "likwid-perfctr"],
        valued: &["-c", "-C", "-g", "-o", "-t", "-S"],
        ..PLAIN
    },
    Launcher { names: &["time"], valued: &["-f", "--format", "-o", "--output"], ..PLAIN },
    Launcher {
        names: &["timeout"],
        valued: &["-k", "--kill-after", "-s", "--signal"],
        positional: 1,
        ..PLAIN
    },
    Launcher { names: &["ckwrap"], valued: CKWRAP, ..PLAIN },
    Launcher { names: &["tini", "tini-static", "catatonit"], valued: TINI, ..PLAIN },
    Launcher { names: &["dumb-init"], valued: &["-r", "--rewrite"], ..PLAIN },
    Launcher { names: &["strace"], valued: STRACE, ..PLAIN },
    Launcher { names: &["stdbuf"], valued: &["-i", "--input", "-o", "--output", "-e", "--error"], ..PLAIN },
    Launcher { names: &["xvfb-run"], valued: XVFB, ..PLAIN },
    Launcher { names: &["perf"], valued: PERF, subcommands: &["stat", "record"], ..PLAIN },
    Launcher { names: &["nsys"], valued: NSYS, subcommands: &["profile"], ..PLAIN },
    Launcher { names: &["valgrind"], valued: VALGRIND, ..PLAIN },
    Launcher {
        names: &["apptainer", "singularity"],
        valued: APPTAINER,
        positional: 1,
        subcommands: &["exec", "run"],
        ..BOX
    },
    Launcher { names: &["ch-run"], valued: CHARLIECLOUD, positional: 1, ..BOX },
    Launcher { names: &["enroot"], valued: ENROOT, positional: 1, subcommands: &["start"], ..BOX },
    Launcher { names: &["shifter"], valued: SHIFTER, ..BOX },
    // A second `docker run` with the same words may be refused (its name is taken), which would speak against a checkpoint
    // that is whole: what is run beside the program is run outside.
    Launcher {
        names: &["docker", "podman"],
        valued: DOCKER,
        positional: 1,
        subcommands: &["run", "exec"],
        ..PLAIN
    },
];

impl Launcher {
    /// The launcher of this file name.
    pub(in crate::profile) fn named(name: &str) -> Option<&'static Self> {
        LAUNCHERS.iter().find(|launcher| launcher.names.contains(&name))
    }

    /// What starts ranks by the words of `torchrun`, whatever it is called.
    pub(in crate::profile) fn torch() -> &'static Self {
        const { &TORCH }
    }
}
