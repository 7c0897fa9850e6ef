//! What the kernel refuses to give: processes, descriptors, timers, locks. The outcome is the same, or it says why not.

use rstest::rstest;

use super::errors::calls;
use super::segment::{Left, SHORT, segment};
use crate::support::End;

/// An allocation in which there is time for everything, however busy the machine.
fn segment_of(options: &str, fault: &str) -> Left {
    segment(options, fault, SHORT * 3)
}

#[rstest]
#[case::signals("main:signalfd4:1+:EMFILE")]
#[case::signals_table_full("main:signalfd4:1+:ENFILE")]
#[case::signals_memory("main:signalfd4:1+:ENOMEM")]
#[case::signals_forbidden("main:signalfd4:1+:EPERM")]
#[case::signals_unknown("main:signalfd4:1+:ENOSYS")]
#[case::timer("main:timerfd_create:1+:EMFILE")]
#[case::timer_unknown("main:timerfd_create:1+:ENOSYS")]
#[case::timer_not_set("main:timerfd_settime:1+:EPERM")]
#[case::poll("main:poll:1+:ENOMEM")]
#[case::poll_forbidden("main:poll:1+:EPERM")]
#[case::thread("main:clone3:1+:EAGAIN")]
#[case::socket("main:socket:1+:EMFILE")]
#[case::socket_forbidden("main:socket:1+:EPERM")]
#[case::subreaper("main:prctl:1+:EINVAL")]
#[case::names("main:getdents64:7+:EIO")]
#[case::names_in_a_thread("thread1:getdents64:7+:ESTALE")]
#[case::closing("main:close:1+:EIO")]
#[case::closing_in_a_thread("thread1:close:1+:EIO")]
#[case::closing_in_another("thread2:close:1+:EIO")]
fn without_it_the_chain_goes_on_all_the_same(#[case] fault: &str) {
    let left = segment_of("--continue requeue", &format!("fail:{fault}"));
    left.judge().unwrap();
    assert_eq!(left.runs, "ran\nend\n", "{}", left.said);
    let goes_on = (left.end, left.slurm.get(left.slurm.job, "Restarts"));
    assert_eq!(goes_on, (Some(End::Code(0)), "1".to_owned()), "{}", left.said);
}

#[test]
fn signals_that_cannot_be_read_are_taken_otherwise() {
    let calls = calls("--continue requeue");
    let k = calls.iter().find(|line| line.contains("main read ") && line.contains("signalfd")).unwrap();
    let k = k.split(' ').nth(2).unwrap();
    for (k, errno) in [(k.to_owned(), "EIO"), (k.to_owned(), "EINTR"), (format!("{k}+"), "EIO")] {
        segment_of("--continue requeue", &format!("fail:main:read:{k}:{errno}")).judge().unwrap();
    }
}

#[rstest]
fn without_a_process_for_the_program_nothing_runs_and_nobody_is_signalled(
    #[values("EAGAIN", "ENOMEM")] errno: &str,
    #[values("1", "1+")] k: &str,
) {
    let left = segment_of("--continue requeue", &format!("fail:main:clone:{k}:{errno}"));
    left.judge().unwrap();
    assert_eq!((left.end, left.runs.as_str()), (Some(End::Code(125)), ""), "{}", left.said);
    assert!(
        left.said.contains("no process could be started") && left.said.contains("ulimit"),
        "{}",
        left.said
    );
    assert_eq!(left.slurm.calls(), [""; 0]);
}

#[rstest]
fn without_a_process_for_a_command_it_is_tried_again(#[values("EAGAIN", "ENOMEM")] errno: &str) {
    // The program's own, then one for each of Slurm's commands.
    for k in 2..=4 {
        let left = segment_of("--continue requeue", &format!("fail:main:clone:{k}:{errno}"));
        left.judge().unwrap();
        assert_eq!(left.slurm.get(left.slurm.job, "Restarts"), "1", "{k}: {}", left.said);
    }
}

/// Where none can be had (NFS without lockd, some of Lustre) nothing changes, as none is asked for.
#[rstest]
fn no_lock_is_asked_for(#[values("--continue requeue", "--continue successor")] options: &str) {
    let locks: Vec<String> = calls(options).into_iter().filter(|line| line.contains(" flock ")).collect();
    assert_eq!(locks, [""; 0]);
}
