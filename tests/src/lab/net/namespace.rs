//! One host or router of a network.

use super::{error::LabError, run::run};
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};
use std::{
    ffi::OsStr,
    fs::{self, File},
    os::fd::AsFd,
    panic::resume_unwind,
    path::Path,
    process::Command,
};

/// Where `ip netns` keeps its namespaces.
pub(super) const NAMESPACES: &str = "/run/netns";
/// Where `ip netns exec` looks for files that stand in for those of `/etc`.
pub(super) const FILES: &str = "/etc/netns";

/// A network namespace: the network as one host or router sees it.
#[derive(Debug)]
pub struct Namespace {
    name: String,
}

impl Namespace {
    /// Makes a namespace whose loopback is up.
    pub(super) fn make(name: String) -> Result<Self, LabError> {
        super::run::ip(&["netns", "add", &name])?;
        let namespace = Self { name };
        namespace.ip("link set lo up")?;
        // Nobody else can have an IPv6 address here, and to look for them takes a second in which nothing passes
        // (duplicate address detection, RFC 4862, section 5.4).
        namespace.set(&[
            ("ipv6/conf/all/accept_dad", "0"),
            ("ipv6/conf/default/accept_dad", "0"),
            ("ipv6/conf/default/dad_transmits", "0"),
        ])?;
        Ok(namespace)
    }

    /// One that somebody else made.
    pub(super) fn existing(name: &str) -> Self {
        Self {
            name: name.to_owned(),
        }
    }

    /// As `ip netns` knows it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A command that runs this program inside, with the DNS servers of this host.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.name]).arg(program);
        command
    }

    /// Does something inside, on a thread of its own. A socket opened there stays in the namespace wherever it is used,
    /// and a program started there runs inside (with the machine's own DNS servers; see [`Namespace::command`]).
    pub fn enter<T: Send>(&self, work: impl FnOnce() -> T + Send) -> Result<T, LabError> {
        let path = Path::new(NAMESPACES).join(&self.name);
        let file = File::open(&path).map_err(LabError::system(path.display().to_string()))?;
        std::thread::scope(|scope| {
            let inside = scope.spawn(|| {
                move_into_link_name_space(file.as_fd(), Some(LinkNameSpaceType::Network))
                    .map_err(|error| LabError::system(path.display().to_string())(error.into()))?;
                Ok(work())
            });
            inside.join().unwrap_or_else(|panic| resume_unwind(panic))
        })
    }

    /// Runs lines of `ip` inside.
    pub(super) fn ip(&self, lines: &str) -> Result<(), LabError> {
        run(
            Command::new("ip").args(["-n", &self.name, "-batch", "-"]),
            lines,
        )
        .map(drop)
    }

    /// Loads rules of nftables inside.
    pub(super) fn nft(&self, rules: &str) -> Result<(), LabError> {
        self.enter(|| run(Command::new("nft").args(["-f", "-"]), rules))?
            .map(drop)
    }

    /// Sets values below `/proc/sys/net`.
    pub(super) fn set(&self, settings: &[(&str, &str)]) -> Result<(), LabError> {
        self.enter(|| {
            settings.iter().try_for_each(|(setting, value)| {
                let path = Path::new("/proc/sys/net").join(setting);
                fs::write(&path, value).map_err(LabError::system(path.display().to_string()))
            })
        })?
    }

    /// Names the DNS servers that programs in here ask.
    pub(super) fn ask_dns_servers(&self, servers: &[String]) -> Result<(), LabError> {
        let folder = Path::new(FILES).join(&self.name);
        let lines: String = servers
            .iter()
            .map(|server| format!("nameserver {server}\n"))
            .collect();
        fs::create_dir_all(&folder)
            .and_then(|()| fs::write(folder.join("resolv.conf"), lines))
            .map_err(LabError::system(folder.display().to_string()))
    }
}
