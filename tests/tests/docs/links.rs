//! No link in a text of the repository is broken. Those to elsewhere are not followed, only looked at.

use crate::{markdown::Document, read, root};
use std::{
    fs,
    path::{Path, PathBuf},
};
use url::{Host, Url};

/// What is built, and no part of the repository.
const BUILT: [&str; 3] = ["target", "dist", "node_modules"];

/// Every Markdown text below `folder`.
fn texts(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("the repository can be read") {
        let entry = entry.expect("an entry of a folder");
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let path = entry.path();
        if path.is_dir() && !name.starts_with('.') && !BUILT.contains(&&*name) {
            texts(&path, found);
        } else if name.ends_with(".md") {
            found.push(path);
        }
    }
}

/// What is wrong with the links of all texts below `root`, each with its place.
fn faults(root: &Path) -> Vec<String> {
    let mut paths = Vec::new();
    texts(root, &mut paths);
    paths.sort();
    assert!(!paths.is_empty(), "there is no text at all");
    let mut faults = Vec::new();
    for path in paths {
        let document = Document::read(&read(&path));
        let place = path.strip_prefix(root).unwrap_or(&path).display();
        let mut tell = |fault: String| faults.push(format!("{place}: {fault}"));
        for name in &document.undefined {
            tell(format!("[{name}] is defined nowhere"));
        }
        for html in document.html.iter().filter(|html| html.contains('=')) {
            tell(format!(
                "links and pictures are written in Markdown, not as {html}"
            ));
        }
        for (link, _) in &document.links {
            if let Err(fault) = follow(root, &path, &document, link) {
                tell(format!("{link}: {fault}"));
            }
        }
    }
    faults
}

/// Looks whether `link` of the text at `path` leads somewhere.
fn follow(root: &Path, path: &Path, document: &Document, link: &str) -> Result<(), String> {
    if let Ok(url) = Url::parse(link) {
        return elsewhere(&url, link);
    }
    let (file, anchor) = link
        .split_once('#')
        .map_or((link, None), |(file, it)| (file, Some(it)));
    if file.starts_with('/') || file.contains('?') {
        return Err("a link within the repository is relative to its text".into());
    }
    let folder = path.parent().unwrap_or(root);
    let target = match file {
        "" => path.to_owned(),
        _ => folder
            .join(file)
            .canonicalize()
            .map_err(|_| "there is no such file")?,
    };
    if !target.starts_with(root) {
        return Err("it leads out of the repository".into());
    }
    let Some(anchor) = anchor else { return Ok(()) };
    let anchors = match file {
        "" => document.anchors(),
        _ if file.ends_with(".md") => Document::read(&read(&target)).anchors(),
        _ => return Err("only a text has headings to lead to".into()),
    };
    match anchors.iter().any(|it| it == anchor) {
        true => Ok(()),
        false => Err(format!(
            "there is no such heading, only {}",
            anchors.join(", ")
        )),
    }
}

fn elsewhere(url: &Url, link: &str) -> Result<(), String> {
    let named = matches!(url.host(), Some(Host::Domain(name)) if name.contains('.'));
    if url.scheme() != "https" || !named || !url.username().is_empty() || url.password().is_some() {
        return Err("a link to elsewhere is https:// and the name of a host".into());
    }
    // What a browser would mend first was not meant so.
    let mended = url.as_str();
    if mended != link && mended.strip_suffix('/') != Some(link) {
        return Err(format!("it would have to be {mended}"));
    }
    Ok(())
}

#[test]
fn no_link_in_the_repository_is_broken() {
    let root = root().canonicalize().expect("the repository");
    let faults = faults(&root);
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn a_broken_link_is_found() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path().canonicalize().expect("the folder");
    let docs = root.join("docs");
    fs::create_dir(&docs).expect("a folder");
    fs::write(docs.join("other.md"), "# Other\n\n## A part, and `more`\n").expect("a file");
    fs::write(root.join("picture.png"), "").expect("a file");
    let write = |link: &str| {
        fs::write(docs.join("text.md"), format!("# Text\n\n{link}\n")).expect("a file");
    };
    for good in [
        "[one](other.md), ![two](../picture.png), [three](..), [four](#text)",
        "[one](other.md#a-part-and-more)",
        "[one][two]\n\n[two]: https://example.org/a?b=c#d",
        "<https://example.org>, [words in brackets], `[code](nowhere.md)`",
        "```\n[code](nowhere.md)\n```",
        "| a |\n| --- |\n| [one](other.md) |",
    ] {
        write(good);
        assert_eq!(faults(&root), [""; 0], "{good}");
    }
    for (bad, part) in [
        ("[one](nowhere.md)", "no such file"),
        ("![one](nowhere.png)", "no such file"),
        ("[one](Other.md)", "no such file"),
        ("| a |\n| --- |\n| [one](nowhere.md) |", "no such file"),
        ("[one](../../)", "out of the repository"),
        ("[one](/docs/other.md)", "relative"),
        ("[one](#other)", "only text"),
        ("[one](other.md#more)", "only other, a-part-and-more"),
        ("[one](../picture.png#more)", "only a text"),
        ("[one][two]", "defined nowhere"),
        ("[one](http://example.org)", "https://"),
        ("<https://localhost/>", "https://"),
        ("[one](https://user@example.org/)", "https://"),
        ("[one](mailto:a@example.org)", "https://"),
        ("[one](<https://example.org/a b>)", "have to be"),
        ("<img src=\"picture.png\">", "in Markdown"),
    ] {
        write(bad);
        let faults = faults(&root);
        assert_eq!(faults.len(), 1, "{bad}: {faults:?}");
        assert!(faults[0].contains(part), "{bad}: {faults:?}");
        assert!(faults[0].starts_with("docs/text.md: "), "{faults:?}");
    }
}
