//! The page's requests to the program. Dropping one under way aborts it.

use crate::{
    browser, json,
    probe::{
        attention::Patience,
        wait::{Timer, Work, all},
    },
};
use earshot_report::{
    Report,
    api::{
        ApiError, Refusal, ReportRequest, RunRequest, RunTicket,
        link::{LinkInfo, LinkRequest, LinkTicket},
    },
    limits,
};
use serde::{Serialize, de::DeserializeOwned};

/// Why the program did not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Nothing that this program would say came back; what did instead.
    Unreachable(String),
    /// It said no. Its sentence, and the reason for the person's own language.
    Refused(String, Option<Refusal>),
}

impl Failure {
    /// In a sentence for whoever looks at the facts.
    pub fn into_sentence(self) -> String {
        match self {
            Self::Unreachable(words) => {
                format!("The program behind this page does not answer: {words}")
            }
            Self::Refused(sentence, _) => sentence,
        }
    }
}

/// Begins a run. `base` is the program's address; empty: where the page comes from.
///
/// Where no answer comes it is asked once more: of several programs behind one address one may have gone away just now.
///
/// # Errors
/// See [`Failure`].
pub async fn begin_run(base: &str, request: &RunRequest) -> Result<RunTicket, Failure> {
    let url = format!("{base}/api/runs");
    match post(&url, request).await {
        Err(Failure::Unreachable(_)) => post(&url, request).await,
        answer => answer,
    }
}

/// Saves what the page measured in `run`; the answer is the report with all that the program knows.
///
/// # Errors
/// See [`Failure`].
pub async fn save(base: &str, run: &str, request: &ReportRequest) -> Result<Report, Failure> {
    post(&format!("{base}/api/runs/{run}/report"), request).await
}

/// What was saved of `run`.
async fn saved(base: &str, run: &str) -> Result<Report, Failure> {
    let url = format!("{base}/api/runs/{run}/report");
    read(&Asked::of(&url).exchange().await?)
}

/// The same, again and again while the program cannot be reached, and at once when the browser has a network again: a
/// test is not lost by a program that comes back. `tell` is given each time why it is not saved yet. `None`: it never
/// will be.
pub async fn save_at_last(
    base: &str,
    run: &str,
    request: &ReportRequest,
    tell: impl Fn(Failure),
) -> Option<Report> {
    for wait_ms in waits() {
        let saved = match save(base, run, request).await {
            // By a try of which the answer was lost; where that is still under way, it is there the next time.
            Err(Failure::Refused(_, Some(Refusal::AlreadySaved))) => {
                let saved = saved(base, run).await;
                saved.map_err(|failure| Failure::Unreachable(failure.into_sentence()))
            }
            answer => answer,
        };
        match saved {
            Ok(report) => return Some(report),
            Err(refused @ Failure::Refused(..)) => {
                tell(refused);
                return None;
            }
            Err(unreachable) => tell(unreachable),
        }
        let again = Timer::new(wait_ms);
        let back: Vec<Work> = vec![Box::pin(browser::happens("online"))];
        all(back, &again.over).await;
    }
    None
}

/// How long to wait before each next try: ever longer, and no more when the program would know nothing of the test.
fn waits() -> impl Iterator<Item = u32> {
    let longer = |wait_ms: &u32| Some((wait_ms * 2).min(limits::SAVE_AGAIN_MS));
    let waits = std::iter::successors(Some(limits::SAVE_SOON_MS), longer);
    waits.scan(0, |waited, wait_ms| {
        *waited += wait_ms;
        (*waited <= limits::SAVE_MS).then_some(wait_ms)
    })
}

/// Makes a link to be sent to somebody.
///
/// # Errors
/// See [`Failure`].
pub async fn make_link(base: &str, request: &LinkRequest) -> Result<LinkTicket, Failure> {
    post(&format!("{base}/api/links"), request).await
}

