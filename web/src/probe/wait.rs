//! Waiting. A run is one task: whatever happens wakes it, and it looks at all its probes anew. So each thing that is
//! waited for remembers one waker, and no list of those who wait, no lock and no fair choice is needed.

use gloo_timers::callback::Timeout;
use js_sys::Array;
use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
    future::poll_fn,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, Waker},
};
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{Event, EventTarget};

/// A thing that happens once, or never. Its clones are the same thing, and all who wait for it are of one task.
#[derive(Clone, Debug, Default)]
pub struct Signal(Rc<SignalState>);

#[derive(Debug, Default)]
struct SignalState {
    /// `Some(false)`: it never will.
    given: Cell<Option<bool>>,
    waker: RefCell<Option<Waker>>,
}

impl Signal {
    /// It happens.
    pub fn give(&self) {
        self.settle(true);
    }

    /// It will never happen, unless it has.
    pub fn give_up(&self) {
        self.settle(false);
    }

    fn settle(&self, given: bool) {
        if self.0.given.get().is_none() {
            self.0.given.set(Some(given));
            wake(&self.0.waker);
        }
    }

    /// It happens in so many milliseconds.
    pub(crate) fn give_in(&self, ms: u32) {
        let later = self.clone();
        Timeout::new(ms, move || later.give()).forget();
    }

    /// It has happened or never will.
    pub(crate) fn is_settled(&self) -> bool {
        self.0.given.get().is_some()
    }

    /// It has happened.
    pub fn is_given(&self) -> bool {
        self.0.given.get() == Some(true)
    }

    /// Ready when it has happened (`true`) or never will.
    pub fn poll(&self, cx: &mut Context<'_>) -> Poll<bool> {
        match self.0.given.get() {
            Some(given) => Poll::Ready(given),
            None => {
                remember(&self.0.waker, cx);
                Poll::Pending
            }
        }
    }

    /// Waits until it has happened (`true`) or never will.
    pub async fn wait(&self) -> bool {
        poll_fn(|cx| self.poll(cx)).await
    }
}

fn wake(waker: &RefCell<Option<Waker>>) {
    let waker = waker.borrow_mut().take();
    if let Some(waker) = waker {
        waker.wake();
    }
}

fn remember(waker: &RefCell<Option<Waker>>, cx: &Context<'_>) {
    *waker.borrow_mut() = Some(cx.waker().clone());
}

/// A time that passes. Dropping it stops the clock.
#[derive(Debug)]
pub struct Timer {
    /// Given when the time is over.
    pub over: Signal,
    _timeout: Timeout,
}

impl Timer {
    /// So many milliseconds from now.
    pub fn new(ms: u32) -> Self {
        let over = Signal::default();
        let ring = over.clone();
        Self {
            over,
            _timeout: Timeout::new(ms, move || ring.give()),
        }
    }
}

/// Waits for so many milliseconds.
pub async fn sleep(ms: u32) {
    Timer::new(ms).over.wait().await;
}

/// What others bring, in order, for one task to take up. Its clones are the same box. What comes while it is full is
/// dropped: whoever fills it may be a stranger.
#[derive(Debug)]
pub(crate) struct Inbox<T>(Rc<InboxState<T>>);

#[derive(Debug)]
struct InboxState<T> {
    queue: RefCell<VecDeque<T>>,
    waker: RefCell<Option<Waker>>,
    room: usize,
}

impl<T> Clone for Inbox<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T> Inbox<T> {
    /// A box with room for so many.
    pub(crate) fn new(room: usize) -> Self {
        Self(Rc::new(InboxState {
            queue: RefCell::default(),
            waker: RefCell::default(),
            room,
        }))
    }

    /// Puts one in, if there is room.
    pub(crate) fn put(&self, one: T) {
        let has_room = self.0.queue.borrow().len() < self.0.room;
        if has_room {
            self.0.queue.borrow_mut().push_back(one);
            wake(&self.0.waker);
        }
    }

