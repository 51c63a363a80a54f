"""Metrics of what was decided: responses, remedies, their cost; recourse outside."""

from collections import Counter, defaultdict

from oracle_period import nulls_last, tally


def decisions(view):
    """Each decision that came into force in the period: case, pass, instant, data."""
    return [
        (case, number, at, data)
        for case in view.cases
        for number, at, data in case.decisions()
        if view.falls_in(at)
    ]


def fit(sought, granted):
    if sought is None:
        return "none_sought"
    if granted is None:
        return "none_granted"
    return "as_sought" if sought == granted else "other"


def remedies(view):
    rows = []
    for case, _, _, data in decisions(view):
        sought, granted = case.remedy_sought, data.get("granted")
        rows.append((sought, granted, fit(sought, granted)))
    return tally(["sought", "granted", "fit", "decisions"], rows)


def responses(view):
    return tally(
        ["month", "response", "decisions"],
        ((view.month(at), data["response"]) for _, _, at, data in decisions(view)),
    )


def cost_of_redress(view):
    groups = defaultdict(lambda: [0, 0])
    for _, _, at, data in decisions(view):
        group = groups[view.month(at), data.get("granted")]
        group[0] += 1
        group[1] += data.get("cost", 0)
    rows = [[*key, *groups[key]] for key in sorted(groups, key=nulls_last)]
    return ["month", "granted", "decisions", "cost_minor"], rows


def referred(view):
    """M6: taken to an external body, and how that ended."""
    groups = defaultdict(Counter)
    for case in view.received():
        group = groups[view.month(case.received_at)]
        group["received"] += 1
        group["referred"] += case.referred_at is not None
        group[case.external_outcome] += 1
    head = ["month", "received", "referred", "satisfied", "unsatisfied"]
    return head, [[month, *(groups[month][name] for name in head[1:])] for month in sorted(groups)]


METRICS = {
    "remedies": remedies,
    "responses": responses,
    "cost_of_redress": cost_of_redress,
    "referred": referred,
}
