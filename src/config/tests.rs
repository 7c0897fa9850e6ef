//! Whole ways through the configuration: files, profiles and options to a plan or an error.

use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::time::Duration;

use proptest::prelude::*;
use rstest::rstest;

use super::*;
use crate::model::{ContinuationMode, Signal, Target, Trigger};
use crate::policy::Lead;
use crate::profile::rules::{Condition, FinishRule, How, NumberFrom, Validation, When};
use crate::profile::{GENERIC, restart};

/// A run directory with files.
pub(super) struct Run {
    dir: tempfile::TempDir,
    overrides: Vec<Override>,
    environment: Vec<(&'static str, &'static str)>,
}

impl Run {
    pub(super) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
        Self { dir, overrides: Vec::new(), environment: Vec::new() }
    }

    pub(super) fn file(self, name: &str, text: &str) -> Self {
        let path = self.dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    pub(super) fn option(mut self, key: &str, text: &str) -> Self {
        self.overrides.push(Override::text(key, text, Origin::Option(format!("--{key}"))));
        self
    }

    pub(super) fn load(&self, line: &str) -> Result<Loaded, ConfigError> {
        let command: Vec<OsString> = line.split_whitespace().map(OsString::from).collect();
        self.load_words(&command)
    }

    fn load_words(&self, command: &[OsString]) -> Result<Loaded, ConfigError> {
        let environment = |name: &str| {
            self.environment.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(value))
        };
        load(&Request {
            cwd: self.dir.path(),
            home: Some(self.dir.path()),
            uid: self.dir.path().metadata().unwrap().uid(),
            file: None,
            file_by: &Origin::Default,
            overrides: &self.overrides,
            command,
            environment: &environment,
        })
    }

    /// The error's text, with the directory's name taken out.
    pub(super) fn error(&self, line: &str) -> String {
        let text = self.load(line).err().map(|error| error.to_string()).unwrap_or_default();
        text.replace(&format!("{}/", self.dir.path().display()), "")
    }
}

fn in_file(number: &NumberFrom) -> (&Path, &str) {
    let NumberFrom::Text(number) = number else { panic!("{number:?}") };
    (&number.file, &number.regex)
}

fn yaml(text: &str) -> Run {
    Run::new().file(FILE_NAME, text)
}

#[test]
fn nothing_said_is_the_generic_profile() {
    let loaded = Run::new().load("./sim 1").unwrap();
    assert_eq!(loaded.plan.profile.name, GENERIC);
    assert_eq!(loaded.plan.profile.triggers, [Trigger::Auto]);
    assert_eq!(loaded.plan.settings.lead, Lead::Initial(Duration::from_mins(5)));
    assert_eq!(loaded.plan.settings.stopped_exit, [85]);
    assert_eq!((loaded.file, loaded.origins), (None, Origins::default()));
}

#[test]
fn the_documented_defaults_are_the_defaults() {
    let bare = Run::new().load("./sim").unwrap();
    let said = yaml(effective::DEFAULTS).load("./sim").unwrap();
    assert_eq!(bare.plan, said.plan);
    let generic = yaml("profile: generic").load("./sim").unwrap();
    assert_eq!(bare.plan, generic.plan);
}

#[test]
fn the_profile_none_leaves_the_program_alone() {
    let loaded = Run::new().option("profile", "none").load("gmx mdrun").unwrap();
    let profile = loaded.plan.profile;
    assert_eq!((profile.name.as_str(), profile.triggers.len()), ("none", 0));
    assert_eq!((profile.restart.how, profile.checkpoint), (How::Same, None));
}

