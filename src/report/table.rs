//! Columns of plain text, and paragraphs below them, in a given width.
//!
//! Knows nothing of what the cells say. Characters are counted, not their width on a terminal.

/// Columns a line may have.
pub(super) const WIDTH: usize = 80;
const GAP: &str = "  ";
const INDENT: &str = "    ";

/// One column.
pub(super) struct Column {
    pub(super) title: &'static str,
    /// Characters at the most; longer cells are cut.
    pub(super) most: usize,
    /// Whether numbers stand in it, which are set to the right.
    pub(super) right: bool,
}

/// The rows under their titles, each column as wide as its widest cell.
pub(super) fn render(columns: &[Column], rows: &[Vec<String>]) -> String {
    let titles = columns.iter().map(|column| column.title.to_owned()).collect();
    let mut lines: Vec<Vec<String>> = vec![titles];
    for row in rows {
        lines.push(row.iter().zip(columns).map(|(cell, column)| cut(cell, column.most)).collect());
    }
    let width = |index: usize| {
        let cells = lines.iter().filter_map(|line| line.get(index));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns.len()).map(width).collect();
    let mut text = String::new();
    for line in &lines {
        let cells = line.iter().zip(columns).zip(&widths).map(|((cell, column), width)| {
            if column.right { format!("{cell:>width$}") } else { format!("{cell:<width$}") }
        });
        text.push_str(cells.collect::<Vec<_>>().join(GAP).trim_end());
        text.push('\n');
    }
    text
}

/// A paragraph: `head`, and `text` behind it, broken at blanks and indented from the second line on.
///
/// A word that is longer than a line, such as a path, is broken where the line ends.
pub(super) fn paragraph(head: &str, text: &str) -> String {
    let room = WIDTH - INDENT.len();
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    for word in head.split_whitespace().chain(text.split_whitespace()) {
        let letters: Vec<char> = word.chars().collect();
        for piece in letters.chunks(room) {
            let width = if lines.is_empty() { WIDTH } else { room };
            if !line.is_empty() && line.chars().count() + 1 + piece.len() > width {
                lines.push(std::mem::take(&mut line));
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.extend(piece);
        }
    }
    lines.push(line);
    lines.join(&format!("\n{INDENT}")) + "\n"
}

fn cut(cell: &str, most: usize) -> String {
    if cell.chars().count() <= most {
        return cell.to_owned();
    }
    cell.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_and_long_cells_are_cut() {
        let columns =
            [Column { title: "A", most: 4, right: false }, Column { title: "NUM", most: 9, right: true }];
        let rows = [vec!["abcdef".into(), "1".into()], vec!["é".into(), "1234".into()]];
        assert_eq!(render(&columns, &rows), "A      NUM\nabc…     1\né     1234\n");
    }

    #[test]
    fn paragraphs_stay_within_the_width_whatever_the_words() {
        for words in ["a b c", &"word ".repeat(60), &"x".repeat(500), &format!("a {} b", "y".repeat(79))] {
            let text = paragraph("head:", words);
            assert!(text.lines().all(|line| line.chars().count() <= WIDTH), "{text}");
            let joined: String = text.split_whitespace().collect();
            assert_eq!(joined, format!("head:{}", words.split_whitespace().collect::<String>()));
        }
    }
}
