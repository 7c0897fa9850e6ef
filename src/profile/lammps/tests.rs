//! Inputs and what is derived from them or said of them.

use std::path::Path;

use rstest::rstest;

use super::*;

const MELT: &str = "\
units		lj
atom_style	atomic
lattice		fcc 0.8442
region		box block 0 10 0 10 0 10
create_box	1 box
create_atoms	1 box
mass		1 1.0
velocity	all create 3.0 87287 loop geom
pair_style	lj/cut 2.5
pair_coeff	1 1 1.0 1.0 2.5
neigh_modify	every 20 delay 0 check no
fix		1 all nve
#dump		2 all image 25 image.*.jpg type type &
#		axes yes 0.8 0.02 view 60 -30
thermo		50
run		250
";

fn read_with(text: &str, include: &dyn Fn(&str) -> Result<String, String>) -> Result<Input, Refusal> {
    let options = Options { input: Some((1, "in.x".into())), ..Options::default() };
    read(&Source {
        file: "in.x",
        text,
        include,
        options: &options,
        content: &|_| None,
        stop: "STOP",
        every: None,
    })
}

fn read_text(text: &str) -> Result<Input, Refusal> {
    read_with(text, &|name| Err(format!("{name} cannot be read")))
}

fn script(text: &str) -> Script {
    match read_text(text).unwrap() {
        Input::Derived(script) => *script,
        Input::Own { .. } => panic!("used as it is"),
    }
}

fn continuation(text: &str, run: usize, from: u64) -> String {
    let script = script(text);
    let file = format!("ckwrap-{}.run{run}.from{from}.a", script.digest());
    let name = CheckpointName::of(Path::new(&file)).unwrap();
    script.continuation(&name, &file).unwrap().replace(script.digest(), "D")
}

/// MELT with these lines before the run.
fn with(lines: &str) -> String {
    MELT.replace("run\t\t250", &format!("{lines}\nrun\t\t250"))
}

#[test]
fn the_first_input_of_melt() {
    let script = script(MELT);
    let text = script.first().replace(script.digest(), "D");
    assert_eq!(
        text.lines().skip_while(|line| !line.starts_with("thermo")).collect::<Vec<_>>(),
        [
            "thermo		50",
            "variable ckwrap_from string $(step:%.0f)",
            "variable ckwrap_steps string 250",
            "variable ckwrap_end string $(v_ckwrap_from+v_ckwrap_steps:%.0f)",
            "restart 10 ckwrap-D.run1.from${ckwrap_from}.a ckwrap-D.run1.from${ckwrap_from}.b",
            "variable ckwrap_seen atom is_file(STOP)",
            "compute ckwrap_seen all reduce max v_ckwrap_seen",
            "variable ckwrap_stop equal c_ckwrap_seen",
            "fix ckwrap_halt all halt 10 v_ckwrap_stop == 1 error continue message no",
            "run		250",
            "unfix ckwrap_halt",
            "uncompute ckwrap_seen",
            "restart 0",
            "if \"$(step) < ${ckwrap_end}\" then \"print 'CKWRAP INTERRUPTED run 1 at step $(step:%.0f)' append ckwrap.lammps\" \"quit 0\"",
            "print \"CKWRAP FINISHED\" append ckwrap.lammps",
        ]
    );
    assert!(text.contains("create_box\t1 box\natom_modify sort 10 0.0\ncreate_atoms"), "{text}");
}

#[test]
fn a_continuation_of_melt() {
    let expected = "\
# Made by ckwrap of in.x, from ckwrap-D.run1.from0.a; changes here are lost.
log log.lammps append
units		lj
atom_style	atomic
lattice		fcc 0.8442
region		box block 0 10 0 10 0 10
read_restart ckwrap-D.run1.from0.a
atom_modify sort 10 0.0
mass		1 1.0
pair_style	lj/cut 2.5
pair_coeff	1 1 1.0 1.0 2.5
neigh_modify	every 20 delay 0 check no
fix		1 all nve
thermo		50
variable ckwrap_from string 0
variable ckwrap_steps string 250
variable ckwrap_end string $(v_ckwrap_from+v_ckwrap_steps:%.0f)
restart 10 ckwrap-D.run1.from${ckwrap_from}.b ckwrap-D.run1.from${ckwrap_from}.a
variable ckwrap_seen atom is_file(STOP)
compute ckwrap_seen all reduce max v_ckwrap_seen
variable ckwrap_stop equal c_ckwrap_seen
fix ckwrap_halt all halt 10 v_ckwrap_stop == 1 error continue message no
run ${ckwrap_end} upto start ${ckwrap_from} stop ${ckwrap_end}
unfix ckwrap_halt
";
    let text = continuation(MELT, 1, 0);
    assert!(text.starts_with(expected), "{text}");
}