#[test]
fn layers_win_in_their_order_and_are_remembered() {
    let run = yaml("continue:\n  max_segments: 5\n  mode: successor\ncheckpoint: {lead: 90}\n")
        .option("continue.max_segments", "7")
        .option("continue.expedite", "false")
        .option("deadline.limit", "12:00:00");
    let loaded = run.load("./sim").unwrap();
    let settings = &loaded.plan.settings;
    assert_eq!((settings.max_segments, settings.mode), (7, ContinuationMode::Successor));
    assert_eq!(settings.lead, Lead::Fixed(Duration::from_mins(90)));
    assert!(!settings.expedite);
    assert_eq!(loaded.plan.limit, Limit::Fixed(Duration::from_hours(12)));
    let origin = |key: &str| loaded.origins.get(key).describe(key);
    assert_eq!(origin("continue.max_segments"), "--continue.max_segments");
    assert!(origin("continue.mode").ends_with("ckwrap.yaml:3"), "{}", origin("continue.mode"));
    assert!(origin("checkpoint.lead").ends_with("ckwrap.yaml:4"));
    assert_eq!(origin("continue.exit_code"), "default");
}

#[rstest]
#[case("gmx mdrun", "state.cpt", "state_prev.cpt", "md.log")]
#[case("gmx mdrun -v -deffnm run/md", "run/md.cpt", "run/md_prev.cpt", "run/md.log")]
#[case("gmx mdrun -deffnm md -cpo ck -g out.log", "ck.cpt", "ck_prev.cpt", "out.log")]
#[case("srun gmx_mpi mdrun -cpo a/b.cpt -g l", "a/b.cpt", "a/b_prev.cpt", "l.log")]
fn gromacs_files(#[case] line: &str, #[case] glob: &str, #[case] fallback: &str, #[case] log: &str) {
    let profile = Run::new().load(line).unwrap().plan.profile;
    let checkpoint = profile.checkpoint.unwrap();
    assert_eq!((checkpoint.glob[0].as_str(), checkpoint.fallback[0].as_str()), (glob, fallback));
    let Some(FinishRule::Any(conditions)) = profile.finish else { panic!("no finish rule") };
    let [Condition::Reached { have, want }] = conditions.as_slice() else { panic!("{conditions:?}") };
    assert_eq!((in_file(have).0, want.len()), (Path::new(log), 2));
}

#[test]
fn gromacs_as_a_whole() {
    let plan = Run::new().load("mpirun -np 2 /opt/gmx_mpi mdrun -deffnm md").unwrap().plan;
    let profile = plan.profile;
    assert_eq!((profile.name.as_str(), profile.kill_safe), ("gromacs", true));
    let limit = Trigger::Limit(vec!["-maxh".into(), "{hours_left}".into()]);
    assert_eq!(profile.triggers, [Trigger::Signal { signal: Signal::TERM, to: Target::Rank }, limit]);
    let check = ["/opt/gmx_mpi", "-quiet", "check", "-f", "{}"].map(str::to_owned).to_vec();
    assert_eq!(profile.checkpoint.unwrap().validate, [Validation::Nonempty, Validation::Run(check)]);
    assert_eq!((profile.restart.how, profile.restart.when), (How::Append, When::Always));
    let words = |checkpoint: Option<&str>| {
        restart::command_line(&plan.command, &profile.restart, checkpoint.map(Path::new))
    };
    assert_eq!(words(None)[7..], ["-cpi", "md.cpt"]);
    assert_eq!(words(Some("md_prev.cpt"))[7..], ["-cpi", "md_prev.cpt"]);
}

#[rstest]
#[case::srun("srun ./sim", "{signal: TERM}", Some("it would kill its ranks at once"))]
#[case::mpirun("env mpirun -n 2 ./sim", "{signal: INT, to: launcher}", Some("within two seconds"))]
#[case::group("srun ./sim", "{signal: HUP, to: group}", Some("`to: rank`"))]
#[case::torchrun("torchrun train.py", "{signal: USR1}", Some("`to: ranks`"))]
#[case::handed_on("srun ./sim", "{signal: USR1}", None)]
#[case::to_a_rank("mpirun ./sim", "{signal: TERM, to: rank}", None)]
#[case::no_launcher("./sim", "{signal: TERM}", None)]
fn no_signal_that_would_end_a_launcher(
    #[case] line: &str,
    #[case] trigger: &str,
    #[case] error: Option<&str>,
) {
    let run = Run::new().file("ckwrap.yaml", &format!("trigger: [{trigger}]\n"));
    match error {
        Some(text) => {
            let error = run.error(line);
            assert!(error.contains(text) && error.contains("trigger[0].signal"), "{error}");
        }
        None => assert!(run.load(line).is_ok()),
    }
}

