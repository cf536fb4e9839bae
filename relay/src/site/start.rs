//! `POST /api/runs`: a run begins.

use super::{
    RUN_REQUEST, Site,
    body::ApiJson,
    client,
    error::Problem,
    lock,
    own::{OwnRelay, host_of},
    probes::Kind,
    runs::Run,
};
use crate::{external::own_addresses, mint};
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
    let run = Arc::new(Run::new(id.clone(), started, client, &targets));
    add(&site, &run);
    // Of a name of its own, lest the program's own look is taken for something of the visitor's.
    let prober = mint::id().map_err(|error| Problem::internal("beginning a test", &error))?;
    let own_entry = mint::scoped(Vec::new(), &site.0.config.turn_secret, &prober, started);
    for (place, target) in plan.targets.iter().enumerate() {
        let kind = match target.own {
            true if names_this_machine(&site, &target.url) => Kind::Own,
            true => {
                skip_probe(&run, place);
                continue;
            }
            false => Kind::Configured(usize::from(target.server)),
        };
        let server = match kind {
            Kind::Own => Some(&own_entry),
            Kind::Configured(_) => servers.entries.get(usize::from(target.server)),
        };
        if let Some(server) = server {
            let what = (kind, target.url.clone());
            site.0.probes.look(&run, place, what, server);
        }
    }
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

fn add(site: &Site, run: &Arc<Run>) {
    let gone = lock(&site.0.runs).add(run.clone());
    let mut ledger = lock(&site.0.ledger);
    for gone in gone {
        ledger.forget(&gone);
    }
    ledger.begin(&run.id, run.started, &client::homes(run.client));
    drop(ledger);
    lock(&site.0.metrics).run();
}

/// Whether the operator, and not the visitor, says that this name is ours. A visitor may write anything into the
/// request's Host header, and the program sends nothing to where a visitor points.
fn names_this_machine(site: &Site, url: &IceUrl) -> bool {
    let is_public = site.0.config.public_host.as_deref() == Some(url.host.as_str());
    let is_own = |ip: IpAddr| own_addresses().contains(&ip.to_canonical());
    is_public || url.host == "localhost" || url.literal_address().is_some_and(is_own)
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
