"""The stories as GLPI's tables.

Columns are those of glpi-project/glpi, install/mysql/glpi-10.0.17-empty.sql. Statuses are those of CommonITILObject (1 new,
2 assigned, 3 planned, 4 pending, 5 solved, 6 closed). The history is written as src/Log.php and src/CommonITILActor.php write
it: field 12 is the status, 3 the priority, 7 the category, 8 an assigned group, 5 an assigned person; action 15 adds a link,
13 puts the ticket in the bin; names end with their number in brackets. A solution is accepted or refused as
src/ITILSolution.php and src/CommonITILObject.php do it (2 waiting, 3 accepted, 4 refused), a merge is src/Ticket.php#merge: a
link "son of" (3) and the bin. Times are the desk's local ones.
"""

import sys
from datetime import datetime, timedelta
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from stories import STORIES, outcome, received, write_csv, write_outcomes  # noqa: E402

GROUPS = {"Returns": 1, "Delivery": 2, "Billing": 3}
# The category is what the group handles; it does not change with the group.
CATEGORIES = {"Returns": 1, "Delivery": 2, "Billing": 3}
REQUEST_TYPES = ["Helpdesk", "E-Mail", "Phone", "Direct", "Written", "Other"]
CHANNELS = {"form": 1, "email": 2, "phone": 3, "other": 6}
PRIORITY = {1: 2, 2: 3, 3: 4, 4: 5}
STATUS = {"assign": 2, "wait": 4, "work": 2, "solve": 5, "close": 6, "back": 2, "unknown": 11, "accept": 6}

TICKETS = [
    "id", "entities_id", "name", "date", "closedate", "solvedate", "takeintoaccountdate", "date_mod", "users_id_lastupdater",
    "status", "users_id_recipient", "requesttypes_id", "content", "urgency", "impact", "priority", "itilcategories_id", "type",
    "global_validation", "slas_id_ttr", "slas_id_tto", "slalevels_id_ttr", "time_to_resolve", "time_to_own",
    "begin_waiting_date", "sla_waiting_duration", "ola_waiting_duration", "olas_id_tto", "olas_id_ttr", "olalevels_id_ttr",
    "ola_tto_begin_date", "ola_ttr_begin_date", "internal_time_to_resolve", "internal_time_to_own", "waiting_duration",
    "close_delay_stat", "solve_delay_stat", "takeintoaccount_delay_stat", "actiontime", "is_deleted", "locations_id",
    "validation_percent", "date_creation",
]
LOGS = ["id", "itemtype", "items_id", "itemtype_link", "linked_action", "user_name", "date_mod", "id_search_option", "old_value", "new_value"]
SOLUTIONS = [
    "id", "itemtype", "items_id", "solutiontypes_id", "solutiontype_name", "content", "date_creation", "date_mod", "date_approval",
    "users_id", "user_name", "users_id_editor", "users_id_approval", "user_name_approval", "status", "itilfollowups_id",
]


def text(at):
    return at.strftime("%Y-%m-%d %H:%M:%S")


