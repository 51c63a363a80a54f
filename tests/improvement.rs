//! Corrective actions from the signal to the proof, on snapshots of a small store whose complaints are counted by hand.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use chrono::{DateTime, NaiveDate, Utc};
use redress::domain::action::{
    Action, ActionBody, ActionKind, ActionRefusal, ActionSource, ActionState, Analysed,
    AnalysisMethod, Check, CountBy, ExposureKind, Implemented, Opened, Planned, RateCheck,
    ReviewOutput, Verdict, Verified,
};
use redress::domain::cluster::ClusterBook;
use redress::domain::improvement::{
    AuditHeld, RecommendationSource, Recommended, RecordBody, ReviewBegun, Suggested,
};
use redress::domain::scope::Scope;
use redress::engine::local::LocalEngine;
use redress::extract::order::Order as ExtractOrder;
use redress::extract::run::extract;
use redress::improvement::months::Month;
use redress::improvement::plan::{Asked, PlanError, Proposal, fix};
use redress::improvement::signals::{SignalKind, Subject};
use redress::improvement::update::{self, Done, Order, update};
use redress::lake::derived::read_with_layers;
use redress::lake::store::Lake;
use redress::lake::verify::verify;
use redress::query::params::Params;
use redress::query::query_file::shipped_metrics;
use redress::register::{Change, NewRegister, Register, RegisterError};
use redress::source::mapping::Mapping;

use crate::common::rulebook;

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn month(text: &str) -> Month {
    Month::of(day(&format!("{text}-01")))
}

/// A store of CSV, its lake, and a register beside it.
struct Place {
    folder: tempfile::TempDir,
    register: Register,
    cases: String,
    events: String,
    exposures: Option<String>,
    number: u32,
}

/// What a complaint is about.
#[derive(Clone, Copy)]
struct About<'a> {
    received: &'a str,
    category: &'a str,
    product: &'a str,
    produced_on: Option<&'a str>,
    sold_on: Option<&'a str>,
}

impl Place {
    fn new() -> Place {
        let folder = tempfile::tempdir().unwrap();
        let register = Register::create(
            &folder.path().join("register.sqlite"),
            &NewRegister {
                zone: chrono_tz::Europe::Istanbul,
                calendar_toml: include_str!("../reports/calendars/turkey.toml").to_owned(),
                limits_toml: String::new(),
                now: at("2022-01-01T00:00:00Z"),
            },
        )
        .unwrap();
        Place {
            folder,
            register,
            cases: "case_id,complainant_id,source_verdict\n".to_owned(),
            events: "case_id,seq,kind,occurred_at,recorded_at,role,actor,late_reason,data\n"
                .to_owned(),
            exposures: None,
            number: 0,
        }
    }

