//! Profiles of a user's own that are wrong: refused with file, line, column, key and a way to mend it.

use rstest::rstest;

use super::tests::Run;

#[rstest]
#[case::regex_of_match("match: {exe_re: '('}", "my.yaml:1:9: match.exe_re: `(` is no regular expression")]
#[case::pattern(
    "checkpoint:\n  glob:\n  - ok\n  - 'a['",
    "my.yaml:4:5: checkpoint.glob[1]: `a[` is no file name pattern"
)]
#[case::variable(
    "vars: {name: {default: x}}\ncheckpoint: {glob: ['{nam}.h5']}",
    "my.yaml:2:21: checkpoint.glob[0]: `{nam}` is not a variable\n  hint: did you mean {name}?"
)]
#[case::value(
    "vars: {out: {arg: -o}}\ntrigger:\n- {file: '{out}/STOP'}",
    "my.yaml:3:4: trigger[0].file: `{out}` has no value on this command line\n  hint: give it a default"
)]
#[case::trigger(
    "trigger:\n- {signal: TERM}\n- {run: []}",
    "my.yaml:3:4: trigger[1].run: needs at least one word\n  hint: write a list"
)]
#[case::signal("trigger:\n- {signal: TRM}", "my.yaml:2:3: trigger[0]: unknown signal `TRM`")]
#[case::number(
    "finish:\n  any:\n  - reached: ['log: step', 'log: of (.*)']",
    "my.yaml:3:15: finish.any[0].reached[0]: `step` has no group\n  hint: put parentheses"
)]
#[case::log(
    "stopped:\n  log:\n  - done\n",
    "my.yaml:3:5: stopped.log[0]: does not say in which file\n  hint: write {file:"
)]
#[case::retry(
    "retry:\n- {log: {file: x, regex: '['}, use: stop}",
    "my.yaml:2:4: retry[0].log: `[` is no regular expression"
)]
#[case::retry_use(
    "retry:\n- {log: {file: x, regex: y}, use: again}",
    "my.yaml:2:35: retry[0].use: `again` is not one of fallback, stop"
)]
#[case::edit(
    "restart:\n  how: edit\n  edit:\n  - {file: in.dat, regex: x, to: y}",
    "my.yaml:4:6: restart.edit[0].file: in.dat does not stand on the command line"
)]
#[case::edit_file(
    "restart:\n  how: edit\n  edit:\n  - {file: input, regex: x, to: y}",
    "my.yaml:3:3: restart.edit: input cannot be read: No such file"
)]
#[case::command(
    "restart:\n  how: run\n  args: [sh, -c, '{command}; rm x']",
    "my.yaml:3:18: restart.args[2]: `{command}` stands for several words"
)]
#[case::validate(
    "checkpoint:\n  glob: [x]\n  validate: [{hass: y}]",
    "my.yaml:3:15: checkpoint.validate[0].hass: unknown key\n  hint: did you mean `has`?"
)]
#[case::clean("clean: [STOP, /tmp/x]", "my.yaml:1:15: clean[1]: `/tmp/x` leads out of the run directory")]
#[case::exit("stopped: {exit: [85, 256]}", "my.yaml:1:11: stopped.exit: 256 is no exit code")]
#[case::base(
    "inherits: gromcas",
    "my.yaml:1:1: inherits: there is no profile `gromcas`\n  hint: did you mean `gromacs`?"
)]
#[case::missing_base(
    "inherits: ./none.yaml",
    "none.yaml: cannot be read: No such file or directory (os error 2)\n  hint: named by my.yaml:1"
)]
#[case::misplaced(
    "profile: gromacs",
    "my.yaml:1:1: profile: a profile cannot choose a profile\n  hint: write `inherits:`"
)]
#[case::poll("poll: UNLIMITED", "my.yaml:1:1: poll: a program that never notices\n  hint: write a duration")]
fn a_broken_profile_is_named_with_line_key_and_remedy(#[case] text: &str, #[case] said: &str) {
    let run = Run::new().option("profile", "./my.yaml").file("my.yaml", text);
    let error = run.error("./sim input");
    assert!(error.contains(said), "{error}");
    assert!(error.contains("\n  hint: "), "{error}");
}

#[rstest]
#[case::as_it_must_be("  startFrom  latestTime ;", None)]
#[case::another(
    "startFrom startTime;",
    Some("require[0].regex: no line of cavity/system/controlDict matches")
)]
#[case::in_a_comment("// startFrom latestTime;", Some("hint: write `startFrom latestTime;` there"))]
fn an_openfoam_case_that_would_begin_anew_each_time_is_refused(
    #[case] line: &str,
    #[case] refused: Option<&str>,
) {
    let run =
        Run::new().file("cavity/system/controlDict", &format!("application icoFoam;\n{line}\nendTime 1;\n"));
    match refused {
        None => assert_eq!(run.load("icoFoam -case cavity").unwrap().plan.profile.name, "openfoam"),
        Some(said) => {
            let error = run.error("icoFoam -case cavity");
            assert!(error.contains(said), "{error}");
        }
    }
}

#[test]
fn a_broken_demand_is_told() {
    let run = Run::new().option("profile", "./my.yaml");
    let error = run.file("my.yaml", "require:\n- {file: input, regex: '(', why: x}").error("./sim input");
    assert!(error.contains("my.yaml:2:17: require[0].regex: `(` is no regular expression"), "{error}");
}
