//! Every timeout and threshold, each with the reason for its number. Times are in milliseconds.

/// A server whose name has shown nothing for so long is tried by its address beside: looking up a name takes less, and
/// until the limits below enough is left for UDP to be sent four times.
pub const BY_ADDRESS_MS: u32 = 1_000;

/// UDP is given up after this: Chromium sends at 0, 0.25, 0.75, 1.75 and 3.75 s, so five tries were lost.
pub const UDP_SILENT_MS: u32 = 4_500;

/// Who hears no answer by UDP has asked again by then: Chromium after 0.25 and 0.75 s, and RFC 8489 section 6.2.1 wants
/// 0.5 s. Before [`BY_ADDRESS_MS`], so that what is tried then is known from what came first.
pub const ASKED_AGAIN_MS: u32 = 900;

/// A TCP or TLS connection that shows nothing after this is a black hole; a healthy one needs a few round trips.
pub const TCP_SILENT_MS: u32 = 5_000;

/// A UDP gathering that completes this soon with no candidate and no error was forbidden by a policy of the browser
/// (measured: 150–170); one whose packets are lost goes on for at least 9 s.
pub const POLICY_COMPLETE_MS: u32 = 1_000;

/// From relay candidate to "connected" a healthy leg needs 130–240 ms on a short path; seven round trips at 400 ms.
pub const LEG_CONNECT_MS: u32 = 3_000;

/// A server that has lent an address lends the next one within this time, or is gone: UDP is sent four times in it. Each
/// call waits so long for its own, and then the server is asked once more, so what lends the first within three seconds
/// is known to be gone before [`RUN_MS`].
pub const LENT_AGAIN_MS: u32 = 3_000;

/// ICE connected and DTLS not, after this: four flights of DTLS with its first repetition after 1 s and 2 s.
pub const DTLS_MS: u32 = 4_000;

/// A sound is recognised about 50 ms after "connected"; two seconds outlast a jitter buffer and 20 % loss. It is missing
/// after two seconds of listening: audio that does not run yet hears nothing.
pub const SOUND_MS: u32 = 2_000;

/// A call in which nothing has come to either end for so long, of a hundred packets from each, is lost: roaming
/// from one Wi-Fi to the next, and the usual second after which a phone begins to look for a better radio link (T310 of
/// 3GPP TS 36.331), are over by then.
pub const LOST_MS: u32 = 2_000;

/// A page that did nothing for so long stood still, and has waited for nothing meanwhile. In a hidden tab timers ring once a second, and that is no standstill.
pub const STOOD_STILL_MS: u32 = 1_500;

/// After a standstill a page waits so long before it says that something has not come: the browser first tells it, one
/// event after another, what came meanwhile.
pub const CATCH_UP_MS: u32 = 500;

/// The witness answers within 0.2 s or not at all.
pub const WITNESS_MS: u32 = 2_000;

/// The native probe of one server, all its steps together.
pub const NATIVE_PROBE_MS: u32 = 4_000;

/// Fewer packets than this say nothing about a direction: at 50 a second they are less than half a second of sound.
pub const TELLING_PACKETS: u64 = 20;

/// A connection that fails so soon after its first check was refused by the relay: its 403 takes a round trip, while a
/// check without an answer is repeated for at least 5 s before a browser gives up.
pub const REFUSED_MS: u32 = 1_000;

/// Loss and jitter are judged from so many expected packets on, two seconds of sound: the jitter of RFC 3550 has
/// settled after 64 (it follows by a sixteenth), and of a hundred packets ten are not lost by chance where one is usual.
pub const QUALITY_PACKETS: u64 = 100;

/// A leg whose figures begin to look bad gets so long for the packets they are judged from: two seconds of sound, and as
/// much again for a path that delivers late. So long gets one, too, that could not be listened to at once: a page may
/// stand still, and audio wake up late.
pub const QUALITY_MS: u32 = 4_000;

/// From this fraction of lost packets on speech is bad although Opus conceals gaps: with a round trip of 100 ms and
/// a jitter of 10 ms the E-model's rating falls below 60, where many are dissatisfied (ITU-T G.107 annex B).
pub const HEAVY_LOSS: f64 = 0.1;

/// Round-trip time of a call from which on its delay is too high: 300 ms one way, and about 100 ms for capturing,
/// coding, the jitter buffer and playing, make the 400 ms from mouth to ear that ITU-T G.114 says not to exceed. A
/// test's call crosses the person's network twice each way, as one between two such people does.
pub const HIGH_RTT_MS: f64 = 600.0;

/// The jitter of RFC 3550 from which on packets come too unevenly. Where they are sent 20 ms apart and keep their order,
/// the mean deviation stays below 40 ms whatever happens; at 30 ms they come in bursts of four and more, which jitter
/// buffers answer with delay and gaps.
pub const HIGH_JITTER_MS: f64 = 30.0;