    /// A complaint received and classified on its day; answers its number.
    fn complain(&mut self, about: About<'_>) -> String {
        self.number += 1;
        let id = format!("L-{:04}", self.number);
        writeln!(self.cases, "{id},P{},", self.number).unwrap();
        let mut data = format!(
            r#"{{""received_at"":""{0}T08:00:00Z"",""channel"":""form"",""language"":""en"",""product"":""{1}"""#,
            about.received, about.product
        );
        for (name, value) in [
            ("produced_on", about.produced_on),
            ("sold_on", about.sold_on),
        ] {
            if let Some(value) = value {
                write!(data, r#",""{name}"":""{value}"""#).unwrap();
            }
        }
        data.push('}');
        let on = about.received;
        writeln!(
            self.events,
            "{id},{},registered,{on}T08:00:00Z,{on}T08:00:00Z,customer,,,\"{data}\"",
            self.number * 10
        )
        .unwrap();
        self.classify(&id, 1, on, about.category);
        id
    }

    fn classify(&mut self, id: &str, step: u32, on: &str, category: &str) {
        let number: u32 = id.trim_start_matches("L-").parse().unwrap();
        writeln!(
            self.events,
            "{id},{},classified,{on}T09:00:00Z,{on}T09:00:00Z,agent,ayse,,\"{{\"\"category\"\":\"\"{category}\"\"}}\"",
            number * 10 + step
        )
        .unwrap();
    }

    /// So many complaints in each month of a span.
    fn months(&mut self, first: &str, last: &str, each: u32, category: &str, product: &str) {
        for month in Month::between(day(&format!("{first}-01")), day(&format!("{last}-01"))) {
            for n in 0..each {
                let received = format!("{month}-{:02}", 1 + n % 28);
                self.complain(About {
                    received: &received,
                    category,
                    product,
                    produced_on: None,
                    sold_on: None,
                });
            }
        }
    }

    fn lake(&self) -> Lake {
        Lake::at(&self.folder.path().join("lake"))
    }

    fn extract(&self, as_of: &str) -> PathBuf {
        let store = self.folder.path().join("store");
        std::fs::create_dir_all(&store).unwrap();
        std::fs::write(store.join("cases.csv"), &self.cases).unwrap();
        std::fs::write(store.join("events.csv"), &self.events).unwrap();
        if let Some(exposures) = &self.exposures {
            std::fs::write(store.join("exposures.csv"), exposures).unwrap();
        }
        let rules = rulebook();
        let mapping = Mapping::load("csv").unwrap();
        let order = ExtractOrder {
            store: &store,
            source_name: "csv".to_owned(),
            mapping: &mapping,
            as_of: at(as_of),
            known_at: None,
            rules: &rules,
            rules_text: String::new(),
            pseudonym_key: Some(b"test".to_vec()),
            threads: 1,
            full: true,
            progress: &|_, _| {},
        };
        extract(&self.lake(), &order).unwrap().snapshot
    }

    fn update(&mut self, snapshot: &Path, as_of: &str) -> Done {
        let lake = self.lake();
        update(
            &mut self.register,
            &Order {
                lake: &lake,
                snapshot,
                params: params(as_of),
                now: at(as_of),
                record: true,
                dry_run: false,
            },
        )
        .unwrap()
    }

    fn change(&mut self, action: &Action, actor: &str, now: &str, body: ActionBody) -> Action {
        let change = Change {
            actor,
            seen: Some(action.version),
            now: at(now),
        };
        self.register
            .change_action(action.id, body, change)
            .unwrap()
    }

    /// An action opened and analysed by ayse.
    fn open(&mut self, scope: &str, now: &str) -> Action {
        let on = at(now).date_naive();
        let opened = Opened {
            on,
            title: "Seals that leak".to_owned(),
            kind: ActionKind::Corrective,
            source: ActionSource::Case,
            reference: Some("L-0001".to_owned()),
            scope: Some(scope.parse().unwrap()),
            cases: vec!["L-0001".to_owned()],
            case_source: None,
            signal_on: None,
            owner: "ayse".to_owned(),
            department: None,
            due_on: None,
            output: None,
        };
        let change = Change {
            actor: "ayse",
            seen: None,
            now: at(now),
        };
        let action = self.register.open_action(opened, change).unwrap();
        let body = ActionBody::Analysed(Analysed {
            on,
            method: AnalysisMethod::FiveWhys,
            whys: vec!["Why? The seal is hard.".to_owned()],
            branch: None,
            root_cause: "rubber of another supplier".to_owned(),
            escape_point: None,
            elsewhere: Vec::new(),
        });
        self.change(&action, "ayse", now, body)
    }

    /// Planned with a check, then implemented a month later.
    fn carry_out(
        &mut self,
        action: &Action,
        proposal: Proposal,
        planned: &str,
        done: &str,
    ) -> Action {
        let body = ActionBody::Planned(Planned {
            what: "the former rubber".to_owned(),
            due_on: at(done).date_naive(),
            check: Check::Rate(Box::new(proposal.check)),
        });
        let action = self.change(action, "ayse", planned, body);
        let body = ActionBody::Implemented(Implemented {
            on: at(done).date_naive(),
            what: None,
            documents: vec!["WI-1".to_owned(), "F-7".to_owned()],
            cost_minor: 12_300,
        });
        self.change(&action, "ayse", done, body)
    }
}

fn params(as_of: &str) -> Params {
    let on = at(as_of).date_naive();
    Params {
        as_of_at: at(as_of),
        as_of_on: on,
        over_on: on.pred_opt().unwrap(),
        calendar_id: rulebook().organisation.id().to_owned(),
        period: format!("{}", on.format("%Y")).parse().unwrap(),
        previous: "2020".parse().unwrap(),
    }
}

fn asked(scope: &str, signal_on: &str) -> Asked {
    Asked {
        scope: scope.parse().unwrap(),
        everything: false,
        signal_on: day(signal_on),
        baseline: None,
        seasonal: false,
        count_by: CountBy::Received,
        exposure: ExposureKind::WorkingDays,
        settling_days: Some(0),
        ripening_days: None,
        follow_up_months: None,
        extension_months: None,
        target: 1.0 / 3.0,
        reduction: 0.5,
    }
}

fn propose(
    snapshot: &Path,
    as_of: &str,
    asked: &Asked,
    start: &str,
) -> Result<Proposal, PlanError> {
    let engine = LocalEngine::open(snapshot, params(as_of)).unwrap();
    let (manifest, _) = read_with_layers(snapshot).unwrap();
    let book = ClusterBook::default();
    fix(
        &update::ground(&engine, &manifest, snapshot, &book),
        asked,
        day(start),
    )
}

const LEAK: &str = "category = leak";
/// The action of these tests: seen on a snapshot, opened, planned, and carried out on 31 May.
const SEEN: &str = "2024-03-05T09:00:00Z";
const OPENED: &str = "2024-03-06T09:00:00Z";
const PLANNED: &str = "2024-03-07T09:00:00Z";
const DONE: &str = "2024-05-31T09:00:00Z";
const SIGNAL: &str = "2024-02-10";
const START: &str = "2024-05-31";

/// The action on the leaks, carried out, with the check that a wish asks for.
fn under_way(place: &mut Place, wish: &Asked) -> (Action, RateCheck) {
    let snapshot = place.extract(SEEN);
    let action = place.open(LEAK, OPENED);
    let proposal = propose(&snapshot, SEEN, wish, START).unwrap();
    let check = proposal.check.clone();
    (place.carry_out(&action, proposal, PLANNED, DONE), check)
}

/// Ten leaks a month in 2023 and until May 2024; other complaints all the while.
fn leaking() -> Place {
    let mut place = Place::new();
    place.months("2023-01", "2024-05", 10, "leak", "K20");
    place.months("2023-01", "2025-12", 4, "paint", "K30");
    place
}

#[test]
fn an_action_that_works_is_proved_by_the_complaints_and_only_at_its_end() {
    let mut place = leaking();
    // Carried out on 31 May 2024: three a month are left.
    place.months("2024-06", "2025-12", 3, "leak", "K20");
    let first = place.extract(SEEN);
    let action = place.open(LEAK, OPENED);
    let proposal = propose(&first, SEEN, &asked(LEAK, SIGNAL), START).unwrap();
    // Twelve months before the one in which the signal began, ten complaints each.
    assert_eq!(proposal.check.baseline_first, day("2023-02-01"));
    assert_eq!(proposal.check.baseline_last, day("2024-01-31"));
    assert_eq!(proposal.check.foreseen.baseline_cases, 120);
    assert!(
        proposal.check.foreseen.seen >= 0.8,
        "{:?}",
        proposal.check.foreseen
    );
    let months = proposal.check.follow_up_months;
    assert_eq!(proposal.check.foreseen.months_needed, Some(months));
    assert!((2..=12).contains(&months), "{months}");
    let action = place.carry_out(&action, proposal, PLANNED, DONE);
    let (follow_up, end) = (month("2024-06"), month("2024-06").plus(months - 1));
    assert_eq!(action.check_due_on(), Some(end.last()));

    // A day before the end there is no verdict, however clear it looks.
    let early = format!("{}T09:00:00Z", end.last());
    let snapshot = place.extract(&early);
    let done = place.update(&snapshot, &early);
    assert!(done.judged.is_empty());
    assert_eq!(done.evaluations[&action.id].due_on, Some(end.last()));
    let refused = place.register.change_action(
        action.id,
        ActionBody::Verified(Verified {
            on: end.last(),
            verdict: Verdict::Effective,
            note: Some("I see it".to_owned()),
        }),
        Change {
            actor: "mehmet",
            seen: None,
            now: at(&early),
        },
    );
    assert!(matches!(
        refused,
        Err(RegisterError::Action(ActionRefusal::NotJudged { .. }))
    ));

    let late = format!("{}T09:00:00Z", end.plus(1).first().succ_opt().unwrap());
    let snapshot = place.extract(&late);
    let done = place.update(&snapshot, &late);
    assert_eq!(done.judged, [action.id]);
    let judged = place.register.action(action.id, None).unwrap();
    let look = judged.round().settled().unwrap();
    assert_eq!(
        (look.follow_up_first, look.follow_up_last),
        (follow_up.first(), end.last())
    );
    assert_eq!(look.found.cases_before, 120);
    assert_eq!(look.found.cases_after, u64::from(3 * months));
    assert_eq!(look.found.verdict, Verdict::Effective);
    // One look: the next night adds nothing.
    let again = place.update(&snapshot, &late);
    assert!(again.judged.is_empty());
    assert_eq!(
        place
            .register
            .action(action.id, None)
            .unwrap()
            .round()
            .looks
            .len(),
        1
    );

    let verified = place.change(
        &judged,
        "mehmet",
        &late,
        ActionBody::Verified(Verified {
            on: at(&late).date_naive(),
            verdict: Verdict::Effective,
            note: None,
        }),
    );
    assert_eq!(verified.state(day("2025-12-01")), ActionState::Effective);
    // The layer says the same, and its files are what its manifest names.
    place.update(&snapshot, &late);
    let engine = LocalEngine::open(&snapshot, params(&late)).unwrap();
    let answer = engine
        .sql("SELECT c.verdict, c.verdict_by_person, c.cases_before, c.cases_after, a.state, a.documents_changed, a.cost_minor FROM action_checks AS c JOIN actions AS a ON a.action_id = c.action_id", "test")
        .unwrap();
    let row: Vec<String> = answer.rows[0].iter().map(|v| v.as_text()).collect();
    assert_eq!(
        row,
        [
            "effective",
            "effective",
            "120",
            &(3 * months).to_string(),
            "effective",
            "2",
            "12300"
        ]
    );
    assert!(verify(&snapshot).unwrap().is_empty());
    assert!(place.register.audit_verify(None).unwrap().is_clean());
}

#[test]
fn a_useless_action_is_refuted() {
    let mut place = leaking();
    place.months("2024-06", "2026-06", 10, "leak", "K20");
    let (action, _) = under_way(&mut place, &asked(LEAK, SIGNAL));
    let snapshot = place.extract("2026-06-20T09:00:00Z");
    place.update(&snapshot, "2026-06-20T09:00:00Z");
    let judged = place.register.action(action.id, None).unwrap();
    assert_eq!(
        judged.round().settled().unwrap().found.verdict,
        Verdict::Ineffective
    );
}

#[test]
fn zero_complaints_afterwards_give_an_interval_and_a_verdict() {
    let mut place = leaking();
    let (action, _) = under_way(&mut place, &asked(LEAK, SIGNAL));
    // None afterwards.
    let snapshot = place.extract("2025-12-20T09:00:00Z");
    place.update(&snapshot, "2025-12-20T09:00:00Z");
    let judged = place.register.action(action.id, None).unwrap();
    let found = &judged.round().settled().unwrap().found;
    assert_eq!((found.ratio, found.lower), (Some(0.0), 0.0));
    assert!(found.upper.unwrap() < 1.0);
    assert_eq!(found.verdict, Verdict::Effective);
}

#[test]
fn cases_moved_out_of_the_scope_are_listed_and_counted_as_if_still_in() {
    let mut place = leaking();
    place.months("2024-06", "2025-12", 10, "leak", "K20");
    let mut wish = asked(LEAK, SIGNAL);
    wish.follow_up_months = Some(6);
    let (action, _) = under_way(&mut place, &wish);
    // A night within the follow-up sees them in the scope.
    let snapshot = place.extract("2024-11-29T09:00:00Z");
    place.update(&snapshot, "2024-11-29T09:00:00Z");
    // Then eight of ten a month become another category, before the look.
    let leaks: Vec<String> = place
        .events
        .lines()
        .filter(|line| line.contains("classified,2024-0") || line.contains("classified,2024-1"))
        .filter(|line| line.contains("leak"))
        .filter(|line| (6..=11).any(|m| line.contains(&format!("2024-{m:02}-"))))
        .map(|line| line.split(',').next().unwrap().to_owned())
        .collect();
    assert_eq!(leaks.len(), 60);
    for (n, id) in leaks.iter().enumerate() {
        if n % 10 < 8 {
            place.classify(id, 5, "2024-11-30", "other");
        }
    }
    let snapshot = place.extract("2024-12-02T09:00:00Z");
    let done = place.update(&snapshot, "2024-12-02T09:00:00Z");
    assert_eq!(done.moved_out, 48);
    let judged = place.register.action(action.id, None).unwrap();
    let look = judged.round().settled().unwrap();
    assert_eq!(look.found.cases_after, 12);
    assert_eq!(look.found.verdict, Verdict::Effective);
    let still = look.as_if_still_in.as_ref().unwrap();
    assert_eq!(still.cases_after, 60);
    assert_eq!(still.verdict, Verdict::Ineffective);
    // Put back, they are no longer listed.
    for (n, id) in leaks.iter().enumerate() {
        if n % 10 < 8 {
            place.classify(id, 6, "2024-12-03", "leak");
        }
    }
    let snapshot = place.extract("2024-12-05T09:00:00Z");
    place.update(&snapshot, "2024-12-05T09:00:00Z");
    // The verdict is settled, so the case for it is closed; what was recorded stays.
    assert_eq!(
        place
            .register
            .action(action.id, None)
            .unwrap()
            .round()
            .looks
            .len(),
        1
    );
}

#[test]
fn counted_by_production_goods_made_before_the_fix_do_not_count_against_it() {
    let mut place = Place::new();
    place.months("2022-01", "2025-12", 4, "paint", "K30");
    // Each complaint comes 100 days after production; ten a month are made badly until May 2024, three afterwards.
    for made in Month::between(day("2022-01-01"), day("2025-08-01")) {
        let each = if made < month("2024-06") { 10 } else { 3 };
        for n in 0..each {
            let produced = made.first() + chrono::Days::new(n * 2);
            let received = produced + chrono::Days::new(100);
            place.complain(About {
                received: &received.to_string(),
                category: "leak",
                product: "K20",
                produced_on: Some(&produced.to_string()),
                sold_on: None,
            });
        }
    }
    let first = place.extract(SEEN);
    let action = place.open(LEAK, OPENED);
    let mut wish = asked(LEAK, SIGNAL);
    wish.count_by = CountBy::Produced;
    wish.settling_days = None;
    let proposal = propose(&first, SEEN, &wish, START).unwrap();
    assert_eq!(proposal.check.ripening_days, Some(100));
    assert_eq!(proposal.check.settling_days, 0);
    // 10 February less 100 days is 2 November: the last whole month of goods is October.
    assert_eq!(proposal.check.baseline_last, day("2023-10-31"));
    assert_eq!(proposal.check.foreseen.baseline_cases, 120);
    let months = proposal.check.follow_up_months;
    let action = place.carry_out(&action, proposal, PLANNED, DONE);
    let last_made = month("2024-06").plus(months - 1).last();
    assert_eq!(
        action.check_due_on(),
        Some(last_made + chrono::Days::new(100))
    );
    let snapshot = place.extract("2025-12-20T09:00:00Z");
    place.update(&snapshot, "2025-12-20T09:00:00Z");
    let look = place
        .register
        .action(action.id, None)
        .unwrap()
        .round()
        .settled()
        .unwrap()
        .clone();
    assert_eq!(look.found.cases_after, u64::from(3 * months));
    assert_eq!(look.found.verdict, Verdict::Effective);
    // By receipt the first months would have held goods made before.
    wish.count_by = CountBy::Received;
    wish.settling_days = Some(0);
    wish.follow_up_months = Some(3);
    let by_receipt = propose(&first, SEEN, &wish, START).unwrap();
    assert_eq!(by_receipt.check.ripening_days, None);
}

#[test]
fn a_check_is_refused_with_what_where_and_what_to_do() {
    let mut place = leaking();
    place.months("2024-06", "2025-12", 3, "leak", "K20");
    let snapshot = place.extract("2025-12-20T09:00:00Z");
    let refused = |change: &dyn Fn(&mut Asked), scope: &str| -> String {
        let mut wish = asked(scope, SIGNAL);
        change(&mut wish);
        propose(&snapshot, "2025-12-20T09:00:00Z", &wish, START)
            .expect_err(scope)
            .to_string()
    };
    let none = |_: &mut Asked| {};
    let says = |error: String, words: &str| assert!(error.contains(words), "{error}");
    says(refused(&none, "category = steam"), "holds no complaint");
    says(
        refused(&none, "product in (K20, K30)"),
        "holds every complaint",
    );
    says(
        refused(&|a| a.signal_on = day("2026-02-01"), LEAK),
        "is not over yet",
    );
    says(
        refused(&|a| a.signal_on = day("2023-06-10"), LEAK),
        "only 5 whole month(s)",
    );
    says(
        refused(
            &|a| a.baseline = Some((month("2023-06"), month("2024-02"))),
            LEAK,
        ),
        "it has to end before",
    );
    says(
        refused(
            &|a| a.baseline = Some((month("2023-06"), month("2023-05"))),
            LEAK,
        ),
        "runs backwards",
    );
    says(
        refused(
            &|a| a.baseline = Some((month("2022-06"), month("2023-12"))),
            LEAK,
        ),
        "knows whole months only from 2023-01",
    );
    says(
        refused(
            &|a| a.baseline = Some((month("2023-11"), month("2023-12"))),
            LEAK,
        ),
        "at least 3",
    );
    says(refused(&|a| a.target = 1.0, LEAK), "the target is 1");
    says(
        refused(&|a| a.reduction = f64::NAN, LEAK),
        "the reduction expected is NaN",
    );
    says(
        refused(&|a| a.follow_up_months = Some(0), LEAK),
        "a follow-up of 0 month(s)",
    );
    says(
        refused(&|a| a.extension_months = Some(99), LEAK),
        "an extension of 99 month(s)",
    );
    says(
        refused(&|a| a.count_by = CountBy::Produced, LEAK),
        "has a date of produced",
    );
    says(
        refused(&|a| a.exposure = ExposureKind::Units, LEAK),
        "no units are given for 2023-02",
    );
    says(
        refused(
            &|a| {
                a.seasonal = true;
                a.baseline = Some((month("2023-10"), month("2023-12")));
                a.follow_up_months = Some(6);
            },
            LEAK,
        ),
        "need every calendar month",
    );
    // With four a year nothing can be seen within three years.
    let mut rare = Place::new();
    rare.months("2023-01", "2025-12", 20, "paint", "K30");
    for month in ["2023-03", "2023-06", "2023-09", "2023-12"] {
        rare.months(month, month, 1, "leak", "K20");
    }
    let snapshot = rare.extract(SEEN);
    let error = propose(&snapshot, SEEN, &asked(LEAK, SIGNAL), START)
        .expect_err("invisible")
        .to_string();
    assert!(error.contains("not even 36 months"), "{error}");
    let mut wish = asked(LEAK, SIGNAL);
    wish.follow_up_months = Some(12);
    let accepted = propose(&snapshot, SEEN, &wish, START).unwrap();
    assert!(accepted.check.foreseen.seen < 0.3);
    assert!(
        accepted
            .notes
            .iter()
            .any(|n| n.contains("a matter of luck")),
        "{:?}",
        accepted.notes
    );
}

#[test]
fn two_people_on_one_action_do_not_overwrite_each_other() {
    let mut place = leaking();
    let action = place.open(LEAK, OPENED);
    let note = |text: &str| ActionBody::Noted {
        text: text.to_owned(),
    };
    let seen = Change {
        actor: "ayse",
        seen: Some(action.version),
        now: at(PLANNED),
    };
    place
        .register
        .change_action(action.id, note("mine"), seen)
        .unwrap();
    let refused = place.register.change_action(
        action.id,
        note("yours"),
        Change {
            actor: "mehmet",
            ..seen
        },
    );
    assert!(matches!(
        refused,
        Err(RegisterError::Action(ActionRefusal::Changed {
            seen: 2,
            found: 3,
            ..
        }))
    ));
    // What is only tried leaves nothing.
    let tried = Change {
        actor: "mehmet",
        seen: None,
        now: at("2024-03-07T10:00:00Z"),
    };
    assert_eq!(
        place
            .register
            .preview_action(action.id, note("tried"), tried)
            .unwrap()
            .version,
        4
    );
    assert_eq!(place.register.action(action.id, None).unwrap().version, 3);
    // A past moment knows what was recorded by then.
    let then = place
        .register
        .action(action.id, Some(at("2024-03-06T12:00:00Z")))
        .unwrap();
    assert_eq!((then.version, then.notes.len()), (2, 0));
    // A clock that runs backwards is refused.
    let back = Change {
        actor: "ayse",
        seen: None,
        now: at("2024-03-01T09:00:00Z"),
    };
    assert!(matches!(
        place.register.change_action(action.id, note("back"), back),
        Err(RegisterError::ClockBehind { .. })
    ));
}

#[test]
fn an_altered_action_is_found_by_the_audit() {
    let mut place = leaking();
    let action = place.open(LEAK, OPENED);
    let head = place.register.improvement_head().unwrap();
    assert_eq!(head.seq, 2);
    assert!(place.register.audit_verify(None).unwrap().is_clean());
    // The triggers refuse it through the register; so the file is opened without them.
    let path = place.register.path().to_owned();
    let refused = place
        .register
        .connection()
        .execute("UPDATE improvement_event SET actor = 'x'", []);
    assert!(refused.is_err());
    drop(place.register);
    let conn = rusqlite::Connection::open(&path).unwrap();
    conn.execute_batch(
        "DROP TRIGGER improvement_event_stays;
         UPDATE improvement_event SET data = replace(data, 'rubber of another', 'a') WHERE seq = 2;
         CREATE TRIGGER improvement_event_stays BEFORE UPDATE ON improvement_event
         BEGIN SELECT RAISE(ABORT, 'events are never changed'); END;",
    )
    .unwrap();
    drop(conn);
    let register = Register::open(&path).unwrap();
    let report = register.audit_verify(None).unwrap();
    let first = report.first().unwrap();
    assert_eq!(
        (first.place.as_str(), first.key.as_str()),
        ("improvement_event", "seq 2")
    );
    assert_eq!(register.action(action.id, None).unwrap().version, 2);
}

#[test]
fn what_nobody_works_on_is_proposed_and_what_came_back_too() {
    let mut place = leaking();
    place.months("2024-06", "2025-03", 3, "leak", "K20");
    // The fix wears off.
    place.months("2025-04", "2025-12", 12, "leak", "K20");
    // A category that grows beyond chance at the end.
    place.months("2025-10", "2025-12", 40, "paint", "K30");
    let mut wish = asked(LEAK, SIGNAL);
    wish.follow_up_months = Some(9);
    let (action, _) = under_way(&mut place, &wish);
    let snapshot = place.extract("2025-03-05T09:00:00Z");
    place.update(&snapshot, "2025-03-05T09:00:00Z");
    let judged = place.register.action(action.id, None).unwrap();
    assert_eq!(
        judged.round().settled().unwrap().found.verdict,
        Verdict::Effective
    );
    let verified = place.change(
        &judged,
        "mehmet",
        "2025-03-06T09:00:00Z",
        ActionBody::Verified(Verified {
            on: day("2025-03-06"),
            verdict: Verdict::Effective,
            note: None,
        }),
    );
    place.change(
        &verified,
        "mehmet",
        "2025-03-06T10:00:00Z",
        ActionBody::Closed {
            on: day("2025-03-06"),
            note: None,
        },
    );
    let snapshot = place.extract("2026-01-05T09:00:00Z");
    let done = place.update(&snapshot, "2026-01-05T09:00:00Z");
    let rose: Vec<_> = done
        .signals
        .iter()
        .filter(|s| s.kind == SignalKind::RateRose)
        .collect();
    assert_eq!(rose.len(), 1);
    assert_eq!(rose[0].subject, Subject::Action(action.id));
    // Since the follow-up's end in February: March with three, then nine months with twelve.
    assert_eq!(rose[0].recent, Some(3 + 9 * 12));
    let without: Vec<_> = done
        .signals
        .iter()
        .filter(|s| s.kind == SignalKind::NoAction)
        .map(|s| s.subject.clone())
        .collect();
    assert_eq!(without, [Subject::Category("paint".to_owned())]);
    // Once an action is open on it, it is no longer proposed.
    place.open("category = paint", "2026-01-06T09:00:00Z");
    let done = place.update(&snapshot, "2026-01-06T10:00:00Z");
    assert!(!done.signals.iter().any(|s| s.kind == SignalKind::NoAction));
}

#[test]
fn decisions_of_a_review_become_actions_and_come_back() {
    let mut place = leaking();
    let change = |now: &str| Change {
        actor: "mehmet",
        seen: None,
        now: at(now),
    };
    let review = place
        .register
        .begin_record(
            RecordBody::ReviewBegun(ReviewBegun {
                on: day("2024-01-15"),
                period: "2023-Q4".to_owned(),
                chair: "mehmet".to_owned(),
                present: vec!["ayse".to_owned()],
                again: None,
            }),
            change("2024-01-15T09:00:00Z"),
        )
        .unwrap();
    let opened = |title: &str, due: &str| Opened {
        on: day("2024-01-15"),
        title: title.to_owned(),
        kind: ActionKind::Improvement,
        source: ActionSource::Review,
        reference: Some(review.name()),
        scope: None,
        cases: Vec::new(),
        case_source: None,
        signal_on: None,
        owner: "ayse".to_owned(),
        department: None,
        due_on: Some(day(due)),
        output: Some(ReviewOutput::Resources),
    };
    let (_, first) = place
        .register
        .decide_in_review(
            1,
            opened("One more desk", "2024-02-15"),
            None,
            change("2024-01-15T10:00:00Z"),
        )
        .unwrap();
    let (record, _) = place
        .register
        .decide_in_review(
            1,
            opened("A second shift", "2026-02-15"),
            None,
            change("2024-01-15T11:00:00Z"),
        )
        .unwrap();
    assert_eq!(record.version, 3);
    // A decision for a review that is not there opens no action.
    let refused = place.register.decide_in_review(
        9,
        opened("Nothing", "2024-02-15"),
        None,
        change("2024-01-15T12:00:00Z"),
    );
    assert!(refused.is_err());
    assert_eq!(place.register.actions(None).unwrap().len(), 2);
    place
        .register
        .begin_record(
            RecordBody::AuditHeld(AuditHeld {
                on: day("2024-02-01"),
                department: None,
                auditor: "zeynep".to_owned(),
                findings: "late answers".to_owned(),
            }),
            change("2024-02-01T09:00:00Z"),
        )
        .unwrap();
    place
        .register
        .begin_record(
            RecordBody::Recommended(Recommended {
                on: day("2024-02-01"),
                source: RecommendationSource::Audit,
                reference: "AU-0001".to_owned(),
                text: "One mailbox".to_owned(),
                owner: "ayse".to_owned(),
                due_on: Some(day("2024-03-01")),
            }),
            change("2024-02-01T10:00:00Z"),
        )
        .unwrap();
    place
        .register
        .change_record(
            1,
            RecordBody::CarriedOut {
                on: day("2024-03-20"),
                note: None,
            },
            change("2024-03-20T09:00:00Z"),
        )
        .unwrap();
    place
        .register
        .begin_record(
            RecordBody::Suggested(Suggested {
                on: day("2024-03-21"),
                from: "deniz".to_owned(),
                department: None,
                text: "Call back".to_owned(),
            }),
            change("2024-03-21T09:00:00Z"),
        )
        .unwrap();
    place
        .register
        .change_record(
            1,
            RecordBody::ReviewClosed {
                on: day("2024-01-15"),
            },
            change("2024-03-22T09:00:00Z"),
        )
        .unwrap();
    let snapshot = place.extract("2024-12-20T09:00:00Z");
    let done = place.update(&snapshot, "2024-12-20T09:00:00Z");
    let overdue: Vec<_> = done
        .reminders
        .iter()
        .map(|r| (r.id.clone(), r.overdue))
        .collect();
    assert_eq!(overdue, [(first.id.to_string(), true)]);
    let engine = LocalEngine::open(&snapshot, params("2024-12-20T09:00:00Z")).unwrap();
    let metrics = shipped_metrics().unwrap();
    let ask = |id: &str| {
        let metric = metrics.iter().find(|m| m.id == id).unwrap();
        let table = engine.metric(metric).unwrap();
        let rows = table.rows.iter();
        rows.map(|row| {
            row.iter()
                .map(|v| v.as_text())
                .collect::<Vec<_>>()
                .join("|")
        })
        .collect::<Vec<_>>()
    };
    assert_eq!(
        ask("review_decisions"),
        [
            "MR-0001|O3|One more desk|A-000001|ayse|2024-02-15|open|late",
            "MR-0001|O3|A second shift|A-000002|ayse|2026-02-15|open|ahead"
        ]
    );
    assert_eq!(
        ask("audits_held"),
        ["2024-01|management_review|1", "2024-02|audit|1"]
    );
    assert_eq!(ask("recommendations"), ["2024-03|1|0|1|0|0"]);
    assert_eq!(ask("suggestions"), ["2024-03|waiting|1"]);
    assert!(place.register.audit_verify(None).unwrap().is_clean());
}

#[test]
fn an_extension_declared_beforehand_is_the_second_look_and_the_last() {
    let mut place = leaking();
    // Seven a month: a third is nearly reached, so that one month leaves it open.
    place.months("2024-06", "2025-12", 7, "leak", "K20");
    let mut wish = asked(LEAK, SIGNAL);
    wish.follow_up_months = Some(1);
    wish.extension_months = Some(2);
    let (action, check) = under_way(&mut place, &wish);
    assert!((check.confidence_of_a_look() - 0.975).abs() < 1e-12);
    let snapshot = place.extract("2024-07-02T09:00:00Z");
    assert_eq!(
        place.update(&snapshot, "2024-07-02T09:00:00Z").judged,
        [action.id]
    );
    let first = place.register.action(action.id, None).unwrap();
    assert_eq!(first.round().looks.len(), 1);
    assert_eq!(first.round().looks[0].found.cases_after, 7);
    assert!(!first.round().looks[0].settles && first.round().settled().is_none());
    assert_eq!(first.check_due_on(), Some(day("2024-08-31")));
    // Nothing in between.
    let snapshot = place.extract("2024-08-20T09:00:00Z");
    assert!(
        place
            .update(&snapshot, "2024-08-20T09:00:00Z")
            .judged
            .is_empty()
    );
    let snapshot = place.extract("2024-12-02T09:00:00Z");
    assert_eq!(
        place.update(&snapshot, "2024-12-02T09:00:00Z").judged,
        [action.id]
    );
    assert!(
        place
            .update(&snapshot, "2024-12-02T09:00:00Z")
            .judged
            .is_empty()
    );
    let second = place.register.action(action.id, None).unwrap();
    let look = second.round().settled().unwrap();
    assert_eq!((look.number, look.found.cases_after), (2, 21));
    assert_eq!(
        (look.follow_up_first, look.follow_up_last),
        (day("2024-06-01"), day("2024-08-31"))
    );
}

#[test]
fn matched_months_take_only_their_own_names_from_the_baseline() {
    let mut place = Place::new();
    place.months("2022-01", "2025-12", 4, "paint", "K30");
    // Twenty a month in summer, five else; the action does nothing.
    for month in Month::between(day("2022-01-01"), day("2025-12-01")) {
        let each = if (6..=8).contains(&month.of_year()) {
            20
        } else {
            5
        };
        let name = month.to_string();
        place.months(&name, &name, each, "leak", "K20");
    }
    let mut wish = asked(LEAK, SIGNAL);
    wish.seasonal = true;
    wish.baseline = Some((month("2022-02"), month("2024-01")));
    wish.follow_up_months = Some(3);
    let (action, check) = under_way(&mut place, &wish);
    assert_eq!(check.foreseen.baseline_cases, 2 * 3 * 20);
    assert_eq!(check.foreseen.dispersion, None);
    let snapshot = place.extract("2024-09-02T09:00:00Z");
    place.update(&snapshot, "2024-09-02T09:00:00Z");
    let judged = place.register.action(action.id, None).unwrap();
    let found = &judged.round().settled().unwrap().found;
    assert_eq!((found.cases_before, found.cases_after), (120, 60));
    // Half the exposure, half the cases: nothing changed, where the whole year would have shown a rise.
    assert!(
        (found.ratio.unwrap() - 1.0).abs() < 0.1,
        "{:?}",
        found.ratio
    );
    assert_eq!(found.verdict, Verdict::Ineffective);
}

#[test]
fn settling_waits_for_nine_of_ten_complaints_after_the_sale() {
    let mut place = Place::new();
    place.months("2022-12", "2025-12", 4, "paint", "K30");
    // Of ten a month nine come 40 days after the sale and one 200 days.
    for month in Month::between(day("2023-01-01"), day("2024-02-01")) {
        for n in 0..10_u64 {
            let received = month.first() + chrono::Days::new(n);
            let sold = received - chrono::Days::new(if n < 9 { 40 } else { 200 });
            place.complain(About {
                received: &received.to_string(),
                category: "leak",
                product: "K20",
                produced_on: None,
                sold_on: Some(&sold.to_string()),
            });
        }
    }
    let snapshot = place.extract(SEEN);
    let mut wish = asked(LEAK, SIGNAL);
    wish.settling_days = None;
    let proposal = propose(&snapshot, SEEN, &wish, START).unwrap();
    assert_eq!(proposal.check.settling_days, 40);
    // 31 May and 40 days is 10 July: the follow-up begins in August.
    let first = proposal.check.follow_up(day(START)).map(|(first, _)| first);
    assert_eq!(first, Some(day("2024-08-01")));
}

#[test]
fn units_are_those_of_the_products_in_scope_and_a_missing_one_is_named() {
    let mut place = leaking();
    let months: Vec<Month> = Month::between(day("2023-01-01"), day("2024-12-01")).collect();
    let mut units = "month,product,site,units\n".to_owned();
    for month in &months {
        writeln!(
            units,
            "{month},K20,Bursa,100\n{month},K20,Gebze,50\n{month},K30,Bursa,1000"
        )
        .unwrap();
    }
    place.exposures = Some(units.clone());
    let snapshot = place.extract(SEEN);
    let mut wish = asked("category = leak and product = K20", SIGNAL);
    wish.exposure = ExposureKind::Units;
    let fixed = |wish: &Asked, snapshot: &Path| propose(snapshot, SEEN, wish, START);
    let of_one = fixed(&wish, &snapshot).unwrap();
    assert_eq!(of_one.check.foreseen.baseline_exposure, 12.0 * 150.0);
    // No product named: all of them.
    wish.scope = LEAK.parse().unwrap();
    assert_eq!(
        fixed(&wish, &snapshot)
            .unwrap()
            .check
            .foreseen
            .baseline_exposure,
        12.0 * 1150.0
    );
    // Totals, where they are given, and not their parts beside them.
    let totals: String = months.iter().map(|m| format!("{m},,,7\n")).collect();
    place.exposures = Some(units.clone() + &totals);
    let with_totals = place.extract(SEEN);
    assert_eq!(
        fixed(&wish, &with_totals)
            .unwrap()
            .check
            .foreseen
            .baseline_exposure,
        12.0 * 7.0
    );
    // One product of two lacks a month.
    place.exposures = Some(units.replace("2023-05,K30,Bursa,1000\n", ""));
    let lacking = place.extract(SEEN);
    wish.scope = "category = leak and product in (K20, K30)".parse().unwrap();
    let error = fixed(&wish, &lacking).unwrap_err().to_string();
    assert!(error.contains("no units are given for 2023-05;"), "{error}");
}

#[test]
fn a_scope_counts_what_it_says() {
    let mut place = leaking();
    place.months("2024-01", "2024-03", 2, "leak", "K30");
    let snapshot = place.extract("2024-06-20T09:00:00Z");
    let engine = LocalEngine::open(&snapshot, params("2024-06-20T09:00:00Z")).unwrap();
    let (manifest, _) = read_with_layers(&snapshot).unwrap();
    let book = ClusterBook::default();
    let ground = update::ground(&engine, &manifest, &snapshot, &book);
    let count = |scope: &str| {
        ground
            .cases(&scope.parse::<Scope>().unwrap())
            .map(|cases| cases.len())
    };
    assert_eq!(count(LEAK).unwrap(), 170 + 6);
    assert_eq!(count("category = leak and product = K30").unwrap(), 6);
    assert_eq!(
        count("category != leak and product in (K20, K30)").unwrap(),
        18 * 4 - 4 + 4
    );
    assert_eq!(count("lot = L1").unwrap(), 0);
    assert_eq!(count("lot != L1 and category = leak").unwrap(), 176);
    let error = count("cluster = C-000001").unwrap_err().to_string();
    assert!(error.contains("redress clusters run"), "{error}");
}