#[test]
fn a_check_runs_where_the_program_runs() {
    let profile = Run::new().load("srun apptainer exec i.sif gmx mdrun").unwrap().plan.profile;
    let validate = profile.checkpoint.unwrap().validate;
    let Some(Validation::Run(words)) = validate.last() else { panic!("{validate:?}") };
    assert_eq!(words[..5], ["apptainer", "exec", "i.sif", "gmx", "-quiet"]);
}

#[test]
fn the_users_own_limit_flag_stands() {
    let profile = Run::new().load("gmx mdrun -maxh 2").unwrap().plan.profile;
    assert_eq!(profile.triggers.len(), 1);
}

#[test]
fn a_new_place_for_checkpoints_forgets_how_the_old_ones_were_checked() {
    let profile = yaml("checkpoint: {glob: [state.h5]}").load("gmx mdrun").unwrap().plan.profile;
    let checkpoint = profile.checkpoint.unwrap();
    assert_eq!((checkpoint.glob[0].as_str(), checkpoint.fallback.len()), ("state.h5", 0));
    assert_eq!(checkpoint.validate, [Validation::Nonempty]);
    let profile = yaml("checkpoint: {lead: 1m}").load("gmx mdrun").unwrap().plan.profile;
    assert_eq!(profile.checkpoint.unwrap().validate.len(), 2);
}

#[test]
fn the_numbers_in_a_real_log_are_found() {
    const LOG: &str = "   nsteps                         = 85000\n   init-step                      = 0\n\
                       Writing checkpoint, step 1200 at Sun\nWriting checkpoint, step 85000 at Sun\n";
    let profile = Run::new().load("gmx mdrun").unwrap().plan.profile;
    let Some(FinishRule::Any(conditions)) = profile.finish else { panic!() };
    let Condition::Reached { have, want } = &conditions[0] else { panic!() };
    let last = |pattern: &str| {
        let regex = regex_lite::Regex::new(pattern).unwrap();
        regex.captures_iter(LOG).last().unwrap()[1].to_owned()
    };
    assert_eq!(last(in_file(have).1), "85000");
    assert_eq!(want.iter().map(|number| last(in_file(number).1)).collect::<Vec<_>>(), ["85000", "0"]);
}

#[test]
fn a_profile_of_the_users_own_refines_another() {
    let run = yaml("profile: ./profiles/mine.yaml\n")
        .file("profiles/mine.yaml", "inherits: ./base.yaml\nstatus: experimental\npoll: 20s\n")
        .file("profiles/base.yaml", "inherits: gromacs\nvars: {name: {default: topol}}\neffect: continue\n");
    let profile = run.load("gmx mdrun").unwrap().plan.profile;
    assert_eq!((profile.name.as_str(), profile.experimental, profile.poll_ms), ("mine", true, 20_000));
    assert_eq!(profile.checkpoint.unwrap().glob, ["topol.cpt"]);
    assert_eq!(profile.effect, crate::model::Effect::Continue);
}

