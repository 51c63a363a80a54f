//! Cases of an action that its source no longer has, on the action's page.

use chrono::{DateTime, NaiveDate, Utc};
use redress::domain::gone_case::{GoneCase, GoneFacts};
use redress::domain::scope::ScopeDimension;
use redress::register::SourceSeen;

use super::Desk;

/// A case that was last seen on 1 September and is missing since the snapshot of the 2nd.
fn gone(number: &str, category: &str) -> GoneCase {
    let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
    GoneCase {
        case_id: number.to_owned(),
        seen_at: at("2026-09-01T09:00:00Z"),
        gone_at: at("2026-09-02T09:00:00Z"),
        facts: GoneFacts {
            state: "completed".to_owned(),
            received_on: NaiveDate::from_ymd_opt(2026, 3, 4).unwrap(),
            produced_on: None,
            sold_on: None,
            cost_minor: 0,
            values: [(ScopeDimension::Category, category.to_owned())].into(),
        },
    }
}

fn vanish(desk: &Desk, source: &str, cases: &[GoneCase]) {
    let at: DateTime<Utc> = "2026-09-02T09:00:00Z".parse().unwrap();
    desk.register()
        .record_source(&SourceSeen {
            source,
            at,
            recorded_at: at,
            gone: cases,
            returned: &[],
            witnesses: &[],
        })
        .unwrap();
}

/// Opens an action without a check and answers its address.
fn opened(desk: &Desk, session: &str, scope: &str, cases: &str) -> String {
    let fields = [
        ("title", "Lids that leak"),
        ("kind", "corrective"),
        ("source", "case"),
        ("scope", scope),
        ("cases", cases),
        ("owner", "zeynep"),
    ];
    let to = desk.post(session, "/desk/actions/new", &fields).seen();
    to.split('?').next().unwrap().to_owned()
}

#[test]
fn the_page_of_an_action_lists_its_cases_that_vanished_to_whoever_sees_all() {
    let desk = Desk::new();
    let zeynep = desk.sign_in("zeynep");
    let cases = [
        gone("G-1", "invented"),
        gone("G-2", "another"),
        gone("G-3", "another"),
    ];
    vanish(&desk, "redress", &cases);
    let page = opened(&desk, &zeynep, "category = invented", "G-2");
    let shown = desk.get(&zeynep, &page).ok();
    assert!(shown.contains("No longer in the source"), "{shown}");
    for number in ["G-1", "G-2"] {
        let (_, rest) = shown.split_once(&format!("<bdi>{number}</bdi>")).unwrap();
        let line = rest.split("</li>").next().unwrap();
        assert!(line.contains("no longer in the source since"), "{line}");
    }
    assert!(
        !shown.contains("G-3"),
        "it is neither in the scope nor answered"
    );

    // Whose plant a case concerns that is in no register of ours, nothing says.
    let kemal = desk.sign_in("kemal");
    let shown = desk.get(&kemal, &page).ok();
    assert!(shown.contains("No longer in the source"), "{shown}");
    assert!(!shown.contains("G-1") && !shown.contains("G-2"), "{shown}");

    for (language, words) in [
        ("tr", "Kaynakta artık bulunmayan"),
        ("ru", "Больше нет в источнике"),
    ] {
        let shown = desk.get_in(language, &zeynep, &page).ok();
        assert!(shown.contains(words), "{language}: {shown}");
    }
}

#[test]
fn a_case_that_another_source_lost_is_none_of_the_actions() {
    let desk = Desk::new();
    let zeynep = desk.sign_in("zeynep");
    vanish(&desk, "another desk", &[gone("G-1", "invented")]);
    let page = opened(&desk, &zeynep, "category = invented", "G-1");
    let id = page.rsplit('/').next().unwrap();
    let action = desk.action(id);
    assert_eq!(action.opened.case_source.as_deref(), Some("redress"));
    let shown = desk.get(&zeynep, &page).ok();
    assert!(!shown.contains("No longer in the source"), "{shown}");
}
