#!/usr/bin/env python3
"""Emerging and growing clusters: the tables growth_*.csv, and the simulation study.

    python3 growth.py            writes the tables
    python3 growth.py study      runs the study and prints it (several minutes)

The method of src/stats/growth.rs written again with numpy and scipy: tails as sums of scipy's beta-binomial and
binomial probabilities, limits by brentq, false discoveries by scipy's false_discovery_control. Nothing here is the
program's own output. See README.md for versions.
"""

import csv
import math
import sys
from pathlib import Path

import numpy as np
from scipy import optimize, special, stats

HERE = Path(__file__).parent
PRIOR_MONTHS = 12.0
LEAST_PHI = 1.001
CONTRADICTS = 1.0


def at_least(x, n, share, phi):
    """P(X >= x): binomial, or beta-binomial whose two parameters add up to n / (phi - 1)."""
    if x <= 0:
        return 1.0
    if phi < LEAST_PHI:
        return float(stats.binom.sf(x - 1, n, share))
    size = n / (phi - 1.0)
    values = np.arange(x, n + 1)
    logs = stats.betabinom.logpmf(values, n, size * share, size * (1.0 - share))
    return float(min(1.0, math.exp(special.logsumexp(logs))))


def at_most(x, n, share, phi):
    return at_least(n - x, n, 1.0 - share, phi)


def limits(x, n, recent, past, phi, confidence):
    tail = (1.0 - confidence) / 2.0
    share = lambda log_odds: 1.0 / (1.0 + math.exp(-log_odds))
    odds = lambda log_odds: math.exp(log_odds) * past / recent
    lower, upper = 0.0, None
    if x > 0:
        lower = odds(optimize.brentq(lambda t: at_least(x, n, share(t), phi) - tail, -30, 30, xtol=1e-13))
    if x < n:
        upper = odds(optimize.brentq(lambda t: at_most(x, n, share(t), phi) - tail, -30, 30, xtol=1e-13))
    return lower, upper


