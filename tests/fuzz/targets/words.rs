//! Single words of the model, and what a program says through its socket.

use ckwrap::config::TimeSpan;
use ckwrap::model::{ChainId, JobId, Message, Progress, Signal, Timestamp, Token, number_in_name, plain};

/// What is cut to a screen's length: the letters kept, and the mark of the cut.
const SHOWN: usize = 201;

/// One datagram.
pub(super) fn notify(data: &[u8]) {
    let parsed = Message::parse(data);
    assert!(parsed.messages.len() <= 64 && parsed.not_understood.len() <= 3);
    for message in &parsed.messages {
        if let Message::Status(text) = message {
            assert!(text.chars().count() <= SHOWN && !text.chars().any(char::is_control), "{text:?}");
        }
        let again = Message::parse(&message.line());
        assert_eq!(again.messages.as_slice(), std::slice::from_ref(message), "what is spelled is read back");
    }
}

/// Durations, signals, numbers of jobs, names, times.
pub(super) fn words(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let word = text.as_ref();
    if let Ok(span) = word.parse::<TimeSpan>() {
        assert!(span.finite().is_none_or(|span| span <= TimeSpan::LONGEST));
        assert_eq!(span.to_string().parse(), Ok(span));
    }
    if let Ok(signal) = word.parse::<Signal>() {
        assert!((1..=64).contains(&signal.number()) && signal.bit() != 0);
        assert_eq!(signal.to_string().parse(), Ok(signal));
    }
    if let Ok(job) = word.parse::<JobId>() {
        assert_eq!(job.to_string().parse(), Ok(job));
    }
    if let Ok(chain) = word.parse::<ChainId>() {
        assert!(
            !chain.as_str().is_empty() && !chain.as_str().contains(['/', '\0']) && chain.as_str() != ".."
        );
        assert_eq!(chain.as_str().parse(), Ok(chain.clone()));
    }
    if let Ok(token) = Token::try_from(word.to_owned()) {
        assert!(!token.as_str().contains(char::is_whitespace));
    }
    if let Ok(progress) = word.parse::<Progress>() {
        assert!(progress.percent() <= 100);
        assert_eq!(progress.to_string().parse(), Ok(progress));
    }
    if let Ok(time) = serde_json::from_value::<Timestamp>(word.into()) {
        let _ = time.to_string();
        let _ = Timestamp::from_seconds(time.seconds());
    }
    if let Some(number) = number_in_name(word) {
        assert!(word.contains(number));
    }
    assert!(plain(word).chars().count() <= SHOWN);
}
