//! Claims by real processes and threads.

use std::fs;
use std::path::Path;
use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};

use rstest::rstest;

use super::*;

fn mine() -> Owner {
    Owner::current(Some("7".parse().unwrap()), 1, SegmentNumber(2), Timestamp::from_seconds(9))
}

fn edited(edit: impl FnOnce(&mut Owner)) -> Owner {
    let mut owner = mine();
    edit(&mut owner);
    owner
}

/// Its number is looked for under the name that it would be given: it must not stand in the way of all claims.
#[rstest]
#[case("owner.007")]
#[case("owner.+7")]
#[case("owner.99999999999999999999")]
fn a_name_that_is_never_given_is_no_record(#[case] name: &str) {
    let root = tempfile::tempdir().unwrap();
    let dir = Dir::open_run(root.path()).unwrap();
    fs::write(root.path().join(name), "x").unwrap();
    assert_eq!(current(&dir).unwrap(), None);
    assert_eq!(claim(&dir, &mine()).unwrap().number, 1);
}

/// Another process of this node: its parent, which certainly lives.
fn living(edit: impl FnOnce(&mut Owner)) -> Owner {
    edited(|owner| {
        let parent = nix::unistd::getppid().as_raw();
        let stat = fs::read_to_string(format!("/proc/{parent}/stat")).unwrap();
        owner.process.pid = u32::try_from(parent).unwrap();
        owner.process.start_ticks =
            stat.rsplit_once(')').unwrap().1.split_ascii_whitespace().nth(19).unwrap().parse().unwrap();
        edit(owner);
    })
}

fn elsewhere(owner: &mut Owner) {
    owner.process.host = "n2".into();
    owner.process.boot_id = Some("other".into());
}

fn job(owner: &mut Owner, id: &str) {
    owner.job = Some(id.parse().unwrap());
}

#[rstest]
#[case::ourselves(edited(|_| {}), "over")]
#[case::dead(edited(|o| o.process.pid = u32::MAX), "over")]
#[case::alive(living(|_| {}), "live")]
#[case::alive_in_another_job(living(|o| job(o, "8")), "live")]
#[case::alive_in_another_job_that_was_restarted_less_often(living(|o| { job(o, "8"); o.restart = 0; }), "live")]
#[case::alive_in_another_job_that_was_restarted_more_often(living(|o| { job(o, "8"); o.restart = 2; }), "live")]
#[case::older_copy_even_if_alive(living(|o| o.restart = 0), "over")]
#[case::older_copy_elsewhere(edited(|o| { o.restart = 0; elsewhere(o); }), "over")]
#[case::newer_copy(edited(|o| { o.restart = 2; elsewhere(o); }), "newer")]
#[case::newer_copy_that_has_ended(edited(|o| { o.restart = 2; o.released = true; }), "newer")]
#[case::same_copy_elsewhere(edited(elsewhere), "foreign")]
#[case::other_job_elsewhere(edited(|o| { job(o, "8"); elsewhere(o); }), "foreign")]
#[case::other_job_that_has_ended(edited(|o| { job(o, "8"); elsewhere(o); o.released = true; }), "over")]
#[case::no_job_elsewhere(edited(|o| { o.job = None; elsewhere(o); }), "foreign")]
fn an_existing_owner(#[case] existing: Owner, #[case] verdict: &str) {
    let root = tempfile::tempdir().unwrap();
    let dir = Dir::open_run(root.path()).unwrap();
    fs::write(root.path().join("owner.5"), spell(&existing).unwrap()).unwrap();
    let answer = claim(&dir, &mine());
    match verdict {
        "over" => assert_eq!(answer.unwrap().number, 6),
        "live" => assert!(matches!(answer, Err(ClaimError::Live(_))), "{answer:?}"),
        "newer" => assert!(matches!(answer, Err(ClaimError::Newer(_))), "{answer:?}"),
        "foreign" => assert!(matches!(answer, Err(ClaimError::Foreign(_))), "{answer:?}"),
        other => panic!("{other}"),
    }
}

/// Restarts are those of a job: without one there is neither an older nor a newer copy.
#[rstest]
#[case(0)]
#[case(2)]
fn without_a_job_there_are_no_copies_of_it(#[case] restart: u32) {
    let mine = edited(|owner| owner.job = None);
    let other = living(|owner| (owner.job, owner.restart) = (None, restart));
    assert_eq!(other.judge(&mine), Verdict::Live);
}

