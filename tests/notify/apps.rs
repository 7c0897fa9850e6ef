//! `examples/notify`: interrupted, each comes to the result of an uninterrupted run, and `status` tells how far it is.

use std::time::Duration;

use rstest::rstest;

use super::{path, records, status};
use crate::apps::scene::Scene;

#[rstest]
#[case::shell("collatz.sh", "ckwrap.yaml", "sh collatz.sh 20000", "collatz.out")]
#[case::python("life.py", "ckwrap.yaml", "python3 life.py 1600", "life.out")]
#[case::r("bootstrap.R", "ckwrap-r.yaml", "Rscript bootstrap.R 150000", "bootstrap.out")]
fn an_interrupted_run_ends_like_an_uninterrupted_one(
    #[case] file: &str,
    #[case] config: &str,
    #[case] command: &str,
    #[case] result: &str,
) {
    // A segment is to be longer than twice the lead.
    let scene = Scene::of_example("notify", &[file, config]).lead(Duration::from_millis(1500));
    let mut scene = scene.env("PATH", path().to_str().unwrap());
    scene.straight(command);
    let interrupted = scene.interrupted(&format!("--config {config}"), command);
    scene.assert_same(&[result], &interrupted);
    interrupted.report(&format!("notify ({file})"), "identical");
    let many = scene.many("");
    assert!(status(&many).contains("% done"), "{}", status(&many));
    let ended = records(&many, "segment_ended");
    let (last, before) = ended.split_last().unwrap();
    assert_eq!(last["verdict"], "finished");
    assert!(before.iter().all(|record| record["fresh"] == true), "{before:#?}");
}
