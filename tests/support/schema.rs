//! Schemas as the program hands them out, and documents held against them.

use std::process::Command;

use boon::{Compiler, SchemaIndex, Schemas};
use serde_json::{Map, Value, json};

/// What `pec COMMAND --json-schema` writes.
pub fn text_of(command: &str) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_pec"))
        .args(command.split(' '))
        .arg("--json-schema")
        .output()
        .expect("the program starts");
    assert!(output.status.success(), "{command}: {output:?}");
    String::from_utf8(output.stdout).expect("JSON is UTF-8")
}

/// The same, read.
pub fn of(command: &str) -> Value {
    serde_json::from_str(&text_of(command)).expect("the schema is JSON")
}

/// A schema that documents are held against.
pub struct Schema {
    schemas: Schemas,
    index: SchemaIndex,
}

impl Schema {
    /// That of a command, as other programs have it: fields and words may be added.
    pub fn open(command: &str) -> Self {
        Self::at(&of(command), "")
    }

    /// The same with nothing added: a field or a word that it does not tell is an error.
    pub fn closed(command: &str) -> Self {
        Self::at(&closed(of(command)), "")
    }

    /// What stands at a place in a schema.
    pub fn at(schema: &Value, place: &str) -> Self {
        let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
        let id = schema["$id"].as_str().expect("a name");
        compiler.add_resource(id, schema.clone()).expect("a schema");
        let index = compiler
            .compile(&format!("{id}{place}"), &mut schemas)
            .unwrap_or_else(|error| panic!("{error:#}"));
        Self { schemas, index }
    }

    /// Whether a document follows it.
    pub fn check(&self, document: &Value) -> Result<(), String> {
        let checked = self.schemas.validate(document, self.index);
        checked.map_err(|error| format!("{error:#}"))
    }

    /// The same, or the test ends.
    pub fn holds(&self, document: &Value) {
        if let Err(error) = self.check(document) {
            panic!("{error}\n{document:#}");
        }
    }
}

/// Every object closed, and every list of known words: what is in a document and not in the schema
/// is an error.
pub fn closed(mut schema: Value) -> Value {
    close_value(&mut schema);
    if let Some(Value::Object(definitions)) = schema.get_mut("$defs") {
        definitions.values_mut().for_each(close_parts);
    }
    schema
}

/// Where a value stands. What alternatives and references say of its fields counts too.
fn close_value(schema: &mut Value) {
    close_parts(schema);
    if let Some(fields) = schema.as_object_mut() {
        // A map of any names says nothing of them.
        let is_map = fields.get("type") == Some(&json!("object"));
        let is_map = is_map && !fields.contains_key("properties") && !has_parts(fields);
        if !is_map {
            fields.insert("unevaluatedProperties".into(), json!(false));
        }
    }
}

const PARTS: [&str; 4] = ["allOf", "anyOf", "oneOf", "$ref"];

fn has_parts(fields: &Map<String, Value>) -> bool {
    PARTS.iter().any(|part| fields.contains_key(*part))
}

/// What stands beside other parts that speak of the same value.
fn close_parts(schema: &mut Value) {
    let Some(fields) = schema.as_object_mut() else {
        return;
    };
    if let Some(mut words) = fields.remove("examples") {
        let may_be_null = fields["type"].is_array();
        words
            .as_array_mut()
            .expect("words")
            .extend(may_be_null.then_some(Value::Null));
        fields.insert("enum".into(), words);
    }
    if let Some(properties) = fields.get_mut("properties").and_then(Value::as_object_mut) {
        properties.values_mut().for_each(close_value);
    }
    if let Some(items) = fields.get_mut("items") {
        close_value(items);
    }
    for part in PARTS {
        if let Some(Value::Array(parts)) = fields.get_mut(part) {
            parts.iter_mut().for_each(close_parts);
        }
    }
}

/// Properties that say nothing of themselves, or that need not be there.
pub fn undescribed(schema: &Value) -> Vec<String> {
    let mut found = Vec::new();
    walk(schema, "", schema, &mut found);
    found
}

fn walk(schema: &Value, place: &str, root: &Value, found: &mut Vec<String>) {
    const CONDITIONS: [&str; 3] = ["if", "then", "else"];
    let Some(fields) = schema.as_object() else {
        return;
    };
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        let meant = match property["$ref"].as_str() {
            Some(to) if property.get("description").is_none() => root.pointer(&to[1..]),
            _ => Some(property),
        };
        let is_constant = property.get("const").is_some();
        let description = meant.and_then(|meant| meant["description"].as_str());
        if description.is_none_or(str::is_empty) && !is_constant {
            found.push(format!("{place}/{name}: no description"));
        }
        let required = schema["required"].as_array();
        if !required.is_some_and(|all| all.contains(&json!(name))) {
            found.push(format!("{place}/{name}: not required"));
        }
        walk(property, &format!("{place}/{name}"), root, found);
    }
    for (name, field) in fields {
        let place = format!("{place}/{name}");
        match field {
            _ if CONDITIONS.contains(&name.as_str()) || name == "properties" => {}
            Value::Array(parts) => parts
                .iter()
                .for_each(|part| walk(part, &place, root, found)),
            Value::Object(parts) if name == "$defs" => parts
                .iter()
                .for_each(|(name, part)| walk(part, &format!("{place}/{name}"), root, found)),
            field => walk(field, &place, root, found),
        }
    }
}
