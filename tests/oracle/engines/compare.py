"""Every metric in three engines: Redress's own, DuckDB, and Spark.

    python3 -m venv venv && venv/bin/pip install -r tests/oracle/engines/requirements.txt
    venv/bin/python tests/oracle/engines/compare.py --redress target/release/redress \
        --snapshot lake/2026-10-10T09-00-00Z --period 2026-Q3

The SQL of `queries/metrics` is read from the files and run here by DuckDB and by Spark's own `spark-sql`
(Java 17 or later is needed); the third answer is that of `redress query --all --format json`. Columns must be
equal in name and order, rows equal as bags (DuckDB's also in their order), whole numbers exactly and reals to
1e-9 relative. Metrics over tables that the lake does not have are skipped, and listed as such.

Exit codes: 0 all equal, 1 something differs, 2 an engine could not be asked.

`--mutate` spoils one metric's SQL before DuckDB and Spark get it: the comparison must notice (exit code 0),
or it is worth nothing (exit code 1).
"""

import argparse
import datetime
import decimal
import json
import math
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

import duckdb

REPOSITORY = pathlib.Path(__file__).resolve().parents[3]
TOLERANCE = 1e-9

# A spoiled query counts something else; the first that fits the text is taken.
MUTATIONS = [
    ("THEN 1 ELSE 0", "THEN 0 ELSE 1"),
    ("CAST(COUNT(*) AS BIGINT)", "CAST(COUNT(*) + 1 AS BIGINT)"),
    ("CAST(SUM(", "CAST(-SUM("),
]


class Trouble(Exception):
    """An engine could not be asked."""


def main():
    args = arguments()
    snapshot = args.snapshot.resolve()
    manifest = json.loads((snapshot / "manifest.json").read_text())
    metrics = read_metrics(args.queries, args.only)
    if args.mutate:
        metrics = mutated(metrics, args.mutate)
    files = {}
    for entry in manifest["files"]:
        files.setdefault(entry["table"], []).append(str(snapshot / entry["path"]))
    # Of each kind of derived layer the newest is the one that counts.
    for kind in sorted((snapshot / "derived").glob("*")):
        newest = max(kind.glob("[0-9]*/manifest.json"), default=None)
        for entry in json.loads(newest.read_text())["files"] if newest else []:
            files.setdefault(entry["table"], []).append(str(newest.parent / entry["path"]))
    params = ask_params(args, snapshot)
    if args.as_of and moment(args.as_of) != moment(params["as_of_at"]):
        raise Trouble(f"the snapshot's as_of is {params['as_of_at']}, not {args.as_of}")
    skipped = {m: lacking for m, sql in metrics.items() if (lacking := tables_of(sql) - set(files) - {"params"})}
    asked = {m: sql for m, sql in metrics.items() if m not in skipped}
    ours = ask_redress(args, snapshot)
    others = {}
    if "duckdb" in args.engines:
        others["DuckDB"] = timed("DuckDB", lambda: ask_duckdb(asked, files, params))
    if "spark" in args.engines:
        others["Spark"] = timed("Spark", lambda: ask_spark(asked, files, params, args))
    return report(metrics, skipped, ours, others, args.mutate)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--redress", type=pathlib.Path, required=True, help="the binary")
    parser.add_argument("--snapshot", type=pathlib.Path, required=True, help="a snapshot's folder within its lake")
    parser.add_argument("--period", required=True)
    parser.add_argument("--as-of", help="the moment of judgement, checked against the snapshot's")
    parser.add_argument("--register", type=pathlib.Path, help="the register, where its calendar is not the default")
    parser.add_argument("--queries", type=pathlib.Path, default=REPOSITORY / "queries/metrics")
    parser.add_argument("--only", type=lambda text: text.split(","), help="some metrics, by id")
    parser.add_argument("--engines", type=lambda text: text.split(","), default=["duckdb", "spark"])
    parser.add_argument("--master", default="local-cluster[2,1,1024]")
    parser.add_argument("--spark-home", type=pathlib.Path, help="default: that of the installed pyspark")
    parser.add_argument("--mutate", nargs="?", const="stage_sla", metavar="NAME")
    return parser.parse_args()


def read_metrics(folder, only):
    """The SQL of each metric by id, without its header."""
    metrics = {}
    for path in sorted(folder.glob("*.sql")):
        lines = path.read_text().splitlines()
        header = [line for line in lines if line.startswith("--")]
        name = next(line.split(":", 1)[1].strip() for line in header if line.startswith("-- id:"))
        if not only or name in only:
            metrics[name] = "\n".join(lines[len(header):]).strip().rstrip(";")
    if only and set(only) - set(metrics):
        raise Trouble(f"no such metric: {', '.join(sorted(set(only) - set(metrics)))}")
    return metrics


def mutated(metrics, name):
    if name not in metrics:
        raise Trouble(f"no such metric: {name}")
    for good, bad in MUTATIONS:
        if good in metrics[name]:
            print(f"{name}: `{good}` became `{bad}`")
            return {name: metrics[name].replace(good, bad, 1)}
    raise Trouble(f"{name}: none of the mutations fits")