#[test]
fn every_form_of_a_profile_is_read() {
    let text = r#"
vars:
  out: {in: "{inp}", regex: "OutputDir\\s+(\\S+)"}
  inp: {arg: [--input, "i=", 3], env: INP, default: in.par}
  first: {arg: 1}
  log: {default: "{out}/log.txt"}
trigger:
- auto
- {to: launcher, signal: SIGUSR2}
- {text: "stop\n", file: "{out}/STOP"}
- {run: [dmtcp_command, -kc, 4]}
- {wait: periodic}
checkpoint:
  glob: ["{out}/restart.*"]
  kind: set
  pick: max_number
  not_glob: ["*.tmp"]
  set_aside: invalid
  validate: [nonempty, {min_size: 10}, {tail: "end\0"}, {has: "{}/Header"}, {run: [check, "{}"]}]
restart: {how: replace, args: ["-r{checkpoint}"], drop: ["-i:1"], unless: [-r]}
finish:
  all:
  - exit: [0]
  - {log: 'done {2}'}
  - log: {file: x.log, regex: done, not: "not done"}
  - {file: OK}
  - {absent: "*.ckp"}
  - {reached: ["a: x: (\\d+)", {names: "[0-9]*"}]}
stopped: {exit: [85, 3], log: [interrupted, {file: e.log, regex: stop}]}
kill: {safe: true}
"#;
    let run = yaml(text).file("data.par", "OutputDir [run]\n");
    let profile = run.load("./sim --input=data.par").unwrap().plan.profile;
    assert_eq!(profile.triggers.len(), 5);
    assert_eq!(profile.triggers[2], Trigger::File { path: "[run]/STOP".into(), text: "stop\n".into() });
    assert_eq!(profile.triggers[3], Trigger::Run(["dmtcp_command", "-kc", "4"].map(str::to_owned).to_vec()));
    let checkpoint = profile.checkpoint.unwrap();
    assert_eq!(checkpoint.glob, ["[[]run[]]/restart.*"]);
    assert_eq!(checkpoint.validate[2], Validation::Tail(b"end\0".to_vec()));
    let Some(FinishRule::All(conditions)) = profile.finish else { panic!() };
    let log = Condition::Log { file: "[run]/log.txt".into(), regex: "done {2}".into(), not: None };
    assert_eq!(conditions[1], log);
    let Condition::Reached { have, want } = &conditions[5] else { panic!() };
    assert_eq!(want, &[NumberFrom::Names("[0-9]*".into())]);
    assert_eq!(in_file(have), (Path::new("a"), r"x: (\d+)"));
    assert_eq!(profile.stopped.log[0].file, Path::new("[run]/log.txt"));
}

#[rstest]
#[case(
    "checkpoint:\n  led: 5m\n",
    "ckwrap.yaml:2:3: checkpoint.led: unknown key\n  hint: did you mean `lead`?"
)]
#[case("a: 1\n", "ckwrap.yaml:1:1: a: unknown key\n  hint: one of profile, inherits,")]
#[case("log: {level: loud}", "ckwrap.yaml:1:14: log.level: `loud` is not one of error, warn,")]
#[case("chain: x\nchain: y\n", "ckwrap.yaml:2:1: chain: this key stands twice")]
#[case("vars:\n  a: {default: x}\n  a: {default: y}\n", "ckwrap.yaml:3:3: vars.a: this key stands twice")]
#[case(
    "checkpoint: {keep: many}",
    "ckwrap.yaml:1:20: checkpoint.keep: found \"many\", expected a whole number"
)]
#[case(
    "continue: {expedite: yes}",
    "ckwrap.yaml:1:22: continue.expedite: found \"yes\", expected true or false"
)]
#[case(
    "checkpoint: {glob: x.h5}",
    "ckwrap.yaml:1:20: checkpoint.glob: found \"x.h5\", expected a list such as [a, b]\n  hint: put it into brackets: [x.h5]"
)]
#[case("checkpoint: {lead: soon}", "ckwrap.yaml:1:20: checkpoint.lead: `soon` is not a duration; write 5m")]
#[case("checkpoint: {lead: atuo}", "`atuo` is not a duration; did you mean `auto`?")]
#[case(
    "deadline: {limit: [1]}",
    "ckwrap.yaml:1:19: deadline.limit: found a list, expected a duration such as"
)]
#[case(
    "deadline: {warning_signals: [USR3]}",
    "ckwrap.yaml:1:29: deadline.warning_signals: unknown signal `USR3`; write it as"
)]
#[case("deadline: {warning_signals: [USER1]}", "did you mean USR1?")]
#[case("deadline: {warning_signals: [KILL]}", "deadline.warning_signals[0]: SIGKILL cannot be caught")]
#[case(
    "trigger: [{sginal: TERM}]",
    "ckwrap.yaml:1:12: trigger[0].sginal: unknown key\n  hint: did you mean `signal`?"
)]
#[case("trigger: [{signal: TERM, file: x}]", "`file` is one key too many here; begin a new list entry")]
#[case("trigger: [{signal: STOP}]", "trigger[0].signal: SIGSTOP cannot be caught")]
#[case("trigger: [{wait: 5m}]", "trigger[0].wait: `5m` is not one of periodic")]
#[case("trigger: [{run: []}]", "trigger[0].run: needs at least one word")]
#[case("trigger: [{file: x, to: rank}]", "`to` goes with `signal` only")]
#[case("trigger: now", "`now` is neither a list of triggers nor")]
#[case("continue: {exit_code: 256}", "ckwrap.yaml:1:12: continue.exit_code: 256 is no exit code")]
#[case("continue: {exit_code: -1}", "continue.exit_code: -1 is no exit code")]
#[case("continue: {max_segments: 0}", "continue.max_segments: 0 would end every chain")]
#[case("continue: {max_walltime: 0}", "continue.max_walltime: a chain of no time")]
#[case("continue: {submit_command: []}", "continue.submit_command: a command has at least one word")]
#[case("deadline: {margin: 4s}", "deadline.margin: the continuation needs at least 5s")]
#[case(
    "deadline: {margin: 30s}\ncheckpoint: {lead: 30s}",
    "ckwrap.yaml:2:14: checkpoint.lead: 30s is not longer"
)]
#[case(
    "deadline: {limit: 5m}\ncheckpoint: {lead: 5m}",
    "checkpoint.lead: 5m is not shorter than the allocation"
)]
#[case("checkpoint: {every: 30m}", "checkpoint.every: not supported yet")]
#[case("checkpoint: {glob: [x], keep: 2}", "checkpoint.keep: says how many copies")]
#[case("checkpoint: {glob: [x], copy: true, keep: 0}", "checkpoint.keep: no copy is one too few")]
#[case("checkpoint: {copy: true}", "checkpoint.copy: says something of checkpoints")]
#[case("hooks: {fail: [[mail]]}", "hooks.fail: not supported yet")]
#[case("restart: {how: edit}", "restart.how: does not say what is edited")]
#[case(
    "restart: {how: edit, edit: lammps}
