//! What happens under a link that is open, for one of its sides.

use super::call::{Call, CallNews};
use crate::{
    api::Failure,
    state::{Copied, Origin, Phase, Run},
    update::Update,
};
use earshot_report::{
    Report,
    api::link::{FromLink, LinkEvent, LinkReport, Progress, Who},
};

/// Everything live.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Room {
    /// How the line to the program is.
    pub line: LineState,
    /// Who this page is.
    pub you: Option<Who>,
    /// Who is at the other side, or was last, and whether they are there.
    pub other: Option<(Who, bool)>,
    /// The test of the guest at the other side, as it comes in; for the owner.
    pub watched: Option<Watched>,
    /// The reports under the link, the newest first: the owner's sight, or a guest's own.
    pub reports: Vec<LinkReport>,
    /// This page's own test.
    pub own: Option<Run>,
    /// The call with the other side.
    pub call: Option<Call>,
    /// What became of the last attempt to copy.
    pub copied: Option<Copied>,
    /// The address of the link was copied (or not).
    pub link_copied: Option<bool>,
    /// How far the wish to delete the link is.
    pub deletion: Deletion,
    /// The number of the last event.
    last: u64,
    /// The number of the latest test: news of an earlier one is ignored.
    serial: u32,
}

/// How the line to the program is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum LineState {
    /// Not open yet.
    #[default]
    Opening,
    /// Open.
    Open,
    /// It was open, and is tried again.
    Lost,
    /// The program wants no more of it; why.
    Refused(Failure),
}

/// How far the wish to delete the link is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Deletion {
    /// Nobody wants it.
    #[default]
    No,
    /// Really?
    Asked,
    /// It is gone.
    Done,
    /// It did not work; why.
    Failed(Failure),
}

/// Somebody's test, seen from the other side.
#[derive(Clone, Debug, PartialEq)]
pub struct Watched {
    /// Whose.
    pub who: Who,
    /// Their test.
    pub run: Run,
}

/// What happens in a room.
#[derive(Clone, Debug, PartialEq)]
pub enum RoomNews {
    /// The program says something on the line.
    Told(Box<FromLink>),
    /// The line is lost.
    Lost,
    /// The person wants a test.
    Start,
    /// They have had enough of it.
    Stop,
    /// News of the test with this number.
    Update(u32, Update),
    /// This page's own test, as it was saved before the page was loaded again.
    OwnReport(Box<Report>),
    /// The whole report of a guest's test.
    GuestReport(Who, Box<Report>),
    /// Something about the call.
    Call(CallNews),
    /// Something was copied, or not.
    Copied(Copied),
    /// The address of the link was copied, or not.
    LinkCopied(bool),
    /// How far the wish to delete the link is.
    Deletion(Deletion),
}

impl Room {
    /// The number of the latest test.
    pub fn serial(&self) -> u32 {
        self.serial
    }

    /// The other side is there.
    pub fn is_other_here(&self) -> bool {
        self.other.is_some_and(|(_, here)| here)
    }

    /// This page's own test is over and tells something.
    pub fn has_tested(&self) -> bool {
        let own = self.own.as_ref();
        own.is_some_and(|run| run.phase == Phase::Over && !run.stopped)
    }

    /// The run whose verdict stands on this page: what is copied, shared and downloaded.
    pub fn shown(&self) -> Option<&Run> {
        let call = self.call.as_ref().and_then(|call| call.saved.as_ref());
        call.or(self.own.as_ref())
    }

    /// These reports are there too.
    pub(super) fn list(&mut self, reports: &[LinkReport]) {
        for report in reports {
            if self.reports.iter().all(|known| known.id != report.id) {
                self.reports.push(report.clone());
            }
        }
        self.reports
            .sort_by(|one, other| other.started.cmp(&one.started));
    }

    pub(super) fn apply(&mut self, news: RoomNews) {
        match news {
            RoomNews::Told(told) => self.hear(*told),
            RoomNews::Lost => {
                if !matches!(self.line, LineState::Refused(_)) {
                    self.line = LineState::Lost;
                }
            }
            RoomNews::Start => {
                self.serial += 1;
                self.own = Some(Run {
                    is_private: true,
                    ..Run::new(Origin::Configured)
                });
                self.copied = None;
            }
            RoomNews::Stop => {
                let under_way = self
                    .own
                    .as_mut()
                    .filter(|run| run.phase == Phase::Measuring);
                if let Some(run) = under_way {
                    run.stop();
                }
            }
            RoomNews::Update(serial, update) => {
                if serial == self.serial
                    && let Some(run) = &mut self.own
                {
                    run.apply(update);
                }
            }
            RoomNews::OwnReport(report) => {
                if self.own.is_none() {
                    self.own = Some(Run {
                        is_private: true,
                        ..Run::loaded(*report)
                    });
                }
            }
            RoomNews::GuestReport(who, report) => {
                // A call is no test of one person alone.
                if self.is_watching(who) && report.facts.pair.is_none() {
                    let run = Run::loaded(*report);
                    self.watched = Some(Watched { who, run });
                }
            }
            RoomNews::Call(news) => Call::apply(&mut self.call, news),
            RoomNews::Copied(copied) => self.copied = Some(copied),
            RoomNews::LinkCopied(copied) => self.link_copied = Some(copied),
            RoomNews::Deletion(deletion) => self.deletion = deletion,
        }
    }

    fn hear(&mut self, told: FromLink) {
        match told {
            FromLink::Welcome { you, .. } => {
                self.you = Some(you);
                self.line = LineState::Open;
            }
            FromLink::Refused { error, reason } => {
                self.line = LineState::Refused(Failure::Refused(error, Some(reason)));
            }
            // Twice, or an old one.
            FromLink::Event { number, .. } if number <= self.last => {}
            FromLink::Event { number, event } => {
                self.last = number;
                self.happen(event);
            }
        }
    }

    fn happen(&mut self, event: LinkEvent) {
        match event {
            LinkEvent::Presence { who, here } => {
                let is_other = (who == Who::Owner) != (self.you == Some(Who::Owner));
                // An older guest leaves after a newer one has come.
                let is_old = !here && self.other.is_some_and(|(known, _)| known != who);
                if !is_other || is_old {
                    return;
                }
                self.other = Some((who, here));
                if self.watched.as_ref().is_some_and(|it| it.who != who) {
                    self.watched = None;
                }
            }
            LinkEvent::Progress { who, progress } => {
                // The report tells more than the last word before it, which may come late, or again.
                let saved = self
                    .watched
                    .as_ref()
                    .is_some_and(|it| it.run.saved.is_some());
                if self.is_watching(who) && !(saved && progress.over) {
                    self.watched = Some(Watched::of(who, *progress));
                }
            }
            LinkEvent::Report(report) => self.list(&[report]),
            // Its sound is no state of this page: see the session.
            LinkEvent::Signal(_) => {}
        }
    }

    /// Whether `who` is the guest at the other side: of several only the latest is looked at.
    fn is_watching(&self, who: Who) -> bool {
        who != Who::Owner
            && self.you == Some(Who::Owner)
            && self.other.is_none_or(|(known, _)| known == who)
    }
}

impl Watched {
    fn of(who: Who, progress: Progress) -> Self {
        let over = progress.over.then_some(progress.elapsed_ms);
        let run = Run::watched(progress.facts, over);
        Self { who, run }
    }
}
