//! Allocations of runs that are not known yet: another relay began them, and its word is on the way.

use super::{flow::FlowKey, run::Allocation};
use earshot_turn::SessionId;
use std::{
    collections::HashMap,
    time::{Duration, SystemTime},
};

/// So many are remembered.
const MOST: usize = 1024;
/// So long one is remembered, as long as the flow it came by.
const KEPT: Duration = Duration::from_secs(60);

/// Allocations that wait for their run, by worker and session.
#[derive(Debug, Default)]
pub(super) struct Early(HashMap<(usize, SessionId), Waiting>);

#[derive(Debug)]
struct Waiting {
    run: String,
    since: SystemTime,
    flow: FlowKey,
    allocation: Allocation,
}

impl Early {
    pub(super) fn add(
        &mut self,
        run: &str,
        since: SystemTime,
        flow: FlowKey,
        allocation: Allocation,
    ) {
        if self.0.len() >= MOST {
            self.0.retain(|_, waiting| {
                since.duration_since(waiting.since).unwrap_or_default() < KEPT
            });
        }
        if self.0.len() < MOST {
            let waiting = Waiting {
                run: run.to_owned(),
                since,
                flow,
                allocation,
            };
            let id = (waiting.allocation.worker, waiting.allocation.session);
            self.0.insert(id, waiting);
        }
    }

    pub(super) fn get_mut(&mut self, id: &(usize, SessionId)) -> Option<&mut Allocation> {
        self.0.get_mut(id).map(|waiting| &mut waiting.allocation)
    }

    /// Those of a run that is known now.
    pub(super) fn take(&mut self, run: &str) -> impl Iterator<Item = (FlowKey, Allocation)> {
        self.0
            .extract_if(move |_, waiting| waiting.run == run)
            .map(|(_, waiting)| (waiting.flow, waiting.allocation))
    }
}
