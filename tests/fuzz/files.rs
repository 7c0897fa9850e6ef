//! The real program, with a quarter of a gigabyte of memory, and files that are too large, too deep, or no files: it
//! says so before the program starts, or starts it.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use nix::sys::stat::Mode;
use nix::unistd::mkfifo;
use rstest::rstest;
use tempfile::{TempDir, tempdir};

use crate::support::{End, Running, Start, Wrapper};

/// Address space that ckwrap gets, in KiB.
const MEMORY: &str = "ulimit -v 262144";

/// Most memory that it may ever have used, in KiB.
const USED: u64 = 64 << 10;

/// Leaves a file behind, and tells how much memory its parent has needed so far.
const RUNS: [&str; 3] = ["/bin/sh", "-c", "echo ran >> runs; grep VmHWM /proc/$PPID/status"];

fn start(dir: &Path, options: &str, command: [&str; 3]) -> Running {
    let folder = dir.to_owned();
    let ckwrap = Wrapper::ckwrap(&format!("--engine local --time-limit 1h {options}"));
    let start = Start::new(&ckwrap, command).after(MEMORY);
    start
        .set(move |command| {
            command.current_dir(folder).env("RUST_BACKTRACE", "0");
        })
        .go()
}

#[track_caller]
fn refused(dir: &Path, options: &str, parts: &[&str]) {
    let mut run = start(dir, options, RUNS);
    let end = run.end();
    let said = run.all_errors();
    assert_eq!(end, End::Code(125), "{said:.1000}");
    let missing = parts.iter().filter(|part| !said.contains(**part)).collect::<Vec<_>>();
    assert!(missing.is_empty(), "{missing:?} not in: {said:.1000}");
    assert!(said.len() < 8 << 10, "{} bytes are said", said.len());
    assert!(!dir.join("runs").exists(), "nothing was started");
}

/// The program ran, and ckwrap had no more memory than it should.
#[track_caller]
fn ran(run: &mut Running, dir: &Path) {
    let end = run.end();
    let said = run.all_errors();
    assert_eq!(end, End::Code(0), "{said:.1000}");
    assert_eq!(fs::read_to_string(dir.join("runs")).unwrap(), "ran\n");
    let line = run.line_with("VmHWM:");
    let used: u64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    assert!(used < USED, "{used} KiB");
}

fn sparse(path: &Path) {
    let file = File::create(path).unwrap();
    file.set_len(1 << 30).unwrap();
    file.set_permissions(Permissions::from_mode(0o600)).unwrap();
}

fn fifo(path: &Path) {
    mkfifo(path, Mode::S_IRUSR | Mode::S_IWUSR).unwrap();
}

fn directory(path: &Path) {
    fs::create_dir(path).unwrap();
}

fn zeros(path: &Path) {
    symlink("/dev/zero", path).unwrap();
}

fn loops(path: &Path) {
    symlink(path.file_name().unwrap(), path).unwrap();
}

#[rstest]
#[case::a_gigabyte(sparse, &["larger than 256 KiB", "this is no ckwrap configuration"])]
#[case::a_pipe(fifo, &["is not a regular file"])]
#[case::a_directory(directory, &["is not a regular file"])]
#[case::a_device(zeros, &["is not a regular file"])]
#[case::a_circle(loops, &["cannot be read"])]
fn what_is_no_file_to_read_is_refused(#[case] make: fn(&Path), #[case] parts: &[&str]) {
    let dir = tempdir().unwrap();
    make(&dir.path().join("ckwrap.yaml"));
    refused(dir.path(), "", &[parts, &["ckwrap.yaml", "hint: ", "--config none"]].concat());
    make(&dir.path().join("mine.yaml"));
    refused(
        dir.path(),
        "--config none --profile ./mine.yaml",
        &[parts, &["mine.yaml", "--profile"]].concat(),
    );
}

/// `count` variables, each made of two more of the next.
fn doubling(count: usize) -> String {
    let line = |number: usize| format!("  v{number}: {{default: \"{{v{0}}}{{v{0}}}\"}}\n", number + 1);
    let lines: String = (0..count).map(line).collect();
    format!("vars:\n{lines}  v{count}: {{default: x}}\ncheckpoint: {{glob: [\"{{v0}}\"]}}\n")
}

