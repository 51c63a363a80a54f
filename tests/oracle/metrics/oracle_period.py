"""The period, and the few shapes that every metric's table shares."""

import datetime as dt
from collections import Counter

from oracle_calendar import ONE_DAY


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


def tally(head, groups):
    """Counts by group, as a table: the groups in ascending order, NULL last."""
    counts = Counter(groups)
    return head, [[*key, counts[key]] for key in sorted(counts, key=nulls_last)]


def yes_no(truth):
    return "yes" if truth else "no"


def whole(number):
    """12.0 is printed as 12."""
    return int(number) if number == int(number) else number


class View:
    """What a metric looks at: the register as known at as_of, and the period.

    `records` reads a file that lies beside the events, by its name.
    """

    def __init__(self, cases, records, period, calendar, as_of):
        self.cases, self.records, self.period, self.calendar = cases, records, period, calendar
        self.stock_on = min(period.last, calendar.local_day(as_of))

    def day(self, at):
        """Local day of an instant; None of none."""
        return self.calendar.local_day(at) if at is not None else None

    def month(self, at):
        return month_of(self.day(at))

    def falls_in(self, at):
        return self.day(at) in self.period

    def days_between(self, begin, end):
        """Calendar days from the one local day to the other."""
        return (self.day(end) - self.day(begin)).days

    def received(self):
        """Complaints received in the period, net of merged."""
        return [case for case in self.received_gross() if case.state != "merged"]

    def received_gross(self):
        return [case for case in self.cases if self.falls_in(case.received_at)]
