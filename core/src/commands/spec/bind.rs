use super::arguments::{Arguments, Given};
use super::value::Value;
use super::{Flag, Parameter, Spec, Takes};
use crate::commands::grammar::{Argument, Content, Invocation};
use crate::commands::{CommandError, ErrorKind, did_you_mean};
use crate::model::command_word as word;
use crate::model::config::{Place, quoted};

/// Longer texts are not repeated in a hint.
const REPEATED_MAX: usize = 80;

/// Gives a command its arguments, by its spec. `prefix` is what stands between the slash and a command's name here.
///
/// # Errors
///
/// The first mistake in the order of the text; then what is missing.
pub fn bind(spec: &Spec, invocation: &Invocation, prefix: &str) -> Result<Arguments, CommandError> {
    let (rest, given) = (invocation.arguments.as_slice(), Vec::new());
    let mut binding =
        Binding { spec, prefix, rest, words: 0, given, is_behind_text: false, is_text_read: false };
    while let Some((argument, rest)) = binding.rest.split_first() {
        binding.rest = rest;
        match &argument.content {
            Content::Word(_) if binding.is_text_read => {}
            Content::Word(text) => binding.word(argument.place, text)?,
            Content::Flag { name, value } => binding.flag(argument.place, name, value.as_deref())?,
        }
    }
    binding.nothing_is_missing(invocation.place)?;
    Ok(Arguments { place: invocation.place, given: binding.given })
}

struct Binding<'a> {
    spec: &'a Spec,
    prefix: &'a str,
    /// What has not been read yet.
    rest: &'a [Argument],
    /// How many parameters have their value.
    words: usize,
    given: Vec<Given>,
    /// Whether the last argument was a flag's text: a word behind it most often belongs to it.
    is_behind_text: bool,
    /// Whether the free text was read, to which all other words belong.
    is_text_read: bool,
}

