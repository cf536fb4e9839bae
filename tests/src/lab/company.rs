//! What else is played on this machine meanwhile. Browsers keep it busy, and a test program plays several things at once:
//! so no more browsers run at one time than the machine has cores, and how long a verdict takes is judged where nothing
//! else is played.

use std::{
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    thread::available_parallelism,
};

static ROOM: Mutex<Room> = Mutex::new(Room {
    seats: 0,
    taken: 0,
    parties: 0,
    begun: 0,
    in_line: 0,
    served: 0,
});
static CHANGED: Condvar = Condvar::new();

struct Room {
    /// As many browsers may run at one time; 0: as many as the machine has cores.
    seats: usize,
    taken: usize,
    /// How many play now, and how many have begun in this process.
    parties: usize,
    begun: usize,
    /// Whoever comes first begins first: else two browsers would wait for ever where one after another finds room.
    in_line: usize,
    served: usize,
}

/// Leave to play something in this process, for as long as it is held.
pub struct Company {
    seats: usize,
    /// How many had begun with this one.
    begun: usize,
    found_others: bool,
}

/// As many browsers may run at one time, from now on.
pub fn make_room(seats: usize) {
    room().seats = seats;
    CHANGED.notify_all();
}

impl Company {
    /// Others may be played beside it and its so many browsers, if the machine has room for all. Waits until it has.
    pub fn of(browsers: usize) -> Self {
        Self::begin(Some(browsers))
    }

    /// Nothing is played beside it. Waits until all that is played is over.
    pub fn none() -> Self {
        Self::begin(None)
    }

    fn begin(browsers: Option<usize>) -> Self {
        let mut room = room();
        let place = room.in_line;
        room.in_line += 1;
        while room.served != place || !room.has_place(browsers) {
            room = CHANGED.wait(room).unwrap_or_else(PoisonError::into_inner);
        }
        room.served += 1;
        room.begun += 1;
        let company = Self {
            seats: browsers.unwrap_or_else(|| room.seats()),
            begun: room.begun,
            found_others: room.parties > 0,
        };
        room.taken += company.seats;
        room.parties += 1;
        CHANGED.notify_all();
        company
    }

    /// Whether anything else was played since this began.
    pub fn had_others(&self) -> bool {
        self.found_others || room().begun > self.begun
    }
}

impl Drop for Company {
    fn drop(&mut self) {
        let mut room = room();
        room.taken -= self.seats;
        room.parties -= 1;
        CHANGED.notify_all();
    }
}

/// Room that is taken only as long as a browser runs: networks and servers, made before and ended after, keep no core
/// busy.
pub struct Seat {
    /// `None`: nothing may be played beside it.
    browsers: Option<usize>,
    company: Option<Company>,
    had_others: bool,
}

impl Seat {
    /// For so many browsers, beside others if the machine has room for all.
    pub fn of(browsers: usize) -> Self {
        Self::wanted(Some(browsers))
    }

    /// For one beside which nothing is played.
    pub fn alone() -> Self {
        Self::wanted(None)
    }

    fn wanted(browsers: Option<usize>) -> Self {
        Self {
            browsers,
            company: None,
            had_others: false,
        }
    }

    /// Waits until there is room, and takes it.
    pub fn take(&mut self) {
        self.company = Some(Company::begin(self.browsers));
    }

    /// Leaves it to others.
    pub fn leave(&mut self) {
        let company = self.company.take();
        self.had_others |= company.is_some_and(|it| it.had_others());
    }

    /// Whether anything else was played while it was taken.
    pub fn had_others(&self) -> bool {
        self.had_others
    }
}

impl Room {
    fn seats(&self) -> usize {
        match self.seats {
            0 => available_parallelism().map_or(1, usize::from),
            seats => seats,
        }
    }

    /// A party that is larger than the room plays alone.
    fn has_place(&self, browsers: Option<usize>) -> bool {
        let fits = browsers.is_some_and(|it| self.taken + it <= self.seats());
        fits || self.parties == 0
    }
}

fn room() -> MutexGuard<'static, Room> {
    ROOM.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{sync::mpsc::channel, thread};

    /// The one test of what all of this process share.
    #[test]
    fn whoever_finds_no_room_waits_in_line() {
        make_room(2);
        let one = Company::of(1);
        assert!(!one.had_others());
        let other = Company::of(1);
        assert!(one.had_others() && other.had_others());

        let (tell, told) = channel();
        let wait = |name, browsers| {
            let (tell, begins) = (tell.clone(), room().in_line);
            let waiting = thread::spawn(move || {
                let company = Company::begin(browsers);
                // Told while it has its seats: so whoever comes next tells later.
                tell.send((name, company.had_others()))
            });
            while room().in_line == begins {
                thread::yield_now();
            }
            waiting
        };
        let waiting = [
            wait("two", Some(2)),
            wait("alone", None),
            wait("last", Some(1)),
        ];
        drop(one);
        assert!(told.try_recv().is_err(), "two do not fit beside one");
        drop(other);
        for waiting in waiting {
            waiting.join().unwrap().unwrap();
        }
        let told: Vec<_> = told.try_iter().collect();
        assert_eq!(told, [("two", false), ("alone", false), ("last", false)]);
        let room_left = {
            let room = room();
            (room.taken, room.parties)
        };
        assert_eq!(room_left, (0, 0));
        make_room(0);
    }
}
