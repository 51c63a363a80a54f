"""Twenty tickets of an invented desk, told in no help desk's words, and what must come out of each.

Every store's `make.py` writes these stories into the tables of that store, as its program would have written them, and
the expected outcome beside them. The outcome is worked out here from the story alone, never from the tables, so that a
mapping is judged by what happened and not by another reading of the same rows.

Run with plain Python: `python3 tests/oracle/stores/<store>/make.py`.
"""

import csv
from datetime import datetime, timedelta
from pathlib import Path

# What an action does: see `outcome`. Times are the desk's local ones (Europe/Istanbul, UTC+3 all year).
STORIES = [
    # number, channel, first group, first priority, actions
    ("1001", "email", "Returns", 2, []),
    ("1002", "phone", "Returns", 2, [("2026-01-06 09:30", "assign", "12")]),
    ("1003", "form", "Returns", 2, [("2026-01-07 10:00", "assign", "11"), ("2026-01-08 11:00", "wait", "11")]),
    ("1004", "email", "Delivery", 3, [
        ("2026-01-12 09:00", "assign", "12"), ("2026-01-12 15:00", "wait", "12"), ("2026-01-15 09:00", "work", "12"),
        ("2026-01-16 16:00", "close", "12")]),
    ("1005", "email", "Delivery", 2, [("2026-01-19 10:00", "assign", "13"), ("2026-01-20 14:00", "solve", "13")]),
    ("1006", "form", "Delivery", 1, [("2026-01-21 10:00", "solve", "13"), ("2026-01-26 02:15", "close", None)]),
    ("1007", "phone", "Billing", 2, [("2026-01-22 10:00", "close", "11"), ("2026-01-27 13:00", "back", "customer")]),
    ("1008", "email", "Billing", 2, [
        ("2026-01-23 10:00", "close", "11"), ("2026-01-28 10:00", "back", "customer"), ("2026-01-30 17:00", "close", "12")]),
    ("1009", "form", "Billing", 3, [
        ("2026-02-03 10:00", "solve", "11"), ("2026-02-04 10:00", "back", "customer"), ("2026-02-06 10:00", "solve", "12"),
        ("2026-02-11 02:15", "close", None)]),
    ("1010", "other", "Returns", 2, [
        ("2026-02-05 10:00", "close", "11"), ("2026-02-09 10:00", "back", "customer"), ("2026-02-10 10:00", "close", "12"),
        ("2026-02-16 10:00", "back", "customer"), ("2026-02-17 10:00", "close", "13")]),
    ("1011", "email", "Returns", 2, [("2026-02-12 11:00", "merge", "1002")]),
    ("1012", "email", "Returns", 2, [("2026-02-13 11:00", "close", "11"), ("2026-02-18 11:00", "merge", "1002")]),
    ("1013", "other", "Delivery", 2, [("2026-02-19 11:00", "remove", "11")]),
    ("1014", "email", "Delivery", 2, [("2026-02-20 11:00", "unknown", "11"), ("2026-02-24 11:00", "close", "11")]),
    ("1015", "form", "Delivery", 1, [
        ("2026-02-25 10:00", "move", "Billing"), ("2026-02-25 11:00", "raise", 3), ("2026-02-26 10:00", "move", "Returns"),
        ("2026-02-27 10:00", "assign", "12")]),
    ("1016", "phone", "Returns", 2, [("2026-03-02 10:00", "close at once", "11")]),
    ("1017", "email", "Returns", 2, [("2026-03-05 16:00", "imported closed", None)]),
    ("1018", "email", "Billing", 2, [("2026-03-10 10:00", "wait", "12"), ("2026-03-09 10:00", "work", "12"), ("2026-03-11 10:00", "close", "12")]),
    ("1019", "form", "Billing", 2, [("2026-03-12 10:00", "solve", "11"), ("2026-03-13 10:00", "accept", "customer")]),
    ("1020", "form", "Billing", 4, [
        ("2026-03-16 10:00", "solve", "11"), ("2026-03-17 10:00", "back", "customer"), ("2026-03-18 10:00", "solve", "12"),
        ("2026-03-19 10:00", "back", "customer")]),
]

