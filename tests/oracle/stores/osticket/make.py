"""The stories as osTicket's tables.

Columns are those of osTicket/osTicket, setup/inc/streams/core/install-mysql.sql, with the patches of version 1.14
(9b5550da: ticket_pid; e6978154: thread_type and event_id). Statuses begin as include/i18n/en_US/ticket_status.yaml has them
(states open, closed, archived, deleted), with two that a desk might add: "On Hold" and one of a state that nobody knows.
Events are logged as include/class.ticket.php does it: "closed" with [status, name], "reopened" annuls earlier closings,
"merged" stands in both threads with the other ticket's number before the child is closed by force, and a deleted ticket's
events stay with thread 0. Times are the desk's local ones.
"""

import json
import sys
from datetime import datetime
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from stories import STORIES, outcome, received, write_csv, write_outcomes  # noqa: E402

DEPARTMENTS = {"Returns": 1, "Delivery": 2, "Billing": 3}
TOPICS = {"Returns": 11, "Delivery": 12, "Billing": 13}
STATUSES = [
    (1, "Open", "open"), (2, "Resolved", "closed"), (3, "Closed", "closed"), (4, "Archived", "archived"), (5, "Deleted", "deleted"),
    (6, "On Hold", "open"), (7, "In translation", "elsewhere"),
]
EVENTS = ["created", "closed", "reopened", "assigned", "released", "transferred", "referred", "overdue", "edited", "viewed", "error",
          "collab", "resent", "deleted", "started", "cancelled", "merged", "unlinked", "linked"]
SOURCES = {"email": "Email", "phone": "Phone", "form": "Web", "other": "API"}
PRIORITIES = ["low", "normal", "high", "emergency"]

TICKETS = [
    "ticket_id", "ticket_pid", "number", "user_id", "user_email_id", "status_id", "dept_id", "sla_id", "topic_id", "staff_id",
    "team_id", "email_id", "lock_id", "flags", "sort", "ip_address", "source", "source_extra", "isoverdue", "isanswered", "duedate",
    "est_duedate", "reopened", "closed", "lastupdate", "created", "updated",
]
THREAD_EVENTS = [
    "id", "thread_id", "thread_type", "event_id", "staff_id", "team_id", "dept_id", "topic_id", "data", "username", "uid",
    "uid_type", "annulled", "timestamp",
]
ENTRIES = [
    "id", "pid", "thread_id", "staff_id", "user_id", "type", "flags", "poster", "editor", "editor_type", "source", "title", "body",
    "format", "ip_address", "extra", "recipients", "created", "updated",
]


def text(at):
    return at.strftime("%Y-%m-%d %H:%M:%S")


