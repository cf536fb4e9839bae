//! `POST /api/runs`: a run begins.

use super::{
    RUN_REQUEST, Site,
    body::ApiJson,
    client,
    error::Problem,
    lock,
    own::{OwnRelay, host_of},
    probes::Kind,
    runs::{OfLink, Run},
};
use crate::{external::own_addresses, mint, store::link_events::LinkId};
use axum::{
    Json,
    extract::{ConnectInfo, State},
    http::{HeaderMap, StatusCode, Uri},
};
use earshot_report::{
    IceUrl, Plan,
    api::{IceServer, RunRequest, RunTicket, Witness},
    plan::Circumstances,
};
use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::{Instant, SystemTime, UNIX_EPOCH},
};

pub(super) async fn start(
    State(site): State<Site>,
    ConnectInfo(connection): ConnectInfo<SocketAddr>,
    uri: Uri,
    headers: HeaderMap,
    ApiJson(request): ApiJson<RunRequest, RUN_REQUEST>,
) -> Result<Json<RunTicket>, Problem> {
    let client = client::address(connection, &headers);
    lock(&site.0.rate)
        .take(client, Instant::now())
        .map_err(|seconds| {
            let sentence =
                "too many tests were begun from this address: wait a moment, then try again";
            Problem::too_many(sentence, seconds)
        })?;
    let own = own_relay(&site, &uri, &headers)?;
    let link = match request.link {
        Some(pass) => Some(OfLink {
            who: site.pass(&pass).await?,
            link: LinkId::of(&pass.token),
        }),
        None => None,
    };
    let id = mint::id().map_err(|error| Problem::internal("beginning a test", &error))?;
    let started = SystemTime::now();
    let servers = match request.ad_hoc {
        true => Servers::default(),
        false => Servers::of(&site, own.as_ref(), &id, started),
    };
    let stun_pair = own.as_ref().and_then(|(relay, host)| relay.stun_pair(host));
    let witness = own
        .as_ref()
        .and_then(|(relay, _)| witness(&site, relay, &id));
    let plan = match request.ad_hoc {
        true => Plan::default(),
        false => Plan::new(&Circumstances {
            servers: servers.urls.clone(),
            own: servers.own,
            stun_pair: stun_pair.clone(),
            witness: witness.is_some(),
        }),
    };
    let targets: Vec<IceUrl> = plan
        .targets
        .iter()
        .map(|target| target.url.clone())
        .collect();
    let run = Run::new(id.clone(), started, client, &targets).by(link);
    let run = Arc::new(run.of(site.0.node, &site.0.outbox));
    site.begin(&run, &client::homes(client));
    lock(&site.0.metrics).run();
    let own_entry = own_entry(&site, started)?;
    for (place, target) in plan.targets.iter().enumerate() {
        let nth = usize::from(target.server);
        let server = servers.entries.get(nth).map(|server| (nth, server));
        let server = server.filter(|_| !target.own);
        look(&site, &run, (place, &target.url), server, &own_entry);
    }
    site.keep_run(&run).await;
    tracing::debug!(run = id, ad_hoc = request.ad_hoc, "a test begins");
    Ok(Json(RunTicket {
        live: format!("/api/runs/{id}/live"),
        run: id,
        plan,
        ice_servers: servers.entries,
        stun_pair,
        witness,
        client_address: Some(client.into()),
        server_time_ms: millis(started),
    }))
}

/// The servers of one run, own relay first.
#[derive(Default)]
struct Servers {
    entries: Vec<IceServer>,
    urls: Vec<Vec<IceUrl>>,
    own: Option<u16>,
}

