#!/usr/bin/env python3
"""Reading Zammad's tables from a PostgreSQL server beside psql and DuckDB, in one run on one machine.

    benches/postgres.py --redress target/release/redress --work DIR [--bin /usr/lib/postgresql/15/bin] [--tickets 200000] [--rounds 3]

Starts a server of its own in DIR (as nobody where it runs as root) with that many tickets, one article and three changes each.
DuckDB takes part where the Python packages duckdb==1.4.4 and duckdb-ext-postgres are installed; else it is left out and said so.
Each side is a whole process, and the sides take turns.

What is compared
  redress   redress extract by a mapping that stages the columns that Zammad's names and makes one case of them: connecting,
            reading over --threads connections, the temporary SQLite file with its keys; the case itself costs next to nothing.
  psql      \\copy of the same columns to CSV files, one table after the other: the export by hand that it replaces.
  duckdb    its postgres extension, the same columns as tables of a DuckDB file, equal threads.

Then nights by Zammad's own mapping, each beside a whole reading (--full) of the same state in the same turn: nothing changed;
a working day (1 % of the tickets of the last 60 days, and five older ones); and 1 % of all tickets, four fifths of them in the
last 90 days and the rest anywhere, so that nearly every month has one.
"""

import argparse
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tomllib

from measuring import AS_OF, peak_of

ROOT = pathlib.Path(__file__).resolve().parent.parent
MAPPING = ROOT / "queries" / "extract" / "zammad" / "mapping.toml"
TABLES = ROOT / "tests" / "oracle" / "stores" / "postgres" / "zammad.sql"
PORT = 54871

ROWS = """
INSERT INTO groups (id, name) VALUES (2, 'Returns'), (3, 'Delivery'), (4, 'Billing');
INSERT INTO ticket_state_types (id, name, created_at, updated_at) VALUES (1, 'new', now(), now()), (2, 'open', now(), now()), (5, 'closed', now(), now());
INSERT INTO ticket_states (id, state_type_id, name, created_at, updated_at)
VALUES (1, 1, 'new', now(), now()), (2, 2, 'open', now(), now()), (3, 2, 'in work', now(), now()), (4, 5, 'closed', now(), now());
INSERT INTO ticket_priorities (id, name, created_at, updated_at) VALUES (1, '1 low', now(), now()), (2, '2 normal', now(), now()), (3, '3 high', now(), now());
INSERT INTO ticket_article_types (id, name, communication, created_at, updated_at) VALUES (1, 'email', true, now(), now());
INSERT INTO ticket_article_senders (id, name, created_at, updated_at) VALUES (2, 'Customer', now(), now());
INSERT INTO history_types VALUES (1, 'created', now(), now()), (2, 'updated', now(), now());
INSERT INTO history_objects VALUES (1, 'Ticket', NULL, now(), now());
INSERT INTO history_attributes VALUES (1, 'state', now(), now());
INSERT INTO tickets (id, group_id, priority_id, state_id, number, title, owner_id, customer_id, create_article_type_id,
    updated_by_id, created_by_id, created_at, updated_at, preferences)
SELECT i, 2 + i % 3, 1 + i % 3, 4, 'n' || i, 'Ticket about order ' || i, 1, 100 + i % 5000, 1, 1, 1,
    '2020-01-01'::timestamp + i * interval '10 min', now(), repeat('x', 200)
FROM generate_series(1, {tickets}) AS i;
INSERT INTO ticket_articles (id, ticket_id, type_id, sender_id, body, created_by_id, created_at, updated_at)
SELECT i, i, 1, 2, '<p>My order ' || i || ' ' || repeat('came late and broken ', 20) || '</p>', 1,
    '2020-01-01'::timestamp + i * interval '10 min', now()
FROM generate_series(1, {tickets}) AS i;
INSERT INTO histories (id, history_type_id, history_object_id, history_attribute_id, o_id, id_from, id_to, value_from, value_to,
    created_by_id, created_at, updated_at)
SELECT 3 * i + p, 2, 1, 1, i, 1 + p, 2 + p, 'open', 'closed', 11,
    '2020-01-01'::timestamp + i * interval '10 min' + p * interval '1 hour', now()
FROM generate_series(1, {tickets}) AS i, generate_series(0, 2) AS p ORDER BY 1;
VACUUM ANALYZE;
"""


def as_server(command):
    if os.getuid() != 0:
        return command
    return ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", *command]


