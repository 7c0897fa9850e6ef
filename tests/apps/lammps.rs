//! LAMMPS: stock inputs, which ckwrap continues without touching them or refuses, and one made restartable by hand.
//!
//! The table in `examples/lammps/README.md` is made here: with `CKWRAP_UPDATE_TABLES=1` each test writes its line, without
//! it a line that differs fails.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, SystemTime};

use rstest::rstest;

use super::scene::{Interrupted, Scene, example_directory};
use crate::support::{End, Start, Wrapper};

/// Where Debian's lammps-examples has them.
const STOCK: &str = "/usr/share/lammps/examples";
const UNDER_CKWRAP: &str = "--engine local --time-limit 30m";

/// A scene with the files of a stock example; LAMMPS is bound to no core, as tests run side by side.
fn stock(example: &str) -> Scene {
    let scene = Scene::new().env("OMP_NUM_THREADS", "1").startup(Duration::from_millis(300));
    for entry in fs::read_dir(Path::new(STOCK).join(example)).expect("install lammps-examples") {
        let path = entry.unwrap().path();
        // Potentials are links into lammps-data.
        if path.is_file() {
            let name = path.file_name().unwrap().to_str().unwrap();
            for place in [scene.one(name), scene.many(name)] {
                fs::copy(&path, place).unwrap();
            }
        }
    }
    scene
}

/// The same input with this `run` in place of its last.
fn with_length(scene: &Scene, input: &str, steps: &str) {
    let text = fs::read_to_string(scene.one(input)).unwrap();
    let at = text.rfind("\nrun").unwrap();
    let end = text[at + 1..].find('\n').map_or(text.len(), |end| at + 1 + end);
    scene.write(input, &format!("{}\nrun {steps}{}", &text[..at], &text[end..]));
}

#[rstest]
#[case::melt("melt", "in.melt", Some("4000"))]
#[case::crack("crack", "in.crack", None)]
#[case::flow("flow", "in.flow.couette", None)]
#[case::friction("friction", "in.friction", None)]
#[case::indent("indent", "in.indent", None)]
#[case::min("min", "in.min", Some("60000"))]
#[case::obstacle("obstacle", "in.obstacle", None)]
#[case::peptide("peptide", "in.peptide", Some("1000"))]
#[case::shear("shear", "in.shear", None)]
#[case::nemd("nemd", "in.nemd", None)]
#[case::colloid("colloid", "in.colloid", None)]
#[case::eim("eim", "in.eim", None)]
fn continued(#[case] example: &str, #[case] input: &str, #[case] steps: Option<&str>) {
    let mut scene = stock(example);
    if let Some(steps) = steps {
        with_length(&scene, input, steps);
    }
    let before = fs::read(scene.many(input)).unwrap();
    let command = format!("lmp -in {input} -screen none");
    scene.straight_under(&Wrapper::ckwrap(UNDER_CKWRAP), &command);
    let interrupted = scene.interrupted("", &command);
    let sameness = sameness(&scene, &interrupted);
    assert_eq!(fs::read(scene.many(input)).unwrap(), before, "the user's input was touched");
    let length = steps.map_or_else(String::new, |steps| format!(" (last run: {steps} steps)"));
    row(input, &format!("continued: {sameness}{length}"));
    if example == "melt" {
        interrupted.report("lammps (in.melt)", sameness);
    }
}

