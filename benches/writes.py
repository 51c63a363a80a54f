#!/usr/bin/env python3
"""Writes a second on one register: cases registered and notes added over /api, beside what the disk takes at all.

    benches/writes.py --redress target/release/redress --work DIR [--cases 1000] [--seconds 10] [--programs 1,8]
                      [--servers 1]

A scratch register of invented cases lies in DIR. Notes hash no password, registrations hash one each. `--programs` is how
many clients send at a time, each over a connection of its own and one request after the other; what is counted is answered
with 200 or 201; a write to a case that another one changed meanwhile is *overtaken* (409) and not tried again. The floor beside them is a table of SQLite in the same folder, one row a transaction, with the same settings
(`journal_mode = WAL`, `synchronous = FULL`): what it reaches, no single writer passes. `--servers` is how many `serve` run on
the one register; the clients are spread over them. The audit has to be clean afterwards.
"""

import argparse
import http.client
import itertools
import json
import pathlib
import shutil
import socket
import sqlite3
import subprocess
import sys
import threading
import time


def floor(folder, seconds):
    """Transactions a second of one row each."""
    base = sqlite3.connect(folder / "floor.sqlite", isolation_level=None)
    base.execute("PRAGMA page_size = 8192")
    base.execute("PRAGMA journal_mode = WAL")
    base.execute("PRAGMA synchronous = FULL")
    base.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, word TEXT)")
    began, count = time.perf_counter(), 0
    while time.perf_counter() - began < seconds:
        base.execute("BEGIN IMMEDIATE")
        base.execute("INSERT INTO t (word) VALUES (?)", ("x" * 500,))
        base.execute("COMMIT")
        count += 1
    return count / (time.perf_counter() - began)


def rate(ports, token, programs, seconds, request):
    """Answers a second, the nearest-rank 99th percentile of their milliseconds, and how many were overtaken."""
    until, taken, overtaken, refused = time.perf_counter() + seconds, [], [], []
    numbers = itertools.count()

    def send(port):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        while time.perf_counter() < until:
            path, body, headers = request(next(numbers))
            began = time.perf_counter()
            headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json", **headers}
            connection.request("POST", path, json.dumps(body), headers)
            answer = connection.getresponse()
            said = answer.read()
            if answer.status in (200, 201):
                taken.append((time.perf_counter() - began) * 1000)
            elif answer.status == 409 and json.loads(said)["code"] == "changed":
                overtaken.append(path)
            else:
                refused.append((answer.status, said[:300]))
                return

    threads = [threading.Thread(target=send, args=[ports[at % len(ports)]]) for at in range(programs)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if refused or not taken:
        sys.exit(f"refused: {refused[:1]}")
    taken.sort()
    return len(taken) / (time.perf_counter() - began), taken[-(-len(taken) * 99 // 100) - 1], len(overtaken)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start(command, folder, port):
    """A server that listens."""
    words = ["serve", "--no-notify", "--listen", f"127.0.0.1:{port}"]
    server = subprocess.Popen([*command, *words], cwd=folder, stderr=subprocess.DEVNULL)
    for _ in range(300):
        if server.poll() is not None:
            break
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return server
        except OSError:
            time.sleep(0.1)
    server.kill()
    sys.exit("the server does not answer")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--redress", required=True, type=pathlib.Path)
    parser.add_argument("--work", required=True, type=pathlib.Path)
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--programs", default="1,8")
    parser.add_argument("--servers", type=int, default=1)
    arguments = parser.parse_args()
    folder = arguments.work / "writes"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    command = [str(arguments.redress.resolve()), "--register", str(folder / "register.sqlite")]

    def run(*words):
        return subprocess.run([*command, *words], cwd=folder, stdout=subprocess.PIPE, text=True, check=True).stdout

    run("sample", "generate", "--cases", str(arguments.cases))
    run("staff", "add", "writes", "--roles", "admin")
    made = run(
        *["--format", "json", "token", "create", "writes", "--scopes", "cases:read,cases:write"],
        *["--roles", "agent", "--per-minute", "1000000", "--by", "writes"],
    )
    token = json.loads(made)["token"]
    with sqlite3.connect(f"file:{folder / 'register.sqlite'}?mode=ro", uri=True) as base:
        noted = [number for (number,) in base.execute("SELECT number FROM complaint_case ORDER BY case_key")]
    ports = [free_port() for _ in range(arguments.servers)]
    servers = [start(command, folder, port) for port in ports]
    try:
        print(f"the disk, one row a transaction: {floor(folder, arguments.seconds / 2):.0f} a second")

        def note(turn):
            return f"/api/v1/cases/{noted[turn % len(noted)]}/commands/note", {"text": "Called back, nobody there."}, {}

        def case(turn):
            body = {"text": f"The door cracked, piece {turn}.", "channel": "phone", "language": "en", "phone": "+90 555 111 22 33"}
            return "/api/v1/cases", body, {"Idempotency-Key": f"{time.time_ns()}-{turn}"}

        for programs in map(int, arguments.programs.split(",")):
            for name, request in [("notes", note), ("registrations", case)]:
                a_second, slowest, late = rate(ports, token, programs, arguments.seconds, request)
                print(f"{name}, {programs} at a time: {a_second:.1f} a second, 99 of 100 within {slowest:.0f} ms, {late} overtaken")
    finally:
        for server in servers:
            server.terminate()
            server.wait()
    run("audit", "verify")


if __name__ == "__main__":
    main()
