//! Which word of a command line is the program, and which built-in profile knows it.

use std::ffi::OsString;
use std::path::Path;

use super::builtin::Builtin;
use super::launcher::{Launcher, is_assignment};
use super::table::BUILTIN;

/// The program on a command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Program {
    /// Its word's place in the command line.
    pub index: usize,
    /// The words that put it into a container, from the first to before the second; what is run beside it (a
    /// checkpoint's check) must be put there too.
    pub container: Option<(usize, usize)>,
}

/// The first word that is neither a launcher nor one of a launcher's own; the first word where there is none.
pub fn program(command: &[OsString]) -> Program {
    // A word that is not UTF-8 is no launcher and no option of one; any text stands for it.
    let words: Vec<&str> = command.iter().map(|word| word.to_str().unwrap_or("\u{fffd}")).collect();
    let mut index = words.iter().take_while(|word| is_assignment(word)).count();
    let mut container = None;
    while let Some(launcher) = words.get(index).and_then(|word| Launcher::named(base(word))) {
        let after = words.get(index + 1..).unwrap_or_default();
        let Some(own) = launcher.skip(after) else { break };
        let next = index + 1 + own;
        if !launcher.subcommands.is_empty() {
            container = Some((index, next));
        }
        index = next;
    }
    if index < words.len() { Program { index, container } } else { Program { index: 0, container: None } }
}

/// The first built-in profile that knows the program.
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
        assert_eq!(program(&command), Program { index: 4, container: Some((1, 4)) });
    }
}
