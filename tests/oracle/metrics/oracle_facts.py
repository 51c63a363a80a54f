"""What else a complaint's events tell: assessments, subject, answers, surveys, deviations, mendings.

The numbers in brackets, such as [R3], refer to README.md.
"""

from oracle_case import Case
from oracle_workflow import is_refused

SEVERITIES = ("low", "medium", "high", "critical")
AFTER_HANDLING = {"completed", "completed_externally", "exhausted", "unanswered", "outstanding"}


class Changes:
    """Late entries and mendings among all events known at as_of. [R14]"""

    def __init__(self, events):
        self.late = sum(event.late_reason is not None for event in events)
        by_seq = {event.seq for event in events}
        struck_out = set()
        for event in sorted(events, key=lambda event: -event.seq):
            if event.kind == "voided" and event.seq not in struck_out and event.data["seq"] in by_seq:
                struck_out.add(event.data["seq"])
        self.struck_out = len(struck_out)
        self.amended = sum(
            event.kind == "amended" and event.seq not in struck_out and event.data["seq"] in by_seq
            for event in events
        )


class Answer:
    def __init__(self, event, answer):
        self.at, self.answer = event.at, answer
        self.on_behalf = event.kind == "answered_on_behalf"
        self.reason = event.data.get("reason")


class Complaint(Case):
    """A case with everything that the metrics of its answers, its subject and its records ask for."""

    def __init__(self, case_id, events, complainant, changes):
        first = events[0]
        self.complainant, self.changes = complainant, changes
        self.registered_at, self.registered_role = first.at, first.role
        self.product, self.lot = first.data.get("product"), first.data.get("lot")
        self.named_site, self.routed_site = first.data.get("site"), None
        self.remedy_sought = first.data.get("remedy_sought")
        self.sold_on, self.produced_on = first.data.get("sold_on"), first.data.get("produced_on")
        self.assessments = []  # (severity, change)
        self.further_issues = []  # category
        self.escalations = 0
        self.decider_roles = {}  # pass -> role of who decided
        self.answers = {}  # pass -> Answer
        self.lapsed = {}  # pass -> instant
        self.reopened_at = None
        self.referred_at = self.external_outcome = None
        self.survey_sent_at = self.surveyed_at = self.survey_score = None
        self.deviations = []
        super().__init__(case_id, events)

    def take(self, event):
        if is_refused(self, event):
            self.deviations.append(event)
        super().take(event)

    def on_assessed(self, event):
        if not self.is_open:
            return False
        self.assessments.append((event.data["severity"], event.data["change"]))

    def on_issue_added(self, event):
        if not self.is_open:
            return False
        self.further_issues.append(event.data["category"])

    def on_escalated(self, event):
        if not self.is_open:
            return False
        self.escalations += 1

    def on_classified(self, event):
        if super().on_classified(event) is False:
            return False
        self.product = event.data.get("product", self.product)
        self.lot = event.data.get("lot", self.lot)

    def on_routed(self, event):
        if super().on_routed(event) is False:
            return False
        self.routed_site = event.data.get("site")

    def on_decided(self, event):
        if super().on_decided(event) is False:
            return False
        self.decider_roles[self.number] = event.role

    def answer(self, event, answer):
        number = self.number
        if super().answer(event, answer) is False:
            return False
        self.answers[number] = Answer(event, answer)

    def on_answer_lapsed(self, event):
        if super().on_answer_lapsed(event) is False:
            return False
        self.lapsed[self.number] = event.at

    def on_reopened(self, event):
        if super().on_reopened(event) is False:
            return False
        self.reopened_at = event.at

    def on_referred_externally(self, event):
        if super().on_referred_externally(event) is False:
            return False
        self.referred_at = event.at

    def on_external_outcome(self, event):
        if super().on_external_outcome(event) is False:
            return False
        self.external_outcome = "satisfied" if event.data["satisfied"] else "unsatisfied"

    def on_survey_sent(self, event):
        if self.state not in AFTER_HANDLING:
            return False
        if self.survey_sent_at is None:
            self.survey_sent_at = event.at

    def on_surveyed(self, event):
        if self.state not in AFTER_HANDLING or not 1 <= event.data["score"] <= 5:
            return False
        self.surveyed_at, self.survey_score = event.at, event.data["score"]

    @property
    def site(self):
        """The plant responsible, or the one that the complaint names. [R15]"""
        return self.routed_site or self.named_site

    @property
    def severity(self):
        return self.assessments[-1][0] if self.assessments else None

    @property
    def priority_change(self):
        """Which way the severity moved where it had been judged wrong; None when never assessed. [R16]"""
        if not self.assessments:
            return None
        ranks = [SEVERITIES.index(severity) for severity, _ in self.assessments]
        moved = sum(
            after - before
            for before, after, (_, change) in zip(ranks, ranks[1:], self.assessments[1:])
            if change == "misjudged"
        )
        return "up" if moved > 0 else "down" if moved < 0 else "none"

    @property
    def settled_where_made(self):
        """M2: never routed, decided by contact staff, accepted in pass 1, and left at that."""
        return (
            self.routed_at is None
            and self.decider_roles.get(1) == "contact"
            and 1 in self.answers
            and self.answers[1].answer == "accepted"
            and self.pass_2_at is None
        )

    @property
    def root_cause(self):
        """As the last decision in force names it."""
        return self.decision[max(self.decision)].get("root_cause") if self.decision else None

    @property
    def was_outstanding(self):
        return any(state == "outstanding" for state, _, _ in self.states)

    def decisions(self):
        """Decisions in force: pass, instant, data."""
        return [(number, at, self.decision[number]) for number, at in sorted(self.decided.items())]
