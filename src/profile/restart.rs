//! The command line of a segment, from the user's and the restart rule. Pure.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;

use super::detect::program;
use super::path_part::PathPart;
use super::rules::{How, RestartRule, When};

/// Stands for the user's command line in the words of another command.
pub const COMMAND: &str = "{command}";

/// The words to start with; `checkpoint` is the one that was chosen, if any.
///
/// A rule with `{checkpoint}` and no word for a first start is not applied without a checkpoint.
pub fn command_line(command: &[OsString], rule: &RestartRule, checkpoint: Option<&Path>) -> Vec<OsString> {
    let (before, words) = parted(command);
    let skipped = !applies(command, rule, checkpoint);
    let args =
        rule.args.iter().map(|word| filled_words(word, command, checkpoint)).collect::<Option<Vec<_>>>();
    let (false, Some(args)) = (skipped, args) else { return command.to_vec() };
    let args = args.concat();
    match rule.how {
        How::Same => command.to_vec(),
        How::Append => command.iter().cloned().chain(args).collect(),
        How::Replace | How::Edit => {
            before.iter().cloned().chain(dropped(words, &rule.drop)).chain(args).collect()
        }
        How::Run if args.is_empty() => command.to_vec(),
        How::Run => args,
    }
}

/// Whether the rule changes anything at this start.
pub fn applies(command: &[OsString], rule: &RestartRule, checkpoint: Option<&Path>) -> bool {
    let (_, words) = parted(command);
    let early = rule.when == When::Checkpoint && checkpoint.is_none();
    !early && !rule.unless.iter().any(|word| stands(words, word))
}

/// The launchers' words and the program's: `srun -i` is not the program's `-i`.
fn parted(command: &[OsString]) -> (&[OsString], &[OsString]) {
    command.split_at_checked(program(command).index).unwrap_or((&[], command))
}

/// Whether an option stands on a command line, alone or with `=value`; the first word is the program's.
pub fn stands(command: &[OsString], word: &str) -> bool {
    command.iter().skip(1).any(|given| {
        let rest = given.as_bytes().strip_prefix(word.as_bytes());
        rest.is_some_and(|rest| rest.is_empty() || word.ends_with('=') || rest.starts_with(b"="))
    })
}

/// The words that one word of a rule stands for: `{command}` for the user's own, as they are.
fn filled_words(word: &str, command: &[OsString], checkpoint: Option<&Path>) -> Option<Vec<OsString>> {
    if word == COMMAND {
        return Some(command.to_vec());
    }
    filled(word, checkpoint).map(|word| vec![word])
}

/// A word with `{checkpoint}`, `{checkpoint:number}` and the like, and `{checkpoint|OTHER}` filled in; `None`: it has
/// none and needs one.
pub fn filled(word: &str, checkpoint: Option<&Path>) -> Option<OsString> {
    const OPEN: &str = "{checkpoint";
    let mut out = Vec::new();
    let mut rest = word;
    while let Some((before, after)) = rest.split_once(OPEN) {
        let Some((inner, tail)) = after.split_once('}') else { break };
        out.extend_from_slice(before.as_bytes());
        match (checkpoint, inner.strip_prefix('|'), PathPart::parse(inner)) {
            (Some(path), Some(_), _) => out.extend_from_slice(path.as_os_str().as_bytes()),
            (None, Some(other), _) => out.extend_from_slice(other.as_bytes()),
            (Some(path), None, Some(part)) => out.extend_from_slice(part.of(path).as_bytes()),
            (None, None, Some(_)) => return None,
            (_, None, None) => out.extend_from_slice(format!("{OPEN}{inner}}}").as_bytes()),
        }
        rest = tail;
    }
    out.extend_from_slice(rest.as_bytes());
    Some(OsString::from_vec(out))
}

/// The command without the words of `drop`: `-i` the word, `-i:1` with one value, `i=*` by its beginning.
fn dropped(command: &[OsString], drop: &[String]) -> Vec<OsString> {
    let mut words = command.iter();
    let mut kept: Vec<OsString> = words.next().cloned().into_iter().collect();
    while let Some(word) = words.next() {
        match drop.iter().find_map(|pattern| taken(word, pattern)) {
            None => kept.push(word.clone()),
            Some(values) => {
                for _ in 0..values {
                    words.next();
                }
            }
        }
    }
    kept
}