#[rstest]
#[case("deposit", "in.deposit.atom")]
#[case("micelle", "in.micelle")]
#[case("MC", "in.mc")]
#[case("rdf-adf", "in.spce")]
#[case("pour", "in.pour")]
#[case("indent", "in.indent.min")]
#[case("ellipse", "in.ellipse.gayberne")]
#[case("rigid", "in.rigid")]
#[case("srd", "in.srd.pure")]
fn refused(#[case] example: &str, #[case] input: &str) {
    let scene = stock(example);
    let (end, output) = ckwrap(&scene, UNDER_CKWRAP, &format!("lmp -in {input}"));
    assert_eq!(end, End::Code(125), "{output}");
    let why = output.split("cannot be continued: ").nth(1).unwrap_or_else(|| panic!("{output}"));
    let line = why.lines().next().unwrap().strip_prefix(input).map_or(why, |rest| rest.trim_start_matches(':'));
    assert!(output.contains("fix halt all halt"), "the lines by hand: {output}");
    assert!(!scene.many("log.lammps").exists(), "it was started");
    row(input, &format!("refused, line {}", line.lines().next().unwrap_or_default().replace('|', "\\|")));
}

#[test]
fn standard_input_is_refused() {
    let scene = stock("melt");
    let (end, output) = ckwrap(&scene, UNDER_CKWRAP, "lmp -log x");
    assert_eq!(end, End::Code(125), "{output}");
    assert!(output.contains("lmp -in FILE"), "{output}");
}

#[test]
fn under_mpirun() {
    let mut scene = stock("melt").startup(Duration::from_secs(2));
    let scene = &mut scene;
    with_length(scene, "in.melt", "4000");
    let command = "mpirun --allow-run-as-root --oversubscribe -np 2 lmp -in in.melt -screen none";
    scene.straight_under(&Wrapper::ckwrap(UNDER_CKWRAP), command);
    let interrupted = scene.interrupted("", command);
    let sameness = sameness(scene, &interrupted);
    interrupted.report("lammps (mpirun -np 2)", sameness);
}

#[test]
fn dumps_and_the_log_go_on() {
    let mut scene = stock("melt");
    with_length(&scene, "in.melt", "3000");
    let text = fs::read_to_string(scene.one("in.melt")).unwrap();
    let dumps = "dump d all custom 30 dump.melt id vx\ndump_modify d sort id format float %.17g\ndump e all atom 500 dump.*\nrestart 700 mine.*";
    scene.write("in.melt", &text.replace("\nthermo", &format!("\n{dumps}\nthermo")));
    let command = "lmp -log my.log -in in.melt -screen none";
    scene.straight_under(&Wrapper::ckwrap(UNDER_CKWRAP), command);
    let interrupted = scene.interrupted("", command);
    scene.assert_same(&["dump.melt", "dump.500", "dump.2500", "mine.700", "mine.2800"], &interrupted);
    assert_eq!(thermo(&scene.one("my.log")), thermo(&scene.many("my.log")));
}

#[test]
fn made_restartable_by_hand() {
    let mut scene = Scene::of_example("lammps", &["in.restartable"]);
    let command = "lmp -in in.restartable -var n 8000 -screen none";
    scene.straight(command);
    let interrupted = scene.interrupted("", command);
    scene.assert_same(&["final.restart"], &interrupted);
    interrupted.report("lammps (in.restartable)", "identical");
}

#[test]
fn a_changed_input_is_not_continued() {
    let mut scene = stock("melt");
    with_length(&scene, "in.melt", "2000");
    scene.straight_under(&Wrapper::ckwrap(UNDER_CKWRAP), "lmp -in in.melt -screen none");
    let checkpoint = newest(&scene.one(""));
    fs::copy(&checkpoint, scene.many(checkpoint.file_name().unwrap().to_str().unwrap())).unwrap();
    let text = fs::read_to_string(scene.many("in.melt")).unwrap();
    scene.write("in.melt", &text.replace("create 3.0", "create 2.0"));
    let (end, output) = ckwrap(&scene, UNDER_CKWRAP, "lmp -in in.melt -screen none");
    assert_eq!(end, End::Code(125), "{output}");
    assert!(output.contains("written by another input than in.melt"), "{output}");
}

