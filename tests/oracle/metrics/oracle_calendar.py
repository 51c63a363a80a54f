"""Which local days count, counted days after a start, and days that pauses cover."""

import datetime as dt
import sys
import tomllib
from zoneinfo import ZoneInfo

ONE_DAY = dt.timedelta(days=1)


class Calendar:
    """Which local days count, when they open and close, and where a local day ends."""

    WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

    def __init__(self, path):
        with open(path, "rb") as file:
            table = tomllib.load(file)
        settings = table.get("settings", {})
        wanted = {"half_days_count": True, "after_hours": "same_day", "limit_ends": "midnight"}
        for key, value in wanted.items():
            if settings.get(key, value) != value:
                sys.exit(f"{path}: this oracle knows only {key} = {value!r}")
        self.zone = ZoneInfo(table["zone"])
        self.hours = {
            self.WEEKDAYS.index(name): tuple(dt.time.fromisoformat(text) for text in span)
            for name, span in table["hours"].items()
        }
        self.special = {entry["date"]: entry for entry in table.get("day", [])}

    def local_day(self, instant):
        return instant.astimezone(self.zone).date()

    def instant(self, day, time):
        return dt.datetime.combine(day, time, tzinfo=self.zone).astimezone(dt.timezone.utc)

    def end_of(self, day):
        """The midnight at the end of a local day."""
        return self.instant(day + ONE_DAY, dt.time(0))

    def opening(self, day):
        """Opening hours as two instants, or None on a day that does not count."""
        if day.weekday() not in self.hours:
            return None
        opens, closes = self.hours[day.weekday()]
        entry = self.special.get(day)
        if entry is not None:
            if entry["kind"] != "half_day":
                return None
            closes = min(closes, dt.time.fromisoformat(entry["closes"]))
        return self.instant(day, opens), self.instant(day, closes)

    def counts(self, day):
        return self.opening(day) is not None

    def covered(self, day, spans):
        """Whether the spans together cover all opening hours of a counted day."""
        reached, closes = self.opening(day)
        for begin, end in sorted(spans):
            if begin <= reached < end:
                reached = end
        return reached >= closes

    def counted_days(self, start, spans=()):
        """The counted days after day 0, one after the other, without those the spans cover."""
        day = self.local_day(start)
        while True:
            day += ONE_DAY
            if self.counts(day) and not (spans and self.covered(day, spans)):
                yield day

    def due_on(self, start, limit, spans=()):
        for number, day in enumerate(self.counted_days(start, spans), 1):
            if number == limit:
                return day

    def limit_day_of(self, start, end, spans=()):
        """The smallest n whose limit lies after `end`; 0 on day 0."""
        if end < self.end_of(self.local_day(start)):
            return 0
        for number, day in enumerate(self.counted_days(start, spans), 1):
            if end < self.end_of(day):
                return number

    def days_over(self, start, now, spans=()):
        """Counted days that are over at `now`."""
        for number, day in enumerate(self.counted_days(start, spans)):
            if now < self.end_of(day):
                return number

    def working_days(self, month, period):
        """Working days of a month within the period; a half day is its share of the weekday's opening hours."""
        day = max(dt.date.fromisoformat(month + "-01"), period.first)
        number = 0.0
        while f"{day:%Y-%m}" == month and day <= period.last:
            if self.counts(day):
                opens, closes = self.opening(day)
                usual = [dt.datetime.combine(day, time) for time in self.hours[day.weekday()]]
                number += (closes - opens) / (usual[1] - usual[0])
            day += ONE_DAY
        return int(number) if number == int(number) else number
