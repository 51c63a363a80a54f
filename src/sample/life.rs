//! The course of one case: what staff, customer and system did, from receipt to the end of the span.
//!
//! Everything here is drawn so that the strict workflow accepts it, as it became known step by step.

use super::catalogue::{STAFF, Site, Staff};
use super::office::{Office, Second, instant};
use super::plan::Complaint;
use super::season::Span;
use super::texts::Texts;
use super::truth::Relation;
use redress_domain::event::{
    Acknowledged, Escalated, EventBody, EvidenceAdded, Merged, MessageFailed, MessageSent,
    NoteAdded, Registered, Withdrawn,
};
use redress_domain::vocabulary::{Channel, Means, MessagePurpose, Response, Role, Severity};
use redress_plain::rng::Rng;

mod after;
mod answer;
mod examine;
mod intake;
mod mend;

/// An event before it has its place in the register.
#[derive(Debug, Clone)]
pub struct Draft {
    pub at: Second,
    pub recorded: Second,
    pub role: Role,
    pub actor: Option<&'static str>,
    pub late_reason: Option<&'static str>,
    pub body: EventBody,
    /// The event's erasable words.
    pub text: Option<String>,
    pub bond: Bond,
    /// For an amendment or a void: place of the event that it mends.
    pub mends: Option<usize>,
}

/// What else of the case an event depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bond {
    /// Moves the case on or needs its state: known before the next such event happens.
    Chain,
    /// Possible at any time while the case is not closed.
    Open,
    /// Possible at any time.
    Free,
}

/// The course of a case, in the order in which things happened.
#[derive(Debug, Clone)]
pub struct Course {
    pub drafts: Vec<Draft>,
    pub registered: Second,
    /// When the first decision was communicated, if it was within the span.
    pub decided: Option<Second>,
}

/// What every case's course needs to know.
#[derive(Debug, Clone, Copy)]
pub struct World<'a> {
    pub texts: &'a Texts,
    pub office: &'a Office,
    pub span: Span,
}

/// A case while its course is being drawn.
struct Life<'a> {
    world: World<'a>,
    office: &'a Office,
    complaint: &'a Complaint,
    rng: Rng,
    drafts: Vec<Draft>,
    registered: Second,
    /// Department that holds the case, and its plant.
    department: &'static str,
    plant: Option<Site>,
    first_decider: Option<&'static str>,
    communicated: Option<Second>,
    /// First moment at which the case was closed.
    closed: Option<Second>,
    was_late: bool,
    /// Last severity, and when it was assessed.
    severity: Option<(Second, Severity)>,
}

/// Draws the course of a case.
pub fn course(world: World<'_>, complaint: &Complaint, rng: Rng) -> Course {
    let mut life = Life {
        world,
        office: world.office,
        complaint,
        rng,
        drafts: Vec::with_capacity(24),
        registered: complaint.received,
        department: "customer_service",
        plant: complaint.matter.plant(),
        first_decider: None,
        communicated: None,
        closed: None,
        was_late: false,
        severity: None,
    };
    life.register();
    life.acknowledge();
    let merged = complaint.relation == Relation::Duplicate && life.rng.chance(900);
    let leave = life.rng.chance(27);
    if life.settled_where_made() {
        life.settle();
    } else if let Some(routed) = life.intake() {
        life.examine(1, routed);
    }
    if merged {
        life.merge();
    } else if leave {
        life.withdraw();
    }
    let closed = life.closed.unwrap_or(Second::MAX);
    life.drafts
        .retain(|d| d.bond != Bond::Open || d.at < closed);
    // What was said before the complaint was typed in still enters the register after it.
    life.drafts.sort_by_key(|d| {
        (
            !matches!(d.body, EventBody::Registered(_)),
            d.at,
            d.bond != Bond::Chain,
        )
    });
    life.mend();
    Course {
        registered: life.registered,
        decided: life.communicated.filter(|at| *at < world.span.until),
        drafts: life.drafts,
    }
}

