"""The events of a complaint as known at as_of, mended, and what they make of it.

The numbers in brackets, such as [R3], refer to README.md.
"""

import datetime as dt
import json

OPEN_STATES = {"registered", "in_processing", "resolved", "outstanding"}


class Event:
    def __init__(self, row):
        self.seq = int(row["seq"])
        self.kind = row["kind"]
        self.at = instant(row["occurred_at"])
        self.recorded_at = instant(row["recorded_at"])
        self.role = row["role"]
        self.actor = row["actor"] or None
        self.late_reason = row["late_reason"] or None
        self.data = json.loads(row["data"] or "{}")


def instant(text):
    return dt.datetime.fromisoformat(text).astimezone(dt.timezone.utc)


def mended(events):
    """Strikes out what was voided, applies what was amended, and puts the rest in folding order."""
    by_seq = {event.seq: event for event in events}
    voided = set()
    for event in sorted(events, key=lambda event: -event.seq):
        if event.kind == "voided" and event.seq not in voided:
            voided.add(event.data["seq"])
    for event in sorted(events, key=lambda event: event.seq):
        if event.kind != "amended" or event.seq in voided:
            continue
        target = by_seq.get(event.data["seq"])
        if target is None:
            continue
        field, new = event.data["field"], event.data["new"]
        if field == "occurred_at":
            target.at = instant(new)
        elif new is None:
            target.data.pop(field, None)
        else:
            target.data[field] = new
    kept = [e for e in events if e.seq not in voided and e.kind not in ("amended", "voided")]
    return sorted(kept, key=lambda e: (e.kind != "registered", e.at, e.seq))


