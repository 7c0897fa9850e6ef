//! Programs that do not listen, and checkpoints that are not whole: by the embedded scheduler, without Slurm.

use std::ffi::OsString;
use std::fs;
use std::path::Path;

use rstest::rstest;
use tempfile::{TempDir, tempdir};

use crate::support::{End, Running, Start, Wrapper, example};

/// A run directory with this configuration.
fn folder(yaml: &str) -> TempDir {
    let folder = tempdir().unwrap();
    fs::write(folder.path().join("ckwrap.yaml"), yaml).unwrap();
    folder
}

/// Runs a command in that directory, segment after segment of so many seconds.
fn local<W: Into<OsString>>(folder: &Path, options: &str, command: impl IntoIterator<Item = W>) -> Running {
    let folder = folder.to_owned();
    Start::new(&Wrapper::ckwrap(&format!("--engine local {options}")), command)
        .set(move |command| {
            command.current_dir(folder);
        })
        .go()
}

fn heat(folder: &Path, options: &str, heat: &str) -> Running {
    let words = heat.split_whitespace().map(OsString::from);
    let words = std::iter::once(example("heat").into_os_string()).chain(words);
    local(folder, options, words.collect::<Vec<_>>())
}

#[test]
fn a_chain_of_segments_ends_like_an_uninterrupted_run() {
    let (chain, straight) = (folder("checkpoint: {glob: [heat.ck]}\n"), folder(""));
    let mut run = heat(chain.path(), "--time-limit 2s --lead 1s", "--size 30 --steps 600 --pace 5");
    let mut segments = 0;
    while let Some(line) = run.line() {
        segments += usize::from(line.starts_with("heat: ready"));
    }
    assert_eq!(run.end(), End::Code(0), "{}", run.all_errors());
    assert!(segments >= 3, "{segments}");
    assert_eq!(heat(straight.path(), "--time-limit 1h", "--size 30 --steps 600").end(), End::Code(0));
    let [one, other] = [chain, straight].map(|folder| fs::read(folder.path().join("heat.out")).unwrap());
    assert!(one == other);
}

#[rstest]
#[case::finished("exit 0", End::Code(0), "finished")]
#[case::failed("exit 7", End::Code(7), "the program failed")]
#[case::killed("kill -SEGV $$", End::Signal(11), "the program failed")]
#[case::missing_program("exec /no/such/program", End::Code(127), "the program failed")]
fn the_code_of_the_last_segment_is_the_program_s(#[case] script: &str, #[case] end: End, #[case] said: &str) {
    let folder = folder("checkpoint: {glob: [state]}\n");
    let mut run = local(folder.path(), "--time-limit 1h", ["/bin/sh", "-c", script]);
    let seen = run.end();
    let errors = run.all_errors();
    // A death by signal may be told as 128+n too.
    assert!(seen == end || seen.shell_code() == end.shell_code(), "{seen:?} {errors}");
    assert!(errors.contains(said), "{errors}");
}

#[test]
fn a_command_that_cannot_be_found_leaves_127_and_no_chain() {
    let folder = folder("");
    let mut run = local(folder.path(), "--time-limit 1h", ["/no/such/program"]);
    assert_eq!(run.end(), End::Code(127));
    assert!(run.all_errors().contains("/no/such/program"));
}

#[test]
fn max_segments_and_no_continuation_end_with_the_code_for_unfinished() {
    let folder = folder("checkpoint: {glob: [state]}\n");
    let saves = ["/bin/sh", "-c", "echo ran >> runs; echo $$ > state; exit 85"];
    let mut run = local(folder.path(), "--time-limit 1h --continue none", saves);
    assert_eq!(run.end(), End::Code(85));
    assert_eq!(fs::read_to_string(folder.path().join("runs")).unwrap(), "ran\n");
    let mut run = local(folder.path(), "--time-limit 1h --max-segments 3", saves);
    assert_eq!(run.end(), End::Code(85));
    assert!(run.all_errors().contains("max_segments"));
    assert_eq!(
        fs::read_to_string(folder.path().join("runs")).unwrap(),
        "ran\nran\nran\n",
        "the chain's, not the run's"
    );
}

#[test]
fn a_program_that_does_not_listen_is_ended_at_the_margin_and_stops_the_chain_when_it_stalls_twice() {
    let folder = folder("checkpoint: {glob: [heat.ck]}\n");
    let mut run = heat(
        folder.path(),
        "--time-limit 2s --lead 1s",
        "--size 20 --steps 1000000 --pace 5 --ignore-signal",
    );
    let mut segments = 0;
    while let Some(line) = run.line() {
        segments += usize::from(line.starts_with("heat: ready"));
    }
    let end = run.end();
    let said = run.all_errors();
    assert_eq!((segments, end), (2, End::Code(124)), "{said}");
    assert!(said.contains("time is up") && said.contains("max_stalls"), "{said}");
    assert!(!folder.path().join("heat.ck").exists());
}

