"""Metrics of the people who handle complaints, and of figures entered by hand."""

from collections import Counter

from oracle_period import nulls_last, whole


def staff_trained(view):
    """P7: active contact staff, and those of them trained by the stock day."""
    staff, trained = Counter(), Counter()
    for row in view.records("staff.csv"):
        if row["contact"] == "yes" and row["active"] == "yes":
            department = row["department"] or None
            staff[department] += 1
            trained[department] += "" < row["trained_on"] <= str(view.stock_on)
    groups = sorted(staff, key=lambda department: nulls_last([department]))
    return ["department", "staff", "trained"], [[group, staff[group], trained[group]] for group in groups]


def evidence(view):
    """Figures entered by hand, dated up to the stock day."""
    head = ["indicator", "dated", "figure", "unit", "entered_by"]
    rows = []
    for row in view.records("evidences.csv"):
        if row["dated"] <= str(view.stock_on):
            figure = whole(float(row["figure"])) if row["figure"] else None
            rows.append([row["indicator"], row["dated"], figure, row["unit"] or None, row["entered_by"]])
    return head, sorted(rows, key=nulls_last)


METRICS = {"staff_trained": staff_trained, "evidence": evidence}
