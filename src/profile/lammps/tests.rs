use rstest::rstest;

use super::*;

fn read_with(text: &str, include: &dyn Fn(&str) -> Result<String, String>) -> Result<Input, Refusal> {
    let options = Options { input: Some((1, "in.x".into())), ..Options::default() };
    read(&Source { file: "in.x", text, include, options: &options, stop: "STOP", every: None })
}

#[test]
fn placeholder() {
    let _ = read_with("", &|_| Err(String::new()));
}
