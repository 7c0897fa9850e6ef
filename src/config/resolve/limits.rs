//! Spans of time: the allocation's length, lead and margin, and how they must fit.

use std::time::Duration;

use super::context::Context;
use super::defaults;
use crate::config::error::ConfigError;
use crate::config::plan::Limit;
use crate::config::span::TimeSpan;
use crate::config::wire::Timing;
use crate::policy::Lead;

/// `deadline.limit`.
pub(super) fn limit(context: &Context<'_>) -> Result<Limit, ConfigError> {
    match context.wire.deadline.as_ref().and_then(|keys| keys.limit) {
        None | Some(Timing::Auto) => Ok(Limit::Auto),
        Some(Timing::Never) => Ok(Limit::None),
        Some(Timing::Span(span)) => match span.finite() {
            None => Ok(Limit::None),
            Some(Duration::ZERO) => Err(context
                .error("deadline.limit", "an allocation of no time")
                .hint("write `none` for no limit")),
            Some(span) => Ok(Limit::Fixed(span)),
        },
    }
}

/// `deadline.margin`; `None`: learned.
pub(super) fn margin(context: &Context<'_>) -> Result<Option<Duration>, ConfigError> {
    const KEY: &str = "deadline.margin";
    let margin = match context.wire.deadline.as_ref().and_then(|keys| keys.margin) {
        None | Some(Timing::Auto) => return Ok(None),
        Some(Timing::Never) => None,
        Some(Timing::Span(span)) => span.finite(),
    };
    match margin {
        Some(margin) if margin >= defaults::LEAST_MARGIN => Ok(Some(margin)),
        _ => {
            Err(context.error(KEY, "the continuation needs at least 5s").hint("write 5s or more, or `auto`"))
        }
    }
}

/// `checkpoint.lead` and `checkpoint.initial_lead`, fitted to the limit and the margin.
pub(super) fn lead(
    context: &Context<'_>,
    limit: Limit,
    margin: Option<Duration>,
) -> Result<Lead, ConfigError> {
    let keys = context.wire.checkpoint.as_ref();
    match keys.and_then(|keys| keys.lead) {
        None | Some(Timing::Auto) => match keys.and_then(|keys| keys.initial_lead) {
            None => match margin {
                Some(margin) if margin >= defaults::INITIAL_LEAD => {
                    let margin =
                        TimeSpan::try_from(margin).map(|margin| margin.to_string()).unwrap_or_default();
                    Err(context
                        .error("deadline.margin", &format!("{margin} is not shorter than the lead (5m)"))
                        .hint("a number without a unit is minutes, 30 seconds are 30s; or set a longer checkpoint.lead"))
                }
                _ => Ok(Lead::Initial(defaults::INITIAL_LEAD)),
            },
            Some(span) => fitting(context, "checkpoint.initial_lead", span, limit, margin).map(Lead::Initial),
        },
        Some(Timing::Never) => Err(context
            .error("checkpoint.lead", "there is no run without a lead")
            .hint("write a duration or `auto`; for no checkpoint at the end write `trigger: none`")),
        Some(Timing::Span(span)) => fitting(context, "checkpoint.lead", span, limit, margin).map(Lead::Fixed),
    }
}

/// A lead that lies within the allocation and leaves time before the margin.
fn fitting(
    context: &Context<'_>,
    key: &str,
    span: TimeSpan,
    limit: Limit,
    margin: Option<Duration>,
) -> Result<Duration, ConfigError> {
    let Some(lead) = span.finite() else {
        return Err(context.error(key, "a lead has an end").hint("write a duration such as 5m"));
    };
    if let Limit::Fixed(limit) = limit
        && lead >= limit
    {
        let limit = TimeSpan::try_from(limit).map(|limit| limit.to_string()).unwrap_or_default();
        return Err(context
            .error(key, &format!("{span} is not shorter than the allocation ({limit})"))
            .hint("the program would be asked to stop at its start; shorten the lead or lengthen deadline.limit"));
    }
    if let Some(margin) = margin
        && lead <= margin
    {
        let margin = TimeSpan::try_from(margin).map(|margin| margin.to_string()).unwrap_or_default();
        return Err(context
            .error(key, &format!("{span} is not longer than the margin ({margin})"))
            .hint("no time would be left for writing; lengthen the lead or shorten deadline.margin"));
    }
    if lead.is_zero() {
        return Err(context.error(key, "a lead of no time").hint("write a duration such as 5m, or `auto`"));
    }
    Ok(lead)
}
