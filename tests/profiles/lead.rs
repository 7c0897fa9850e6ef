//! The lead that is learned from a chain's checkpoints, with real programs and the embedded scheduler.

use std::fs;
use std::path::Path;

use super::{folder, heat};
use crate::support::{End, Running};

/// What it said, and how often the program started and saved.
fn to_the_end(mut run: Running) -> (String, usize, usize) {
    let (mut ready, mut saved) = (0, 0);
    while let Some(line) = run.line() {
        ready += usize::from(line.starts_with("heat: ready"));
        saved += usize::from(line.starts_with("heat: checkpoint"));
    }
    let (end, said) = (run.end(), run.all_errors());
    assert_eq!(end, End::Code(0), "{said}");
    (said, ready, saved)
}

/// The same as without any interruption, which takes no time where the program does not rest between its steps.
fn is_exact(folder: &Path, options: &str) {
    let straight = super::folder("");
    assert_eq!(heat(straight.path(), "--time-limit 1h", options).end(), End::Code(0));
    let [one, other] = [folder, straight.path()].map(|folder| fs::read(folder.join("heat.out")).unwrap());
    assert!(one == other);
}

#[test]
fn from_the_second_segment_on_the_lead_is_learned_and_says_so() {
    let options = "--size 20 --steps 700 --pace 10";
    let chain = folder("trigger: [{signal: USR1}]\ncheckpoint: {glob: [heat.ck]}\n");
    let (said, ready, _) =
        to_the_end(heat(chain.path(), "--time-limit 6s", &format!("{options} --slow 0.2")));
    assert!(ready >= 2, "{said}");
    assert!(said.contains(": 1 checkpoint, median "), "{said}");
    assert!(!said.contains(": 0 checkpoint"), "{said}");
    let journals: Vec<_> = fs::read_dir(chain.path().join(".ckwrap")).unwrap().map(Result::unwrap).collect();
    let journal = fs::read_to_string(journals[0].path().join("journal.jsonl")).unwrap();
    assert!(journal.contains(r#""lead":{"ms":1500,"checkpoints":0}"#), "a quarter at first: {journal}");
    assert!(journal.contains(r#""checkpoints":1,"median_ms":"#), "{journal}");
    is_exact(chain.path(), "--size 20 --steps 700");
}

/// A quarter of the allocation is left at the first checkpoint: enough for another one.
#[test]
fn a_program_that_goes_on_and_may_be_killed_is_asked_again() {
    let yaml =
        "trigger: [{signal: USR1}]\ncheckpoint: {glob: [heat.ck]}\neffect: continue\nkill: {safe: true}\n";
    let options = "--size 20 --steps 1350 --pace 20";
    let chain = folder(yaml);
    let run = heat(chain.path(), "--time-limit 24s", &format!("{options} --continue --slow 0.1"));
    let (said, ready, saved) = to_the_end(run);
    assert!(said.contains("the program goes on; next checkpoint "), "{said}");
    assert!(ready >= 2 && saved > ready - 1, "{ready} {saved} {said}");
    is_exact(chain.path(), "--size 20 --steps 1350");
}
