//! How a refusal is undone: in plain steps for the person's browser and system, as far as the browser tells which they
//! are.

use crate::locale::{Key, keys::link as keys};

/// Browser and system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Platform {
    browser: Browser,
    system: System,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Browser {
    /// Chrome and what is made of it.
    Chrome,
    Edge,
    Firefox,
    Safari,
    Other,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum System {
    Windows,
    MacOs,
    Android,
    Ios,
    Linux,
    Other,
}

impl Platform {
    /// Reads `navigator.userAgent`. An iPad says that it is a Mac; no Mac has a touch screen.
    pub(super) fn of(agent: &str, has_touch: bool) -> Self {
        let says = |word: &str| agent.contains(word);
        let system = if says("iPhone") || says("iPad") || (says("Macintosh") && has_touch) {
            System::Ios
        } else if says("Android") {
            System::Android
        } else if says("Windows") {
            System::Windows
        } else if says("Macintosh") {
            System::MacOs
        } else if says("Linux") || says("X11") {
            System::Linux
        } else {
            System::Other
        };
        // Each names those before it too.
        let browser = if says("Firefox/") || says("FxiOS/") {
            Browser::Firefox
        } else if says("Edg/") || says("EdgA/") || says("EdgiOS/") {
            Browser::Edge
        } else if says("Chrome/") || says("CriOS/") {
            Browser::Chrome
        } else if says("Safari/") && says("Version/") {
            Browser::Safari
        } else {
            Browser::Other
        };
        Self { browser, system }
    }
}

/// The steps by which this page is allowed the microphone, a bar between them.
pub(super) fn by_page(platform: Platform) -> Key {
    use Browser::{Chrome, Edge, Firefox, Safari};
    match (platform.browser, platform.system) {
        (Safari, System::Ios) => keys::DEVICES_PAGE_SAFARI_IOS,
        // There each browser is allowed the microphone as a whole, by the system.
        (_, System::Ios) => keys::DEVICES_SYSTEM_IOS,
        (Safari, _) => keys::DEVICES_PAGE_SAFARI,
        (Chrome | Edge, System::Android) => keys::DEVICES_PAGE_CHROME_ANDROID,
        (Chrome, _) => keys::DEVICES_PAGE_CHROME,
        (Edge, _) => keys::DEVICES_PAGE_EDGE,
        (Firefox, System::Android) => keys::DEVICES_PAGE_FIREFOX_ANDROID,
        (Firefox, _) => keys::DEVICES_PAGE_FIREFOX,
        _ => keys::DEVICES_PAGE_OTHER,
    }
}

/// The steps by which the system allows the browser the microphone.
pub(super) fn by_system(platform: Platform) -> Key {
    match platform.system {
        System::Windows => keys::DEVICES_SYSTEM_WINDOWS,
        System::MacOs => keys::DEVICES_SYSTEM_MACOS,
        System::Android => keys::DEVICES_SYSTEM_ANDROID,
        System::Ios => keys::DEVICES_SYSTEM_IOS,
        System::Linux => keys::DEVICES_SYSTEM_LINUX,
        System::Other => keys::DEVICES_SYSTEM_OTHER,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_family = "wasm")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    /// What browsers say of themselves in 2024 and later.
    #[test]
    fn browser_and_system_are_told_by_the_user_agent() {
        const WEBKIT: &str = "AppleWebKit/537.36 (KHTML, like Gecko)";
        const IOS: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)";
        const MAC: &str = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15";
        let chrome = |system: &str, more: &str| {
            format!("Mozilla/5.0 ({system}) {WEBKIT} Chrome/126.0.0.0 {more}")
        };
        let windows = "Windows NT 10.0; Win64; x64";
        let cases = [
            (
                chrome(windows, "Safari/537.36"),
                keys::DEVICES_PAGE_CHROME,
                keys::DEVICES_SYSTEM_WINDOWS,
            ),
            (
                chrome(windows, "Safari/537.36 Edg/126.0.0.0"),
                keys::DEVICES_PAGE_EDGE,
                keys::DEVICES_SYSTEM_WINDOWS,
            ),
            (
                chrome("X11; Linux x86_64", "Safari/537.36"),
                keys::DEVICES_PAGE_CHROME,
                keys::DEVICES_SYSTEM_LINUX,
            ),
            (
                chrome("Linux; Android 10; K", "Mobile Safari/537.36"),
                keys::DEVICES_PAGE_CHROME_ANDROID,
                keys::DEVICES_SYSTEM_ANDROID,
            ),
            (
                "Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0".to_owned(),
                keys::DEVICES_PAGE_FIREFOX,
                keys::DEVICES_SYSTEM_LINUX,
            ),
            (
                "Mozilla/5.0 (Android 14; Mobile; rv:127.0) Gecko/127.0 Firefox/127.0".to_owned(),
                keys::DEVICES_PAGE_FIREFOX_ANDROID,
                keys::DEVICES_SYSTEM_ANDROID,
            ),
            (
                MAC.to_owned(),
                keys::DEVICES_PAGE_SAFARI,
                keys::DEVICES_SYSTEM_MACOS,
            ),
            (
                format!("{IOS} Version/17.5 Mobile/15E148 Safari/604.1"),
                keys::DEVICES_PAGE_SAFARI_IOS,
                keys::DEVICES_SYSTEM_IOS,
            ),
            (
                format!("{IOS} CriOS/126.0.6478.35 Mobile/15E148 Safari/604.1"),
                keys::DEVICES_SYSTEM_IOS,
                keys::DEVICES_SYSTEM_IOS,
            ),
            (
                "something new".to_owned(),
                keys::DEVICES_PAGE_OTHER,
                keys::DEVICES_SYSTEM_OTHER,
            ),
        ];
        for (agent, page, system) in cases {
            let platform = Platform::of(&agent, agent.contains("Mobile"));
            assert_eq!(by_page(platform), page, "{agent}");
            assert_eq!(by_system(platform), system, "{agent}");
        }
        let ipad = Platform::of(MAC, true);
        assert_eq!(by_page(ipad), keys::DEVICES_PAGE_SAFARI_IOS);
    }
}
