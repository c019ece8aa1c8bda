//! From a validator's errors to one sentence.

use std::fmt::Write as _;

use jsonschema::ValidationError;
use jsonschema::error::{TypeKind, ValidationErrorKind};
use serde_json::Value;

/// A value that is longer is cut: the place says where to look, the value only confirms it.
const LONGEST: usize = 120;

/// Where a value does not fit, and how.
pub(super) struct Misfit {
    /// A JSON pointer.
    pub(super) place: String,
    /// What the schema asks for there.
    pub(super) expected: String,
    /// What is there.
    pub(super) found: String,
}

/// What each error says, the outermost first.
///
/// A value outside all alternatives fails each of them in its own way; the one with the least wrong is the one that was
/// meant, and the only one that is spoken of.
pub(super) fn each(errors: &[ValidationError<'_>]) -> Vec<Misfit> {
    let mut misfits: Vec<Misfit> = errors.iter().map(explain).collect();
    misfits.sort_by_key(|misfit| misfit.place.matches('/').count());
    misfits
}

fn explain(error: &ValidationError<'_>) -> Misfit {
    if let ValidationErrorKind::AnyOf { context } | ValidationErrorKind::OneOfNotValid { context } =
        error.kind()
        && let Some(meant) = meant(context, error.instance_path().as_str())
    {
        return explain(meant);
    }
    Misfit {
        place: error.instance_path().as_str().to_owned(),
        expected: expected(error),
        found: match error.kind() {
            ValidationErrorKind::Required { .. } => keys(error.instance()),
            ValidationErrorKind::AdditionalProperties { unexpected }
            | ValidationErrorKind::UnevaluatedProperties { unexpected } => quoted(unexpected),
            _ => shown(error.instance()),
        },
    }
}

/// The first error of the alternative that was meant: of those that want a value of this type at all, the one with the
/// least wrong.
fn meant<'a>(
    alternatives: &'a [Vec<ValidationError<'static>>],
    place: &str,
) -> Option<&'a ValidationError<'static>> {
    let another_type = |error: &ValidationError<'_>| {
        matches!(error.kind(), ValidationErrorKind::Type { .. }) && error.instance_path().as_str() == place
    };
    alternatives
        .iter()
        .filter(|errors| !errors.iter().any(another_type))
        .min_by_key(|errors| errors.len())
        .and_then(|errors| errors.first())
}

fn expected(error: &ValidationError<'_>) -> String {
    use ValidationErrorKind as K;
    match error.kind() {
        K::Required { property } => format!("the property {property}"),
        K::AdditionalProperties { .. } | K::UnevaluatedProperties { .. } => "no other properties".into(),
        K::Type { kind: TypeKind::Single(one) } => format!("{one}"),
        K::Type { kind: TypeKind::Multiple(several) } => {
            several.iter().map(|one| one.to_string()).collect::<Vec<_>>().join(" or ")
        }
        K::Enum { options } => match options.as_array() {
            Some(several) => several.iter().map(shown).collect::<Vec<_>>().join(" or "),
            None => shown(options),
        },
        K::Constant { expected_value } => shown(expected_value),
        K::Format { format } => format!("the format {format}"),
        K::MaxLength { limit } => format!("at most {limit} characters"),
        K::MinLength { limit } => format!("at least {limit} characters"),
        K::MaxItems { limit } => format!("at most {limit} items"),
        K::MinItems { limit } => format!("at least {limit} items"),
        K::Pattern { pattern } => format!("the pattern {pattern}"),
        K::OneOfMultipleValid { .. } => "exactly one of the alternatives to fit".into(),
        K::AnyOf { context } | K::OneOfNotValid { context } => {
            let mut each: Vec<String> =
                context.iter().filter_map(|errors| errors.first().map(expected)).collect();
            each.dedup();
            each.join(" or ")
        }
        _ => error.masked_with("the value").to_string(),
    }
}

fn keys(value: &Value) -> String {
    match value.as_object() {
        Some(object) if object.is_empty() => "{}".into(),
        Some(object) => format!("only {}", quoted(&object.keys().cloned().collect::<Vec<_>>())),
        None => shown(value),
    }
}

fn quoted(names: &[String]) -> String {
    let mut out = String::new();
    for (i, name) in names.iter().enumerate() {
        // Writing to a String cannot fail.
        let _ = write!(out, "{}{name:?}", if i == 0 { "" } else { ", " });
    }
    out
}

/// A value as JSON, cut to a readable length.
pub(super) fn shown(value: &Value) -> String {
    cut(value.to_string())
}

fn cut(text: String) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