SEVERITIES = {1: "low", 2: "medium", 3: "high", 4: "critical"}
COLUMNS = [
    "case_id", "state", "passes", "received_on", "routed_on", "decided_on", "closed_on", "category", "department",
    "severity_first", "severity_last", "channel", "reopenings", "merged_into", "first_answer", "pauses", "deviations",
]


def received(number):
    """A ticket is received on the morning of the day before its first action, or on 5 January."""
    for name, _, _, _, actions in STORIES:
        if name == number:
            if not actions:
                return datetime(2026, 1, 5, 8, 40)
            first = datetime.strptime(actions[0][0], "%Y-%m-%d %H:%M")
            if actions[0][1] == "close at once":
                return first
            return first.replace(hour=8, minute=40) - timedelta(days=1)
    raise KeyError(number)


def moments(actions):
    """The actions' times; a clock that is ahead of a later action is set back to it."""
    times = [datetime.strptime(at, "%Y-%m-%d %H:%M") for at, _, _ in actions]
    for place in range(len(times) - 2, -1, -1):
        times[place] = min(times[place], times[place + 1])
    return times


def outcome(story, answers=False, sorted_at_once=True, solves=True):
    """What must come out of a story.

    answers: the store knows who accepted and who refused. sorted_at_once: group and category are known from the receipt.
    solves: the store tells "solved" from "closed".
    """
    number, channel, group, priority, actions = story
    day = lambda at: at.strftime("%Y-%m-%d")
    got = dict.fromkeys(COLUMNS, "")
    got.update(
        case_id=number, channel=channel, received_on=day(received(number)), department=group, category=group, pauses=0,
        deviations=0, reopenings=0, severity_first=SEVERITIES[priority], severity_last=SEVERITIES[priority])
    got["routed_on"] = day(received(number)) if sorted_at_once else ""
    place, passes, waits, closed = "work", 1, False, ""
    for at, (_, what, who) in zip(moments(actions), actions):
        if what == "close" and not solves and place == "solved":
            # Without a state of its own the solution was the end already.
            continue
        if what in ("solve",) and not solves:
            what = "close"
        if what in ("wait",):
            got["pauses"] += not waits
            waits = True
        elif what in ("work", "assign", "move", "raise", "unknown"):
            if what == "work":
                waits = False
            if what == "move":
                got["department"] = who
            if what == "raise":
                got["severity_last"] = SEVERITIES[who]
        elif what in ("solve", "close", "close at once", "imported closed", "accept"):
            waits = False
            if place == "work":
                got["decided_on"] = got["decided_on"] or day(at)
            if what == "solve":
                place, closed = "solved", ""
            elif what == "accept" and answers:
                place, closed = "accepted", day(at)
                got["first_answer"] = got["first_answer"] or "accepted"
            elif what == "accept" and not solves:
                place, closed = "closed", closed
            else:
                place, closed = "closed", day(at)
        elif what == "back":
            passes += 1
            if place == "solved" and (passes == 2 or answers):
                got["first_answer"] = got["first_answer"] or "rejected"
                # Refused twice: what is left is outside the organisation.
                if answers and passes == 3:
                    passes, place, closed = 2, "outstanding", ""
                    continue
            else:
                got["reopenings"] += 1
                # Only a closed case is reopened, and only once.
                got["deviations"] += place == "solved" or passes > 2
            place, closed = "work", ""
        elif what == "merge":
            got["deviations"] += place == "closed"
            place, closed, got["merged_into"] = "merged", day(at), who
        elif what == "remove":
            place, closed = "removed", day(at)
        else:
            raise ValueError(what)
    got["passes"] = passes
    got["closed_on"] = closed
    got["state"] = {
        "work": "in_processing", "solved": "resolved", "closed": "unanswered", "accepted": "completed",
        "outstanding": "outstanding", "merged": "merged", "removed": "withdrawn",
    }[place]
    return got


def write_csv(path, columns, rows):
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", newline="", encoding="utf-8") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(columns)
        for row in rows:
            out.writerow([row.get(column, "") if isinstance(row, dict) else row[place] for place, column in enumerate(columns)])


def write_outcomes(folder, outcomes):
    write_csv(Path(folder) / "expected.csv", COLUMNS, outcomes)
