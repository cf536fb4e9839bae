//! TURN over a byte stream: TCP, or TLS on it.

use super::worker::Worker;
use earshot_turn::{
    Client, HEADROOM, Transport,
    framing::{Frame, LONGEST_MESSAGE, next_frame},
};
use std::{
    cell::{Cell, RefCell},
    io,
    ops::Range,
    rc::Rc,
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    sync::Notify,
    time::{sleep, timeout},
};

/// Who has no allocation by then is no TURN client, or one that was refused.
const UNALLOCATED_TIMEOUT: Duration = Duration::from_secs(30);
/// A client that takes nothing for this long is gone.
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);
/// Sound that waits longer than this holds is too old to be of use: about a second of video, many of speech.
const MEDIA_QUEUE: usize = 128 * 1024;
/// Answers have a little more, so that full media queues do not cost an allocation its Refresh.
const MESSAGE_QUEUE: usize = MEDIA_QUEUE + 64 * 1024;
/// What a connection takes at first; it grows to the longest message where one comes.
const FIRST_BUFFER: usize = 4 * 1024;

/// What waits to be written to one client.
#[derive(Default)]
pub(super) struct Outbox {
    queue: RefCell<Vec<u8>>,
    wake: Notify,
    closing: Cell<bool>,
    allocated: Cell<bool>,
}

impl Outbox {
    /// `false`: the queue is full and the packet is dropped.
    pub(super) fn push_media(&self, packet: &[u8]) -> bool {
        self.push(packet, MEDIA_QUEUE)
    }

    /// A client that does not even read answers is dropped.
    pub(super) fn push_message(&self, message: &[u8]) {
        if !self.push(message, MESSAGE_QUEUE) {
            self.close();
        }
    }

    /// Ends the connection when what waits is written.
    pub(super) fn close(&self) {
        self.closing.set(true);
        self.wake.notify_one();
    }

    pub(super) fn set_allocated(&self, allocated: bool) {
        self.allocated.set(allocated);
    }

    fn push(&self, packet: &[u8], bound: usize) -> bool {
        let mut queue = self.queue.borrow_mut();
        if queue.len() + packet.len() > bound {
            return false;
        }
        queue.extend_from_slice(packet);
        self.wake.notify_one();
        true
    }
}

/// Carries one connection until either side ends it.
pub(super) async fn serve(
    worker: Rc<RefCell<Worker>>,
    client: Client,
    reader: impl AsyncRead + Unpin,
    writer: impl AsyncWrite + Unpin,
) {
    let outbox = Rc::new(Outbox::default());
    worker.borrow_mut().stream_opened(client, outbox.clone());
    let ended = tokio::select! {
        ended = read(&worker, client, reader) => ended,
        ended = write(&outbox, client.transport, writer) => ended,
        () = without_allocation(&outbox) => Ok(()),
    };
    if let Err(error) = ended {
        tracing::debug!(client = %client.addr, %error, "a connection ended");
    }
    worker.borrow_mut().stream_closed(client);
}

async fn without_allocation(outbox: &Outbox) {
    loop {
        sleep(UNALLOCATED_TIMEOUT).await;
        if !outbox.allocated.get() {
            return;
        }
    }
}

async fn read(
    worker: &RefCell<Worker>,
    client: Client,
    mut reader: impl AsyncRead + Unpin,
) -> io::Result<()> {
    let mut buffer = vec![0; HEADROOM + FIRST_BUFFER];
    // What has arrived and is not handled lies here; the headroom before it is always free.
    let mut filled = HEADROOM;
    let mut begun = false;
    loop {
        let count = reader.read(&mut buffer[filled..]).await?;
        if count == 0 {
            return Ok(());
        }
        filled += count;
        // A client begins with STUN, below 0x40; the letters of other protocols look like channels.
        if !begun && buffer[HEADROOM] & 0b1100_0000 != 0 {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "not STUN"));
        }
        begun = true;
        let (rest, wanted) = handle(worker, client, &mut buffer, HEADROOM..filled)?;
        buffer.copy_within(rest.clone(), HEADROOM);
        filled = HEADROOM + rest.len();
        let enough = HEADROOM + wanted.min(LONGEST_MESSAGE);
        if buffer.len() < enough {
            buffer.resize(enough, 0);
        }
    }
}

/// Handles all whole messages. Returns the rest, and how long the message is that begins there.
fn handle(
    worker: &RefCell<Worker>,
    client: Client,
    buffer: &mut [u8],
    arrived: Range<usize>,
) -> io::Result<(Range<usize>, usize)> {
    let mut worker = worker.borrow_mut();
    let now = worker.now();
    let Range { mut start, end } = arrived;
    let wanted = loop {
        match next_frame(&buffer[start..end]) {
            Frame::More(wanted) => break wanted,
            Frame::Message { message, consumed } => {
                let message = start + message.start..start + message.end;
                start += consumed;
                // The next message lies behind the padding of this one.
                worker.take_from_client(now, client, &mut buffer[..start], message);
            }
            Frame::Invalid => {
                worker.settle();
                return Err(io::Error::new(
                    io::ErrorKind::InvalidData,
                    "neither STUN nor ChannelData",
                ));
            }
        }
    };
    worker.settle();
    Ok((start..end, wanted))
}

async fn write(
    outbox: &Outbox,
    transport: Transport,
    mut writer: impl AsyncWrite + Unpin,
) -> io::Result<()> {
    let mut batch = Vec::new();
    loop {
        std::mem::swap(&mut batch, &mut *outbox.queue.borrow_mut());
        if batch.is_empty() {
            if outbox.closing.get() {
                return timeout(WRITE_TIMEOUT, writer.shutdown()).await?;
            }
            outbox.wake.notified().await;
            continue;
        }
        timeout(WRITE_TIMEOUT, async {
            for piece in pieces(&batch, transport) {
                writer.write_all(piece).await?;
            }
            writer.flush().await
        })
        .await??;
        batch.clear();
    }
}

/// What is written at once. In TLS each message is a record of its own: there are clients, coturn's among them, that
/// take one message from a record and lose those behind it.
fn pieces(batch: &[u8], transport: Transport) -> impl Iterator<Item = &[u8]> {
    let mut rest = batch;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let length = match next_frame(rest) {
            Frame::Message { consumed, .. } if transport == Transport::Tls => consumed,
            _ => rest.len(),
        };
        let (piece, behind) = rest.split_at(length);
        rest = behind;
        Some(piece)
    })
}
