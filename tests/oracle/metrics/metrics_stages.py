"""Stages, their verdicts, and the metrics that count stages.

The numbers in brackets, such as [R3], refer to README.md.
"""

import datetime as dt
from collections import Counter, defaultdict

from oracle_period import month_of, nulls_last

# Settings.
LIMITS = {
    ("acknowledgement", 1): 1,
    ("intake", 1): 2,
    ("processing", 1): 4,
    ("resolution", 1): 1,
    ("overall", 1): 7,
    ("processing", 2): 4,
    ("resolution", 2): 1,
}
STOPPING = {"customer_information", "customer_sample", "customer_appointment"}
THREE_STAGES = ("intake", "processing", "resolution")
FIRST_DEPARTMENT = "customer_service"

# Spellings in the output that neither the sources nor the queries' headers fix. [R1]
OUTCOME_DONE, OUTCOME_OPEN, OUTCOME_COMPETING = "ended", "censored", "competing"
VERDICTS = ("met", "missed", "open_late", "open_not_due", "paused", "cancelled", "not_applicable")


class Stage:
    """One stage of one pass on one side: gross deducts nothing, net the customer's time."""

    def __init__(self, case, name, number, start, end, side, calendar, as_of, applies=True):
        self.case, self.name, self.number, self.side = case, name, number, side
        self.start, self.applies = start, applies
        self.limit = LIMITS[name, number]
        self.end, self.end_kind = (end, "done") if end is not None else (None, None)
        if end is None and case.ended_at is not None:
            self.end, self.end_kind = case.ended_at, case.end_kind
        self.started_on = calendar.local_day(start)
        self.department, self.site = FIRST_DEPARTMENT, None
        if name in ("processing", "resolution"):
            for at, department, site in case.routings:
                if at <= start:
                    self.department, self.site = department, site

        pauses = []
        if side == "net":
            pauses = [(begin, until) for begin, until, reason in case.pauses if reason in STOPPING]
        # A pause plays no part after the stage has ended. [R5]
        spans = [
            (begin, min(until, self.end) if self.end is not None else until)
            for begin, until in pauses
            if until is not None
        ]
        running = [begin for begin, until in pauses if until is None]
        if self.end is not None:
            spans += [(begin, self.end) for begin in running]
            running = []

        # Counted days that the customer's pauses left out up to the end or as_of. [R13]
        self.runs = bool(running)
        if self.end is not None:
            self.left_out = calendar.limit_day_of(start, self.end) - calendar.limit_day_of(start, self.end, spans)
        else:
            so_far = [*spans, *((begin, as_of) for begin in running)]
            self.left_out = calendar.days_over(start, as_of) - calendar.days_over(start, as_of, so_far)

        self.due_on = calendar.due_on(start, self.limit, spans)
        due_at = calendar.end_of(self.due_on)
        if self.end is not None:
            self.counted = calendar.limit_day_of(start, self.end, spans)
            late = self.end >= due_at
            if not applies:
                self.verdict = "not_applicable"
            elif self.end_kind == "done":
                self.verdict = "missed" if late else "met"
            else:
                self.verdict = "missed" if late else "cancelled"
        elif running:
            # Counting rests at the beginning of the pause, late or not. [R6]
            self.counted = calendar.days_over(start, running[0], spans)
            # The due date stays known only where the running pause, however long, can leave out no day
            # before it: it began after the limit, or within the opening hours of its last day.
            endless = running[0] + dt.timedelta(days=365 * 5)
            self.due_on = calendar.due_on(start, self.limit, [*spans, (running[0], endless)])
            if self.due_on >= calendar.local_day(endless):
                self.verdict, self.due_on = "paused", None
            else:
                self.verdict = "open_late" if as_of >= calendar.end_of(self.due_on) else "paused"
        else:
            self.counted = calendar.days_over(start, as_of, spans)
            self.verdict = "open_late" if as_of >= due_at else "open_not_due"

    @property
    def outcome(self):
        if self.end is None:
            return OUTCOME_OPEN
        return OUTCOME_DONE if self.end_kind == "done" else OUTCOME_COMPETING


def stages_of(case, calendar, as_of):
    told, decided, intake_end = case.communicated, case.decided, case.intake_end
    rows = [
        ("acknowledgement", 1, case.received_at, case.acknowledged_at, True),
        ("intake", 1, case.received_at, intake_end, True),
        ("overall", 1, case.received_at, told.get(1), True),
    ]
    if 1 in decided and case.settled:
        rows.append(("processing", 1, decided[1], decided[1], False))
    elif intake_end is not None:
        rows.append(("processing", 1, intake_end, decided.get(1), True))
    if 1 in decided:
        rows.append(("resolution", 1, decided[1], told.get(1), True))
    if case.pass_2_at is not None:
        rows.append(("processing", 2, case.pass_2_at, decided.get(2), True))
    if 2 in decided:
        rows.append(("resolution", 2, decided[2], told.get(2), True))
    for name, number, start, end, applies in rows:
        for side in ("gross", "net"):
            yield Stage(case, name, number, start, end, side, calendar, as_of, applies)


def verdict_table(stages, month):
    """Counts of each verdict by side, stage, pass and month."""
    groups = defaultdict(Counter)
    for stage in stages:
        key = (stage.side, stage.name, stage.number, month_of(month(stage)))
        groups[key][stage.verdict] += 1
    head = ["side", "stage", "pass", "month", *VERDICTS]
    return head, [
        [*key, *(groups[key][verdict] for verdict in VERDICTS)]
        for key in sorted(groups, key=nulls_last)
    ]


def due_basis(stages, names, period):
    """Due in the period; those paused without a due date stand beside, without a month. [R7]"""
    return verdict_table(
        [
            stage
            for stage in stages
            if stage.name in names
            and (
                stage.due_on in period
                or (stage.verdict == "paused" and stage.started_on <= period.last)
            )
        ],
        lambda stage: stage.due_on,
    )


def started_basis(stages, period):
    return verdict_table(
        [s for s in stages if s.name in (*THREE_STAGES, "overall") and s.started_on in period],
        lambda stage: stage.started_on,
    )


def stage_time(stages, period):
    groups = Counter(
        (s.side, s.name, s.number, s.limit, s.counted, s.outcome)
        for s in stages
        if s.started_on in period and s.applies
    )
    head = ["side", "stage", "pass", "limit_days", "counted_days", "outcome", "stages"]
    return head, [[*key, groups[key]] for key in sorted(groups)]


def pauses(stages, period):
    groups = Counter(
        (s.name, s.number, "yes" if s.left_out > 0 or s.runs else "no", s.left_out)
        for s in stages
        if s.side == "net" and s.started_on in period and s.applies
    )
    return ["stage", "pass", "paused", "paused_days", "stages"], [[*key, groups[key]] for key in sorted(groups)]
