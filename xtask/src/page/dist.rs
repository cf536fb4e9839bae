//! The folder of the page that is built: `dist/`, or Trunk's.

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// The folder, while it is filled.
pub(super) struct Dist {
    folder: PathBuf,
    /// The HTML is Trunk's, and names each file as `www/` does: no name changes, and nothing is kept for long.
    is_trunks: bool,
    /// Each file that may be kept for ever: the address its source has in `www/`, and the address that it is given.
    hashed: Vec<(String, String)>,
}

impl Dist {
    /// The folder with nothing in it.
    pub(super) fn empty(folder: PathBuf) -> Result<Self> {
        if folder.exists() {
            fs::remove_dir_all(&folder).context("dist/ could not be emptied")?;
        }
        fs::create_dir_all(&folder)?;
        Ok(Self {
            folder,
            is_trunks: false,
            hashed: Vec::new(),
        })
    }

    /// The folder that Trunk has begun to fill.
    pub(super) fn of_trunk(folder: PathBuf) -> Self {
        Self {
            folder,
            is_trunks: true,
            hashed: Vec::new(),
        }
    }

    /// Writes a file of this name.
    pub(super) fn write(&self, name: &str, content: &[u8]) -> Result<()> {
        let path = self.folder.join(name);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(&path, content).with_context(|| format!("dist/{name}"))
    }

    /// Writes the HTML of a page.
    pub(super) fn write_html(&self, name: &str, html: &str) -> Result<()> {
        match self.is_trunks {
            true => Ok(()),
            false => self.write(name, html.as_bytes()),
        }
    }

    /// Writes a file under a name that changes with its content; returns its address. All addresses are absolute: a
    /// page is also shown at `/r/<report>`.
    pub(super) fn write_hashed(&mut self, name: &str, content: &[u8]) -> Result<String> {
        if self.is_trunks {
            self.write(name, content)?;
            return Ok(format!("/{name}"));
        }
        let hash: String = Sha256::digest(content)[..8]
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let (stem, ending) = name
            .rsplit_once('.')
            .context("a file of the page has no ending")?;
        let named = format!("{stem}-{hash}.{ending}");
        self.write(&named, content)?;
        let address = format!("/{named}");
        self.hashed.push((format!("/{name}"), address.clone()));
        Ok(address)
    }

    /// Copies a folder of `www` with all that is in it.
    pub(super) fn copy_dir(&self, www: &Path, name: &str) -> Result<()> {
        for entry in fs::read_dir(www.join(name)).with_context(|| format!("www/{name}"))? {
            let entry = entry?;
            let inner = format!("{name}/{}", entry.file_name().to_string_lossy());
            match entry.file_type()?.is_dir() {
                true => self.copy_dir(www, &inner)?,
                false => self.write(&inner, &fs::read(entry.path())?)?,
            }
        }
        Ok(())
    }

    /// HTML whose links lead to the files written so far.
    pub(super) fn with_hashed_names(&self, html: &str) -> String {
        let mut html = html.to_owned();
        for (source, address) in &self.hashed {
            html = html.replace(&format!("\"{source}\""), &format!("\"{address}\""));
        }
        html
    }
}

#[cfg(test)]
mod tests {
    use super::Dist;
    use std::fs;

    /// What Trunk serves beside its own HTML has the names that `www/` says; `dist/` has names that change.
    #[test]
    fn trunk_finds_each_file_by_its_own_name() {
        let folder = std::env::temp_dir().join(format!("earshot-dist-{}", std::process::id()));
        let mut dist = Dist::empty(folder.clone()).expect("it can be made");
        let hashed = dist.write_hashed("style.css", b"a").expect("it is written");
        assert_eq!(
            hashed, "/style-ca978112ca1bbdca.css",
            "RFC 6234: SHA-256 of a"
        );

        let mut dist = Dist::of_trunk(folder.clone());
        let plain = dist.write_hashed("style.css", b"b").expect("it is written");
        assert_eq!(plain, "/style.css");
        dist.write_html("index.html", "ours").expect("it is left");
        let names = ["style.css", "style-ca978112ca1bbdca.css", "index.html"];
        let there = names.map(|name| folder.join(name).exists());
        fs::remove_dir_all(&folder).expect("it is ours");
        assert_eq!(there, [true, true, false]);
    }
}
