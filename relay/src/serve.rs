//! `earshot serve`: puts the parts together and keeps them running.

use crate::{
    banner::Banner,
    data_dir::DataDir,
    events::{Happening, RelayEvent},
    external::{External, own_addresses},
    http,
    session_log::SessionLog,
    settings::{Key, Settings, Sources},
    site::{self, OwnRelay, Site, SiteConfig},
    status::Story,
    store::{Store, nodes::Place},
    tls::Certificates,
    workers::{self, Listen, Options, Workers, WorkersHandle},
};
use anyhow::Context;
use earshot_turn::{
    Config, Credentials, Event, Limits, OpenPorts, OtherRelay, addresses_of_test, scope_of,
};
use std::{
    io::{IsTerminal, Write},
    net::SocketAddr,
    ops::RangeInclusive,
    path::Path,
    sync::Arc,
};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
    sync::mpsc,
    task::JoinHandle,
};
use tracing_subscriber::EnvFilter;

/// Reads the settings, starts everything, and serves until SIGTERM or SIGINT.
///
/// # Errors
/// A setting is wrong, a port is taken, or a file cannot be used; then nothing runs.
pub fn run(sources: &Sources) -> anyhow::Result<()> {
    let settings = Settings::load(sources)?;
    raise_descriptor_limit();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("the program's threads cannot be started")?;
    runtime.block_on(async {
        let mut terminated = signal(SignalKind::terminate())?;
        let mut interrupted = signal(SignalKind::interrupt())?;
        let running = Running::start(settings).await?;
        say(&running.banner());
        say("started\n");
        tokio::select! {
            _ = terminated.recv() => {}
            _ = interrupted.recv() => {}
        }
        tracing::info!("ending");
        running.shut_down().await;
        Ok(())
    })
}

/// Each allocation is a socket, and the usual soft bound is 1024 of them.
fn raise_descriptor_limit() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    if let Err(error) = setrlimit(Resource::Nofile, raised) {
        tracing::debug!(%error, "the bound on open files stays as it is");
    }
}

/// The HTTP client tells its requests and answers byte by byte, with the secrets in them.
const SECRETIVE: [&str; 2] = ["ureq=error", "ureq_proto=error"];

/// Logs to standard error what the filter lets through.
pub fn log_to_stderr(filter: Option<&str>) {
    let given = filter.filter(|filter| !filter.trim().is_empty());
    let parsed = given.map(EnvFilter::try_new);
    let wrong = matches!(parsed, Some(Err(_)));
    let filter = parsed
        .and_then(Result::ok)
        .unwrap_or_else(|| EnvFilter::new("info"));
    let quiet = SECRETIVE.iter().filter_map(|it| it.parse().ok());
    let filter = quiet.fold(filter, EnvFilter::add_directive);
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false);
    // Whoever has set up logging already keeps theirs.
    let _ = subscriber.try_init();
    if wrong {
        tracing::warn!(
            "EARSHOT_LOG is no filter and is ignored: write info, debug or earshot=trace"
        );
    }
}

/// The whole program, running.
pub struct Running {
    settings: Settings,
    story: Arc<Story>,
    workers: Workers,
    site: Site,
    http_task: JoinHandle<()>,
    events_task: JoinHandle<()>,
    tidy_task: JoinHandle<()>,
    fresh_task: Option<JoinHandle<()>>,
}

