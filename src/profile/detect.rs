//! Which word of a command line is the program, and which built-in profile knows it.

use std::ffi::OsString;
use std::path::Path;

use super::builtin::Builtin;
use super::launcher::{Kind, Launcher, is_assignment, torch_module};
use super::reach::Starter;
use super::table::BUILTIN;

/// The program on a command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Program {
    /// Its word's place in the command line.
    pub index: usize,
    /// The words that put it into a container, from the first to before the second; what is run beside it (a
    /// checkpoint's check) must be put there too.
    pub container: Option<(usize, usize)>,
    /// The first program that starts ranks of it, and another behind that.
    pub starters: [Option<Starter>; 2],
}

/// The first word that is neither a launcher nor one of a launcher's own; the first word where there is none.
pub fn program(command: &[OsString]) -> Program {
    // A word that is not UTF-8 is no launcher and no option of one; any text stands for it.
    let words: Vec<&str> = command.iter().map(|word| word.to_str().unwrap_or("\u{fffd}")).collect();
    let mut found = Program {
        index: words.iter().take_while(|word| is_assignment(word)).count(),
        container: None,
        starters: [None; 2],
    };
    while let Some((launcher, name_words)) = launcher_at(words.get(found.index..).unwrap_or_default()) {
        let begin = found.index + name_words;
        let Some(own) = launcher.skip(words.get(begin..).unwrap_or_default(), is_known) else { break };
        match launcher.kind {
            Kind::Wrapper => {}
            Kind::Container => found.container = Some((found.index, begin + own)),
            Kind::Starter(starter) => {
                if let Some(free) = found.starters.iter_mut().find(|place| place.is_none()) {
                    *free = Some(starter);
                }
            }
        }
        found.index = begin + own;
    }
    if found.index < words.len() { found } else { Program { index: 0, container: None, starters: [None; 2] } }
}

/// The launcher that these words begin with, and how many of them are its name.
fn launcher_at(words: &[&str]) -> Option<(&'static Launcher, usize)> {
    let name = base(words.first()?);
    if let Some(count) = torch_module(words, name) {
        return Some((Launcher::torch(), count));
    }
    Launcher::named(name).map(|launcher| (launcher, 1))
}

/// Whether a word names a program that a profile or a table of launchers knows.
fn is_known(word: &str) -> bool {
    let name = base(word);
    Launcher::named(name).is_some()
        || BUILTIN.iter().filter_map(|profile| profile.matches).any(|matches| matches.names(name))
}

/// The first built-in profile that knows the program, or what starts its ranks (`torchrun`).
pub fn detect(command: &[OsString], program: Program) -> Option<&'static Builtin> {
    let name = base(command.get(program.index)?.to_str()?);
    let arguments = texts(command.get(program.index + 1..));
    let before: Vec<&str> = texts(command.get(..program.index)).into_iter().map(base).collect();
    BUILTIN
        .iter()
        .find(|profile| profile.matches.is_some_and(|matches| matches.fit(name, &arguments, &before)))
}

/// Words as texts; one that is not UTF-8 matches nothing.
fn texts(words: Option<&[OsString]>) -> Vec<&str> {
    words.unwrap_or_default().iter().filter_map(|word| word.to_str()).collect()
}

