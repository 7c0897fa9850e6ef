//! The child of the "bare against wrapped" tests: it says in which state it was started, and what reaches it.
//!
//! Rust's runtime changes a process before `main`: it ignores SIGPIPE, opens `/dev/null` for closed standard streams and
//! catches SIGSEGV. A probe must see what it was given, so it has a C `main` and none of that runs. (The arguments still
//! arrive: glibc hands them to every initialiser.)
//!
//! | words | does |
//! |---|---|
//! | `status FILE ...` | writes all that a process inherits to FILE, one `key: value` a line |
//! | `exit N` | ends with that code |
//! | `die SIG` | dies of that signal, by its number |
//! | `lines N` | prints N lines |
//! | `cat` | copies stdin to stdout |
//! | `pause` | says `ready`, then sleeps until a signal ends it |
//! | `linger N` | says `ready`, then waits for the end of stdin and ends with code N |
//! | `close-stdout` | says `ready`, closes stdout, then waits for the end of stdin |
//! | `signals` | catches all signals, says `ready`, prints `got N` for each, until the end of stdin |
//! | `provoke SIG` | the same, but first sends SIG to its parent |
//! | `kill PID SIG COUNT` | sends a signal so many times |
//! | `storm PID COUNT SEED` | sends so many signals, drawn from most there are, then prints `sent SIG COUNT` for each |
//! | `orphans COUNT CODE` | has so many children, each of which leaves an orphan; says `ready`; then as `linger` |
//! | `with OPTION... -- COMMAND...` | takes on a state and becomes COMMAND; see `launch.rs` |
#![no_main]

mod launch;
mod raw;
mod report;
mod signals;

use std::ffi::{OsString, c_int};
use std::io::{self, Read as _, Write as _};

/// The answer of a sub-command.
type Outcome = Result<c_int, Box<dyn std::error::Error>>;

#[expect(
    unsafe_code,
    reason = "the symbol the C runtime calls; without it, Rust's runtime alters what is measured"
)]
#[unsafe(no_mangle)]
extern "C" fn main() -> c_int {
    let words = std::env::args_os().skip(1).collect::<Vec<_>>();
    run(&words).unwrap_or_else(|error| {
        let _ = writeln!(io::stderr(), "probe: {words:?}: {error}");
        99
    })
}

fn run(words: &[OsString]) -> Outcome {
    // `cargo test --examples` runs all examples, this one included.
    let Some((verb, rest)) = words.split_first() else { return Ok(0) };
    match (verb.to_str().unwrap_or_default(), rest) {
        ("status", [file, ..]) => report::write(file.as_ref()).map(|()| 0),
        ("exit", [code]) => number(code),
        ("die", [signal]) => signals::die(number(signal)?),
        ("lines", [count]) => lines(number(count)?),
        ("cat", []) => cat(),
        ("pause", []) => pause(),
        ("linger", [code]) => say_ready().and_then(|()| end_of_stdin()).and_then(|()| number(code)),
        ("close-stdout", []) => {
            say_ready()?;
            nix::unistd::close(1)?;
            end_of_stdin().map(|()| 0)
        }
        ("signals", []) => signals::count(None),
        ("provoke", [signal]) => signals::count(Some(number(signal)?)),
        ("kill", [pid, signal, count]) => {
            let (pid, signal) = (number(pid)?, number(signal)?);
            (0..number(count)?).try_for_each(|_| raw::send(pid, signal))?;
            Ok(0)
        }
        ("storm", [pid, count, seed]) => {
            signals::storm(number(pid)?, number(count)?, number(seed)?)?;
            Ok(0)
        }
        ("orphans", [count, code]) => {
            (0..number(count)?).try_for_each(|_| raw::leave_orphan())?;
            say_ready().and_then(|()| end_of_stdin()).and_then(|()| number(code))
        }
        ("with", rest) => launch::become_command(rest),
        _ => Err("no such sub-command, or the wrong number of words; see the top of the source".into()),
    }
}

fn number(word: &OsString) -> Outcome {
    Ok(word.to_str().unwrap_or_default().parse()?)
}

fn say_ready() -> Result<(), Box<dyn std::error::Error>> {
    say(&format!("ready pid={}", std::process::id()))
}

fn say(line: &str) -> Result<(), Box<dyn std::error::Error>> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    Ok(out.flush()?)
}

fn end_of_stdin() -> Result<(), Box<dyn std::error::Error>> {
    io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}

fn lines(count: c_int) -> Outcome {
    let mut out = io::stdout().lock();
    for line in 0..count {
        writeln!(out, "{line:06} the quick brown fox jumps over the lazy dog")?;
    }
    out.flush()?;
    Ok(0)
}

fn cat() -> Outcome {
    let mut out = io::stdout().lock();
    io::copy(&mut io::stdin(), &mut out)?;
    // Rust's runtime would have done this at the end.
    out.flush()?;
    Ok(0)
}

fn pause() -> Outcome {
    // Should the test die, the probe shall not sleep for ever.
    nix::unistd::alarm::set(120);
    say_ready()?;
    loop {
        nix::unistd::pause();
    }
}