#[test]
fn a_damaged_record_of_our_own_is_ours_and_a_later_one_is_told() {
    let root = tempfile::tempdir().unwrap();
    let dir = Dir::open_run(root.path()).unwrap();
    let claim = claim(&dir, &mine()).unwrap();
    fs::write(root.path().join("owner.1"), "").unwrap();
    assert_eq!(claim.check(&dir).unwrap(), Standing::StillOurs, "the power was gone before it was durable");
    fs::write(root.path().join("owner.2"), "").unwrap();
    assert!(matches!(claim.check(&dir), Err(ClaimError::Damaged { number: 2, .. })));
}

#[test]
fn a_record_that_has_gone_cannot_be_made_durable() {
    let root = tempfile::tempdir().unwrap();
    let dir = Dir::open_run(root.path()).unwrap();
    let claim = claim(&dir, &mine()).unwrap();
    fs::remove_file(root.path().join("owner.1")).unwrap();
    assert!(claim.sync(&dir).unwrap_err().is_missing());
}

#[test]
fn a_record_with_a_long_host_name_is_read() {
    let root = tempfile::tempdir().unwrap();
    let dir = Dir::open_run(root.path()).unwrap();
    let long = edited(|owner| owner.process.host = "n".repeat(4096));
    claim(&dir, &long).unwrap();
    assert_eq!(current(&dir).unwrap(), Some(long));
}

#[rstest]
#[case::of_a_job(edited(elsewhere), "job 7 may still run this chain on n2 (process ")]
#[case::of_none(edited(|o| { o.job = None; elsewhere(o); }), "a process may still run this chain on n2 (process ")]
fn a_foreign_owner_is_named(#[case] owner: Owner, #[case] beginning: &str) {
    let told = ClaimError::Foreign(Box::new(Seen { number: 1, owner })).to_string();
    assert!(told.starts_with(beginning), "{told}");
}

#[test]
fn a_released_chain_is_free_and_a_claim_is_lost_once_another_has_it() {
    let root = tempfile::tempdir().unwrap();
    let dir = Dir::open_run(root.path()).unwrap();
    assert_eq!(current(&dir).unwrap(), None);
    let old = claim(&dir, &edited(|owner| owner.restart = 0)).unwrap();
    assert_eq!(old.check(&dir).unwrap(), Standing::StillOurs);
    let new = claim(&dir, &mine()).unwrap();
    assert_eq!(old.check(&dir).unwrap(), Standing::Lost(Box::new(mine())));
    new.sync(&dir).unwrap();
    old.release(&dir).unwrap();
    assert_eq!(new.check(&dir).unwrap(), Standing::StillOurs, "the old one lets go of nothing");
    new.release(&dir).unwrap();
    assert!(current(&dir).unwrap().unwrap().released);
    let next = claim(&dir, &edited(|owner| job(owner, "8"))).unwrap();
    assert_eq!(next.number, 3);
    let mut names = dir.names().unwrap();
    names.sort();
    assert_eq!(names, ["owner.2", "owner.3"], "older ones are cleared away");
    fs::remove_file(root.path().join("owner.3")).unwrap();
    assert_eq!(next.check(&dir).unwrap(), Standing::Missing);
}

#[test]
fn a_foreign_owner_is_taken_over_once() {
    let root = tempfile::tempdir().unwrap();
    let dir = Dir::open_run(root.path()).unwrap();
    fs::write(
        root.path().join("owner.1"),
        spell(&edited(|o| {
            job(o, "6");
            elsewhere(o);
        }))
        .unwrap(),
    )
    .unwrap();
    let Err(ClaimError::Foreign(seen)) = claim(&dir, &mine()) else { panic!() };
    let other = living(|owner| job(owner, "8"));
    assert!(take_over(&dir, &other, &seen).is_ok());
    assert!(matches!(take_over(&dir, &mine(), &seen), Err(ClaimError::Live(_))));
}

#[rstest]
#[case::empty("")]
#[case::cut("{\"job\":\"7\",")]
fn a_damaged_record_is_nobody_until_somebody_says_so(#[case] content: &str) {
    let root = tempfile::tempdir().unwrap();
    let dir = Dir::open_run(root.path()).unwrap();
    fs::write(root.path().join("owner.1"), content).unwrap();
    let Err(ClaimError::Damaged { number, .. }) = claim(&dir, &mine()) else { panic!() };
    assert!(take_over_damaged(&dir, &mine(), number).is_ok());
}

#[test]
fn a_claimer_who_died_between_link_and_unlink_blocks_nobody() {
    let root = tempfile::tempdir().unwrap();
    let dir = Dir::open_run(root.path()).unwrap();
    let dead = edited(|owner| owner.process.pid = u32::MAX);
    fs::write(root.path().join(".owner.1.n1.1.0.tmp"), spell(&dead).unwrap()).unwrap();
    fs::hard_link(root.path().join(".owner.1.n1.1.0.tmp"), root.path().join("owner.1")).unwrap();
    assert!(claim(&dir, &mine()).is_ok());
}

