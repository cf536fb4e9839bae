//! Which devices there are.

use super::microphone::media_devices;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{MediaDeviceInfo, MediaDeviceKind};

/// No person chooses among more.
const MOST: usize = 32;

/// The devices for sound.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Devices {
    /// Microphones.
    pub microphones: Vec<Device>,
    /// Speakers. Empty where the browser leaves the choice to the system.
    pub speakers: Vec<Device>,
    /// The [`Device::id`] of the microphone that is open.
    pub microphone: Option<String>,
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// The browser's id for it; empty until the person has allowed a microphone.
    pub id: String,
    /// What the system calls it. It may name a person, so it never leaves this page. Empty like the id.
    pub name: String,
}

/// Asks the browser. `has_choice`: it lets the page choose the speaker.
pub(super) async fn devices(has_choice: bool) -> Devices {
    let mut devices = Devices::default();
    let promise = media_devices().and_then(|it| it.enumerate_devices().ok());
    let Some(promise) = promise else {
        return devices;
    };
    let Ok(list) = JsFuture::from(promise).await else {
        return devices;
    };
    let list: js_sys::Array = list.unchecked_into();
    for device in list.iter() {
        let device: MediaDeviceInfo = device.unchecked_into();
        let place = match device.kind() {
            MediaDeviceKind::Audioinput => &mut devices.microphones,
            MediaDeviceKind::Audiooutput if has_choice => &mut devices.speakers,
            _ => continue,
        };
        if place.len() < MOST {
            place.push(Device {
                id: device.device_id(),
                name: device.label(),
            });
        }
    }
    devices
}