/// Aliases that each stand for nine more of the one before.
fn laughs() -> String {
    let line = |number: usize| format!("a{}: &a{0} [{}]\n", number + 1, format!("*a{number},").repeat(9));
    format!("a0: &a0 lol\n{}", (0..9).map(line).collect::<String>())
}

#[rstest]
#[case::brackets("[".repeat(100_000), &["brackets"])]
#[case::braces("{a: ".repeat(60_000), &["brackets"])]
#[case::few_brackets(format!("a: {}", "[".repeat(1_900)), &["a: unknown key"])]
#[case::keys_of_keys("? ".repeat(120_000), &[":1:1: a line of more than 8192 bytes", "one entry a line"])]
#[case::keys_in_keys("a: ".repeat(80_000), &[":1:1: a line of more than 8192 bytes"])]
#[case::lists_in_lists("- ".repeat(4_000), &[":1:1: found a list"])]
#[case::aliases(laughs(), &[":1:5: `&` begins an alias or anchor"])]
#[case::a_line(format!("chain: {}", "x".repeat(200_000)), &[":1:1: a line of more than"])]
#[case::a_word(format!("checkpoint: {{lead: {}}}", format!("{}\n ", "x".repeat(8_000)).repeat(30)), &["checkpoint.lead", "is not a duration", "[...]"])]
#[case::a_name(format!("profile: {}", format!("{}\n ", "x".repeat(8_000)).repeat(30)), &["there is no profile", "[...]"])]
#[case::doubling(doubling(30), &["vars.v", "becomes longer than 65536 bytes"])]
#[case::in_each_other(doubling(60), &["vars.v", "more than 32 variables need each other"])]
#[case::a_long_pattern(format!("checkpoint: {{glob: [\"{}*\"]}}", "a/".repeat(3_000)), &["checkpoint.glob[0]", "longer than any path"])]
#[case::a_deep_pattern(format!("checkpoint: {{glob: [\"{}*\"]}}", "a/".repeat(2_000)), &["longer than any path"])]
#[case::groups(format!("finish: {{any: [{{log: {{file: log, regex: \"{}\"}}}}]}}", "()".repeat(2_000)), &["finish.any[0].log", "more than 20 groups"])]
#[case::repeated("finish: {any: [{log: {file: log, regex: '(a{1000}){1000}'}}]}".to_owned(), &["finish.any[0].log", "exceeded size limit"])]
#[case::many_keys((0..20_000).map(|key| format!("k{key}: 1")).collect::<Vec<_>>().join("\n"), &[":1:1: k0: unknown key"])]
#[case::nothing("\0".repeat(100_000), &["ckwrap.yaml:1:1"])]
fn what_would_take_seconds_or_gigabytes_is_refused(#[case] text: String, #[case] parts: &[&str]) {
    let dir = tempdir().unwrap();
    fs::write(dir.path().join("ckwrap.yaml"), text).unwrap();
    refused(dir.path(), "", &[parts, &["ckwrap.yaml"]].concat());
}

#[test]
fn a_value_of_the_environment_is_not_taken_apart_for_long() {
    let dir = tempdir().unwrap();
    let folder = dir.path().to_owned();
    let start = Start::new(&Wrapper::ckwrap("--engine local --time-limit 1h"), RUNS).after(MEMORY);
    let mut run = start
        .set(move |command| {
            command.current_dir(folder).env("CKWRAP_LEAD", "[".repeat(100_000));
        })
        .go();
    assert_eq!(run.end(), End::Code(125));
    let said = run.all_errors();
    assert!(said.contains("CKWRAP_LEAD: checkpoint.lead") && said.len() < 8 << 10, "{said:.1000}");
}

/// A run directory with a chain `c`, whose directory holds this file.
fn with_chain(name: &str, make: impl FnOnce(&Path)) -> TempDir {
    let dir = tempdir().unwrap();
    for part in [".ckwrap", ".ckwrap/c"] {
        fs::create_dir(dir.path().join(part)).unwrap();
        fs::set_permissions(dir.path().join(part), Permissions::from_mode(0o700)).unwrap();
    }
    let path = dir.path().join(".ckwrap/c").join(name);
    make(&path);
    if path.is_file() {
        fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
    }
    dir
}

fn line_without_end(path: &Path) {
    fs::write(path, vec![b'x'; 100 << 20]).unwrap();
}

