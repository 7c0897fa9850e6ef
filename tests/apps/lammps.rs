//! LAMMPS: stock inputs, which ckwrap continues without touching them or refuses, and one made restartable by hand.
//!
//! The table in `examples/lammps/README.md` is made here: with `CKWRAP_UPDATE_TABLES=1` each test writes its line, without
//! it a line that differs fails.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, SystemTime};

use rstest::rstest;

use super::scene::{Interrupted, Scene, example_directory};
use crate::support::{End, Start, Wrapper};

/// Where Debian's lammps-examples has them.
const STOCK: &str = "/usr/share/lammps/examples";
const UNDER_CKWRAP: &str = "--engine local --time-limit 30m";

/// A scene with the files of a stock example, and a restart file every so many steps.
fn stock(example: &str, every: u32) -> Scene {
    let scene = patient(Scene::new());
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
    scene.write("ckwrap.yaml", &format!("vars: {{every: {{default: \"{every}\"}}}}\n"));
    scene
}

/// With segments that end by a stop file, never by the clock.
fn patient(scene: Scene) -> Scene {
    scene.env("OMP_NUM_THREADS", "1").startup(Duration::from_mins(20))
}

#[expect(clippy::disallowed_methods, reason = "nothing tells when ckwrap has removed the stop file")]
fn pause() {
    thread::sleep(Duration::from_millis(20));
}

