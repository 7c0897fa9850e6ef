//! `ckwrap init`: what it finds in a directory, and that what it writes is right and nothing is overwritten.

use std::fs;
use std::path::Path;
use std::time::Duration;

use ckwrap::doctor::{Settings, Severity, judge};
use rstest::rstest;
use serde_json::Value;

use crate::support::{End, FakeSlurm, Start, Wrapper};

const LAMMPS: &str = "units lj\natom_style atomic\npair_style lj/cut 2.5\nrun 1000\n";
const CP2K: &str = "&GLOBAL\n  PROJECT argon\n&END GLOBAL\n&FORCE_EVAL\n&END FORCE_EVAL\n";
const ESPRESSO: &str = "&CONTROL\n/\n&SYSTEM\n/\n&ELECTRONS\n/\nATOMIC_SPECIES\n";
const NAMD: &str = "structure a.psf\ncoordinates a.pdb\noutputname a\nrun 1000\n";
const FOAM: &str =
    "FoamFile\n{\n    object controlDict;\n}\napplication     icoFoam;\nstartFrom latestTime;\n";

/// A Slurm whose partition allows this, in an empty directory.
fn slurm(limit: &str) -> FakeSlurm {
    FakeSlurm::new(Duration::from_hours(1))
        .partition(&format!("Default=YES MaxTime={limit} GraceTime=0 PreemptMode=OFF"))
}

/// Files by name and text. A name that ends in `*` is one that can be executed.
fn place(dir: &Path, files: &[(&str, &str)]) {
    for (name, text) in files {
        let path = dir.join(name.trim_end_matches('*'));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        if name.ends_with('*') {
            let mut rights = fs::metadata(&path).unwrap().permissions();
            std::os::unix::fs::PermissionsExt::set_mode(&mut rights, 0o755);
            fs::set_permissions(&path, rights).unwrap();
        }
    }
}

/// What the command did in `here`: its end, and what it said on both streams.
fn init(slurm: &FakeSlurm, words: &str) -> (End, String, String) {
    let (options, command) = words.split_once("-- ").unwrap_or((words, ""));
    let words = format!("init -C here {options}");
    let mut run = slurm.place(Start::new(&Wrapper::ckwrap(words.trim()), command.split_whitespace())).go();
    let (end, said) = (run.end(), run.rest());
    (end, String::from_utf8(said).unwrap(), run.all_errors())
}

/// The line that starts ckwrap, behind its name.
fn started(script: &str) -> &str {
    let line = script.lines().last().unwrap();
    assert!(line.starts_with("exec "), "{script}");
    line.split_once("ckwrap").unwrap().1.trim_start()
}

