"""Generated registers, run end to end: do the verdicts on their actions agree with the planted truth?

    python3 benches/effectiveness.py --redress target/release/redress [--registers 20] [--cases 6000]

Each register has its own seed; nothing of it was looked at while the method was made. `demo` fills it, extracts, finds
what comes again, enters the planted actions as its staff would have and judges those whose follow-up is over. The truth
(`register.truth/actions.csv`) says which of them lower the rate of their cause. Printed are the verdicts of actions that
help and of those that do not, with the binomial standard error.

An action aims at one cause; its scope is the category and the products of that cause, which also holds complaints that
the cause did not bring. So an action that helps lowers the rate in its scope by less than it lowers the cause, and
"inconclusive" is no error there. Two actions that aim at one cause (board-shrinkage) are told apart by their title.

Exit code 1 when more than 5 % of the useless ones are called effective, or of the helpful ones ineffective, beyond twice
the standard error.
"""

import argparse
import csv
import json
import math
import pathlib
import subprocess
import sys
import tempfile


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--redress", type=pathlib.Path, required=True)
    parser.add_argument("--registers", type=int, default=20)
    parser.add_argument("--cases", type=int, default=6000)
    parser.add_argument("--first-seed", type=int, default=1001)
    args = parser.parse_args()
    counted = {True: {}, False: {}}
    by_person = 0
    for seed in range(args.first_seed, args.first_seed + args.registers):
        for works, verdict in judged(args, seed):
            if verdict is None:
                by_person += 1
            else:
                counted[works][verdict] = counted[works].get(verdict, 0) + 1
    print(f"{args.registers} registers of {args.cases} cases; {by_person} actions had no baseline or no end yet")
    wrong = False
    for works, error in ((True, "ineffective"), (False, "effective")):
        total = sum(counted[works].values())
        print(f"\nactions that {'help' if works else 'do not help'}: {total} judged")
        for verdict in ("effective", "inconclusive", "ineffective"):
            n = counted[works].get(verdict, 0)
            share = n / total if total else 0.0
            se = math.sqrt(share * (1 - share) / total) if total else 0.0
            print(f"  {verdict:<13} {n:4d}  {100 * share:5.1f} % (se {100 * se:.1f})")
            if verdict == error and share - 2 * se > 0.05:
                wrong = True
    return 1 if wrong else 0


def judged(args, seed):
    """Whether each action helps, and its computed verdict; None where none was computed."""
    with tempfile.TemporaryDirectory() as folder:
        place = pathlib.Path(folder) / "demo"
        run(args, "demo", "--dir", place, "--cases", args.cases, "--seed", seed, "--no-review")
        listed = run(args, "--register", place / "register.sqlite", "--format", "json", "action", "list")
        shown = {}
        for row in json.loads(listed):
            text = run(args, "--register", place / "register.sqlite", "--format", "json", "action", "show", row["action"])
            looks = [look for attempt in json.loads(text)["attempts"] for look in attempt["looks"] if look["settles"]]
            shown[row["title"]] = looks[-1]["found"]["verdict"] if looks else None
        with open(place / "register.truth" / "actions.csv", newline="") as file:
            truth = list(csv.DictReader(file))
        for row in truth:
            if row["implemented_on"] and row["cause"] and row["title"] in shown:
                yield row["works"] in ("yes", "true", "1"), shown[row["title"]]


def run(args, *words):
    done = subprocess.run([args.redress, *map(str, words)], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, words))}: {done.stderr}")
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
