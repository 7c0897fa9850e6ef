//! What `$x`, `${x}` and `$(...)` put into a line: the same after a restart, or something read from the moving system.
//!
//! A line that is given again in a continuation must say what it said at first.

use std::cell::Cell;
use std::collections::BTreeMap;

use super::lexer::Command;
use super::options::Options;

/// Functions and constants whose value depends on their arguments alone, and the lattice's spacings.
const CONSTANT: &[&str] = &[
    "PI", "version", "yes", "no", "true", "false", "on", "off", "sqrt", "exp", "ln", "log", "abs", "sin",
    "cos", "tan", "asin", "acos", "atan", "atan2", "ceil", "floor", "round", "xlat", "ylat", "zlat",
];

/// Names in a formula whose value has nothing to do with the state of the system, or keeps something of its own.
const NEVER: &[&str] = &[
    "random",
    "normal",
    "next",
    "elapsed",
    "cpu",
    "tpcpu",
    "spcpu",
    "cpuremain",
    "timeremain",
    "part",
    "extract_setting",
    // Restart files do not hold the simulated time: it begins at 0 at each start (29Sep2021).
    "time",
    // A force made of velocities sees those of another moment at a start.
    "vx",
    "vy",
    "vz",
];

/// Names in a formula that depend on places, the step and what atoms are alone.
const OF_PLACE: &[&str] = &[
    "ramp",
    "vdisplace",
    "swiggle",
    "cwiggle",
    "step",
    "elaplong",
    "dt",
    "x",
    "y",
    "z",
    "id",
    "type",
    "mass",
    "q",
];

/// How deep variables may refer to each other.
const DEEPEST: usize = 32;

/// The variables of an input.
#[derive(Debug, Default)]
pub(super) struct Variables {
    given: BTreeMap<String, Vec<String>>,
    defined: BTreeMap<String, Vec<Definition>>,
    /// Where `timestep` is set.
    timesteps: Vec<usize>,
    /// Bytes of formulas looked at so far: variables that are made of several others multiply.
    spent: Cell<usize>,
}

/// Bytes of formulas that are looked at for one input.
const MOST_SPENT: usize = 4 << 20;

#[derive(Debug)]
struct Definition {
    style: String,
    values: Vec<String>,
}

impl Variables {
    /// Of these commands and this command line.
    pub(super) fn of(commands: &[Command], options: &Options) -> Self {
        let mut all = Self::default();
        for words in &options.variables {
            if let Some((name, values)) = words.split_first() {
                all.given.insert(name.clone(), values.to_vec());
            }
        }
        for (index, command) in commands.iter().enumerate() {
            match command.name() {
                "variable" => {
                    let values = command.after(3).map(str::to_owned).collect();
                    let definition = Definition { style: command.word(2).to_owned(), values };
                    all.defined.entry(command.word(1).to_owned()).or_default().push(definition);
                }
                "timestep" => all.timesteps.push(index),
                _ => {}
            }
        }
        all
    }

    /// The number a word stands for, where that can be told from the text alone.
    pub(super) fn number(&self, word: &str) -> Option<u64> {
        let Some(rest) = word.strip_prefix('$') else { return word.parse().ok() };
        let braced = rest.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
        let name = braced.unwrap_or(rest);
        if let Some(values) = self.given.get(name) {
            return values.first()?.parse().ok();
        }
        match self.defined.get(name)?.as_slice() {
            [one] if matches!(one.style.as_str(), "index" | "string" | "equal") => {
                one.values.first()?.parse().ok()
            }
            _ => None,
        }
    }

    /// The first thing that the command at `index` takes from the moving system; `None`: it always says the same.
    pub(super) fn fleeting(&self, command: &Command, index: usize) -> Option<String> {
        let plain = command.words.iter().filter(|word| !word.quoted);
        plain.into_iter().find_map(|word| self.fleeting_in(&word.text, index))
    }