const TWO_RUNS: &str = "\
fix 2 all temp/rescale 10 300.0 300.0 10.0 1.0
fix_modify 2 temp new
dump a all atom 10 dump.a
restart 100 mine.*
log first.log
run 100
velocity all set 1.0 0 0
unfix 2
fix 2 all temp/rescale 10 100.0 100.0 10.0 1.0
undump a
dump b all custom 10 dump.* id x
reset_timestep 0
minimize 0 0 10 10";

#[test]
fn in_the_second_run_only_what_is_left_is_set() {
    let text = continuation(&with(TWO_RUNS), 2, 0);
    for gone in [
        "300.0",
        "fix_modify",
        "dump.a",
        "velocity",
        "unfix 2",
        "reset_timestep",
        "minimize",
        "run1.",
        "undump",
    ] {
        assert!(!text.contains(gone), "{gone} in {text}");
    }
    let in_order = [
        "log log.lammps append",
        "read_restart",
        "fix\t\t1 all nve",
        "restart 100 mine.*",
        "log first.log append",
        "fix 2 all temp/rescale 10 100.0",
        "dump b",
        "variable ckwrap_next string $(step+1:%.0f)\ndump_modify b delay ${ckwrap_next}\n",
        "ckwrap-D.run2.from${ckwrap_from}.b",
        "run ${ckwrap_end} upto",
        "restart 0\nrestart 100 mine.*\n",
        "CKWRAP INTERRUPTED run 2",
        "CKWRAP FINISHED",
    ];
    let mut rest = text.as_str();
    for part in in_order {
        rest =
            rest.split_once(part).unwrap_or_else(|| panic!("{part} is not there or not in order: {text}")).1;
    }
}

#[test]
fn in_the_first_run_the_second_follows_as_written() {
    let text = continuation(&with(TWO_RUNS), 1, 0);
    let (_, later) = text.split_once("CKWRAP INTERRUPTED run 1").unwrap();
    for kept in
        ["velocity all set", "unfix 2", "reset_timestep 0", "minimize 0 0", "ckwrap-D.run2.", "run\t\t250"]
    {
        assert!(later.contains(kept), "{kept} not in {later}");
    }
    assert!(text.contains("dump_modify a append yes delay ${ckwrap_next}"), "{text}");
}

#[test]
fn there_is_no_third_of_two_runs() {
    let script = script(&with(TWO_RUNS));
    let name = |run| CheckpointName { digest: String::new(), run, from: 0, second: false };
    assert_eq!(
        (script.runs(), script.continuation(&name(3), "x"), script.continuation(&name(0), "x")),
        (2, None, None)
    );
}

#[test]
fn a_style_that_restart_files_forget_is_given_again() {
    let text = "units metal\npair_style eam\npair_modify shift no\nbond_style harmonic\nread_data x\npair_coeff * * Ni.eam\nfix 1 all nve\nrun 5000";
    let text = continuation(text, 1, 0);
    assert!(
        text.contains(".a\npair_style eam\npair_modify shift no\natom_modify sort 50 0.0\npair_coeff"),
        "{text}"
    );
    assert_eq!(text.matches("bond_style").count(), 1);
    let kept = continuation("pair_style lj/cut 3\nread_data x\nrun 5000", 1, 0);
    assert_eq!(kept.matches("pair_style").count(), 1, "coefficients of a data file would be lost: {kept}");
}

