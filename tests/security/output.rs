//! What ckwrap says is read by people on terminals and by programs line by line: names that others have chosen must not
//! make lines of their own, move the cursor or turn the text around.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use rstest::rstest;
use tempfile::{TempDir, tempdir};

use crate::support::{End, FakeSlurm};

/// Clears the screen, forges a line of ckwrap's, turns the rest around.
const EVIL: &str = "x\nckwrap: error: forged\r\u{1b}[2J\u{9b}2J\u{202e}y\u{2028}z";

fn ckwrap(dir: &Path, words: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ckwrap"));
    for (name, _) in std::env::vars_os() {
        if ["SLURM_", "CKWRAP_", "NOTIFY_"].iter().any(|prefix| name.to_string_lossy().starts_with(prefix)) {
            command.env_remove(name);
        }
    }
    command.args(words).current_dir(dir).output().unwrap()
}

/// One event is one line, and each line is ckwrap's.
#[track_caller]
fn nothing_is_forged(text: &[u8]) {
    let text = String::from_utf8(text.to_vec()).unwrap();
    for line in text.lines() {
        assert!(!line.trim_start().starts_with("ckwrap: error: forged"), "{text}");
    }
    let bad = |c: char| (c.is_control() && c != '\n') || matches!(c, '\u{202e}' | '\u{2028}' | '\u{9b}');
    assert!(!text.contains(bad), "{text:?}");
}

/// A run directory with checkpoints of such names: one whole, one not.
fn run_dir(name: &str) -> (TempDir, std::path::PathBuf) {
    let dir = tempdir().unwrap();
    let run = dir.path().join(name);
    fs::create_dir(&run).unwrap();
    fs::write(run.join("ckwrap.yaml"), "checkpoint: {glob: ['*.ck'], validate: [{min_size: 3}]}\n").unwrap();
    fs::write(run.join(format!("a{EVIL}.ck")), "").unwrap();
    fs::write(run.join(format!("b{EVIL}.ck")), "whole").unwrap();
    (dir, run)
}

const LOCAL: [&str; 6] = ["--engine", "local", "--time-limit", "1h", "--continue", "none"];

#[rstest]
#[case::text(&["-v"])]
#[case::fresh(&["-v", "--fresh"])]
#[case::json(&["-v", "--log-format", "json"])]
fn names_of_files_make_no_lines(#[case] options: &[&str]) {
    let (_dir, run) = run_dir(EVIL);
    let words = [&LOCAL[..], options, &["--", "/bin/sh", "-c", "exit 7", EVIL]].concat();
    let output = ckwrap(&run, &words);
    assert_eq!(output.status.code(), Some(7));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        said.contains("is not used") || said.contains(".before-fresh-") || said.contains("not whole"),
        "{said}"
    );
    nothing_is_forged(&output.stderr);
    for line in said.lines() {
        let is_own = line.starts_with("ckwrap: ") || serde_json::from_str::<serde_json::Value>(line).is_ok();
        assert!(is_own, "{line:?}");
    }
}

#[test]
fn names_of_files_and_words_are_harmless_where_plans_are_shown() {
    let (_dir, run) = run_dir(EVIL);
    let words = [&LOCAL[..], &["--dry-run", "--", "/bin/sh", "-c", EVIL]].concat();
    let output = ckwrap(&run, &words);
    assert_eq!(output.status.code(), Some(0));
    nothing_is_forged(&output.stdout);
    nothing_is_forged(&output.stderr);
    // What it prints can still be typed.
    let text = String::from_utf8(output.stdout).unwrap();
    let command = text.lines().find_map(|line| line.strip_prefix("command:")).unwrap().trim();
    let words = format!("printf %s {}", command.replacen("/bin/sh -c ", "", 1));
    let echoed = Command::new("bash").args(["-c", &words]).env("LC_ALL", "C.UTF-8").output().unwrap();
    assert_eq!(String::from_utf8_lossy(&echoed.stdout), EVIL, "{command}");
}

#[test]
fn what_the_status_shows_is_harmless() {
    let (_dir, run) = run_dir(EVIL);
    for words in [&["status"][..], &["status", "none"], &["status", "-C", EVIL], &["config"]] {
        let output = ckwrap(&run, words);
        nothing_is_forged(&output.stdout);
        nothing_is_forged(&output.stderr);
    }
    let words =
        [&LOCAL[..], &["--", "/bin/sh", "-c", "ckwrap notify --status \"$0\"; exit 7", EVIL]].concat();
    assert_eq!(ckwrap(&run, &words).status.code(), Some(7));
    fs::create_dir(run.join(".ckwrap/not-ours")).unwrap();
    fs::set_permissions(run.join(".ckwrap/not-ours"), std::os::unix::fs::PermissionsExt::from_mode(0o777))
        .unwrap();
    for words in [&["status"][..], &["status", "local"], &["status", "--json"], &["config", "--json"]] {
        nothing_is_forged(&ckwrap(&run, words).stdout);
    }
}

#[rstest]
#[case::unknown_key("checkpoint: {led: 5m}\n")]
#[case::evil_key("\"x\\nckwrap: error: forged\\e[2J\": 1\n")]
#[case::evil_value("profile: \"x\\nckwrap: error: forged\\e[2J\"\n")]
#[case::evil_mode("continue: {mode: \"x\\nckwrap: error: forged\\e[2J\"}\n")]
#[case::evil_profile_path("profile: \"./x\\nckwrap: error: forged\\e[2J.yaml\"\n")]
fn what_is_quoted_of_a_configuration_makes_no_lines(#[case] yaml: &str) {
    let (_dir, run) = run_dir(EVIL);
    fs::write(run.join("ckwrap.yaml"), yaml).unwrap();
    let output = ckwrap(&run, &["--", "true"]);
    assert_eq!(output.status.code(), Some(125));
    nothing_is_forged(&output.stderr);
}

/// A line is at most as long as a pipe takes at once, and one of JSON is whole all the same.
#[rstest]
#[case("\"")]
#[case("\\")]
#[case("ü")]
#[case("🦀")]
#[case("a")]
fn a_long_line_of_json_is_whole(#[case] letter: &str) {
    let dir = tempdir().unwrap();
    let long = letter.repeat(20_000);
    let words =
        [&LOCAL[..], &["-v", "--log-format", "json", "--", "/bin/sh", "-c", "exit 7", &long]].concat();
    let output = ckwrap(dir.path(), &words);
    assert_eq!(output.status.code(), Some(7));
    let mut longest = 0;
    for line in output.stderr.split_inclusive(|byte| *byte == b'\n') {
        let record: serde_json::Value = serde_json::from_slice(line).unwrap();
        assert!(record["message"].is_string());
        assert!(line.len() <= 4096, "{}", line.len());
        longest = longest.max(line.len());
    }
    assert!(longest > 400, "{longest}");
}

#[test]
fn what_a_scheduler_says_makes_no_lines() {
    let plan = format!("refused(scontrol: error: {EVIL})");
    let slurm = FakeSlurm::new(std::time::Duration::from_secs(3600))
        .config("checkpoint: {glob: [state]}\n")
        .plan("requeue", &plan)
        .plan("sbatch", &plan);
    let mut run = slurm.run("", ["/bin/sh", "-c", "echo data > state; exit 85"]);
    assert_ne!(run.end(), End::Code(125));
    let said = run.all_errors();
    assert!(said.contains("forged"), "it is told: {said}");
    nothing_is_forged(said.as_bytes());
}