impl Servers {
    fn of(site: &Site, own: Option<&(OwnRelay, String)>, run: &str, now: SystemTime) -> Self {
        let mut servers = Self::default();
        let config = &site.0.config;
        if let Some((relay, host)) = own {
            let urls = relay.urls(host);
            let texts = urls.iter().map(ToString::to_string).collect();
            let entry = mint::scoped(texts, &config.turn_secret, run, now);
            servers.entries.push(entry);
            servers.urls.push(urls);
            servers.own = Some(0);
        }
        servers.entries.extend(config.ice_servers.iter().cloned());
        servers.urls.extend(site.0.servers.iter().cloned());
        servers
    }
}

/// The own relay, and the host name under which this page reaches it.
fn own_relay(
    site: &Site,
    uri: &Uri,
    headers: &HeaderMap,
) -> Result<Option<(OwnRelay, String)>, Problem> {
    let config = &site.0.config;
    let Some(relay) = config.relay.clone() else {
        return Ok(None);
    };
    let host = config.public_host.clone().or_else(|| host_of(uri, headers));
    match host {
        Some(host) => Ok(Some((relay, host))),
        None => Err(Problem::new(
            StatusCode::BAD_REQUEST,
            "the request names no valid host, so the relay's address is not known: send a Host header, or set PUBLIC_URL",
        )),
    }
}

fn witness(site: &Site, relay: &OwnRelay, run: &str) -> Option<Witness> {
    let addresses = relay.witness.iter();
    let addresses: Vec<_> = addresses.map(|at| (at.ip().into(), at.port())).collect();
    (!addresses.is_empty()).then(|| Witness {
        addresses,
        ufrag: run.to_owned(),
        pwd: earshot_turn::witness_password(&site.0.config.nonce_key.0, run),
    })
}

/// Whether the operator, and not the visitor, says that this name is ours. A visitor may write anything into the
/// request's Host header, and the program sends nothing to where a visitor points.
fn names_this_machine(site: &Site, url: &IceUrl) -> bool {
    let is_public = site.0.config.public_host.as_deref() == Some(url.host.as_str());
    let is_own = |ip: IpAddr| own_addresses().contains(&ip.to_canonical());
    is_public || url.host == "localhost" || url.literal_address().is_some_and(is_own)
}

impl Site {
    /// The program's own look at what a run tests that was begun before a restart.
    pub(super) fn look_again(&self, run: &Arc<Run>) {
        let Ok(own_entry) = own_entry(self, SystemTime::now()) else {
            return;
        };
        let probes = lock(&run.probes).clone();
        for (place, probe) in probes.into_iter().enumerate() {
            let mut servers = self.0.servers.iter();
            let nth = servers.position(|urls| urls.contains(&probe.url));
            let server = nth.and_then(|nth| {
                let before = usize::from(self.0.config.relay.is_some());
                Some((nth + before, self.0.config.ice_servers.get(nth)?))
            });
            look(self, run, (place, &probe.url), server, &own_entry);
        }
    }
}

/// Credentials of a name of its own, lest the program's own look is taken for something of the visitor's.
fn own_entry(site: &Site, now: SystemTime) -> Result<IceServer, Problem> {
    let prober = mint::id().map_err(|error| Problem::internal("beginning a test", &error))?;
    let secret = &site.0.config.turn_secret;
    Ok(mint::scoped(Vec::new(), secret, &prober, now))
}

/// The program's own look at one URL under test: of a configured server, at this place among all, or of its own relay.
fn look(
    site: &Site,
    run: &Arc<Run>,
    (place, url): (usize, &IceUrl),
    configured: Option<(usize, &IceServer)>,
    own_entry: &IceServer,
) {
    let (kind, server) = match configured {
        Some((nth, server)) => (Kind::Configured(nth), server),
        None if names_this_machine(site, url) => (Kind::Own, own_entry),
        None => return skip_probe(run, place),
    };
    let what = (kind, url.clone());
    site.0.probes.look(run, place, what, server);
}

/// There is nothing to wait for, and nothing was measured.
fn skip_probe(run: &Run, place: usize) {
    if let Some(probe) = lock(&run.probes).get_mut(place) {
        probe.finished = true;
    }
}

fn millis(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
