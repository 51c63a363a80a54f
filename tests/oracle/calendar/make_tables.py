"""Tables of working-day arithmetic from numpy, and Turkey's holidays from the package `holidays`.

Run in this folder:  python make_tables.py
Versions and the meaning of the columns: README.md.
"""

import csv
import datetime as dt

import holidays
import numpy as np

SEED = 20261122
FIRST = np.datetime64("2001-01-01")
LAST = np.datetime64("2058-12-31")
CALENDARS = 24
ROWS = 120
PAUSE_ROWS = 1500


def random_calendars(rng):
    """Week masks and holiday lists; the first calendars have the common weeks and no holidays."""
    yield "1111100", []
    yield "1111110", []
    yield "1111011", []
    for _ in range(CALENDARS - 3):
        mask = "0000000"
        while "1" not in mask:
            mask = "".join(rng.choice(["0", "1"], size=7, p=[0.35, 0.65]))
        days = (LAST - FIRST).astype(int)
        count = int(rng.integers(0, 1200))
        yield mask, sorted(set(FIRST + rng.integers(0, days, size=count)))


def write_pauses(rng):
    """Stages with one or two pauses: a day that a pause covers is a holiday to numpy, nothing else.

    A pause runs from its first to its last date, in the middle of the opening hours when `mid` is 1
    (so that both dates still count), else from midnight to midnight (so that neither does).
    """
    one = np.timedelta64(1, "D")
    calendars = list(random_calendars(np.random.default_rng(SEED)))
    with open("pauses.csv", "w", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(
            "calendar start limit stop from1 to1 mid1 from2 to2 mid2"
            " due_gross due_net limit_day_gross limit_day_net".split()
        )
        for _ in range(PAUSE_ROWS):
            number = int(rng.integers(0, len(calendars)))
            mask, days = calendars[number]
            start = FIRST + int(rng.integers(0, 20000))
            limit = int(rng.integers(1, 12))
            stop = start + int(rng.integers(0, 45))
            left_out, pauses = [], []
            at = start
            for _ in range(2):
                first = at + int(rng.integers(1, 8))
                last = first + int(rng.integers(0, 15))
                mid = int(rng.integers(0, 2))
                pauses += [first, last, mid]
                whole = (first + one, last) if mid else (first, last + one)
                left_out += list(np.arange(*whole, dtype="datetime64[D]"))
                at = last + one
            gross = np.busdaycalendar(weekmask=mask, holidays=days)
            # A pause ends with the stage, so days after `stop` play no part in an ended stage.
            net = np.busdaycalendar(
                weekmask=mask, holidays=list(days) + [day for day in left_out if day < stop]
            )

            def due(cal):
                # The first limit day is the first working day after `start`.
                base = np.busday_offset(start + one, 0, roll="forward", busdaycal=cal)
                return np.busday_offset(base, limit - 1, busdaycal=cal)

            def limit_day(cal):
                return 0 if stop <= start else np.busday_count(start + one, stop, busdaycal=cal) + 1

            table.writerow(
                [number, start, limit, stop, *pauses]
                + [due(gross), due(net), limit_day(gross), limit_day(net)]
            )


def main():
    rng = np.random.default_rng(SEED + 1)
    with (
        open("calendars.csv", "w", newline="") as calendars_file,
        open("busday.csv", "w", newline="") as busday_file,
    ):
        calendars = csv.writer(calendars_file, lineterminator="\n")
        calendars.writerow(["calendar", "weekmask", "holidays"])
        table = csv.writer(busday_file, lineterminator="\n")
        table.writerow(
            ["calendar", "start", "n", "nth", "stop", "count", "is_working", "limit_day"]
        )
        for number, (mask, days) in enumerate(random_calendars(np.random.default_rng(SEED))):
            calendars.writerow([number, mask, " ".join(str(day) for day in days)])
            cal = np.busdaycalendar(weekmask=mask, holidays=days)
            one = np.timedelta64(1, "D")
            for _ in range(ROWS):
                start = FIRST + int(rng.integers(0, 20000))
                n = int(rng.integers(1, 40))
                stop = start + int(rng.integers(0, 90))
                # Counted days after `start`: roll back to a working day or, on a free day, to the one
                # before, then go forward by n.
                nth = np.busday_offset(start, n, roll="backward", busdaycal=cal)
                count = np.busday_count(start + one, stop + one, busdaycal=cal)
                # An end on `stop` belongs to the first limit day that is not over before it.
                limit_day = 0 if stop <= start else np.busday_count(start + one, stop, busdaycal=cal) + 1
                table.writerow(
                    [
                        number,
                        start,
                        n,
                        nth,
                        stop,
                        count,
                        int(np.is_busday(stop, busdaycal=cal)),
                        limit_day,
                    ]
                )

    write_pauses(rng)

    years = range(2015, 2036)
    full = holidays.country_holidays("TR", years=years, categories=("public",), language="tr")
    half = holidays.country_holidays("TR", years=years, categories=("half_day",), language="tr")
    with open("turkey.csv", "w", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["date", "kind", "name"])
        for date in sorted(set(full) | set(half)):
            assert isinstance(date, dt.date)
            kind = "full_day" if date in full else "half_day"
            names = [found[date] for found in (full, half) if date in found]
            table.writerow([date, kind, "; ".join(names)])


if __name__ == "__main__":
    main()
