//! Loads for `scripts/bench.d/scale`: a modelled controller under many supervisors, and journals of any length.
//!
//! `scale controller MODE TASKS`, `scale journal DIR SEGMENTS`, `scale chains DIR CHAINS`. Judges nothing: it prints figures.

mod controller;
mod journals;
mod task;

use std::error::Error;
use std::io::{self, Write as _};

fn main() -> Result<(), Box<dyn Error>> {
    let words = std::env::args().skip(1).collect::<Vec<_>>();
    let words = words.iter().map(String::as_str).collect::<Vec<_>>();
    match words.as_slice() {
        ["controller", mode, tasks] => writeln!(io::stdout(), "{}", controller::run(mode, tasks.parse()?)?)?,
        ["journal", dir, segments] => journals::one(dir.as_ref(), "long", segments.parse()?)?,
        ["chains", dir, chains] => journals::many(dir.as_ref(), chains.parse()?)?,
        // `cargo test --examples` runs all examples, this one included.
        _ => {}
    }
    Ok(())
}
