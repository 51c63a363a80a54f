"""The stories as Zammad's tables.

Columns are those of zammad/zammad, db/migrate/20120101000010_create_ticket.rb and 20120101000001_create_base.rb; states,
state types, priorities, article types and senders those of db/seeds/*.rb. Changes are written as app/models/concerns/
has_history.rb writes them (one row an attribute, ids beside names, the time of the ticket's last change), a merge as
app/models/ticket.rb#merge_to does. Times are UTC.
"""

import sys
from datetime import timedelta
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from stories import STORIES, outcome, received, write_csv, write_outcomes  # noqa: E402
from datetime import datetime  # noqa: E402

GROUPS = {"Returns": 2, "Delivery": 3, "Billing": 4}
STATE_TYPES = ["new", "open", "pending reminder", "pending action", "closed", "merged", "removed", "pending review", "delegated"]
# name, type, next state
STATES = [
    ("new", 1, ""), ("open", 2, ""), ("pending reminder", 3, ""), ("closed", 5, ""), ("merged", 6, ""), ("removed", 7, ""),
    ("pending close", 4, 4), ("in translation", 8, ""),
]
PRIORITIES = ["1 low", "2 normal", "3 high", "4 urgent"]
ARTICLE_TYPES = ["email", "sms", "chat", "fax", "phone", "twitter status", "twitter direct-message", "facebook feed post",
                 "facebook feed comment", "note", "web", "telegram personal-message", "facebook direct-message", "whatsapp message"]
SENDERS = ["Agent", "Customer", "System"]
HISTORY_TYPES = ["created", "updated", "merged_into", "received_merge", "notification"]
HISTORY_OBJECTS = ["Ticket", "Ticket::Article"]
HISTORY_ATTRIBUTES = ["state", "group", "priority", "owner", "title", "pending_time"]
CHANNELS = {"email": 1, "phone": 5, "form": 11, "other": 3}
STATE_OF = {"wait": 3, "work": 2, "close": 4, "solve": 7, "back": 2, "merge": 5, "remove": 6, "unknown": 8, "accept": 4}

TICKETS = [
    "id", "group_id", "priority_id", "state_id", "organization_id", "number", "title", "owner_id", "customer_id", "note",
    "first_response_at", "first_response_escalation_at", "first_response_in_min", "first_response_diff_in_min", "close_at",
    "close_escalation_at", "close_in_min", "close_diff_in_min", "update_escalation_at", "update_in_min", "update_diff_in_min",
    "last_close_at", "last_contact_at", "last_contact_agent_at", "last_contact_customer_at", "last_owner_update_at",
    "create_article_type_id", "create_article_sender_id", "article_count", "escalation_at", "pending_time", "type", "time_unit",
    "preferences", "updated_by_id", "created_by_id", "created_at", "updated_at",
]
HISTORIES = [
    "id", "history_type_id", "history_object_id", "history_attribute_id", "o_id", "related_o_id", "related_history_object_id",
    "id_to", "id_from", "value_from", "value_to", "created_by_id", "created_at", "updated_at",
]
ARTICLES = [
    "id", "ticket_id", "type_id", "sender_id", "from", "to", "cc", "subject", "reply_to", "message_id", "message_id_md5",
    "in_reply_to", "content_type", "body", "internal", "preferences", "updated_by_id", "created_by_id", "origin_by_id",
    "created_at", "updated_at",
]


def utc(local):
    return (local - timedelta(hours=3)).strftime("%Y-%m-%d %H:%M:%S.000")