    /// The oldest one, if there is any.
    pub(crate) fn take(&self) -> Option<T> {
        self.0.queue.borrow_mut().pop_front()
    }

    /// Ready when there is one.
    pub(crate) fn poll(&self, cx: &mut Context<'_>) -> Poll<T> {
        match self.take() {
            Some(one) => Poll::Ready(one),
            None => {
                remember(&self.0.waker, cx);
                Poll::Pending
            }
        }
    }
}

/// What happens to an object of the browser, in order. Dropping it ends the listening.
#[derive(Debug)]
pub(crate) struct Events {
    state: Rc<EventsState>,
    target: EventTarget,
    names: &'static [&'static str],
    listener: Closure<dyn Fn(&Event)>,
}

#[derive(Debug, Default)]
struct EventsState {
    queue: Array,
    waker: RefCell<Option<Waker>>,
}

impl Events {
    /// Listens to the events of these names.
    pub(crate) fn of(target: &EventTarget, names: &'static [&'static str]) -> Self {
        let state = Rc::new(EventsState::default());
        let told = state.clone();
        let listener = Closure::<dyn Fn(&Event)>::new(move |event: &Event| {
            told.queue.push(event);
            wake(&told.waker);
        });
        for name in names {
            // It fails for no name and no function.
            let _ =
                target.add_event_listener_with_callback(name, listener.as_ref().unchecked_ref());
        }
        Self {
            state,
            target: target.clone(),
            names,
            listener,
        }
    }

    /// Waits for the next one; `None`: one of `limits` was given before.
    pub(crate) async fn next(&self, limits: &[&Signal]) -> Option<Event> {
        poll_fn(|cx| {
            let event = self.poll(cx).map(Some);
            if event.is_pending() && limits.iter().any(|limit| limit.poll(cx).is_ready()) {
                return Poll::Ready(None);
            }
            event
        })
        .await
    }

    /// Ready when there is one.
    pub(crate) fn poll(&self, cx: &mut Context<'_>) -> Poll<Event> {
        let event = self.state.queue.shift();
        if event.is_undefined() {
            remember(&self.state.waker, cx);
            return Poll::Pending;
        }
        Poll::Ready(event.unchecked_into())
    }
}

impl Drop for Events {
    fn drop(&mut self) {
        let listener = self.listener.as_ref().unchecked_ref();
        for name in self.names {
            let _ = self
                .target
                .remove_event_listener_with_callback(name, listener);
        }
    }
}

/// Something that is done beside other things.
pub(crate) type Work<'a> = Pin<Box<dyn Future<Output = ()> + 'a>>;

/// Does all of `work` at once, until the last of it has ended or `over` is given; what is still under way is dropped.
pub(crate) async fn all(mut work: Vec<Work<'_>>, over: &Signal) {
    poll_fn(|cx| {
        if over.poll(cx).is_ready() {
            return Poll::Ready(());
        }
        work.retain_mut(|one| one.as_mut().poll(cx).is_pending());
        if work.is_empty() {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    })
    .await;
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;
    #[cfg(target_family = "wasm")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn a_full_box_takes_no_more_and_keeps_the_order() {
        let inbox = Inbox::new(2);
        assert_eq!(inbox.take(), None);
        for number in 1..=3 {
            inbox.put(number);
        }
        assert_eq!(
            (inbox.take(), inbox.take(), inbox.take()),
            (Some(1), Some(2), None)
        );
    }

    #[test]
    fn a_signal_happens_once_or_never() {
        let signal = Signal::default();
        assert_eq!(signal.wait().now_or_never(), None);
        signal.give();
        signal.give_up();
        assert_eq!(signal.wait().now_or_never(), Some(true));
        let never = Signal::default();
        never.give_up();
        never.give();
        assert_eq!(never.wait().now_or_never(), Some(false));
    }
}