def judge(cases, volume, window=3, level=0.05, counted=True, confidence=0.95, seasons=True, with_limits=True):
    """cases and volume: one row a cluster, one column a month. A dict a cluster, and one of the whole."""
    cases, volume = np.asarray(cases, dtype=float), np.asarray(volume, dtype=float)
    clusters, months = cases.shape
    past_months = months - window
    matched_at = [t for t in range(past_months) if any((u - t) % 12 == 0 for u in range(past_months, months))]
    yearly = months >= 24 and seasons
    if not yearly:
        matched_at = []
    other_at = [t for t in range(past_months) if t not in matched_at]
    groups = [[t for t in range(past_months) if t % 12 == m] for m in range(12)] if yearly else [list(range(past_months))]

    out = []
    for c in range(clusters):
        x, e = cases[c], volume[c]
        one = dict(recent=int(x[past_months:].sum()), matched=x[matched_at].sum(), other=x[other_at].sum())
        one["n"] = int(x.sum())
        one["e_recent"], one["e_matched"], one["e_other"] = e[past_months:].sum(), e[matched_at].sum(), e[other_at].sum()
        one["all"] = e.sum()
        chi, degrees, signal, mean = 0.0, 0, 0.0, 0.0
        for group in groups:
            used = [t for t in group if e[t] > 0]
            total = x[used].sum()
            if len(used) < 2 or total == 0:
                continue
            share = e[used] / e[used].sum()
            expected = total * share
            chi += ((x[used] - expected) ** 2 / expected).sum()
            degrees += len(used) - 1
            signal += total * (1.0 - (share**2).sum())
        one.update(chi=chi, degrees=degrees, signal=signal)
        one["mean"] = signal / degrees if degrees else 0.0
        past = x[:past_months].sum()
        quiet = x[max(0, past_months - 12):past_months].sum() == 0
        one["kind"] = "emerging" if one["recent"] > 0 and quiet and (past == 0 or past_months >= 12) else "growing"
        one["fit"] = one["n"] > 0 and one["e_recent"] > 0 and e[:past_months].sum() > 0
        out.append(one)
    fit = [o for o in out if o["fit"]]

    weight = lambda v: v * v / (1.0 + v) ** 3
    top = sum(weight(o["mean"]) * (o["chi"] - o["degrees"]) for o in fit)
    bottom = sum(weight(o["mean"]) * o["signal"] for o in fit)
    omega = max(0.0, top / bottom) if bottom > 0 else 0.0
    for i, o in enumerate(out):
        if not o["fit"]:
            continue
        e = volume[i]
        o["omega"] = omega
        if o["mean"] > 0:
            # The cluster's own scatter is shrunk towards the common one at its own mean, and told as an omega again.
            own_weight = 2.0 * o["mean"] / (2.0 * o["mean"] + 1.0) * o["degrees"]
            shrunk = (PRIOR_MONTHS * (1.0 + omega * o["mean"]) + own_weight * o["chi"] / o["degrees"]) / (PRIOR_MONTHS + own_weight)
            o["omega"] = max(0.0, shrunk - 1.0) / o["mean"]
        o["squares"] = ((e[past_months:] ** 2).sum() + (e[matched_at] ** 2).sum(), (e[other_at] ** 2).sum())
        o["phi"] = 1.0 + o["omega"] * o["n"] * (e**2).sum() / e.sum() ** 2

    season = None
    top = bottom = squares = 0.0
    for o in fit:
        o["v"] = 0.0
        past = o["matched"] + o["other"]
        if yearly and past > 0 and o["e_matched"] > 0 and o["e_other"] > 0:
            share = o["e_matched"] / (o["e_matched"] + o["e_other"])
            o["v"] = past * share * (1.0 - share)
            o["excess"] = o["matched"] - past * share
            o["z2"] = o["excess"] ** 2 / o["v"]
            h = weight(o["v"])
            top += h * (o["z2"] - o["phi"])
            squares += h * h * 2.0 * o["phi"] ** 2
            bottom += h * o["v"]
    if yearly:
        season = max(0.0, (top + math.sqrt(squares)) / bottom) if bottom > 0 else None

    for o in fit:
        whole = o["e_recent"] + o["e_matched"] + o["e_other"]

        def discount(tau2):
            if not yearly:
                return 1.0
            if tau2 is None:
                return 0.0
            return 1.0 / (1.0 + tau2 * o["n"] * o["e_other"] / whole / o["phi"])

        tau2 = season
        if o["v"] > 0 and o["excess"] > 0 and o["z2"] > CONTRADICTS * o["phi"]:
            own = (o["z2"] - o["phi"]) / o["v"]
            tau2 = own if tau2 is None else max(tau2, own)
        d = discount(tau2)
        past = o["matched"]
        if o["other"] > 0:
            past = min(math.ceil(o["matched"] + d * o["other"] - 1e-9), o["matched"] + o["other"])
            d = (past - o["matched"]) / o["other"]
        o["past"], o["e_past"], o["share_of_others"] = int(past), o["e_matched"] + d * o["e_other"], d
        d_least = discount(season)
        e_least = o["e_matched"] + d_least * o["e_other"]
        n = o["recent"] + o["past"]

        def phi(n, d):
            both = o["e_recent"] + o["e_matched"] + d * o["e_other"]
            scatter = 1.0 + o["omega"] * n * (o["squares"][0] + d * o["squares"][1]) / both**2
            return max(scatter, 1.0 + n / both) if counted else scatter

        if not (o["e_past"] > 0 and e_least > 0):
            o["fit"] = False
            continue
        o["least_p"] = at_least(o["n"], o["n"], o["e_recent"] / (o["e_recent"] + e_least), phi(o["n"], d_least))
        o["phi"] = phi(n, d)
        o["p"] = at_least(o["recent"], n, o["e_recent"] / (o["e_recent"] + o["e_past"]), o["phi"])
        o["ratio"] = o["recent"] / o["past"] * o["e_past"] / o["e_recent"] if o["past"] else None
        if with_limits:
            o["lower"], o["upper"] = limits(o["recent"], n, o["e_recent"], o["e_past"], o["phi"], confidence) if n else (0.0, None)
    fit = [o for o in out if o["fit"]]

    # Gilbert (2005): the smallest k such that at most k clusters could reach level / k.
    least = np.array(sorted(o["least_p"] for o in fit))
    k = 1
    while len(fit) and (least <= level / k).sum() > k:
        k += 1
    tested = [o for o in fit if o["least_p"] <= level / k]
    for o in fit:
        o["q"] = None
    if tested:
        for o, q in zip(tested, stats.false_discovery_control([o["p"] for o in tested])):
            o["q"] = float(q)
    return out, dict(omega=omega, season=season, tests=len(tested))


def text(value):
    return "" if value is None else repr(float(value))


