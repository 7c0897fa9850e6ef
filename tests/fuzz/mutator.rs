//! Changes of a seed, as a fuzzer makes them: bytes turned, cut, repeated, spliced, words of the format put in, numbers
//! made huge, nesting made deep. The same number gives the same changes.

/// Longest text that comes out, in bytes.
const LONGEST: usize = 64 << 10;

/// Numbers at the edges of what types hold.
const NUMBERS: [&str; 14] = [
    "0",
    "-1",
    "4294967294",
    "4294967295",
    "4294967296",
    "9223372036854775807",
    "-9223372036854775808",
    "18446744073709551615",
    "18446744073709551616",
    "1e400",
    "-1e-400",
    "NaN",
    "inf",
    "0x7fffffff",
];

/// What opens, and what nests by being repeated.
const DEEP: [&str; 12] = ["[", "{", "(", "- ", "? ", "$(", "${", "\"\"\"", "{a|", "**/", "((", "[["];

/// What is at home in no text.
const STRANGE: [&str; 12] = [
    "\0",
    "\r\n",
    "\t",
    "\u{feff}",
    "\u{1b}[31m",
    "\u{202e}",
    "\u{fffd}",
    "é",
    "\u{1f980}",
    "\u{2028}",
    "\\",
    "'",
];

/// Numbers by Marsaglia's xorshift64*.
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// A number below `end`; 0 where there is none.
    pub(super) fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end).unwrap().max(1);
        usize::try_from((self.next() >> 16) % end).unwrap()
    }

    fn one_of<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[self.below(words.len())]
    }
}

/// One of the seeds, changed one to eight times.
pub(super) fn changed(seeds: &[Vec<u8>], random: &mut Random) -> Vec<u8> {
    let mut text = seeds[random.below(seeds.len())].clone();
    for _ in 0..=random.below(8) {
        change(&mut text, seeds, random);
        text.truncate(LONGEST);
    }
    text
}

fn change(text: &mut Vec<u8>, seeds: &[Vec<u8>], random: &mut Random) {
    let at = random.below(text.len() + 1);
    let end = at + random.below((text.len() - at).min(64) + 1);
    match random.below(11) {
        0 if at < text.len() => text[at] ^= 1 << random.below(8),
        1 if at < text.len() => text[at] = u8::try_from(random.below(256)).unwrap(),
        2 => text.truncate(at),
        3 => drop(text.drain(at..end)),
        4 => {
            let part = text[at..end].to_vec();
            let times = 1 + random.below(200);
            text.splice(at..at, part.repeat(times));
        }
        5 => {
            let other = &seeds[random.below(seeds.len())];
            let from = random.below(other.len() + 1);
            let to = from + random.below(other.len() - from + 1);
            text.splice(at..end, other[from..to].iter().copied());
        }
        6 => drop(text.splice(at..end, random.one_of(&NUMBERS).bytes())),
        7 => drop(text.splice(at..at, random.one_of(&STRANGE).bytes())),
        8 => {
            let depth = [3, 130, 3000][random.below(3)];
            let deep = random.one_of(&DEEP).repeat(depth);
            text.splice(at..at, deep.bytes());
        }
        9 => number(text, at, random),
        _ => line(text, at, random),
    }
}

/// Another number in the place of the next one.
fn number(text: &mut Vec<u8>, at: usize, random: &mut Random) {
    let Some(start) = text[at..].iter().position(u8::is_ascii_digit).map(|start| at + start) else { return };
    let length = text[start..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    text.splice(start..start + length, random.one_of(&NUMBERS).bytes());
}

/// The line at this place moved to the end, or doubled there.
fn line(text: &mut Vec<u8>, at: usize, random: &mut Random) {
    let start = text[..at].iter().rposition(|byte| *byte == b'\n').map_or(0, |before| before + 1);
    let end = text[at..].iter().position(|byte| *byte == b'\n').map_or(text.len(), |end| at + end + 1);
    let line = text[start..end].to_vec();
    if random.below(2) == 0 {
        text.drain(start..end);
    }
    text.extend(line);
}