vars: {every: {default: x}}",
    "vars.every: `x` is no number of steps"
)]
#[case(
    "restart: {how: edit, edit: lamps}",
    "restart.edit: `lamps` is neither a list of changes nor `lammps`"
)]
#[case("restart: {edit: []}", "restart.edit: does not say that the input is to be edited")]
#[case("restart: {how: same, edit: lammps}", "restart.edit: goes with `how: edit` only")]
#[case(
    "restart: {how: edit, edit: [{file: in, regex: x, to: y}]}",
    "restart.edit[0].file: in does not stand on the command line"
)]
#[case(
    "restart: {how: edit, edit: [{file: in, regex: \"(\", to: y}]}",
    "ckwrap.yaml:1:40: restart.edit[0].regex: `(` is no"
)]
#[case(
    "restart: {how: append, args: [\"{command}\"]}",
    "restart.args[0]: `{command}` goes with `how: run` only"
)]
#[case(
    "restart: {how: run, args: [sh, -c, \"x {command}\"]}",
    "restart.args[2]: `{command}` stands for several words"
)]
#[case("retry: [{log: x, use: stop}]", "retry[0].log: does not say in which file")]
#[case("retry: [{use: stop}]", "retry[0].log: is missing")]
#[case("retry: [{log: {file: x, regex: y}}]", "retry[0].use: is missing")]
#[case("trigger: [{file: '{stderr}'}]", "trigger[0].file: {stderr} stands for what the program says")]
#[case("clean: [/tmp/x]", "clean[0]: `/tmp/x` leads out of the run directory")]
#[case("clean: [a/../../x]", "clean[0]: `a/../../x` leads out of the run directory")]
#[case("clean: ['']", "clean[0]: needs a pattern")]
#[case("clean: [.ckwrap/x]", "clean[0]: `.ckwrap/x` is ckwrap's own")]
#[case("chain: ../x", "ckwrap.yaml:1:1: chain: a chain name has")]
#[case("profile: gromcas", "profile: there is no profile `gromcas`\n  hint: did you mean `gromacs`?")]
#[case("profile: mine.yaml", "for a file write a path with a slash: ./mine.yaml")]
#[case("profile: ./mine.yaml", "mine.yaml: cannot be read: No such file")]
#[case("match: {exe: [x]}", "match: this key belongs into a profile")]
#[case(
    "checkpoint: {validate: [nonempty]}",
    "checkpoint.validate: says something of checkpoints, but not where"
)]
#[case("checkpoint: {glob: [\"{nam}.h5\"]}\nvars: {name: {default: x}}", "did you mean {name}?")]
#[case(
    "checkpoint: {glob: [\"{a}\"]}\nvars: {a: {default: \"{b}\"}, b: {default: \"{a}\"}}",
    "needs its own value"
)]
#[case("checkpoint: {glob: [\"a[\"]}", "checkpoint.glob[0]: `a[` is no file name pattern")]
#[case("finish: {any: [{reached: [\"a: 1\", \"b: (1)\"]}]}", "finish.any[0].reached[0]: `1` has no group")]
#[case(
    "finish: {any: [{reached: [{names: \"a[\"}, \"b: (1)\"]}]}",
    "finish.any[0].reached[0].names: `a[` is no file"
)]
#[case("checkpoint: {not_glob: [x]}", "checkpoint.not_glob: says something of checkpoints")]
#[case("checkpoint: {glob: [x], not_glob: [\"a[\"]}", "checkpoint.not_glob[0]: `a[` is no file name pattern")]
#[case("checkpoint: {glob: [x], validate: [{same_files_as: previous}]}", "add checkpoint.kind: dir")]
#[case("checkpoint: {glob: [x], validate: [{same_files_as: other}]}", "`other` is not one of previous")]
#[case("vars: {a: {arg: 0}}", "vars.a.arg: words are counted from 1")]
#[case("vars: {a: {arg: -1}}", "vars.a.arg: words are counted from 1")]
#[case("vars: {a: {arg: true}}", "vars.a.arg: found `true`, expected an option such as -i, a number")]
#[case("finish: {any: [{log: x}]}", "finish.any[0].log: does not say in which file")]
#[case("finish: {any: [{log: {file: f, regex: \"(\"}}]}", "is no regular expression")]
#[case("finish: {xyzzy: []}", "finish.xyzzy: unknown key\n  hint: one of any, all, sure may stand here")]
#[case("restart: {args: [x]}", "restart.args: does not say what happens")]
#[case("checkpoint:\n\tlead: 5m\n", "hint: line 2 is indented with a tab")]
#[case("a: [1, 2\nb: 3", "ckwrap.yaml:")]
#[case("- 1", "ckwrap.yaml:1:1: found a list, expected keys with values (KEY: VALUE)")]
#[case("checkpoint: [", "ckwrap.yaml:1:13: checkpoint: found a list, expected keys with values (KEY: VALUE)")]
#[case("checkpoint: 5", "checkpoint: found `5`, expected keys with values (KEY: VALUE)")]
#[case("checkpoint: {lead: 5m\n", "look here and just above for a bracket or quote")]
#[case("continue: {mode: [auto]}", "continue.mode: found a list, expected one word")]
#[case("stopped: {exit: [85, 400]}", "ckwrap.yaml:1:11: stopped.exit: 400 is no exit code")]
#[case("finish: {any: [{exit: [-1]}]}", "finish.any[0].exit: -1 is no exit code")]
#[case(
    "deadline: {margin: 30}",
    "deadline.margin: 30m is not shorter than the lead (5m)\n  hint: a number without a unit is minutes"
)]
#[case("profile: *x", "ckwrap.yaml:1:10: `*` begins an alias")]
#[case("chain: a\n---\nchain: b\n", "more than one document")]
fn what_is_wrong_is_said_with_place_and_remedy(#[case] text: &str, #[case] said: &str) {
    let error = yaml(text).error("./sim");
    assert!(error.contains(said), "{error}");
    assert!(error.contains("ckwrap.yaml:") || error.contains("mine.yaml:"), "{error}");
}