#[test]
fn a_signal_that_comes_before_the_handler_is_held() {
    let folder = folder("checkpoint: {glob: [heat.ck]}\ntrigger: [{signal: USR1}]\n");
    let options = "--size 20 --steps 1000000 --pace 5 --late-handler 1500";
    // The checkpoint is due before heat listens.
    let mut run = heat(folder.path(), "--time-limit 2s --lead 1s --continue none", options);
    run.line_with("heat: checkpoint");
    let end = run.end();
    let said = run.all_errors();
    assert_eq!(end, End::Code(85), "{said}");
    assert!(folder.path().join("heat.ck").exists());
}

#[test]
fn sigterm_before_the_handler_is_there_does_not_lose_the_run() {
    let folder = folder("checkpoint: {glob: [heat.ck]}\ntrigger: [{signal: USR1}]\n");
    let options = "--size 20 --steps 1000000 --pace 5 --late-handler 800";
    let run = heat(folder.path(), "--time-limit 1h", options);
    // heat has not said that it is ready, but it runs.
    run.error_with("left; checkpoint");
    run.send(15);
    let mut run = run;
    run.line_with("heat: checkpoint");
    let end = run.end();
    let said = run.all_errors();
    assert!(folder.path().join("heat.ck").exists(), "{end:?} {said}");
}

#[test]
fn a_newest_checkpoint_that_is_cut_short_gives_way_to_the_one_before() {
    let folder = folder(
        "checkpoint: {glob: [state.ck], fallback: [state_prev.ck], validate: [{run: [/bin/grep, -q, END, '{}']}]}\n\
         restart: {how: append, args: [--from, '{checkpoint}']}\n",
    );
    fs::write(folder.path().join("state_prev.ck"), "data END\n").unwrap();
    fs::write(folder.path().join("state.ck"), "da").unwrap();
    let mut run =
        local(folder.path(), "--time-limit 1h", ["/bin/sh", "-c", "echo \"$CKWRAP_CHECKPOINT $*\"", "sim"]);
    let line = run.line();
    let end = run.end();
    let said = run.all_errors();
    assert_eq!(line.as_deref(), Some("state_prev.ck --from state_prev.ck"), "{said}");
    assert_eq!(end, End::Code(0), "{said}");
    assert!(said.contains("state.ck is not whole"), "{said}");
}

#[test]
fn a_checkpoint_that_is_cut_short_does_not_count_as_new() {
    // heat overwrites with half a file; the next start refuses, as no whole one is left.
    let folder = folder(
        "checkpoint: {glob: [heat.ck], validate: [{run: [/bin/sh, -c, '[ $(/usr/bin/wc -c < {}) -gt 2000 ]']}]}\n",
    );
    let mut run = heat(
        folder.path(),
        "--time-limit 2s --lead 1s --continue none",
        "--size 20 --steps 1000000 --pace 5 --truncate",
    );
    let end = run.end();
    let said = run.all_errors();
    assert_eq!(end, End::Code(85), "{said}");
    assert!(said.contains("heat.ck is not whole") && said.contains("no new checkpoint"), "{said}");
}

#[test]
fn without_a_thread_for_files_the_chain_is_kept_all_the_same() {
    let folder = folder("checkpoint: {glob: [state]}\n");
    let strace = ["/usr/bin/strace", "-f", "-qqq", "-o", "/dev/null", "-e", "inject=clone3:error=EAGAIN"];
    let ckwrap = Wrapper::ckwrap("--engine local --time-limit 1h --max-segments 2");
    let words = strace.into_iter().map(OsString::from).chain(ckwrap.words().iter().cloned());
    let words =
        words.chain(["/bin/sh", "-c", "echo ran >> runs; echo $$ > state; exit 85"].map(OsString::from));
    let path = folder.path().to_owned();
    let mut run = Start::new(&Wrapper::bare(), words.collect::<Vec<_>>())
        .set(move |command| {
            command.current_dir(path);
        })
        .go();
    let end = run.end();
    let said = run.all_errors();
    assert_eq!(end, End::Code(85), "{said}");
    assert_eq!(said.matches("no thread could be started").count(), 1, "{said}");
    assert_eq!(fs::read_to_string(folder.path().join("runs")).unwrap(), "ran\nran\n");
}

#[test]
fn what_another_segment_was_told_is_not_told_again() {
    let folder = folder("checkpoint: {glob: [state]}\n");
    let script = "echo told ${CKWRAP_STOP_FILE-nothing} ${CKWRAP_TOKEN-nothing}";
    let mut run = Start::new(&Wrapper::ckwrap("--engine local --time-limit 1h"), ["/bin/sh", "-c", script])
        .set({
            let folder = folder.path().to_owned();
            move |command| {
                command.current_dir(folder).env("CKWRAP_ACTIVE", "7.0");
                command.env("CKWRAP_STOP_FILE", "/elsewhere/STOP").env("CKWRAP_TOKEN", "other");
            }
        })
        .go();
    assert_eq!(run.line_with("told "), "told nothing nothing");
    assert_eq!(run.finish(), End::Code(0));
}

