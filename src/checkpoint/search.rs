//! The last match of a pattern in a log that may be huge: from the end backwards, within bounds.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use super::line_pattern::LinePattern;

/// What is read at once.
const BLOCK: u64 = 1 << 20;
/// Where a line is cut.
const LINE: usize = 64 << 10;

/// How much of a long file is searched, in bytes.
#[derive(Clone, Copy)]
struct Bounds {
    /// From the end backwards: what a program says of its end stands near the end.
    back: u64,
    /// From the beginning, where programs print what they were told to do.
    head: u64,
}

const BOUNDS: Bounds = Bounds { back: 64 << 20, head: 4 << 20 };

/// The first group of the last match, or the whole of it where the pattern has no group, in the bytes from
/// `from` to `to`. Lines (ended by LF or CR) are searched one by one; of more than 68 MiB the middle is left
/// out, and of a line what is beyond 64 KiB.
pub(super) fn last_match(
    file: &File,
    from: u64,
    to: u64,
    pattern: &LinePattern,
) -> io::Result<Option<String>> {
    last_match_within(BOUNDS, file, from, to, pattern)
}

fn last_match_within(
    bounds: Bounds,
    file: &File,
    from: u64,
    to: u64,
    pattern: &LinePattern,
) -> io::Result<Option<String>> {
    let floor = from.max(to.saturating_sub(bounds.back));
    let at_end = Span { from: floor, to, starts_in_line: floor > from, ends_in_line: false };
    if let Some(found) = backwards(file, at_end, pattern)? {
        return Ok(Some(found));
    }
    let head = from.saturating_add(bounds.head).min(floor);
    let at_start = Span { from, to: head, starts_in_line: false, ends_in_line: head < floor };
    backwards(file, at_start, pattern)
}

/// What is searched at one go. A line that it cuts at either end is left out: half a number is another number.
#[derive(Clone, Copy)]
struct Span {
    from: u64,
    to: u64,
    starts_in_line: bool,
    ends_in_line: bool,
}

fn backwards(file: &File, span: Span, pattern: &LinePattern) -> io::Result<Option<String>> {
    let mut end = span.to;
    let mut buffer = Vec::new();
    while end > span.from {
        let start = span.from.max(end.saturating_sub(BLOCK));
        buffer.resize(usize::try_from(end - start).unwrap_or(0), 0);
        read_available(file, &mut buffer, start)?;
        if span.ends_in_line && end == span.to {
            buffer.truncate(buffer.iter().rposition(|byte| is_break(*byte)).unwrap_or(0));
        }
        // The first line of a block may have begun before it; it is left for the next block. A block that lies
        // within one line has nothing but what is beyond the cut of that line.
        let first_is_whole = start == span.from && !span.starts_in_line;
        let skipped = if first_is_whole { 0 } else { after_first_break(&buffer) };
        for line in buffer.get(skipped..).unwrap_or_default().rsplit(|byte| is_break(*byte)) {
            let line = String::from_utf8_lossy(line.get(..LINE).unwrap_or(line));
            if let Some(found) = pattern.last_in(&line) {
                return Ok(Some(found));
            }
        }
        if start == span.from {
            break;
        }
        let left = if skipped < buffer.len() { skipped } else { 0 };
        end = start.saturating_add(u64::try_from(left).unwrap_or(0));
    }
    Ok(None)
}

fn is_break(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\r')
}

/// Where the second line begins; the end if there is none.
fn after_first_break(bytes: &[u8]) -> usize {
    bytes.iter().position(|byte| is_break(*byte)).map_or(bytes.len(), |at| at + 1)
}