/// So many records of checkpoints, in one segment that has ended.
fn many_records(path: &Path) {
    let line = |text: &str| {
        format!("{text},\"crc\":\"{:08x}\"}}\n", crc32fast::hash(format!("{text}}}").as_bytes()))
    };
    let head = "{\"v\":1,\"t\":\"2025-11-22T00:00:00.000Z\",\"type\":";
    let first = line(&format!(
        "{head}\"segment_started\",\"segment\":1,\"job\":null,\"restart\":0,\"host\":\"n\",\"pid\":1,\"command\":[\"x\"],\"engine\":\"local\""
    ));
    let each = line(&format!(
        "{head}\"checkpoint\",\"segment\":1,\"id\":{{\"path\":\"md.cpt\",\"size\":1,\"modified_ns\":1,\"inode\":4}},\"asked\":false"
    ));
    // One of a segment that is not there is looked for among all.
    let lost = line(&format!("{head}\"told\",\"segment\":9,\"progress\":null,\"status\":\"x\""));
    fs::write(path, format!("{}{}", first.repeat(2_000), each.repeat(100_000) + &lost.repeat(10_000)))
        .unwrap();
}

#[rstest]
#[case::a_gigabyte("journal.jsonl", sparse)]
#[case::one_line("journal.jsonl", line_without_end)]
#[case::a_pipe("journal.jsonl", fifo)]
#[case::a_device("journal.jsonl", zeros)]
#[case::an_owner_of_a_gigabyte("owner.1", sparse)]
#[case::an_owner_that_is_a_pipe("owner.1", fifo)]
#[case::an_owner_under_another_number("owner.007", sparse)]
#[case::the_last_owner("owner.18446744073709551615", sparse)]
fn whatever_lies_in_the_place_of_the_journal_the_program_runs(#[case] name: &str, #[case] make: fn(&Path)) {
    let dir = with_chain(name, make);
    let mut run = start(dir.path(), "--chain c", RUNS);
    ran(&mut run, dir.path());
}

#[test]
fn a_journal_of_very_many_records_is_read() {
    let dir = with_chain("journal.jsonl", many_records);
    let mut run = start(dir.path(), "--chain c", RUNS);
    ran(&mut run, dir.path());
}

#[test]
fn too_many_checkpoints_are_told() {
    let dir = tempdir().unwrap();
    fs::write(dir.path().join("ckwrap.yaml"), "checkpoint: {glob: ['ck/*']}\n").unwrap();
    fs::create_dir(dir.path().join("ck")).unwrap();
    for number in 0..100_000 {
        File::create(dir.path().join("ck").join(number.to_string())).unwrap();
    }
    refused(dir.path(), "", &["ck/*", "10000"]);
}

#[rstest]
#[case::continued(format!("units lj\n{}run 10\n", "a &\n".repeat(1_000_000)), "in.x:2: `a &`: a command of more than")]
#[case::quoted(format!("print \"\"\"\n{}run 10\n", "a\n".repeat(1_000_000)), "in.x:1: `print \"\"\"`: a command of more than")]
#[case::including_itself("include in.x\n".repeat(50), "in.x:1: `include in.x`")]
#[case::many(format!("units lj\nread_data d\n{}run 10\n", "thermo 1\n".repeat(200_000)), "more than 10000 commands")]
#[case::multiplying(multiplying(), "in.x:33: `fix 1 all indent $(v_a0)`")]
fn an_input_that_would_take_for_ever_is_refused(#[case] text: String, #[case] said: &str) {
    let dir = tempdir().unwrap();
    fs::write(dir.path().join("in.x"), text).unwrap();
    let mut run = start(dir.path(), "--profile lammps", ["lmp", "-in", "in.x"]);
    assert_eq!(run.end(), End::Code(125));
    let errors = run.all_errors();
    assert!(errors.contains(said), "{errors:.1000}");
}

/// Variables that are each made of three more of the next.
fn multiplying() -> String {
    let line = |number: usize| format!("variable a{number} equal v_a{0}+v_a{0}+v_a{0}\n", number + 1);
    let lines: String = (0..30).map(line).collect();
    format!("{lines}variable a30 equal 1\nread_data d\nfix 1 all indent $(v_a0)\nrun 10\n")
}