#[test]
fn a_late_claimer_of_a_number_that_was_cleared_away_does_not_win() {
    let root = tempfile::tempdir().unwrap();
    let dir = Dir::open_run(root.path()).unwrap();
    let claims: Vec<Claim> = (0..4).map(|_| claim(&dir, &mine()).unwrap()).collect();
    assert_eq!(follow(&dir, 0, &living(|_| {})).unwrap(), None);
    assert_eq!(claims[3].check(&dir).unwrap(), Standing::StillOurs);
}

/// Each claims in the name of another living process, so that none may follow another.
#[test]
fn of_many_threads_one_wins() {
    for existing in [None, Some(edited(|owner| owner.process.pid = u32::MAX))] {
        for _ in 0..30 {
            let root = tempfile::tempdir().unwrap();
            if let Some(dead) = &existing {
                fs::write(root.path().join("owner.1"), spell(dead).unwrap()).unwrap();
            }
            let (start, wins) = (Barrier::new(8), AtomicUsize::new(0));
            std::thread::scope(|scope| {
                for n in 1..=8 {
                    let (root, start, wins) = (root.path(), &start, &wins);
                    scope.spawn(move || {
                        let dir = Dir::open_run(root).unwrap();
                        let me = living(|owner| job(owner, &n.to_string()));
                        start.wait();
                        // The same process under eight jobs would let each follow the other: judge by the job alone.
                        match claim_as(&dir, &me) {
                            Ok(_) => wins.fetch_add(1, Ordering::Relaxed),
                            Err(ClaimError::Live(_)) => 0,
                            Err(other) => panic!("{other}"),
                        };
                    });
                }
            });
            assert_eq!(wins.into_inner(), 1);
        }
    }
}

/// A claim in which another job is always another process, although all threads share one.
fn claim_as(dir: &Dir, me: &Owner) -> Result<Claim, ClaimError> {
    for _ in 0..1000 {
        let number = match latest(dir)? {
            Latest::Owner(seen) if seen.owner.process.pid == me.process.pid => {
                return Err(ClaimError::Live(Box::new(seen.owner)));
            }
            Latest::Owner(seen) => seen.number,
            _ => 0,
        };
        if let Some(claim) = follow(dir, number, me)? {
            return Ok(claim);
        }
    }
    Err(ClaimError::Contended)
}

/// Runs in a process of its own, started by the test below.
#[test]
fn claimer() {
    let Ok(place) = std::env::var("CKWRAP_TEST_CLAIM") else { return };
    let dir = Dir::open_run(Path::new(&place)).unwrap();
    let me = Owner::current(None, 0, SegmentNumber(1), Timestamp::from_seconds(1));
    println!("ready");
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).unwrap();
    println!("{}", if claim(&dir, &me).is_ok() { "won" } else { "lost" });
    // Stay alive until all have tried.
    std::io::stdin().read_line(&mut line).unwrap();
}

#[test]
#[expect(clippy::disallowed_methods, reason = "real processes, whose signal state is of no interest here")]
fn of_many_processes_one_wins() {
    use std::io::{BufRead, BufReader, Write};
    use std::process::{Command, Stdio};
    let root = tempfile::tempdir().unwrap();
    fs::write(root.path().join("owner.1"), spell(&edited(|o| o.process.pid = u32::MAX)).unwrap()).unwrap();
    for _ in 0..3 {
        let mut all: Vec<_> = (0..6)
            .map(|_| {
                let mut child = Command::new(std::env::current_exe().unwrap())
                    .args(["--exact", "journal::owner::tests::claimer", "--nocapture", "-q"])
                    .env("CKWRAP_TEST_CLAIM", root.path())
                    .stdin(Stdio::piped())
                    .stdout(Stdio::piped())
                    .spawn()
                    .unwrap();
                let lines = BufReader::new(child.stdout.take().unwrap()).lines();
                (child.stdin.take().unwrap(), lines, child)
            })
            .collect();
        for (_, lines, _) in &mut all {
            assert!(lines.any(|line| line.unwrap().ends_with("ready")));
        }
        for (stdin, _, _) in &mut all {
            stdin.write_all(b"go\n").unwrap();
        }
        let mut wins = 0;
        for (_, lines, _) in &mut all {
            let answer = lines.map(Result::unwrap).find(|line| line == "won" || line == "lost").unwrap();
            wins += usize::from(answer == "won");
        }
        assert_eq!(wins, 1);
        for (stdin, lines, mut child) in all {
            drop(stdin);
            assert!(lines.map(Result::unwrap).count() > 0);
            child.wait().unwrap();
        }
    }
}
