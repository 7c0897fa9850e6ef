//! Where a launcher's own words end.

use super::table::Launcher;

impl Launcher {
    /// How many of `words`, which follow the launcher's name, are its own; `None`: it runs no program.
    ///
    /// A later version of a launcher has options that the tables do not. One of them that takes a value would make that
    /// value the program: where the word found is nobody `is_known` knows, right behind such an option, and the word after
    /// it is known, that one is taken.
    pub(in crate::profile) fn skip(&self, words: &[&str], is_known: impl Fn(&str) -> bool) -> Option<usize> {
        let first = self.own_words(words, &[])?;
        let mut values = Vec::new();
        let mut found = first;
        while let Some(word) = words.get(found) {
            if is_known(word) {
                return Some(found);
            }
            let option = found.checked_sub(1).and_then(|before| words.get(before));
            if !option.is_some_and(|option| self.is_unknown(option)) {
                break;
            }
            values.push(found);
            match self.own_words(words, &values) {
                Some(next) => found = next,
                None => break,
            }
        }
        Some(first)
    }

    /// The same, where the words at the places `values` are values of the options before them.
    fn own_words(&self, words: &[&str], values: &[usize]) -> Option<usize> {
        let mut own = 0;
        let mut positional = self.positional;
        let mut subcommand = self.subcommands.is_empty();
        let mut options = true;
        while let Some(word) = words.get(own) {
            if values.contains(&own) {
                own += 1;
            } else if options && *word == "--" {
                options = false;
                own += 1;
            } else if options && word.len() > 1 && word.starts_with('-') {
                own += self.option(word);
            } else if !subcommand {
                if !self.subcommands.contains(word) {
                    return None;
                }
                subcommand = true;
                own += 1;
            } else if self.assignments && is_assignment(word) {
                own += 1;
            } else if positional > 0 {
                positional -= 1;
                own += 1;
            } else {
                return Some(own);
            }
        }
        None
    }

    /// Words that an option takes, itself included.
    fn option(&self, word: &str) -> usize {
        match word {
            word if self.pairs.contains(&word) => 3,
            word if self.valued.contains(&word) => 2,
            _ => 1,
        }
    }

    fn is_unknown(&self, word: &str) -> bool {
        let is_option = word.len() > 2 && word.starts_with('-') && !word.contains('=');
        is_option && ![self.valued, self.pairs, self.flags].iter().any(|known| known.contains(&word))
    }
}

/// `NAME=VALUE`, as env(1) and shells take it.
pub(in crate::profile) fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty()
            && !name.starts_with(|sign: char| sign.is_ascii_digit())
            && name.chars().all(|sign| sign.is_ascii_alphanumeric() || sign == '_')
    })
}
