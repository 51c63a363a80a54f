"""The first metrics, computed a second time and by other means: plain Python, standard library only.

    python3 compute.py SAMPLE_DIR --calendar turkey.toml --period 2026-Q3 \
        --as-of 2026-10-10T09:00:00Z --out DIR [--stages FILE]

Written from the process description and the definitions, not from the program. README.md lists the
readings taken where those leave a choice; the number in brackets, such as [R3], refers to it.
"""

import argparse
import csv
import datetime as dt
import os
import sys
from collections import Counter, defaultdict

sys.dont_write_bytecode = True

from oracle_calendar import ONE_DAY, Calendar  # noqa: E402
from oracle_case import OPEN_STATES, Case, Event, instant, mended  # noqa: E402

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
BANDS = [(7, "000-007"), (14, "008-014"), (30, "015-030"), (60, "031-060"), (90, "061-090"), (None, "091+")]
OUTCOME_DONE, OUTCOME_OPEN, OUTCOME_COMPETING = "ended", "censored", "competing"
FLOWS = {
    "completed": "completed",
    "completed_externally": "completed",
    "unanswered": "unanswered",
    "withdrawn": "withdrawn",
    "merged": "merged",
    "exhausted": "exhausted",
}
VERDICTS = ("met", "missed", "open_late", "open_not_due", "paused", "cancelled", "not_applicable")


# ---------------------------------------------------------------------------------------------
# Stages and their verdicts


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


# ---------------------------------------------------------------------------------------------
# Metrics


class Period:
    def __init__(self, text):
        year, _, part = text.partition("-")
        if not part:
            first, months = 1, 12
        elif part[0] == "H":
            first, months = 6 * int(part[1]) - 5, 6
        elif part[0] == "Q":
            first, months = 3 * int(part[1]) - 2, 3
        else:
            first, months = int(part), 1
        self.first = dt.date(int(year), first, 1)
        self.last = dt.date(int(year) + (first + months > 12), (first + months - 1) % 12 + 1, 1)
        self.last -= ONE_DAY

    def __contains__(self, day):
        return day is not None and self.first <= day <= self.last


def month_of(day):
    return f"{day:%Y-%m}" if day is not None else None


def nulls_last(row):
    return tuple((value is None, value if value is not None else "") for value in row)


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


def volume(cases, period, calendar):
    groups = defaultdict(lambda: [0, 0])
    for case in cases:
        day = calendar.local_day(case.received_at)
        if day in period:
            group = groups[month_of(day), case.channel]
            group[0] += 1
            group[1] += case.state != "merged"
    rows = [
        [month, channel, *groups[month, channel], calendar.working_days(month, period)]
        for month, channel in sorted(groups)
    ]
    return ["month", "channel", "gross", "net", "working_days"], rows


def ageing(cases, stock_on, calendar):
    groups = defaultdict(list)
    for case in cases:
        state = case.state_at_end_of(stock_on, calendar)
        if state in OPEN_STATES:
            age = (stock_on - calendar.local_day(case.received_at)).days
            band = next(name for top, name in BANDS if top is None or age <= top)
            groups[state, band].append(age)
    head = ["state", "band", "complaints", "oldest_days"]
    return head, [[*key, len(groups[key]), max(groups[key])] for key in sorted(groups)]


def stock_flow(cases, period, stock_on, calendar):
    """Stock before and after, and what changed it between. The balance is checked. [R8]"""
    flows = Counter()

    def stock(day):
        return sum(case.state_at_end_of(day, calendar) in OPEN_STATES for case in cases)

    opening, closing = stock(period.first - ONE_DAY), stock(stock_on)
    balance = opening
    for case in cases:
        before = None
        for state, _, at in case.states:
            day = calendar.local_day(at)
            is_open, was_open = state in OPEN_STATES, before in OPEN_STATES
            if period.first <= day <= stock_on and (before is None or is_open != was_open):
                flow = "received" if before is None else "reopened" if is_open else FLOWS[state]
                flows[flow, month_of(day)] += 1
                balance += 1 if is_open else -1
            before = state
    if balance != closing:
        sys.exit(f"stock and flow do not balance: {balance} by flow, {closing} counted")
    if opening:
        flows["opening", month_of(period.first)] = opening
    if closing:
        flows["closing", month_of(stock_on)] = closing
    return ["flow", "month", "complaints"], [[*key, flows[key]] for key in sorted(flows)]


