//! What `--fix` makes of the corpus: scripts that the shell accepts, without what can be mended, and that stay as they are.

use std::fs;

use ckwrap::doctor::{Settings, Severity, fix, judge};
use proptest::prelude::*;

use super::corpus::{codes, scripts};
use crate::support::{End, Start, Wrapper};

#[test]
fn mended_scripts_are_shell_and_keep_no_fault_that_can_be_mended() {
    let folder = tempfile::tempdir().unwrap();
    let mut changed = 0;
    for (path, text) in scripts("corpus") {
        let before = judge(&text, &path, &Settings::default(), None);
        let fixed = fix(&text, &path, &Settings::default(), None);
        assert!(fixed.left.findings.iter().all(|finding| !finding.fix.is_safe()), "{path}\n{}", fixed.text);
        // Nothing that was not there before, and what was mended is gone.
        let (had, left) = (codes(&before, &text), codes(&fixed.left, &fixed.text));
        assert!(left.len() <= had.len() - fixed.mended.len().min(had.len()), "{path}: {had:?} {left:?}");
        assert_eq!(fix(&fixed.text, &path, &Settings::default(), None).text, fixed.text, "{path}");
        if fixed.mended.is_empty() {
            assert_eq!(fixed.text, text, "{path}");
            continue;
        }
        changed += 1;
        let file = folder.path().join("job.sh");
        fs::write(&file, &fixed.text).unwrap();
        let mut run = Start::new(&Wrapper::bare(), ["bash".as_ref(), "-n".as_ref(), file.as_os_str()]).go();
        let (end, said) = (run.end(), run.all_errors());
        assert_eq!((end, said.as_str()), (End::Code(0), ""), "{path}\n{}", fixed.text);
    }
    assert!(changed > 20, "{changed}");
}

#[test]
fn scripts_that_are_right_are_not_changed() {
    for (path, text) in scripts("good") {
        assert_eq!(fix(&text, &path, &Settings::default(), None).text, text, "{path}");
    }
}

#[test]
fn one_change_makes_the_next_one_safe() {
    let text = "#!/bin/bash\n#SBATCH -t 60 --signal=USR1@120\n\nckwrap ./sim > sim.log\n";
    let fixed = fix(text, "job.sh", &Settings::default(), None);
    let expected = "#!/bin/bash\n#SBATCH -t 60 --signal=B:USR1@120\n#SBATCH --open-mode=append\n#SBATCH --requeue\n\nexec ckwrap -- ./sim >> sim.log\n";
    assert_eq!(fixed.text, expected);
    assert_eq!(fixed.left.worst(), None);
}

#[test]
fn what_is_a_choice_is_left() {
    let text = "#!/bin/bash\n#SBATCH --no-requeue --open-mode=truncate -t 60\nexec ckwrap -- ./sim\n";
    let fixed = fix(text, "job.sh", &Settings::default(), None);
    assert_eq!((fixed.text.as_str(), fixed.left.worst()), (text, Some(Severity::Warning)));
}

/// Pieces from which scripts are put together at random.
const PIECES: [&str; 40] = [
    "#!/bin/bash\n",
    "#SBATCH --signal=B:USR1@60\n",
    "#SBATCH -t 10 -o x\n",
    "#SBATCH --array=1-3%2\n",
    "#SBATCH ",
    "--requeue ",
    "ckwrap ",
    "exec ",
    "-- ",
    "./sim ",
    "srun ",
    "mpirun ",
    "timeout 5 ",
    "gmx mdrun ",
    "| tee log\n",
    "&\n",
    "wait\n",
    "&& ",
    "|| ",
    "; ",
    "\n",
    "if ",
    "then ",
    "fi\n",
    "for i in 1; do ",
    "done\n",
    "trap 'x' USR1\n",
    "scontrol requeue $X\n",
    "sbatch $0\n",
    "cd /tmp\n",
    "rm .ckwrap\n",
    "> out ",
    "2>&1 ",
    "{ ",
    "}\n",
    "( ",
    ")\n",
    "f() { ",
    "\r\n",
    "\"$CK\" ",
];

proptest! {
    #[test]
    fn no_script_makes_it_panic_and_mending_ends(pieces in proptest::collection::vec(0..PIECES.len(), 0..60)) {
        let text: String = pieces.iter().map(|index| PIECES[*index]).collect();
        let fixed = fix(&text, "job.sh", &Settings::default(), None);
        prop_assert_eq!(&fix(&fixed.text, "job.sh", &Settings::default(), None).text, &fixed.text);
    }

    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,300}") {
        fix(&text, "job.sh", &Settings::default(), None);
    }
}

#[test]
fn a_large_script_takes_no_time() {
    for piece in [
        "ckwrap -- ./sim\n",
        "x=$y\n",
        "#SBATCH --time=5\n",
        "trap 'a' USR1\n",
        "rm .ckwrap\n",
        "sbatch $0\n",
        "wait\n",
    ] {
        let text = format!("#!/bin/bash\n{}exec ckwrap -- ./sim\n", piece.repeat(10_000));
        judge(&text, "job.sh", &Settings::default(), None);
    }
}