/// What there is to know of the link of this token; its owner is told more.
///
/// # Errors
/// See [`Failure`].
pub async fn link(base: &str, token: &str, owner: Option<&str>) -> Result<LinkInfo, Failure> {
    let asked = Asked {
        secret: owner,
        ..Asked::of(&format!("{base}/api/links/{token}"))
    }
    .exchange()
    .await?;
    read(&asked)
}

/// Deletes a link with every report that was made by it.
///
/// # Errors
/// See [`Failure`].
pub async fn delete_link(base: &str, token: &str, owner: &str) -> Result<(), Failure> {
    let url = format!("{base}/api/links/{token}");
    let asked = Asked {
        method: "DELETE",
        secret: Some(owner),
        ..Asked::of(&url)
    };
    asked.exchange().await.map(drop)
}

/// The saved report of this id; `secret` shows that one may read it, where not everybody may.
///
/// # Errors
/// See [`Failure`].
pub async fn report(base: &str, id: &str, secret: &str) -> Result<Report, Failure> {
    let asked = Asked {
        secret: Some(secret),
        ..Asked::of(&format!("{base}/api/reports/{id}"))
    }
    .exchange()
    .await?;
    read(&asked)
}

/// Whether the program answers at all.
pub async fn is_alive(base: &str) -> bool {
    let asked = Asked::of(&format!("{base}/healthz"))
        .in_time(limits::LOST_MS)
        .await;
    asked.is_some_and(|answer| answer.is_ok())
}

async fn post<T: DeserializeOwned>(url: &str, body: &impl Serialize) -> Result<T, Failure> {
    let body = json::write(body, 0)
        .map_err(|error| Failure::Unreachable(format!("the request cannot be written: {error}")))?;
    let asked = Asked {
        method: "POST",
        body: Some(&body),
        ..Asked::of(url)
    };
    read(&asked.exchange().await?)
}

fn read<T: DeserializeOwned>(answer: &str) -> Result<T, Failure> {
    json::read(answer)
        .map_err(|error| Failure::Unreachable(format!("something else does, {error}")))
}

/// What is asked of the program.
struct Asked<'a> {
    method: &'static str,
    url: &'a str,
    body: Option<&'a str>,
    /// Who asks shows that they may.
    secret: Option<&'a str>,
}

impl<'a> Asked<'a> {
    fn of(url: &'a str) -> Self {
        Self {
            method: "GET",
            url,
            body: None,
            secret: None,
        }
    }

    /// The body of the answer. One that is not of this program's form comes from something between, or the page lies
    /// elsewhere.
    async fn exchange(&self) -> Result<String, Failure> {
        Err(Failure::Unreachable(
            match self.in_time(limits::API_MS).await {
                Some(Ok((200..300, text))) => return Ok(text),
                Some(Ok((status, text))) => match json::read::<ApiError>(&text) {
                    Ok(refusal) => return Err(Failure::Refused(refusal.error, refusal.reason)),
                    Err(_) => format!("HTTP {status}"),
                },
                Some(Err(words)) => words,
                None => format!("> {} s", limits::API_MS / 1_000),
            },
        ))
    }

    /// Status and body; `None`: nothing came in time.
    async fn in_time(&self, limit_ms: u32) -> Option<Result<(u16, String), String>> {
        let time = Patience::new(limit_ms);
        let mut answer = None;
        let exchange = async {
            answer = Some(browser::fetch(self.method, self.url, self.body, self.secret).await);
        };
        all(vec![Box::pin(exchange)], &time.over).await;
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_family = "wasm")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn a_program_that_is_away_is_asked_less_and_less_and_not_for_ever() {
        let waits: Vec<u32> = waits().collect();
        assert_eq!(waits[..3], [1_000, 2_000, 4_000]);
        assert!(waits.is_sorted());
        assert_eq!(waits.last(), Some(&limits::SAVE_AGAIN_MS));
        let whole: u32 = waits.iter().sum();
        let rest = limits::SAVE_MS - whole;
        assert!(rest < limits::SAVE_AGAIN_MS, "{rest}");
    }
}
