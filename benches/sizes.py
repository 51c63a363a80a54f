#!/usr/bin/env python3
"""Every step of a night and of a review on registers of several sizes, and how each grows beside its cases.

    benches/sizes.py --redress target/release/redress --work DIR [--cases 10000,100000,1000000] [--rounds 1]
                     [--have 1000000=R.sqlite] [--no-clusters] [--text]

Generates the invented register of each size (seed 7), or takes the one named with `--have`, which is only read, and runs
`redress bench` on it. The answer of each size is kept as DIR/bench-N.json, and a size that has one is not run again: a run
that was broken off goes on where it stood, and `--text` only prints what is there. Prints tables in Markdown: seconds, peak of
resident memory and bytes written of each step, and its growth beside linear: the ratio of two neighbouring sizes' figures
over the ratio of their cases, so that 1.00 is linear and less is cheaper. Room on disk: some 4.1 KB a case for a register,
as much for the copy that is measured, and 1 KB for lake and pack.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import time


def measured(arguments, cases):
    """The kept answer of a size, or the one of a run."""
    kept = arguments.work / f"bench-{cases}.json"
    if kept.exists() or arguments.text:
        return json.loads(kept.read_text()) if kept.exists() else None
    register = arguments.have.get(cases)
    if register is None:
        register = arguments.work / f"register-{cases}.sqlite"
        if not register.exists():
            part = register.with_suffix(".part")
            part.unlink(missing_ok=True)
            began = time.perf_counter()
            run([arguments.redress, "--register", str(part), "sample", "generate", "--cases", str(cases), "--seed", "7"])
            print(f"{cases:,} cases generated in {time.perf_counter() - began:.1f} s", file=sys.stderr)
            part.rename(register)
    scratch = arguments.work / "scratch"
    scratch.mkdir(exist_ok=True)
    command = [arguments.redress, "--register", str(register), "--format", "json", "bench"]
    command += ["--rounds", str(arguments.rounds), "--period", arguments.period, "--scratch", str(scratch)]
    rows = json.loads(run(command + ["--no-clusters"] * arguments.no_clusters))
    answer = {"cases": cases, "register_bytes": register.stat().st_size, "rounds": arguments.rounds, "steps": rows}
    kept.write_text(json.dumps(answer, indent=1) + "\n")
    return answer


def run(command):
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)} ended with {done.returncode}")
    return done.stdout


def growth(smaller, larger, figure):
    """Growth of a figure of two (cases, step) beside that of the cases, or a dash where one is unknown or nothing."""
    (few, before), (many, after) = smaller, larger
    if not before or not before.get(figure) or not after.get(figure):
        return "-"
    return f"{after[figure] / before[figure] / (many / few):.2f}"


def table(answers, figure, title, form):
    sizes = [answer["cases"] for answer in answers]
    names = []
    for answer in answers:
        names += [row["step"] for row in answer["steps"] if row["step"] not in names]
    heads = [f"{cases:,}" for cases in sizes] + [f"{a:,} to {b:,}" for a, b in zip(sizes, sizes[1:])]
    print(f"\n| {title} | " + " | ".join(heads) + " |\n" + "|---" * (len(heads) + 1) + "|")
    for name in names:
        steps = [(a["cases"], next((row for row in a["steps"] if row["step"] == name), None)) for a in answers]
        cells = [form.format(row[figure]) if row and row.get(figure) is not None else "-" for _, row in steps]
        cells += [growth(one, other, figure) if other[1] else "-" for one, other in zip(steps, steps[1:])]
        print(f"| {name} | " + " | ".join(cells) + " |")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--redress", required=True)
    parser.add_argument("--work", required=True, type=pathlib.Path)
    parser.add_argument("--cases", default="10000,100000,1000000", help="sizes, separated by commas")
    parser.add_argument("--have", action="append", default=[], metavar="N=FILE", help="a register of that size that is there already")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--period", default="2026-Q3")
    parser.add_argument("--no-clusters", action="store_true", help="leave the search for repeat complaints out")
    parser.add_argument("--text", action="store_true", help="measure nothing, print what is kept")
    arguments = parser.parse_args()
    arguments.have = {int(cases): pathlib.Path(file) for cases, file in (one.split("=", 1) for one in arguments.have)}
    arguments.work.mkdir(parents=True, exist_ok=True)
    answers = [measured(arguments, cases) for cases in sorted(map(int, arguments.cases.split(",")))]
    answers = [answer for answer in answers if answer]
    if not answers:
        sys.exit(f"{arguments.work} holds no measurement")
    for answer in answers:
        size = answer["register_bytes"]
        print(f"{answer['cases']:,} cases: register of {size / 1e6:,.0f} MB, {size / answer['cases']:,.0f} bytes a case")
    table(answers, "elapsed_s", "seconds", "{:.1f}")
    table(answers, "processor_s", "seconds of processors", "{:.1f}")
    table(answers, "peak_mib", "peak of memory, MiB", "{:,.0f}")
    table(answers, "written_mib", "written, MiB", "{:,.0f}")


if __name__ == "__main__":
    main()
