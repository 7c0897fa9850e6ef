//! Tests of the reader, by tables and on random text.

use proptest::prelude::*;
use rstest::rstest;

use super::*;

fn shown(script: &Script) -> Vec<String> {
    let word = |word: &Word| word.literal().unwrap_or_else(|| "?".into());
    script
        .commands
        .iter()
        .map(|command| command.words.iter().map(word).collect::<Vec<_>>().join(" "))
        .collect()
}

#[rstest]
#[case("a b 'c d' \"e f\" # g", &["a b c d e f"])]
#[case("a \\\n  b\nc;d", &["a b", "c", "d"])]
#[case("a && b || c | d & e", &["a", "b", "c", "d", "e"])]
#[case("cat <<EOF > f\n#SBATCH -n 1\nckwrap -- x\nEOF\nnext", &["cat", "next"])]
#[case("cat <<-'E O' <<B\n\tx\n\tE O\ny\nB\nnext", &["cat", "next"])]
#[case("if a; then b; elif c; then d; else e; fi; f", &["a", "b", "c", "d", "e", "f"])]
#[case("for i in 1 2 3; do a $i; done\nfor ((i=0; i<3; i++)); do b; done", &["a ?", "b"])]
#[case("case $x in a|b) c;; (d) e ;; *) f; esac\ng", &["c", "e", "f", "g"])]
#[case("f() { a; }\nfunction g { b; }; function h () ( c )\nd", &["a", "b", "c", "d"])]
#[case("[[ $a == b && -z c ]] && d; (( i < 3 )) || e", &["d", "e"])]
#[case("x=$(a \"b)\" | c) y=`d` e ${f:-g h} 2>&1 >> log", &["? ? e ?"])]
#[case("a=(1 2 3)\nb <(c) \"$(d \"e f\")\" $'g\\'h'", &["?", "b ? ? ?"])]
#[case("( a; b ) > c\n{ d; } | e", &["a", "b", "d", "e"])]
#[case("! a\ntime b\nwhile read c; do d; done < e", &["a", "time b", "read c", "d"])]
#[case("a#b $# ${#x}\n#c", &["a#b ? ?"])]
fn commands(#[case] text: &str, #[case] expected: &[&str]) {
    let script = read(text);
    assert_eq!(script.unclear, None);
    assert_eq!(shown(&script), expected);
}

#[rstest]
#[case("a\nb 'c\n", 4)]
#[case("a\nif b\nc", 2)]
#[case("done", 0)]
#[case("a << E\nb\n", 2)]
#[case("a $(case x in y) z;; esac)", 3)]
#[case("a (b)", 2)]
fn what_cannot_be_followed_is_said(#[case] text: &str, #[case] at: usize) {
    assert_eq!(read(text).unclear.map(|unclear| unclear.at), Some(at));
}

#[test]
fn joins_and_blocks() {
    let script = read("a | b\nc &\nif d; then e; else f; fi &\n{ g; } | h\nx || { i; }\n");
    let of =
        |name: &str| script.commands.iter().find(|command| command.name().as_deref() == Some(name)).unwrap();
    assert_eq!((of("a").after, of("b").before, of("c").after), (Join::Pipe, Join::Pipe, Join::Background));
    assert!(script.exclude(of("e"), of("f")) && !script.exclude(of("d"), of("e")));
    assert_eq!(script.around(of("e")).next().unwrap().after, Join::Background);
    assert_eq!(script.around(of("g")).next().unwrap().after, Join::Pipe);
    assert_eq!(script.around(of("i")).next().unwrap().before, Join::Or);
    assert!(!script.is_plain(of("g")) && !script.is_plain(of("a")) && !script.is_plain(of("i")));
}

#[test]
fn redirections_and_assignments() {
    let script = read("A=1 B=$C exec x 2>err >out 3 > 4\n");
    let command = &script.commands[0];
    assert_eq!((command.assignments, command.name().as_deref()), (2, Some("exec")));
    let seen: Vec<_> =
        command.redirects.iter().map(|to| (to.descriptor.as_deref(), to.target.literal().unwrap())).collect();
    assert_eq!(seen, [(Some("2"), "err".into()), (None, "out".into()), (None, "4".into())]);
    assert_eq!(shown(&script), ["A=1 ? exec x 3"]);
}

#[rstest]
#[case("X=a b", None)]
#[case("X='a b'\n", Some("a b"))]
#[case("export X=/opt/ckwrap\n", Some("/opt/ckwrap"))]
#[case("X=a\nX=b\n", None)]
#[case("if y; then X=a; fi\n", None)]
#[case("X=$Y\n", None)]
#[case("X=a\nread X\n", None)]
fn constants(#[case] text: &str, #[case] value: Option<&str>) {
    assert_eq!(read(text).constant("X"), value);
}

proptest! {
    #[test]
    fn any_text_is_read(text in "[ -~\n\t]{0,200}") {
        read(&text);
    }

    #[test]
    fn any_mixture_of_shell_is_read(words in proptest::collection::vec(proptest::sample::select(vec![
        "if", "then", "else", "fi", "for", "do", "done", "case", "in", "esac", "{", "}", "(", ")", "((", "))", "[[", "]]",
        ";;", ";", "&", "&&", "|", "\n", "<<E", "E", ">", "2>", "$(", "`", "'", "\"", "${", "\\", "#", "x", "x=", "é", " ",
    ]), 0..80)) {
        let text = words.concat();
        let script = read(&text);
        for command in &script.commands {
            prop_assert!(text.get(command.at.clone()).is_some());
        }
    }
}

#[test]
fn deep_and_long_scripts_take_no_time() {
    for piece in
        ["(", "$(", "{ ", "if x\n", "\"$(", "`", "<<E\n", "case x in y) ", "a ", "${x:-", "((", "f() "]
    {
        read(&piece.repeat(50_000));
    }
}