/// The interrupted run, stopped at each restart file: a stop file is made again as soon as ckwrap has removed it. What
/// else runs on the machine does not matter so.
fn stopped_often(scene: &Scene, command: &str) -> Interrupted {
    let over = Arc::new(AtomicBool::new(false));
    let (stop, seen) = (scene.many("STOP"), Arc::clone(&over));
    let hand = thread::spawn(move || {
        while !seen.load(Ordering::Relaxed) {
            let _ = File::create_new(&stop);
            pause();
        }
    });
    let result = std::panic::catch_unwind(AssertUnwindSafe(|| scene.interrupted("", command)));
    over.store(true, Ordering::Relaxed);
    hand.join().unwrap();
    result.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// The same input with runs of so many steps each.
fn with_length(scene: &Scene, input: &str, steps: &str) {
    let text = fs::read_to_string(scene.one(input)).unwrap();
    let line = |line: &str| match line.split_whitespace().next() {
        Some("run") => format!("run {steps}\n"),
        _ => format!("{line}\n"),
    };
    scene.write(input, &text.lines().map(line).collect::<String>());
}

#[rstest]
#[case::melt("melt", "in.melt", 50, None)]
#[case::crack("crack", "in.crack", 200, Some("800"))]
#[case::flow("flow", "in.flow.couette", 2000, None)]
#[case::friction("friction", "in.friction", 1000, Some("4000"))]
#[case::indent("indent", "in.indent", 1000, Some("3000"))]
#[case::min("min", "in.min", 300, None)]
#[case::obstacle("obstacle", "in.obstacle", 1000, Some("4000"))]
#[case::peptide("peptide", "in.peptide", 50, Some("200"))]
#[case::shear("shear", "in.shear", 50, Some("200"))]
#[case::dipole("dipole", "in.dipole", 1000, None)]
fn continued(#[case] example: &str, #[case] input: &str, #[case] every: u32, #[case] steps: Option<&str>) {
    let mut scene = stock(example, every);
    if let Some(steps) = steps {
        with_length(&scene, input, steps);
    }
    let before = fs::read(scene.many(input)).unwrap();
    let command = format!("lmp -in {input} -screen none");
    scene.straight_under(&Wrapper::ckwrap(UNDER_CKWRAP), &command);
    let interrupted = stopped_often(&scene, &command);
    let sameness = sameness(&scene, input, &interrupted);
    assert_eq!(fs::read(scene.many(input)).unwrap(), before, "the user's input was touched");
    let length = steps.map_or_else(String::new, |steps| format!(" ({steps} steps)"));
    row(input, &format!("continued: {sameness}{length}"));
    if example == "melt" {
        interrupted.report("lammps (in.melt)", &sameness);
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
#[case("nemd", "in.nemd")]
#[case("colloid", "in.colloid")]
fn refused(#[case] example: &str, #[case] input: &str) {
    let scene = stock(example, 100);
    let (end, output) = ckwrap(&scene, UNDER_CKWRAP, &format!("lmp -in {input}"));
    assert_eq!(end, End::Code(125), "{output}");
    let why = output.split("cannot be continued: ").nth(1).unwrap_or_else(|| panic!("{output}"));
    let why = why.lines().next().unwrap();
    let line = why.strip_prefix(input).map_or(why, |rest| rest.trim_start_matches(':'));
    assert!(output.contains("fix halt all halt"), "the lines by hand: {output}");
    assert!(!scene.many("log.lammps").exists(), "it was started");
    row(input, &format!("refused, line {}", line.replace('|', "\\|")));
}

#[test]
fn standard_input_is_refused() {
    let scene = stock("melt", 100);
    let (end, output) = ckwrap(&scene, UNDER_CKWRAP, "lmp -log x");
    assert_eq!(end, End::Code(125), "{output}");
    assert!(output.contains("lmp -in FILE"), "{output}");
}

#[test]
fn under_mpirun() {
    let mut scene = stock("melt", 100);
    with_length(&scene, "in.melt", "400");
    let command = "mpirun --allow-run-as-root --oversubscribe -np 2 lmp -in in.melt -screen none";
    scene.straight_under(&Wrapper::ckwrap(UNDER_CKWRAP), command);
    let interrupted = stopped_often(&scene, command);
    let sameness = sameness(&scene, "in.melt", &interrupted);
    interrupted.report("lammps (mpirun -np 2)", &sameness);
}

#[test]
fn dumps_and_the_log_go_on() {
    let mut scene = stock("melt", 200);
    with_length(&scene, "in.melt", "1000");
    let text = fs::read_to_string(scene.one("in.melt")).unwrap();
    let dumps = "dump d all custom 20 dump.melt id vx\ndump_modify d sort id format float %.17g\ndump e all atom 300 dump.*\nrestart 350 mine.*";
    scene.write("in.melt", &text.replace("\nthermo", &format!("\n{dumps}\nthermo")));
    let command = "lmp -log my.log -in in.melt -screen none";
    scene.straight_under(&Wrapper::ckwrap(UNDER_CKWRAP), command);
    let interrupted = stopped_often(&scene, command);
    scene.assert_same(&["dump.melt", "dump.300", "dump.900", "mine.350", "mine.700"], &interrupted);
    assert_eq!(compare(&scene, "my.log", 0.0), Vec::<String>::new());
}

/// Fixes that are said to go on exactly; the ramps need to know where the run began.
#[rstest]
#[case::nvt("fix 1 all nvt temp 3.0 1.0 0.5")]
#[case::ramps(
    "fix 1 all nve\nfix 2 all temp/berendsen 3.0 1.0 0.5\nfix 3 all temp/rescale 70 3.0 1.0 0.02 1.0"
)]
#[case::forces("fix 1 all nve\nfix 2 all spring/self 5.0\nfix 4 all momentum 70 linear 1 1 1")]
#[case::two_runs(
    "fix 1 all nvt temp 3.0 3.0 0.5\nrun 300\nunfix 1\nvelocity all create 2.0 77 loop geom\nfix 1 all nvt temp 2.0 1.0 0.5"
)]
fn fixes_that_go_on(#[case] fixes: &str) {
    let mut scene = stock("melt", 100);
    let text = fs::read_to_string(scene.one("in.melt")).unwrap();
    scene.write("in.melt", &text.replace("fix\t\t1 all nve", fixes).replace("run\t\t250", "run 500"));
    let command = "lmp -in in.melt -screen none";
    scene.straight_under(&Wrapper::ckwrap(UNDER_CKWRAP), command);
    let interrupted = stopped_often(&scene, command);
    let sameness = sameness(&scene, "in.melt", &interrupted);
    // The last bit of the thermostat's chain may differ.
    assert!(sameness == "identical" || fixes.contains("nvt"), "{sameness}");
}

/// By the clock, as in an allocation.
#[test]
fn at_the_time_limit() {
    let mut scene = stock("melt", 50).startup(Duration::from_millis(500));
    with_length(&scene, "in.melt", "6000");
    let command = "lmp -in in.melt -screen none";
    scene.straight_under(&Wrapper::ckwrap(UNDER_CKWRAP), command);
    let interrupted = scene.interrupted("", command);
    assert_eq!(sameness(&scene, "in.melt", &interrupted), "identical");
    interrupted.report("lammps (in.melt, time limit)", "identical");
}

#[test]
fn made_restartable_by_hand() {
    let mut scene = patient(Scene::of_example("lammps", &["in.restartable"]));
    let command = "lmp -in in.restartable -var n 1000 -screen none";
    scene.straight(command);
    let interrupted = stopped_often(&scene, command);
    scene.assert_same(&["final.restart"], &interrupted);
    interrupted.report("lammps (in.restartable)", "identical");
}