def tables_of(sql):
    """Names after FROM and JOIN that are no CTE of the query."""
    ctes = set(re.findall(r"(?:\bWITH|,|\))\s*(\w+)\s+AS\s*\(", sql))
    return set(re.findall(r"\b(?:FROM|JOIN)\s+(\w+)", sql)) - ctes


# --- Redress ---------------------------------------------------------------------------------------------------------


def redress(args, snapshot, *more):
    command = [str(args.redress.resolve()), "--lake", str(snapshot.parent), "--format", "json"]
    if args.register:
        command += ["--register", str(args.register.resolve())]
    command += ["query", "--snapshot", snapshot.name, "--period", args.period, *more]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise Trouble(f"redress: {done.stderr.strip()}")
    return json.loads(done.stdout)


def ask_params(args, snapshot):
    """The parameters that Redress derives from the period and its calendar; all engines get the same."""
    return redress(args, snapshot, "--sql", "SELECT * FROM params")[0]


def ask_redress(args, snapshot):
    """Rows by metric; None where the figure is not measured."""
    more = ["--queries", str(args.queries)] if args.queries != REPOSITORY / "queries/metrics" else []
    answers = {}
    for name, rows in redress(args, snapshot, "--all", *more).items():
        if rows is None:
            answers[name] = None
        else:
            columns = list(rows[0]) if rows else []
            answers[name] = (columns, [[plain(value) for value in row.values()] for row in rows])
    return answers


# --- DuckDB ----------------------------------------------------------------------------------------------------------


def literals(params):
    day = {name: f"DATE '{value}' AS {name}" for name, value in params.items() if name.endswith(("_on", "_first", "_last"))}
    at = moment(params["as_of_at"]).strftime("%Y-%m-%d %H:%M:%S.%f+00:00")
    return at, params["calendar_id"].replace("'", "''"), ", ".join(day.values())


def ask_duckdb(metrics, files, params):
    lake = duckdb.connect()
    lake.execute("SET TimeZone = 'UTC'; SET default_null_order = 'NULLS_LAST_ON_ASC_FIRST_ON_DESC'")
    for table, paths in files.items():
        listed = ", ".join("'" + path.replace("'", "''") + "'" for path in paths)
        lake.execute(
            f"CREATE VIEW {table} AS SELECT * FROM read_parquet([{listed}], hive_partitioning = true, hive_types_autocast = false)"
        )
    at, calendar, days = literals(params)
    lake.execute(f"CREATE VIEW params AS SELECT TIMESTAMPTZ '{at}' AS as_of_at, '{calendar}' AS calendar_id, {days}")
    answers = {}
    for name, sql in metrics.items():
        try:
            answers[name] = fetched(lake.execute(sql))
        except duckdb.Error as error:
            answers[name] = str(error).splitlines()[0]
    return answers


def fetched(result):
    columns = [column[0] for column in result.description]
    return columns, [[plain(value) for value in row] for row in result.fetchall()]


# --- Spark -----------------------------------------------------------------------------------------------------------


def ask_spark(metrics, files, params, args):
    home = args.spark_home or installed_spark()
    with tempfile.TemporaryDirectory(prefix="redress-engines-") as scratch:
        folder = pathlib.Path(scratch)
        script = folder / "metrics.sql"
        script.write_text(spark_script(metrics, files, params, folder))
        command = [str(home / "bin/spark-sql"), "--master", args.master, "-S", "-f", str(script)]
        settings = {
            "spark.sql.catalogImplementation": "in-memory",
            "spark.sql.warehouse.dir": str(folder / "warehouse"),
            "spark.sql.session.timeZone": "UTC",
            "spark.sql.ansi.enabled": "true",
            "spark.sql.sources.partitionColumnTypeInference.enabled": "false",
            "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
            "spark.ui.enabled": "false",
            "spark.log.level": "ERROR",
        }
        for name, value in settings.items():
            command[-3:-3] = ["--conf", f"{name}={value}"]
        environment = {**os.environ, "SPARK_HOME": str(home)}
        if args.master.startswith("local"):
            environment.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
        done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=folder)
        if done.returncode != 0:
            raise Trouble("spark-sql failed:\n" + "\n".join(done.stderr.splitlines()[-15:]))
        return {name: spark_answer(folder / name) for name in metrics}


def installed_spark():
    import pyspark

    return pathlib.Path(pyspark.__file__).parent


