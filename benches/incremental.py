#!/usr/bin/env python3
"""An extract after changes beside a full one, on a copy of a register.

    benches/incremental.py --redress target/release/redress --register R.sqlite --work DIR

One per cent of the cases get one further event (a note), 80 % of them among the cases received in the last
three months, the others anywhere. The rows are put into the copy directly, so its chain does not verify: the copy
is good for this measurement only. Prints both times, the months read and linked, and whether the files are equal.
"""

import argparse
import json
import pathlib
import random
import shutil
import sqlite3
import subprocess
import time

FIRST = "2026-10-10T09:00:00Z"
SECOND = "2026-10-10T12:00:00Z"
RECORDED_AT = 1_791_626_400_000_000  # 2026-10-10T10:00:00Z in microseconds


def change(register):
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
        seq += 1
        event_no = connection.execute("SELECT MAX(event_no) FROM case_event WHERE case_key = ?", (key,)).fetchone()[0]
        connection.execute(
            "INSERT INTO case_event VALUES (?, ?, ?, 'note_added', ?, ?, 'agent', 'bench', NULL, '{}', NULL, NULL, 1, x'00')",
            (key, event_no + 1, seq, RECORDED_AT, RECORDED_AT),
        )
    connection.commit()
    connection.close()
    return len(chosen)


def extract(arguments, register, lake, as_of, *more):
    start = time.perf_counter()
    answer = subprocess.run(
        [arguments.redress, "--register", str(register), "--lake", str(lake), "--format", "json", "extract", "--as-of", as_of, *more],
        capture_output=True, text=True, check=True,
    ).stdout
    rows = {row["what"]: row["value"] for row in json.loads(answer)}
    return time.perf_counter() - start, rows


def files(lake):
    manifest = json.loads((lake / "latest" / "manifest.json").read_text())
    return {entry["path"]: entry["sha256"] for entry in manifest["files"]}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--redress", required=True)
    parser.add_argument("--register", required=True, type=pathlib.Path)
    parser.add_argument("--work", required=True, type=pathlib.Path)
    arguments = parser.parse_args()
    work = arguments.work
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    copy = work / "copy.sqlite"
    shutil.copyfile(arguments.register, copy)
    extract(arguments, copy, work / "lake", FIRST)
    changed = change(copy)
    seconds, rows = extract(arguments, copy, work / "lake", SECOND)
    full, _ = extract(arguments, copy, work / "full", SECOND, "--full")
    equal = files(work / "lake") == files(work / "full")
    print(f"{changed} cases changed: {rows['months read']} months read, {rows['months linked']} linked")
    print(f"incremental {seconds:.1f} s, full {full:.1f} s, ratio {seconds / full:.2f}; same files: {equal}")


if __name__ == "__main__":
    main()
