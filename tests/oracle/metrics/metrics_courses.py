"""Metrics month by month, for the control charts: the 36 calendar months that end with the period."""

from collections import Counter

from metrics_stages import stages_of
from oracle_period import nulls_last

MONTHS = 36


class Course:
    """The months of a course, as a span of days."""

    def __init__(self, period):
        self.last = period.last
        first = period.last.year * 12 + period.last.month - 1 - (MONTHS - 1)
        self.first = period.last.replace(year=first // 12, month=first % 12 + 1, day=1)

    def __contains__(self, day):
        return day is not None and self.first <= day <= self.last


def counts(head, part, whole):
    """Two counts a group, the groups in ascending order."""
    return head, [[*key, part[key], whole[key]] for key in sorted(whole, key=nulls_last)]


def stage_course(view, as_of):
    course, late, judged = Course(view.period), Counter(), Counter()
    for case in view.cases:
        for stage in stages_of(case, view.calendar, as_of):
            if stage.side != "net" or stage.due_on not in course:
                continue
            if stage.verdict in ("met", "missed", "open_late"):
                key = (stage.name, stage.number, stage.site, f"{stage.due_on:%Y-%m}")
                judged[key] += 1
                late[key] += stage.verdict != "met"
    return counts(["stage", "pass", "site", "month", "late", "judged"], late, judged)


def answer_course(view):
    course, rejected, answered = Course(view.period), Counter(), Counter()
    for case in view.cases:
        answer = case.answers.get(1)
        if answer is None or case.state == "merged" or view.day(answer.at) not in course:
            continue
        key = (case.site, view.month(answer.at))
        answered[key] += 1
        rejected[key] += answer.answer == "rejected"
    return counts(["site", "month", "rejected", "answered"], rejected, answered)


def received(view):
    course = Course(view.period)
    return [c for c in view.cases if c.state != "merged" and view.day(c.received_at) in course]


def volume_course(view):
    groups = Counter((case.site, view.month(case.received_at)) for case in received(view))
    rows = [
        [site, month, groups[site, month], view.calendar.working_days(month, Course(view.period))]
        for site, month in sorted(groups, key=nulls_last)
    ]
    return ["site", "month", "complaints", "working_days"], rows


def category_course(view):
    groups = Counter((case.category, view.month(case.received_at)) for case in received(view))
    return ["category", "month", "complaints"], [[*key, groups[key]] for key in sorted(groups, key=nulls_last)]


METRICS = {
    "answer_course": answer_course,
    "volume_course": volume_course,
    "category_course": category_course,
}