def main():
    tickets, logs, users, groups, solutions, links, surveys = [], [], [], [], [], [], []
    keys = {story[0]: int(story[0]) for story in STORIES}

    def log(ticket, at, by, field, old, new, linked="", action=0):
        name = f"Agent {by} ({by})" if by and int(by) < 100 else (f"Customer {by} ({by})" if by else "")
        logs.append({
            "id": len(logs) + 1, "itemtype": "Ticket", "items_id": ticket, "itemtype_link": linked, "linked_action": action,
            "user_name": name, "date_mod": text(at), "id_search_option": field, "old_value": old, "new_value": new})

    for number, channel, group, priority, actions in STORIES:
        key, customer = keys[number], 100 + int(number) % 7
        at = received(number)
        bare = number == "1001"
        row = {
            "id": key, "entities_id": 0, "name": f"Ticket {number}", "date": text(at), "date_creation": text(at + timedelta(minutes=4)),
            "closedate": "NULL", "solvedate": "NULL", "content": f"&#60;p&#62;My order of ticket {number} &#38;amp; its box&#60;/p&#62;",
            "requesttypes_id": CHANNELS[channel], "users_id_recipient": customer, "priority": PRIORITY[priority],
            "itilcategories_id": 0 if bare else CATEGORIES[group], "type": 1, "is_deleted": 0, "locations_id": 0, "time_to_resolve": "NULL"}
        users.append({"id": len(users) + 1, "tickets_id": key, "users_id": customer, "type": 1, "alternative_email": "NULL"})
        created = at + timedelta(minutes=4)
        status, started_closed = (1 if bare else 2), False
        if actions and actions[0][1] in ("close at once", "imported closed"):
            status, started_closed = 6, True
            moment = datetime.strptime(actions[0][0], "%Y-%m-%d %H:%M")
            if actions[0][1] == "close at once":
                row["date"] = row["date_creation"] = text(moment)
                created = moment
            row["solvedate"] = row["closedate"] = text(moment)
        if not bare:
            groups.append({"id": len(groups) + 1, "tickets_id": key, "groups_id": GROUPS[group], "type": 2})
            if not (actions and actions[0][1] == "imported closed"):
                log(key, created, "", 0, "", "", "", 20)
                log(key, created, "11", 8, "", f"{group} ({GROUPS[group]})", "Group", 15)
        changed = created
        for moment, what, who in actions:
            at = changed = datetime.strptime(moment, "%Y-%m-%d %H:%M")
            by = str(customer) if who == "customer" else (who if isinstance(who, str) and who.isdigit() and len(who) == 2 else "")
            if what == "assign":
                users.append({"id": len(users) + 1, "tickets_id": key, "users_id": who, "type": 2, "alternative_email": "NULL"})
                log(key, at, by, 5, "", f"Agent {who} ({who})", "User", 15)
            elif what == "move":
                groups[:] = [g for g in groups if not (g["tickets_id"] == key and g["type"] == 2)]
                groups.append({"id": 500 + len(groups), "tickets_id": key, "groups_id": GROUPS[who], "type": 2})
                log(key, at, "11", 8, f"{group} ({GROUPS[group]})", "", "Group", 16)
                log(key, at, "11", 8, "", f"{who} ({GROUPS[who]})", "Group", 15)
            elif what == "raise":
                log(key, at, "11", 3, row["priority"], PRIORITY[who])
                row["priority"] = PRIORITY[who]
            elif what == "merge":
                links.append({"id": len(links) + 1, "tickets_id_1": key, "tickets_id_2": keys[who], "link": 3})
                log(key, at, "11", 0, "", "", "", 13)
                row["is_deleted"] = 1
            elif what == "remove":
                log(key, at, by, 0, "", "", "", 13)
                row["is_deleted"] = 1
            elif what in ("close at once", "imported closed"):
                pass
            else:
                to = STATUS[what]
                if what == "solve" or (what == "close" and status not in (5, 6)):
                    solutions.append({
                        "id": len(solutions) + 1, "itemtype": "Ticket", "items_id": key, "content": "Here is our answer.",
                        "date_creation": text(at), "date_mod": text(at), "date_approval": "NULL", "users_id": by or 0,
                        "users_id_approval": 0, "status": 2})
                    # Closed at once: the technician's own number stands under the approval.
                    if what == "close":
                        solutions[-1].update(status=3, users_id_approval=by or 0, date_approval=text(at))
                if what in ("back", "accept"):
                    solutions[-1].update(status=4 if what == "back" else 3, users_id_approval=customer, date_approval=text(at))
                log(key, at, by, 12, status, to)
                status = to
                if to in (5, 6) and row["solvedate"] == "NULL":
                    row["solvedate"] = text(at)
                if to == 6:
                    row["closedate"] = text(at)
                if what == "back":
                    row["solvedate"] = row["closedate"] = "NULL"
        row.update(status=status, date_mod=text(changed))
        if number == "1004":
            row["time_to_resolve"] = "2026-01-16 18:00:00"
        if number == "1008":
            row["time_to_resolve"] = "2026-01-29 18:00:00"
        if number == "1019":
            surveys.append({"id": 1, "tickets_id": key, "type": 1, "date_begin": "2026-03-14 02:00:00", "date_answered": "2026-03-14 12:00:00", "satisfaction": 4, "comment": "NULL"})
        if number == "1006":
            surveys.append({"id": 2, "tickets_id": key, "type": 1, "date_begin": "2026-01-27 02:00:00", "date_answered": "NULL", "satisfaction": "NULL", "comment": "NULL"})
        tickets.append(row)
    # What the history says of a ticket that was purged, and of another kind of item.
    log(999, datetime(2026, 3, 1, 9, 0), "11", 12, 2, 5)
    logs.append({"id": len(logs) + 1, "itemtype": "Problem", "items_id": 1001, "linked_action": 0, "user_name": "", "date_mod": "2026-03-01 09:00:00", "id_search_option": 12, "old_value": 1, "new_value": 5})

    tables = HERE / "tables"
    write_csv(tables / "glpi_tickets.csv", TICKETS, tickets)
    write_csv(tables / "glpi_logs.csv", LOGS, logs)
    write_csv(tables / "glpi_tickets_users.csv", ["id", "tickets_id", "users_id", "type", "use_notification", "alternative_email"], users)
    write_csv(tables / "glpi_groups_tickets.csv", ["id", "tickets_id", "groups_id", "type"], groups)
    write_csv(tables / "glpi_groups.csv", ["id", "entities_id", "name", "completename"], [{"id": i, "name": n, "completename": n} for n, i in GROUPS.items()])
    write_csv(tables / "glpi_itilcategories.csv", ["id", "name", "completename"], [{"id": i, "name": n, "completename": n} for n, i in CATEGORIES.items()])
    write_csv(tables / "glpi_itilsolutions.csv", SOLUTIONS, solutions)
    write_csv(tables / "glpi_requesttypes.csv", ["id", "name"], [{"id": i + 1, "name": n} for i, n in enumerate(REQUEST_TYPES)])
    write_csv(tables / "glpi_tickets_tickets.csv", ["id", "tickets_id_1", "tickets_id_2", "link"], links)
    write_csv(tables / "glpi_ticketsatisfactions.csv", ["id", "tickets_id", "type", "date_begin", "date_answered", "satisfaction", "comment"], surveys)

    expected = [outcome(story, answers=True) for story in STORIES]
    # Neither a category nor a group: nobody has sorted it yet.
    expected[0].update(state="registered", routed_on="", category="", department="")
    write_outcomes(HERE, expected)


if __name__ == "__main__":
    main()