#[rstest]
#[case::gromacs(&[("md.tpr", "\0")], "", "-- gmx mdrun -deffnm md -ntmpi 1 -ntomp \"$SLURM_CPUS_PER_TASK\"", "gromacs")]
#[case::gromacs_usual_name(&[("topol.tpr", "\0")], "", "-- gmx mdrun -ntmpi 1 -ntomp \"$SLURM_CPUS_PER_TASK\"", "gromacs")]
#[case::gromacs_ranks(&[("md.tpr", "\0")], "--tasks 4 --cpus 2", "-- srun gmx_mpi mdrun -deffnm md -ntomp \"$SLURM_CPUS_PER_TASK\"", "gromacs")]
#[case::gromacs_and_a_script(&[("md.tpr", "\0"), ("plot.py", "print(1)\n")], "", "-- gmx mdrun -deffnm md -ntmpi 1 -ntomp \"$SLURM_CPUS_PER_TASK\"", "gromacs")]
#[case::a_name_with_blanks(&[("my run.tpr", "\0")], "", "-- gmx mdrun -deffnm 'my run' -ntmpi 1 -ntomp \"$SLURM_CPUS_PER_TASK\"", "gromacs")]
#[case::lammps(&[("in.melt", LAMMPS)], "", "-- lmp -in in.melt", "lammps")]
#[case::lammps_ranks(&[("in.melt", LAMMPS)], "--tasks 2", "-- srun lmp -in in.melt", "lammps")]
#[case::lammps_array(&[("in.melt", LAMMPS)], "--array 20", "--continue array -- lmp -in in.melt", "lammps")]
#[case::cp2k(&[("argon.inp", CP2K)], "", "-- cp2k.psmp -i argon.inp -o argon.out", "cp2k")]
#[case::espresso(&[("si.in", ESPRESSO)], "", "-- pw.x -in si.in", "qe")]
#[case::namd(&[("a.namd", NAMD)], "", "-- namd3 a.namd", "namd")]
#[case::openfoam(&[("system/controlDict", FOAM)], "", "-- icoFoam", "openfoam")]
#[case::vasp(&[("INCAR", ""), ("POSCAR", ""), ("POTCAR", "")], "", "-- vasp_std", "vasp")]
#[case::python(&[("heat.py", "import numpy\n")], "", "-- python3 heat.py", "python")]
#[case::pytorch(&[("train.py", "import os\nimport torch\n")], "", "-- python3 train.py", "pytorch")]
#[case::keras(&[("train.py", "from tensorflow import keras\n")], "", "-- python3 train.py", "tensorflow")]
#[case::r(&[("fit.R", "x <- 1\n")], "", "-- Rscript fit.R", "r")]
#[case::own(&[("sim*", "\u{7f}ELF"), ("run.sh*", "#!/bin/sh\n")], "", "-- ./sim", "generic")]
#[case::said(&[("a.tpr", "\0"), ("b.tpr", "\0")], "-- gmx mdrun -deffnm b", "-- gmx mdrun -deffnm b", "gromacs")]
#[case::said_with_a_launcher(&[("train.py", "import torch\n")], "-- srun python3 train.py", "-- srun python3 train.py", "pytorch")]
fn what_lies_there_is_found_and_its_script_has_no_fault(
    #[case] files: &[(&str, &str)],
    #[case] words: &str,
    #[case] line: &str,
    #[case] profile: &str,
) {
    let slurm = slurm("12:00:00");
    place(&slurm.file("here"), files);
    let (end, said, errors) = init(&slurm, words);
    assert_eq!((end, errors.as_str()), (End::Code(0), ""), "{said}");
    let script = fs::read_to_string(slurm.file("here/job.sbatch")).unwrap();
    assert_eq!(started(&script), line, "{script}");
    assert!(script.contains("\n#SBATCH --time=12:00:00\n"), "{script}");
    let report = judge(&script, "job.sbatch", &Settings::default(), None);
    let grave: Vec<_> = report.findings.iter().filter(|one| one.severity != Severity::Advice).collect();
    assert!(grave.is_empty(), "{script}\n{grave:?}");
    let yaml = fs::read_to_string(slurm.file("here/ckwrap.yaml")).unwrap();
    assert!(yaml.contains(&format!("ckwrap profiles {profile}\n")), "{yaml}");
}

/// What init writes ckwrap takes, word for word.
#[rstest]
#[case(&[("md.tpr", "\0")], "gmx mdrun -deffnm md", "profile:       gromacs")]
#[case(&[("train.py", "import torch\n")], "python3 train.py", "profile:       pytorch")]
fn ckwrap_takes_the_settings(#[case] files: &[(&str, &str)], #[case] command: &str, #[case] expected: &str) {
    let slurm = slurm("12:00:00");
    place(&slurm.file("here"), files);
    assert_eq!(init(&slurm, "").0, End::Code(0));
    let words = "--engine local --time-limit 12h --dry-run";
    let mut run = slurm
        .place(Start::new(&Wrapper::ckwrap(words), command.split(' ')))
        .set({
            let here = slurm.file("here");
            move |command| _ = command.current_dir(here)
        })
        .go();
    let (end, said) = (run.end(), String::from_utf8(run.rest()).unwrap());
    assert_eq!(end, End::Code(0), "{}", run.all_errors());
    assert!(said.lines().any(|line| line == expected), "{said}");
}

#[rstest]
#[case("12:00:00", "", "12:00:00", "the longest in partition main")]
#[case("7-00:00:00", "", "1-00:00:00", "partition main allows more")]
#[case("UNLIMITED", "", "1-00:00:00", "partition main sets no limit")]
#[case("12:00:00", "--time 90", "01:30:00", "as you said")]
#[case("00:30:00", "--partition main", "00:30:00", "the longest in partition main")]
#[case("00:30:00", "--partition other", "12:00:00", "Slurm could not be asked what is allowed")]
fn the_time_of_a_segment(#[case] limit: &str, #[case] words: &str, #[case] time: &str, #[case] from: &str) {
    let slurm = slurm(limit);
    place(&slurm.file("here"), &[("md.tpr", "\0")]);
    let (_, said, errors) = init(&slurm, &format!("--print {words}"));
    assert!(said.contains(&format!("({from})")) && errors.is_empty(), "{said}{errors}");
    assert!(said.contains(&format!("\n#SBATCH --time={time}\n")), "{said}");
}