/// However few descriptors there are, the program runs and its code is seen.
#[rstest]
fn with_hardly_any_descriptor_the_program_runs(#[values(4, 5, 6, 7, 8, 9, 10, 11, 12)] most: u32) {
    let folder = folder("");
    let mut run = Start::new(&Wrapper::ckwrap("--engine local --time-limit 1h"), ["/bin/sh", "-c", "exit 7"])
        .after(&format!("ulimit -n {most}"))
        .set({
            let folder = folder.path().to_owned();
            move |command| {
                command.current_dir(folder);
            }
        })
        .go();
    let end = run.end();
    let said = run.all_errors();
    assert!(end == End::Code(7) || (end == End::Code(125) && said.contains("error:")), "{end:?} {said}");
}

#[test]
fn a_file_of_two_sets_is_set_aside_once() {
    let folder = folder("checkpoint: {kind: set, glob: [one, common], fallback: [older, common]}\n");
    for name in ["one", "older", "common"] {
        fs::write(folder.path().join(name), name).unwrap();
    }
    let mut run = local(folder.path(), "--time-limit 1h --fresh", ["/bin/sh", "-c", "exit 0"]);
    assert_eq!(run.end(), End::Code(0), "{}", run.all_errors());
}

/// A program that picks its newest checkpoint by itself must not find one that is not whole, as OpenFOAM would.
#[test]
fn what_is_not_whole_is_moved_out_of_the_programs_way() {
    const RULE: &str = "checkpoint: {glob: [\"[0-9]*\"], not_glob: [\"0\"], kind: dir, pick: max_number, set_aside: invalid, validate: [{same_files_as: previous}]}\n";
    let folder = folder(RULE);
    for file in ["0/U", "0.4/U", "0.4/p", "0.5/U"] {
        let path = folder.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "x").unwrap();
    }
    let shows = ["/bin/sh", "-c", "echo from:$CKWRAP_CHECKPOINT [0-9]*"];
    let mut run = local(folder.path(), "--time-limit 1h", shows);
    let line = run.line().unwrap_or_default();
    assert!(line.starts_with("from:0.4 0 0.4 0.5.incomplete-"), "{line} {}", run.all_errors());
    assert_eq!(run.end(), End::Code(0));
    let said = run.all_errors();
    assert!(
        said.contains("0.5 has no p, which 0.4 has") && said.contains("0.5 is now 0.5.incomplete-"),
        "{said}"
    );
}

/// The user's input says `restart = no`, and stays so.
#[test]
fn a_copy_of_the_input_is_edited_and_the_users_file_is_not_touched() {
    const RULE: &str = "checkpoint: {glob: [\"ck_[0-9]*\"], pick: max_number}\n\
        restart: {how: edit, edit: [{file: run.in, regex: '^restart *=.*', to: 'restart = {checkpoint:number}'}]}\n";
    let folder = folder(RULE);
    let input = "# caf\u{e9}\nrestart = no\nsteps = 9\n";
    fs::write(folder.path().join("run.in"), input).unwrap();
    let script = "echo $1; read first < $1; echo $first; grep restart $1; \
        test -e ck_0012 || { echo x > ck_0012; exit 85; }";
    let mut run =
        local(folder.path(), "--time-limit 1h --chain mine", ["/bin/sh", "-c", script, "sh", "run.in"]);
    let lines: Vec<String> = std::iter::from_fn(|| run.line()).collect();
    let expected =
        ["run.in", "# caf\u{e9}", "restart = no", ".ckwrap/mine/input/run.in", "# caf\u{e9}", "restart = 12"];
    assert_eq!(lines, expected, "{}", run.all_errors());
    assert_eq!(run.end(), End::Code(0));
    assert_eq!(fs::read_to_string(folder.path().join("run.in")).unwrap(), input);
}

#[test]
fn a_rule_that_fits_nothing_is_told_before_anything_starts() {
    let rule = "restart: {how: edit, edit: [{file: run.in, regex: '^restart *=.*', to: x}]}\n";
    let folder = folder(rule);
    fs::write(folder.path().join("run.in"), "steps = 9\n").unwrap();
    let mut run = local(folder.path(), "--time-limit 1h", ["/bin/sh", "-c", "echo ran", "run.in"]);
    assert_eq!(run.end(), End::Code(125));
    let said = run.all_errors();
    assert!(said.contains("ckwrap.yaml:1:") && said.contains("restart.edit[0].regex"), "{said}");
    assert!(said.contains("nothing in run.in matches `^restart *=.*`"), "{said}");
}
