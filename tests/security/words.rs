//! Names and comments that others, or the user, have chosen badly, on the way into Slurm's command lines and out of its
//! answers.

use std::fs;
use std::path::Path;
use std::time::Duration;

use ckwrap::model::{JobId, Token};
use ckwrap::scheduler::slurm::{JobState, JobView, QueuedJob};
use ckwrap::scheduler::{Answer, End as CallEnd, Output};
use rstest::rstest;

use crate::support::{End, FakeSlurm, write_executable};

const RECORD: &str = include_str!("../fixtures/slurm-22.05/running-scontrol.txt");
const SAVES: [&str; 3] = ["/bin/sh", "-c", "echo data$$ > state; exit 85"];

fn slurm(more: &str) -> FakeSlurm {
    let yaml = format!("checkpoint: {{glob: [state]}}\ncontinue: {{mode: successor{more}}}\n");
    FakeSlurm::new(Duration::from_secs(3600)).config(&yaml)
}

/// The words of the successor's `sbatch`, one a line.
#[track_caller]
fn submitted(slurm: &FakeSlurm, said: &str) -> Vec<String> {
    let [job] = slurm.successors()[..] else { panic!("no successor: {said}") };
    let argv = slurm.run_dir.parent().unwrap().join(format!("jobs/{job}.argv"));
    fs::read_to_string(argv).unwrap().lines().map(str::to_owned).collect()
}

#[rstest]
#[case::option("--wrap=rm")]
#[case::short_option("-D/")]
#[case::dashes("--")]
#[case::pattern("%j%u%x")]
#[case::substitution("$(touch${IFS}pwned)")]
#[case::quotes("';touch${IFS}pwned;'\"`")]
#[case::list("a,b:c|d")]
#[case::not_ascii("größe\u{202e}")]
fn a_name_or_comment_stays_one_value(#[case] text: &str) {
    let slurm = slurm("");
    slurm.set(slurm.job, &format!("JobName={text}"));
    slurm.set(slurm.job, &format!("Comment={text}"));
    let mut run = slurm.run("", SAVES);
    let end = run.end();
    let said = run.all_errors();
    assert_eq!(end, End::Code(0), "{said}");
    let words = submitted(&slurm, &said);
    assert!(words.contains(&format!("--job-name={text}")), "{words:?}");
    assert!(words.iter().any(|word| word.starts_with(&format!("--comment={text} ckwrap:"))), "{words:?}");
    let script = words.iter().position(|word| !word.starts_with("--")).unwrap();
    assert!(words[script].ends_with("/job.sh") && words[script].starts_with('/'), "{words:?}");
    assert!(!slurm.file("pwned").exists());
}

/// ssh hands a line to a shell on the other side.
#[rstest]
#[case("$(touch${IFS}pwned)")]
#[case("';touch${IFS}pwned;'")]
#[case("`touch${IFS}pwned`")]
#[case("a&&touch${IFS}pwned||b;#")]
#[case("--wrap=\\';touch${IFS}pwned")]
fn a_name_reaches_the_other_side_of_ssh_as_it_is(#[case] text: &str) {
    let slurm = slurm(", submit_command: [./ssh, login, sbatch]");
    let ssh = slurm.file("ssh");
    // As sshd does: all words in one line, to a shell.
    write_executable(&ssh, "#!/bin/sh\nshift\nexec /bin/sh -c \"$*\"\n");
    slurm.set(slurm.job, &format!("JobName={text}"));
    let mut run = slurm.run("", SAVES);
    let end = run.end();
    let said = run.all_errors();
    assert_eq!(end, End::Code(0), "{said}");
    assert!(submitted(&slurm, &said).contains(&format!("--job-name={text}")), "{said}");
    assert!(!slurm.file("pwned").exists(), "{said}");
}

fn printed(text: &str) -> Output {
    Output { end: CallEnd::Exited(0), stdout: text.into(), stderr: Vec::new() }
}

/// What can be written into a job's name, comment or paths by its user, and read as Slurm's own words.
#[rstest]
#[case("JobState=COMPLETED Restarts=9")]
#[case("x\nJobId=1 JobName=y JobState=COMPLETED")]
#[case("x UserId=root(0) JobState=CANCELLED")]
#[case("x EndTime=1 TimeLimit=00:00:01 Partition=evil")]
fn a_name_cannot_pass_for_slurms_words(#[case] text: &str) {
    let line = RECORD.lines().nth(1).unwrap().replace("name with space", text) + "\n";
    match JobView::from_answer(&printed(&line), JobId::Single(1)) {
        Answer::Yes(view) => assert_eq!((view.state, view.restarts), (JobState::Running, Some(0)), "{text}"),
        Answer::Unknown(_) => {}
        Answer::Refused(refusal) => panic!("{text}: {refusal}"),
    }
    let whole = RECORD.lines().nth(1).unwrap();
    let forged = whole.replace("name with space", &whole.replace("RUNNING", "COMPLETED"));
    let answer = JobView::from_answer(&printed(&forged), JobId::Single(1));
    assert!(matches!(answer, Answer::Unknown(_)), "a whole record as a name: {answer:?}");
}

#[test]
fn a_comment_cannot_pass_for_another_job_of_the_queue() {
    let token = Token::try_from("c.1.0a".to_owned()).unwrap();
    let queue = "7|PENDING|x ckwrap:c.1.0ab\n8|RUNNING|a|9|PENDING|ckwrap:c.1.0a\n-1|PENDING|ckwrap:c.1.0a\n";
    let found = QueuedJob::with_token(&printed(queue), &token).yes().unwrap();
    assert!(found.iter().all(|job| job.id == JobId::Single(8)), "{found:?}");
}

/// A chain's name becomes a directory.
#[rstest]
#[case("../up")]
#[case("a/b")]
#[case("..")]
#[case(".hidden")]
#[case("-rf")]
#[case("a b")]
#[case("a\nb")]
#[case("")]
fn a_chains_name_is_one_plain_word(#[case] name: &str) {
    let dir = tempfile::tempdir().unwrap();
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_ckwrap"))
        .args(["--engine", "local", "--time-limit", "1h", &format!("--chain={name}"), "--", "touch", "ran"])
        .current_dir(dir.path())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(125), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    assert!(!Path::new(dir.path()).parent().unwrap().join("up").exists());
}