    fn fleeting_in(&self, text: &str, index: usize) -> Option<String> {
        let mut rest = text;
        while let Some((_, after)) = rest.split_once('$') {
            let (found, tail) = if let Some(inner) = after.strip_prefix('{') {
                let (name, tail) = inner.split_once('}').unwrap_or((inner, ""));
                (self.fleeting_variable(name, index, 0), tail)
            } else if let Some(inner) = after.strip_prefix('(') {
                let end = closing(inner);
                let (formula, tail) = inner.split_at_checked(end).unwrap_or((inner, ""));
                (self.fleeting_formula(formula.split(":%").next().unwrap_or(formula), index, 0), tail)
            } else {
                let end = after.chars().next().map_or(0, char::len_utf8);
                let (name, tail) = after.split_at_checked(end).unwrap_or((after, ""));
                (self.fleeting_variable(name, index, 0), tail)
            };
            if found.is_some() {
                return found;
            }
            rest = tail;
        }
        None
    }

    fn fleeting_variable(&self, name: &str, index: usize, depth: usize) -> Option<String> {
        if self.given.contains_key(name) {
            return None;
        }
        let Some(definitions) = self.defined.get(name).filter(|_| self.goes_on(depth)) else {
            return Some(format!("the variable {name}"));
        };
        definitions.iter().find_map(|definition| {
            let value = definition.values.first().map_or("", String::as_str);
            self.spend(value);
            match definition.style.as_str() {
                "index" | "string" | "delete" => None,
                "equal" => self.fleeting_formula(value, index, depth + 1),
                "format" => self.fleeting_variable(value, index, depth + 1),
                _ => Some(format!("the variable {name}")),
            }
        })
    }

    fn fleeting_formula(&self, formula: &str, index: usize, depth: usize) -> Option<String> {
        // A `$x` inside was put in when the formula's own line was read, which is looked at by itself.
        identifiers(&put_in(formula)).find_map(|name| match name.strip_prefix("v_") {
            Some(variable) => self.fleeting_variable(variable, index, depth),
            None if CONSTANT.contains(&name) => None,
            None if name == "dt" && !self.timesteps.iter().any(|at| *at > index) => None,
            None => Some(name.to_owned()),
        })
    }

    /// What in the formula of a variable has another value in a continuation than in one go, whenever it is asked.
    pub(super) fn unrepeatable(&self, formula: &str) -> Option<String> {
        // Of several timesteps the formula sees the last one that was set.
        let bad = |name: &&str| NEVER.contains(name) || (self.timesteps.len() > 1 && *name == "dt");
        identifiers(formula).find(bad).map(str::to_owned)
    }

    /// Whether a word that holds a `$` is a number, whatever it says.
    pub(super) fn is_numeric(&self, word: &str) -> bool {
        let Some(rest) = word.strip_prefix('$') else { return false };
        if let Some(inner) = rest.strip_prefix('(') {
            return inner.ends_with(')') && closing(inner) == inner.len() - 1;
        }
        let name = rest.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).unwrap_or(rest);
        let first = |values: &[String]| values.first().is_some_and(|value| value.parse::<f64>().is_ok());
        if let Some(values) = self.given.get(name) {
            return first(values);
        }
        let number = |definition: &Definition| match definition.style.as_str() {
            "equal" => true,
            "index" | "string" => first(&definition.values),
            _ => false,
        };
        self.defined.get(name).is_some_and(|definitions| definitions.iter().all(number))
    }

    fn spend(&self, formula: &str) {
        self.spent.set(self.spent.get().saturating_add(formula.len() + 1));
    }

    /// Whether a variable this deep may still be looked into.
    fn goes_on(&self, depth: usize) -> bool {
        depth < DEEPEST && self.spent.get() < MOST_SPENT
    }

    /// What in the formula of this variable depends on more than places and the step: a force made of velocities, or of
    /// what follows from them, sees another moment's at a start.
    pub(super) fn unsteady(&self, name: &str, depth: usize) -> Option<String> {
        let Some(definitions) = self.defined.get(name).filter(|_| self.goes_on(depth)) else {
            return Some(name.to_owned());
        };
        let formulas = definitions.iter().flat_map(|definition| &definition.values);
        formulas.inspect(|formula| self.spend(formula)).flat_map(|formula| identifiers(formula)).find_map(
            |word| match word.strip_prefix("v_") {
                Some(variable) => self.unsteady(variable, depth + 1),
                None if CONSTANT.contains(&word) || OF_PLACE.contains(&word) => None,
                None => Some(word.to_owned()),
            },
        )
    }
}

