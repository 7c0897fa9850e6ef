//! Takes apart what `scontrol -o show job` prints.
//!
//! `Key=value` with single spaces between, where some values are free text: the job's name and comment may
//! hold spaces, newlines and `JobState=COMPLETED`. What tells them apart is order, which has been the same
//! since 20.11: `JobId` … `JobName=FREE` ‖ `UserId` … `Network=FREE` ‖ `Command=FREE WorkDir=FREE` … Between
//! the name and `Network` lies the spine, made by Slurm; every fact ckwrap acts on is there. Where the spine's
//! start is found twice (somebody wrote a whole record into a name), nothing is believed.

/// The fields of one record, as bytes, since paths need not be UTF-8.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Fields(Vec<(String, Vec<u8>)>);

/// Free text and paths behind the spine, in the order in which they are printed.
const TAIL_TEXT: [&str; 7] =
    ["Command", "SubmitLine", "WorkDir", "AdminComment", "SystemComment", "Comment", "Extra"];
const TAIL_PATHS: [&str; 3] = ["StdErr", "StdIn", "StdOut"];

/// Most fields of a record; Slurm prints about a hundred. Each is compared with all before it.
const MOST_FIELDS: usize = 1000;

/// Slurm's words for "no value".
const NOTHING: [&str; 6] = ["", "(null)", "N/A", "Unknown", "None", "NONE"];

impl Fields {
    /// The value of `key`, as it was printed.
    pub fn bytes(&self, key: &str) -> Option<&[u8]> {
        self.0.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_slice())
    }

    /// The value of `key`, unless it is one of Slurm's words for none or no UTF-8.
    pub fn text(&self, key: &str) -> Option<&str> {
        let text = std::str::from_utf8(self.bytes(key)?).ok()?;
        (!NOTHING.contains(&text)).then_some(text)
    }

    /// The value of `key` as a number.
    pub fn number(&self, key: &str) -> Option<u64> {
        self.text(key)?.parse().ok()
    }

    /// All fields, in the order in which they were printed.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.0.iter().map(|(key, value)| (key.as_str(), value.as_slice()))
    }

    /// From `Key=value` words, for the records without free text, such as those of partitions.
    pub(super) fn from_plain(record: &[u8]) -> Self {
        let mut fields = Self::default();
        fields.push_words(record);
        fields
    }

    fn push(&mut self, key: &str, value: &[u8]) {
        if self.is_full() {
            return;
        }
        // The last of a kind wins: free text inside the spine (WCKey, and Account without accounting) stands
        // before all that matters.
        self.0.retain(|(name, _)| name != key);
        self.0.push((key.to_owned(), value.to_vec()));
    }

    /// Whether something may have been left out.
    fn is_full(&self) -> bool {
        self.0.len() >= MOST_FIELDS
    }

    /// Splits at every space that is followed by something shaped like `Key=`.
    fn push_words(&mut self, text: &[u8]) {
        let mut starts = key_starts(text).peekable();
        while let Some((start, key)) = starts.next() {
            let end = starts.peek().map_or(text.len(), |(next, _)| next.saturating_sub(1));
            let value = text.get(start + key.len() + 1..end).unwrap_or_default();
            self.push(&key, value.trim_ascii_end());
        }
    }
}

/// Positions and names of all `Key=` at the start of the text or behind a space.
fn key_starts(text: &[u8]) -> impl Iterator<Item = (usize, String)> + '_ {
    let is_start = move |at: usize| at == 0 || text.get(at - 1) == Some(&b' ');
    (0..text.len()).filter(move |at| is_start(*at)).filter_map(move |at| Some((at, key_at(text.get(at..)?)?)))
}

fn key_at(text: &[u8]) -> Option<String> {
    // The longest key so far is `KillOInInvalidDependent`; some hold a colon or a slash (`NtasksPerN:B:S:C`).
    let length = text.iter().take(40).position(|byte| *byte == b'=')?;
    let key = text.get(..length)?;
    let starts_well = key.first().is_some_and(u8::is_ascii_alphabetic);
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'/' | b':' | b'.');
    (starts_well && key.iter().all(plain)).then(|| String::from_utf8_lossy(key).into_owned())
}

/// The records in an answer; `None` if one of them cannot be taken apart beyond doubt.
pub(super) fn records(answer: &[u8]) -> Option<Vec<Fields>> {
    // Slurm prints none, and no argument of a command can hold one.
    if answer.contains(&0) {
        return None;
    }
    let mut starts: Vec<usize> = vec![0];
    starts.extend(find_all(answer, b"\nJobId=").map(|at| at + 1));
    let ends = starts.iter().skip(1).copied().chain([answer.len()]);
    starts.iter().zip(ends).map(|(start, end)| record(answer.get(*start..end)?)).collect()
}