class Case:
    """Walks the events of one case. An event that does not fit is left aside. [R2]"""

    def __init__(self, case_id, events):
        first = events[0]
        self.case_id = case_id
        self.received_at = instant(first.data["received_at"])
        self.channel = first.data["channel"]
        self.category = None
        self.department = None
        self.acknowledged_at = self.classified_at = self.routed_at = None
        self.routings = []  # (instant, department, site)
        self.decided = {}  # pass -> instant in force
        self.deciders = {}  # pass -> who decided
        self.decision = {}  # pass -> data of the decision in force
        self.communicated = {}
        self.pass_2_at = None
        self.settled = False
        self.unsigned = None  # a decision that awaits its second signature
        self.pauses = []  # [from, until or None, reason]
        self.last_answer = None
        self.remedy_due = None
        self.remedy_done_at = None
        self.told_at = None
        self.referred = False
        self.ended_at = self.end_kind = None  # withdrawn or merged
        self.misfits = []
        self.number = 1  # the pass
        self.states = [("registered", 1, self.received_at)]
        for event in events[1:]:
            self.take(event)

    def take(self, event):
        handler = getattr(self, "on_" + event.kind, None)
        if handler is not None and handler(event) is False:
            self.misfits.append(event)

    @property
    def state(self):
        return self.states[-1][0]

    def enter(self, state, at):
        if (state, self.number) != self.states[-1][:2]:
            self.states.append((state, self.number, at))

    @property
    def is_open(self):
        return self.state in OPEN_STATES

    @property
    def awaits_telling(self):
        """Decided and in force, but not yet communicated."""
        decided = self.state == "in_processing" and self.number in self.decided
        return decided and self.number not in self.communicated

    @property
    def under_examination(self):
        """Intake or processing, with no decision taken."""
        return (
            self.state in ("registered", "in_processing")
            and self.number not in self.decided
            and self.unsigned is None
        )

    def end_pause(self, at):
        if self.pauses and self.pauses[-1][1] is None:
            self.pauses[-1][1] = at
            return True
        return False

    def on_registered(self, event):
        return False

    def on_acknowledged(self, event):
        if not self.is_open:
            return False
        if self.acknowledged_at is None:
            self.acknowledged_at = event.at

    def on_classified(self, event):
        if self.state not in ("registered", "in_processing", "resolved"):
            return False
        self.category = event.data["category"]
        if self.classified_at is None:
            self.classified_at = event.at
        self.perhaps_leave_intake(event.at)

    def on_routed(self, event):
        if not self.under_examination:
            return False
        self.department = event.data["department"]
        self.routings.append((event.at, self.department, event.data.get("site")))
        if self.routed_at is None:
            self.routed_at = event.at
        self.perhaps_leave_intake(event.at)

    def perhaps_leave_intake(self, at):
        known = self.classified_at is not None and self.routed_at is not None
        if self.state == "registered" and known and self.under_examination:
            self.enter("in_processing", at)

    def on_paused(self, event):
        if not self.under_examination or (self.pauses and self.pauses[-1][1] is None):
            return False
        self.pauses.append([event.at, None, event.data["reason"]])

    def on_resumed(self, event):
        return self.end_pause(event.at)

    def on_decided(self, event):
        if not self.under_examination or event.data["pass"] != self.number:
            return False
        self.end_pause(event.at)  # [R3]
        self.deciders[self.number] = event.actor
        if self.number == 1:
            self.settled = self.routed_at is None
        if event.data.get("needs_second_signature"):
            self.unsigned = event
        else:
            self.take_effect(event.data, event.at)

    def on_countersigned(self, event):
        if self.unsigned is None or event.data["pass"] != self.number:
            return False
        if event.actor is not None and event.actor == self.unsigned.actor:
            return False
        data, self.unsigned = self.unsigned.data, None
        self.take_effect(data, event.at)

    def take_effect(self, data, at):
        self.decided[self.number] = at
        self.decision[self.number] = data
        self.enter("in_processing", at)

    def on_communicated(self, event):
        if not self.awaits_telling or event.data["pass"] != self.number:
            return False
        self.tell(event.at)

    def tell(self, at):
        self.communicated[self.number] = at
        self.enter("resolved", at)

    def on_accepted(self, event):
        return self.answer(event, "accepted")

    def on_rejected(self, event):
        return self.answer(event, "rejected")

    def on_answered_on_behalf(self, event):
        return self.answer(event, event.data["answer"])

    def answer(self, event, answer):
        if event.data["pass"] != self.number:
            return False
        if self.awaits_telling:
            self.tell(event.at)
        if self.state not in ("resolved", "unanswered"):
            return False
        self.end_pause(event.at)
        self.last_answer = answer
        if answer == "accepted":
            self.enter("completed", event.at)
        elif self.number == 1:
            self.begin_pass_2(event.at)
        else:
            self.enter("outstanding", event.at)

    def begin_pass_2(self, at):
        self.number = 2
        self.pass_2_at = at
        self.enter("in_processing", at)

    def on_answer_lapsed(self, event):
        if self.state != "resolved" or event.data["pass"] != self.number:
            return False
        self.enter("unanswered", event.at)

    def on_reopened(self, event):
        if self.state not in ("completed", "unanswered") or self.number != 1:
            return False
        self.begin_pass_2(event.at)

    def on_remedies_told(self, event):
        if self.state != "outstanding" or self.told_at is not None:
            return False
        self.told_at = event.at

    def on_referred_externally(self, event):
        if self.state != "outstanding" or self.told_at is None:
            return False
        self.referred = True

    def on_external_outcome(self, event):
        if self.state != "outstanding" or not self.referred:
            return False
        if event.data["satisfied"]:
            self.enter("completed_externally", event.at)

    def on_recourse_exhausted(self, event):
        if self.state != "outstanding" or self.told_at is None:
            return False
        self.enter("exhausted", event.at)

    def on_remedy_due(self, event):
        owed = self.state in ("resolved", "completed", "completed_externally", "unanswered")
        if not (owed or self.awaits_telling):
            return False
        self.remedy_due = dt.date.fromisoformat(event.data["due_on"])
        self.remedy_done_at = None  # [R4]

    def on_remedy_done(self, event):
        if self.remedy_due is None or self.state in ("withdrawn", "merged"):
            return False
        self.remedy_done_at = event.at

    def on_withdrawn(self, event):
        return self.end(event, "withdrawn")

    def on_merged(self, event):
        return self.end(event, "merged")

    def end(self, event, kind):
        if not self.is_open:
            return False
        self.end_pause(event.at)
        self.ended_at, self.end_kind = event.at, kind
        self.enter(kind, event.at)

    @property
    def intake_end(self):
        both = None
        if self.classified_at is not None and self.routed_at is not None:
            both = max(self.classified_at, self.routed_at)
        known = [at for at in (both, self.decided.get(1)) if at is not None]
        return min(known, default=None)

    @property
    def cost(self):
        return sum(data.get("cost", 0) for data in self.decision.values())

    @property
    def remedy(self):
        """What the last decision in force grants."""
        return self.decision[max(self.decision)].get("granted") if self.decision else None

    def state_at_end_of(self, day, calendar):
        """State at 24:00 of a local day, None before the receipt."""
        found = None
        for state, _, at in self.states:
            if calendar.local_day(at) <= day:
                found = state
        return found