def main():
    tickets, histories, articles = [], [], []
    keys = {story[0]: place + 1 for place, story in enumerate(STORIES)}

    def change(ticket, kind, at, by, attribute="", frm="", to="", names=("", "")):
        histories.append({
            "id": len(histories) + 1, "history_type_id": HISTORY_TYPES.index(kind) + 1, "history_object_id": 1,
            "history_attribute_id": HISTORY_ATTRIBUTES.index(attribute) + 1 if attribute else "", "o_id": ticket,
            "id_from": frm, "id_to": to, "value_from": names[0], "value_to": names[1],
            "created_by_id": by, "created_at": utc(at), "updated_at": utc(at)})

    def article(ticket, at, kind, sender, body, internal=False, by=3, content_type="text/plain"):
        articles.append({
            "id": len(articles) + 1, "ticket_id": ticket, "type_id": kind, "sender_id": sender, "subject": "", "body": body,
            "content_type": content_type, "internal": "t" if internal else "f", "updated_by_id": by, "created_by_id": by,
            "created_at": utc(at), "updated_at": utc(at)})

    for number, channel, group, priority, actions in STORIES:
        key, customer = keys[number], 100 + keys[number] % 7
        at = received(number)
        row = {
            "id": key, "number": number, "title": f"Ticket {number}", "customer_id": customer, "owner_id": 1,
            "create_article_type_id": CHANNELS[channel], "create_article_sender_id": 2, "created_by_id": customer,
            "updated_by_id": customer, "created_at": utc(at)}
        state, group_id, priority_id = 1, GROUPS[group], priority
        if actions and actions[0][1] in ("close at once", "imported closed"):
            state = 4
            row["close_at"] = row["last_close_at"] = utc(datetime.strptime(actions[0][0], "%Y-%m-%d %H:%M"))
        if not (actions and actions[0][1] == "imported closed"):
            change(key, "created", at, customer)
        article(key, at, CHANNELS[channel], 2, f"<p>My order of ticket {number} &amp; its box</p>", by=customer, content_type="text/html")
        if channel == "email":
            article(key, at + timedelta(minutes=1), 1, 3, "We have your mail.")
        for moment, what, who in actions:
            at = datetime.strptime(moment, "%Y-%m-%d %H:%M")
            by = customer if who == "customer" else (who if isinstance(who, str) and who.isdigit() and len(who) == 2 else 1)
            if what == "assign":
                change(key, "updated", at, by, "owner", row["owner_id"], who, ("-", f"Agent {who}"))
                row["owner_id"] = who
                if state == 1:
                    change(key, "updated", at, by, "state", state, 2, ("new", "open"))
                    state = 2
            elif what == "move":
                change(key, "updated", at, 11, "group", group_id, GROUPS[who], (group, who))
                group_id = GROUPS[who]
            elif what == "raise":
                change(key, "updated", at, 11, "priority", priority_id, who, (PRIORITIES[priority_id - 1], PRIORITIES[who - 1]))
                priority_id = who
            elif what in ("close at once", "imported closed"):
                pass
            else:
                to = STATE_OF[what]
                if what == "merge":
                    change(key, "merged_into", at, 11, "", key, keys[who])
                    change(keys[who], "received_merge", at, 11, "", key, keys[who])
                change(key, "updated", at, by, "state", state, to, (STATES[state - 1][0], STATES[to - 1][0]))
                state = to
                if to == 4:
                    row.setdefault("close_at", utc(at))
                    row["last_close_at"] = utc(at)
                if what in ("solve", "close") and channel == "email":
                    article(key, at, 1, 1, "Here is our answer.", by=by)
        row.update(state_id=state, group_id=group_id, priority_id=priority_id, updated_at=utc(at))
        # A service level applied to two of them.
        if number == "1004":
            row["close_diff_in_min"] = 35
        if number == "1008":
            row["close_diff_in_min"] = -120
        tickets.append(row)
    # What is left of a ticket whose rows were deleted by hand: Zammad itself deletes its history with it.
    change(999, "updated", datetime(2026, 3, 1, 9, 0), 11, "state", 1, 4, ("new", "closed"))
    change(999, "updated", datetime(2026, 3, 1, 9, 5), 11, "group", 2, 3, ("Returns", "Delivery"))

    tables = HERE / "tables"
    stamp = {"updated_by_id": 1, "created_by_id": 1, "created_at": "2025-12-01 06:00:00.000", "updated_at": "2025-12-01 06:00:00.000"}
    names = lambda values: [{"id": place + 1, "name": name, **stamp} for place, name in enumerate(values)]
    named = ["id", "name", "note", "updated_by_id", "created_by_id", "created_at", "updated_at"]
    write_csv(tables / "tickets.csv", TICKETS, tickets)
    write_csv(tables / "histories.csv", HISTORIES, histories)
    write_csv(tables / "ticket_articles.csv", ARTICLES, articles)
    write_csv(tables / "history_types.csv", ["id", "name", "created_at", "updated_at"], names(HISTORY_TYPES))
    write_csv(tables / "history_objects.csv", ["id", "name", "note", "created_at", "updated_at"], names(HISTORY_OBJECTS))
    write_csv(tables / "history_attributes.csv", ["id", "name", "created_at", "updated_at"], names(HISTORY_ATTRIBUTES))
    write_csv(tables / "ticket_state_types.csv", named, names(STATE_TYPES))
    write_csv(
        tables / "ticket_states.csv",
        ["id", "state_type_id", "name", "next_state_id", "ignore_escalation", "default_create", "default_follow_up", "note", "active",
         "updated_by_id", "created_by_id", "created_at", "updated_at"],
        [{"id": place + 1, "name": name, "state_type_id": kind, "next_state_id": after, "active": "t", **stamp}
         for place, (name, kind, after) in enumerate(STATES)])
    write_csv(tables / "ticket_priorities.csv", named[:2] + ["default_create", "ui_icon", "ui_color"] + named[2:], names(PRIORITIES))
    write_csv(tables / "groups.csv", ["id", "name", "active", *named[2:]], [{"id": i, "name": n, "active": "t", **stamp} for n, i in GROUPS.items()])
    write_csv(
        tables / "ticket_article_types.csv", ["id", "name", "note", "communication", "active", *named[3:]],
        [{**row, "communication": "f" if row["name"] == "note" else "t", "active": "t"} for row in names(ARTICLE_TYPES)])
    write_csv(tables / "ticket_article_senders.csv", named, names(SENDERS))
    write_outcomes(HERE, [outcome(story) for story in STORIES])


if __name__ == "__main__":
    main()
