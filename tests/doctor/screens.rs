//! What stands on the screen, word for word: `screens/NAME.txt`. `WRITE_SCREENS=1` writes them anew, to be read before they
//! are kept.

use std::fs;
use std::path::Path;
use std::time::Duration;

use ckwrap::doctor::{Asked, Checkpoints, Directory, Printed, Report, Settings, Site, fix, judge, print};
use rstest::rstest;

use super::corpus::scripts;

fn script(name: &str) -> String {
    let all = ["corpus", "good"].into_iter().flat_map(scripts);
    let found = all.into_iter().find(|(path, _)| path.ends_with(&format!("/{name}.sh")));
    found.unwrap_or_else(|| panic!("no script {name}")).1
}

#[track_caller]
fn compare(name: &str, screen: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/doctor/screens").join(format!("{name}.txt"));
    if std::env::var_os("WRITE_SCREENS").is_some() {
        fs::write(&path, screen).unwrap();
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    assert!(screen == expected, "{name}: expected\n{expected}\nfound\n{screen}");
    for line in screen.lines() {
        // Only what is to be pasted, and paths, may be longer.
        let whole = line.starts_with("      ") || !line.trim_start().contains(' ');
        assert!(line.chars().count() <= 80 || whole, "too wide: {line}");
        assert!(line.is_ascii() && !line.contains('\t') && line == line.trim_end(), "{line:?}");
    }
    let mut last = screen.lines().rev();
    assert!(last.next().unwrap().starts_with("Next: ") && last.next().unwrap().ends_with('.'), "{screen}");
}

#[rstest]
#[case("first-attempt")]
#[case("gromacs-no-exec")]
#[case("post-processing-never")]
#[case("trap-and-wait")]
#[case("array-chain-at-once")]
#[case("windows")]
#[case("two-programs")]
#[case("readme")]
fn of_scripts(#[case] name: &str) {
    let text = script(name);
    let report = judge(&text, "job.sh", &Settings::default(), None);
    compare(name, &print(&Printed { script: Some(("job.sh", &text)), report: &report, mended: None }));
}

#[test]
fn of_mended_scripts() {
    let text = script("first-attempt");
    let fixed = fix(&text, "job.sh", &Settings::default(), None);
    let mended = Some((fixed.mended.as_slice(), "job.sh.fixed"));
    let script = Some(("job.sh.fixed", fixed.text.as_str()));
    compare("mended", &print(&Printed { script, report: &fixed.left, mended }));
}

#[test]
fn of_site_and_directory() {
    let unknown = || "Unable to contact slurm controller (connect failure)".to_owned();
    let site = Site {
        version: None,
        kill_wait: Asked::Unknown(unknown()),
        requeue: Asked::Unknown(unknown()),
        append: Asked::Unknown(unknown()),
        requeue_exit: Asked::Unknown(unknown()),
        tracking: Asked::Unknown(unknown()),
        partition: None,
        sbatch: true,
    };
    let directory = Directory {
        path: "/scratch/me/run1".into(),
        free: Asked::Known(5 << 30),
        quota: Asked::Unknown("there is no quota(1) here; on Lustre see `lfs quota -h /scratch/me/run1`".into()),
        files: Asked::Known(1),
        of_one_node: Asked::Known(None),
        writable: Ok(()),
        renames: Asked::Known(Ok(())),
        links: Asked::Known(Err("Operation not permitted (os error 1)".into())),
        skew: Asked::Known(Duration::from_secs(1)),
        journal_trouble: vec![
            "/scratch/me/run1/.ckwrap belongs to user 1001, not to user 1000; remove it or use another run directory".into(),
        ],
    };
    let mut report = Report::default();
    let known = Checkpoints { size: Some(6 << 30), slowest: Some(Duration::from_secs(90)) };
    report.add_site(&site, None, &Settings::default(), &known);
    report.add_directory(&directory, &known, 0);
    compare("site-and-directory", &print(&Printed { script: None, report: &report, mended: None }));
    let site =
        Site { version: Some("23.11.4".into()), kill_wait: Asked::Known(Duration::from_secs(30)), ..site };
    let mut report = Report::default();
    report.add_site(&site, None, &Settings::default(), &known);
    compare("part-of-a-site", &print(&Printed { script: None, report: &report, mended: None }));
}
