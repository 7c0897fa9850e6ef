//! ckwrap runs what its caller says, with the caller's rights and no others.

use std::process::Command;

use rstest::rstest;

use super::{Scene, USER, allow, ckwrap, give};
use crate::support::{End, Start, Wrapper, copy_executable};

/// How a copy of ckwrap gets more rights than its caller has.
#[derive(Debug, Clone, Copy)]
enum Gift {
    SetUser,
    SetGroup,
    Capability,
}

#[rstest]
fn a_start_with_others_rights_is_refused(
    #[values(Gift::SetUser, Gift::SetGroup, Gift::Capability)] gift: Gift,
    #[values(
        &["--", "/bin/sh", "-c", "touch ran"],
        &["--engine", "local", "--time-limit", "1h", "--", "/bin/sh", "-c", "touch ran"],
        &["config", "--config", "/etc/shadow"],
        &["status"],
        &["notify", "READY=1"],
        &["profiles"],
        &["--help"]
    )]
    words: &[&str],
) {
    let scene = Scene::new();
    let program = scene.dir.path().join("ckwrap");
    copy_executable(ckwrap(), &program);
    give(&program, 0);
    match gift {
        Gift::SetUser => allow(&program, 0o4755),
        Gift::SetGroup => allow(&program, 0o2755),
        Gift::Capability => {
            allow(&program, 0o755);
            let setcap = Command::new("/usr/sbin/setcap").arg("cap_dac_override+ep").arg(&program).status();
            assert!(setcap.expect("Debian's package libcap2-bin is needed").success());
        }
    }
    let words = [program.to_str().unwrap()].iter().chain(words).copied().collect::<Vec<_>>();
    let mut run = scene.place(Start::new(&Wrapper::bare(), words)).go();
    let end = run.end();
    let said = run.all_errors();
    assert_eq!(end, End::Code(125), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(said.contains("does not run setuid, setgid or with file capabilities"), "{said}");
    assert!(run.rest().is_empty());
    assert!(!scene.run.join("ran").exists() && !scene.run.join(".ckwrap").exists());
}

/// An ordinary user without a single capability can use all of it, and the program gets none.
#[test]
fn no_right_is_needed_or_given() {
    let scene = Scene::new();
    let script = "grep -E '^(Cap(Prm|Eff|Amb)|Uid|NoNewPrivs)' /proc/self/status; exit 7";
    let mut run = scene.ckwrap(super::LOCAL, script);
    let lines: Vec<String> = std::iter::from_fn(|| run.line()).collect();
    assert_eq!(run.end(), End::Code(7), "{}", run.all_errors());
    let of = |key: &str| lines.iter().find_map(|line| line.strip_prefix(key)).unwrap().trim();
    for set in ["CapPrm:", "CapEff:", "CapAmb:"] {
        assert_eq!(of(set), "0000000000000000", "{lines:?}");
    }
    assert_eq!(of("Uid:"), [USER.to_string().as_str(); 4].join("\t"));
    assert_eq!(of("NoNewPrivs:"), "0", "as it would be without ckwrap: {lines:?}");
}
