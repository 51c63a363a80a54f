//! All cases' events in the order of recording, with no more in memory than what is still to come.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, HashMap};

use chrono::DateTime;

use super::complainant::Complainant;
use super::life::{Draft, World, course};
use super::office::{Office, Second, instant};
use super::plan::{Complaint, Planner};
use super::planted::CAUSES;
use super::season::Span;
use super::texts::Texts;
use super::truth::{TruthRow, actions, exposures};
use super::{SampleCase, SampleError, Settings, Sink, case_id};
use redress_domain::calendar::Calendar;
use redress_domain::event::{Event, EventBody};
use redress_plain::rng::Rng;

/// What was generated.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    pub cases: u64,
    pub events: u64,
    pub complainants: u64,
    /// Cases that belong to a group of recurrent complaints, duplicates and repeats of members included.
    pub grouped: u64,
    /// Cases by relation, spelled as in the truth.
    pub relations: BTreeMap<&'static str, u64>,
    /// Most events that waited at one time.
    pub most_waiting: usize,
}

/// Shortest span that holds the causes' rise and fall.
const SHORTEST_SPAN_DAYS: i64 = 120;
/// Streams under the seed from here on belong to single cases.
const CASE_STREAMS: u64 = 1 << 32;

/// Generates a register and hands it to the sink.
///
/// # Errors
/// Settings that make no register, a calendar that does not reach over the span, broken text files, or
/// what the sink reports.
pub fn generate(
    settings: &Settings,
    calendar: &Calendar,
    sink: &mut dyn Sink,
) -> Result<Summary, SampleError> {
    if settings.cases == 0 {
        return Err(SampleError::NoCases);
    }
    let last = calendar.local_date(settings.until)?;
    let span = Span::of(settings, last);
    if span.days() < SHORTEST_SPAN_DAYS {
        return Err(SampleError::SpanTooShort {
            from: settings.from,
            until: last,
            needed: SHORTEST_SPAN_DAYS,
        });
    }
    let texts = Texts::shipped()?;
    let office = Office::new(calendar, settings.from, settings.until)?;
    let world = World {
        texts: &texts,
        office: &office,
        span,
    };
    let mut planner = Planner::new(settings.seed, settings.cases, span, &texts, &office);
    let mut queue = Queue::new(settings.seed, span);
    let mut order = 0;
    for date in span.from.iter_days().take_while(|date| *date <= last) {
        // What is recorded before this day's first receipt cannot be overtaken any more.
        queue.release(office.midnight(date), sink)?;
        for mut complaint in planner.day(date) {
            order += 1;
            complaint.order = order;
            let rng = Rng::new(settings.seed, CASE_STREAMS + order);
            let course = course(world, &complaint, rng);
            let referenced = planner.follow(&complaint, course.registered, course.decided);
            queue.add(complaint, course.drafts, referenced);
        }
    }
    queue.release(Second::MAX, sink)?;
    sink.finish(&actions(&span), &exposures(settings.seed, &span))?;
    Ok(queue.summary)
}

/// An event that waits for its turn. Ordered by recording, then by receipt of the case, then by its
/// place in the case.
#[derive(Debug)]
struct Waiting {
    recorded: Second,
    order: u64,
    place: usize,
    /// Boxed: the queue moves its entries often.
    draft: Box<Draft>,
    /// Another event will mend this one and has to know its position.
    mended: bool,
    opening: Option<Box<Opening>>,
}

/// What opens a case.
#[derive(Debug)]
struct Opening {
    complaint: Complaint,
    /// Another case will name this one.
    referenced: bool,
}

impl PartialEq for Waiting {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}
impl Eq for Waiting {}
impl PartialOrd for Waiting {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Waiting {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key().cmp(&other.key())
    }
}
impl Waiting {
    fn key(&self) -> (Second, u64, usize) {
        (self.recorded, self.order, self.place)
    }
}

/// A case whose events are not all out yet.
#[derive(Debug)]
struct OpenCase {
    no: u64,
    /// Events that still wait.
    left: usize,
    /// The case that it duplicates.
    of: Option<u64>,
    /// Positions of the events that will be mended, by place.
    mended: Vec<(usize, i64)>,
}

/// The events to come.
struct Queue {
    seed: u64,
    span: Span,
    waiting: BinaryHeap<Reverse<Waiting>>,
    /// By order of receipt. A case's number is known once its registration is out.
    cases: HashMap<u64, OpenCase>,
    /// Numbers of cases that other cases name.
    numbers: HashMap<u64, u64>,
    /// Events that wait for a case not registered yet.
    lengths: HashMap<u64, usize>,
    seq: i64,
    summary: Summary,
}