impl Life<'_> {
    fn register(&mut self) {
        let complaint = self.complaint;
        let received = complaint.received;
        let (at, role, actor) = match complaint.channel {
            Channel::Form => (received, Role::Customer, None),
            Channel::Email | Channel::Other => {
                let n = self.rng.pick_weighted(&[(0, 60), (1, 34), (2, 6)]);
                let at = self.office.moment(received + 60, n, &mut self.rng);
                (
                    at,
                    Role::Agent,
                    Some(self.person("customer_service", Role::Agent)),
                )
            }
            Channel::Phone | Channel::InPerson => {
                // Now and then a note on paper is typed in the next day.
                let at = if self.rng.chance(60) {
                    self.office.moment(received, 1, &mut self.rng)
                } else {
                    received + self.rng.between(120, 1500)
                };
                (
                    at,
                    Role::Contact,
                    Some(self.person("customer_service", Role::Contact)),
                )
            }
        };
        self.registered = at;
        let matter = &complaint.matter;
        let knows = |rng: &mut Rng, permille| rng.chance(permille);
        let named = matter.cause.is_some() || matter.product.is_some();
        let product = matter
            .product
            .filter(|_| named && knows(&mut self.rng, 880))
            .map(|p| p.name.to_owned());
        let lot = matter.lot.clone().filter(|_| knows(&mut self.rng, 720));
        let immediate_action = (role == Role::Contact && self.rng.chance(150)).then(|| {
            self.rng
                .pick(&[
                    "advised to stop using the product",
                    "asked to keep the packaging",
                    "lot put on hold at the dealer",
                ])
                .to_owned()
        });
        let registered = Registered {
            received_at: instant(received),
            channel: complaint.channel,
            language: complaint.language,
            product,
            site: Some(self.site().to_owned()),
            unit: None,
            remedy_sought: self.remedy_sought(),
            sold_on: matter.sold_on.filter(|_| knows(&mut self.rng, 700)),
            produced_on: matter.produced_on.filter(|_| lot.is_some()),
            lot,
            immediate_action,
        };
        self.put(at, role, actor, Bond::Chain, registered.into());
        let told = at + self.rng.between(2, 40);
        if self.rng.chance(40) {
            let failed = MessageFailed {
                purpose: MessagePurpose::Registration,
                means: Means::Sms,
            };
            self.put(told, Role::System, None, Bond::Free, failed.into());
            let sent = MessageSent {
                purpose: MessagePurpose::Registration,
                means: Means::Email,
            };
            self.put(told + 600, Role::System, None, Bond::Free, sent.into());
        } else {
            let sent = MessageSent {
                purpose: MessagePurpose::Registration,
                means: Means::Sms,
            };
            self.put(told, Role::System, None, Bond::Free, sent.into());
        }
        let files = if matches!(complaint.channel, Channel::Form | Channel::Email)
            && self.rng.chance(380)
        {
            self.rng.between(1, 2)
        } else {
            0
        };
        for file in 0..files {
            self.evidence(at + 3 + file, role, actor);
        }
    }

    /// The place that the complaint is about: the plant, or the head office.
    fn site(&self) -> &'static str {
        self.complaint
            .matter
            .plant()
            .map_or("İstanbul", Site::as_str)
    }

    fn remedy_sought(&mut self) -> Option<Response> {
        const SOUGHT: &[(Option<Response>, u32)] = &[
            (None, 30),
            (Some(Response::Replacement), 24),
            (Some(Response::Refund), 22),
            (Some(Response::Compensation), 9),
            (Some(Response::Repair), 7),
            (Some(Response::TechnicalHelp), 8),
            (Some(Response::Information), 6),
            (Some(Response::Apology), 4),
        ];
        self.rng.pick_weighted(SOUGHT)
    }

    fn acknowledge(&mut self) {
        let received = self.complaint.received;
        let by_hand = |life: &mut Self, n: u32| {
            let at = life
                .office
                .moment(life.registered.max(received) + 60, n, &mut life.rng);
            let means =
                life.rng
                    .pick_weighted(&[(Means::Email, 60), (Means::Phone, 30), (Means::Sms, 10)]);
            let actor = life.person("customer_service", Role::Agent);
            life.put(
                at,
                Role::Agent,
                Some(actor),
                Bond::Open,
                Acknowledged { means }.into(),
            );
        };
        match (self.complaint.channel, self.rng.below(100)) {
            (_, 0..3) => {}
            (Channel::Phone | Channel::InPerson, 3..93) => {
                let means = if self.complaint.channel == Channel::Phone {
                    Means::Phone
                } else {
                    Means::InPerson
                };
                let actor = self.drafts.first().and_then(|d| d.actor);
                let acknowledged = Acknowledged { means };
                self.put(
                    received + 60,
                    Role::Contact,
                    actor,
                    Bond::Open,
                    acknowledged.into(),
                );
                if let Some(last) = self.drafts.last_mut() {
                    // Said on the spot, and typed in together with the complaint.
                    last.recorded = self.registered;
                    if self.registered > received + LATE_AFTER {
                        last.late_reason = Some("entered with the complaint from a paper note");
                    }
                }
            }
            (Channel::Form, 3..62) => {
                let at = self.registered + self.rng.between(20, 300);
                let acknowledged = Acknowledged {
                    means: Means::Email,
                };
                self.put(at, Role::System, None, Bond::Open, acknowledged.into());
            }
            (_, 3..91) => {
                let n = self.rng.pick_weighted(&[(0, 78), (1, 22)]);
                by_hand(self, n);
            }
            _ => {
                let n = self.rng.pick_weighted(&[(2, 50), (3, 30), (5, 20)]);
                by_hand(self, n);
            }
        }
    }

    fn settled_where_made(&mut self) -> bool {
        let permille = match self.complaint.channel {
            Channel::Phone => 270,
            Channel::InPerson => 320,
            Channel::Form | Channel::Email | Channel::Other => 70,
        };
        self.rng.chance(permille)
    }

    /// Struck out as a second registration of the same complaint: whatever came later did not happen.
    fn merge(&mut self) {
        let n = self
            .rng
            .pick_weighted(&[(0, 10), (1, 35), (2, 25), (3, 15), (5, 10), (7, 5)]);
        let at = self.office.moment(self.registered + 600, n, &mut self.rng);
        if self.closed.is_some_and(|closed| closed <= at) {
            return;
        }
        let actor = self.person("customer_service", Role::Agent);
        self.cut(at);
        // The number of the other case is known when the event is entered.
        self.put(
            at,
            Role::Agent,
            Some(actor),
            Bond::Chain,
            Merged {
                into: String::new(),
            }
            .into(),
        );
    }

    fn withdraw(&mut self) {
        let at = self.registered + self.rng.between(3 * 3600, 9 * 86_400);
        if self.closed.is_some_and(|closed| closed <= at) {
            return;
        }
        self.cut(at);
        self.put(at, Role::Customer, None, Bond::Chain, Withdrawn {}.into());
    }

    fn cut(&mut self, at: Second) {
        self.drafts.retain(|d| d.at < at && d.recorded < at);
        self.closed = Some(at);
        self.communicated = self.communicated.filter(|told| *told < at);
    }

    fn note(&mut self, at: Second, staff: Staff) {
        let wordings = self.world.texts.of(self.complaint.language);
        let text = self.phrase(&wordings.notes);
        self.put(
            at,
            staff.role,
            Some(staff.name),
            Bond::Free,
            NoteAdded {}.into(),
        );
        if let Some(last) = self.drafts.last_mut() {
            last.text = Some(text);
        }
    }

    fn evidence(&mut self, at: Second, role: Role, actor: Option<&'static str>) {
        let (media_type, low, high) = self.rng.pick_weighted(&[
            (("image/jpeg", 180_000, 4_200_000), 80),
            (("application/pdf", 40_000, 900_000), 15),
            (("video/mp4", 2_000_000, 30_000_000), 5),
        ]);
        let words = [(); 4].map(|()| self.rng.next_u64());
        let bytes = u64::try_from(self.rng.between(low, high)).unwrap_or(0);
        let evidence = EvidenceAdded {
            sha256: format!(
                "{:016x}{:016x}{:016x}{:016x}",
                words[0], words[1], words[2], words[3]
            ),
            media_type: media_type.to_owned(),
            bytes,
            original_sha256: None,
        };
        self.put(at, role, actor, Bond::Free, evidence.into());
    }

    fn escalate(&mut self, at: Second, by: &str) {
        self.put(
            at,
            Role::System,
            None,
            Bond::Open,
            Escalated { by: by.to_owned() }.into(),
        );
    }

    fn phrase(&mut self, lines: &[&'static str]) -> String {
        let product = self
            .complaint
            .matter
            .product
            .map_or("Kuzey Yapı", |p| p.name);
        let lot = self.complaint.matter.lot.as_deref().unwrap_or("G2409-07");
        let slots = super::narrative::Slots { product, lot };
        super::narrative::phrase(lines, self.complaint.language, slots, &mut self.rng)
    }

    /// Somebody of a department with that role.
    fn person(&mut self, department: &str, role: Role) -> &'static str {
        let fits = |s: &&Staff| s.department == department && s.role == role;
        let count = STAFF.iter().filter(fits).count();
        let place = self.rng.place(count);
        STAFF
            .iter()
            .filter(fits)
            .nth(place)
            .map_or(STAFF[0].name, |s| s.name)
    }

    /// Somebody of a department.
    fn anyone(&mut self, department: &str) -> Staff {
        let fits = |s: &&Staff| s.department == department;
        let count = STAFF.iter().filter(fits).count();
        let place = self.rng.place(count);
        STAFF
            .iter()
            .filter(fits)
            .nth(place)
            .copied()
            .unwrap_or(STAFF[0])
    }

    fn put(
        &mut self,
        at: Second,
        role: Role,
        actor: Option<&'static str>,
        bond: Bond,
        body: EventBody,
    ) {
        self.drafts.push(Draft {
            at,
            recorded: at.max(self.registered),
            role,
            actor,
            late_reason: None,
            body,
            text: None,
            bond,
            mends: None,
        });
    }
}

/// An event recorded later than this many seconds after it happened needs a reason.
pub const LATE_AFTER: Second = 3600;
