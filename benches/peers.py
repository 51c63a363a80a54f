#!/usr/bin/env python3
"""Extract and metrics of Redress beside DuckDB, in one run on one machine.

    benches/peers.py --redress target/release/redress --register R.sqlite --work DIR [--rounds 3] [--lake LAKE]

Needs Python packages duckdb==1.4.4 and duckdb-ext-sqlite (which pins it). Prints medians and ratios; the
figures in docs/performance.md are copied from its output. Each round runs the two sides in turn.

What is compared
  extract   redress extract --full (read, fold, measure, write eight tables, sync) against DuckDB
            copying case_event and the case tables of the same file to Parquet, equal threads.
  ends      the two ends of an extract, each by a program that does nothing else, on one thread: SQLite summing up every
            column of the tables that are read, and DuckDB writing the finished rows, which it holds in memory, to
            Parquet with the same compression. A yardstick and no lower bound: the extract's own ends may be quicker.
  metrics   every file of queries/metrics in `redress review`'s engine (one process, `redress query`)
            against DuckDB on the same SQL and the same Parquet files. With --lake the newest snapshot of a
            lake that is there already; extract and ends are then left out.
  drill     two lists of cases, as shares of the time of all metrics: the aim is a tenth.
"""

import argparse
import json
import pathlib
import shutil
import sqlite3
import statistics
import sys
import time

import duckdb

from measuring import AS_OF, peak_of

METRICS = pathlib.Path(__file__).resolve().parent.parent / "queries" / "metrics"
PERIOD = ("2026-07-01", "2026-09-30")
DRILLS = [("volume", "month=2026-07,channel=phone"), ("stage_sla", "stage=processing,month=2026-07,verdict=missed")]
TABLES = ["case_event", "complaint_case", "event_text", "complainant"]


def duck_extract(register, out, threads, load):
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    code = f"""
import duckdb
c = duckdb.connect()
c.execute("SET threads = {threads}")
c.execute({load!r})
c.execute("ATTACH '{register}' AS r (TYPE sqlite, READ_ONLY)")
for t in {TABLES!r}:
    c.execute(f"COPY (SELECT * FROM r.{{t}}) TO '{out}/{{t}}.parquet' (FORMAT parquet, COMPRESSION zstd)")
"""
    return peak_of([sys.executable, "-c", code])


def load_statement():
    """How this installation loads the sqlite extension from its package, without a download."""
    for folder in sys.path:
        for found in pathlib.Path(folder).glob("duckdb_ext/**/sqlite_scanner.duckdb_extension"):
            return f"LOAD '{found}'"
    sys.exit("the package duckdb-ext-sqlite is missing: pip install duckdb==1.4.4 duckdb-ext-sqlite")


def reading(register):
    """Seconds of SQLite alone, every column of the tables taken out of its rows, none handed to Python."""
    connection = sqlite3.connect(f"file:{register}?mode=ro", uri=True)
    start = time.perf_counter()
    for table in TABLES:
        columns = connection.execute(f"SELECT name, type FROM pragma_table_info('{table}')").fetchall()
        sums = [f"TOTAL({name})" if kind == "INTEGER" else f"TOTAL(LENGTH({name}))" for name, kind in columns]
        connection.execute(f"SELECT {', '.join(sums)} FROM {table}").fetchone()
    return time.perf_counter() - start


def writing(snapshot, out):
    """Seconds of DuckDB on one thread to write each partitioned table of a snapshot, held in memory, to one Parquet file."""
    out.mkdir(parents=True, exist_ok=True)
    connection = duckdb.connect()
    connection.execute("SET threads = 1; SET TimeZone = 'UTC'")
    seconds = 0.0
    for folder in sorted(p for p in snapshot.iterdir() if any(p.glob("received_month=*"))):
        connection.execute(f"CREATE TEMP TABLE rows AS SELECT * FROM read_parquet('{folder}/**/*.parquet')")
        start = time.perf_counter()
        connection.execute(f"COPY rows TO '{out / folder.name}.parquet' (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1)")
        seconds += time.perf_counter() - start
        connection.execute("DROP TABLE rows")
    return seconds


