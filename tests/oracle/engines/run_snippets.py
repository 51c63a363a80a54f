"""Runs the snippets of docs/read-the-lake.md on a lake.

    venv/bin/python tests/oracle/engines/run_snippets.py --lake lake

A fenced block whose first line names a language and a tool (```sql duckdb, ```python polars, ```r arrow ...) is a
snippet. Each is run as it stands, in a folder of its own that holds `lake`. It must end well, and those that count
the complaints of a month must print the months and counts that DuckDB finds in the files. A tool that is not
installed is listed as skipped.

Exit codes: 0 all that could be run are right, 1 a snippet failed or printed other figures, 2 there is nothing to run.
"""

import argparse
import importlib.util
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

REPOSITORY = pathlib.Path(__file__).resolve().parents[3]
BLOCK = re.compile(r"^```(\w+) (\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SPARK_SETTINGS = ["spark.sql.sources.partitionColumnTypeInference.enabled=false", "spark.sql.catalogImplementation=in-memory"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lake", type=pathlib.Path, required=True, help="the lake's folder, with `latest` in it")
    parser.add_argument("--page", type=pathlib.Path, default=REPOSITORY / "docs/read-the-lake.md")
    parser.add_argument("--tools", type=lambda text: text.split(","), help="only these, such as duckdb,polars")
    args = parser.parse_args()
    snippets = BLOCK.findall(args.page.read_text())
    expected = months(args.lake)
    failed = ran = 0
    for number, (language, tool, text) in enumerate(snippets, start=1):
        name = f"{number}. {language} {tool}"
        absent = "not asked for" if args.tools and tool not in args.tools else missing(language, tool)
        if absent:
            print(f"{name}: skipped, {absent}")
            continue
        fault = run(language, tool, text, args.lake, expected)
        print(f"{name}: {fault or 'right'}")
        ran += 1
        failed += fault is not None
    print(f"{ran - failed} passed, {failed} failed, {len(snippets) - ran} skipped")
    if not ran:
        return 2
    return 1 if failed else 0


def months(lake):
    """The complaints of each month that the snippets ask for, read another way than they do: file by file."""
    import duckdb

    counts = {}
    for folder in sorted((lake / "latest/cases").glob("received_month=2026-0[789]")):
        files = [str(path) for path in folder.glob("*.parquet")]
        sql = "SELECT count(*) FROM read_parquet(?, hive_partitioning = false) WHERE state <> 'merged'"
        counts[folder.name.removeprefix("received_month=")] = duckdb.execute(sql, [files]).fetchone()[0]
    if not counts:
        sys.exit(f"{lake}: has no complaints of 2026-07 to 2026-09")
    return counts


def missing(language, tool):
    """Why a snippet cannot be run here; nothing when it can."""
    match language, tool:
        case "r", _:
            if not shutil.which("Rscript"):
                return "R is not installed"
            packages = 'quit(status = !all(sapply(c("arrow", "dplyr"), requireNamespace, quietly = TRUE)))'
            found = subprocess.run(["Rscript", "-e", packages], capture_output=True).returncode == 0
            return None if found else "R has no packages arrow and dplyr"
        case "sql", "spark":
            if not importlib.util.find_spec("pyspark"):
                return "pyspark is not installed"
            return None if shutil.which("java") or os.environ.get("JAVA_HOME") else "Java is not installed"
        case _, module:
            return None if importlib.util.find_spec(module) else f"{module} is not installed"


def run(language, tool, text, lake, expected):
    """What went wrong; nothing when all is well."""
    with tempfile.TemporaryDirectory(prefix="redress-snippet-") as folder:
        (pathlib.Path(folder) / "lake").symlink_to(lake.resolve(), target_is_directory=True)
        script = pathlib.Path(folder) / "snippet"
        script.write_text(text)
        done = subprocess.run(command(language, tool, script), capture_output=True, text=True, cwd=folder, env=environment(tool))
    if done.returncode != 0:
        return "failed: " + (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
    if "received_month" not in text:
        return None if done.stdout.strip() else "printed nothing"
    for month, count in expected.items():
        line = re.compile(rf"^\D*{month}\D+{count}\D*$", re.MULTILINE)
        if not line.search(done.stdout):
            return f"did not print {month} with {count}, but: {done.stdout.strip()!r}"
    return None


def command(language, tool, script):
    match language, tool:
        case "python", _:
            return [sys.executable, str(script)]
        case "r", _:
            return ["Rscript", str(script)]
        case "sql", "duckdb":
            rows = "import duckdb, sys; print(*duckdb.connect().sql(open(sys.argv[1]).read()).fetchall(), sep='\\n')"
            return [sys.executable, "-c", rows, str(script)]
        case "sql", "spark":
            settings = [part for setting in SPARK_SETTINGS for part in ("--conf", setting)]
            return [str(spark_home() / "bin/spark-sql"), "--master", "local[1]", *settings, "-S", "-f", str(script)]
        case _:
            sys.exit(f"{language} {tool}: no snippet of this kind can be run")


def spark_home():
    return pathlib.Path(importlib.util.find_spec("pyspark").origin).parent


def environment(tool):
    if tool != "spark":
        return None
    return {"SPARK_LOCAL_IP": "127.0.0.1", **os.environ, "SPARK_HOME": str(spark_home())}


if __name__ == "__main__":
    sys.exit(main())