def main():
    tickets, events, entries, threads, fields = [], [], [], [], []
    keys = {story[0]: place + 1 for place, story in enumerate(STORIES)}
    thread_of = {key: 50 + key for key in keys.values()}

    def event(thread, at, what, dept, topic, by="", data=None, staff=0):
        events.append({
            "id": len(events) + 1, "thread_id": thread, "thread_type": "T", "event_id": EVENTS.index(what) + 1, "staff_id": staff,
            "team_id": 0, "dept_id": dept, "topic_id": topic, "data": json.dumps(data) if data is not None else "NULL",
            "username": "x", "uid": by or "NULL", "uid_type": "U" if by and int(by) > 99 else "S", "annulled": 0, "timestamp": text(at)})

    for number, channel, group, priority, actions in STORIES:
        key, customer = keys[number], 100 + keys[number] % 7
        thread, at = thread_of[key], received(number)
        dept, topic = DEPARTMENTS[group], TOPICS[group]
        threads.append({"id": thread, "object_id": key, "object_type": "T", "created": text(at)})
        row = {
            "ticket_id": key, "ticket_pid": "NULL", "number": number, "user_id": customer, "status_id": 1, "sla_id": 0, "flags": 0,
            "topic_id": topic, "source": SOURCES[channel], "created": text(at), "closed": "NULL"}
        status = 1
        if not (actions and actions[0][1] == "imported closed"):
            event(thread, at, "created", dept, topic, customer)
        entries.append({
            "id": len(entries) + 1, "thread_id": thread, "user_id": customer, "type": "M", "title": "NULL",
            "body": f"<p>My order of ticket {number} &amp; its box</p>", "format": "html", "created": text(at)})
        last = at
        for moment, what, who in actions:
            at = last = datetime.strptime(moment, "%Y-%m-%d %H:%M")
            by = customer if who == "customer" else (who if isinstance(who, str) and who.isdigit() and len(who) == 2 else "")
            if moment == "2026-01-30 17:00":
                event(thread, datetime(2026, 1, 29, 10, 0), "overdue", dept, topic)
            if what == "assign":
                event(thread, at, "assigned", dept, topic, by, {"staff": [int(who), f"Agent {who}"]}, int(who))
            elif what == "move":
                dept = DEPARTMENTS[who]
                event(thread, at, "transferred", dept, topic, 11, {"dept": who})
            elif what == "raise":
                priority = who
            elif what in ("close", "solve", "accept", "close at once"):
                if what in ("accept",) and status == 3:
                    continue
                status = 2 if what == "solve" else 3
                event(thread, at, "closed", dept, topic, by, {"status": [status, STATUSES[status - 1][1]]})
                row["closed"] = text(at)
            elif what == "imported closed":
                status, row["closed"] = 3, text(at)
            elif what == "back":
                for earlier in events:
                    if earlier["thread_id"] == thread and earlier["event_id"] == 2:
                        earlier["annulled"] = 1
                status, row["closed"] = 1, "NULL"
                event(thread, at, "reopened", dept, topic, by)
            elif what in ("wait", "work", "unknown"):
                status = {"wait": 6, "work": 1, "unknown": 7}[what]
                event(thread, at, "edited", dept, topic, by, {"status": status})
            elif what == "merge":
                parent = keys[who]
                event(thread_of[parent], at, "merged", 1, 11, 11, {"ticket": f"Ticket #{number}", "id": key})
                event(thread, at, "merged", dept, topic, 11, {"ticket": f"Ticket #{who}", "id": parent})
                row.update(ticket_pid=parent, flags=2)
                if status != 3:
                    event(thread, at, "closed", dept, topic, 11, {"status": [3, "Closed"]})
                status, row["closed"] = 3, text(at)
            elif what == "remove":
                # A desk that keeps its tickets gives them a status of the state "deleted".
                status = 5
                event(thread, at, "edited", dept, topic, by, {"status": 5})
        row.update(status_id=status, dept_id=dept, updated=text(last))
        if number == "1004":
            row["sla_id"] = 1
        if number == "1008":
            row["sla_id"] = 1
        # Linked to another ticket: not merged.
        if number == "1005":
            row.update(ticket_pid=keys["1004"], flags=8)
        tickets.append(row)
        fields.append({"ticket_id": key, "subject": f"Ticket {number}", "priority": priority})
    # Events are numbered as they happened, also where the stories above were written one after the other.
    order = sorted(events, key=lambda e: (e["thread_id"], e["id"]))
    for place, row in enumerate(order):
        row["id"] = place + 1
    # What is left of a deleted ticket.
    for what in ("created", "closed", "deleted"):
        order.append({
            "id": len(order) + 1, "thread_id": 0, "thread_type": "T", "event_id": EVENTS.index(what) + 1, "staff_id": 0, "team_id": 0,
            "dept_id": 1, "topic_id": 11, "data": "NULL", "username": "x", "uid": "NULL", "uid_type": "S", "annulled": 0,
            "timestamp": "2026-03-01 09:00:00"})

    tables = HERE / "tables"
    write_csv(tables / "ost_ticket.csv", TICKETS, tickets)
    write_csv(tables / "ost_thread.csv", ["id", "object_id", "object_type", "extra", "lastresponse", "lastmessage", "created"], threads)
    write_csv(tables / "ost_thread_event.csv", THREAD_EVENTS, order)
    write_csv(tables / "ost_thread_entry.csv", ENTRIES, entries)
    write_csv(tables / "ost_event.csv", ["id", "name", "description"], [{"id": i + 1, "name": n} for i, n in enumerate(EVENTS)])
    write_csv(tables / "ost_ticket_status.csv", ["id", "name", "state", "mode", "flags", "sort", "properties", "created", "updated"], [{"id": i, "name": n, "state": s} for i, n, s in STATUSES])
    write_csv(tables / "ost_department.csv", ["id", "pid", "name"], [{"id": i, "name": n} for n, i in DEPARTMENTS.items()])
    write_csv(tables / "ost_help_topic.csv", ["topic_id", "topic_pid", "topic"], [{"topic_id": i, "topic": n} for n, i in TOPICS.items()])
    write_csv(tables / "ost_ticket__cdata.csv", ["ticket_id", "subject", "priority"], fields)
    write_csv(tables / "ost_ticket_priority.csv", ["priority_id", "priority", "priority_desc", "priority_urgency"], [{"priority_id": i + 1, "priority": n} for i, n in enumerate(PRIORITIES)])

    expected = [outcome(story) for story in STORIES]
    for row in expected:
        # A priority is known as it is now.
        row["severity_first"] = row["severity_last"]
    write_outcomes(HERE, expected)


if __name__ == "__main__":
    main()