#[rstest]
#[case(
    "continue.max_segments",
    "many",
    "--continue.max_segments: continue.max_segments: found \"many\", expected"
)]
#[case("checkpoint.lead", "soon", "--checkpoint.lead: checkpoint.lead: `soon` is not a duration")]
#[case("continue.mode", "requeu", "did you mean `requeue`?")]
#[case("deadline.limit", "0", "deadline.limit: an allocation of no time")]
fn a_wrong_option_is_named(#[case] key: &str, #[case] text: &str, #[case] said: &str) {
    let error = Run::new().option(key, text).error("./sim");
    assert!(error.contains(said), "{error}");
}

#[rstest]
#[case("")]
#[case("# nothing\n")]
#[case("checkpoint:\nhooks:\n")]
#[case("\u{feff}chain: x\r\ncheckpoint:\r\n  lead: 5m\r\n")]
#[case("chain: 2024\nhooks: {}\nretry: []\n")]
#[case("trigger: none\ndeadline: {limit: UNLIMITED}\n")]
fn odd_but_good_files(#[case] text: &str) {
    let error = yaml(text).error("./sim");
    assert_eq!(error, "");
}

#[test]
fn profiles_that_inherit_in_a_circle_are_told() {
    let run =
        yaml("profile: ./a.yaml").file("a.yaml", "inherits: ./b.yaml").file("b.yaml", "inherits: ./a.yaml");
    let error = run.error("./sim");
    assert!(
        error.contains("b.yaml:1:1: inherits: goes round in a circle: a.yaml -> b.yaml -> a.yaml"),
        "{error}"
    );
}

