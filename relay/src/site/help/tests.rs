//! The pages about the causes as they are served.

use super::*;
use crate::site::tests::{Fixture, fixture, get, request, with};
use axum::http::{Method, header};

async fn html(fixture: &Fixture, path: &str, preferred: &str) -> String {
    let asked = with(get(path), header::ACCEPT_LANGUAGE, preferred);
    let (status, response, body) = fixture.send(asked).await;
    assert_eq!(status, StatusCode::OK, "{path}");
    let headers = response.headers();
    assert_eq!(headers[CONTENT_TYPE], "text/html; charset=utf-8", "{path}");
    let policy = headers[CONTENT_SECURITY_POLICY].to_str().unwrap();
    assert!(
        policy.starts_with("default-src 'none'; style-src 'self';"),
        "{policy}"
    );
    let permissions = headers["permissions-policy"].to_str().unwrap();
    assert!(permissions.starts_with("microphone=(),"), "{permissions}");
    assert_eq!(headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
    assert_eq!(headers[header::REFERRER_POLICY], "no-referrer");
    assert_eq!(headers[VARY], "accept-language");
    let html = String::from_utf8(body).unwrap();
    let language = headers[CONTENT_LANGUAGE].to_str().unwrap();
    assert!(
        html.contains(&format!("<html lang=\"{language}\">")),
        "{path}"
    );
    assert!(
        !html.contains("<script") && !html.contains("style="),
        "{path}"
    );
    html
}

fn addresses(html: &str) -> impl Iterator<Item = &str> {
    let links = html.split("href=\"").skip(1);
    links.filter_map(|link| link.split('"').next())
}

#[tokio::test]
async fn every_cause_has_its_page_in_both_languages() {
    let fixture = fixture(|_| ()).await;
    for &code in Code::ALL {
        let path = format!("/help/{code}");
        assert_eq!(
            address("https://hear.example.org/", code),
            format!("https://hear.example.org{path}")
        );
        assert_eq!(
            address("https://hear.example.org", code),
            format!("https://hear.example.org{path}")
        );
        let english = html(&fixture, &path, "en").await;
        let russian = html(&fixture, &path, "ru-RU,ru;q=0.9").await;
        for (html, language) in [(&english, Language::English), (&russian, Language::Russian)] {
            assert!(html.contains(&format!("<code>{code}</code>")), "{code}");
            assert!(
                html.contains(">coturn</h3>") && html.contains(">earshot</h3>"),
                "{code}"
            );
            assert!(
                html.contains("aria-current=\"true\">".to_owned().as_str()),
                "{code}"
            );
            let [before, _] = language.words().partner;
            let of_partner = html.contains(&format!("<h1>{before}"));
            assert_eq!(of_partner, code.of_partner().is_some(), "{code}");
            let parts = html.matches("<h2>").count();
            let of_both = code.at_partner().or(code.of_partner()).is_some();
            assert_eq!(parts, if of_both { 6 } else { 5 }, "{code}");
        }
        assert_eq!(
            html(&fixture, &format!("{path}?lang=ru"), "en").await,
            russian
        );
        assert_eq!(
            html(&fixture, &format!("{path}?lang=en"), "ru").await,
            english
        );
        // What cannot be read asks for nothing.
        assert_eq!(
            html(&fixture, &format!("{path}?lang=xx"), "ru").await,
            russian
        );
        assert_eq!(
            html(&fixture, &format!("{path}?lang=en&lang=en"), "ru").await,
            russian
        );
    }
}

/// What is to be done about the other end stands first there, and what is written for it behind.
#[tokio::test]
async fn the_page_about_the_other_end_begins_with_what_to_tell_it() {
    let fixture = fixture(|_| ()).await;
    let own = html(&fixture, "/help/udp-blocked", "en").await;
    let partner = html(&fixture, "/help/partner-udp-blocked", "en").await;
    let order = |html: &str| {
        let place = |words: &str| html.find(&format!("<h2>{words}</h2>")).unwrap();
        place("At the other end") < place("What people see")
    };
    assert!(order(&partner) && !order(&own));
    assert!(partner.contains("The other person's page says: “Your network lets no UDP through"));
    assert!(partner.contains("The person at the other end can mend this."));
    assert!(!partner.contains("The administrator of your network can mend this."));
}

#[tokio::test]
async fn every_link_leads_somewhere() {
    let fixture = fixture(|_| ()).await;
    for language in ["en", "ru"] {
        let mut paths = vec![
            format!("/help?lang={language}"),
            format!("/help/?lang={language}"),
        ];
        let all = Code::ALL.iter();
        paths.extend(all.map(|code| format!("/help/{code}?lang={language}")));
        let index = html(&fixture, &paths[0], "").await;
        for code in Code::ALL.iter().filter(|code| code.of_partner().is_none()) {
            let link = format!("href=\"/help/{code}?lang={language}\"");
            assert!(index.contains(&link), "{code}");
        }
        for path in paths {
            for link in addresses(&html(&fixture, &path, "").await) {
                // The icon is one of the page, which is not built for these tests.
                if link.starts_with("https://") || link == "/icons/icon.svg" {
                    continue;
                }
                assert!(
                    link.starts_with('/') && !link.contains(".md"),
                    "{path}: {link}"
                );
                let (status, ..) = fixture.send(get(link)).await;
                assert_eq!(status, StatusCode::OK, "{path}: {link}");
            }
        }
    }
    let (_, response, style) = fixture.send(get("/help.css")).await;
    assert_eq!(response.headers()[CONTENT_TYPE], "text/css; charset=utf-8");
    let style = String::from_utf8(style).unwrap();
    assert!(style.contains("--paper") && style.contains(".help"));
}

#[tokio::test]
async fn a_name_that_is_no_cause_is_answered_without_it() {
    let fixture = fixture(|_| ()).await;
    for path in [
        "/help/nothing",
        "/help/README",
        "/help/UDP-BLOCKED",
        "/help/partner-good",
        "/help/%3Cscript%3E",
        "/help/..%2f..%2fetc",
        "/help/udp-blocked.md",
    ] {
        let (status, _, body) = fixture.send(get(path)).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{path}");
        let html = String::from_utf8(body).unwrap();
        assert!(html.contains("There is no cause of this name.") && !html.contains("script"));
        assert!(html.contains("href=\"/help?lang=en\""));
    }
    let posted = fixture.send(request(Method::POST, "/help", "")).await;
    assert_eq!(posted.0, StatusCode::METHOD_NOT_ALLOWED);
}
