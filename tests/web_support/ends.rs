//! Two ends of a call in one page.

use earshot_report::{
    api::{RunRequest, RunTicket, link::CallMessage},
    facts::{PairFacts, PairReady},
};
use earshot_web::{
    api,
    probe::{
        pair::{PairCall, PairPhase, PairRole, PairUpdate},
        sound::Sound,
        wait::sleep,
    },
};
use futures_channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use futures_util::{
    StreamExt,
    future::{Either, select},
};
use std::{pin::pin, rc::Rc};
use wasm_bindgen_futures::spawn_local;

/// A leg that cannot connect is given up sooner.
pub(crate) const PATIENCE_MS: u32 = 20_000;

pub(crate) async fn ticket(base: &str) -> Rc<RunTicket> {
    Rc::new(api::begin_run(base, &RunRequest::default()).await.unwrap())
}

/// All that the program's plan has works.
pub(crate) fn all_works(ticket: &RunTicket) -> PairReady {
    let targets = ticket.plan.targets.iter();
    PairReady {
        relays: targets.map(|it| (it.id, it.url.transport)).collect(),
        cause: Some(earshot_report::Code::Good),
    }
}

/// One end and all that it tells.
pub(crate) struct End {
    pub(crate) call: Rc<PairCall>,
    pub(crate) updates: UnboundedReceiver<PairUpdate>,
    pub(crate) facts: PairFacts,
}

impl End {
    /// Reads on until `wanted` is told.
    pub(crate) async fn until(&mut self, wanted: impl Fn(&PairUpdate) -> bool) -> PairUpdate {
        let mut time = pin!(sleep(PATIENCE_MS));
        loop {
            let Either::Left((update, _)) = select(self.updates.next(), time.as_mut()).await else {
                panic!("what was waited for did not come: {:?}", self.facts);
            };
            let update = update.expect("the call goes on");
            if let PairUpdate::Facts(facts) = &update {
                self.facts = (**facts).clone();
            }
            if wanted(&update) {
                return update;
            }
        }
    }

    pub(crate) async fn phase(&mut self, wanted: PairPhase) {
        self.until(|it| *it == PairUpdate::Phase(wanted)).await;
    }

    pub(crate) async fn facts(&mut self, wanted: impl Fn(&PairFacts) -> bool) {
        if !wanted(&self.facts) {
            self.until(|it| matches!(it, PairUpdate::Facts(facts) if wanted(facts)))
                .await;
        }
    }
}

/// The way from one end to the other: what becomes of each message.
pub(crate) type Carry = dyn FnMut(CallMessage) -> Vec<CallMessage>;

pub(crate) fn whole() -> Box<Carry> {
    Box::new(|message| vec![message])
}

pub(crate) struct Ends {
    pub(crate) caller: End,
    pub(crate) called: End,
}

/// Two ends whose messages go from one to the other through `carry`, each in a task of its own as on a socket.
pub(crate) async fn call(base: &str, carry: [Box<Carry>; 2]) -> Ends {
    let [to_called, to_caller] = carry;
    let ticket = ticket(base).await;
    let other = self::ticket(base).await;
    let (send_on, sent_on) = unbounded();
    let (send_back, sent_back) = unbounded();
    let (here, there) = (all_works(&ticket), all_works(&other));
    let called = end(PairRole::Called, other, there, send_back);
    let caller = end(PairRole::Caller, ticket, here, send_on);
    deliver(sent_on, &called, to_called);
    deliver(sent_back, &caller, to_caller);
    Ends { caller, called }
}

pub(crate) fn end(
    role: PairRole,
    ticket: Rc<RunTicket>,
    ready: PairReady,
    send: UnboundedSender<CallMessage>,
) -> End {
    let (tell, updates) = unbounded();
    let call = PairCall::new(
        role,
        Sound::new(),
        ticket,
        ready,
        move |message| drop(send.unbounded_send(message)),
        move |update| drop(tell.unbounded_send(update)),
    );
    End {
        call: Rc::new(call),
        updates,
        facts: PairFacts::default(),
    }
}

pub(crate) fn deliver(mut sent: UnboundedReceiver<CallMessage>, to: &End, mut carry: Box<Carry>) {
    let to = Rc::downgrade(&to.call);
    spawn_local(async move {
        while let Some(message) = sent.next().await {
            for message in carry(message) {
                if let Some(to) = to.upgrade() {
                    to.hear(message);
                }
            }
        }
    });
}