impl Running {
    /// Starts everything, or nothing.
    ///
    /// # Errors
    /// A port is taken, or a file cannot be used.
    pub async fn start(settings: Settings) -> anyhow::Result<Self> {
        let external = External::find(&settings.external_ip);
        let certificates = certificates(&settings, &external)?;
        let listener = workers::http_listener(settings.http_listen)?;
        let listener = TcpListener::from_std(listener)?;
        let http_address = listener.local_addr()?;

        let opened = Store::open(&settings.database).await?;
        let (workers, events) =
            Workers::start(options(&settings, &external, certificates.as_ref())?)?;
        let own_authority = certificates.as_ref().and_then(Certificates::own_authority);
        let story = Arc::new(Story::of(
            &settings,
            &external,
            &workers.handle(),
            http_address,
            own_authority,
            warnings(&settings, &external, &workers, opened.kept_aside.as_deref()),
        ));
        let config = SiteConfig {
            story: Some(story.clone()),
            ..site_config(&settings, &external, &workers.handle())
        };
        let site = Site::new(config, opened.store);
        site.join().await;
        let tidy_task = tokio::spawn(site.clone().keep_tidy());
        let routes = site::router(site.clone());
        workers.serve_site(routes.clone());

        let http_task = tokio::spawn(http::serve(listener, routes));
        let log = SessionLog::new(settings.realm.clone());
        let events_task = tokio::spawn(fan_out(
            events,
            log,
            site.clone(),
            workers.handle(),
            settings.allowed_peers.clone(),
        ));
        Ok(Self {
            settings,
            story,
            workers,
            site,
            http_task,
            events_task,
            tidy_task,
            fresh_task: certificates.map(|certificates| tokio::spawn(certificates.keep_fresh())),
        })
    }

    /// What an operator reads at the start.
    pub fn banner(&self) -> String {
        let banner = Banner {
            story: &self.story,
            settings: &self.settings,
        };
        banner.text()
    }

    /// Where page and API listen without TLS, with the port really bound.
    pub fn http_address(&self) -> SocketAddr {
        self.story.listeners.http
    }

    /// The workers.
    pub fn workers(&self) -> WorkersHandle {
        self.workers.handle()
    }

    /// Ends sessions and requests, and tells all that is to be told of them.
    pub async fn shut_down(self) {
        self.http_task.abort();
        let drops = self.workers.handle().drops();
        self.workers.shut_down().await;
        // The workers were the only senders, so the events come to an end.
        if self.events_task.await.is_err() {
            tracing::error!("the log of sessions ended early");
        }
        self.tidy_task.abort();
        self.site.leave().await;
        if let Some(fresh) = self.fresh_task {
            fresh.abort();
        }
        if drops != workers::Drops::default() {
            tracing::info!(?drops, "dropped since the start");
        }
    }
}

fn certificates(settings: &Settings, external: &External) -> anyhow::Result<Option<Certificates>> {
    let Some(tls) = &settings.tls else {
        return Ok(None);
    };
    let mut names = vec!["localhost".to_owned()];
    let host = rustix::system::uname()
        .nodename()
        .to_string_lossy()
        .into_owned();
    names.extend(settings.public_host());
    names.push(host);
    names.push(external.v4.address.to_string());
    names.extend(external.v6.iter().map(|v6| v6.address.to_string()));
    names.extend(own_addresses().iter().map(ToString::to_string));
    names.retain(|name| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic()));
    names.sort();
    names.dedup();
    let directory = DataDir::open(&settings.data_dir)?;
    Certificates::open(tls, &directory, names).map(Some)
}

fn options(
    settings: &Settings,
    external: &External,
    certificates: Option<&Certificates>,
) -> anyhow::Result<Options> {
    let tls = match (&settings.tls, certificates) {
        (Some(tls), Some(certificates)) => {
            Some((tls.listen.clone(), certificates.server_config()?))
        }
        _ => None,
    };
    Ok(Options {
        turn: Config {
            realm: settings.realm.clone(),
            credentials: Credentials {
                users: vec![(
                    settings.turn_username.clone(),
                    settings.turn_password.expose().to_owned(),
                )],
                secrets: vec![settings.turn_secret.expose().to_owned()],
                nonce_key: settings.nonce_key.0,
            },
            relay_v4: Some(external.v4.address),
            relay_v6: external.v6.as_ref().map(|v6| v6.address),
            ports: settings.relay_ports.clone(),
            all_ports: settings.relay_ports.clone(),
            open_ports: OpenPorts::default(),
            allowed_peers: settings.allowed_peers.clone(),
            witness: Vec::new(),
            limits: Limits::default(),
        },
        workers: None,
        turn_listen: Listen {
            addresses: settings.turn_listen.clone(),
            by_default: !settings.origins.contains_key(&Key::TurnListen),
        },
        stun_listen: Listen {
            addresses: settings.stun_listen.clone(),
            by_default: !settings.origins.contains_key(&Key::StunListen),
        },
        tls,
        relay_bind: external.bind(&settings.turn_listen),
    })
}