/// ckwrap's end and output in `many/`.
fn ckwrap(scene: &Scene, options: &str, command: &str) -> (End, String) {
    let dir = scene.many("");
    let output = scene.many("output.log");
    let file = fs::File::create(&output).unwrap();
    let start = Start::new(&Wrapper::ckwrap(options), command.split_whitespace()).set(move |command| {
        command.current_dir(dir).stdout(file.try_clone().unwrap()).stderr(file);
    });
    let end = start.go().end_within(Duration::from_mins(2));
    (end, fs::read_to_string(output).unwrap())
}

/// How the ends compare: the newest restart files, then all that was printed.
fn sameness(scene: &Scene, interrupted: &Interrupted) -> &'static str {
    let [one, many] = [scene.one("log.lammps"), scene.many("log.lammps")].map(|path| thermo(&path));
    assert!(!one.is_empty());
    let [a, b] = [newest(&scene.one("")), newest(&scene.many(""))];
    assert!(a.file_name().unwrap().to_str().unwrap()[..24] == b.file_name().unwrap().to_str().unwrap()[..24]);
    let same = fs::read(a).unwrap() == fs::read(b).unwrap();
    assert_eq!(one, many, "other values were printed (restart files same: {same})\n{}", interrupted.log);
    if same { "identical" } else { "all printed digits" }
}

/// The newest restart file of ckwrap's in a directory.
fn newest(dir: &Path) -> PathBuf {
    let time = |path: &PathBuf| fs::metadata(path).unwrap().modified().unwrap_or(SystemTime::UNIX_EPOCH);
    let paths = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    let ours = paths.filter(|path| path.file_name().unwrap().to_string_lossy().starts_with("ckwrap-"));
    ours.max_by_key(time).expect("a restart file")
}

/// What was printed at each step of each table; where a step is printed twice it must say the same.
fn thermo(log: &Path) -> BTreeMap<(String, u64), String> {
    let text = fs::read_to_string(log).unwrap();
    let mut found = BTreeMap::new();
    let mut header: Option<String> = None;
    let mut multi: Option<(u64, String)> = None;
    for line in text.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            ["Step", ..] => header = Some(line.trim().to_owned()),
            // thermo_style multi: a line with the step and the time, then the values.
            [dashes, "Step", step, ..] if dashes.starts_with("---") => {
                multi = Some((step.parse().unwrap(), String::new()));
            }
            ["Loop", "time", ..] => {
                header = None;
                multi = None;
            }
            _ => {
                let table = header.clone().zip(words.first().and_then(|word| word.parse().ok()));
                if let Some((header, step)) = table {
                    let same = found.entry((header, step)).or_insert_with(|| line.to_owned());
                    assert_eq!(same, line, "step {step} of {}", log.display());
                } else if let Some((step, values)) = &mut multi
                    && line.contains(" = ")
                {
                    values.push_str(line);
                    found.insert((String::new(), *step), values.clone());
                }
            }
        }
    }
    found
}

static README: Mutex<()> = Mutex::new(());

/// The line of an input in the table of the README is this one.
fn row(input: &str, result: &str) {
    let _guard = README.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let path = example_directory("lammps").join("README.md");
    let text = fs::read_to_string(&path).unwrap();
    let (begin, end) = ("<!-- table -->\n", "<!-- end of table -->");
    let (head, rest) = text.split_once(begin).unwrap();
    let (table, tail) = rest.split_once(end).unwrap();
    let line = format!("| `{input}` | {result} |");
    if std::env::var_os("CKWRAP_UPDATE_TABLES").is_none() {
        assert!(table.lines().any(|other| other == line), "not in {}: {line}", path.display());
        return;
    }
    let start = format!("| `{input}` |");
    let mut rows: Vec<&str> = table.lines().skip(2).filter(|other| !other.starts_with(&start)).collect();
    rows.push(&line);
    rows.sort_by_key(|row| (!row.contains("| continued"), *row));
    let table = format!("| input | result |\n|---|---|\n{}\n", rows.join("\n"));
    fs::write(&path, format!("{head}{begin}{table}{end}{tail}")).unwrap();
}