#[rstest]
#[case::langevin("fix 2 all langevin 1 1 1 5", "random numbers")]
#[case::rigid("fix 2 all rigid molecule", "bodies")]
#[case::average("fix 2 all ave/time 1 1 1 c_x", "averaged")]
#[case::unknown_fix("fix 2 all something", "not known")]
#[case::unknown_command("something", "does not know")]
#[case::loop_variable("variable i loop 5", "style loop")]
#[case::jump("jump SELF x", "loop")]
#[case::condition("if \"1 == 1\" then \"run 5\"", "moment")]
#[case::every("run 100 every 10 \"print x\"", "middle")]
#[case::no_setup("run 100 pre no", "`pre`")]
#[case::halt("fix 2 all halt 10 v_x == 1", "stop of the input's own")]
#[case::timer("timer timeout 0:10", "stop of the input's own")]
#[case::clear("clear", "more than one system")]
#[case::python("python x here", "Python")]
#[case::pair("pair_style dpd 1 1 5", "random numbers")]
#[case::moving("fix 2 all nvt temp $(temp) 1 1", "temp is read")]
#[case::random("variable r equal random(0,1,5)", "`random`")]
#[case::restart_pair("restart 10 a b", "pair of restart files")]
#[case::dump("dump d all dcd 10 x.dcd", "append")]
#[case::msd("compute m all msd", "remembers")]
#[case::dynamic_group("group g dynamic all", "dynamic")]
#[case::region("region r block EDGE 5 0 1 0 1", "EDGE")]
#[case::second_box("read_data more", "line 5 already")]
#[case::fix_twice("fix 1 all nvt temp 1 1 1", "unfix")]
#[case::sum("fix 2 all temp/rescale 1 1 1 1 1\nvariable e equal f_2", "exchanged")]
#[case::quote("print \"x", "quote")]
#[case::include("include other", "other cannot be read")]
#[case::time("variable r equal 1+time*0.5", "`time`")]
#[case::time_in_thermo("thermo_style custom time temp", "simulated time")]
#[case::length_that_changes("variable left equal 1000-step\nrun ${left}", "step is read")]
#[case::bonds_switched_off("delete_bonds all bond 1", "remove")]
#[case::a_name_from_a_variable("variable i string eq\nfix ${i} all nve", "not known beforehand")]
#[case::a_style_from_a_variable("variable s string msd\ncompute c all $s", "not known")]
#[case::lost_atoms("thermo_modify lost ignore", "degrees of freedom")]
#[case::force_of_velocities("variable f equal -ke(all)/1000\nfix 2 all addforce v_f 0 0", "`ke`")]
#[case::force_of_a_compute("variable f equal c_t\nfix 2 all setforce v_f 0 0", "`c_t`")]
#[case::respa("run_style respa 2 2", "integrator")]
#[case::unknown_compute("compute v all voronoi/atom occupation", "not known")]
#[case::environment("variable T getenv HOME", "environment")]
#[case::putenv("shell putenv A=1", "environment")]
#[case::unknown_pair("pair_style lj/cut/soft 2 0.5 10", "not known")]
#[case::unknown_bond("bond_style oxdna/fene", "not known")]
#[case::gone_fix("fix 2 all addforce 1 0 0\nthermo_style custom step f_2\nunfix 2", "gone in a continuation")]
#[case::written_include("print \"variable T index 2\" file gen.in\ninclude gen.in", "written by line")]
#[case::ours("variable ckwrap_x equal 1", "taken")]
fn refused(#[case] line: &str, #[case] why: &str) {
    let refusal = read_text(&with(line)).unwrap_err();
    assert!(refusal.why.contains(why), "{refusal}");
    let (file, at) = refusal.place.clone().unwrap();
    assert!(file == "in.x" && (16..=17).contains(&at), "{refusal}");
    assert!(refusal.to_string().contains("\n    fix halt all halt"), "{refusal}");
}

#[rstest]
#[case::only_a_minimization(&MELT.replace("run\t\t250", "minimize 0 0 1 1"), "no `run`")]
#[case::open_end(&format!("{MELT}write_data x &"), "`&`")]
#[case::no_box("units lj\nrun 5", "makes the box")]
#[case::empty("", "no `run`")]
#[case::fix_before_the_box("fix c all cmap x\nread_data y\nrun 5", "not known")]
#[case::jump_at_the_end(&format!("{MELT}jump SELF a"), "loop")]
#[case::run_in_a_condition(&format!("{MELT}if \"1\" then \"run 5\""), "depends on a condition")]
fn refused_as_a_whole(#[case] text: &str, #[case] why: &str) {
    let refusal = read_text(text).unwrap_err();
    assert!(refusal.why.contains(why), "{refusal}");
}

