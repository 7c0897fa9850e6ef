//! What a supervisor costs the program it runs: time from start to end, memory, system calls, page faults, wake-ups, and how long
//! signals and the end take through it. All contenders in one run, in random order each round.
//!
//! `scripts/bench.d/overhead` builds all that this needs. Knows nothing of ckwrap but its name: every contender is words that
//! stand before a command.
//!
//! The same file is the program that is supervised: `overhead child ...`, see `child`.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a table for people; a broken pipe may end it"
)]

mod child;
mod contenders;
mod latency;
mod lives;
mod numbers;
mod resting;
mod table;

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

use table::Row;

/// What is wanted.
struct Wish {
    rounds: usize,
    signals: usize,
    idle: u64,
    seed: u64,
    json: bool,
    check: bool,
    /// The dynamic build, the static one, and the fake Slurm.
    dynamic: PathBuf,
    fixed: PathBuf,
    fake_slurm: PathBuf,
}

fn wish(words: &[String]) -> Result<Wish, Box<dyn Error>> {
    let mut wish = Wish {
        rounds: 400,
        signals: 1000,
        idle: 60,
        seed: u64::from(std::process::id()),
        json: false,
        check: false,
        dynamic: PathBuf::new(),
        fixed: PathBuf::new(),
        fake_slurm: PathBuf::new(),
    };
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or_else(|| format!("{word} needs a value"));
        match word.as_str() {
            "--json" => wish.json = true,
            "--check" => wish.check = true,
            "--rounds" => wish.rounds = value()?.parse()?,
            "--signals" => wish.signals = value()?.parse()?,
            "--idle" => wish.idle = value()?.parse()?,
            "--seed" => wish.seed = value()?.parse()?,
            "--dynamic" => wish.dynamic = value()?.into(),
            "--static" => wish.fixed = value()?.into(),
            "--fake-slurm" => wish.fake_slurm = value()?.into(),
            _ => return Err(format!("{word} is not known; see scripts/bench.d/overhead --help").into()),
        }
    }
    if wish.rounds == 0 || wish.signals == 0 {
        return Err("--rounds and --signals must be at least 1".into());
    }
    Ok(wish)
}

fn main() -> ExitCode {
    let words = std::env::args().skip(1).collect::<Vec<_>>();
    let result = match words.split_first() {
        // `cargo test --examples` runs all examples, this one included.
        None => Ok(ExitCode::SUCCESS),
        Some((verb, rest)) if verb == "child" => child::run(rest),
        _ => wish(&words).and_then(|wish| measure(&wish)),
    };
    result.unwrap_or_else(|error| {
        eprintln!("overhead: {error}");
        ExitCode::from(2)
    })
}

fn measure(wish: &Wish) -> Result<ExitCode, Box<dyn Error>> {
    let scene = tempfile::tempdir()?;
    let contenders = contenders::all(wish, scene.path())?;
    let mut random = numbers::Random::new(wish.seed);
    eprintln!("overhead: seed {}, load {}", wish.seed, numbers::load());
    let lives = lives::measure(&contenders, wish.rounds, &mut random)?;
    let ends = latency::of_ends(&contenders, wish.rounds.min(300), &mut random)?;
    let signals = latency::of_signals(&contenders, wish.signals, &mut random)?;
    let resting = resting::measure(&contenders, wish.idle)?;
    let rows = contenders.iter().enumerate().map(|(index, contender)| {
        Ok(Row {
            name: contender.name.clone(),
            life: lives[index].clone(),
            calls: lives::system_calls(contender, scene.path())?,
            end: ends[index].clone(),
            signal: signals[index].clone(),
            resting: resting[index].clone(),
        })
    });
    let rows = rows.collect::<Result<Vec<Row>, Box<dyn Error>>>()?;
    if wish.json {
        println!("{}", table::json(&rows, wish.seed));
    } else {
        table::print(&rows);
    }
    let short = table::shortfalls(&rows);
    for line in &short {
        eprintln!("overhead: falls short: {line}");
    }
    Ok(if wish.check && !short.is_empty() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
