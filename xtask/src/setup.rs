//! What a fresh machine lacks: installed where that is possible, named where it is not.

use crate::{
    axe,
    command::{find_program, root, run},
};
use anyhow::{Context, Result, ensure};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

const WASM: &str = "wasm32-unknown-unknown";

/// A real part that tests need, and where it comes from.
struct Part {
    /// Any one of these programs will do.
    programs: &'static [&'static str],
    /// The package that has it in Debian.
    debian: &'static str,
    /// What cannot be tested without it.
    used_for: &'static str,
}

const PARTS: &[Part] = &[
    Part {
        programs: &["chromium", "chromium-browser", "google-chrome"],
        debian: "chromium",
        used_for: "tests in a browser",
    },
    Part {
        programs: &["chromedriver"],
        debian: "chromium-driver",
        used_for: "tests in a browser",
    },
    Part {
        programs: &["turnserver"],
        debian: "coturn",
        used_for: "tests against another TURN server and with an independent client",
    },
    Part {
        programs: &["certutil"],
        debian: "libnss3-tools",
        used_for: "making a browser trust the program's own certificate",
    },
    Part {
        programs: &["initdb"],
        debian: "postgresql",
        used_for: "storage that several relays share",
    },
    Part {
        programs: &["curl"],
        debian: "curl",
        used_for: "fetching axe-core, by which the pages are tested for accessibility",
    },
    Part {
        programs: &["ip"],
        debian: "iproute2",
        used_for: "the lab's networks",
    },
    Part {
        programs: &["nft"],
        debian: "nftables",
        used_for: "the routers and faults of the lab's networks",
    },
    Part {
        programs: &["dnsmasq"],
        debian: "dnsmasq-base",
        used_for: "the names in the lab's networks",
    },
    Part {
        programs: &["tinyproxy"],
        debian: "tinyproxy-bin",
        used_for: "the lab's networks that let nothing out but a proxy",
    },
    Part {
        programs: &["faketime"],
        debian: "faketime",
        used_for: "the lab's server whose clock is wrong",
    },
    Part {
        programs: &["firefox-esr"],
        debian: "firefox-esr",
        used_for: "the lab's second browser",
    },
    Part {
        programs: &["pulseaudio"],
        debian: "pulseaudio",
        used_for: "the audio device without which Firefox plays nothing",
    },
    Part {
        programs: &[
            "/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser",
            "/usr/lib/aarch64-linux-gnu/webkit2gtk-4.1/MiniBrowser",
        ],
        debian: "libwebkit2gtk-4.1-0",
        used_for: "the lab's browser without WebRTC",
    },
    Part {
        programs: &["Xvfb"],
        debian: "xvfb",
        used_for: "the display without which WebKit does not start",
    },
];

/// The standard library for WebAssembly. rustup installs it by itself from `rust-toolchain.toml`, but not everywhere.
pub(crate) fn wasm_target() -> Result<()> {
    target(WASM)
}

/// The standard library for a target.
fn target(target: &str) -> Result<()> {
    let libraries = rustc_says(&["--print", "target-libdir", "--target", target])?;
    if libraries.is_some_and(|path| Path::new(&path).is_dir()) {
        return Ok(());
    }
    rustup(
        &["target", "add", target],
        &format!("Rust's {target} target"),
        "your distribution's package of that target",
    )
}

/// What a static program is built with; returns the target.
pub(crate) fn static_target() -> Result<String> {
    let name = format!("{}-unknown-linux-musl", std::env::consts::ARCH);
    target(&name)?;
    ensure!(
        find_program(&["musl-gcc"]).is_some(),
        "musl-gcc is not installed (Debian's package musl-tools): it compiles SQLite and ring for the static program"
    );
    Ok(name)
}

/// The standard library's sources: the small page has its own build of it.
pub(crate) fn rust_sources() -> Result<()> {
    let sysroot = rustc_says(&["--print", "sysroot"])?.unwrap_or_default();
    if Path::new(&sysroot)
        .join("lib/rustlib/src/rust/library")
        .is_dir()
    {
        return Ok(());
    }
    rustup(
        &["component", "add", "rust-src"],
        "the sources of Rust's standard library",
        "your distribution's package of them (rust-src)",
    )
}

/// One line that the compiler prints of itself; `None`: it does not know.
fn rustc_says(arguments: &[&str]) -> Result<Option<String>> {
    let output = Command::new("rustc")
        .args(arguments)
        .current_dir(root())
        .output()
        .context("`rustc` could not be started: install Rust from https://rustup.rs")?;
    let line = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    Ok(output.status.success().then_some(line))
}

fn rustup(arguments: &[&str], what: &str, otherwise: &str) -> Result<()> {
    println!("xtask: adding {what}");
    ensure!(
        find_program(&["rustup"]).is_some(),
        "{what}: missing, and there is no rustup to add it: install Rust from https://rustup.rs, or {otherwise}"
    );
    run(Command::new("rustup").args(arguments).current_dir(root()))
}

/// Installs the parts that are missing where this is a Debian-like system and we may; returns what is missing after
/// that, each as a sentence.
pub(crate) fn test_parts() -> Result<Vec<String>> {
    let mut sentences = programs()?;
    if let Err(error) = axe::fetch() {
        sentences.push(format!(
            "axe-core could not be fetched, by which the pages are tested for accessibility: {error:#}"
        ));
    }
    Ok(sentences)
}

fn programs() -> Result<Vec<String>> {
    let absent = missing();
    if absent.is_empty() {
        return Ok(Vec::new());
    }
    let packages: Vec<&str> = absent.iter().map(|part| part.debian).collect();
    match apt_get() {
        Some(apt_get) => {
            println!(
                "xtask: installing {} from the system's packages",
                packages.join(", ")
            );
            run(&mut apt(&apt_get, &["update", "--quiet"]))?;
            let install = ["install", "--yes", "--quiet", "--no-install-recommends"];
            run(apt(&apt_get, &install).args(&packages))?;
        }
        None => println!(
            "xtask: install these for the whole of the tests (Debian's names): {}",
            packages.join(" ")
        ),
    }
    let sentence = |part: &Part| {
        format!(
            "{} is not installed (Debian's package {}): {}",
            part.programs[0], part.debian, part.used_for
        )
    };
    Ok(missing().into_iter().map(sentence).collect())
}

fn missing() -> Vec<&'static Part> {
    PARTS
        .iter()
        .filter(|part| find_program(part.programs).is_none())
        .collect()
}

/// How apt-get is called here: by root directly, by others through a sudo that asks nothing.
fn apt_get() -> Option<Vec<PathBuf>> {
    let apt_get = find_program(&["apt-get"])?;
    if is_root() {
        return Some(vec![apt_get]);
    }
    let sudo = find_program(&["sudo"])?;
    let silent = Command::new(&sudo).args(["-n", "true"]).output().ok()?;
    silent
        .status
        .success()
        .then(|| vec![sudo, "-n".into(), apt_get])
}

fn apt(words: &[PathBuf], arguments: &[&str]) -> Command {
    let mut command = Command::new(&words[0]);
    command
        .args(&words[1..])
        .args(arguments)
        .env("DEBIAN_FRONTEND", "noninteractive");
    command
}

fn is_root() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    status
        .lines()
        .any(|line| line.starts_with("Uid:") && line.split_whitespace().nth(2) == Some("0"))
}