def start(bin_folder, folder, tickets):
    """Starts a server with the rows in a folder; gives psql's command line to it."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    if os.getuid() == 0:
        os.chown(folder, 65534, 65534)
    quiet = {"check": True, "stdout": subprocess.DEVNULL, "cwd": "/"}
    data = folder / "data"
    subprocess.run(
        as_server([f"{bin_folder}/initdb", "-D", data, "-U", "admin", "--auth=trust", "-N", "-E", "UTF8", "--locale=C.UTF-8"]), **quiet)
    options = f"-k {folder} -p {PORT} -c listen_addresses=127.0.0.1 -c fsync=off -c shared_buffers=256MB"
    subprocess.run(
        as_server([f"{bin_folder}/pg_ctl", "-D", data, "-o", options, "-l", folder / "log", "-w", "start"]), **quiet)
    psql = ["psql", "-h", str(folder), "-p", str(PORT), "-U", "admin", "-q", "-v", "ON_ERROR_STOP=1"]
    subprocess.run([*psql, "-d", "postgres", "-c", "CREATE DATABASE zammad"], **quiet)
    subprocess.run([*psql, "-d", "zammad", "-f", TABLES], **quiet)
    subprocess.run([*psql, "-d", "zammad"], input=ROWS.format(tickets=tickets), text=True, **quiet)
    return [*psql, "-d", "zammad"]


def columns_of():
    """The columns that Zammad's mapping reads, by table."""
    with MAPPING.open("rb") as file:
        settings = tomllib.load(file)
    columns = {}
    for table in settings["file"]:
        columns[table["table"]] = list(dict.fromkeys([*table["columns"], *table.get("instants", {})]))
    return columns


