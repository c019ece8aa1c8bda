//! Schemas: a document of many, each compiled when it is first needed.

use std::sync::OnceLock;

use jsonschema::{Registry, Validator};
use serde_json::{Value, json};

use super::explain::{self, Misfit};

/// A document whose schemas refer to each other.
pub(super) struct Document {
    uri: &'static str,
    registry: Registry<'static>,
}

impl Document {
    /// Takes a fixture in. `uri` names it in references.
    ///
    /// # Panics
    /// If the document is no set of schemas. It is part of this crate, so only an edit of the fixture can do that.
    pub(super) fn new(uri: &'static str, document: Value) -> Self {
        let registry = Registry::new()
            .add(uri, document)
            .and_then(jsonschema::RegistryBuilder::prepare)
            .expect("the fixture is part of this crate, and a test compiles all of it");
        Self { uri, registry }
    }
}

/// One schema of a [`Document`], compiled on its first use.
pub(super) struct Schema {
    pointer: String,
    compiled: OnceLock<Validator>,
}

impl Schema {
    /// The schema at this place of a document.
    pub(super) fn at<'a>(steps: impl IntoIterator<Item = &'a str>) -> Self {
        let mut pointer = String::new();
        for step in steps {
            pointer.push('/');
            pointer.push_str(&step.replace('~', "~0").replace('/', "~1"));
        }
        Self { pointer, compiled: OnceLock::new() }
    }

    /// Everything that does not fit, the outermost first.
    pub(super) fn check(&self, document: &Document, value: &Value) -> Vec<Misfit> {
        let validator = self.validator(document);
        if validator.is_valid(value) {
            return Vec::new();
        }
        // The slower way tells what is wrong; it is gone only once it is known that something is.
        let errors: Vec<_> = validator.iter_errors(value).collect();
        explain::each(&errors)
    }

    /// The compiled schema.
    ///
    /// # Panics
    /// If it cannot be compiled. Like the document it is part of this crate.
    pub(super) fn validator(&self, document: &Document) -> &Validator {
        self.compiled.get_or_init(|| {
            let fragment = percent_encoding::utf8_percent_encode(&self.pointer, FRAGMENT);
            jsonschema::options()
                .with_registry(&document.registry)
                .should_validate_formats(true)
                .offline()
                .build(&json!({"$ref": format!("{}#{fragment}", document.uri)}))
                .expect("the fixture is part of this crate, and a test compiles all of it")
        })
    }
}

/// What may not stand as it is in the fragment of a URI.
const FRAGMENT: &percent_encoding::AsciiSet = &percent_encoding::CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'%')
    .add(b'<')
    .add(b'>')
    .add(b'`')
    .add(b'{')
    .add(b'}');