/// A formula without its `$x`, `${x}` and `$(...)`.
fn put_in(formula: &str) -> String {
    let mut out = String::new();
    let mut rest = formula;
    while let Some((before, after)) = rest.split_once('$') {
        out.push_str(before);
        out.push('0');
        rest = if let Some(inner) = after.strip_prefix('{') {
            inner.split_once('}').map_or("", |(_, tail)| tail)
        } else if let Some(inner) = after.strip_prefix('(') {
            inner.get(closing(inner)..).and_then(|tail| tail.strip_prefix(')')).unwrap_or_default()
        } else {
            let mut tail = after.chars();
            tail.next();
            tail.as_str()
        };
    }
    out.push_str(rest);
    out
}

/// Where the parenthesis that is open at the beginning closes.
fn closing(text: &str) -> usize {
    let mut depth = 1_usize;
    for (index, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return index;
        }
    }
    text.len()
}

/// The names in a formula: no numbers, no operators.
pub(super) fn identifiers(formula: &str) -> impl Iterator<Item = &str> {
    let part = |c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '.');
    formula.split(part).filter(|word| word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_'))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::profile::lammps::lexer::commands;

    fn fleeting(text: &str, last: &str) -> Option<String> {
        let commands = commands("in", &format!("{text}\n{last}")).unwrap();
        let options = Options { variables: vec![vec!["n".into(), "5".into()]], ..Options::default() };
        let index = commands.len() - 1;
        Variables::of(&commands, &options).fleeting(&commands[index], index)
    }

    #[rstest]
    #[case("", "fix 1 all nve", None)]
    #[case("variable k equal 1000.0/xlat", "fix 4 all indent $k sphere", None)]
    #[case("variable k equal 1.0e-5*2e+3", "fix 4 all indent ${k}", None)]
    #[case("variable k equal lx/2", "fix 4 all indent ${k}", Some("lx"))]
    #[case("variable t equal temp", "fix 4 all nvt temp $t $t 1", Some("temp"))]
    #[case("variable t equal temp\nvariable u equal v_t*2", "fix 4 all nvt temp ${u}", Some("temp"))]
    #[case("", "fix 1 all nvt temp 1 1 $(100*dt)", None)]
    #[case("timestep 0.1", "fix 1 all nvt temp 1 1 $(100.0*dt:%g)", None)]
    #[case("", "fix 1 all nvt temp 1 1 $(c_1)", Some("c_1"))]
    #[case("", "run ${n}", None)]
    #[case("", "run ${m}", Some("the variable m"))]
    #[case("variable y equal step*dt", "fix 4 all indent 1 sphere 10 v_y 0 5.0", None)]
    #[case("variable y equal lx", "variable z equal \"${y}\"", None)]
    #[case("variable a equal v_a", "run $a", Some("the variable a"))]
    #[case("variable x index 2\nvariable y equal 20*$x+${x}", "region box block 0 ${y}", None)]
    #[case("variable x index 2\nvariable y equal 20*$x+lx", "region box block 0 ${y}", Some("lx"))]
    fn values(#[case] text: &str, #[case] last: &str, #[case] expected: Option<&str>) {
        assert_eq!(fleeting(text, last).as_deref(), expected);
    }

    #[rstest]
    #[case("100", Some(100))]
    #[case("${n}", Some(5))]
    #[case("$m", Some(7))]
    #[case("${x}", None)]
    fn numbers(#[case] word: &str, #[case] expected: Option<u64>) {
        let commands = commands("in", "variable m index 7\nvariable x equal lx").unwrap();
        let options = Options { variables: vec![vec!["n".into(), "5".into()]], ..Options::default() };
        assert_eq!(Variables::of(&commands, &options).number(word), expected);
    }

    #[rstest]
    #[case("13.0*ylat - step*dt*0.02*ylat", None)]
    #[case("random(0,1,5)", Some("random"))]
    #[case("elapsed*2", Some("elapsed"))]
    #[case("2*time", Some("time"))]
    fn formulas(#[case] formula: &str, #[case] expected: Option<&str>) {
        assert_eq!(Variables::default().unrepeatable(formula).as_deref(), expected);
    }
}
