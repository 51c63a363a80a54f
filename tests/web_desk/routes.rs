//! Every route of the site with every role: the table of routes is what happens.

use axum::http::StatusCode;
use redress::domain::vocabulary::Role;
use redress::web::routes::{self, Access, Route, Verb};

use super::{Desk, Page};

/// One person of each role.
const PEOPLE: [(&str, Role); 5] = [
    ("deniz", Role::Contact),
    ("ayse", Role::Agent),
    ("kemal", Role::Technical),
    ("zeynep", Role::Quality),
    ("tekin", Role::Admin),
];

/// The route's path for a case that everybody may see.
fn path_of(route: &Route, number: &str) -> String {
    let parts: Vec<&str> = route
        .path
        .split('/')
        .map(|part| match part {
            "{number}" => number,
            "{command}" => "note",
            "{sha256}" => "00",
            part if part.starts_with('{') => "1",
            part => part,
        })
        .collect();
    parts.join("/")
}

fn ask(desk: &Desk, route: &Route, number: &str, cookie: &str) -> Page {
    let path = path_of(route, number);
    match route.verb {
        Verb::Get => desk.get(&path, cookie),
        Verb::Post => desk.post(&path, cookie, &[]),
    }
}

#[test]
fn a_route_opens_to_the_roles_of_its_row_and_to_nobody_else() {
    let names = PEOPLE.map(|(name, _)| name);
    let desk = Desk::of(&names);
    let ayse = desk.sign_in("ayse");
    let number = desk.register_call(&ayse, "Elif Kaya", "Kapı çatladı.");
    desk.routed(&ayse, &number);
    let cookies = names.map(|name| desk.sign_in(name));
    for route in routes::all() {
        let nobody = ask(&desk, route, &number, "");
        let what = format!("{:?} {}", route.verb, route.path);
        match route.access {
            Access::Anyone => assert!(!nobody.status.is_server_error(), "{what}"),
            // Who has no session has nothing to leave.
            Access::Complainant if route.path == "/case/leave" => {
                assert_eq!(nobody.status, StatusCode::SEE_OTHER, "{what}");
            }
            Access::Complainant | Access::Staff(_) | Access::NewStaff | Access::Integration(_) => {
                assert_eq!(nobody.status, StatusCode::UNAUTHORIZED, "{what}");
            }
        }
        let Access::Staff(roles) = route.access else {
            continue;
        };
        for ((name, role), cookie) in PEOPLE.iter().zip(&cookies) {
            let page = ask(&desk, route, &number, cookie);
            match roles.contains(role) {
                true => {
                    let refused = [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN];
                    assert!(!refused.contains(&page.status), "{what} to {name}");
                    assert!(
                        !page.status.is_server_error(),
                        "{what} to {name}: {}",
                        page.body
                    );
                }
                false => assert_eq!(page.status, StatusCode::FORBIDDEN, "{what} to {name}"),
            }
        }
    }
}

#[test]
fn a_session_of_the_desk_opens_no_complainants_page_and_the_other_way_round() {
    let desk = Desk::of(&["ayse"]);
    let ayse = desk.sign_in("ayse");
    let token = ayse.strip_prefix("desk=").unwrap();
    let crossed = desk.get("/case", &format!("case={token}"));
    assert_eq!(crossed.status, StatusCode::UNAUTHORIZED);
    assert_eq!(desk.get("/case", &ayse).status, StatusCode::UNAUTHORIZED);
}

#[test]
fn a_form_that_another_site_sends_is_refused() {
    use axum::body::Body;
    use axum::http::Request;
    let desk = Desk::of(&["ayse"]);
    let ayse = desk.sign_in("ayse");
    let number = desk.register_call(&ayse, "Elif Kaya", "Kapı çatladı.");
    let before = desk.kinds(&number);
    let seq = desk.register().case_by_number(&number).unwrap().last_seq;
    let request = Request::post(format!("/desk/case/{number}/note"))
        .header("cookie", &ayse)
        .header("host", "desk.example")
        .header("origin", "https://elsewhere.example")
        .header("sec-fetch-site", "cross-site")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from(format!("last_seq={seq}&text=x")))
        .unwrap();
    let page = desk.send(request);
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    assert!(page.body.contains("<h1>"), "{}", page.body);
    assert_eq!(desk.kinds(&number), before);
}
