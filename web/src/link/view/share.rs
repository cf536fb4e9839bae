//! The link as text, on paper, and on another screen.

use super::LinkScene;
use crate::{
    link::{Deed, LinkAction, state::Link},
    locale::keys::link as keys,
    view::element::{Element, element},
};
use qrcodegen::{QrCode, QrCodeEcc};

/// The light border that a QR code needs, in modules (ISO/IEC 18004, 6.3.8).
const BORDER: i32 = 4;

/// The link, and the ways to send it.
pub(super) fn section(link: &Link, scene: &LinkScene) -> Element {
    let copy = scene.act_button("primary", "copy-link", keys::SHARE_COPY, || {
        LinkAction::Do(Deed::CopyLink)
    });
    let share = scene.can_share.then(|| {
        scene.act_button("quiet", "share-link", keys::SHARE_SHEET, || {
            LinkAction::Do(Deed::ShareLink)
        })
    });
    let told = link.room.link_copied.map(|copied| {
        let key = if copied {
            keys::SHARE_COPIED
        } else {
            keys::SHARE_NOT_COPIED
        };
        scene.say("p", "told", key).set("role", "status")
    });
    let code = element("details")
        .class("qr")
        .with(scene.plain("summary", keys::SHARE_QR))
        .each(code(&link.url, scene));
    element("section")
        .class("link-share")
        .with(scene.plain("h2", keys::SHARE_TITLE))
        .with(
            element("p")
                .class("address")
                .set("id", "link-address")
                .with(element("code").text(link.url.clone())),
        )
        .with(element("p").class("actions").with(copy).each(share))
        .each(told)
        .with(code)
}

/// The address as a QR code; a longer one than such a code holds is nowhere in use.
fn code(url: &str, scene: &LinkScene) -> Option<Element> {
    let code = QrCode::encode_text(url, QrCodeEcc::Medium).ok()?;
    let size = code.size();
    let mut path = String::new();
    for y in 0..size {
        for x in 0..size {
            if code.get_module(x, y) {
                for part in ["M", &x.to_string(), " ", &y.to_string(), "h1v1h-1z"] {
                    path.push_str(part);
                }
            }
        }
    }
    let whole = size + 2 * BORDER;
    let place = ["-", &BORDER.to_string(), " -", &BORDER.to_string()].concat();
    let view_box = [&place, " ", &whole.to_string(), " ", &whole.to_string()].concat();
    Some(
        element("svg")
            .class("code")
            .set("viewBox", view_box)
            .set("role", "img")
            .set("aria-label", scene.text(keys::SHARE_QR_LABEL))
            .with(element("path").set("d", path)),
    )
}
