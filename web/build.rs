//! Gives each text of www/locales a place, and the place a name: so the page carries neither texts nor their names, and
//! a text that is missing in a language ends the build.

mod texts;

use std::{error::Error, fmt::Write, path::Path};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = Path::new(&std::env::var("CARGO_MANIFEST_DIR")?).join("../www/locales");
    println!("cargo::rerun-if-changed={}", folder.display());
    let [causes, link_causes] = texts::causes();
    let names = texts::names(&folder, &causes)?;
    let link = folder.join("link");
    let link_names = texts::names(&link, &link_causes)?;
    if let Some(twice) = link_names.iter().find(|name| names.contains(name)) {
        return Err(format!("{}: {twice} is a text of every page", link.display()).into());
    }

    // `TABLES`, for the tests: of each language the texts of the first page, and those of the second alone.
    let mut tables = String::from("const TABLES: &[(&str, &str, &str)] = &[\n");
    for language in texts::languages(&folder)? {
        let first = texts::table(&folder, &language, &names)?;
        let second = texts::table(&link, &language, &link_names)?;
        writeln!(tables, "    ({language:?}, {first:?}, {second:?}),")?;
    }
    tables.push_str("];\n");

    let out = std::env::var("OUT_DIR")?;
    let out = Path::new(&out);
    std::fs::write(out.join("keys.rs"), keys(&names, 0)?)?;
    std::fs::write(out.join("link_keys.rs"), keys(&link_names, names.len())?)?;
    std::fs::write(out.join("tables.rs"), tables)?;
    Ok(())
}

/// The places of these texts, of which the first is `first`, by their names.
fn keys(names: &[String], first: usize) -> Result<String, std::fmt::Error> {
    let mut keys = String::new();
    for (place, name) in (first..).zip(names) {
        // A cause's texts are asked for by its code.
        if name.starts_with("cause.") {
            continue;
        }
        let constant = name.to_uppercase().replace(['.', '-'], "_");
        writeln!(keys, "/// `{name}`")?;
        writeln!(keys, "pub(crate) const {constant}: Key = Key({place});")?;
    }
    writeln!(keys, "/// How many texts the page has.")?;
    writeln!(keys, "pub const COUNT: usize = {};", first + names.len())?;
    Ok(keys)
}
