"""What must come out of the three public event logs, by plain Python over the raw files.

`python3 tests/oracle/stores/event_logs.py FOLDER` prints the figures that tests/stores.rs holds. It shares nothing with the
mappings: it walks each case as a reader would, with a calendar of its own (Monday to Friday, the limit ends at 17:00 UTC of
the seventh working day after the day of receipt).
"""

import collections
import csv
import gzip
import sys
import xml.etree.ElementTree as ElementTree
from datetime import date, datetime, time, timedelta, timezone
from pathlib import Path

CLOSES = time(17, 0)
LIMIT = 7


def due(received):
    """When the limit ends: working days are counted from the day after the receipt."""
    day, left = received.astimezone(timezone.utc).date(), LIMIT
    while left:
        day += timedelta(days=1)
        left -= day.weekday() < 5
    return datetime.combine(day, CLOSES, timezone.utc)


def helpdesk(path):
    traces = []
    for _, element in ElementTree.iterparse(gzip.open(path)):
        if not element.tag.endswith("}trace"):
            continue
        events = [{a.get("key"): a.get("value") for a in e} for e in element if e.tag.endswith("}event")]
        name = next(a.get("value") for a in element if a.get("key") == "concept:name")
        traces.append((name, events))
        element.clear()
    print("helpdesk", len(traces), "traces", sum(len(e) for _, e in traces), "events")
    known = {"Insert ticket", "Assign seriousness", "Take in charge ticket", "Wait", "Require upgrade", "Create SW anomaly",
             "Resolve SW anomaly", "Schedule intervention", "Resolve ticket", "Closed"}
    print("unknown", sorted(collections.Counter(e["concept:name"] for _, x in traces for e in x if e["concept:name"] not in known).items()))

    overall, passes, stock = collections.Counter(), collections.Counter(), collections.Counter()
    outside = collections.Counter()
    first, after = datetime(2012, 4, 1, tzinfo=timezone.utc), datetime(2012, 7, 1, tzinfo=timezone.utc)
    for _, events in traces:
        times = [datetime.fromisoformat(e["time:timestamp"]) for e in events]
        received = times[0]
        answered = next((t for t, e in zip(times, events) if e["concept:name"] in ("Resolve ticket", "Closed")), None)
        limit = due(received)
        if date(2012, 4, 1) <= limit.date() < date(2012, 7, 1):
            overall[limit.strftime("%Y-%m"), answered is not None and answered <= limit] += 1
        # Where the ticket stands: at work, answered, closed; how often it came back; who answered first.
        stands, turns, solver, sorted_, taken, before, closings = "work", 1, None, False, False, None, []
        for at, event in zip(times, events):
            what, who = event["concept:name"], event["org:resource"]
            # Work, waiting and sorting bring a ticket back; from "answered" only once, and from "closed" only once.
            if what in ("Take in charge ticket", "Wait", "Assign seriousness") and stands in ("answered", "closed"):
                outside["reopened"] += turns > 1
                stands, turns = "work", turns + 1
                closings.append(("back", at))
            changed = lambda key: before is not None and event[key] != before[key]
            outside["classified"] += stands == "closed" and changed("service_type")
            outside["routed"] += stands in ("answered", "closed") and changed("workgroup")
            sorted_ |= what == "Assign seriousness"
            taken |= what == "Take in charge ticket"
            if what in ("Resolve ticket", "Closed") and stands == "work":
                outside["decided before it was sorted"] += taken and not sorted_ and turns == 1
                if turns == 1:
                    solver = who
                else:
                    outside["decided by the same person"] += who == solver
                stands = "answered"
            if what == "Closed":
                outside["answer_lapsed"] += stands == "closed"
                stands = "closed"
                closings.append(("closed", at))
            before = event
        passes[turns] += 1
        # In the stock from the receipt on, but for the time between a closing and the next return.
        def open_at(moment):
            past = [what for what, at in closings if at < moment]
            return received < moment and (not past or past[-1] == "back")

        stock["opening"] += open_at(first)
        stock["closing"] += open_at(after)
        stock["received"] += first <= received < after
    print("overall", sorted(overall.items()))
    print("passes", sorted(passes.items()))
    print("stock", dict(stock))
    print("outside", dict(outside))


def receipt(path):
    cases = collections.OrderedDict()
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            cases.setdefault(row["case:concept:name"], []).append(row)
    print("receipt", len(cases), "cases", sum(map(len, cases.values())), "events")
    at = lambda row, key: datetime.fromisoformat(row[key])
    theirs, agree, eight, acknowledged, odd, channels = (collections.Counter() for _ in range(6))
    for rows in cases.values():
        received = min(at(rows[0], "case:startdate"), min(at(r, "time:timestamp") for r in rows))
        channels[rows[0]["case:channel"]] += 1
        sent = [at(r, "time:timestamp") for r in rows if r["concept:name"].startswith("T05")]
        acknowledged["sent" if sent else "not sent"] += 1
        if rows[0]["case:enddate"]:
            ended = at(rows[0], "case:enddate")
            verdict = "met" if ended <= at(rows[0], "case:deadline") else "missed"
            theirs[verdict] += 1
            odd["ended before it was received"] += ended < received
            ours = "met" if ended <= due(received) else "missed"
            agree[verdict, ours] += 1
            odd["ended before the first task"] += ended < min(at(r, "time:timestamp") for r in rows)
            # Eight weeks of the law in place of our seven days.
            eight[verdict, "met" if ended <= received + timedelta(weeks=8) else "missed"] += 1
    print("their verdict", dict(theirs))
    print("theirs and ours", sorted(agree.items()))
    print("theirs and eight weeks", sorted(eight.items()))
    print("acknowledgement", dict(acknowledged), "channels", dict(channels), dict(odd))


def running(path):
    with open(path, encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    ends = collections.Counter(r["concept:name"] for r in rows if r["concept:name"] in ("pay compensation", "reject request"))
    print("running example", len({r["case:concept:name"] for r in rows}), "cases", len(rows), "events", dict(ends))


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    helpdesk(folder / "helpdesk.xes.gz")
    receipt(folder / "receipt.csv.gz")
    running(folder / "running-example.csv")