def pareto_category(cases, period, calendar):
    groups = defaultdict(lambda: [0, 0])
    for case in cases:
        if calendar.local_day(case.received_at) in period and case.state != "merged":
            groups[case.category][0] += 1
            groups[case.category][1] += case.cost
    rows = [[category, *numbers] for category, numbers in groups.items()]
    return (
        ["category", "complaints", "cost_minor"],
        sorted(rows, key=lambda row: (-row[1], nulls_last(row[:1]))),
    )


def listed(pairs, head):
    """Number and earliest day by group."""
    groups = defaultdict(list)
    for group, day in pairs:
        groups[group].append(day)
    rows = [[group, len(groups[group]), min(groups[group])] for group in groups]
    return head, sorted(rows, key=lambda row: nulls_last(row[:1]))


def not_by(at, day, calendar):
    """Whether something had not happened at 24:00 of a local day."""
    return at is None or calendar.local_day(at) > day


def remedies_not_delivered(cases, stock_on, calendar):
    return listed(
        (
            (case.remedy, case.remedy_due)
            for case in cases
            if case.state_at_end_of(stock_on, calendar) in ("completed", "completed_externally")
            and case.remedy_due is not None
            and case.remedy_due <= stock_on
            and not_by(case.remedy_done_at, stock_on, calendar)
        ),
        ["remedy", "complaints", "oldest_due"],
    )


def remedies_not_told(cases, stock_on, calendar):
    rows = []
    for case in cases:
        if case.state_at_end_of(stock_on, calendar) == "outstanding" and not_by(case.told_at, stock_on, calendar):
            since = [
                calendar.local_day(at)
                for state, _, at in case.states
                if state == "outstanding" and calendar.local_day(at) <= stock_on
            ]
            rows.append((case.department, since[-1]))
    return listed(rows, ["department", "complaints", "longest_since"])


# ---------------------------------------------------------------------------------------------


def read_cases(folder, as_of):
    with open(os.path.join(folder, "cases.csv"), newline="", encoding="utf-8") as file:
        ids = [row["case_id"] for row in csv.DictReader(file)]
    events = defaultdict(list)
    with open(os.path.join(folder, "events.csv"), newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            event = Event(row)
            if event.recorded_at <= as_of:
                events[row["case_id"]].append(event)
    unknown = set(events) - set(ids)
    if unknown:
        sys.exit(f"events.csv: cases that cases.csv does not have: {sorted(unknown)[:5]}")
    for case_id in ids:
        known = mended(events[case_id])
        if known and known[0].kind == "registered":
            yield Case(case_id, known)


def write(path, head, rows):
    with open(path, "w", newline="", encoding="utf-8") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(head)
        table.writerows([["" if value is None else value for value in row] for row in rows])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("sample")
    parser.add_argument("--calendar", required=True)
    parser.add_argument("--period", required=True, type=Period)
    parser.add_argument("--as-of", required=True, type=instant)
    parser.add_argument("--out", required=True)
    parser.add_argument("--stages", help="also write every stage with its verdict to this file")
    args = parser.parse_args()

    calendar, period, as_of = Calendar(args.calendar), args.period, args.as_of
    cases = list(read_cases(args.sample, as_of))
    stages = [stage for case in cases for stage in stages_of(case, calendar, as_of)]
    stock_on = min(period.last, calendar.local_day(as_of))
    tables = {
        "stage_sla": due_basis(stages, THREE_STAGES, period),
        "overall_sla": due_basis(stages, ("overall",), period),
        "acknowledgement": due_basis(stages, ("acknowledgement",), period),
        "stage_sla_started": started_basis(stages, period),
        "pauses": pauses(stages, period),
        "volume": volume(cases, period, calendar),
        "ageing": ageing(cases, stock_on, calendar),
        "stock_flow": stock_flow(cases, period, stock_on, calendar),
        "pareto_category": pareto_category(cases, period, calendar),
        "stage_time": stage_time(stages, period),
        "remedies_not_delivered": remedies_not_delivered(cases, stock_on, calendar),
        "remedies_not_told": remedies_not_told(cases, stock_on, calendar),
    }
    os.makedirs(args.out, exist_ok=True)
    for name, (head, rows) in tables.items():
        write(os.path.join(args.out, name + ".csv"), head, rows)
    if args.stages:
        fields = "name number side start end end_kind due_on counted limit verdict department site"
        rows = [
            [s.case.case_id, s.case.state, *(getattr(s, field) for field in fields.split())]
            for s in stages
        ]
        write(args.stages, ["case_id", "state", *fields.split()], rows)
    for case in cases:
        for event in case.misfits:
            print(f"{case.case_id}: {event.kind} (seq {event.seq}) does not fit", file=sys.stderr)


if __name__ == "__main__":
    main()
