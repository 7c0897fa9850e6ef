//! Runs a program and spoils chosen system calls of it: `sabotage REPORT FAULT -- COMMAND...`.
//!
//! Unlike `strace -e inject` it tells ckwrap's threads apart, leaves alone whatever they execute, and counts over all of
//! them where that is asked for. What was done is written to REPORT, a line each; `plan.rs` describes FAULT. The exit code
//! is the program's, or 128+n.

mod calls;
mod plan;
mod tracer;

use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, ExitCode};

use nix::sys::ptrace;
use nix::sys::signal::{Signal, raise};

use plan::Fault;

type Fallible<T> = Result<T, Box<dyn std::error::Error>>;

/// The first word of the process that becomes the program.
const LAUNCH: &str = "--launch";

fn main() -> ExitCode {
    let words: Vec<_> = std::env::args_os().skip(1).collect();
    let text: Vec<String> = words.iter().map(|word| word.to_string_lossy().into_owned()).collect();
    let outcome = match text.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        // `cargo test --examples` runs all examples, this one included.
        [] => Ok(0),
        [LAUNCH, ..] => launch(words.get(1..).unwrap_or_default()),
        [report, fault, "--", _, ..] => fault
            .parse::<Fault>()
            .map_err(Into::into)
            .and_then(|fault| run(Path::new(report), fault, words.get(3..).unwrap_or_default())),
        _ => Err("want: sabotage REPORT FAULT -- COMMAND...".into()),
    };
    outcome.map_or_else(
        |error| {
            let _ =
                std::io::Write::write_all(&mut std::io::stderr(), format!("sabotage: {error}\n").as_bytes());
            ExitCode::from(70)
        },
        ExitCode::from,
    )
}

/// Waits to be traced, then becomes the program.
#[expect(clippy::disallowed_methods, reason = "no supervisor but a launcher")]
fn launch(words: &[std::ffi::OsString]) -> Fallible<u8> {
    let (program, arguments) = words.split_first().ok_or("no command")?;
    ptrace::traceme()?;
    raise(Signal::SIGSTOP)?;
    Err(Command::new(program).args(arguments).exec().into())
}

#[expect(clippy::disallowed_methods, reason = "no supervisor but a tracer")]
fn run(report: &Path, fault: Fault, words: &[std::ffi::OsString]) -> Fallible<u8> {
    let child = Command::new(std::env::current_exe()?).arg(LAUNCH).args(words).spawn()?;
    let main = nix::unistd::Pid::from_raw(i32::try_from(child.id())?);
    let mut tracer = tracer::Tracer::new(main, fault);
    let code = tracer.run()?;
    std::fs::write(report, tracer.report())?;
    Ok(code)
}
