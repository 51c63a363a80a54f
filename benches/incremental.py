#!/usr/bin/env python3
"""An extract after changes beside a full one, on a copy of a register.

    benches/incremental.py --redress target/release/redress --register R.sqlite --work DIR [--mixed | --days N] [--rounds 3]

One per cent of the cases get further events, 80 % of them among the cases received in the last three months, the
others anywhere: one note each or, with --mixed, what cases get in fact (notes, messages, surveys, amendments, further
issues, another category, reopenings that lead to a new decision). The rows are put into the copy directly, so its chain
does not verify: the copy is good for this measurement only. With --days nothing is put in: the first extract knows what
the register knew N days before, and the next one what came in these days, new cases and all. Both extracts are measured
in turns, as elapsed and as processor time, on two threads. Prints the times, the months spliced, read and linked, and
whether the files are equal; exit code 1 where they are not.
"""

import argparse
import datetime
import json
import pathlib
import random
import resource
import shutil
import sqlite3
import statistics
import subprocess
import time

FIRST = "2026-10-10T09:00:00Z"
SECOND = "2026-10-10T12:00:00Z"
RECORDED_AT = 1_791_626_400_000_000  # 2026-10-10T10:00:00Z in microseconds
NOTE = [("note_added", "agent", {})]


def mixed(pick, category_seq):
    """Events that follow in one case; `category_seq` is the position of its classification, where it has one."""
    kinds = [
        NOTE,
        NOTE,
        [("message_sent", "system", {"purpose": "reminder", "means": "sms"})],
        [("surveyed", "customer", {"score": pick.randint(1, 5)})],
        [("classified", "agent", {"category": "wrong-product"})],
        [("issue_added", "agent", {"category": "price"})],
        [
            ("reopened", "agent", {}),
            ("routed", "agent", {"department": "technical_gebze", "site": "Gebze"}),
            ("note_added", "agent", {}),
        ],
    ]
    if category_seq:
        change = {"seq": category_seq, "field": "category", "old": "", "new": "price", "reason": "read again"}
        kinds.append([("amended", "agent", change)])
    return pick.choice(kinds)


def change(register, is_mixed):
    connection = sqlite3.connect(register)
    cases = connection.execute("SELECT case_key, received_month FROM complaint_case ORDER BY case_key").fetchall()
    months = sorted({month for _, month in cases})[-3:]
    recent = [key for key, month in cases if month in months]
    pick = random.Random(1)
    number = len(cases) // 100
    chosen = pick.sample(recent, min(len(recent), number * 4 // 5))
    chosen += pick.sample([key for key, _ in cases], number - len(chosen))
    seq = connection.execute("SELECT MAX(seq) FROM case_event").fetchone()[0]
    for key in chosen:
        event_no, category_seq = connection.execute(
            "SELECT MAX(event_no), MAX(CASE kind WHEN 'classified' THEN seq END) FROM case_event WHERE case_key = ?", (key,)
        ).fetchone()
        for kind, role, data in mixed(pick, category_seq) if is_mixed else NOTE:
            seq += 1
            event_no += 1
            connection.execute(
                "INSERT INTO case_event VALUES (?, ?, ?, ?, ?, ?, ?, 'bench', NULL, ?, NULL, NULL, 1, x'00')",
                (key, event_no, seq, kind, RECORDED_AT, RECORDED_AT, role, json.dumps(data)),
            )
    connection.commit()
    connection.close()
    return len(set(chosen))


def changed_since(register, day):
    """Cases with an event that was recorded after `day` and by FIRST."""
    connection = sqlite3.connect(register)
    since, until = (int(datetime.datetime.fromisoformat(at).timestamp() * 1_000_000) for at in (day, FIRST))
    number = connection.execute(
        "SELECT COUNT(DISTINCT case_key) FROM case_event WHERE recorded_at > ? AND recorded_at <= ?", (since, until)
    ).fetchone()[0]
    connection.close()
    return number


def extract(arguments, register, lake, as_of, *more):
    def used():
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        return usage.ru_utime + usage.ru_stime

    start, before = time.perf_counter(), used()
    answer = subprocess.run(
        [arguments.redress, "--register", str(register), "--lake", str(lake), "--format", "json",
         "extract", "--as-of", as_of, "--threads", "2", *more],
        capture_output=True, text=True, check=True,
    ).stdout
    rows = {row["what"]: row["value"] for row in json.loads(answer)}
    return time.perf_counter() - start, used() - before, rows


def manifest(lake):
    return json.loads((lake / "latest" / "manifest.json").read_text())


def files(lake):
    return {entry["path"]: entry["sha256"] for entry in manifest(lake)["files"]}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--redress", required=True)
    parser.add_argument("--register", required=True, type=pathlib.Path)
    parser.add_argument("--work", required=True, type=pathlib.Path)
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument("--mixed", action="store_true")
    kind.add_argument("--days", type=int)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    work = arguments.work
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    copy = work / "copy.sqlite"
    shutil.copyfile(arguments.register, copy)
    if arguments.days:
        before = datetime.datetime.fromisoformat(FIRST) - datetime.timedelta(days=arguments.days)
        first, second = before.isoformat().replace("+00:00", "Z"), FIRST
        extract(arguments, copy, work / "first", first)
        changed = changed_since(copy, first)
    else:
        second = SECOND
        extract(arguments, copy, work / "first", FIRST)
        changed = change(copy, arguments.mixed)
    measured, unequal = [], 0
    for number in range(arguments.rounds):
        shutil.rmtree(work / "lake", ignore_errors=True)
        shutil.rmtree(work / "full", ignore_errors=True)
        shutil.copytree(work / "first", work / "lake", symlinks=True)
        seconds, cpu, rows = extract(arguments, copy, work / "lake", second)
        full, full_cpu, _ = extract(arguments, copy, work / "full", second, "--full")
        equal = files(work / "lake") == files(work / "full") and manifest(work / "lake")["ledger"] == manifest(work / "full")["ledger"]
        unequal += not equal
        measured.append((seconds / full, cpu / full_cpu))
        print(f"round {number + 1}: incremental {seconds:.1f} s ({cpu:.1f} s of processor), full {full:.1f} s ({full_cpu:.1f} s); "
              f"ratio {seconds / full:.2f} (processor {cpu / full_cpu:.2f}); same files and counts: {equal}", flush=True)
    print(f"{changed} cases changed: {rows['months spliced']} months spliced, {rows['months read']} read, {rows['months linked']} linked")
    print("median ratio {:.2f} (processor {:.2f})".format(*(statistics.median(values) for values in zip(*measured))))
    if unequal:
        raise SystemExit(f"in {unequal} of {len(measured)} rounds the files or counts were not those of a full extract")


if __name__ == "__main__":
    main()