impl Queue {
    fn new(seed: u64, span: Span) -> Self {
        Queue {
            seed,
            span,
            waiting: BinaryHeap::new(),
            cases: HashMap::new(),
            numbers: HashMap::new(),
            lengths: HashMap::new(),
            seq: 0,
            summary: Summary::default(),
        }
    }

    /// Queues what was recorded within the span; the first draft is the registration.
    fn add(&mut self, complaint: Complaint, drafts: Vec<Draft>, referenced: bool) {
        let order = complaint.order;
        let mended: Vec<usize> = drafts.iter().filter_map(|draft| draft.mends).collect();
        let mut opening = Some(Box::new(Opening {
            complaint,
            referenced,
        }));
        let mut length = 0;
        for (place, draft) in drafts.into_iter().enumerate() {
            let opening = opening.take();
            if draft.recorded > self.span.until {
                continue;
            }
            length += 1;
            self.waiting.push(Reverse(Waiting {
                recorded: draft.recorded,
                order,
                place,
                mended: mended.contains(&place),
                draft: Box::new(draft),
                opening,
            }));
        }
        if length > 0 {
            self.lengths.insert(order, length);
        }
        self.summary.most_waiting = self.summary.most_waiting.max(self.waiting.len());
    }

    /// Hands over every event recorded before that moment.
    fn release(&mut self, before: Second, sink: &mut dyn Sink) -> Result<(), SampleError> {
        while self
            .waiting
            .peek()
            .is_some_and(|Reverse(next)| next.recorded < before)
        {
            if let Some(Reverse(next)) = self.waiting.pop() {
                self.hand_over(next, sink)?;
            }
        }
        Ok(())
    }

    fn hand_over(&mut self, next: Waiting, sink: &mut dyn Sink) -> Result<(), SampleError> {
        if let Some(opening) = next.opening {
            self.open(*opening, sink)?;
        }
        let Some(case) = self.cases.get_mut(&next.order) else {
            return Ok(());
        };
        self.seq += 1;
        let draft = *next.draft;
        let mut body = draft.body;
        let mended = draft.mends.map_or(0, |place| case.position(place));
        if let EventBody::Amended(amended) = &mut body {
            amended.seq = mended;
        } else if let EventBody::Voided(voided) = &mut body {
            voided.seq = mended;
        } else if let EventBody::Merged(merged) = &mut body {
            let target = case.of.and_then(|of| self.numbers.get(&of)).copied();
            merged.into = case_id(target.unwrap_or(case.no));
        }
        if next.mended {
            case.mended.push((next.place, self.seq));
        }
        let event = Event {
            seq: self.seq,
            occurred_at: instant(draft.at),
            recorded_at: instant(draft.recorded),
            role: draft.role,
            actor: draft.actor.map(str::to_owned),
            late_reason: draft.late_reason.map(str::to_owned),
            body,
        };
        let no = case.no;
        case.left = case.left.saturating_sub(1);
        if case.left == 0 {
            self.cases.remove(&next.order);
        }
        self.summary.events += 1;
        sink.event(no, &event)?;
        match draft.text {
            Some(text) => sink.text(no, self.seq, &text),
            None => Ok(()),
        }
    }

    fn open(&mut self, opening: Opening, sink: &mut dyn Sink) -> Result<(), SampleError> {
        let complaint = opening.complaint;
        self.summary.cases += 1;
        let no = self.summary.cases;
        if opening.referenced {
            self.numbers.insert(complaint.order, no);
        }
        let left = self.lengths.remove(&complaint.order).unwrap_or(1);
        self.cases.insert(
            complaint.order,
            OpenCase {
                no,
                left,
                of: complaint.of,
                mended: Vec::new(),
            },
        );
        if complaint.first {
            self.summary.complainants += 1;
            sink.complainant(&Complainant::derive(self.seed, complaint.complainant))?;
        }
        let truth = TruthRow {
            case_no: no,
            cause: complaint.matter.cause.map(|cause| CAUSES[cause].id),
            group_no: complaint.matter.group,
            relation: complaint.relation,
            of_case: complaint.of.and_then(|of| self.numbers.get(&of)).copied(),
        };
        self.summary.grouped += u64::from(truth.group_no.is_some());
        *self
            .summary
            .relations
            .entry(truth.relation.as_str())
            .or_default() += 1;
        sink.case(&SampleCase {
            no,
            complainant_no: complaint.complainant,
            channel: complaint.channel,
            language: complaint.language,
            received_at: DateTime::from_timestamp(complaint.received, 0).unwrap_or_default(),
            narrative: complaint.narrative,
        })?;
        sink.truth(&truth)
    }
}

impl OpenCase {
    /// The position of the event at that place of the case; it was recorded before its mending.
    fn position(&self, place: usize) -> i64 {
        self.mended
            .iter()
            .find(|(other, _)| *other == place)
            .map_or(0, |(_, seq)| *seq)
    }
}
