//! Whatever a hostile or broken page sends is refused in a sentence.

use super::*;

async fn guest() -> (Fixture, SocketAddr, LinkTicket, Page) {
    let fixture = fixture(|_| ()).await;
    let address = served(&fixture).await;
    let ticket = fixture.link().await;
    let (page, _) = Page::welcome(address, &ticket, ANNA, 0).await;
    (fixture, address, ticket, page)
}

#[tokio::test]
async fn a_message_that_is_none_is_refused() {
    let (_fixture, address, ticket, page) = guest().await;
    drop(page);
    let hello = serde_json::to_string(&ToLink::Hello(Hello {
        key: ANNA.into(),
        after: 0,
    }))
    .unwrap();
    let signal = |call: &str, body: &str| {
        let (call, body) = (call.to_owned(), body.to_owned());
        Message::text(
            serde_json::to_string(&ToLink::Signal(Signal { call, body, nth: 0 })).unwrap(),
        )
    };
    let deep = "[".repeat(100_000);
    for (message, part) in [
        (Message::text("this is no JSON"), "cannot be read"),
        (Message::text(deep), "cannot be read"),
        (
            Message::text(r#"{"kind":"unknown","data":{}}"#),
            "cannot be read",
        ),
        (
            Message::text(r#"{"kind":"progress","data":{"facts":7}}"#),
            "cannot be read",
        ),
        (Message::binary(vec![0; 10]), "no text"),
        (Message::text(hello), "second time"),
        (signal("", "no call"), "no call"),
        (signal(&"long".repeat(100), "a long call"), "no call"),
        (signal("call", &"x".repeat(16 * 1024 + 1)), "16384 bytes"),
    ] {
        let (mut page, who) = Page::welcome(address, &ticket, ANNA, 0).await;
        assert_eq!(who, Who::Guest(1));
        page.send(message.clone()).await;
        let why = page.refusal().await;
        assert!(why.contains(part), "{why}: {message:?}");
    }
}

#[tokio::test]
async fn a_message_of_ten_megabytes_is_refused_and_the_page_can_read_why() {
    let (_fixture, _, _, page) = guest().await;
    let Page { socket, last } = page;
    let (mut sends, receives) = socket.split();
    let sending = tokio::spawn(async move {
        // It is refused in the middle of it.
        let _ = sends.send(Message::text("x".repeat(10 << 20))).await;
        sends
    });
    let mut texts = std::pin::pin!(receives.filter_map(async |message| match message {
        Ok(Message::Text(text)) => Some(text),
        _ => None,
    }));
    let why = loop {
        let text = tokio::time::timeout(Duration::from_secs(10), texts.next()).await;
        let text = text
            .expect("within ten seconds")
            .expect("before it is closed");
        if let FromLink::Refused { error, .. } = serde_json::from_str(text.as_str()).unwrap() {
            break error;
        }
    };
    assert!(why.contains("131072 bytes"), "{why} after {last}");
    drop(sending);
}

#[tokio::test]
async fn a_flood_of_messages_is_refused() {
    let (_fixture, _, _, mut page) = guest().await;
    for _ in 0..400 {
        if page
            .socket
            .send(Message::Ping(Default::default()))
            .await
            .is_err()
        {
            break;
        }
    }
    let why = page.refusal().await;
    assert!(why.contains("too many messages"), "{why}");
}

#[tokio::test]
async fn a_call_is_bounded() {
    let (_fixture, _, _, mut page) = guest().await;
    // Half a megabyte more than a call may send.
    for _ in 0..290 {
        page.signal("call", &"x".repeat(16 * 1000)).await;
        // At the pace of a page that keeps to its bounds.
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let why = page.refusal().await;
    assert!(why.contains("call again"), "{why}");
}

#[tokio::test]
async fn who_does_not_say_who_they_are_is_refused() {
    let (_fixture, address, ticket, page) = guest().await;
    drop(page);
    for (key, part) in [
        ("", "128 random bits"),
        ("a-short-key", "128 random bits"),
        (&"x".repeat(129), "128 random bits"),
        ("with spaces, and commas in it", "128 random bits"),
    ] {
        let why = Page::open(address, &ticket, key, 0).await.refusal().await;
        assert!(why.contains(part), "{key}: {why}");
    }
    let mut page = Page::connect(address, &ticket.token).await;
    page.say(&progress(1)).await;
    let why = page.refusal().await;
    assert!(why.contains("first message"), "{why}");
    // Nothing at all.
    let why = Page::connect(address, &ticket.token).await.refusal().await;
    assert!(why.contains("in time"), "{why}");
}

#[tokio::test]
async fn a_guessed_link_is_refused() {
    let (_fixture, address, ticket, _page) = guest().await;
    let token = crate::mint::id().unwrap();
    for token in [token.as_str(), "x", &ticket.owner] {
        let guessed = LinkTicket {
            token: token.to_owned(),
            ..ticket.clone()
        };
        let why = Page::open(address, &guessed, ANNA, 0).await.refusal().await;
        assert!(why.contains("no such link"), "{why}");
    }
}

#[tokio::test]
async fn sockets_of_links_are_bounded_and_the_bound_is_named() {
    let fixture = fixture(|config| config.links.most_sockets = 1).await;
    let address = served(&fixture).await;
    let ticket = fixture.link().await;
    let (page, _) = Page::welcome(address, &ticket, ANNA, 0).await;
    let why = Page::connect(address, &ticket.token).await.refusal().await;
    assert!(why.contains("MOST_LINK_SOCKETS"), "{why}");
    drop(page);
    // As soon as the program has noticed.
    while !matches!(
        Page::open(address, &ticket, ANNA, 0).await.next().await,
        FromLink::Welcome { .. }
    ) {}
}

#[tokio::test]
async fn a_number_that_was_never_told_hides_nothing() {
    let (_fixture, address, ticket, mut guest) = guest().await;
    let (mut owner, _) = Page::welcome(address, &ticket, &ticket.owner, u64::MAX).await;
    owner.last = 0;
    guest.signal("call", "news").await;
    while !matches!(owner.event().await, LinkEvent::Signal(_)) {}
}

#[tokio::test]
async fn no_secret_is_in_debug_output_or_in_the_database() {
    let (fixture, _, ticket, _page) = guest().await;
    let hello = ToLink::Hello(Hello {
        key: ANNA.into(),
        after: 0,
    });
    let told = format!("{hello:?}{ticket:?}");
    fixture.site.0.store.close().await;
    let file = std::fs::read(fixture._folder.path().join("earshot.db")).unwrap();
    let stored = String::from_utf8_lossy(&file);
    for secret in [ANNA, &ticket.owner, &ticket.token] {
        assert!(
            !told.contains(secret) && !stored.contains(secret),
            "{secret}"
        );
    }
}