#[test]
fn a_file_name_that_is_not_utf8_is_told_where_a_profile_needs_it() {
    let odd = OsString::from_vec(vec![b'm', 0xff]);
    let words = ["gmx".into(), "mdrun".into(), "-deffnm".into(), odd.clone()];
    let error = Run::new().load_words(&words).unwrap_err().to_string();
    assert!(error.contains("not UTF-8") && error.contains("--profile none"), "{error}");
    assert!(Run::new().load_words(&["./sim".into(), odd]).is_ok());
}

#[test]
fn the_configuration_in_force_has_every_value_and_origin() {
    let run = yaml("checkpoint: {lead: 90}\n").option("chain", "mine");
    let rows = effective(&run.load("gmx mdrun").unwrap());
    let row = |key: &str| rows.iter().find(|row| row.key == key).unwrap();
    assert_eq!(
        (row("checkpoint.lead").value.as_str(), row("chain").origin.as_str()),
        (Some("1h30m"), "--chain")
    );
    assert!(row("checkpoint.lead").origin.ends_with("ckwrap.yaml:1"));
    assert_eq!(row("trigger").origin, "profile gromacs");
    assert_eq!(row("trigger").value[0]["signal"], "SIGTERM");
    assert_eq!(row("continue.max_stalls").origin, "default");
    assert_eq!(row("vars.name").value["arg"], "-deffnm");
}

proptest! {
    #[test]
    fn no_text_panics(text in "([a-z]{1,8}|checkpoint|lead|trigger|[-:{}\\[\\],'\"&*!|>#% \\t\\n0-9]){0,40}") {
        let run = yaml(&text);
        let _ = run.load("./sim");
    }

    #[test]
    fn no_command_line_panics(words in proptest::collection::vec("(gmx|mdrun|srun|env|-[a-z]{1,7}|-deffnm|A=1|--|[{}a-z]{0,5})", 0..8)) {
        let words: Vec<OsString> = words.into_iter().map(OsString::from).collect();
        let _ = Run::new().load_words(&words);
    }
}

#[rstest]
#[case("- ".repeat(500_000))]
#[case("? ".repeat(500_000))]
#[case("[".repeat(4_999))]
#[case("{a: ".repeat(4_999))]
#[case((0..1400).map(|depth| " ".repeat(depth) + "a:\n").collect::<String>())]
#[case("a: b\n".repeat(200_000))]
#[case(format!("chain: {}", "x".repeat(1_000_000)))]
fn a_hostile_file_ends_soon_with_an_error(#[case] text: impl AsRef<str>) {
    let start = std::time::Instant::now();
    assert!(yaml(text.as_ref()).load("./sim").is_err());
    // Each takes less than a second on a quiet machine; a square in the size would take minutes.
    assert!(start.elapsed() < Duration::from_secs(30), "{:?}", start.elapsed());
}