/// Fills the buffer from `offset` on, or cuts it where the file now ends.
pub(super) fn read_available(file: &File, buffer: &mut Vec<u8>, offset: u64) -> io::Result<()> {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        let at = offset.saturating_add(u64::try_from(filled).unwrap_or(u64::MAX));
        match file.read_at(rest, at) {
            Ok(0) => buffer.truncate(filled),
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    fn last(content: &[u8], from: u64, pattern: &str) -> Option<String> {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(content).unwrap();
        let to = u64::try_from(content.len()).unwrap();
        last_match(&file, from, to, &LinePattern::new(pattern).unwrap()).unwrap()
    }

    #[rstest]
    #[case(b"step 1\nstep 2\n", 0, r"step (\d+)", Some("2"))]
    #[case(b"step 1\nstep 2", 0, r"step (\d+)", Some("2"))]
    #[case(b"step 1 step 2\nnone\n", 0, r"step (\d+)", Some("2"))]
    #[case(b"step 1\rstep 2\r\n", 0, r"^step (\d+)$", Some("2"))]
    #[case(b"step 1\nstep 2\n", 7, r"step (1)", None)]
    #[case(b"\xff\xfe step 3\n", 0, r"step (\d+)", Some("3"))]
    #[case(b"DONE\n", 0, r"DONE", Some("DONE"))]
    #[case(b"", 0, r"DONE", None)]
    #[case(b"\n\n\n", 0, r"DONE", None)]
    fn small(#[case] content: &[u8], #[case] from: u64, #[case] pattern: &str, #[case] found: Option<&str>) {
        assert_eq!(last(content, from, pattern).as_deref(), found);
    }

    /// A line that straddles the border of two blocks is seen whole.
    #[test]
    fn across_blocks() {
        let block = usize::try_from(BLOCK).unwrap();
        for shift in 0..12 {
            let mut content = vec![b'.'; block - 4];
            content.push(b'\n');
            content.extend_from_slice(b"step 77\n");
            content.extend(std::iter::repeat_n(b"x\n", (block - shift) / 2).flatten());
            assert_eq!(last(&content, 0, r"^step (\d+)$").as_deref(), Some("77"), "shift {shift}");
        }
    }

    #[test]
    fn a_line_longer_than_a_block_hides_nothing_before_it() {
        let mut content = b"step 5\n".to_vec();
        content.resize(3 << 20, b'y');
        assert_eq!(last(&content, 0, r"^step (\d+)").as_deref(), Some("5"));
        content.push(b'\n');
        assert_eq!(last(&content, 0, r"^step (\d+)").as_deref(), Some("5"));
    }

    #[test]
    fn end_and_beginning_of_a_huge_log_are_searched_and_the_middle_is_not() {
        let file = tempfile::tempfile().unwrap();
        let bounds = Bounds { back: 4 << 20, head: 2 << 20 };
        let size = 3 * bounds.back;
        file.set_len(size).unwrap();
        let regex = LinePattern::new(r"nsteps = (\d+)").unwrap();
        // A sparse file is one long line; breaks make lines of it.
        file.write_all_at(b"\nnsteps = 1\n", bounds.back).unwrap();
        assert_eq!(last_match_within(bounds, &file, 0, size, &regex).unwrap(), None);
        file.write_all_at(b"nsteps = 2\n", 0).unwrap();
        assert_eq!(last_match_within(bounds, &file, 0, size, &regex).unwrap().as_deref(), Some("2"));
        file.write_all_at(b"\nnsteps = 3\n", size - 100).unwrap();
        assert_eq!(last_match_within(bounds, &file, 0, size, &regex).unwrap().as_deref(), Some("3"));
    }

    /// The bounds cut through numbers; a part of one is not taken for it.
    #[rstest]
    #[case("n 123456\nxx\nyy\nzz\n", None)]
    #[case("n 1\nxxxxxxxxxxx\nn 2\n", Some("2"))]
    #[case("n 1\nxxxxxxxxxxx\nzzzz\n", Some("1"))]
    #[case("xxxxxxxxxxx\nn 123456", None)]
    fn cut_lines(#[case] text: &str, #[case] found: Option<&str>) {
        let file = tempfile::tempfile().unwrap();
        file.write_all_at(text.as_bytes(), 0).unwrap();
        let pattern = LinePattern::new(r"(\d+)").unwrap();
        let bounds = Bounds { back: 5, head: 5 };
        let to = u64::try_from(text.len()).unwrap();
        assert_eq!(last_match_within(bounds, &file, 0, to, &pattern).unwrap().as_deref(), found);
    }

    proptest! {
        #[test]
        fn agrees_with_a_forward_search(lines in prop::collection::vec("[a-c ]{0,6}(step [0-9]{1,3})?", 0..40)) {
            let text = lines.join("\n");
            let regex = regex_lite::Regex::new(r"step (\d+)").unwrap();
            let expected = regex.captures_iter(&text).last().map(|found| found[1].to_owned());
            prop_assert_eq!(last(text.as_bytes(), 0, r"step (\d+)"), expected);
        }
    }
}