def staging_mapping(folder):
    """Zammad's tables staged, and one case."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / "mapping.toml").write_text(MAPPING.read_text().split("[watermark]")[0])
    at = "1577836800000000"
    files = {
        "months.sql": "SELECT '2020-01' AS received_month",
        "case.sql": "SELECT 1 AS case_key, '1' AS case_id, NULL AS complainant, NULL AS source_verdict",
        "event.sql": f"SELECT 1 AS case_key, 1 AS seq, 'registered' AS kind, {at} AS occurred_at, {at} AS recorded_at, "
        "'contact' AS role, NULL AS actor, NULL AS late_reason, "
        f"json_object('received_at', rfc3339({at}), 'channel', 'form', 'language', 'en') AS data",
        "head.sql": "SELECT 1 AS last_seq, NULL AS chain_head WHERE :as_of > 0",
    }
    for name, sql in files.items():
        (folder / name).write_text(sql + "\n")
    return folder


def duckdb_code(server, columns, work, threads):
    """What a process of DuckDB runs, or None where its extension is not installed."""
    for place in sys.path:
        for found in pathlib.Path(place).glob("duckdb_ext/**/postgres_scanner.duckdb_extension"):
            copies = "\n".join(
                'c.execute(\'CREATE TABLE "{0}" AS SELECT {1} FROM p."{0}"\')'.format(
                    table, ", ".join(f'"{name}"' for name in names))
                for table, names in columns.items())
            return (
                f"import duckdb, os\npath = {str(work / 'copy.duckdb')!r}\n"
                "if os.path.exists(path): os.remove(path)\n"
                f"c = duckdb.connect(path)\nc.execute('SET threads = {threads}')\nc.execute(\"LOAD '{found}'\")\n"
                f"c.execute(\"ATTACH 'host={server} port={PORT} user=admin dbname=zammad' AS p (TYPE postgres, READ_ONLY)\")\n"
                f"{copies}\n"
            )
    return None


NIGHTS = {
    "nothing changed": None,
    "a working day": "id % 100 = {n} AND id > {tickets} - 60 * 144 OR id % ({tickets} / 5) = {n}",
    "1 % anywhere": "id % 17 = {n} AND id > {tickets} - 90 * 144 OR id % 500 = {n}",
}


def nights(arguments, psql, work, url):
    """A second extract after each kind of day, beside a whole one."""
    lake = work / "nights"
    shutil.rmtree(lake, ignore_errors=True)
    # A night has no moment of its own, so that the lake goes on from the last one.
    extract = [str(arguments.redress.resolve()), "--register", str(work / "none.sqlite"), "--lake", str(lake), "--format", "json",
               "extract", "--store", url, "--mapping", "zammad", "--threads", str(arguments.threads)]
    subprocess.run(extract, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for name, changed in NIGHTS.items():
        spared, whole, rows, months = [], [], 0, 0
        for n in range(1, arguments.rounds + 1):
            if changed:
                condition = changed.format(n=n, tickets=arguments.tickets)
                sql = (f"UPDATE tickets SET updated_at = now() WHERE {condition};"
                       "INSERT INTO histories (history_type_id, history_object_id, history_attribute_id, o_id, id_from, id_to, created_by_id, "
                       "created_at, updated_at) SELECT 2, 1, 1, id, 3, 2, 11, now() - interval '1 minute', now() FROM tickets "
                       f"WHERE {condition}; ANALYZE tickets, histories")
                subprocess.run([*psql, "-c", "SELECT setval('histories_id_seq', (SELECT max(id) FROM histories))", "-c", sql],
                               check=True, stdout=subprocess.DEVNULL)
            seconds, _ = peak_of(extract)
            spared.append(seconds)
            manifest = json.loads((lake / "latest" / "manifest.json").read_text())
            rows = manifest["reading"]["server_rows"]
            assert "whole_because" not in manifest["reading"], manifest["reading"]
            months = len(manifest["ledger"])
            files = {file["path"]: file["sha256"] for file in manifest["files"]}
            seconds, _ = peak_of([*extract, "--full"])
            whole.append(seconds)
            manifest = json.loads((lake / "latest" / "manifest.json").read_text())
            assert files == {file["path"]: file["sha256"] for file in manifest["files"]}, "the two readings differ"
        ours, theirs = statistics.median(spared), statistics.median(whole)
        print(f"night, {name}: median {ours:.2f} s ({', '.join(f'{s:.2f}' for s in spared)}), whole {theirs:.2f} s "
              f"({', '.join(f'{s:.2f}' for s in whole)}); {ours / theirs:.2f} of it; {rows} rows of {manifest['reading']['server_rows']} "
              f"came over, {months} months in all; the files are the same")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--redress", required=True, type=pathlib.Path)
    parser.add_argument("--work", required=True, type=pathlib.Path)
    parser.add_argument("--bin", type=pathlib.Path)
    parser.add_argument("--tickets", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    work = arguments.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    found = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: int(p.parent.name))
    bin_folder = arguments.bin or (found[-1] if found else sys.exit("no PostgreSQL server; name its programs with --bin"))
    columns = columns_of()
    server = work / "server"
    try:
        psql = start(bin_folder, server, arguments.tickets)
        mapping = staging_mapping(work / "mapping")
        url = f"postgres://admin@{str(server).replace('/', '%2F')}:{PORT}/zammad"
        exports = work / "export"
        export = list(psql)
        for table, names in columns.items():
            listed = ", ".join(f'"{name}"' for name in names)
            export += ["-c", f"\\copy (SELECT {listed} FROM \"{table}\") TO '{exports}/{table}.csv' CSV HEADER"]
        code = duckdb_code(server, columns, work, arguments.threads)
        sides = {"redress": [], "psql": [], "duckdb": []}
        peaks = {name: 0.0 for name in sides}
        for _ in range(arguments.rounds):
            shutil.rmtree(work / "lake", ignore_errors=True)
            shutil.rmtree(exports, ignore_errors=True)
            exports.mkdir()
            commands = {
                # A register of its own name, so that none that lies in this folder is read or written.
                "redress": [str(arguments.redress.resolve()), "--register", str(work / "none.sqlite"), "--lake", str(work / "lake"),
                            "extract", "--store", url, "--mapping", str(mapping), "--threads", str(arguments.threads), "--as-of", AS_OF, "--restated"],
                "psql": export,
                "duckdb": [sys.executable, "-c", code] if code else None,
            }
            for name, command in commands.items():
                if command is None:
                    continue
                seconds, peak = peak_of(command)
                sides[name].append(seconds)
                peaks[name] = max(peaks[name], peak)
        rows = sum(int(subprocess.run([*psql, "-At", "-c", f'SELECT count(*) FROM "{table}"'], capture_output=True, text=True,
                                      check=True).stdout) for table in columns)
        version = subprocess.run([*psql, "-At", "-c", "SHOW server_version"], capture_output=True, text=True, check=True).stdout.strip()
        print(f"{rows} rows of {len(columns)} tables, PostgreSQL {version}, {arguments.threads} threads, {arguments.rounds} rounds in turn")
        ours = statistics.median(sides["redress"])
        for name, seconds in sides.items():
            if not seconds:
                print(f"{name}: not measured (pip install duckdb==1.4.4 duckdb-ext-postgres)")
                continue
            median = statistics.median(seconds)
            said = f"{name}: median {median:.2f} s ({', '.join(f'{s:.2f}' for s in seconds)}), peak {peaks[name]:.0f} MiB"
            print(said if name == "redress" else f"{said}; redress takes {ours / median:.2f} times as long")
        nights(arguments, psql, work, url)
    finally:
        subprocess.run(
            as_server([f"{bin_folder}/pg_ctl", "-D", server / "data", "-m", "immediate", "stop"]),
            check=False, stdout=subprocess.DEVNULL, cwd="/")
        shutil.rmtree(server, ignore_errors=True)


if __name__ == "__main__":
    main()
