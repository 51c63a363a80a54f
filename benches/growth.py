#!/usr/bin/env python3
"""Does the extract's memory grow with the register? A register beside one of several times its cases.

    benches/growth.py --redress target/release/redress --register R.sqlite --work DIR [--times 4] [--rounds 1]

Copies the register and adds its cases again under further numbers, months and all, until it has `--times` as many: the
quickest way to millions of cases. The copy serves this measurement only: complainants' and cases' checksums and the chain
are those of the first, so its audit would fail, and triggers against changes are taken away. Prints seconds, peak
of resident memory and bytes of the snapshot for both, and their ratios. Needs some five times the register's room on disk.
"""

import argparse
import pathlib
import shutil
import sqlite3
import statistics

from measuring import AS_OF, peak_of

TABLES = {
    "complainant": {"complainant_id": "complainant"},
    "complaint_case": {"case_key": "case", "number": None, "complainant_id": "complainant", "last_seq": "event"},
    "event_text": {"text_id": "text", "case_key": "case"},
    "case_event": {"case_key": "case", "seq": "event", "text_id": "text"},
}
LAST = {
    "complainant": "SELECT max(complainant_id) FROM complainant",
    "case": "SELECT max(case_key) FROM complaint_case",
    "event": "SELECT max(seq) FROM case_event",
    "text": "SELECT max(text_id) FROM event_text",
}


def multiply(register, copy, times):
    source = sqlite3.connect(register)
    source.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    source.close()
    shutil.copy(register, copy)
    base = sqlite3.connect(copy, isolation_level=None)
    for setting in ["journal_mode = OFF", "synchronous = OFF", "foreign_keys = OFF", "cache_size = -1000000"]:
        base.execute(f"PRAGMA {setting}")
    triggers = base.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = 'case_event'").fetchall()
    for (name,) in triggers:
        base.execute(f"DROP TRIGGER {name}")
    last = {name: base.execute(sql).fetchone()[0] for name, sql in LAST.items()}
    base.execute("BEGIN")
    for copy_no in range(1, times):
        for table, shifted in TABLES.items():
            columns = [row[1] for row in base.execute(f"PRAGMA table_info({table})")]

            def value(column):
                match shifted.get(column, False):
                    case False:
                        return column
                    case None:
                        return f"{column} || '-{copy_no}'"
                    case subject:
                        return f"{column} + {copy_no * last[subject]}"

            key, subject = next(iter(shifted.items()))
            base.execute(
                f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(map(value, columns))} FROM {table} "
                f"WHERE {key} <= {last[subject]}"
            )
    base.execute("COMMIT")
    base.close()


def measured(arguments, register, lake):
    seconds, peaks = [], []
    for _ in range(arguments.rounds):
        shutil.rmtree(lake, ignore_errors=True)
        command = [arguments.redress, "--register", str(register), "--lake", str(lake), "extract", "--full", "--as-of", AS_OF]
        second, peak = peak_of([*command, "--threads", str(arguments.threads)])
        seconds.append(second)
        peaks.append(peak)
    written = sum(path.stat().st_size for path in lake.rglob("*.parquet"))
    return statistics.median(seconds), statistics.median(peaks), written / 2**20


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--redress", required=True)
    parser.add_argument("--register", required=True, type=pathlib.Path)
    parser.add_argument("--work", required=True, type=pathlib.Path)
    parser.add_argument("--times", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    arguments.work.mkdir(parents=True, exist_ok=True)
    copy = arguments.work / "multiplied.sqlite"
    if not copy.exists():
        multiply(arguments.register, copy, arguments.times)
    rows = [
        ("the register", *measured(arguments, arguments.register, arguments.work / "lake-1")),
        (f"{arguments.times} times its cases", *measured(arguments, copy, arguments.work / "lake-n")),
    ]
    for name, seconds, peak, written in rows:
        print(f"{name}: {seconds:.1f} s, {peak:.0f} MiB of memory, {written:.0f} MiB written")
    ratios = [b / a for a, b in zip(rows[0][1:], rows[1][1:])]
    print(f"ratios: time {ratios[0]:.2f}, memory {ratios[1]:.2f}, bytes {ratios[2]:.2f}")


if __name__ == "__main__":
    main()