/// The same text beside other data is another computation.
#[test]
fn the_digest_tells_the_files_that_are_read_apart() {
    let options = Options { input: Some((1, "in.x".into())), ..Options::default() };
    let digest = |text: &str, data: &str| {
        let content = |name: &str| (name == "sys.data").then(|| data.to_owned());
        let include = |_: &str| Err(String::new());
        let source = Source {
            file: "in.x",
            text,
            include: &include,
            content: &content,
            options: &options,
            stop: "STOP",
            every: None,
        };
        let Input::Derived(script) = read(&source).unwrap() else { panic!("used as it is") };
        script.digest().to_owned()
    };
    let reads = MELT.replace("create_box\t1 box\ncreate_atoms\t1 box", "read_data sys.data");
    assert_ne!(digest(&reads, "one"), digest(&reads, "other"));
    assert_eq!(digest(MELT, "one"), digest(MELT, "other"));
}

#[rstest]
#[case::declares("variable ck index none\nread_restart ${ck}\njump SELF x", true)]
#[case::looks("if \"$(is_file(x))\" then \"read_restart x\"", false)]
fn used_as_they_are(#[case] text: &str, #[case] takes: bool) {
    match read_text(text).unwrap() {
        Input::Own { takes_checkpoint } => assert_eq!(takes_checkpoint, takes),
        Input::Derived(_) => panic!("derived"),
    }
}

#[test]
fn after_the_last_run_nearly_all_is_allowed_and_quit_ends_it() {
    let text = format!("{MELT}print \"$(temp)\"\nif \"1\" then \"print x\"\nquit\njump SELF a\n");
    let first = script(&text).first();
    assert!(first.contains("print \"$(temp)\"") && !first.contains("jump"), "{first}");
}

#[test]
fn includes_are_followed_and_named() {
    let include = |name: &str| match name {
        "pot.mod" => Ok("pair_style lj/cut 3\ninclude deep.mod\n".to_owned()),
        "deep.mod" => Ok("\nfix 9 all langevin 1 1 1 1\n".to_owned()),
        _ => Err("no such file".to_owned()),
    };
    let refusal = read_with(&with("include pot.mod"), &include).unwrap_err();
    assert_eq!(refusal.place, Some(("deep.mod".to_owned(), 2)));
    let endless = |_: &str| Ok("include x".to_owned());
    assert!(read_with("include x", &endless).unwrap_err().why.contains("included"));
}

#[test]
fn the_digest_is_of_the_commands_and_the_interval() {
    let digest = |text: &str| script(text).digest().to_owned();
    let melt = digest(MELT);
    assert_eq!(digest(&format!("# a comment\n{MELT}\n\n")), melt);
    assert_ne!(digest(&MELT.replace("3.0", "2.0")), melt);
    assert_ne!(digest(&MELT.replace("250", "2500")), melt);
}

#[rstest]
#[case("run\t\t5000", 50, true)]
#[case("run\t\t1000000", 1000, false)]
#[case("atom_modify sort 30 2.0\nrun\t\t5000", 60, false)]
#[case("atom_modify first all\nrun\t\t5000", 50, false)]
fn intervals(#[case] run: &str, #[case] every: u64, #[case] sorts: bool) {
    let script = script(&MELT.replace("run\t\t250", run));
    assert_eq!((script.every, script.sorts), (every, sorts));
}

#[test]
fn text_of_any_kind_is_answered() {
    let pieces = [
        "run",
        "fix",
        "\"",
        "'",
        "$",
        "${",
        "$(",
        "&\n",
        "\n",
        "variable",
        "a",
        "equal",
        "read_data",
        " ",
        "\"\"\"",
        "é",
    ];
    let mut state = 12_345_usize;
    for _ in 0..5000 {
        let mut text = String::new();
        for _ in 0..12 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            text.push_str(pieces[(state >> 33) % pieces.len()]);
            text.push(if state & 1 == 0 { ' ' } else { 'x' });
        }
        if let Ok(Input::Derived(script)) = read_text(&text) {
            let _ = script.first();
        }
    }
}
