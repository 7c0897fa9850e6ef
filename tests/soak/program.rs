//! The programs of a soak, in the forms of continuation that ckwrap knows.

use std::fs;
use std::path::Path;
use std::process::Stdio;

use crate::slurm::chain::{ckwrap, heat};
use crate::support::{example, write_executable};

/// A kind of chain; one of each runs at any time.
#[derive(Debug)]
pub(super) struct Kind {
    pub(super) name: &'static str,
    program: Program,
    options: &'static str,
    /// More options of sbatch.
    pub(super) sbatch: &'static [&'static str],
}

#[derive(Debug, Clone, Copy)]
enum Program {
    Heat,
    Python,
    Shell,
}

/// Steps of heat, and ten times what the other programs count to: some five segments.
const STEPS: u64 = 2500;

pub(super) const KINDS: [Kind; 7] = [
    Kind {
        name: "requeue",
        program: Program::Heat,
        options: "--continue requeue",
        sbatch: &["--partition=grace"],
    },
    Kind {
        name: "successor",
        program: Program::Heat,
        options: "--continue successor",
        sbatch: &["--partition=low"],
    },
    Kind { name: "auto", program: Program::Heat, options: "", sbatch: &["--partition=low"] },
    Kind {
        name: "array",
        program: Program::Heat,
        options: "--continue array",
        sbatch: &["--partition=grace", "--array=1-30%1"],
    },
    Kind {
        name: "task",
        program: Program::Python,
        options: "--continue requeue",
        sbatch: &["--partition=low", "--array=7"],
    },
    Kind {
        name: "shell",
        program: Program::Shell,
        options: "--continue successor",
        sbatch: &["--partition=grace"],
    },
    Kind {
        name: "exit-code",
        program: Program::Heat,
        options: "--continue exit-code",
        sbatch: &["--partition=low"],
    },
];

impl Kind {
    /// Puts configuration and batch script into a chain's directory.
    pub(super) fn write(&self, dir: &Path) {
        let rules = "trigger: [{signal: USR1, to: leader}]\nstopped: {exit: [85]}\nfinish: {any: [{exit: [0]}]}\n\
             restart: {how: same}\n";
        let checkpoint = match self.program {
            Program::Heat => "checkpoint: {glob: [heat.ck], validate: [nonempty]}\n",
            Program::Python | Program::Shell => "checkpoint: {glob: [count.ck], validate: [nonempty]}\n",
        };
        fs::write(dir.join("ckwrap.yaml"), format!("chain: soak\n{rules}{checkpoint}")).unwrap();
        let command = match self.program {
            Program::Heat => heat(&format!("--steps {STEPS} --trap-term --slow 0.3")),
            Program::Python => format!("{} {} 0.1", source("count.py"), STEPS / 10),
            Program::Shell => format!("{} {} 0.1", source("count.sh"), STEPS / 10),
        };
        let script = format!(
            "#!/bin/bash\n#SBATCH --open-mode=append\nexec {} {} --time-limit 10s --lead 5s -- {command}\n",
            ckwrap(),
            self.options
        );
        write_executable(&dir.join("job.sh"), &script);
    }

    /// Whether the result is the one of a run without interruption.
    pub(super) fn is_result_right(&self, dir: &Path) -> Result<(), String> {
        let name = match self.program {
            Program::Heat => "heat.out",
            Program::Python | Program::Shell => "count.out",
        };
        let found = fs::read(dir.join(name)).map_err(|error| format!("{name}: {error}"))?;
        let straight = tempfile::tempdir().map_err(|error| error.to_string())?;
        self.run_straight(straight.path())?;
        let expected = fs::read(straight.path().join(name)).map_err(|error| format!("{name}: {error}"))?;
        if found == expected { Ok(()) } else { Err(format!("{name} is another than without interruption")) }
    }

    #[expect(clippy::disallowed_methods, reason = "the programs are ordinary children here")]
    fn run_straight(&self, dir: &Path) -> Result<(), String> {
        let steps = match self.program {
            Program::Heat => STEPS,
            Program::Python | Program::Shell => STEPS / 10,
        };
        let (program, words) = match self.program {
            Program::Heat => (
                example("heat").display().to_string(),
                vec!["--size=40".to_owned(), format!("--steps={steps}")],
            ),
            Program::Python => (source("count.py"), vec![steps.to_string(), "0".into()]),
            Program::Shell => (source("count.sh"), vec![steps.to_string(), "0".into()]),
        };
        let mut command = std::process::Command::new(program);
        command.args(words).current_dir(dir).stdout(Stdio::null()).stdin(Stdio::null());
        let status = command.status().map_err(|error| error.to_string())?;
        if status.success() { Ok(()) } else { Err(format!("the straight run failed: {status}")) }
    }
}

fn source(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/soak").join(name).display().to_string()
}
