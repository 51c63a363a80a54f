"""The metrics, computed a second time and by other means: plain Python, standard library only.

    python3 compute.py SAMPLE_DIR --calendar turkey.toml --period 2026-Q3 \
        --as-of 2026-10-10T09:00:00Z --out DIR [--stages FILE]

Written from the process description and the definitions, not from the program. README.md lists the
readings taken where those leave a choice; the number in brackets, such as [R3], refers to it.
"""

import argparse
import csv
import functools
import os
import sys

sys.dont_write_bytecode = True

import metrics_answers  # noqa: E402
import metrics_courses  # noqa: E402
import metrics_people  # noqa: E402
import metrics_records  # noqa: E402
import metrics_redress  # noqa: E402
import metrics_subjects  # noqa: E402
from metrics_stages import THREE_STAGES, due_basis, pauses, stage_time, stages_of, started_basis  # noqa: E402
from metrics_stock import (  # noqa: E402
    ageing,
    oldest_open,
    pareto_category,
    remedies_not_delivered,
    remedies_not_told,
    stock_flow,
    volume,
)
from oracle_calendar import Calendar  # noqa: E402
from oracle_case import instant  # noqa: E402
from oracle_period import Period, View  # noqa: E402
from oracle_register import read_cases, records_of  # noqa: E402


def tables_of(view, stages, as_of):
    cases, period, calendar, stock_on = view.cases, view.period, view.calendar, view.stock_on
    tables = {
        "stage_sla": due_basis(stages, THREE_STAGES, period),
        "overall_sla": due_basis(stages, ("overall",), period),
        "acknowledgement": due_basis(stages, ("acknowledgement",), period),
        "stage_sla_started": started_basis(stages, period),
        "pauses": pauses(stages, period),
        "volume": volume(cases, period, calendar),
        "ageing": ageing(cases, stock_on, calendar),
        "oldest_open": oldest_open(cases, stock_on, calendar),
        "stock_flow": stock_flow(cases, period, stock_on, calendar),
        "pareto_category": pareto_category(cases, period, calendar),
        "stage_time": stage_time(stages, period),
        "remedies_not_delivered": remedies_not_delivered(cases, stock_on, calendar),
        "remedies_not_told": remedies_not_told(cases, stock_on, calendar),
        "stage_course": metrics_courses.stage_course(view, as_of),
    }
    for module in (metrics_answers, metrics_courses, metrics_redress, metrics_subjects, metrics_records, metrics_people):
        tables |= {name: metric(view) for name, metric in module.METRICS.items()}
    return tables


def write(path, head, rows):
    with open(path, "w", newline="", encoding="utf-8") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(head)
        table.writerows([["" if value is None else value for value in row] for row in rows])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("sample")
    parser.add_argument("--calendar", required=True)
    parser.add_argument("--period", required=True, type=Period)
    parser.add_argument("--as-of", required=True, type=instant)
    parser.add_argument("--out", required=True)
    parser.add_argument("--stages", help="also write every stage with its verdict to this file")
    args = parser.parse_args()

    calendar, as_of = Calendar(args.calendar), args.as_of
    cases = list(read_cases(args.sample, as_of))
    view = View(cases, functools.partial(records_of, args.sample), args.period, calendar, as_of)
    stages = [stage for case in cases for stage in stages_of(case, calendar, as_of)]
    os.makedirs(args.out, exist_ok=True)
    for name, (head, rows) in tables_of(view, stages, as_of).items():
        write(os.path.join(args.out, name + ".csv"), head, rows)
    if args.stages:
        fields = "name number side start end end_kind due_on counted limit verdict department site"
        rows = [
            [s.case.case_id, s.case.state, *(getattr(s, field) for field in fields.split())]
            for s in stages
        ]
        write(args.stages, ["case_id", "state", *fields.split()], rows)
    for case in cases:
        for event in case.misfits:
            print(f"{case.case_id}: {event.kind} (seq {event.seq}) does not fit", file=sys.stderr)
        for event in case.deviations:
            print(f"{case.case_id}: {event.kind} (seq {event.seq}) is a deviation", file=sys.stderr)


if __name__ == "__main__":
    main()
