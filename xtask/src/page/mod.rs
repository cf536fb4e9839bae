//! Making the page: WebAssembly, its script, style, icons and texts, into `dist/`. Files that may be kept for ever carry
//! a hash of their content in their names.

mod compile;
mod dist;
mod slim;
#[path = "../../../web/texts.rs"]
mod texts;
mod weigh;

pub(crate) use weigh::weigh;

use crate::command::root;
use anyhow::{Context, Result, anyhow};
use compile::Compiled;
use dist::Dist;
use earshot_report::Code;
use std::{collections::BTreeMap, env, fs};

/// A page that a visitor opens: its HTML, and a script that starts the binary of that name in `web/src/bin`.
struct Bundle {
    html: &'static str,
    binary: &'static str,
    /// The folders of www/locales that hold texts for this page alone.
    own_texts: &'static [&'static str],
    /// The features of the page's crate that it needs.
    features: &'static str,
    /// It weighs no more than this, compressed, all that a visitor loads.
    budget: usize,
}

const BUNDLES: [Bundle; 2] = [
    Bundle {
        html: "index.html",
        binary: "start",
        own_texts: &[],
        features: "page",
        budget: 150 * 1024,
    },
    Bundle {
        html: "link.html",
        binary: "link",
        own_texts: &["link"],
        features: "call",
        budget: 220 * 1024,
    },
];

/// The files of each language's texts.
type Texts = BTreeMap<String, Vec<String>>;

/// Builds the page. A small one is optimised; the other is built quickly and keeps its names for debugging.
pub(crate) fn build(small: bool) -> Result<()> {
    println!("xtask: building the page");
    fill(Dist::empty(root().join("dist"))?, small)
}

/// Builds the page for Trunk (see `Trunk.toml`), into the folder that Trunk is about to serve. Its HTML is there: Trunk
/// has put into it what loads the page again after each change.
pub(crate) fn build_for_trunk() -> Result<()> {
    let staged = env::var_os("TRUNK_STAGING_DIR");
    let staged = staged.context(
        "TRUNK_STAGING_DIR is not set: this task is for Trunk, which starts it by itself",
    )?;
    fill(Dist::of_trunk(staged.into()), false)
}

fn fill(mut dist: Dist, small: bool) -> Result<()> {
    let www = root().join("www");
    dist.copy_dir(&www, "icons")?;
    for name in ["check.js", "style.css", "link.css"] {
        let source = fs::read_to_string(www.join(name)).with_context(|| format!("www/{name}"))?;
        let style = name.ends_with(".css");
        let file = if style { slim::style(&source)? } else { source };
        dist.write_hashed(name, file.as_bytes())?;
    }
    let [causes, second_causes] = texts::causes();
    let texts = write_texts(&mut dist, "", &causes)?;
    let boot = fs::read_to_string(www.join("boot.js")).context("www/boot.js")?;
    for bundle in BUNDLES {
        let mut texts = texts.clone();
        for folder in bundle.own_texts {
            for (language, files) in write_texts(&mut dist, &format!("/{folder}"), &second_causes)?
            {
                texts.entry(language).or_default().extend(files);
            }
        }
        let compiled = compile::compile(small, bundle.binary, bundle.features)?;
        let Compiled { script, wasm } = compile::bind(&compiled, bundle.binary, small)?;
        let script = dist.write_hashed(&format!("{}_page.js", bundle.binary), script.as_bytes())?;
        let wasm = dist.write_hashed(&format!("{}_page.wasm", bundle.binary), &wasm)?;
        let places = format!(
            "const script = {script:?};\nconst wasm = {wasm:?};\nconst texts = {texts:?};\n"
        );
        let start = slim::script(&format!("{places}{boot}"));
        dist.write_hashed(&format!("{}.js", bundle.binary), start.as_bytes())?;

        let source = fs::read_to_string(www.join(bundle.html))?;
        let html = dist.with_hashed_names(&source);
        let early = format!(
            "<link rel=\"modulepreload\" href=\"{script}\">\n\
             <link rel=\"preload\" href=\"{wasm}\" as=\"fetch\" type=\"application/wasm\" crossorigin>\n\
             <script type=\"module\""
        );
        let html = html.replacen("<script type=\"module\"", &early, 1);
        dist.write_html(bundle.html, &html)?;
    }
    Ok(())
}

/// Writes a table for each language of a folder below www/locales, as the page fetches it.
fn write_texts(dist: &mut Dist, below: &str, causes: &[Code]) -> Result<Texts> {
    let folder = root().join(format!("www/locales{below}"));
    let names = texts::names(&folder, causes).map_err(|words| anyhow!(words))?;
    let mut files = Texts::new();
    for language in texts::languages(&folder).map_err(|words| anyhow!(words))? {
        let table = texts::table(&folder, &language, &names).map_err(|words| anyhow!(words))?;
        let file = dist.write_hashed(&format!("texts{below}/{language}.txt"), table.as_bytes())?;
        files.entry(language).or_default().push(file);
    }
    Ok(files)
}