/// How many values go with `word` if `pattern` drops it.
fn taken(word: &OsStr, pattern: &str) -> Option<usize> {
    if let Some(beginning) = pattern.strip_suffix('*') {
        return word.as_bytes().starts_with(beginning.as_bytes()).then_some(0);
    }
    match pattern.rsplit_once(':').and_then(|(name, count)| Some((name, count.parse::<usize>().ok()?))) {
        Some((name, count)) => (word == OsStr::new(name)).then_some(count.min(64)),
        None => (word == OsStr::new(pattern)).then_some(0),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn rule(how: How, when: When, args: &[&str]) -> RestartRule {
        let args = args.iter().map(ToString::to_string).collect();
        RestartRule {
            how,
            when,
            args,
            unless: vec!["-cpi".into(), "amr.restart=".into()],
            drop: Vec::new(),
            edit: Vec::new(),
            editor: None,
        }
    }

    fn line(command: &str, rule: &RestartRule, checkpoint: Option<&str>) -> String {
        let words: Vec<OsString> = command.split(' ').map(OsString::from).collect();
        let words = command_line(&words, rule, checkpoint.map(Path::new));
        words.iter().map(|word| word.to_str().unwrap()).collect::<Vec<_>>().join(" ")
    }

    #[rstest]
    #[case("gmx mdrun", None, "gmx mdrun -cpi md.cpt")]
    #[case("gmx mdrun", Some("md_prev.cpt"), "gmx mdrun -cpi md_prev.cpt")]
    #[case("gmx mdrun -cpi x.cpt", Some("md.cpt"), "gmx mdrun -cpi x.cpt")]
    fn appended_always(#[case] command: &str, #[case] checkpoint: Option<&str>, #[case] expected: &str) {
        let rule = rule(How::Append, When::Always, &["-cpi", "{checkpoint|md.cpt}"]);
        assert_eq!(line(command, &rule, checkpoint), expected);
    }

    #[rstest]
    #[case("sim a", None, "sim a")]
    #[case("sim a", Some("c 1"), "sim a amr.restart=c 1")]
    #[case("sim amr.restart=x", Some("c"), "sim amr.restart=x")]
    fn appended_after_a_checkpoint(
        #[case] command: &str,
        #[case] checkpoint: Option<&str>,
        #[case] expected: &str,
    ) {
        let rule = rule(How::Append, When::Checkpoint, &["amr.restart={checkpoint}"]);
        assert_eq!(line(command, &rule, checkpoint), expected);
    }

    #[rstest]
    #[case("cp2k -i in.inp -o out", &["-i:1"], "cp2k -o out -r ck")]
    #[case("dyna i=in.k memory=2", &["i=*"], "dyna memory=2 -r ck")]
    #[case("sim -new x", &["-new"], "sim x -r ck")]
    #[case("sim -i", &["-i:1"], "sim -r ck")]
    #[case("-i -i x", &["-i:1"], "-i -r ck")]
    #[case("srun -i none sim -i x", &["-i:1"], "srun -i none sim -r ck")]
    fn replaced(#[case] command: &str, #[case] drop: &[&str], #[case] expected: &str) {
        let mut rule = rule(How::Replace, When::Checkpoint, &["-r", "{checkpoint}"]);
        rule.drop = drop.iter().map(ToString::to_string).collect();
        assert_eq!(line(command, &rule, Some("ck")), expected);
    }

    #[test]
    fn another_command_or_the_same() {
        let run = rule(How::Run, When::Checkpoint, &["./restart.sh", "{checkpoint}", "{hours_left}"]);
        assert_eq!(line("sim x", &run, Some("ck")), "./restart.sh ck {hours_left}");
        assert_eq!(line("sim x", &run, None), "sim x");
        assert_eq!(line("sim x", &rule(How::Same, When::Always, &["y"]), Some("ck")), "sim x");
    }

    #[test]
    fn a_script_around_the_users_own_command() {
        let words = ["sh", "-c", "cp CONTCAR POSCAR && exec \"$@\"", "sh", "{command}"];
        let run = rule(How::Run, When::Checkpoint, &words);
        let expected = "sh -c cp CONTCAR POSCAR && exec \"$@\" sh mpirun -n 2 vasp_std";
        assert_eq!(line("mpirun -n 2 vasp_std", &run, Some("CONTCAR")), expected);
        assert_eq!(line("mpirun -n 2 vasp_std", &run, None), "mpirun -n 2 vasp_std");
    }

    #[test]
    fn parts_of_the_checkpoint() {
        let rule = rule(
            How::Replace,
            When::Checkpoint,
            &["-r", "{checkpoint}/{checkpoint:base}", "n={checkpoint:number}"],
        );
        assert_eq!(line("enzo", &rule, Some("DD0012")), "enzo -r DD0012/DD0012 n=12");
    }

    #[test]
    fn a_rule_that_needs_a_checkpoint_waits_for_one() {
        let rule = rule(How::Append, When::Always, &["-r", "{checkpoint}"]);
        assert_eq!(line("sim", &rule, None), "sim");
    }

    #[test]
    fn words_that_are_not_utf8_survive() {
        let odd = OsString::from_vec(vec![b'x', 0xff]);
        let rule = rule(How::Replace, When::Always, &["-r", "{checkpoint}"]);
        let words = command_line(&["sim".into(), odd.clone()], &rule, Some(Path::new(&odd)));
        assert_eq!(words, ["sim".into(), odd.clone(), "-r".into(), odd]);
    }
}
