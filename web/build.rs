//! Makes the texts of www/locales into one table for each language, and a name for each place in it: so the page
//! carries no names, reads no JSON to find its words, and a text that is missing somewhere ends the build.

use earshot_report::Code;
use std::{collections::BTreeMap, error::Error, fmt::Write, path::Path};

/// The parts of what is said of a cause, in the order of `locale::Part`.
const PARTS: [&str; 3] = ["sentence", "next", "operator"];

fn main() -> Result<(), Box<dyn Error>> {
    let locales = Path::new(&std::env::var("CARGO_MANIFEST_DIR")?).join("../www/locales");
    let read = |language: &str| -> Result<BTreeMap<String, String>, Box<dyn Error>> {
        let path = locales.join(format!("{language}.json"));
        println!("cargo::rerun-if-changed={}", path.display());
        let source = std::fs::read_to_string(&path)?;
        serde_json::from_str(&source).map_err(|error| format!("{}: {error}", path.display()).into())
    };
    let english = read("en")?;
    let causes = Code::ALL
        .iter()
        .flat_map(|code| PARTS.map(|part| format!("cause.{code}.{part}")));
    let mut names: Vec<String> = causes.collect();
    let of_causes = names.len();
    names.extend(
        english
            .keys()
            .filter(|name| !name.starts_with("cause."))
            .cloned(),
    );

    let mut code = String::new();
    for (place, name) in names.iter().enumerate().skip(of_causes) {
        let constant = name.to_uppercase().replace(['.', '-'], "_");
        writeln!(code, "/// `{name}`")?;
        writeln!(code, "pub(crate) const {constant}: Key = Key({place});")?;
    }
    for language in ["en", "ru"] {
        let texts = read(language)?;
        let listed: Result<Vec<&str>, String> = names
            .iter()
            .map(|name| {
                let text = texts.get(name).map(String::as_str);
                text.ok_or_else(|| format!("www/locales/{language}.json lacks {name}"))
            })
            .collect();
        if let Some(idle) = texts.keys().find(|name| !names.contains(name)) {
            return Err(format!("www/locales/{language}.json: nobody asks for {idle}").into());
        }
        let table = listed?.join("\0");
        let language = language.to_uppercase();
        writeln!(code, "pub(super) const {language}: &str = {table:?};")?;
    }
    let out = std::env::var("OUT_DIR")?;
    std::fs::write(Path::new(&out).join("locales.rs"), code)?;
    Ok(())
}