def spark_script(metrics, files, params, folder):
    lines = []
    for table, paths in files.items():
        folder_of = next(part for part in pathlib.Path(paths[0]).parents if part.name == table)
        path = str(folder_of).replace("\\", "\\\\").replace("'", "\\'")
        lines.append(f"CREATE TEMPORARY VIEW {table} USING parquet OPTIONS (path 'file:{path}')")
    at, calendar, days = literals(params)
    lines.append(f"CREATE TEMPORARY VIEW params AS SELECT TIMESTAMP '{at}' AS as_of_at, '{calendar}' AS calendar_id, {days}")
    for name, sql in metrics.items():
        # Spark has no VARCHAR without a length.
        spoken = re.sub(r"\bAS VARCHAR\)", "AS STRING)", sql)
        lines.append(f"INSERT OVERWRITE DIRECTORY 'file:{folder / name}' USING parquet\n{spoken}")
    return "".join(f"{line};\n" for line in lines)


def spark_answer(folder):
    if not (folder / "_SUCCESS").exists():
        return "no complete result"
    parts = sorted(str(path) for path in folder.glob("part-*"))
    lake = duckdb.connect()
    lake.execute("SET TimeZone = 'UTC'")
    return fetched(lake.execute("SELECT * FROM read_parquet(?)", [parts]))


# --- comparison ------------------------------------------------------------------------------------------------------


def moment(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def plain(value):
    """A value as JSON would have it: days and moments as text, decimals as reals."""
    if isinstance(value, datetime.datetime):
        return value.astimezone(datetime.timezone.utc).isoformat()
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, decimal.Decimal):
        return float(value)
    return value


def same(a, b):
    if isinstance(a, bool) or isinstance(b, bool):
        return a is b
    if isinstance(a, float) or isinstance(b, float):
        numbers = all(isinstance(x, (int, float)) for x in (a, b))
        return numbers and math.isclose(a, b, rel_tol=TOLERANCE, abs_tol=0.0)
    return a == b


def in_order(rows):
    """Rows in an order of our own; reals are rounded for the sorting only."""

    def key(value):
        if isinstance(value, float):
            value = float(f"{value:.8g}")
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        return (value is None, number, value if number else 0, "" if value is None else str(value))

    return sorted(rows, key=lambda row: [key(value) for value in row])


def equal(left, right):
    return len(left) == len(right) and all(
        len(a) == len(b) and all(same(x, y) for x, y in zip(a, b)) for a, b in zip(left, right)
    )


def difference(ours, theirs, ordered):
    """What is different, in words; nothing when nothing is."""
    if isinstance(theirs, str):
        return theirs
    (our_columns, our_rows), (their_columns, their_rows) = ours, theirs
    if our_rows and our_columns != their_columns:
        return f"columns {', '.join(their_columns)} instead of {', '.join(our_columns)}"
    if not equal(in_order(our_rows), in_order(their_rows)):
        for a, b in zip(in_order(our_rows), in_order(their_rows)):
            if not equal([a], [b]):
                return f"{len(their_rows)} rows, ours {len(our_rows)}; first other row {b}, ours {a}"
        return f"{len(their_rows)} rows, ours {len(our_rows)}"
    if ordered and not equal(our_rows, their_rows):
        return "the same rows in another order"
    return None


def report(metrics, skipped, ours, others, mutation):
    wide = max(map(len, metrics))
    noticed, wrong = set(), 0
    print(f"{'metric':{wide}}  {'rows':>6}  {'NULLs':>6}  " + "  ".join(f"{name:8}" for name in others))
    for name in metrics:
        if name in skipped:
            print(f"{name:{wide}}  skipped: the lake has no table {', '.join(sorted(skipped[name]))}")
            continue
        if name not in ours:
            raise Trouble(f"{name}: redress does not have this metric")
        # Not measured: there is no answer of ours, and the others' are held against each other.
        base = ours[name] if ours[name] is not None else next(iter(others.values()))[name]
        words = []
        for engine, answers in others.items():
            found = "asked" if isinstance(base, str) else difference(base, answers[name], engine == "DuckDB")
            if isinstance(base, str):
                found = base
            if found:
                noticed.add(engine)
            words.append((engine, found))
        rows = 0 if isinstance(base, str) else len(base[1])
        nulls = 0 if isinstance(base, str) else sum(value is None for row in base[1] for value in row)
        verdicts = "  ".join(f"{'differs' if found else 'same':8}" for _, found in words)
        note = "  (not measured here)" if ours[name] is None else ""
        print(f"{name:{wide}}  {rows:6}  {nulls:6}  {verdicts}{note}")
        for engine, found in words:
            if found:
                wrong += 1
                print(f"    {engine}: {found}")
    compared = len(metrics) - len(skipped)
    if mutation:
        unnoticed = set(others) - noticed
        print("the spoiled query was " + ("noticed" if not unnoticed else f"not noticed by {', '.join(sorted(unnoticed))}"))
        return 1 if unnoticed else 0
    print(f"{compared} metrics compared, {len(skipped)} skipped, {wrong} differences")
    return 1 if wrong or not compared else 0


def timed(name, ask):
    began = time.monotonic()
    answers = ask()
    print(f"{name}: {time.monotonic() - began:.1f} s", file=sys.stderr)
    return answers


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Trouble as trouble:
        print(trouble, file=sys.stderr)
        sys.exit(2)
