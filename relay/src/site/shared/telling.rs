//! What this relay tells the others of a run.

use super::{AT_ONCE, BETWEEN, RETRY, stored};
use crate::{
    site::{Site, lock, runs::Run},
    store::{StoreError, runs::News},
};
use earshot_report::{Transport, facts::Sightings};
use futures_util::{StreamExt, stream};
use tokio::time::{Instant, sleep, sleep_until};

impl Site {
    pub(super) async fn keep_telling(&self) {
        loop {
            let runs = self.0.outbox.take().await;
            let next = Instant::now() + BETWEEN;
            let telling = stream::iter(runs);
            telling
                .for_each_concurrent(AT_ONCE, |run| async move {
                    if self.tell(&run).await.is_none() {
                        self.0.outbox.note(&run);
                    }
                })
                .await;
            sleep_until(next).await;
            if self.is_away() {
                sleep(RETRY).await;
            }
        }
    }

    /// Tells others what is new of a run, if anything is; `None`: they could not be told.
    async fn tell(&self, id: &str) -> Option<()> {
        let Some(run) = lock(&self.0.runs).get(id).cloned() else {
            return Some(());
        };
        let told = lock(&self.0.shared.told)
            .get(id)
            .cloned()
            .unwrap_or_default();
        let began = self.began(&run);
        let sightings = self.own_sightings(id);
        let sightings = sightings.filter(|seen| began || told.sightings.is_some() || is_news(seen));
        if let Some(sightings) = sightings.filter(|seen| Some(seen) != told.sightings.as_ref()) {
            let news = News::Sightings(Box::new(sightings.clone()));
            self.ask(self.tell_news(&run, &news)).await?;
            let mut told = lock(&self.0.shared.told);
            told.entry(id.to_owned()).or_default().sightings = Some(sightings);
        }
        let probes = lock(&run.probes).clone();
        if began && told.probes.as_ref() != Some(&probes) {
            let news = News::Probes(probes.clone());
            self.ask(self.tell_news(&run, &news)).await?;
            let mut told = lock(&self.0.shared.told);
            told.entry(id.to_owned()).or_default().probes = Some(probes);
        }
        Some(())
    }

    async fn tell_news(&self, run: &Run, news: &News) -> Result<(), StoreError> {
        let store = &self.0.store;
        match store.tell_of_run(&run.id, self.0.node, news).await {
            Err(StoreError::NoRun) if self.began(run) => {
                store.keep_run(&stored(run)).await?;
                store.tell_of_run(&run.id, self.0.node, news).await
            }
            // Nobody else knows of it any more.
            Err(StoreError::NoRun) => Ok(()),
            told => told,
        }
    }
}

/// Whether a relay that did not begin the run has something to say: that nothing came, it need not.
fn is_news(seen: &Sightings) -> bool {
    let transports = [Transport::Udp, Transport::Tcp, Transport::Tls];
    let came = |transport: &Transport| {
        let seen = seen.transport(*transport);
        seen.listening.is_yes() && !seen.seen.is_no()
    };
    transports.iter().any(came) || !seen.allocations.is_empty() || !seen.witness.is_empty()
}