def write(name, header, rows):
    with open(HERE / name, "w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def draw(rng, clusters, months, omega, own_season, grown, products=8, volume=220.0, window=3, times=2.0, span=(0.05, 25.0)):
    """Products that are seasonal, clusters that follow them; some with a season of their own, some that grow."""
    t = np.arange(months)
    product = rng.integers(0, products, clusters)
    peak, size = rng.uniform(0, 12, products), volume * np.exp(rng.normal(0, 0.8, products))
    mean = size[:, None] * np.exp(0.5 * np.cos(2 * np.pi * (t - peak[:, None]) / 12))
    nb = lambda mu, om: rng.poisson(mu * (rng.gamma(1 / om, om, mu.shape) if om > 0 else 1.0))
    own = np.where(rng.random(clusters) < own_season, rng.uniform(0.5, 1.0, clusters), 0.0)
    level = np.exp(rng.uniform(math.log(span[0]), math.log(span[1]), clusters))
    mu = level[:, None] * mean[product] / mean[product].mean(axis=1)[:, None]
    mu = mu * np.exp(own[:, None] * np.cos(2 * np.pi * (t - rng.uniform(0, 12, clusters)[:, None]) / 12))
    growing = rng.random(clusters) < grown
    mu[np.ix_(growing, t >= months - window)] *= times
    cases = nb(mu, omega)
    volume = nb(mean, 0.02)[product]
    return cases, volume.astype(float), growing, level


SETS = [
    # name, months, window, level, counted, seed, settings of draw
    ("three_years", 36, 3, 0.05, True, 1, dict(clusters=40, omega=0.15, own_season=0.3, grown=0.25, times=3.0)),
    ("two_years", 24, 2, 0.1, True, 2, dict(clusters=25, omega=0.3, own_season=0.0, grown=0.3, times=3.0)),
    ("short", 14, 3, 0.05, True, 3, dict(clusters=25, omega=0.1, own_season=0.0, grown=0.3, times=3.0)),
    ("units", 30, 3, 0.05, False, 4, dict(clusters=30, omega=0.0, own_season=0.0, grown=0.3, times=2.5, span=(0.5, 60.0))),
    ("small_product", 36, 3, 0.05, True, 5, dict(clusters=25, omega=0.1, own_season=0.0, grown=0.3, times=4.0, volume=12.0)),
    ("one_large", 28, 3, 0.05, True, 6, dict(clusters=1, omega=0.05, own_season=0.0, grown=1.0, times=1.6, span=(90.0, 90.1), volume=3000.0)),
]


def tables():
    histories, verdicts, wholes = [], [], []
    for name, months, window, level, counted, seed, settings in SETS:
        cases, volume, _, _ = draw(np.random.default_rng(seed), months=months, window=window, **settings)
        if name in ("three_years", "short"):
            # Clusters that did not exist before the window, of 1 to 12 cases, and one without any case.
            for row, size in enumerate((1, 2, 3, 4, 5, 6, 8, 12)):
                cases[row] = 0
                cases[row, months - 1] = (size + 1) // 2
                cases[row, months - 2] = size // 2
            cases[8] = 0
        if name == "three_years":
            # Old cases, a silence of more than a year, and back again.
            cases[9] = 0
            cases[9, [1, 3, months - 2, months - 1]] = [1, 1, 4, 5]
            # A product without any other case.
            volume[10] = 0.0
        if name == "units":
            volume = np.round(volume / 7.0 + 1.0, 3)
        judged, whole = judge(cases, volume, window, level, counted)
        for c in range(len(cases)):
            for t in range(months):
                histories.append([name, c + 1, t + 1, cases[c, t], text(volume[c, t])])
            o = judged[c]
            if o["fit"]:
                verdicts.append([name, c + 1, o["kind"], o["recent"], o["past"], text(o["e_past"]), text(o["phi"]), text(o["ratio"]),
                                 text(o["lower"]), text(o["upper"]), text(o["p"]), text(o["q"])])
        wholes.append([name, window, level, int(counted), whole["tests"], text(whole["omega"]), text(whole["season"])])
    write("growth_histories.csv", ["set", "cluster", "month", "cases", "volume"], histories)
    write("growth_verdicts.csv", ["set", "cluster", "kind", "recent", "past", "past_volume", "phi", "ratio", "lower", "upper", "p", "q"], verdicts)
    write("growth_sets.csv", ["set", "window", "level", "counted", "tests", "omega", "season"], wholes)

    rows = []
    for past, recent_volume, past_volume, omega, months, tests, level in [
        (0, 3.0, 33.0, 0.0, 36.0, 1, 0.05), (0, 3.0, 33.0, 0.0, 36.0, 100, 0.05), (0, 3.0, 33.0, 0.0, 36.0, 1000, 0.05),
        (0, 3.0, 33.0, 0.3, 36.0, 100, 0.05), (0, 3.0, 9.0, 0.0, 12.0, 100, 0.05), (0, 3.0, 9.0, 0.5, 12.0, 100, 0.05),
        (12, 3.0, 33.0, 0.0, 36.0, 100, 0.05), (66, 3.0, 33.0, 0.2, 36.0, 100, 0.05), (660, 3.0, 33.0, 0.1, 36.0, 500, 0.1),
        (0, 1.0, 0.02, 0.0, 2.0, 100, 0.05),
    ]:
        share = recent_volume / (recent_volume + past_volume)
        x = 1
        while at_least(x, x + past, share, 1.0 + omega * (x + past) / months) > level / tests:
            x += 1
        rows.append([past, recent_volume, past_volume, omega, months, tests, level, x])
    write("growth_smallest.csv", ["past", "recent_volume", "past_volume", "omega", "months", "tests", "level", "cases"], rows)


def study(runs):
    """Share of false discoveries and of what is found, with the binomial error of the runs."""
    scenes = [
        ("nothing grows, product seasonal, omega 0.15", dict(months=36, omega=0.15, own_season=0.0, grown=0.0)),
        ("nothing grows, 30 % with an own season too", dict(months=36, omega=0.15, own_season=0.3, grown=0.0)),
        ("nothing grows, every cluster with an own season", dict(months=36, omega=0.15, own_season=1.0, grown=0.0)),
        ("nothing grows, 24 months, 30 % own season", dict(months=24, omega=0.15, own_season=0.3, grown=0.0)),
        ("nothing grows, 14 months, no own season", dict(months=14, omega=0.15, own_season=0.0, grown=0.0)),
        ("nothing grows, omega 0.5", dict(months=36, omega=0.5, own_season=0.0, grown=0.0)),
        ("nothing grows, small products", dict(months=36, omega=0.15, own_season=0.0, grown=0.0, volume=20.0)),
        ("nothing grows, 5 clusters", dict(months=36, omega=0.15, own_season=0.3, grown=0.0, clusters=5)),
        ("10 % double, Poisson", dict(months=36, omega=0.0, own_season=0.0, grown=0.1)),
        ("10 % double, omega 0.15", dict(months=36, omega=0.15, own_season=0.0, grown=0.1)),
        ("10 % double, 30 % own season", dict(months=36, omega=0.15, own_season=0.3, grown=0.1)),
        ("10 % double, every cluster with an own season", dict(months=36, omega=0.15, own_season=1.0, grown=0.1)),
        ("10 % times 4, omega 0.15", dict(months=36, omega=0.15, own_season=0.0, grown=0.1, times=4.0)),
    ]
    bins = [(0.05, 1), (1, 4), (4, 12), (12, 26)]
    print("scene | false share +- error | found of", " ".join(f"{a}-{b}/month" for a, b in bins), "| mean share of the other months")
    for title, settings in scenes:
        for naive in ([False, True] if title.startswith("nothing grows, every cluster") else [False]):
            rng = np.random.default_rng(2026)
            shares, found, real, used = [], np.zeros(4), np.zeros(4), []
            for _ in range(runs):
                cases, volume, growing, mean = draw(rng, **{"clusters": 200, **settings})
                judged, _ = judge(cases, volume, with_limits=False, seasons=not naive)
                called = np.array([bool(o["fit"] and o["q"] is not None and o["q"] <= 0.05) for o in judged])
                shares.append((called & ~growing).sum() / max(1, called.sum()))
                used += [o["share_of_others"] for o in judged if o["fit"]]
                for b, (low, high) in enumerate(bins):
                    inside = growing & (mean >= low) & (mean < high)
                    real[b] += inside.sum()
                    found[b] += (inside & called).sum()
            error = np.std(shares) / math.sqrt(runs)
            power = " ".join(f"{f / r:.2f}" if r else "-" for f, r in zip(found, real))
            note = " (season ignored)" if naive else ""
            print(f"{title}{note} | {np.mean(shares):.3f} +- {error:.3f} | {power} | {np.mean(used):.2f}", flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["study"]:
        study(int(sys.argv[2]) if len(sys.argv) > 2 else 200)
    else:
        tables()
