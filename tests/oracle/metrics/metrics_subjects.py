"""Metrics of what complaints are about: product, lot, cause, problems, and complaints beside units sold."""

from collections import Counter, defaultdict

from oracle_period import nulls_last, tally, whole


def pareto(view, head, group):
    groups = defaultdict(lambda: [0, 0])
    for case in view.received():
        numbers = groups[group(case)]
        numbers[0] += 1
        numbers[1] += case.cost
    rows = [[*key, *numbers] for key, numbers in groups.items()]
    return (
        [*head, "complaints", "cost_minor"],
        sorted(rows, key=lambda row: (-row[len(head)], nulls_last(row[: len(head)]))),
    )


def pareto_product(view):
    return pareto(view, ["product"], lambda case: (case.product,))


def pareto_lot(view):
    return pareto(view, ["product", "lot"], lambda case: (case.product, case.lot))


def pareto_root_cause(view):
    return pareto(view, ["cause"], lambda case: (case.root_cause,))


def issues(view):
    """Every problem of every complaint: one primary, classified yet or not, and the further ones."""
    rows = []
    for case in view.received():
        rows.append((case.category, "primary"))
        rows += [(category, "further") for category in case.further_issues]
    return tally(["category", "place", "problems"], rows)


def complaints_per_exposure(view):
    complaints = Counter((view.month(case.received_at), case.product, case.site) for case in view.received())
    first, last = f"{view.period.first:%Y-%m}", f"{view.period.last:%Y-%m}"
    units = {
        (row["month"], row["product"], row["site"]): whole(float(row["units"]))
        for row in view.records("exposures.csv")
        if first <= row["month"] <= last and row["product"] and row["site"]
    }
    rows = []
    for key in sorted({*complaints, *units}, key=nulls_last):
        rows.append([*key, complaints[key], units.get(key)])
    return ["month", "product", "site", "complaints", "units"], rows


METRICS = {
    "pareto_product": pareto_product,
    "pareto_lot": pareto_lot,
    "pareto_root_cause": pareto_root_cause,
    "issues": issues,
    "complaints_per_exposure": complaints_per_exposure,
}
