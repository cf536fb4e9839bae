//! The whole story by clicks, from the link to the reports, between two homes: each in a namespace, behind a NAT.

use earshot_tests::lab::{
    browser::Browser,
    case::Expected,
    company::Company,
    devices::Devices,
    driven::Driven,
    net::Nat,
    pair::{
        case::Person,
        stage::{ORIGIN, Stage},
    },
};
use serde_json::Value;

fn person(browser: Browser, devices: Devices, reads: &str) -> Person {
    Person {
        words: String::new(),
        browser,
        nat: Nat::default(),
        faults: Vec::new(),
        devices,
        expected: reads.parse().expect("words of a verdict"),
    }
}

/// Two people at the two ends of a link.
struct Two<'a> {
    stage: &'a Stage,
    helper: Driven,
    helped: Driven,
    token: String,
}

impl<'a> Two<'a> {
    /// From *Help someone* until the guest's test is seen at both ends. `None`: something is missing, and that was said.
    async fn meet(stage: &'a Stage, owner: &Person, guest: &Person) -> Option<Self> {
        let mut helper = stage.drive(owner, true, &format!("{ORIGIN}/")).await?;
        helper.click("#help").await;
        helper.wait_for("html[data-line=open]").await;
        let url = helper.text("#link-address").await;
        let token = url.rsplit('/').next().expect("it ends with a token");
        let mut helped = stage.drive(guest, false, &url).await?;
        helper.wait_for("#presence.here").await;
        helped.click("#start").await;
        helper.wait_for("#watched .steps").await;
        helped.wait_for("html[data-cause=good]").await;
        helper.wait_for("#watched .verdict.good").await;
        Some(Self {
            stage,
            helper,
            helped,
            token: token.to_owned(),
        })
    }

    fn both(&mut self) -> [&mut Driven; 2] {
        [&mut self.helper, &mut self.helped]
    }

    /// Both call and speak.
    async fn call(&mut self) {
        self.helper.click("#call").await;
        self.helped.click("#answer").await;
        for page in self.both() {
            page.click("#speak").await;
        }
    }

    /// They say whether they hear each other, and hang up.
    async fn answer(&mut self, owner: &Person, guest: &Person) {
        for (page, other) in self.both().into_iter().zip([guest, owner]) {
            match other.devices {
                Devices::Talking => {
                    page.wait_for(".voices > :last-child .lit").await;
                    page.click("#heard-yes").await;
                }
                _ => page.click("#heard-no").await,
            }
        }
        for page in self.both() {
            // What the other one says.
            page.wait_for(".question [role=status]:not(:empty)").await;
        }
        if guest.devices == Devices::Silent {
            // Once it was listened to for long enough, the picture shows at whose end it breaks.
            let node = ".path .node:last-child.broken";
            self.helper.wait_for(node).await;
            self.helped.wait_for(".path .node:first-child.broken").await;
        }
        self.helped.click("#hang-up").await;
    }

    /// All reports under the link.
    async fn reports(&mut self) -> Vec<(bool, Value)> {
        let place = format!("earshot.owner.{}", self.token);
        let secret = self.helper.kept_in_tab(&place).await;
        let secret = secret.expect("the page keeps it");
        self.stage.reports(&self.token, &secret)
    }
}

/// The whole story. Returns the reports of the call: of who made the link, and of the other one.
async fn tell(owner: &Person, guest: &Person) -> Option<[Value; 2]> {
    let stage = Stage::set(owner, guest)?;
    let mut two = Two::meet(&stage, owner, guest).await?;
    two.call().await;
    two.answer(owner, guest).await;
    for page in two.both() {
        page.wait_for("html[data-call=saved]").await;
    }
    let reports = two.reports().await;
    assert_eq!(reports.len(), 4, "a test and a call of each");
    let of = |is_owner| {
        let is_it = |(is_owners, report): &&(bool, Value)| {
            *is_owners == is_owner && !report["facts"]["pair"].is_null()
        };
        let call = reports.iter().find(is_it);
        call.expect("each keeps a report of the call").1.clone()
    };
    let calls = [of(true), of(false)];
    for ((page, person), call) in two.both().into_iter().zip([owner, guest]).zip(&calls) {
        // The report is of what stands on the screen.
        expect(person, call);
        let cause = page.html_attribute("data-call-cause").await;
        assert_eq!(cause.as_deref(), Some(person.expected.cause.as_str()));
    }
    Some(calls)
}

fn expect(person: &Person, call: &Value) {
    let read = Expected::of(call, &person.expected);
    assert!(read == person.expected, "{call:#}");
}

const GOOD: &str = "good good nobody";

#[tokio::test(flavor = "multi_thread")]
async fn two_people_by_clicks_in_two_browsers() {
    let _company = Company::of(2);
    for browser in [Browser::Chromium, Browser::Firefox] {
        let owner = person(Browser::Chromium, Devices::Talking, GOOD);
        let guest = person(browser, Devices::Talking, GOOD);
        let Some(calls) = tell(&owner, &guest).await else {
            return;
        };
        for call in calls {
            for end in ["you", "them"] {
                assert_eq!(call["facts"]["pair"][end]["heard"], "yes", "{call:#}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_microphone_is_seen_by_both_while_they_call() {
    let _company = Company::of(2);
    for browser in [Browser::Chromium, Browser::Firefox] {
        let reads = "broken partner-microphone-silent partner";
        let owner = person(Browser::Chromium, Devices::Talking, reads);
        let guest = person(browser, Devices::Silent, "broken microphone-silent you");
        if tell(&owner, &guest).await.is_none() {
            return;
        }
    }
}

/// The one end cannot tell a relay that is gone from a person who is: it hears nothing of them by any way.
#[tokio::test(flavor = "multi_thread")]
async fn who_loses_the_network_in_a_call_is_gone_and_no_way_is_blamed() {
    let _company = Company::of(2);
    let mut owner = person(Browser::Chromium, Devices::Talking, GOOD);
    let mut guest = owner.clone();
    for person in [&mut owner, &mut guest] {
        person.nat = Nat::Symmetric;
    }
    let Some(stage) = Stage::set(&owner, &guest) else {
        return;
    };
    let Some(mut two) = Two::meet(&stage, &owner, &guest).await else {
        return;
    };
    two.call().await;
    for page in two.both() {
        page.wait_for(".voices > :last-child .lit").await;
    }
    stage.unplug_owner();
    two.helped.wait_for("html[data-call=saved]").await;
    let reports = two.reports().await;
    let is_it =
        |(is_owners, report): &&(bool, Value)| !*is_owners && !report["facts"]["pair"].is_null();
    let (_, call) = reports.iter().find(is_it).expect("it is kept");
    assert_eq!(call["facts"]["pair"]["partner_left"], "yes", "{call:#}");
    assert_ne!(call["verdict"]["status"], "broken", "{call:#}");
}
