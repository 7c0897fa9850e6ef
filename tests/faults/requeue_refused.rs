//! Requeues and submissions that Slurm refuses, in its own words: the next way is taken, or the user is told what to type.
//! The checkpoint is there in any case, and the journal says what was wanted.

use std::fs;

use rstest::rstest;

use super::{LONG, SAVES, journal, segment, slurm};
use crate::support::End;

const DISABLED: &str = "refused(Requested operation is presently disabled for job 100)";
const DENIED: &str = "refused(Access/permission denied for job 100)";

/// What sbatch prints when a job is one too many or asks for too much (measured on 22.05.8, and from Slurm's list of
/// errors).
#[rstest]
#[case::association(
    "sbatch: error: AssocMaxSubmitJobLimit\\nsbatch: error: Batch job submission failed: Job violates accounting/QOS policy (job submit limit, user's size and/or time limits)"
)]
#[case::qos(
    "sbatch: error: QOSMaxSubmitJobPerUserLimit\\nsbatch: error: Batch job submission failed: Job violates accounting/QOS policy (job submit limit, user's size and/or time limits)"
)]
#[case::group(
    "sbatch: error: AssocGrpSubmitJobsLimit\\nsbatch: error: Batch job submission failed: Job violates accounting/QOS policy (job submit limit, user's size and/or time limits)"
)]
#[case::time(
    "sbatch: error: Batch job submission failed: Requested time limit is invalid (missing or exceeds some limit)"
)]
#[case::nodes("sbatch: error: Batch job submission failed: Requested node configuration is not available")]
#[case::qos_name("sbatch: error: Batch job submission failed: Invalid qos specification")]
#[case::account(
    "sbatch: error: Batch job submission failed: Invalid account or account/partition combination specified"
)]
#[case::partition(
    "sbatch: error: Batch job submission failed: Required partition not available (inactive or drain)"
)]
#[case::plugin(
    "sbatch: error: Your project has no hours left\\nsbatch: error: Batch job submission failed: Unspecified job submit plugin message"
)]
#[case::forbidden_host(
    "sbatch: error: Job submission from compute nodes is not allowed\\nsbatch: error: Batch job submission failed: Access/permission denied"
)]
#[case::dependency("sbatch: error: Batch job submission failed: Job dependency problem")]
#[case::script(
    "sbatch: error: Batch job submission failed: Pathname of a file, directory or other parameter too long"
)]
fn a_successor_that_is_refused_leaves_checkpoint_intent_and_advice(#[case] words: &str) {
    let slurm = slurm("").plan("sbatch", &format!("refused({words})"));
    let said = segment(&slurm, "--continue successor", End::Code(85));
    assert!(slurm.file("state").exists());
    assert_eq!((slurm.count("sbatch"), slurm.count("requeue"), slurm.successors().len()), (1, 0, 0));
    let last = words.rsplit("\\n").next().unwrap();
    assert!(said.contains(last), "the words of Slurm are told: {said}");
    assert!(said.contains("submit the same script again from this directory"), "{said}");
    let journal = journal(&slurm);
    assert!(journal.contains("\"intent\"") && journal.contains("continuation_failed"), "{journal}");
    // Submitted again by hand, it goes on from what was saved.
    let mut slurm = slurm.plan("sbatch", "ok");
    slurm.start_by_hand(555);
    let mut run = slurm.run("", ["/bin/sh", "-c", "echo from:$CKWRAP_CHECKPOINT"]);
    assert_eq!(run.line().as_deref(), Some("from:state"), "{}", run.errors());
    assert_eq!(run.end(), End::Code(0));
}

#[rstest]
#[case::not_allowed_to_change_it(DISABLED, "refused(slurm_update error: Access/permission denied)")]
#[case::still_disabled(DISABLED, "ok")]
#[case::denied(DENIED, "ok")]
#[case::no_such_job("refused(Invalid job id specified for job 100)", "ok")]
#[case::only_batch_jobs("refused(Only batch jobs are accepted or processed for job 100)", "ok")]
fn a_requeue_that_is_refused_becomes_one_successor(#[case] requeue: &str, #[case] update: &str) {
    let mut slurm = slurm("").plan("requeue", requeue).plan("update-Requeue", update);
    let said = segment(&slurm, "", End::Code(0));
    assert!(said.contains("requeue is not possible"), "{said}");
    let [successor] = slurm.successors()[..] else { panic!("{:?}", slurm.successors()) };
    assert_eq!(slurm.get(slurm.job, "Restarts"), "0");
    slurm.start(successor, LONG);
    segment(&slurm, "--continue none", End::Code(85));
    assert_eq!(fs::read_to_string(slurm.file("runs")).unwrap(), "ran\nran\n");
}

