//! Numbers in the names of files.

/// Endings of file names whose digit is no number of the file.
const ENDINGS: [&str; 10] = [".h5", ".hdf5", ".he5", ".nc4", ".jld2", ".bz2", ".lz4", ".npz2", ".mp4", ".v2"];

/// The number by which a file is told from its like, as it is written: the whole name where that is one (`0.05`,
/// `1e-05`: the time directories of `OpenFOAM`), else its last run of digits (`chk00120`, `epoch=3-step=1000.ckpt`,
/// `state_20.h5`).
pub fn number_in_name(name: &str) -> Option<&str> {
    if name.starts_with(|first: char| first.is_ascii_digit()) && name.parse::<f64>().is_ok() {
        return Some(name);
    }
    let without = |ending: &&str| {
        let (stem, end) = name.split_at_checked(name.len().checked_sub(ending.len())?)?;
        end.eq_ignore_ascii_case(ending).then_some(stem)
    };
    let stem = ENDINGS.iter().find_map(without).unwrap_or(name);
    stem.split(|c: char| !c.is_ascii_digit()).rfind(|run| !run.is_empty())
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("chk00120", Some("00120"))]
    #[case("0.05", Some("0.05"))]
    #[case("1e-05", Some("1e-05"))]
    #[case("state_20.H5", Some("20"))]
    #[case("epoch=3-step=1000.ckpt", Some("1000"))]
    #[case("0.orig", Some("0"))]
    #[case("ck", None)]
    #[case("é.h5", None)]
    #[case("", None)]
    fn numbers(#[case] name: &str, #[case] number: Option<&str>) {
        assert_eq!(number_in_name(name), number);
    }
}
