//! Links: somebody who helps makes one, somebody who cannot hear opens it.

mod live;
mod refusal;
mod talk;

pub(super) use live::live;

use super::{
    Site, bearer,
    body::ApiJson,
    client,
    error::Problem,
    lock,
    origin::{Over, origin_of},
    reports::{rfc3339, status_and_cause},
};
use crate::{
    mint,
    store::{Listed, link_events::LinkId, links::Link},
};
use axum::{
    Extension, Json,
    extract::{ConnectInfo, Path, State},
    http::{HeaderMap, StatusCode, Uri},
};
use earshot_report::api::{
    Refusal,
    link::{
        LONGEST_KEY, LONGEST_LABEL, LinkInfo, LinkPass, LinkReport, LinkRequest, LinkTicket,
        SHORTEST_KEY, Who,
    },
};
use std::{
    net::SocketAddr,
    time::{Duration, Instant, SystemTime},
};

/// The body of `POST /api/links`.
const LINK_REQUEST: usize = 4 * 1024;
/// Reports of one link, which are all listed for its owner.
const MOST_REPORTS: u32 = 500;

/// Who may make links, and how many.
#[derive(Clone, Debug)]
pub struct LinkLimits {
    /// Only the operator makes them.
    pub need_key: bool,
    /// Open at once.
    pub most: u32,
    /// Sockets at once, in this process.
    pub most_sockets: u32,
    /// How long each is open.
    pub lifetime: Duration,
}

const NO_LINK: &str =
    "there is no such link: it is mistyped, or it was deleted; ask who sent it for a new one";
const CLOSED: &str = "this link is closed, its time is over: ask who sent it for a new one";

/// `POST /api/links`
pub(super) async fn make(
    State(site): State<Site>,
    ConnectInfo(connection): ConnectInfo<SocketAddr>,
    over: Option<Extension<Over>>,
    uri: Uri,
    headers: HeaderMap,
    ApiJson(request): ApiJson<LinkRequest, LINK_REQUEST>,
) -> Result<(StatusCode, Json<LinkTicket>), Problem> {
    let making = "making a link";
    let failed = |error: &dyn std::fmt::Display| Problem::internal(making, error);
    let config = &site.0.config;
    let client = client::address(connection, &headers);
    lock(&site.0.link_rate)
        .take(client, Instant::now())
        .map_err(|seconds| {
            let sentence =
                "too many links were made from this address: wait a moment, then try again";
            Problem::too_many(sentence, seconds)
        })?;
    if config.links.need_key && !bearer::shown(&headers).is_operator(&site) {
        return Err(Problem::new(
            StatusCode::UNAUTHORIZED,
            "on this server only its operator makes links (LINKS_NEED_KEY): send the key that `earshot status \
             --show-key` prints, as `Authorization: Bearer <key>`",
        )
        .because(Refusal::KeyNeeded));
    }
    let label = label(request.label)?;
    let over = over.map_or(Over::Plain, |Extension(over)| over);
    let origin = origin_of(config, over, &uri, &headers)?;
    let now = SystemTime::now();
    let open = site
        .0
        .store
        .open_links(now)
        .await
        .map_err(|error| failed(&error))?;
    if open >= config.links.most.into() {
        return Err(Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "as many links are open as this server allows (MOST_LINKS): try again later, or ask its operator",
        )
        .because(Refusal::LinksFull));
    }
    let token = mint::id().map_err(|error| failed(&error))?;
    let owner = mint::id().map_err(|error| failed(&error))?;
    let expires = site
        .0
        .store
        .make_link(
            &token,
            &owner,
            label.as_deref(),
            now,
            now + config.links.lifetime,
        )
        .await
        .map_err(|error| failed(&error))?;
    tracing::debug!("a link was made");
    let ticket = LinkTicket {
        url: format!("{origin}/s/{token}"),
        token,
        expires: rfc3339(expires).map_err(|error| failed(&error))?,
        owner,
    };
    Ok((StatusCode::CREATED, Json(ticket)))
}