impl Binding<'_> {
    fn word(&mut self, place: Place, text: &str) -> Result<(), CommandError> {
        if self.is_behind_text
            && let Some(Given { name, value: Some(Value::Reason(begun) | Value::Text(begun)), .. }) =
                self.given.last()
        {
            return Err(self.text_goes_on(place, name, [begun, text]));
        }
        let Some(parameter) = self.spec.parameters.get(self.words) else {
            let message = format!("{} takes no more values, and {} is one", self.name(), quoted(text));
            let hint = self.usage();
            return Err(CommandError::new(place, ErrorKind::Unexpected, message, hint));
        };
        self.words += 1;
        let whole;
        let text = if parameter.takes == Takes::Words {
            whole = self.with_words_behind(text);
            &whole
        } else {
            text
        };
        self.give(parameter.name, parameter.name, parameter.takes, (place, text))
    }

    /// A word with all that are behind it; flags may stand between them. Quotation marks around all of it are none of it.
    fn with_words_behind(&mut self, text: &str) -> String {
        let mut words = vec![text];
        words.extend(self.rest.iter().filter_map(|argument| match &argument.content {
            Content::Word(word) => Some(word.as_str()),
            Content::Flag { .. } => None,
        }));
        self.is_text_read = true;
        let whole = words.join(" ");
        let quotes = [('"', '"'), ('\'', '\''), ('“', '”'), ('„', '“'), ('«', '»')];
        let inside = quotes.into_iter().find_map(|(open, close)| {
            let inside = whole.strip_prefix(open)?.strip_suffix(close)?;
            (!inside.contains([open, close])).then(|| inside.to_owned())
        });
        inside.unwrap_or(whole)
    }

    fn flag(&mut self, place: Place, name: &str, value: Option<&str>) -> Result<(), CommandError> {
        self.is_behind_text = false;
        let Some(flag) = self.spec.flags.iter().find(|flag| flag.name == name) else {
            return Err(self.unknown_flag(place, name));
        };
        if self.given.iter().any(|given| given.name == flag.name) {
            let message = format!("--{name} is there twice");
            return Err(CommandError::new(place, ErrorKind::RepeatedFlag, message, "keep one of them"));
        }
        let Some(takes) = flag.takes else {
            if let Some(value) = value {
                let message = format!("--{name} takes no value, and {} is one", quoted(value));
                let hint = format!("write `--{name}` alone");
                return Err(CommandError::new(place, ErrorKind::Unexpected, message, hint));
            }
            self.given.push(Given { name: flag.name, place, value: None });
            return Ok(());
        };
        let (place, text) = match (value, self.rest.split_first()) {
            (Some(value), _) => (place, value),
            (None, Some((Argument { place, content: Content::Word(text) }, rest))) => {
                self.rest = rest;
                (*place, text.as_str())
            }
            (None, _) => {
                let hint = format!("write `--{name} {}`", takes.placeholder());
                let message = format!("--{name} has no value");
                return Err(CommandError::new(place, ErrorKind::Missing, message, hint));
            }
        };
        self.is_behind_text = matches!(takes, Takes::Reason | Takes::Text);
        self.give(flag.name, &format!("--{name}"), takes, (place, text))
    }

    fn give(
        &mut self,
        name: &'static str,
        shown: &str,
        takes: Takes,
        (place, text): (Place, &str),
    ) -> Result<(), CommandError> {
        let value = Value::read(takes, shown, text);
        let value = value
            .map_err(|(message, hint)| CommandError::new(place, ErrorKind::InvalidValue, message, hint))?;
        self.given.push(Given { name, place, value: Some(value) });
        Ok(())
    }

    /// A word that may be a value is refused as well: `--reason undo #12` must not go back to #12.
    fn text_goes_on(&self, place: Place, name: &str, [begun, text]: [&str; 2]) -> CommandError {
        let words = self.rest.iter().map_while(|argument| match &argument.content {
            Content::Word(text) => Some(text.as_str()),
            Content::Flag { .. } => None,
        });
        let whole: Vec<_> = [begun, text].into_iter().chain(words).collect();
        let whole = whole.join(" ");
        // A backtick in it would end what is shown between backticks.
        let is_repeated = whole.chars().count() <= REPEATED_MAX && !whole.contains('`');
        let shown = if is_repeated { word(&whole) } else { "\"…\"".to_owned() };
        let message = format!("{} stands behind the text of --{name}", quoted(text));
        let hint = format!("write `--{name} {shown}`; a value of {} goes before `--{name}`", self.name());
        CommandError::new(place, ErrorKind::Unexpected, message, hint)
    }

    fn nothing_is_missing(&self, place: Place) -> Result<(), CommandError> {
        let missing = |name: &str| {
            let message = format!("{name} is missing");
            Err(CommandError::new(place, ErrorKind::Missing, message, self.usage()))
        };
        let parameters = self.spec.parameters.iter().skip(self.words);
        if let Some(Parameter { name, .. }) = parameters.clone().find(|it| it.required) {
            return missing(name);
        }
        let is_given = |flag: &&Flag| self.given.iter().any(|given| given.name == flag.name);
        match self.spec.flags.iter().filter(|flag| flag.required).find(|flag| !is_given(flag)) {
            Some(flag) => missing(&format!("--{}", flag.name)),
            None => Ok(()),
        }
    }

    fn unknown_flag(&self, place: Place, name: &str) -> CommandError {
        let names = self.spec.flags.iter().map(|flag| flag.name);
        let hint = match did_you_mean(name, names) {
            Some(near) => format!("did you mean `--{near}`?"),
            None => self.usage(),
        };
        let message = format!("{} has no flag {}", self.name(), quoted(&format!("--{name}")));
        CommandError::new(place, ErrorKind::UnknownFlag, message, hint)
    }

    /// The command's name as it is written here.
    fn name(&self) -> String {
        format!("`/{}{}`", self.prefix, self.spec.name)
    }

    /// That it is to be written as usage shows it.
    fn usage(&self) -> String {
        format!("write `{}`", self.spec.usage(self.prefix))
    }
}
