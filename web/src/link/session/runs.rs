//! The tests of a session: this page's own, and what is told and fetched of a guest's.

use super::{PROGRESS_MS, Session, SessionNews};
use crate::{
    api::{self, Failure},
    link::state::{Room, RoomNews},
    probe::{now_ms, wait::sleep},
    runner::{RunRequestKind, start},
    state::{Origin, Phase},
};
use earshot_report::{
    Report,
    api::link::{Progress, ToLink, Who},
};
use wasm_bindgen_futures::spawn_local;

impl Session {
    pub(super) fn test(&mut self, room: &Room) -> RoomNews {
        let serial = room.serial() + 1;
        let tell = self.teller();
        self.test_began = now_ms();
        self.runner = Some(start(RunRequestKind::ByLink(self.pass()), move |update| {
            tell(SessionNews::Update(serial, update));
        }));
        RoomNews::Start
    }

    /// A guest's test is told to who helps.
    pub(super) fn progress(&mut self) {
        if self.is_owner || self.runner.is_none() || self.progress_waits {
            return;
        }
        self.progress_waits = true;
        let since = (now_ms() - self.progress_at).clamp(0.0, f64::from(PROGRESS_MS));
        let tell = self.teller();
        spawn_local(async move {
            sleep(PROGRESS_MS - since as u32).await;
            tell(SessionNews::Progress);
        });
    }

    pub(super) fn tell_progress(&mut self, room: &Room) {
        let Some(run) = room
            .own
            .as_ref()
            .filter(|run| run.origin == Origin::Configured)
        else {
            return;
        };
        self.progress_at = now_ms();
        let mut facts = run.facts.clone();
        for leg in &mut facts.legs {
            leg.samples.clear();
        }
        let elapsed_ms = (now_ms() - self.test_began).max(0.0) as u64;
        let over = run.phase != Phase::Measuring;
        self.say(ToLink::Progress(Box::new(Progress {
            facts,
            elapsed_ms: run.duration_ms.unwrap_or(elapsed_ms),
            over,
        })));
    }

    pub(super) fn fetch_next(&mut self) {
        if self.fetches {
            return;
        }
        if let Some(report) = self.to_fetch.pop_front() {
            self.fetches = true;
            self.fetch(Some(report.who), report.id);
        }
    }

    /// Fetches a report: of a guest, or this page's own.
    pub(super) fn fetch(&self, who: Option<Who>, id: String) {
        let (tell, key) = (self.teller(), self.key.clone());
        spawn_local(async move {
            let report = api::report("", &id, &key).await;
            tell(SessionNews::Fetched(who, report.map(Box::new)));
        });
    }

    pub(super) fn fetched(
        &mut self,
        who: Option<Who>,
        report: Result<Box<Report>, Failure>,
    ) -> Option<RoomNews> {
        if who.is_some() {
            self.fetches = false;
            self.fetch_next();
        }
        // Where it does not come, what was told on the line stays.
        let report = report.ok()?;
        Some(match who {
            Some(who) => RoomNews::GuestReport(who, report),
            None => RoomNews::OwnReport(report),
        })
    }
}
