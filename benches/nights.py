#!/usr/bin/env python3
"""A night of the search for repeat complaints beside a full one, on a copy of a register.

    benches/nights.py --redress target/release/redress --register R.sqlite --work DIR [--days 7] [--rounds 3]

What the copy knows of clusters is forgotten. It is extracted as it was some days before its last entry, and searched
in full; then as it is today, and on that snapshot two nights are run: one that meets the complaints of these days, and
one with nothing new. Both start from the same state in every round. Prints the steps in seconds, and the elapsed and
the processor time and the peak of memory of the whole command; medians of the nights. The copy has lost events, so its
audit does not verify: it is good for this measurement only.
"""

import argparse
import json
import os
import pathlib
import shutil
import sqlite3
import statistics
import subprocess
import time
from datetime import datetime, timedelta, timezone

MOMENT = "%Y-%m-%dT%H:%M:%SZ"


class Place:
    """A copy of the register, a lake, and settings for both."""

    def __init__(self, arguments):
        self.register = arguments.work / "register.sqlite"
        self.lake = arguments.work / "lake"
        shutil.copyfile(arguments.register, self.register)
        connection = sqlite3.connect(self.register)
        guards = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'cluster_event'"
        for (guard,) in connection.execute(guards).fetchall():
            connection.execute(f"DROP TRIGGER {guard}")
        connection.close()
        settings = arguments.work / "redress.toml"
        # However many days it makes up for, the night is one.
        settings.write_text(
            f'register = "{self.register}"\nlake = "{self.lake}"\nclusters_full_every_days = {arguments.days + 2}\n'
        )
        self.command = [str(arguments.redress), "--config", str(settings)]

    def ask(self, sql):
        connection = sqlite3.connect(self.register)
        with connection:
            answer = connection.execute(sql).fetchone()
        connection.close()
        return answer

    def extract(self, moment):
        command = [*self.command, "extract", "--as-of", moment.strftime(MOMENT)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def search(self, *more):
        """What the search says of itself, and what it cost."""
        began = time.perf_counter()
        command = [*self.command, "clusters", "run", "--format", "json", *more]
        child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        answer = child.stdout.read()
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            raise SystemExit(f"{' '.join(command)} ended with {child.returncode}")
        said = {row["what"]: row["value"] for row in json.loads(answer)}
        steps = {what.removeprefix("seconds: "): s for what, s in said.items() if what.startswith("seconds: ")}
        costs = {
            "**whole command**": time.perf_counter() - began,
            "its processor time": used.ru_utime + used.ru_stime,
            "its peak of memory, MiB": used.ru_maxrss / 1024,
        }
        return said, {**steps, **costs}


def median_of(runs):
    return {what: statistics.median(run[what] for run in runs) for what in runs[0]}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--redress", required=True, type=pathlib.Path)
    parser.add_argument("--register", required=True, type=pathlib.Path)
    parser.add_argument("--work", required=True, type=pathlib.Path, help="an empty folder")
    parser.add_argument("--days", type=int, default=7)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    arguments.work.mkdir(parents=True, exist_ok=True)

    place = Place(arguments)
    place.ask("DELETE FROM cluster_event")
    (last,) = place.ask("SELECT MAX(recorded_at) FROM case_event")
    today = datetime.fromtimestamp(last // 1_000_000 + 1, timezone.utc)
    before = today - timedelta(days=arguments.days)
    place.extract(before)
    earlier, full = place.search("--full")
    place.extract(today)
    (searched,) = place.ask("SELECT MAX(event_id) FROM cluster_event")
    state = arguments.work / "state"
    shutil.copytree(place.lake / ".clusters", state)

    met, nothing = [], []
    for _ in range(arguments.rounds):
        place.ask(f"DELETE FROM cluster_event WHERE event_id > {searched}")
        shutil.rmtree(place.lake / ".clusters")
        shutil.copytree(state, place.lake / ".clusters")
        os.sync()
        said, night = place.search()
        again, quiet = place.search()
        for answer in (said, again):
            if answer["search"] != "incremental":
                raise SystemExit(f"the night was {answer['search']}: {answer}")
        met.append(night)
        nothing.append(quiet)

    new = said["complaints"] - earlier["complaints"]
    print(f"{earlier['complaints']:,} complaints searched in full, {new:,} new ({new / earlier['complaints']:.2%});", end=" ")
    print(f"medians of {arguments.rounds} rounds, s where nothing else is said\n")
    print("| | in full | the new ones met | of it | nothing new | of it |\n|---|---|---|---|---|---|")
    for what, whole in full.items():
        night, quiet = median_of(met)[what], median_of(nothing)[what]
        print(f"| {what} | {whole:,.2f} | {night:,.2f} | {night / whole:.3f} | {quiet:,.2f} | {quiet / whole:.3f} |")


if __name__ == "__main__":
    main()
