//! `scripts/bench waste`: expected seconds lost at the end of an allocation, by ckwrap's learned lead and by usual practice.

mod arguments;
mod check;
mod evaluate;
mod plot;
mod practice;
mod random;
mod scenario;
mod show;

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments = match arguments::Arguments::read(std::env::args().skip(1)) {
        Ok(arguments) => arguments,
        Err(text) => return fail(&text),
    };
    let results: Vec<_> =
        arguments.seeds().into_iter().map(|seed| evaluate::evaluate(seed, arguments.runs)).collect();
    if let Some(path) = &arguments.plot
        && let Some(result) = results.first()
        && let Err(error) = std::fs::write(path, plot::svg(result))
    {
        return fail(&format!("{path}: {error}"));
    }
    let short = check::shortcomings(&results);
    match show::print(&results, &short, &arguments) {
        Ok(()) if arguments.check && !short.is_empty() => ExitCode::FAILURE,
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error.to_string()),
    }
}

#[expect(clippy::print_stderr, reason = "a program of its own")]
fn fail(text: &str) -> ExitCode {
    eprintln!("bench waste: {text}");
    ExitCode::from(2)
}