#[rstest]
#[case::empty(&[], "", &["nothing here tells what is to be computed", "ckwrap init -- ./sim input.dat"])]
#[case::several(&[("a.tpr", "\0"), ("b.tpr", "\0")], "", &["several things to compute", "hint: ckwrap init -- gmx mdrun -deffnm a\n", "hint: ckwrap init -- gmx mdrun -deffnm b\n"])]
#[case::several_scripts(&[("a.py", ""), ("b.R", "")], "", &["hint: ckwrap init -- python3 a.py\n", "hint: ckwrap init -- Rscript b.R\n"])]
#[case::tasks_of_a_script(&[("a.py", "")], "--tasks 3", &["ckwrap init --tasks 3 -- srun python3 a.py", "--cpus 3"])]
#[case::script_there(&[("a.py", ""), ("job.sbatch", "mine")], "", &["job.sbatch is there already, and nothing was written", "--script OTHER-NAME"])]
#[case::short(&[("a.py", "")], "--time 30s", &["--time 30s: a segment of a batch job takes from a minute to a year"])]
#[case::endless(&[("a.py", "")], "--time UNLIMITED", &["--time unlimited"])]
#[case::partition(&[("a.py", "")], "--partition=-x", &["no name of a partition", "sinfo"])]
#[case::no_tasks(&[("a.py", "")], "--tasks 0", &["0 is not in 1..=10000000"])]
fn what_cannot_be_is_said_and_nothing_is_written(
    #[case] files: &[(&str, &str)],
    #[case] words: &str,
    #[case] expected: &[&str],
) {
    let slurm = slurm("12:00:00");
    let here = slurm.file("here");
    fs::create_dir(&here).unwrap();
    place(&here, files);
    let before = fs::read_dir(&here).unwrap().count();
    let (end, said, errors) = init(&slurm, words);
    assert_eq!((end, said.as_str()), (End::Code(125), ""), "{errors}");
    for text in expected {
        assert!(errors.contains(text), "{errors}");
    }
    assert_eq!(fs::read_dir(&here).unwrap().count(), before);
}

#[test]
fn settings_that_are_there_stay_and_hold() {
    let slurm = slurm("12:00:00");
    let mine = "checkpoint: {glob: [my.ck]}\n";
    place(&slurm.file("here"), &[("a.py", ""), ("ckwrap.yaml", mine)]);
    let (end, said, _) = init(&slurm, "");
    assert_eq!(end, End::Code(0));
    assert!(said.contains("ckwrap.yaml is there already and holds for this job too"), "{said}");
    assert_eq!(fs::read_to_string(slurm.file("here/ckwrap.yaml")).unwrap(), mine);
}

/// A case that ckwrap would refuse is told at once, not by the first job.
#[test]
fn what_stands_against_a_start_is_told() {
    let slurm = slurm("12:00:00");
    let text = FOAM.replace("latestTime", "startTime");
    place(&slurm.file("here"), &[("system/controlDict", &text)]);
    let (end, said, _) = init(&slurm, "");
    assert_eq!(end, End::Code(0));
    assert!(said.contains("as it is, ckwrap would not start it") && said.contains("latestTime"), "{said}");
}

#[test]
fn json_holds_the_files() {
    let slurm = slurm("12:00:00");
    place(&slurm.file("here"), &[("md.tpr", "\0")]);
    let (end, said, _) = init(&slurm, "--json");
    assert_eq!(end, End::Code(0));
    let value: Value = serde_json::from_str(&said).unwrap();
    let names: Vec<&str> =
        value["files"].as_array().unwrap().iter().map(|file| file["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["job.sbatch", "ckwrap.yaml"]);
    assert_eq!(value["profile"], "gromacs");
    assert!(!slurm.file("here/job.sbatch").exists(), "nothing was written");
}