/// The file name of a path.
fn base(word: &str) -> &str {
    Path::new(word).file_name().and_then(|name| name.to_str()).unwrap_or(word)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn words(line: &str) -> Vec<OsString> {
        line.split_whitespace().map(OsString::from).collect()
    }

    #[rstest]
    #[case("gmx mdrun", "gmx")]
    #[case("srun gmx_mpi mdrun", "gmx_mpi")]
    #[case("srun -n 4 --cpu-bind cores --mem=0 ./sim -n 2", "./sim")]
    #[case("mpirun -np 2 --mca btl self,tcp -x OMP_NUM_THREADS gmx_mpi mdrun", "gmx_mpi")]
    #[case("/usr/bin/mpiexec.hydra -ppn 2 -genv A b sim", "sim")]
    #[case("OMP_NUM_THREADS=2 ./sim", "./sim")]
    #[case("env -i A=1 B=2 nice -n 10 sim A=3", "sim")]
    #[case("env -u HOME -- sim", "sim")]
    #[case("timeout -k 5 60 sim", "sim")]
    #[case("taskset -c 0-3 numactl -m 0 --cpunodebind=1 sim", "sim")]
    #[case("stdbuf -oL nohup time -f %e sim", "sim")]
    #[case("apptainer exec --nv -B /scratch:/data image.sif gmx mdrun", "gmx")]
    #[case("srun singularity -q exec image.sif mpirun -n 1 sim", "sim")]
    #[case("srun --new-option value gmx_mpi mdrun", "gmx_mpi")]
    #[case("srun --new-option value --other gmx_mpi mdrun", "gmx_mpi")]
    #[case("srun --new-option value --other more mpirun -n 2 gmx_mpi mdrun", "gmx_mpi")]
    #[case("mpirun --foo bar gmx_mpi mdrun", "gmx_mpi")]
    #[case("mpirun --foo bar apptainer exec image.sif ./sim", "./sim")]
    #[case("srun --new-option ./sim input", "./sim")]
    #[case("srun -l ./wrapper gmx mdrun", "./wrapper")]
    #[case("srun --exclusive echo gmx mdrun", "echo")]
    #[case("srun --mpi=pmix ./echo gmx mdrun", "./echo")]
    #[case("srun --container-image ubuntu --container-mounts /a:/b ./sim", "./sim")]
    #[case("mpirun -n 1 ./one : -n 2 ./two", "./one")]
    #[case("mpiexec.mpich -bind-to core -n 2 ./sim", "./sim")]
    #[case("mpirun -env OMP_NUM_THREADS 4 ./sim", "./sim")]
    #[case("jsrun -n 6 -a 1 -c 7 ./sim", "./sim")]
    #[case("ibrun -n 4 -o 0 ./sim", "./sim")]
    #[case("ibrun ./sim", "./sim")]
    #[case("aprun -n 4 -N 2 ./sim", "./sim")]
    #[case("likwid-mpirun -np 4 -pin S0:0-1 ./sim", "./sim")]
    #[case("torchrun --nproc-per-node 2 --standalone train.py --epochs 3", "train.py")]
    #[case("torchrun --nproc_per_node=2 -m package.train", "package.train")]
    #[case("python3 -u -m torch.distributed.run --nproc-per-node 2 train.py", "train.py")]
    #[case("python3 -m package.train", "python3")]
    #[case("python3 train.py", "python3")]
    #[case("pythonista -m torch.distributed.run x", "pythonista")]
    #[case("srun torchrun --nnodes 2 --rdzv-backend c10d train.py", "train.py")]
    #[case("accelerate launch --num_processes 2 train.py", "train.py")]
    #[case("accelerate config", "accelerate")]
    #[case("apptainer run --nv image.sif gmx mdrun", "gmx")]
    #[case("apptainer shell image.sif", "apptainer")]
    #[case("podman run --rm -v /a:/b docker.io/x:latest ./sim", "./sim")]
    #[case("docker exec -w /data box ./sim", "./sim")]
    #[case("ch-run -b /a:/b ./image -- ./sim", "./sim")]
    #[case("enroot start --mount /a:/b image ./sim", "./sim")]
    #[case("shifter --image=docker:x ./sim", "./sim")]
    #[case("shifter --image docker:x ./sim", "./sim")]
    #[case("xvfb-run -a -s 1024 ./sim", "./sim")]
    #[case("/lib64/ld-linux-x86-64.so.2 --library-path /opt/lib ./sim", "./sim")]
    #[case("catchsegv ./sim", "./sim")]
    #[case("perf stat -e cycles -- ./sim", "./sim")]
    #[case("perf report", "perf")]
    #[case("nsys profile -o out --trace=cuda ./sim", "./sim")]
    #[case("valgrind --tool=memcheck ./sim", "./sim")]
    #[case("bash -c ./sim", "bash")]
    #[case("apptainer build x", "apptainer")]
    #[case("srun", "srun")]
    #[case("srun -n", "srun")]
    #[case("./a=b/sim", "./a=b/sim")]
    #[case("A=1", "A=1")]
    fn programs(#[case] line: &str, #[case] name: &str) {
        let command = words(line);
        assert_eq!(command[program(&command).index], *name);
    }

    #[rstest]
    #[case("gmx mdrun -deffnm md", Some("gromacs"))]
    #[case("srun -n 2 /opt/bin/gmx_mpi -quiet mdrun", Some("gromacs"))]
    #[case("gmx grompp", None)]
    #[case("echo gmx mdrun", None)]
    #[case("./sim", None)]
    #[case("", None)]
    fn profiles(#[case] line: &str, #[case] name: Option<&str>) {
        let command = words(line);
        assert_eq!(detect(&command, program(&command)).map(|profile| profile.name), name);
    }

    #[test]
    fn a_container_is_told() {
        let command = words("srun apptainer exec image.sif gmx mdrun");
        let starters = [Some(Starter::Srun), None];
        assert_eq!(program(&command), Program { index: 4, container: Some((1, 4)), starters });
    }

    #[rstest]
    #[case("./sim", [None, None])]
    #[case("env -i mpirun -n 2 ./sim", [Some(Starter::Mpirun), None])]
    #[case("srun -N 2 torchrun --nnodes 2 train.py", [Some(Starter::Srun), Some(Starter::Torchrun)])]
    #[case("srun apptainer exec x python3 -m torch.distributed.run train.py", [Some(Starter::Srun), Some(Starter::Torchrun)])]
    #[case("srun", [None, None])]
    fn starters(#[case] line: &str, #[case] expected: [Option<Starter>; 2]) {
        assert_eq!(program(&words(line)).starters, expected);
    }
}
