//! At a terminal: Ctrl-C, Ctrl-Z and a hang-up do what they do without a wrapper.

use super::both;
use crate::support::{Terminal, Wrapper, living, probe, state, wait_for};

/// The line to type. (Typed text is on the screen as well: the quotes keep it apart from what `echo` prints.)
fn line(wrapper: &Wrapper, verb: &str) -> String {
    let words = wrapper.words().iter().map(|word| word.to_str().unwrap().to_owned());
    let words = words.chain([probe().to_str().unwrap().to_owned(), verb.to_owned()]);
    format!("{}; echo code'='$?\n", words.collect::<Vec<_>>().join(" "))
}

/// Process ids of the probe and of what the shell started.
fn pids(terminal: &mut Terminal) -> [i32; 2] {
    let probe = terminal.see("ready pid=").parse().unwrap();
    let status = std::fs::read_to_string(format!("/proc/{probe}/status")).unwrap();
    let parent =
        status.lines().find_map(|line| line.strip_prefix("PPid:")).unwrap().trim().parse::<i32>().unwrap();
    let name = std::fs::read_to_string(format!("/proc/{parent}/comm")).unwrap();
    [probe, if name.trim() == "bash" { probe } else { parent }]
}

#[test]
fn ctrl_c_ends_the_child_and_the_shell_knows() {
    both(|wrapper| {
        let mut terminal = Terminal::open();
        // The words after the command would be run after exit code 130; after a death by INT bash gives up the line.
        terminal.press(&line(wrapper, "pause"));
        let pids = pids(&mut terminal);
        terminal.press("\x03");
        for pid in pids {
            wait_for("it ends", || (!living(pid)).then_some(()));
        }
        terminal.press("echo then'='$?\n");
        assert!(["0", "130"].contains(&terminal.see("then=").as_str()));
    });
}

#[test]
fn ctrl_c_reaches_a_child_that_catches_it_once() {
    both(|wrapper| {
        let mut terminal = Terminal::open();
        terminal.press(&line(wrapper, "signals"));
        pids(&mut terminal);
        terminal.press("\x03");
        assert_eq!(terminal.see("got "), "2");
        terminal.press("\x1c");
        assert_eq!(terminal.see("got "), "3", "one Ctrl-C came twice, or Ctrl-\\ did not come");
        terminal.press("\x04");
        assert_eq!(terminal.see("code="), "0");
    });
}

#[test]
fn ctrl_z_stops_both_and_fg_continues_both() {
    both(|wrapper| {
        let mut terminal = Terminal::open();
        terminal.press(&line(wrapper, "linger 7"));
        let pids = pids(&mut terminal);
        // `$?` after each stop is the stop's; only the last `fg` sees the end.
        for resume in ["fg\n", "fg; echo again'='$?\n"] {
            terminal.press("\x1a");
            terminal.see("Stopped");
            for pid in pids {
                wait_for("it stops", || (state(pid) == Some('T')).then_some(()));
            }
            terminal.press(resume);
            for pid in pids {
                wait_for("it goes on", || (state(pid) != Some('T')).then_some(()));
            }
        }
        terminal.press("\x04");
        assert_eq!(terminal.see("again="), "7");
    });
}

#[test]
fn the_child_can_read_from_the_terminal() {
    both(|wrapper| {
        let mut terminal = Terminal::open();
        terminal.press(&line(wrapper, "cat"));
        terminal.press("some words\n");
        terminal.see("some words");
        terminal.see("some words");
        terminal.press("\x04");
        assert_eq!(terminal.see("code="), "0");
    });
}

#[test]
fn ctrl_c_before_the_child_is_there_reaches_it() {
    let folder = tempfile::tempdir().unwrap();
    let yaml = "checkpoint: {glob: [state], validate: [{run: [sh, -c, 'touch began; until test -e go; do sleep 0.05; done']}]}\n";
    std::fs::write(folder.path().join("ckwrap.yaml"), yaml).unwrap();
    std::fs::write(folder.path().join("state"), "x").unwrap();
    let wrapper = Wrapper::ckwrap("--engine local --time-limit 1h");
    let mut terminal = Terminal::open();
    terminal.press(&format!("cd {}; {}", folder.path().display(), line(&wrapper, "signals")));
    wait_for("the check of the checkpoint", || folder.path().join("began").exists().then_some(()));
    terminal.press("\x03then ");
    // The key has been handled when its echo, and that of the next, is on the screen.
    terminal.see("then ");
    std::fs::write(folder.path().join("go"), "").unwrap();
    terminal.see("ready pid=");
    assert_eq!(terminal.see("got "), "2");
}
