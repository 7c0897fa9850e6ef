//! Slurm's commands are those of the user's `PATH`, not those of a run directory, and nothing of the program's own loader
//! settings gets into a question.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use rstest::rstest;

use crate::support::{End, FakeSlurm, Start, Wrapper, write_executable};

const LONG: Duration = Duration::from_secs(3600);
const SAVES: [&str; 3] = ["/bin/sh", "-c", "echo data$$ > state; exit 85"];

fn slurm() -> FakeSlurm {
    FakeSlurm::new(LONG).config("checkpoint: {glob: [state]}\n")
}

/// The fake's own directory.
fn dir(slurm: &FakeSlurm) -> PathBuf {
    slurm.run_dir.parent().unwrap().to_owned()
}

fn script(path: &std::path::Path, text: &str) {
    write_executable(path, &format!("#!/bin/sh\n{text}\n"));
}

/// A user whose `PATH` names the directory one is in, and a stranger who has put commands there.
#[rstest]
#[case::dot_first(".:BIN")]
#[case::empty_entry(":BIN")]
#[case::empty_at_the_end("BIN:")]
#[case::relative("tools:../run:BIN")]
fn no_command_is_taken_from_the_run_directory(#[case] path: &str) {
    let slurm = slurm();
    for name in ["scontrol", "sbatch", "squeue", "scancel", "sacct"] {
        for place in ["", "tools"] {
            script(&slurm.file(place).join(name), "echo pwned >> pwned");
        }
    }
    let path = path.replace("BIN", &dir(&slurm).join("bin").display().to_string());
    let start = slurm.place(Start::new(&Wrapper::ckwrap(""), SAVES)).set(move |command| {
        command.env("PATH", path);
    });
    let mut run = start.go();
    let end = run.end();
    let said = run.all_errors();
    assert!(!slurm.file("pwned").exists(), "{said}");
    assert_eq!(end, End::Code(0), "{said}");
    assert_eq!(slurm.get(slurm.job, "Restarts"), "1", "{said}");
}

#[test]
fn a_question_has_no_library_of_the_run_directory() {
    let slurm = slurm();
    // The same commands, behind one that writes down what it is given.
    let (bin, real) = (dir(&slurm).join("bin"), dir(&slurm).join("real"));
    fs::rename(&bin, &real).unwrap();
    for name in ["scontrol", "sbatch", "squeue", "scancel"] {
        let text = format!("env >> $FAKE_SLURM/env\nexec {}/{name} \"$@\"", real.display());
        script(&bin.join(name), &text);
    }
    let path = format!("{}:/usr/bin:/bin", bin.display());
    let start = slurm.place(Start::new(&Wrapper::ckwrap(""), SAVES)).set(move |command| {
        let set = [
            ("PATH", path.as_str()),
            ("LD_LIBRARY_PATH", "/opt/none::.:lib"),
            ("LD_PRELOAD", ""),
            ("LD_AUDIT", ""),
            ("SQUEUE_FORMAT", "%u"),
            ("SCONTROL_ALL", "1"),
            ("SLURM_CLUSTERS", "elsewhere"),
        ];
        command.envs(set);
    });
    let mut run = start.go();
    assert_eq!(run.end(), End::Code(0), "{}", run.all_errors());
    let seen = fs::read_to_string(dir(&slurm).join("env")).unwrap();
    assert!(seen.lines().any(|line| line == "LD_LIBRARY_PATH=/opt/none"), "{seen}");
    assert!(seen.lines().any(|line| line == "LC_ALL=C"), "{seen}");
    for gone in ["LD_PRELOAD=", "LD_AUDIT=", "SQUEUE_", "SCONTROL_", "SLURM_CLUSTERS="] {
        assert!(!seen.lines().any(|line| line.starts_with(gone)), "{gone}: {seen}");
    }
}

/// The script is given to `sbatch` by its path: what lies there by now may be another's.
#[test]
fn a_script_of_a_swapped_directory_is_not_submitted() {
    let slurm = slurm().config("continue: {mode: successor}\ncheckpoint: {glob: [state]}\n");
    let waits = ["/bin/sh", "-c", "echo ready; read line; echo data > state; exit 85"];
    let mut run = slurm.run("", waits);
    assert_eq!(run.line().as_deref(), Some("ready"));
    let chain = fs::read_dir(slurm.file(".ckwrap")).unwrap().next().unwrap().unwrap().file_name();
    fs::rename(slurm.file(".ckwrap"), slurm.file("taken")).unwrap();
    script(&slurm.file(".ckwrap").join(chain).join("job.sh"), "echo pwned");
    run.finish();
    let said = run.all_errors();
    assert_eq!(slurm.successors(), Vec::<u32>::new(), "{said}");
    assert!(said.contains("has been removed or exchanged"), "{said}");
}
