"""Reads the CSV register: the complaints as known at as_of, and the records beside them."""

import csv
import os
import sys
from collections import defaultdict

from oracle_case import Event, mended
from oracle_facts import Changes, Complaint


def rows_of(folder, name):
    with open(os.path.join(folder, name), newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def read_cases(folder, as_of):
    events = defaultdict(list)
    for row in rows_of(folder, "events.csv"):
        event = Event(row)
        if event.recorded_at <= as_of:
            events[row["case_id"]].append(event)
    cases = rows_of(folder, "cases.csv")
    unknown = set(events) - {row["case_id"] for row in cases}
    if unknown:
        sys.exit(f"events.csv: cases that cases.csv does not have: {sorted(unknown)[:5]}")
    for row in cases:
        seen = events[row["case_id"]]
        changes = Changes(seen)
        known = mended(seen)
        if known and known[0].kind == "registered":
            yield Complaint(row["case_id"], known, row["complainant_id"] or None, changes)


def records_of(folder, name):
    """The rows of a file that a register need not have."""
    return rows_of(folder, name) if os.path.exists(os.path.join(folder, name)) else []