/// `GET /api/links/<token>`
pub(super) async fn read(
    State(site): State<Site>,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Result<Json<LinkInfo>, Problem> {
    let reading = "reading a link";
    let now = SystemTime::now();
    let link = site.link(&token).await?;
    let is_owner = is_owner(&site, &link, &headers)?;
    if !is_owner && !link.is_open(now) {
        return Err(closed());
    }
    let reports = match is_owner {
        true => site
            .0
            .store
            .reports_of_link(&token, MOST_REPORTS, now)
            .await
            .map_err(|error| Problem::internal(reading, &error))?,
        false => Vec::new(),
    };
    let reports = reports.into_iter().map(|report| listed(report, reading));
    Ok(Json(LinkInfo {
        open: link.is_open(now),
        expires: rfc3339(link.expires).map_err(|error| Problem::internal(reading, &error))?,
        label: link.label,
        reports: reports.collect::<Result<_, _>>()?,
    }))
}

/// `DELETE /api/links/<token>`
pub(super) async fn delete(
    State(site): State<Site>,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Result<StatusCode, Problem> {
    let link = site.link(&token).await?;
    if !is_owner(&site, &link, &headers)? {
        return Err(Problem::new(
            StatusCode::UNAUTHORIZED,
            "only who made this link may delete it: send its secret as `Authorization: Bearer <secret>`",
        ));
    }
    let deleted = site.0.store.delete_link(&token).await;
    deleted.map_err(|error| Problem::internal("deleting a link", &error))?;
    // Everybody who is there finds it gone.
    site.0.store.wake_link(&LinkId::of(&token)).await;
    Ok(StatusCode::NO_CONTENT)
}

impl Site {
    /// The link of that token, open or closed.
    async fn link(&self, token: &str) -> Result<Link, Problem> {
        let found = match mint::is_id(token) {
            true => self.0.store.link(token).await,
            false => Ok(None),
        };
        found
            .map_err(|error| Problem::internal("reading a link", &error))?
            .ok_or_else(|| Problem::not_found(NO_LINK).because(Refusal::NoLink))
    }

    /// Who begins a test by this pass.
    pub(super) async fn pass(&self, pass: &LinkPass) -> Result<Who, Problem> {
        let now = SystemTime::now();
        let failed = |error| Problem::internal("beginning a test by a link", &error);
        let link = self.link(&pass.token).await?;
        if !link.is_open(now) {
            return Err(closed());
        }
        let who = match link.is_owned_by(&pass.key) {
            true => Some(Who::Owner),
            false => {
                let id = LinkId::of(&pass.token);
                self.0.store.seated(&id, &pass.key).await.map_err(failed)?
            }
        };
        let who = who.ok_or_else(|| {
            Problem::new(
                StatusCode::FORBIDDEN,
                "this page does not have the link's seat, or somebody else took it meanwhile: open the link again",
            )
            .because(Refusal::SeatLost)
        })?;
        let reports = self
            .0
            .store
            .reports_of_link(&pass.token, MOST_REPORTS, now)
            .await;
        if reports.map_err(failed)?.len() >= MOST_REPORTS as usize {
            return Err(Problem::new(
                StatusCode::TOO_MANY_REQUESTS,
                "this link has as many reports as a link may have: make a new link, or delete some",
            )
            .because(Refusal::ReportsFull));
        }
        Ok(who)
    }
}

fn closed() -> Problem {
    Problem::new(StatusCode::GONE, CLOSED).because(Refusal::LinkClosed)
}

/// Whether the request comes from who made the link, or from the operator. A wrong secret is refused, lest somebody
/// wonders about missing reports.
fn is_owner(site: &Site, link: &Link, headers: &HeaderMap) -> Result<bool, Problem> {
    let shown = bearer::shown(headers);
    let is_owner = shown
        .secret()
        .is_some_and(|secret| link.is_owned_by(secret));
    match shown {
        bearer::Shown::Nothing => Ok(false),
        shown if is_owner || shown.is_operator(site) => Ok(true),
        _ => Err(Problem::new(
            StatusCode::UNAUTHORIZED,
            "this is not the secret of who made this link, nor the operator's key: leave the header Authorization \
             away to see what everybody sees",
        )),
    }
}

fn label(given: Option<String>) -> Result<Option<String>, Problem> {
    let label = given.as_deref().map_or("", str::trim);
    if label.chars().count() > LONGEST_LABEL || label.chars().any(char::is_control) {
        return Err(Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            format!(
                "“label” has at most {LONGEST_LABEL} characters, and none that control a terminal: shorten it"
            ),
        ));
    }
    Ok((!label.is_empty()).then(|| label.to_owned()))
}

fn listed(report: Listed, reading: &str) -> Result<LinkReport, Problem> {
    let failed = |error: &dyn std::fmt::Display| Problem::internal(reading, error);
    let (status, cause) =
        status_and_cause(&report.status, &report.cause).map_err(|error| failed(&error))?;
    Ok(LinkReport {
        id: report.id,
        who: report.who.unwrap_or(Who::Owner),
        started: rfc3339(report.started).map_err(|error| failed(&error))?,
        status,
        cause,
    })
}

/// Whether a guest's page may have made this key for itself.
fn is_key(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    (SHORTEST_KEY..=LONGEST_KEY).contains(&text.len()) && text.bytes().all(fits)
}
