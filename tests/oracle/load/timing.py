#!/usr/bin/env python3
"""Whether an unknown number, or an unknown name of staff, can be told from a wrong password by answer or by time; only the
standard library.

    timing.py --redress FILE                 240 tries of each kind
    timing.py --redress FILE --tries 1000    the long form

A scratch server is asked over one connection at a time, kinds mixed at random, each try from an address of its own (the
limits on tries hold per address and per name; so many numbers are made that none is locked). Nothing else asks meanwhile.

Compared is the rank of the times: A is the chance that a try at a known one takes longer than a try at an unknown one
(Mann and Whitney's U by the product of the counts; 0.5: nobody can tell). Its deviation under "no difference" is
sqrt((n + m + 1) / (12 n m)). The bound is three deviations and a twentieth: the first is what chance does, the second what
an attacker cannot use, who may try a name eight times in a quarter of an hour: eight times a difference of 0.05 in A shift a
sum of ranks by half a deviation. The permutation's p (2,000 shufflings of the difference of medians) is told beside it.

As a proof that the measure sees what is there, a kind without a hash is timed too (a name that is locked): its A has to be
beyond the bound.

Exit code 0: same answers, every A within its bound, the proof beyond it; else 1.
"""
import argparse
import http.client
import json
import math
import os
import pathlib
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse

LOCKED_AFTER = 8
# No number is tried more often than this, so that none is locked.
MOST_OF_ONE = 5


def server(redress, folder, cases):
    clean = {k: v for k, v in os.environ.items() if not k.startswith("REDRESS_")}

    def run(*arguments):
        done = subprocess.run(
            [redress, *arguments], cwd=folder, env=clean, capture_output=True, text=True, check=True)
        return done.stdout

    run("init")
    numbers, staff = [], []
    for n in range(cases):
        said = run("--format", "json", "case", "register", "--by", "clerk", "--role", "contact", "--channel", "phone",
                   "--name", f"Person {n}", "--phone", f"+90 532 000 {n // 100:02} {n % 100:02}", "--text", "The lid leaks.")
        numbers.append(json.loads(said)["number"])
        staff.append(f"clerk{n}")
        run("staff", "add", staff[-1], "--roles", "agent")
    port = random.randrange(20000, 40000)
    child = subprocess.Popen(
        [redress, "serve", "--no-notify", "--listen", f"127.0.0.1:{port}"], cwd=folder,
        env=clean | {"REDRESS_ADDRESS_HEADER": "X-Forwarded-For", "REDRESS_SECURE_COOKIES": "false"},
        stderr=subprocess.PIPE, text=True)
    for line in child.stderr:
        if "listening" in line:
            return child, port, numbers, staff
    raise SystemExit("the server did not start")


class Visitor:
    def __init__(self, port):
        self.port, self.count = port, 0

    def ask(self, path, fields, said):
        """Seconds from the first byte sent to the last one read; the answer without what was typed."""
        self.count += 1
        n = self.count
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.connect()
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept-Language": "en",
                   "X-Forwarded-For": f"10.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}"}
        began = time.perf_counter()
        connection.request("POST", path, urllib.parse.urlencode(fields), headers)
        answer = connection.getresponse()
        body = answer.read().decode()
        took = time.perf_counter() - began
        connection.close()
        # Keys of forms and numbers of requests are new each time.
        return took, (answer.status, re.sub(r"[0-9a-f]{32,64}", "", body.replace(said, "")))


def chance(longer, shorter):
    """A: the chance that one of `longer` is the longer one; equal ones count half."""
    ranked = sorted([(t, 0) for t in longer] + [(t, 1) for t in shorter])
    ranks, at = 0.0, 0
    while at < len(ranked):
        end = at
        while end < len(ranked) and ranked[end][0] == ranked[at][0]:
            end += 1
        ranks += sum(1 for _, kind in ranked[at:end] if kind == 0) * (at + 1 + end) / 2
        at = end
    n, m = len(longer), len(shorter)
    return (ranks - n * (n + 1) / 2) / (n * m)


def bound(n, m):
    return 3 * math.sqrt((n + m + 1) / (12 * n * m)) + 0.05


def permuted(one, other, lots):
    seen = abs(statistics.median(one) - statistics.median(other))
    pool, hits = one + other, 0
    for _ in range(2000):
        lots.shuffle(pool)
        hits += abs(statistics.median(pool[:len(one)]) - statistics.median(pool[len(one):])) >= seen
    return (hits + 1) / 2001


def compare(what, known, unknown, lots, told):
    a, most = chance(known, unknown), bound(len(known), len(unknown))
    ms = [1000 * statistics.median(times) for times in (known, unknown)]
    p = permuted(known, unknown, lots)
    print(f"{what}: {len(known)} + {len(unknown)} tries, medians {ms[0]:.2f} and {ms[1]:.2f} ms, "
          f"A {a:.3f} (bound 0.5 +- {most:.3f}), p {p:.3f}")
    ok = (abs(a - 0.5) > most) if told else (abs(a - 0.5) <= most)
    if not ok:
        print(f"  {what}: {'the proof is not seen' if told else 'they can be told apart by time'}")
    return ok


def tries(visitor, path, field, known, unknown, count, lots):
    """Times and answers of both kinds, mixed."""
    plan = [("known", known[n % len(known)]) for n in range(count)]
    plan += [("unknown", unknown[n % len(unknown)]) for n in range(count)]
    lots.shuffle(plan)
    times, answers = {"known": [], "unknown": []}, {"known": set(), "unknown": set()}
    for kind, name in plan:
        took, answer = visitor.ask(path, {field: name, "password": "wrong-word-12"}, name)
        times[kind].append(took)
        answers[kind].add(answer)
    return times, answers


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--redress", required=True)
    options.add_argument("--tries", type=int, default=240)
    options.add_argument("--seed", type=int, default=1)
    given = options.parse_args()
    lots = random.Random(given.seed)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="redress-timing-"))
    cases = -(-given.tries // MOST_OF_ONE)
    child, port, numbers, staff = server(str(pathlib.Path(given.redress).resolve()), folder, cases)
    ok = True
    try:
        visitor = Visitor(port)
        strangers = [re.sub(r"-0", "-9", number) for number in numbers]
        nobody = [name.replace("clerk", "other") for name in staff]
        for what, path, field, known, unknown in [
                ("number", "/track", "number", numbers, strangers),
                ("staff", "/desk/sign-in", "name", staff, nobody)]:
            for name in (known[0], unknown[0]):
                visitor.ask(path, {field: name, "password": "warm-up"}, name)
            times, answers = tries(visitor, path, field, known, unknown, given.tries, lots)
            if answers["known"] != answers["unknown"] or len(answers["known"]) != 1:
                print(f"{what}: the answers differ: {[[a[0] for a in kind] for kind in answers.values()]}")
                ok = False
            ok &= compare(what, times["known"], times["unknown"], lots, False)
        locked = numbers[-1] + "-locked"
        for _ in range(LOCKED_AFTER):
            visitor.ask("/track", {"number": locked, "password": "wrong"}, locked)
        refused = [visitor.ask("/track", {"number": locked, "password": "wrong"}, locked)[0] for _ in range(40)]
        ok &= compare("proof (locked, no hash)", times["known"], refused, lots, True)
    finally:
        child.terminate()
        child.wait()
        shutil.rmtree(folder)
    print("same answers and times" if ok else "FAILED")
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
