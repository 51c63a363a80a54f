#!/usr/bin/env python3
"""Writes the tables on charts, funnels, standardised rates and power, from the papers' formulas with numpy and scipy.

See README.md for versions. Nothing here is the program's own output.
"""

import csv
import math
from pathlib import Path

import numpy as np
from scipy import stats

HERE = Path(__file__).parent
ORANGE_JUICE = [12, 15, 8, 10, 4, 7, 16, 9, 14, 10, 5, 6, 17, 12, 22, 8, 10, 5, 13, 11, 20, 18, 24, 15, 9, 12, 7, 13, 9, 6]
# Hours between failures of a valve, as printed in Montgomery, Introduction to Statistical Quality Control.
VALVE = [286, 948, 536, 124, 816, 729, 4, 143, 431, 8, 2837, 596, 81, 227, 603, 492, 1199, 1214, 2831, 96]


def write(name, header, rows):
    with open(HERE / name, "w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def text(value):
    return repr(float(value))


def laney():
    """Laney (2002): z = (value - centre) / sigma, sigma z = mean |z - z before| / 1.128, limits centre +- 3 sigma sigma z."""
    rng = np.random.default_rng(2002)
    size = rng.integers(9000, 15000, 26)
    share = stats.beta.rvs(60, 600, size=26, random_state=rng)
    count = rng.binomial(size, share)
    exposure = np.round(rng.uniform(200, 400, 24), 1)
    defects = rng.poisson(exposure * rng.gamma(20, 0.1, 24))
    series = {
        "p_orange": ("p", np.array(ORANGE_JUICE), np.full(30, 50.0)),
        "p_large": ("p", count, size.astype(float)),
        "u_large": ("u", defects, exposure),
    }
    rows = []
    for name, (kind, x, n) in series.items():
        centre = x.sum() / n.sum()
        sigma = np.sqrt(centre * (1 - centre) / n) if kind == "p" else np.sqrt(centre / n)
        z = (x / n - centre) / sigma
        sigma_z = np.abs(np.diff(z)).mean() / 1.128
        lower = np.maximum(centre - 3 * sigma * sigma_z, 0)
        upper = centre + 3 * sigma * sigma_z
        if kind == "p":
            upper = np.minimum(upper, 1)
        for i in range(len(x)):
            rows.append([name, int(x[i]), text(n[i]), text(centre), text(sigma_z), text(lower[i]), text(upper[i])])
    write("laney.csv", ["data", "count", "size", "centre", "sigma_z", "lower", "upper"], rows)


def rare_events():
    """g: centre m, limits m +- 3 sqrt(m (m + 1)). t: an individuals chart of time ** (1 / 3.6), drawn back."""
    rng = np.random.default_rng(1992)
    between = stats.geom.rvs(0.04, size=30, random_state=rng) - 1
    mean = between.mean()
    spread = math.sqrt(mean * (mean + 1))
    median = stats.geom.ppf(0.5, 1 / (mean + 1)) - 1
    rows = [["g", text(v), text(mean), text(max(0, mean - 3 * spread)), text(mean + 3 * spread), text(median)] for v in between]
    root = np.array(VALVE) ** (1 / 3.6)
    sigma = np.abs(np.diff(root)).mean() / 1.128
    back = lambda value: max(value, 0) ** 3.6
    limits = [back(root.mean()), back(root.mean() - 3 * sigma), back(root.mean() + 3 * sigma), back(root.mean())]
    rows += [["t", text(v)] + [text(limit) for limit in limits] for v in VALVE]
    write("rare_events.csv", ["kind", "value", "centre", "lower", "upper", "median"], rows)


def exact_limit(distribution, size, share):
    """Spiegelhalter (2005), appendix: the count r with P(R <= r) >= share, less (P(R <= r) - share) / P(R = r)."""
    r = distribution.ppf(share)
    return max(0.0, (r - (distribution.cdf(r) - share) / distribution.pmf(r)) / size)


def funnels():
    rng = np.random.default_rng(2005)
    n = rng.integers(20, 900, 24)
    exposure = np.round(rng.uniform(2, 120, 16), 2)
    sets = {
        "share_wide": ("share", rng.binomial(n, stats.beta.rvs(12, 60, size=24, random_state=rng)), n.astype(float), None),
        "share_plain": ("share", rng.binomial(n, 0.05), n.astype(float), None),
        "rate_wide": ("rate", rng.poisson(exposure * rng.gamma(15, 0.15, 16)), exposure, None),
        "ratio_wide": ("rate", rng.poisson(exposure * rng.gamma(10, 0.1, 16)), exposure, 1.0),
    }
    rows = []
    for name, (kind, x, size, target) in sets.items():
        theta = x.sum() / size.sum() if target is None else target
        y = x / size
        s = np.sqrt(theta * (1 - theta) / size) if kind == "share" else np.sqrt(theta / size)
        scale = (lambda v: np.arcsin(np.sqrt(v))) if kind == "share" else np.sqrt
        scores = {"exact": (y - theta) / s, "additive": (scale(y) - scale(theta)) / (1 / (2 * np.sqrt(size)))}
        phi = {}
        for key, z in scores.items():
            low, high = np.quantile(z, [0.1, 0.9])
            phi[key] = np.mean(np.clip(z, low, high) ** 2)
        w = 4 * size
        tau2 = max(0.0, (len(x) * phi["additive"] - (len(x) - 1)) / (w.sum() - (w**2).sum() / w.sum()))
        for i in range(len(x)):
            law = stats.binom(int(size[i]), theta) if kind == "share" else stats.poisson(theta * size[i])
            p = min(1.0, 2 * min(law.cdf(x[i]), law.sf(x[i] - 1)))
            line = [name, int(x[i]), text(size[i]), "" if target is None else text(target), text(theta), text(phi["exact"]), text(phi["additive"]), text(tau2), text(p)]
            for level in (0.95, 0.998):
                deviate = stats.norm.ppf(0.5 + level / 2)
                line += [text(exact_limit(law, size[i], (1 - level) / 2)), text(exact_limit(law, size[i], (1 + level) / 2))]
                reach = deviate * s[i] * math.sqrt(phi["exact"])
                top = 1.0 if kind == "share" else math.inf
                line += [text(max(0.0, theta - reach)), text(min(top, theta + reach))]
                reach = deviate * math.sqrt(1 / (4 * size[i]) + tau2)
                if kind == "share":
                    back = lambda v: math.sin(min(max(v, 0), math.pi / 2)) ** 2
                else:
                    back = lambda v: max(v, 0) ** 2
                line += [text(back(scale(theta) - reach)), text(back(scale(theta) + reach))]
            rows.append(line)
    names = [f"{how}_{side}_{level}" for level in (95, 998) for how in ("exact", "multiplicative", "additive") for side in ("lower", "upper")]
    write("funnel.csv", ["data", "count", "size", "given_target", "target", "phi", "phi_transformed", "tau_squared", "p"] + names, rows)


def standardised():
    """Observed / expected: exact limits from chi-squared quantiles, Byar's formula (Breslow and Day 1987, chapter 2).
    Direct rates: gamma limits of Fay and Feuer (1997)."""
    rows = []
    z = stats.norm.ppf(0.975)
    for o, e in [(0, 2.5), (1, 0.8), (4, 9.1), (12, 8.25), (57, 60.2), (430, 388.8), (10000, 9871.5)]:
        exact = [stats.chi2.ppf(0.025, 2 * o) / 2 / e if o else 0.0, stats.chi2.isf(0.025, 2 * (o + 1)) / 2 / e]
        byar = [max(0.0, o * (1 - 1 / (9 * o) - z / (3 * math.sqrt(o))) ** 3 / e) if o else 0.0, (o + 1) * (1 - 1 / (9 * (o + 1)) + z / (3 * math.sqrt(o + 1))) ** 3 / e]
        rows.append([o, text(e)] + [text(v) for v in exact + byar])
    write("observed_expected.csv", ["observed", "expected", "exact_lower", "exact_upper", "byar_lower", "byar_upper"], rows)

    rows = []
    for name, strata in {
        "mixed": [(4, 120.0, 300.0), (11, 95.5, 200.0), (0, 40.0, 100.0), (25, 310.0, 250.0)],
        "none": [(0, 12.0, 1.0), (0, 30.0, 3.0)],
        "one": [(7, 12.5, 1.0)],
        "rare": [(1, 54000.0, 10.0), (3, 21000.0, 20.0), (9, 8000.0, 5.0)],
    }.items():
        x, e, w = (np.array(column, dtype=float) for column in zip(*strata))
        w = w / w.sum()
        rate, variance, largest = (w * x / e).sum(), (w**2 * x / e**2).sum(), (w / e).max()
        lower = variance / (2 * rate) * stats.chi2.ppf(0.025, 2 * rate**2 / variance) if rate else 0.0
        upper = (variance + largest**2) / (2 * (rate + largest)) * stats.chi2.ppf(0.975, 2 * (rate + largest) ** 2 / (variance + largest**2))
        for stratum in strata:
            rows.append([name, stratum[0], text(stratum[1]), text(stratum[2]), text(rate), text(lower), text(upper)])
    write("direct_rate.csv", ["data", "events", "exposure", "standard", "rate", "lower", "upper"], rows)


def power():
    """Every pair of counts, each with the verdict from Clopper and Pearson's limit of the follow-up's share of both."""
    rows = []
    for rate, before, after, reduction, target in [
        (4.0, 12.0, 6.0, 0.5, 0.0), (4.0, 12.0, 12.0, 0.5, 0.0), (4.0, 12.0, 24.0, 0.5, 0.0), (4.0, 12.0, 12.0, 0.5, 0.3),
        (4.0, 12.0, 12.0, 0.5, 0.5), (1.5, 24.0, 12.0, 0.6, 0.0), (20.0, 12.0, 6.0, 0.25, 0.1), (4.0, 12.0, 12.0, 0.0, 0.0), (0.2, 12.0, 3.0, 0.9, 0.0),
    ]:
        first, second = rate * before, rate * (1 - reduction) * after
        most = lambda mean: int(mean + 12 * math.sqrt(mean) + 40)
        total = 0.0
        x0 = np.arange(most(first) + 1)
        for x1 in range(most(second) + 1):
            share = stats.beta.ppf(0.975, x1 + 1, np.maximum(x0, 1e-300))
            share = np.where(x0 == 0, 1.0, share)
            with np.errstate(divide="ignore"):
                upper = share / (1 - share) * before / after
                estimate_ok = x1 * before <= (1 - target) * x0 * after
            seen = (upper < 1) & estimate_ok
            total += stats.poisson.pmf(x1, second) * stats.poisson.pmf(x0[seen], first).sum()
        rows.append([rate, before, after, reduction, target, text(total)])
    write("power.csv", ["rate", "baseline", "follow_up", "reduction", "target", "power"], rows)


if __name__ == "__main__":
    laney()
    rare_events()
    funnels()
    standardised()
    power()
