"""Which events the workflow refuses, by the hand-written table of `../workflow/`.

The table holds no pause, no delivered remedy and no second signature in pass 2; those rules stand here,
in words of the same conventions.
"""

import csv
import os

TABLE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "workflow", "transitions.csv")
WITH_PASS = {"communicated", "accepted", "rejected", "answer_lapsed"}
CLOSED_FOR_GOOD = {"withdrawn", "merged"}


def read_table():
    with open(TABLE, newline="", encoding="utf-8") as file:
        return {(row["from"], row["event"]): row["to"] == "refused" for row in csv.DictReader(file)}


REFUSED = read_table()


def state_in_table(case):
    """The state by its name in the table."""
    state = case.state
    if case.unsigned is not None and case.is_open:
        return f"decided_{case.number}_unsigned"
    if state == "registered":
        known = case.classified_at is not None, case.routed_at is not None
        return {(False, False): state, (True, False): "registered_classified"}.get(known, "registered_routed")
    if state == "in_processing":
        return f"{'decided' if case.number in case.decided else 'in_processing'}_{case.number}"
    if state in ("resolved", "completed", "unanswered"):
        return f"{state}_{case.number}"
    if state == "outstanding" and case.told_at is not None:
        return "outstanding_referred" if case.referred else "outstanding_told"
    return state


def name_in_table(case, event):
    """The event by its name in the table."""
    kind, data = event.kind, event.data
    if kind == "answered_on_behalf":
        kind = data["answer"]
    if kind in WITH_PASS:
        return f"{kind}_{data['pass']}"
    if kind == "decided":
        if data["pass"] == 1:
            return "decided_1_unsigned" if data.get("needs_second_signature") else "decided_1"
        same = event.actor is not None and event.actor == case.deciders.get(1)
        return "decided_2_same_person" if same else "decided_2"
    if kind == "countersigned":
        decider = case.unsigned.actor if case.unsigned is not None else None
        same = event.actor is not None and event.actor == decider
        return f"countersigned_{data['pass']}{'_same_person' if same else ''}"
    if kind == "external_outcome":
        return kind + ("_satisfied" if data["satisfied"] else "_unsatisfied")
    if kind == "surveyed":
        return kind if 1 <= data["score"] <= 5 else "surveyed_score_9"
    return kind


def is_refused(case, event):
    """Whether a strict workflow refuses the event, in the state that the case is in."""
    paused = bool(case.pauses) and case.pauses[-1][1] is None
    if event.at < case.received_at:
        return True
    if event.kind == "resumed":
        return not paused
    if event.kind == "paused" and paused:
        return True
    if event.kind == "remedy_done":
        return case.remedy_due is None or case.state in CLOSED_FOR_GOOD
    if event.kind == "correction_verified":
        return case.remedy_done_at is None or case.state in CLOSED_FOR_GOOD
    state, name = state_in_table(case), name_in_table(case, event)
    if state == "decided_2_unsigned":
        # A second signature in pass 2 is like one in pass 1: the passes change their names.
        state = "decided_1_unsigned"
        number = event.data.get("pass")
        name = name.replace(f"_{number}", f"_{3 - number}") if number else name
    elif name.startswith("countersigned_2"):
        return True
    return REFUSED[state, name]
