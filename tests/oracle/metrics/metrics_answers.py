"""Metrics of the answers: ours to the complainant, and the complainant's to us."""

from collections import Counter

from oracle_period import tally, yes_no


def answer_time(view):
    """P13: calendar days from receipt to the first decision told."""
    return tally(
        ["month", "days", "complaints"],
        (
            (view.month(case.communicated[1]), view.days_between(case.received_at, case.communicated[1]))
            for case in told_first(view)
        ),
    )


def told_first(view):
    """Complaints whose first decision was told in the period, net of merged."""
    return [case for case in view.cases if view.falls_in(case.communicated.get(1)) and case.state != "merged"]


def satisfaction(view):
    """P14: surveys by their answer, by the day they were sent; no score is no answer."""
    return tally(
        ["month", "score", "surveys"],
        (
            (view.month(case.survey_sent_at), case.survey_score)
            for case in view.cases
            if view.falls_in(case.survey_sent_at)
        ),
    )


def step(case, number):
    """How one pass stands between us and the customer."""
    answer = case.answers.get(number)
    if answer is not None:
        return answer.answer + ("_on_behalf" if answer.on_behalf else "")
    if number in case.lapsed:
        return "lapsed"
    if case.state == "withdrawn":
        return "withdrawn"
    return "waiting" if number in case.communicated else "in_examination"


def last_step(case):
    """What became of a complaint whose second decision was rejected too. [R17]"""
    if not case.was_outstanding:
        return None
    return {"completed_externally": "external_satisfied", "exhausted": "exhausted", "withdrawn": "withdrawn"}.get(
        case.state, "outstanding"
    )


def acceptance(view):
    rows = []
    for case in told_first(view):
        first, second = step(case, 1), None
        if first.startswith("rejected"):
            second = step(case, 2)
        rows.append((view.month(case.communicated[1]), first, second, last_step(case)))
    return tally(["month", "first_step", "second_step", "last_step", "complaints"], rows)


def answered(view):
    """Each pass answered in the period: case, pass, answer."""
    return [
        (case, number, answer)
        for case in view.cases
        for number, answer in case.answers.items()
        if view.falls_in(answer.at)
    ]


def answer_wait(view):
    """Calendar days that a decision, once told, waited for the customer's answer."""
    return tally(
        ["pass", "answer", "on_behalf", "days", "answers"],
        (
            (
                number,
                answer.answer,
                yes_no(answer.on_behalf),
                view.days_between(case.communicated[number], answer.at),
            )
            for case, number, answer in answered(view)
        ),
    )


def rejection_reasons(view):
    return tally(
        ["pass", "reason", "rejections"],
        ((number, answer.reason) for _, number, answer in answered(view) if answer.answer == "rejected"),
    )


def settled_where_made(view):
    """M2: those settled where they were first made, beside all received."""
    received, settled = Counter(), Counter()
    for case in view.received():
        month = view.month(case.received_at)
        received[month] += 1
        settled[month] += case.settled_where_made
    return ["month", "received", "settled"], [[month, received[month], settled[month]] for month in sorted(received)]


METRICS = {
    "settled_where_made": settled_where_made,
    "answer_time": answer_time,
    "satisfaction": satisfaction,
    "acceptance": acceptance,
    "answer_wait": answer_wait,
    "rejection_reasons": rejection_reasons,
}