fn record(text: &[u8]) -> Option<Fields> {
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    // Slurm ends the record itself with a space, behind the one that ends a last comment.
    let text = text.strip_suffix(b" ").unwrap_or(text);
    let spine = single_spine(text)?;
    let name = find(text, b" JobName=").filter(|at| *at < spine)?;
    let network = find_from(text, b" Network=", spine)?;
    let mut fields = Fields::default();
    fields.push_words(text.get(..name)?);
    let named = text.get(name + b" JobName=".len()..spine)?;
    let (named, set) = het_set(named);
    fields.push("JobName", named);
    if let Some(set) = set {
        fields.push("HetJobIdSet", set);
    }
    fields.push_words(text.get(spine + 1..network)?);
    push_tail(&mut fields, text.get(network..)?)?;
    if fields.is_full() {
        return None;
    }
    fields.bytes("JobId")?;
    fields.bytes("JobState")?;
    Some(fields)
}

/// In front of the spine of a heterogeneous job's component: `NAME HetJobIdSet=7-8`.
fn het_set(text: &[u8]) -> (&[u8], Option<&[u8]>) {
    const KEY: &[u8] = b" HetJobIdSet=";
    let Some(at) = find_all(text, KEY).last() else { return (text, None) };
    let (name, rest) = text.split_at(at);
    let set = rest.get(KEY.len()..).unwrap_or_default();
    let plain = |byte: &u8| byte.is_ascii_digit() || matches!(byte, b'-' | b',' | b'[' | b']');
    if !set.is_empty() && set.iter().all(plain) { (name, Some(set)) } else { (text, None) }
}

/// Where ` UserId=NAME(N) GroupId=NAME(N) MCS_label=… Priority=N Nice=N Account=` starts, if that is once.
fn single_spine(text: &[u8]) -> Option<usize> {
    let mut spines = find_all(text, b" UserId=").filter(|at| is_spine(text.get(*at..).unwrap_or_default()));
    let first = spines.next()?;
    spines.next().is_none().then_some(first)
}

fn is_spine(text: &[u8]) -> bool {
    const MARKS: [&[u8]; 6] =
        [b" UserId=", b" GroupId=", b" MCS_label=", b" Priority=", b" Nice=", b" Account="];
    let mut at = 0;
    for (index, mark) in MARKS.iter().enumerate() {
        // Account and group names of directories may hold spaces; all six together stay far below this.
        let window = text.get(at..text.len().min(at + 512)).unwrap_or_default();
        let Some(found) = find(window, mark) else { return false };
        // Nothing stands before the first, and only its value between one and the next.
        let between = window.get(..found).unwrap_or_default();
        if between.contains(&b'=') || (index == 0 && !between.is_empty()) {
            return false;
        }
        at += found + mark.len();
    }
    true
}

/// `Network=FREE Command=FREE WorkDir=FREE [comments] StdErr= StdIn= StdOut= [more]`.
fn push_tail(fields: &mut Fields, text: &[u8]) -> Option<()> {
    let command = find(text, b" Command=")?;
    fields.push("Network", text.get(b" Network=".len()..command)?);
    // The three paths come last of the free text: a comment that names one stands before the real one.
    let paths = find_all(text, b" StdErr=").last();
    push_ordered(fields, text.get(command..paths.unwrap_or(text.len()))?, &TAIL_TEXT);
    let Some(paths) = paths else { return Some(()) };
    let rest = text.get(paths..)?;
    let stdout = find(rest, b" StdOut=")?;
    let more = key_starts(rest).find(|(at, _)| *at > stdout + 1).map_or(rest.len(), |(at, _)| at - 1);
    push_ordered(fields, rest.get(..more)?, &TAIL_PATHS);
    let mut behind = Fields::default();
    behind.push_words(rest.get(more..)?.trim_ascii_start());
    for (key, value) in behind.0 {
        if fields.bytes(&key).is_none() {
            fields.push(&key, &value);
        }
    }
    Some(())
}

/// Splits at the first of each key that comes in this order.
fn push_ordered(fields: &mut Fields, text: &[u8], keys: &[&str]) {
    let mut starts: Vec<(usize, &str)> = Vec::new();
    let mut from = 0;
    for key in keys {
        let mark = [b" ", key.as_bytes(), b"="].concat();
        if let Some(at) = find_from(text, &mark, from) {
            starts.push((at, key));
            // Where 25.11 puts the submission's command line is not relied upon.
            from = if *key == "SubmitLine" { from } else { at + mark.len() };
        }
    }
    starts.sort_unstable();
    let ends = starts.iter().skip(1).map(|(at, _)| *at).chain([text.len()]);
    for ((at, key), end) in starts.iter().zip(ends) {
        let value = text.get(at + key.len() + 2..end).unwrap_or_default();
        // Slurm ends comments with a space of its own.
        let value = if key.ends_with("omment") || *key == "Extra" { value.strip_suffix(b" ") } else { None }
            .unwrap_or(value);
        fields.push(key, value);
    }
}

fn find(text: &[u8], word: &[u8]) -> Option<usize> {
    find_all(text, word).next()
}

fn find_from(text: &[u8], word: &[u8], from: usize) -> Option<usize> {
    find(text.get(from..)?, word).map(|at| at + from)
}

fn find_all<'a>(text: &'a [u8], word: &'a [u8]) -> impl Iterator<Item = usize> + 'a {
    text.windows(word.len().max(1)).enumerate().filter(move |(_, window)| *window == word).map(|(at, _)| at)
}
