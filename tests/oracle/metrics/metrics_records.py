"""Metrics of how the register is kept and the procedure followed."""

from collections import Counter, defaultdict

from oracle_period import tally


def by_month(view, cases, names, figures):
    """Sums by month of receipt."""
    groups = defaultdict(Counter)
    for case in cases:
        group = groups[view.month(case.received_at)]
        for name, figure in zip(names, figures(case), strict=True):
            group[name] += figure
    return ["month", *names], [[month, *(groups[month][name] for name in names)] for month in sorted(groups)]


def priority_changes(view):
    """M3: among the assessed, those whose severity had first been judged wrong."""
    return by_month(
        view,
        [case for case in view.received() if case.assessments],
        ["assessed", "up", "down"],
        lambda case: (1, case.priority_change == "up", case.priority_change == "down"),
    )


def escalations(view):
    return by_month(
        view,
        view.received(),
        ["received", "escalated", "escalations"],
        lambda case: (1, case.escalations > 0, case.escalations),
    )


def record_changes(view):
    return by_month(
        view,
        view.received_gross(),
        [
            *("complaints", "with_late_entries", "with_amendments", "with_struck_out"),
            *("late_entries", "amendments", "struck_out"),
        ],
        lambda case: (1, *(number > 0 for number in changes(case)), *changes(case)),
    )


def changes(case):
    return case.changes.late, case.changes.amended, case.changes.struck_out


def registration_gap(view):
    return tally(
        ["channel", "lag_days", "complaints"],
        (
            (case.channel, view.days_between(case.received_at, case.registered_at))
            for case in view.received_gross()
        ),
    )


def weekday_hour(view):
    """Local weekday (1 Monday to 7 Sunday) and hour of receipt."""
    rows = []
    for case in view.received_gross():
        local = case.received_at.astimezone(view.calendar.zone)
        rows.append((local.isoweekday(), local.hour))
    return tally(["weekday", "hour", "complaints"], rows)


def conformance(view):
    """Deviations by kind. The program's words for their reasons are not compared, so there is no such column."""
    deviations, complaints = Counter(), Counter()
    for case in view.received_gross():
        kinds = Counter(event.kind for event in case.deviations)
        deviations += kinds
        complaints += Counter(set(kinds))
    rows = [[kind, deviations[kind], complaints[kind]] for kind in sorted(deviations)]
    return ["kind", "deviations", "complaints"], rows


FIELDS = {
    "category": lambda case: case.category,
    "product": lambda case: case.product,
    "lot": lambda case: case.lot,
    "site": lambda case: case.site,
    "department": lambda case: case.department,
    "severity": lambda case: case.severity,
    "remedy_sought": lambda case: case.remedy_sought,
    "complainant": lambda case: case.complainant,
    "sold_on": lambda case: case.sold_on,
    "produced_on": lambda case: case.produced_on,
    "root_cause": lambda case: case.root_cause,
}


def data_quality(view):
    rows = []
    for field in sorted(FIELDS):
        cases = [case for case in view.received() if field != "root_cause" or case.decided]
        rows.append([field, len(cases), sum(FIELDS[field](case) is None for case in cases)])
    return ["field", "complaints", "missing"], rows


METRICS = {
    "priority_changes": priority_changes,
    "escalations": escalations,
    "record_changes": record_changes,
    "registration_gap": registration_gap,
    "weekday_hour": weekday_hour,
    "conformance": conformance,
    "data_quality": data_quality,
}
