#!/usr/bin/env python3
"""Writes the tables of this folder with independent implementations of the same statistics.

See README.md for versions. Nothing here is the program's own output.
"""

import csv
import math
import random
import warnings
from collections import Counter
from pathlib import Path

import numpy as np
from lifelines import AalenJohansenFitter, KaplanMeierFitter
from lifelines.datasets import load_lung, load_waltons
from scipy import optimize, stats
from statsmodels.duration.survfunc import CumIncidenceRight, SurvfuncRight
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

HERE = Path(__file__).parent
Z = stats.norm.ppf(0.975)


def write(name, header, rows):
    with open(HERE / name, "w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def text(value):
    """A number in full precision; an empty field where there is none."""
    if value is None or not math.isfinite(value):
        return ""
    return repr(float(value))


def survival_sets():
    maintained = [(9, 1), (13, 1), (13, 0), (18, 1), (23, 1), (28, 0), (31, 1), (34, 1), (45, 0), (48, 1), (161, 0)]
    nonmaintained = [(5, 1), (5, 1), (8, 1), (8, 1), (12, 1), (16, 0), (23, 1), (27, 1), (30, 1), (33, 1), (43, 1), (45, 1)]
    lung = load_lung()
    waltons = load_waltons()
    return {
        "aml_maintained": maintained,
        "aml_nonmaintained": nonmaintained,
        "lung": list(zip(lung["time"].astype(int), lung["status"].astype(int))),
        "waltons": list(zip(waltons["T"].astype(int), waltons["E"].astype(int))),
    }


def kaplan_meier():
    rows, quantiles = [], []
    for name, data in survival_sets().items():
        times = np.array([t for t, _ in data], dtype=float)
        status = np.array([e for _, e in data])
        theirs = SurvfuncRight(times, status)
        greenwood = dict(zip(theirs.surv_times, zip(theirs.surv_prob, theirs.surv_prob_se, theirs.n_risk)))
        fitter = KaplanMeierFitter().fit(times, status)
        loglog = fitter.confidence_interval_survival_function_
        events = Counter(t for t, e in data if e)
        censored = Counter(t for t, e in data if not e)
        for time in sorted(set(times)):
            line = [name, int(time), events[time], censored[time]]
            survival = float(fitter.survival_function_at_times(time).iloc[0])
            if time in greenwood:
                other, error, at_risk = greenwood[time]
                assert abs(other - survival) < 1e-12, (name, time)
                if survival > 1e-12:
                    log = [survival * math.exp(-Z * error / survival), min(1.0, survival * math.exp(Z * error / survival))]
                    plain = [max(0.0, survival - Z * error), min(1.0, survival + Z * error)]
                    double = list(loglog.loc[time])
                else:
                    survival, error, log, plain, double = 0.0, None, [None] * 2, [None] * 2, [None] * 2
                line += [int(at_risk), text(survival), text(error)]
                line += [text(v) for v in log + plain + double]
            else:
                line += ["", text(survival)] + [""] * 7
            rows.append(line)
        for share in (0.25, 0.5, 0.75, 0.9):
            found = fitter.percentile(1.0 - share)
            quantiles.append([name, share, text(found)])
    write("kaplan_meier.csv", ["data", "time", "events", "censored", "at_risk", "survival", "std_error", "log_lower", "log_upper", "plain_lower", "plain_upper", "loglog_lower", "loglog_upper"], rows)
    write("quantiles.csv", ["data", "ended", "time"], quantiles)


def incidence():
    rng = random.Random(1978)
    tied = [(rng.randrange(1, 15), rng.choices([0, 1, 2], [3, 5, 2])[0]) for _ in range(160)]
    distinct = [(time, rng.choices([0, 1, 2], [3, 4, 3])[0]) for time in rng.sample(range(1, 400), 70)]
    rows = []
    for name, data in (("tied", tied), ("distinct", distinct)):
        times = np.array([t for t, _ in data], dtype=float)
        status = np.array([s for _, s in data])
        theirs = CumIncidenceRight(times, status)
        grid = list(theirs.times)
        fits = {}
        if name == "distinct":
            for cause in (1, 2):
                fits[cause] = AalenJohansenFitter(calculate_variance=True).fit(times, status, event_of_interest=cause)
        counts = {s: Counter(t for t, k in data if k == s) for s in (0, 1, 2)}
        for time in sorted(set(times)):
            line = [name, int(time), counts[1][time], counts[2][time], counts[0][time]]
            at = max((i for i, t in enumerate(grid) if t <= time), default=None)
            for cause in (1, 2):
                share = 0.0 if at is None else theirs.cinc[cause - 1][at]
                error = None
                if fits:
                    fit = fits[cause]
                    column = fit.cumulative_density_.columns[0]
                    lifelines_share = fit.cumulative_density_[column].loc[:time].iloc[-1]
                    assert abs(lifelines_share - share) < 1e-12, (time, cause)
                    error = math.sqrt(max(0.0, fit.variance_.loc[:time].iloc[-1]))
                if counts[0][time] == 0 and time == max(times):
                    error = None  # nobody is left: both packages divide by 0 here
                line += [text(share), text(error), text(theirs.cinc_se[cause - 1][at] if at is not None else None)]
            rows.append(line)
    write("incidence.csv", ["data", "time", "events", "competing", "censored", "event_share", "event_se", "event_se_statsmodels", "competing_share", "competing_se", "competing_se_statsmodels"], rows)


def wilson():
    rows = []
    for x, n in [(0, 1), (1, 1), (0, 20), (1, 29), (15, 148), (81, 263), (29, 29), (500, 1000), (3, 100000), (99999, 100000)]:
        for confidence in (0.9, 0.95, 0.99):
            low, high = proportion_confint(x, n, alpha=1 - confidence, method="wilson")
            rows.append([x, n, confidence, text(low), text(high)])
    write("wilson.csv", ["x", "n", "confidence", "lower", "upper"], rows)


def poisson_rate():
    rows = []
    for x, exposure in [(0, 1.0), (1, 1.0), (3, 12.5), (10, 10.0), (137, 24.19893), (5000, 21.0), (1000000, 3.0)]:
        for confidence in (0.9, 0.95, 0.99):
            tail = (1 - confidence) / 2
            low = stats.gamma.ppf(tail, x) if x else 0.0
            high = stats.gamma.isf(tail, x + 1)
            rows.append([x, exposure, confidence, text(low / exposure), text(high / exposure)])
    write("poisson_rate.csv", ["events", "exposure", "confidence", "lower", "upper"], rows)


def rate_ratio():
    rows = []
    groups = [
        (11, 800.0, 21, 3011.0), (0, 10.0, 5, 12.0), (5, 12.0, 0, 10.0), (1, 1.0, 1, 1.0), (4, 12.0, 9, 12.0),
        (24, 12.0, 48, 12.0), (7, 6.0, 48, 12.0), (30, 250.5, 30, 250.5), (300, 1000.0, 420, 1050.0),
        (40000, 3.0, 41000, 3.1), (3, 100000.0, 90000, 100000.0),
    ]
    for x1, t1, x2, t2 in groups:
        n = x1 + x2
        null = t1 / (t1 + t2)
        test = stats.binomtest(x1, n, null)
        limits = test.proportion_ci(0.95, "exact")
        ratio = lambda p: p / (1 - p) * t2 / t1
        exact = [ratio(limits.low) if x1 else 0.0, ratio(limits.high) if x2 else None]
        upper_tail = lambda p: stats.binom.sf(x1, n, p) + stats.binom.pmf(x1, n, p) / 2
        lower_tail = lambda p: stats.binom.cdf(x1 - 1, n, p) + stats.binom.pmf(x1, n, p) / 2
        solve = lambda tail: optimize.brentq(lambda p: tail(p) - 0.025, 1e-15, 1 - 1e-15, xtol=1e-18, rtol=1e-14, maxiter=1000)
        mid = [ratio(solve(upper_tail)) if x1 else 0.0, ratio(solve(lower_tail)) if x2 else None]
        mid_p = min(1.0, 2 * min(upper_tail(null), lower_tail(null)))
        rows.append([x1, t1, x2, t2] + [text(v) for v in exact] + [text(test.pvalue)] + [text(v) for v in mid] + [text(mid_p)])
    write("rate_ratio.csv", ["events_1", "exposure_1", "events_2", "exposure_2", "exact_lower", "exact_upper", "exact_p", "mid_lower", "mid_upper", "mid_p"], rows)


def false_discovery():
    rng = random.Random(1995)
    series = {
        "mixed": [rng.random() ** 3 for _ in range(40)],
        "ties": [0.01, 0.04, 0.01, 0.5, 0.04, 1.0, 0.0, 0.5],
        "one": [0.03],
    }
    rows = []
    for name, p_values in series.items():
        adjusted = multipletests(p_values, method="fdr_bh")[1]
        assert np.allclose(adjusted, stats.false_discovery_control(p_values), atol=1e-15)
        rows += [[name, text(p), text(q)] for p, q in zip(p_values, adjusted)]
    write("false_discovery.csv", ["data", "p", "adjusted"], rows)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    kaplan_meier()
    incidence()
    wilson()
    poisson_rate()
    rate_ratio()
    false_discovery()