fn site_config(settings: &Settings, external: &External, workers: &WorkersHandle) -> SiteConfig {
    let relay = (!workers.turn_listeners().is_empty()).then(|| OwnRelay {
        turn: workers.turn_listeners(),
        stun: workers.stun_listeners(),
        tls: workers.tls_listeners(),
        known_urls: settings.turn_urls.clone(),
        witness: workers.witness_addresses().to_vec(),
        outer: external.own_v4().map(Into::into),
        places: places(workers, &settings.relay_ports),
        reach: {
            let workers = workers.clone();
            std::sync::Arc::new(move |places| workers.set_other_relays(other_relays(places)))
        },
        is_listening: {
            let workers = workers.clone();
            std::sync::Arc::new(move || workers.is_listening())
        },
    });
    SiteConfig {
        turn_secret: settings.turn_secret.clone(),
        nonce_key: settings.nonce_key.clone(),
        operator_key: settings.operator_key.clone(),
        public_host: settings.public_host(),
        public_url: settings.public_url.clone(),
        links: settings.links.clone(),
        relay,
        platform_port: settings.platform_port,
        ice_servers: settings.ice_servers.clone(),
        cors_origin: settings.cors_origin.clone(),
        story: None,
    }
}

/// Where tests of other relays reach this one.
fn places(workers: &WorkersHandle, ports: &RangeInclusive<u16>) -> Vec<Place> {
    let relayed = workers.relay_addresses().iter().map(|address| Place {
        address: *address,
        first: *ports.start(),
        last: *ports.end(),
        is_witness: false,
    });
    let witness = workers.witness_addresses().iter().map(|at| Place {
        address: at.ip(),
        first: at.port(),
        last: at.port(),
        is_witness: true,
    });
    relayed.chain(witness).collect()
}

fn other_relays(places: Vec<Place>) -> Vec<OtherRelay> {
    let as_relay = |place: Place| OtherRelay {
        address: place.address,
        ports: place.first..=place.last,
        is_witness: place.is_witness,
    };
    places.into_iter().map(as_relay).collect()
}

fn warnings(
    settings: &Settings,
    external: &External,
    workers: &Workers,
    kept_aside: Option<&Path>,
) -> Vec<String> {
    let mut warnings = settings.warnings.clone();
    warnings.extend(workers.warnings().iter().cloned());
    warnings.extend(kept_aside.map(|path| {
        format!(
            "the database was damaged: it was kept aside as {}, and a new one was begun",
            path.display()
        )
    }));
    if !settings.turn_listen.is_empty() {
        warnings.extend(external.warning());
    }
    warnings
}

/// Brings each event to all that want to know of it, until the last worker has ended.
async fn fan_out(
    mut events: mpsc::Receiver<RelayEvent>,
    mut log: SessionLog,
    site: Site,
    workers: WorkersHandle,
    allowed: Vec<ipnet::IpNet>,
) {
    while let Some(event) = events.recv().await {
        log.observe(&event);
        site.observe(&event);
        share_scope(&event, &workers, &allowed);
    }
}

/// Clients of one test may be on different workers, and each worker must let the others' reach it.
fn share_scope(event: &RelayEvent, workers: &WorkersHandle, allowed: &[ipnet::IpNet]) {
    let Happening::Turn(Event::Allocated {
        client, username, ..
    }) = &event.what
    else {
        return;
    };
    let Some(scope) = scope_of(username) else {
        return;
    };
    let addresses = addresses_of_test(*client, workers.relay_addresses(), allowed);
    if !addresses.is_empty() {
        workers.allow_in_scope(scope, addresses);
    }
}

fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    // Nobody may be reading, and that is no reason to end.
    let _ = out.write_all(text.as_bytes());
    let _ = out.flush();
}