def duck_metrics(snapshot, threads):
    connection = duckdb.connect()
    connection.execute(f"SET threads = {threads}; SET TimeZone = 'UTC'")
    for folder in sorted(p for p in snapshot.iterdir() if p.is_dir() and p.name != "derived"):
        partitioned = any(folder.glob("received_month=*"))
        hive = ", hive_partitioning = true, hive_types = {'received_month': 'VARCHAR'}" if partitioned else ""
        connection.execute(
            f"CREATE VIEW {folder.name} AS SELECT * FROM read_parquet('{folder}/**/*.parquet'{hive})"
        )
    connection.execute(
        f"CREATE TABLE params AS SELECT TIMESTAMPTZ '{AS_OF}' AS as_of_at, DATE '2026-10-10' AS as_of_on, "
        "DATE '2026-10-09' AS over_on, "
        f"DATE '{PERIOD[1]}' AS stock_on, 'turkey' AS calendar_id, DATE '{PERIOD[0]}' AS period_first, "
        f"DATE '{PERIOD[1]}' AS period_last, DATE '2026-04-01' AS previous_first, DATE '2026-06-30' AS previous_last"
    )
    answers = {}
    start = time.perf_counter()
    for path in sorted(METRICS.glob("*.sql")):
        text = path.read_text()
        # Over tables that are still empty Redress asks nothing either: those metrics are "not measured".
        if "-- rests_on:" in text and not rests_on_rows(connection, snapshot, text):
            continue
        answers[path.stem] = connection.execute(text).fetchall()
    return time.perf_counter() - start, answers


def rests_on_rows(connection, snapshot, text):
    table = text.split("-- rests_on:", 1)[1].split("\n", 1)[0].strip()
    return (snapshot / table).is_dir() and connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] > 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--redress", required=True)
    parser.add_argument("--register", required=True, type=pathlib.Path)
    parser.add_argument("--work", required=True, type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--lake", type=pathlib.Path)
    arguments = parser.parse_args()
    work = arguments.work
    work.mkdir(parents=True, exist_ok=True)
    lake = arguments.lake or work / "lake"
    load = None if arguments.lake else load_statement()
    common = [arguments.redress, "--register", str(arguments.register), "--lake", str(lake)]

    rows = {name: [] for name in ["extract", "extract_mib", "duckdb", "duckdb_mib", "metrics", "metrics_mib", "duckdb_metrics"]}
    if not arguments.lake:
        # Both sides find the file in the system's memory; else the first one would read it for the other.
        with arguments.register.open("rb") as file:
            while file.read(2**24):
                pass
    for _ in range(0 if arguments.lake else arguments.rounds):
        shutil.rmtree(work / "lake", ignore_errors=True)
        seconds, peak = peak_of([*common, "extract", "--full", "--as-of", AS_OF, "--threads", str(arguments.threads)])
        rows["extract"].append(seconds)
        rows["extract_mib"].append(peak)
        seconds, peak = duck_extract(arguments.register, work / "duck", arguments.threads, load)
        rows["duckdb"].append(seconds)
        rows["duckdb_mib"].append(peak)
    snapshot = max(p for p in lake.iterdir() if (p / "manifest.json").exists() and not p.is_symlink())
    for _ in range(arguments.rounds):
        seconds, peak = peak_of([*common, "query", "--all", "--period", "2026-Q3"])
        rows["metrics"].append(seconds)
        rows["metrics_mib"].append(peak)
        rows["duckdb_metrics"].append(duck_metrics(snapshot, arguments.threads)[0])
        for metric, conditions in DRILLS:
            command = [*common, "--format", "csv", "query", metric, "--period", "2026-Q3", "--drill", conditions]
            rows.setdefault(metric, []).append(peak_of(command)[0])
    median = {name: statistics.median(values) for name, values in rows.items() if values}
    manifest = json.loads((snapshot / "manifest.json").read_text())
    print(f"cases {manifest['rows']['cases']}, events {manifest['rows']['events']}, rounds {arguments.rounds}, threads {arguments.threads}")
    if not arguments.lake:
        print(f"extract  redress {median['extract']:.1f} s, {median['extract_mib']:.0f} MiB; "
              f"duckdb {median['duckdb']:.1f} s, {median['duckdb_mib']:.0f} MiB; ratio {median['extract'] / median['duckdb']:.2f}")
        read, written = reading(arguments.register), writing(snapshot, work / "written")
        print(f"ends     one thread each: SQLite alone reads in {read:.1f} s, DuckDB alone writes in {written:.1f} s; shared by two threads "
              f"{(read + written) / 2:.1f} s, of which the extract takes {median['extract'] * 2 / (read + written):.1f} times")
    print(f"metrics  redress {median['metrics']:.2f} s, {median['metrics_mib']:.0f} MiB (process start and Parquet decode included); "
          f"duckdb {median['duckdb_metrics']:.2f} s; ratio {median['metrics'] / median['duckdb_metrics']:.2f}")
    print(f"rounds   redress {', '.join(f'{s:.2f}' for s in rows['metrics'])}; duckdb {', '.join(f'{s:.2f}' for s in rows['duckdb_metrics'])}")
    for metric, conditions in DRILLS:
        share = median[metric] / median["metrics"]
        print(f"drill    {metric} {conditions}: {median[metric]:.2f} s, {share:.2f} of all metrics")


if __name__ == "__main__":
    main()