/// Whoever wants nothing but a requeue gets no successor.
#[test]
fn where_only_a_requeue_is_wanted_its_refusal_is_the_end() {
    let slurm = slurm("").plan("requeue", DENIED);
    let said = segment(&slurm, "--continue requeue", End::Code(85));
    assert_eq!(slurm.count("sbatch"), 0);
    assert!(slurm.file("state").exists());
    assert!(said.contains("submit the same script again from this directory"), "{said}");
}

/// "Already completing or completed": the job itself tells why.
#[rstest]
#[case::requeued_by_another(&["JobState=COMPLETING", "Restarts=1"], End::Code(0), 1)]
#[case::cancelled(&["JobState=COMPLETING"], End::Code(85), 1)]
#[case::its_time_is_up(&["JobState=COMPLETING", "Reason=TimeLimit"], End::Code(0), 2)]
fn a_job_that_is_being_ended_already_is_asked_why(
    #[case] changes: &[&str],
    #[case] end: End,
    #[case] tries: usize,
) {
    let words = "refused(Job/step already completing or completed for job 100)->ok";
    let slurm = slurm("").plan("requeue", words);
    for change in changes {
        slurm.set(slurm.job, change);
    }
    segment(&slurm, "", end);
    assert_eq!((slurm.count("requeue"), slurm.count("sbatch")), (tries, 0), "{:?}", slurm.calls());
}

/// A requeued job waits for its time, or is held by an administrator: it is not lost, and nothing is submitted for it.
#[rstest]
#[case::begin_time("BeginTime")]
#[case::held("JobHeldAdmin")]
#[case::requeued_and_held("job_requeued_in_held_state")]
#[case::priority("Priority")]
fn a_requeued_job_that_waits_is_not_taken_for_lost(#[case] reason: &str) {
    let slurm = slurm("").plan("requeue", "timeout");
    for change in ["JobState=PENDING", "Restarts=1", &format!("Reason={reason}")] {
        slurm.set(slurm.job, change);
    }
    segment(&slurm, "", End::Code(0));
    assert_eq!((slurm.count("requeue"), slurm.count("sbatch"), slurm.count("show-job")), (1, 0, 1));
}

/// Compute nodes that may not submit: the way over a login node, whose shell gets every argument as it is.
#[test]
fn a_submission_goes_over_a_login_node() {
    let slurm = slurm("--job-name=it's_mine").program(
        "ssh",
        "#!/bin/sh\n[ \"$1\" = login ] || exit 255\nshift\nPATH=\"$PATH\" exec /usr/bin/env -i PATH=\"$PATH\" FAKE_SLURM=\"$FAKE_SLURM\" /bin/sh -c \"$*\"\n",
    );
    let mut slurm = slurm.config(
        "checkpoint: {glob: [state]}\ncontinue: {mode: successor, submit_command: [ssh, login, sbatch]}\n",
    );
    segment(&slurm, "", End::Code(0));
    let [successor] = slurm.successors()[..] else { panic!("{:?}", slurm.successors()) };
    assert_eq!(slurm.get(successor, "JobName"), "it's_mine");
    assert!(slurm.environment(successor).iter().all(|(name, _)| !name.starts_with("CKWRAP")));
    // It has not got its token by the environment: the recorded number tells its place.
    slurm.start(successor, LONG);
    let mut run = slurm
        .place(crate::support::Start::new(
            &crate::support::Wrapper::ckwrap("--continue none"),
            ["/bin/sh", "-c", "echo $CKWRAP_CHAIN $CKWRAP_SEGMENT"],
        ))
        .set(|command| {
            command.env_remove("CKWRAP_CHAIN").env_remove("CKWRAP_TOKEN");
        })
        .go();
    assert_eq!(run.line().as_deref(), Some("slurm-100 2"), "{}", run.errors());
    assert_eq!(run.end(), End::Code(0));
}

#[rstest]
#[case::not_reached(
    "#!/bin/sh\necho 'ssh: connect to host login port 22: Connection refused' >&2; exit 255\n",
    5
)]
#[case::not_let_in("#!/bin/sh\necho 'me@login: Permission denied (publickey).' >&2; exit 255\n", 5)]
#[case::no_sbatch("#!/bin/sh\necho 'sh: 1: sbatch: not found' >&2; exit 127\n", 1)]
fn a_login_node_that_does_not_help_is_told_of(#[case] ssh: &str, #[case] most: usize) {
    let slurm = slurm("").program("ssh", ssh).config(
        "checkpoint: {glob: [state]}\ncontinue: {mode: successor, submit_command: [ssh, login, sbatch]}\n",
    );
    let mut run = slurm.run("", SAVES);
    let end = run.end_within(std::time::Duration::from_secs(90));
    let said = run.all_errors();
    assert_eq!(end, End::Code(85), "{said}");
    assert!(slurm.successors().is_empty() && slurm.count("squeue") <= 2 * most, "{:?}", slurm.calls());
    assert!(said.contains("submit the same script again from this directory"), "{said}");
}
