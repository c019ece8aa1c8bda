//! Where a promotion comes from. None is ever guessed.

use crate::model::command_word as word;
use crate::model::{Environment, PromotionPath};

/// The environment that a promotion into `target` comes from, or in words why there is none: `from` is the one that was
/// named.
pub(super) fn source_of<'p>(
    path: &'p PromotionPath,
    target: &Environment,
    from: Option<&str>,
) -> Result<&'p Environment, String> {
    let (name, sources) = (&target.name, path.sources_of(target));
    let all: Vec<&str> = sources.iter().map(|it| it.name.as_str()).collect();
    match (from, sources.as_slice()) {
        (_, []) => Err(format!("{name} accepts no other environment, so nothing is promoted to it")),
        (None, [only]) => Ok(only),
        (None, _) => {
            let flags: Vec<String> = all.iter().map(|it| format!("`--from {}`", word(it))).collect();
            Err(format!("{name} accepts several environments; name one: {}", flags.join(" or ")))
        }
        (Some(from), _) => sources
            .into_iter()
            .find(|it| it.is_called(from))
            .ok_or_else(|| format!("{name} does not accept {from}, but {}", all.join(" and "))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Source;

    #[test]
    fn the_only_source_is_taken_and_one_of_several_has_to_be_named() {
        let mut path = PromotionPath::pro();
        let said = |path: &PromotionPath, into: usize, from| {
            source_of(path, &path.environments[into], from).map(|it| it.name.clone())
        };
        assert_eq!(said(&path, 1, None), Ok("integration".to_owned()));
        assert_eq!(said(&path, 1, Some("INTEGRATION")), Ok("integration".to_owned()));
        let none = "integration accepts no other environment, so nothing is promoted to it";
        assert_eq!(said(&path, 0, Some("staging")), Err(none.to_owned()));
        assert_eq!(
            said(&path, 2, Some("integration")),
            Err("production does not accept integration, but staging".to_owned())
        );
        path.environments[2].accepts.push(Source::Environment("integration".to_owned()));
        assert_eq!(
            said(&path, 2, None),
            Err(
                "production accepts several environments; name one: `--from integration` or `--from staging`"
                    .to_owned()
            )
        );
        assert_eq!(said(&path, 2, Some("staging")), Ok("staging".to_owned()));
    }
}