#[test]
fn a_changed_input_is_not_continued() {
    let mut scene = stock("melt", 50);
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
    let file = File::create(&output).unwrap();
    let start = Start::new(&Wrapper::ckwrap(options), command.split_whitespace()).set(move |command| {
        command.current_dir(dir).stdout(file.try_clone().unwrap()).stderr(file);
    });
    let end = start.go().end_within(Duration::from_mins(2));
    (end, fs::read_to_string(output).unwrap())
}

/// How the ends compare: the newest restart files, then all that was printed; where ckwrap has said that a continuation
/// may differ in rounding, that to four digits.
fn sameness(scene: &Scene, input: &str, interrupted: &Interrupted) -> String {
    let [one, many] = [newest(&scene.one("")), newest(&scene.many(""))].map(|path| fs::read(path).unwrap());
    let differences = compare(scene, "log.lammps", 0.0);
    if one == many && differences.is_empty() {
        return "identical".to_owned();
    }
    let (_, shown) = ckwrap(scene, &format!("{UNDER_CKWRAP} --dry-run"), &format!("lmp -in {input}"));
    let rounding = shown.lines().find_map(|line| line.strip_prefix("rounding:")).map(str::trim);
    let differences = if rounding.is_some() { compare(scene, "log.lammps", 1e-4) } else { differences };
    assert!(differences.is_empty(), "{}\n{}", differences.join("\n"), interrupted.log);
    rounding.map_or_else(|| "all printed digits".to_owned(), |why| format!("to rounding, as {why}"))
}

/// The lines of the uninterrupted log whose like is not in the interrupted one; numbers may differ by this part.
fn compare(scene: &Scene, log: &str, tolerance: f64) -> Vec<String> {
    let [one, many] = [scene.one(log), scene.many(log)].map(|path| thermo(&path));
    assert!(one.len() > 1, "{log} has no table");
    let none = BTreeSet::new();
    let missing = one.iter().flat_map(|(key, lines)| {
        let others = many.get(key).unwrap_or(&none);
        lines
            .iter()
            .filter(move |line| !others.iter().any(|other| alike(line, other, tolerance)))
            .map(move |line| format!("{line}\n  instead {others:?}"))
    });
    missing.collect()
}

fn alike(one: &str, other: &str, tolerance: f64) -> bool {
    let mut pairs = one.split_whitespace().zip(other.split_whitespace());
    one == other
        || one.split_whitespace().count() == other.split_whitespace().count()
            && pairs.all(|(a, b)| match (a.parse::<f64>(), b.parse::<f64>()) {
                (Ok(a), Ok(b)) => (a - b).abs() <= tolerance * a.abs().max(b.abs()).max(0.01),
                _ => a == b,
            })
}

/// The newest restart file of ckwrap's in a directory.
fn newest(dir: &Path) -> PathBuf {
    let time = |path: &PathBuf| fs::metadata(path).unwrap().modified().unwrap_or(SystemTime::UNIX_EPOCH);
    let paths = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    let ours = paths.filter(|path| path.file_name().unwrap().to_string_lossy().starts_with("ckwrap-"));
    ours.max_by_key(time).expect("a restart file")
}

/// What was printed at each step of each kind of table: it may have been printed in two runs.
fn thermo(log: &Path) -> BTreeMap<(String, u64), BTreeSet<String>> {
    let text = fs::read_to_string(log).unwrap();
    let mut found: BTreeMap<(String, u64), BTreeSet<String>> = BTreeMap::new();
    let mut header: Option<String> = None;
    let mut multi: Option<(u64, String)> = None;
    for line in text.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let starts_other = matches!(words.as_slice(), ["Step" | "Loop", ..] | [_, "Step", ..]);
        if let Some((step, values)) = multi.take_if(|_| starts_other) {
            found.entry((String::new(), step)).or_default().insert(values);
        }
        match words.as_slice() {
            ["Step", ..] => header = Some(line.trim().to_owned()),
            ["Loop", "time", ..] => header = None,
            // thermo_style multi: a line with the step and the time, then the values.
            [dashes, "Step", step, ..] if dashes.starts_with("---") => {
                multi = Some((step.parse().unwrap(), String::new()));
            }
            _ => {
                let table = header.clone().zip(words.first().and_then(|word| word.parse().ok()));
                if let Some(key) = table {
                    found.entry(key).or_default().insert(line.to_owned());
                } else if let Some((_, values)) = &mut multi
                    && line.contains(" = ")
                {
                    values.push_str(line);
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
