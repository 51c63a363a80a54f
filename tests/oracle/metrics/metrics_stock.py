"""Metrics of receipt and stock: volume, ageing, stock and flow, categories, and the two lists of promises.

The numbers in brackets, such as [R3], refer to README.md.
"""

import sys
from collections import Counter, defaultdict

from oracle_calendar import ONE_DAY
from oracle_case import OPEN_STATES
from oracle_period import month_of, nulls_last

# Spellings in the output that neither the sources nor the queries' headers fix. [R1]
BANDS = [(7, "000-007"), (14, "008-014"), (30, "015-030"), (60, "031-060"), (90, "061-090"), (None, "091+")]
FLOWS = {
    "completed": "completed",
    "completed_externally": "completed",
    "unanswered": "unanswered",
    "withdrawn": "withdrawn",
    "merged": "merged",
    "exhausted": "exhausted",
}


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


def oldest_open(cases, stock_on, calendar):
    """The stock by state, with its oldest."""
    head, rows = listed(
        (
            (state, calendar.local_day(case.received_at))
            for case in cases
            if (state := case.state_at_end_of(stock_on, calendar)) in OPEN_STATES
        ),
        ["state", "complaints", "oldest_received_on", "oldest_days"],
    )
    return head, [[*row, (stock_on - row[2]).days] for row in rows]
