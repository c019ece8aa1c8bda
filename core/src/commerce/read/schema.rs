//! What a module declares: the tables of its `db_schema.xml`, and the version in its `module.xml`.

use super::Unread;
use super::xml::elements;

/// A table of a declarative schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// The line on which it begins.
    pub line: u32,
    /// Whether it is to be there: `disabled` takes it away.
    pub is_there: bool,
    /// The names of its columns, as far as they are to be there.
    pub columns: Vec<String>,
}

/// The tables of a `db_schema.xml`.
pub fn read_schema(text: &str) -> Result<Vec<Table>, Unread> {
    let mut tables: Vec<Table> = Vec::new();
    for element in elements(text)? {
        let is_there = !element.value("disabled").is_some_and(|value| matches!(value.trim(), "true" | "1"));
        let Some(name) = element.value("name") else { continue };
        match (element.depth, element.name.as_str()) {
            (1, "table") => {
                let (name, line) = (name.to_owned(), element.line);
                tables.push(Table { name, line, is_there, columns: Vec::new() });
            }
            (2, "column") if is_there => {
                if let Some(table) = tables.last_mut() {
                    table.columns.push(name.to_owned());
                }
            }
            _ => {}
        }
    }
    Ok(tables)
}

/// The `setup_version` of a `module.xml`; none where it has none.
pub fn setup_version(text: &str) -> Result<Option<String>, Unread> {
    let elements = elements(text)?;
    let module = elements.iter().find(|element| element.depth == 1 && element.name == "module");
    Ok(module.and_then(|module| module.value("setup_version")).map(str::to_owned))
}