/// Clocks that differ by less are set well enough: credentials live for minutes at least, and a Date has whole seconds.
pub const CLOCK_SKEW_S: u64 = 30;

/// No run measures longer, whatever happens, but what its page stood still, up to as much again: the latest fault (loss on a slow path) is sure by then, and with the
/// requests before and after it the verdict is there within ten seconds.
pub const RUN_MS: u32 = 9_000;

/// After its first relay candidate a gathering may go on so long: a second address comes within a round trip or two,
/// and an interface that leads nowhere would hold the run up for 40 s.
pub const GATHERING_SETTLE_MS: u32 = 1_000;

/// The program's answer to a request of the page. A slow mobile network needs a second for a new TLS connection.
pub const API_MS: u32 = 5_000;

/// A program that did not take a report is asked again this soon: it may only be starting anew, or another one is
/// taking its place.
pub const SAVE_SOON_MS: u32 = 1_000;

/// Each wait is twice the one before, up to this: often enough for whoever looks at the page, and no load for a program
/// that comes back to many pages.
pub const SAVE_AGAIN_MS: u32 = 60_000;

/// The program knows a test for so long: a page that is slow, or a person who reads before it is sent, has this long to
/// send its report.
pub const SAVE_MS: u32 = 15 * 60_000;

/// Until the WebSocket is open; a proxy that does not understand it may say nothing at all.
pub const LIVE_LINK_MS: u32 = 3_000;

/// An AudioContext that the browser allows to run does so within 50 ms, and within half a second where the audio
/// device has to wake up. Firefox opens the device in a process of its own, which on a busy machine took 1.4 s.
pub const AUDIO_START_MS: u32 = 2_500;

/// The browser's list of its devices. It comes at once, but not before the person comes back to a page that is not in
/// view (W3C Media Capture and Streams, `enumerateDevices`), and then what a microphone shows is not to wait for it.
pub const DEVICES_MS: u32 = 1_000;

/// Between two looks at a leg's sounds: about the length of one spectrum (2,048 samples at 48 kHz are 43 ms).
pub const LOOK_MS: u32 = 50;

/// Between two readings of a leg's statistics.
pub const SAMPLE_MS: u32 = 100;

/// The round-trip time of a leg takes a check or two; a leg that has shown all else waits so long for it.
pub const RTT_MS: u32 = 1_000;

/// Below this level nothing comes from a microphone, in dBFS. A quiet room of 30 dB is at the usual sensitivity of a
/// built-in microphone (−26 dBFS at 94 dB) some −90 dBFS with peaks of −78; soft speech at arm's length, 55 dB, is −65.
pub const SILENT_DBFS: f64 = -70.0;

/// A microphone is called silent, and a voice lost, after so long: the person was asked to speak, and nobody who does
/// makes a pause of three seconds at once.
pub const VOICE_MS: u32 = 3_000;

/// What comes of a microphone in its first second is not measured, here and at the other end: the browser's processing
/// still finds its levels (from digital silence Chromium's echo canceller made −45 dBFS), and the rest of the tones that
/// the way carried before is still being played.
pub const VOICE_SETTLE_MS: u32 = 1_000;

/// A leg between two people, from both their consents to "connected": what gathering takes over TCP at the longest, and
/// [`LEG_CONNECT_MS`] from there. Descriptions and candidates travel beside the gathering.
pub const PAIR_CONNECT_MS: u32 = TCP_SILENT_MS + LEG_CONNECT_MS;

/// After one end has measured its half of a leg it waits so long for the other's: the audio of the other may have to
/// wake up before it listens.
pub const PAIR_TOLD_MS: u32 = AUDIO_START_MS + SOUND_MS;

/// All legs between two people together, whatever happens: the slowest connects late, is looked at long, and is told of
/// late.
pub const PAIR_MS: u32 = PAIR_CONNECT_MS + DTLS_MS + QUALITY_MS + PAIR_TOLD_MS;

/// A way that carried voices and is not connected for so long is broken, not closed: whoever hangs up closes it too, and
/// their word comes within a second.
pub const VOICE_BROKEN_MS: u32 = 2_000;

/// A call whose way is not connected for so long is over: a device that changes from one network to another is back
/// sooner, and browsers themselves say first after some five seconds that nothing comes any more.
pub const VOICE_LOST_MS: u32 = 6_000;

/// Each end of a call says something of the voices every [`PAIR_TELL_MS`]; one of which nothing comes for so long is cut
/// off from more than the way of the voices.
pub const VOICE_WORD_MS: u32 = 3_000;

/// Between two words of one end of a call to the other about one leg, or about the voices.
pub const PAIR_TELL_MS: u32 = 250;

/// Between two movements of a level meter: ten a second look smooth.
pub const METER_MS: u32 = 100;

/// What is recorded in the echo test: long enough for a sentence, short enough to be listened to again.
pub const ECHO_MS: u32 = 3_000;
