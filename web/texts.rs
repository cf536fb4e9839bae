//! The texts of www/locales as tables: a name for each place, and each language's texts in the order of the names. Shared
//! by the page, which knows a text by its place, and by xtask, which writes the tables that the page fetches.

use earshot_report::Code;
use std::{collections::BTreeMap, fs, path::Path};

/// The language that has every text by definition.
const REFERENCE: &str = "en";
/// The parts of what is said of a cause, in the order of `locale::Part`.
const PARTS: [&str; 3] = ["sentence", "next", "operator"];

/// The languages of a folder by their tags: each is a file.
pub(crate) fn languages(folder: &Path) -> Result<Vec<String>, String> {
    let failed = |error: std::io::Error| format!("{}: {error}", folder.display());
    let mut tags = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let name = entry.map_err(failed)?.file_name();
        let tag = name.to_str().and_then(|name| name.strip_suffix(".json"));
        tags.extend(tag.map(str::to_owned));
    }
    tags.sort();
    Ok(tags)
}

/// Those whose texts stand in the first folder, which every page has; and those in the second's.
pub(crate) fn causes() -> [Vec<Code>; 2] {
    let own = Code::ALL.iter().filter(|code| code.of_partner().is_none());
    let (second, first) = own.partition(|code| code.is_of_devices_or_pair());
    [first, second]
}

/// The names of a folder's texts, each at its place: three for each of `causes`, then the others. What the other end of a
/// link has is told in the words of what one has oneself, so it has no texts of its own.
pub(crate) fn names(folder: &Path, causes: &[Code]) -> Result<Vec<String>, String> {
    let of_causes = causes
        .iter()
        .flat_map(|code| PARTS.map(|part| format!("cause.{code}.{part}")));
    let mut names: Vec<String> = of_causes.collect();
    let others = read(folder, REFERENCE)?.into_keys();
    names.extend(others.filter(|name| !name.starts_with("cause.")));
    Ok(names)
}

/// The texts of one language in the order of `names`, one in each line.
pub(crate) fn table(folder: &Path, language: &str, names: &[String]) -> Result<String, String> {
    let file = folder.join(format!("{language}.json"));
    let texts = read(folder, language)?;
    if let Some(idle) = texts.keys().find(|name| !names.contains(name)) {
        return Err(format!("{}: nobody asks for {idle}", file.display()));
    }
    let mut lines = Vec::new();
    for name in names {
        match texts.get(name) {
            None => return Err(format!("{} lacks {name}", file.display())),
            Some(text) if text.contains('\n') => {
                return Err(format!("{}: {name} has a second line", file.display()));
            }
            Some(text) => lines.push(text.as_str()),
        }
    }
    Ok(lines.join("\n"))
}

fn read(folder: &Path, language: &str) -> Result<BTreeMap<String, String>, String> {
    let file = folder.join(format!("{language}.json"));
    let source = fs::read_to_string(&file);
    let source = source.map_err(|error| format!("{}: {error}", file.display()))?;
    serde_json::from_str(&source).map_err(|error| format!("{}: {error}", file.display()))
}
