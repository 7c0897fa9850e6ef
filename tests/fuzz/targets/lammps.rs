//! A LAMMPS input, with one that it includes: the first of two texts that a form feed parts.

use std::ffi::OsString;
use std::path::Path;

use ckwrap::profile::lammps::{CheckpointName, Input, Options, Source, read};

/// A derived input may be larger than the user's, by a bounded part.
const GROWN: usize = 64;

/// From the text to the derived inputs.
pub(super) fn lammps(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let (text, included) = text.split_once('\x0c').unwrap_or((&text, ""));
    let options = Options::read(&["-var", "n", "5", "-in", "in.melt"].map(OsString::from)).unwrap();
    let include =
        |name: &str| if name == "inc" { Ok(included.to_owned()) } else { Err("is not there".to_owned()) };
    let source = Source {
        file: "in.melt",
        text,
        include: &include,
        content: &|name| (name == "data").then(|| "7 0123".to_owned()),
        options: &options,
        stop: "STOP",
        every: None,
    };
    let Ok(Input::Derived(script)) = read(&source) else { return };
    let first = script.first();
    assert!(first.len() < GROWN * (1024 + data.len()));
    for run in 0..=script.runs().min(8) {
        let name =
            format!("ckwrap-{}.run{run}.from100.{}", script.digest(), if run % 2 == 0 { "a" } else { "b" });
        let from = CheckpointName::of(Path::new(&name)).expect("a name of ours");
        assert_eq!(script.continuation(&from, &name).is_some(), run > 0);
    }
}
