#!/usr/bin/env python3
"""Clusters of repeat complaints, measured on labelled sets and beside what one would take in Python.

    benches/clusters.py quality   --redress target/release/redress --sets DIR [--also tests/oracle/clusters/fresh]
    benches/clusters.py peers     --redress target/release/redress --sets DIR [--rounds 3]
    benches/clusters.py stability --redress target/release/redress --sets DIR [--also DIR]
    benches/clusters.py speed     --redress target/release/redress --sets DIR --texts 100000
    benches/clusters.py order     --redress target/release/redress --sets DIR [--also DIR]
    benches/clusters.py adversarial --redress target/release/redress

DIR of --sets holds openoffice, nhtsa and banking77 as .tsv.gz (id, label, lang, text, with a header); DIR of --also any
*.tsv of the same layout. `peers` and `speed` need the packages of benches/clusters-requirements.txt (CPython 3.11); the others
need none. Prints Markdown; progress goes to stderr. Every method is a whole process: start, reading, writing included.
Labels never reach a method: they are read here, for the scores.

What is compared
  quality    both levels at the one default; B-cubed and pairs (precision, recall, F1), adjusted Rand index, share of texts
             in clusters of two or more, share of the biggest cluster and, beside it, of the largest true class.
  peers      at each set's own level, in one run: Redress; TF-IDF of characters 3-5 within words, the 20 nearest of each
             text, Leiden (CPM); the same graph, a threshold and connected components; MinHash LSH over runs of words
             and connected components. Each peer at one setting fixed beforehand and at the best of a small grid.
  stability  half of the texts (by a hash of the id), then a tenth more five times with --previous.
  speed      a full run on made texts, and the first and the last peer on the same file where it has at most 100,000.
  order      rows shuffled, 1, 2 and 5 threads: the same bytes, once sorted by id? Exit code 1 when not.
  adversarial  floods, rubbish, endless texts, chains, texts of one form: what a full run costs, and how great a share its
             greatest cluster takes. Made here; needs no set.
"""

import argparse
import gzip
import hashlib
import importlib.metadata
import itertools
import json
import os
import pathlib
import platform
import random
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict, namedtuple

Row = namedtuple("Row", "id label lang text")
Measured = namedtuple("Measured", "seconds processor mib")

# The level that a set's labels speak of.
OWN_LEVEL = {"openoffice": "problem", "nhtsa": "problem", "banking77": "theme"}
LEVELS = ["problem", "theme"]
SAMPLE_TEXTS = pathlib.Path(__file__).resolve().parent.parent / "src" / "sample" / "texts"
MOST_TEXTS_FOR_PEERS = 100_000

# The fixed setting was set before this file's first scores and left since (Leiden's follows a hint of earlier measurements on
# these sets, a least cosine of 0.3); the best one is chosen with the labels.
Peer = namedtuple("Peer", "title what fixed grid")
PEERS = {
    "leiden": Peer(
        "TF-IDF graph, Leiden",
        "resolution of CPM; fixed at 0.3, a cosine below which two texts rarely share a subject",
        "0.3",
        ["0.02", "0.05", "0.1", "0.2", "0.3", "0.4", "0.5", "0.6"],
    ),
    "components": Peer(
        "TF-IDF graph, threshold, components",
        "least cosine; fixed at 0.8, string_grouper's default",
        "0.8",
        ["0.3", "0.4", "0.5", "0.6", "0.7", "0.8", "0.9"],
    ),
    "minhash": Peer(
        "MinHash LSH, components",
        "words in a shingle / Jaccard threshold of the index; fixed at 3 / 0.5",
        "3/0.5",
        [f"{words}/{least}" for words in (1, 2, 3) for least in ("0.3", "0.5", "0.7")],
    ),
}
NEIGHBOURS = 20
FAINTEST = 0.05  # cosines below are no edge
PERMUTATIONS = 128


# --- sets ---------------------------------------------------------------------------------------------------


def rows_of(path):
    """Tab-separated without quoting: a quotation mark is the text's."""
    with (gzip.open if path.suffix == ".gz" else open)(path, "rt", encoding="utf-8", newline="\n") as lines:
        next(lines)
        return [Row(*line.rstrip("\n").split("\t", 3)) for line in lines]


def write_rows(path, rows):
    with open(path, "w", encoding="utf-8", newline="\n") as out:
        out.write("\t".join(Row._fields) + "\n")
        out.writelines("\t".join(row) + "\n" for row in rows)
    return path


def sets_of(arguments, work):
    """Name, rows and an unpacked file of every set."""
    found = [(arguments.sets / f"{name}.tsv.gz", name) for name in OWN_LEVEL]
    missing = [str(path) for path, _ in found if not path.exists()]
    if missing:
        sys.exit(f"not there: {', '.join(missing)}")
    if getattr(arguments, "also", None):
        found += [(path, path.stem) for path in sorted(arguments.also.glob("*.tsv"))]
    for path, name in found:
        rows = rows_of(path)
        yield name, rows, write_rows(work / f"{name}.tsv", rows)


# --- processes ----------------------------------------------------------------------------------------------


def measured(command, threads):
    """Runs a command, timed by a small process of its own: the peak of a child counts that of who started it."""
    environment = {**os.environ, "RAYON_NUM_THREADS": str(threads), "OMP_NUM_THREADS": str(threads)}
    wrapped = [sys.executable, __file__, "measure", *map(str, command)]
    done = subprocess.run(wrapped, capture_output=True, text=True, env=environment)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))} failed:\n{done.stderr}")
    return Measured(*json.loads(done.stdout))


def measure(command):
    start = time.perf_counter()
    code = subprocess.run(command, stdout=subprocess.DEVNULL).returncode
    seconds = time.perf_counter() - start
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(json.dumps([seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024]))
    sys.exit(code)


def redress(arguments, table, level, out, previous=None, threads=None):
    """One run over a table; gives what it cost. The answer is in `out`."""
    command = [arguments.redress.resolve(), "clusters", "run", "--input", table, "--id", "id", "--text", "text"]
    command += ["--level", level, "--out", out]
    if previous:
        command += ["--previous", previous]
    say(f"redress, {table.stem}, {level}")
    return measured(command, threads or arguments.threads)


def peer(arguments, name, table, settings, out):
    """One process for all the settings given; gives what it cost. Answers are in `out` by setting."""
    command = [sys.executable, __file__, "peer", name, "--input", table, "--out", out, "--threads", arguments.threads]
    say(f"{name}, {table.stem}, {len(settings)} setting(s)")
    return measured([*command, "--settings", *settings], arguments.threads)


def peer_answer(out, setting):
    return out.with_name(f"{out.name}.{setting.replace('/', '-')}.tsv")


def answer_of(path):
    """Cluster by id; an empty cluster or -1 is none."""
    with open(path, encoding="utf-8") as lines:
        next(lines)
        cells = (line.rstrip("\n").split("\t") for line in lines)
        return {cell[0]: cell[1] for cell in cells if len(cell) > 1 and cell[1] not in ("", "-1")}


def say(what):
    print(what, file=sys.stderr, flush=True)


# --- measures -----------------------------------------------------------------------------------------------


Score = namedtuple("Score", "cube_p cube_r cube_f pair_p pair_r pair_f rand clustered biggest")


def score(truth, found):
    """Both are names of groups by id; an id that `found` lacks is a group of its own.

    B-cubed: Amigo et al. 2009, the mean over texts. Adjusted Rand index: Hubert and Arabie 1985.
    """
    rows = [(label, found.get(key, ("alone", key))) for key, label in truth.items()]
    n = len(rows)
    cells, labels, clusters = Counter(rows), Counter(r[0] for r in rows), Counter(r[1] for r in rows)
    cube_p = sum(count**2 / clusters[cluster] for (_, cluster), count in cells.items()) / n
    cube_r = sum(count**2 / labels[label] for (label, _), count in cells.items()) / n
    shared, in_clusters, in_labels = pairs(cells), pairs(clusters), pairs(labels)
    pair_p = shared / in_clusters if in_clusters else 1.0
    pair_r = shared / in_labels if in_labels else 1.0
    by_chance = in_clusters * in_labels / max(n * (n - 1) / 2, 1)
    room = (in_clusters + in_labels) / 2 - by_chance
    rand = (shared - by_chance) / room if room else 1.0
    clustered = sum(count for count in clusters.values() if count > 1) / n
    biggest = max(clusters.values()) / n
    return Score(cube_p, cube_r, f1(cube_p, cube_r), pair_p, pair_r, f1(pair_p, pair_r), rand, clustered, biggest)


def pairs(counts):
    return sum(count * (count - 1) // 2 for count in counts.values())


def f1(precision, recall):
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def truth_of(rows):
    return {row.id: row.label for row in rows}


def largest_class(rows):
    return max(Counter(row.label for row in rows).values()) / len(rows)


def members(answer):
    """Ids that stand in a cluster of two or more."""
    sizes = Counter(answer.values())
    return {key for key, cluster in answer.items() if sizes[cluster] > 1}


def differing(one, other):
    """Share of members (of either answer) that lie outside the match of their clusters.

    Clusters are matched one to one, those that share most texts first.
    """
    either = members(one) | members(other)
    name = lambda answer, key: answer.get(key, ("alone", key))
    overlap = Counter((name(one, key), name(other, key)) for key in either)
    used_one, used_other, same = set(), set(), 0
    for (a, b), count in sorted(overlap.items(), key=lambda item: (-item[1], str(item[0]))):
        if a not in used_one and b not in used_other:
            used_one.add(a)
            used_other.add(b)
            same += count
    return 1 - same / len(either) if either else 0.0


# --- printing -----------------------------------------------------------------------------------------------


def table(columns, rows):
    print("\n| " + " | ".join(columns) + " |")
    print("|" + "---|" * len(columns))
    for row in rows:
        print("| " + " | ".join(map(str, row)) + " |")
    print(flush=True)


def three(number):
    return f"{number:.3f}"


def percent(number):
    return f"{100 * number:.2f} %"


def cost(runs):
    """Medians of the rounds: seconds, processor seconds, MiB."""
    seconds, processor, mib = (statistics.median(values) for values in zip(*runs))
    return [f"{seconds:.2f}", f"{processor:.2f}", f"{mib:.0f}"]


def state_machine(arguments, packages=()):
    cpu = re.search(r"model name\s*:\s*(.+)", text_of("/proc/cpuinfo"))
    memory = re.search(r"MemTotal:\s*(\d+)", text_of("/proc/meminfo"))
    asked = subprocess.run([arguments.redress.resolve(), "--version"], capture_output=True, text=True)
    load = os.getloadavg()[0]
    print(f"Machine: {len(os.sched_getaffinity(0))} cores of {cpu.group(1) if cpu else platform.processor()}, ", end="")
    print(f"{int(memory.group(1)) / 2**20:.0f} GiB, " if memory else "", end="")
    print(f"{platform.system()} {platform.release()}; load average at the start {load:.2f}", end="")
    print(" (**other work was running: times are not good**)." if load > 0.5 else ".")
    versions = [f"{name} {importlib.metadata.version(name)}" for name in packages]
    versions.insert(0, f"CPython {platform.python_version()}")
    versions.insert(0, asked.stdout.strip() or "redress of unknown version")
    print(f"Versions: {', '.join(versions)}. Threads: {arguments.threads}.", flush=True)


def text_of(path):
    try:
        return pathlib.Path(path).read_text()
    except OSError:
        return ""


# --- quality ------------------------------------------------------------------------------------------------


def quality(arguments, work):
    state_machine(arguments)
    shown = []
    for name, rows, path in sets_of(arguments, work):
        truth = truth_of(rows)
        for level in LEVELS:
            redress(arguments, path, level, work / "out.tsv")
            result = score(truth, answer_of(work / "out.tsv"))
            own = "own" if OWN_LEVEL.get(name) == level else ""
            shown.append([name, level, own, len(rows), *map(three, result[:7]), percent(result.clustered)])
            shown[-1] += [percent(result.biggest), percent(largest_class(rows)), three(score(truth, {}).cube_f)]
    print("\nB³ = B-cubed. `own`: the level that the set's labels speak of. Do nothing: B³ F1 of every text alone.")
    columns = ["set", "level", "", "texts", "B³ P", "B³ R", "B³ F1", "pairs P", "pairs R", "pairs F1", "ARI", "clustered"]
    table([*columns, "biggest", "largest true class", "do nothing"], shown)


# --- peers --------------------------------------------------------------------------------------------------


def peers(arguments, work):
    state_machine(arguments, required_packages())
    for name, chosen in PEERS.items():
        print(f"\n- {chosen.title}: {chosen.what}; grid {', '.join(chosen.grid)}.", end="")
    print()
    sums = defaultdict(list)
    for set_name, rows, path in sets_of(arguments, work):
        one_set(arguments, work, set_name, rows, path, sums)
    mean_of_sets(sums)


def one_set(arguments, work, set_name, rows, path, sums):
    """The grid of every peer first, then all methods in turn, so that all meet the same state of the machine."""
    truth, level = truth_of(rows), OWN_LEVEL[set_name]
    grid, best = {}, {}
    for name, chosen in PEERS.items():
        peer(arguments, name, path, chosen.grid, work / name)
        for setting in chosen.grid:
            grid[name, setting] = score(truth, answer_of(peer_answer(work / name, setting)))
            sums[name, setting].append(grid[name, setting].cube_f)
        best[name] = max(chosen.grid, key=lambda setting: grid[name, setting].cube_f)
    costs = defaultdict(list)
    for _ in range(arguments.rounds):
        costs["redress"].append(redress(arguments, path, level, work / "out.tsv"))
        for name, chosen in PEERS.items():
            for setting in sorted({chosen.fixed, best[name]}):
                costs[name, setting].append(peer(arguments, name, path, [setting], work / name))
    ours = score(truth, answer_of(work / "out.tsv"))
    sums["redress"].append(ours.cube_f)

    line = lambda result, runs: [three(n) for n in result[:7]] + [percent(n) for n in result[7:]] + cost(runs)
    shown = [["**Redress**", f"default, {level}", *line(ours, costs["redress"])]]
    for name, chosen in PEERS.items():
        shown.append([chosen.title, f"fixed, {chosen.fixed}", *line(grid[name, chosen.fixed], costs[name, chosen.fixed])])
        picked = f"{best[name]}: best setting chosen with the labels"
        shown.append([chosen.title, picked, *line(grid[name, best[name]], costs[name, best[name]])])
    print(f"\n### {set_name}: {len(rows)} texts, rounds {arguments.rounds}")
    print(f"\nLargest true class {percent(largest_class(rows))}; every text alone: B³ F1 {three(score(truth, {}).cube_f)}.")
    columns = ["method", "setting", "B³ P", "B³ R", "B³ F1", "pairs P", "pairs R", "pairs F1", "ARI", "clustered"]
    table([*columns, "biggest", "s", "processor s", "MiB"], shown)
    print(f"The grids on {set_name} (one process for each grid):")
    scores = [[PEERS[n].title, s, three(r.cube_f), three(r.cube_p), three(r.cube_r), percent(r.biggest)] for (n, s), r in grid.items()]
    table(["method", "setting", "B³ F1", "B³ P", "B³ R", "biggest"], scores)


def mean_of_sets(sums):
    mean = {key: statistics.mean(values) for key, values in sums.items()}
    shown = [["**Redress**", "default", three(mean["redress"])]]
    for name, chosen in PEERS.items():
        shown.append([chosen.title, f"fixed, {chosen.fixed}", three(mean[name, chosen.fixed])])
        best = max(chosen.grid, key=lambda setting: mean[name, setting])
        shown.append([chosen.title, f"{best}: best for all sets, chosen with the labels", three(mean[name, best])])
        each = statistics.mean(map(max, zip(*(sums[name, setting] for setting in chosen.grid))))
        shown.append([chosen.title, "best of each set, chosen with the labels", three(each)])
    print("### One setting for all sets\n\nMean B³ F1 over the sets, each at its own level.")
    table(["method", "setting", "mean B³ F1"], shown)


def required_packages():
    wanted = pathlib.Path(__file__).with_name("clusters-requirements.txt")
    pinned = dict(line.strip().split("==") for line in wanted.read_text().splitlines() if "==" in line)
    for name, version in pinned.items():
        try:
            there = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            sys.exit(f"the package {name} is missing: pip install -r benches/{wanted.name}")
        if there != version:
            say(f"note: {name} is {there}; {wanted.name} names {version}")
    return list(pinned)


def peer_process(arguments):
    """The child that `peer` starts. It reads ids and texts only."""
    rows = rows_of(arguments.input)
    texts = [row.text for row in rows]
    graph = near_graph(texts, arguments.threads) if arguments.name in ("leiden", "components") else None
    for setting in arguments.settings:
        if arguments.name == "leiden":
            found = leiden(graph, float(setting))
        elif arguments.name == "components":
            found = components(len(texts), *(ends[graph[2] >= float(setting)] for ends in graph[:2]))
        else:
            words, least = setting.split("/")
            found = minhash(texts, int(words), float(least))
        with open(peer_answer(arguments.out, setting), "w", encoding="utf-8") as out:
            out.write("id\tcluster\n")
            out.writelines(f"{row.id}\t{cluster}\n" for row, cluster in zip(rows, found))


def near_graph(texts, threads):
    """Edges between each text and its nearest by cosine, each once: (one end, other end, cosine, number of texts)."""
    import numpy
    from scipy.sparse import triu
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sparse_dot_topn import sp_matmul_topn

    features = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True, min_df=2, dtype=numpy.float32)
    matrix = features.fit_transform(texts)
    # A text is its own nearest, hence one more.
    near = sp_matmul_topn(matrix, matrix.T.tocsr(), top_n=NEIGHBOURS + 1, threshold=FAINTEST, n_threads=threads)
    edges = triu(near.maximum(near.T), k=1).tocoo()
    return edges.row, edges.col, edges.data, len(texts)


def leiden(graph, resolution):
    import igraph
    import leidenalg

    one, other, cosine, n = graph
    network = igraph.Graph(n=n, edges=zip(one.tolist(), other.tolist()))
    method = leidenalg.CPMVertexPartition
    return leidenalg.find_partition(network, method, weights=cosine, resolution_parameter=resolution, seed=1).membership


def components(n, one, other):
    import numpy
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    links = coo_matrix((numpy.ones(len(one), dtype=bool), (one, other)), shape=(n, n))
    return connected_components(links, directed=False)[1]


def minhash(texts, words, least):
    """What the index gives as candidates is taken as equal, as its users do."""
    from datasketch import MinHash, MinHashLSH

    def shingles(text):
        found = re.findall(r"\w+", text.lower())
        last = max(1, len(found) - words + 1)
        return {" ".join(found[at : at + words]).encode() for at in range(last)}

    index = MinHashLSH(threshold=least, num_perm=PERMUTATIONS)
    one, other = [], []
    for at, sketch in enumerate(MinHash.generator(map(shingles, texts), num_perm=PERMUTATIONS, seed=1)):
        near = index.query(sketch)
        one += [at] * len(near)
        other += near
        index.insert(at, sketch, check_duplication=False)
    return components(len(texts), one, other)


# --- stability ----------------------------------------------------------------------------------------------


def stability(arguments, work):
    state_machine(arguments)
    print("\nMoved: old members (texts of clusters of two or more before the step) under another number after it. Differs: members outside")
    print("the one-to-one match of this answer's clusters with those of a full run on the same texts. Alike: adjusted Rand index of the two.")
    shown = []
    for name, rows, _ in sets_of(arguments, work):
        rank = {row.id: hashlib.sha256(row.id.encode()).digest() for row in rows}
        by_hash = sorted(rank, key=rank.get)
        for level in LEVELS:
            shown += steps(arguments, work, name, rows, by_hash, level)
    columns = ["set", "level", "texts", "old members", "moved", "differs", "alike", "B³ F1", "B³ F1 of a full run"]
    table(columns, shown)


def steps(arguments, work, name, rows, by_hash, level):
    files = [work / "first.tsv", work / "second.tsv"]
    before = None
    for tenth in range(5, 11):
        taken = set(by_hash[: round(len(rows) * tenth / 10)])
        some = [row for row in rows if row.id in taken]
        path, truth = write_rows(work / f"{name}-{tenth}0.tsv", some), truth_of(some)
        now, last = files[tenth % 2], files[1 - tenth % 2]
        redress(arguments, path, level, now, previous=last if before else None)
        answer = answer_of(now)
        if before:
            redress(arguments, path, level, work / "full.tsv")
            full = answer_of(work / "full.tsv")
            old = members(before)
            moved = sum(answer.get(key) != before[key] for key in old) / max(len(old), 1)
            alone = lambda found: {row.id: found.get(row.id, ("alone", row.id)) for row in some}
            alike = score(alone(full), answer).rand
            quality_now = [three(score(truth, found).cube_f) for found in (answer, full)]
            yield [name, level, len(some), len(old), percent(moved), percent(differing(answer, full)), three(alike), *quality_now]
        before = answer


# --- speed --------------------------------------------------------------------------------------------------


def speed(arguments, work):
    with_peers = ["leiden", "minhash"] if arguments.texts <= MOST_TEXTS_FOR_PEERS and not arguments.alone else []
    state_machine(arguments, required_packages() if with_peers else ())
    originals = [rows for _, rows, _ in sets_of(arguments, work)]
    path, about = make_texts(work / "made.tsv", originals, arguments.texts)
    print(f"\nMade texts (seed fixed): {about}. Rounds {arguments.rounds}, in turn; medians.")
    methods = ["redress", *with_peers]
    costs, answers = defaultdict(list), {}
    for _ in range(arguments.rounds):
        for method in methods:
            if method == "redress":
                costs[method].append(redress(arguments, path, arguments.level, work / "out.tsv"))
                answers[method] = work / "out.tsv"
            else:
                fixed = PEERS[method].fixed
                costs[method].append(peer(arguments, method, path, [fixed], work / method))
                answers[method] = peer_answer(work / method, fixed)
    ours = statistics.median(run.seconds for run in costs["redress"])
    shown = []
    for method in methods:
        title = f"**Redress**, {arguments.level}" if method == "redress" else f"{PEERS[method].title}, {PEERS[method].fixed}"
        seconds = [run.seconds for run in costs[method]]
        rounds = ", ".join(f"{s:.1f}" for s in seconds)
        answer = answer_of(answers[method])
        clustered = len(members(answer)) / arguments.texts
        biggest = max(Counter(answer.values()).values()) / arguments.texts
        ratio = f"{ours / statistics.median(seconds):.3f}"
        shown.append([title, *cost(costs[method]), rounds, ratio, percent(clustered), percent(biggest)])
    table(["method", "s", "processor s", "MiB", "rounds, s", "Redress : this, s", "clustered", "biggest"], shown)


SLOTS = {
    "product": ["Silk 10", "Facade Plus", "Seal 400", "Roof Felt 4 mm", "Primer A", "Tile Fix", "Hydro 2K", "Mastic 310"],
    "place": ["Gebze", "Kazan", "Leeds", "Bursa", "Perm", "York", "Izmir", "Tver", "Derby", "Adana"],
}
LETTERS = {"latin": ("bcdfgklmnprstvyz", "aeiou"), "cyrillic": ("бвгдзклмнпрстхш", "аеиоу")}
REPEATS = 0.15  # texts that word an earlier one anew; with a quarter of the others eligible, 26 % of texts have a repeat


def make_texts(path, originals, number, seed=20240731):
    """Distinct texts of about 250 characters, put together from sentences that lie near each other in their source (so that a
    text keeps to its subject), with words dropped, swapped, misspelt and invented."""
    pick = random.Random(seed)
    sources = [passages(row.text for row in rows) for rows in originals]
    sources += [passages(sample_lines(language)) for language in ("tr", "ru", "en")]
    shares = [0.2, 0.35, 0.15, 0.1, 0.1, 0.1]  # openoffice, nhtsa, banking77, then the sample's languages
    seen, words, growth, length, eligible = set(), set(), [], 0, []
    marks = {max(1, number * part // 10) for part in (1, 5, 10)}
    with open(path, "w", encoding="utf-8", newline="\n") as out:
        out.write("\t".join(Row._fields) + "\n")
        while len(seen) < number:
            if eligible and pick.random() < REPEATS:
                subject, chosen = eligible[pick.randrange(len(eligible))]
            else:
                subject, chosen = len(seen), gathered(pick, pick.choices(sources, shares)[0])
                if pick.random() < 0.25:
                    eligible.append((subject, chosen))
            text = worded(pick, " ".join(chosen))
            print_of = hashlib.blake2b(text.encode(), digest_size=8).digest()
            if print_of in seen:
                continue
            seen.add(print_of)
            out.write(f"m{len(seen):08}\t{subject}\t\t{text}\n")
            length += len(text)
            words.update(text.lower().split())
            if len(seen) in marks:
                growth.append(f"{len(words):,} after {len(seen):,}")
    return path, f"{number:,} distinct texts, {length / number:.0f} characters on average, words {', '.join(growth)}"


def passages(texts):
    """Sentences; where the punctuation is gone, runs of eighteen words."""
    found = {}
    for text in texts:
        for sentence in re.split(r"(?<=[.!?])\s+", text.strip()):
            words = sentence.split()
            longest = 18 if len(words) > 40 else 40
            for at in range(0, len(words), longest):
                found[" ".join(words[at : at + longest])] = None
    return list(found)


def sample_lines(language):
    lines = (SAMPLE_TEXTS / f"{language}.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line.strip() and not line.startswith(("#", "["))]


def gathered(pick, source):
    wanted, at = min(700, max(60, pick.gauss(240, 90))), pick.randrange(len(source))
    chosen, length = [], 0
    while length < wanted:
        chosen.append(source[min(len(source) - 1, max(0, at + pick.randint(-15, 15)))])
        length += len(chosen[-1]) + 1
    chosen[-1] = chosen[-1][: max(20, len(chosen[-1]) - int(length - wanted))]
    return chosen


def worded(pick, text):
    text = re.sub(r"\{(\w+)\}", lambda slot: filled(pick, slot.group(1)), text)
    words = text.split()
    for _ in range(1 + len(words) // 12):
        at, kind = pick.randrange(len(words)), pick.random()
        if kind < 0.35 and len(words) > 4:
            del words[at]
        elif kind < 0.55 and at:
            words[at - 1], words[at] = words[at], words[at - 1]
        elif kind < 0.9:
            words[at] = misspelt(pick, words[at])
        else:
            words.insert(at, invented(pick, "cyrillic" if "а" <= words[at][0].lower() <= "я" else "latin"))
    return " ".join(words)


def filled(pick, slot):
    return pick.choice(SLOTS[slot]) if slot in SLOTS else str(pick.randint(2, 999 if slot in ("lot", "order") else 30))


def misspelt(pick, word):
    at, kind = pick.randrange(len(word)), pick.random()
    if kind < 0.35 and len(word) > 2:
        return word[:at] + word[at + 1 :]
    if kind < 0.7 and at:
        return word[: at - 1] + word[at] + word[at - 1] + word[at + 1 :]
    return word[:at] + word[at] + word[at:]


def invented(pick, alphabet):
    """A name or a code: real vocabularies never stop growing."""
    consonants, vowels = LETTERS[alphabet]
    if pick.random() < 0.3:
        return f"{pick.choice(consonants)}{pick.randint(10, 99999)}"
    return "".join(pick.choice(consonants) + pick.choice(vowels) for _ in range(pick.randint(2, 4)))


# --- order --------------------------------------------------------------------------------------------------


def order(arguments, work):
    state_machine(arguments)
    shown, all_equal = [], True
    for name, rows, path in sets_of(arguments, work):
        shuffled = {"as it is": path}
        for seed in (1, 2, 3):
            again = rows[:]
            random.Random(seed).shuffle(again)
            shuffled[f"shuffled, seed {seed}"] = write_rows(work / f"{name}-{seed}.tsv", again)
        for level in LEVELS:
            answers = {}
            for (rows_are, file), threads in itertools.product(shuffled.items(), (1, 2, 5)):
                redress(arguments, file, level, work / "out.tsv", threads=threads)
                answers[f"{rows_are}, threads {threads}"] = sorted((work / "out.tsv").read_bytes().splitlines()[1:])
            first, *others = answers.values()
            others_differ = [run for run, answer in answers.items() if answer != first]
            all_equal &= not others_differ
            same_groups = len({grouping(answer) for answer in answers.values()}) == 1
            says = "yes" if not others_differ else "only the numbers differ" if same_groups else "NO"
            shown.append([name, level, len(rows), len(answers), says, "; ".join(others_differ) or "none"])
    print("\nEach set in its own order and shuffled three times, on 1, 2 and 5 threads; answers sorted by id and compared with the first.")
    table(["set", "level", "texts", "runs", "equal to the byte", "runs that differ"], shown)
    if not all_equal:
        sys.exit(1)


def grouping(lines):
    """The groups alone, whatever their numbers."""
    groups = defaultdict(list)
    for line in lines:
        key, _, cluster = line.partition(b"\t")
        groups[cluster or key].append(key)
    return frozenset(map(tuple, groups.values()))


# --- adversarial --------------------------------------------------------------------------------------------


def adversarial(arguments, work):
    state_machine(arguments)
    shown = []
    for name, texts in bad_inputs(random.Random(7)):
        rows = [Row(f"x{number:06}", "", "", text) for number, text in enumerate(texts)]
        path = write_rows(work / f"{name.replace(' ', '-')}.tsv", rows)
        size = f"{path.stat().st_size / 2**20:.1f}"
        run = redress(arguments, path, "problem", work / "out.tsv")
        answer = answer_of(work / "out.tsv")
        sizes = Counter(answer.values())
        biggest = max(sizes.values(), default=0) / len(rows)
        shown.append([name, f"{len(rows):,}", size, *cost([run]), percent(len(members(answer)) / len(rows)), percent(biggest)])
        path.unlink()
    print("\nOne run each, problem level; the file is read and the answer written within the time.")
    table(["input", "texts", "MiB of input", "s", "processor s", "MiB", "clustered", "biggest"], shown)


def bad_inputs(pick):
    """Name and texts. Tabs and line breaks would be the file's own, so rubbish has none."""
    vocabulary = [invented(pick, "latin") for _ in range(3_000)]
    words = lambda number: " ".join(pick.choices(vocabulary, k=number))
    rubbish = [chr(code) for code in (*range(1, 9), *range(14, 32), *range(127, 1_000), 0xFFFD, 0x1F642, 0x202E, 0x200B)]
    footer = words(60)
    # Letters alone, scattered: figures that no three texts share would be one word, and neighbouring words alike.
    link = lambda number: "".join(chr(97 + number * 7_654_321 % 26**5 // 26**place % 26) for place in range(5))
    yield "one text a hundred thousand times", ["the lid leaks over the carpet and nobody answers"] * 100_000
    yield "a form with one figure changed", [f"order {number} was not delivered and nobody answers" for number in range(100_000)]
    fields = lambda n: f"my order of field {1000 + n % 317} and amount {5000 + n % 311}"
    yield "a form with two fields that hundreds share", [f"{footer} {fields(n)}" for n in range(100_000)]
    yield "a form with one word changed", [f"the delivery to {invented(pick, 'latin')}{n} was late" for n in range(50_000)]
    yield "one footer under different texts", [f"{words(12)}. {footer}." for _ in range(20_000)]
    yield "a chain, each half of the one before", [" ".join(link(at + n) for n in range(10)) for at in range(0, 100_000, 5)]
    yield "words by chance", [words(40) for _ in range(20_000)]
    yield "one word each", [f"{word}{number}" for number, word in enumerate(vocabulary * 10)]
    yield "texts of 200 kB", [words(30_000)[:200_000] for _ in range(100)]
    yield "one word of 200 kB", [pick.choice("abcxyz") * 200_000 for _ in range(100)]
    yield "binary rubbish", ["".join(pick.choices(rubbish, k=250)) for _ in range(20_000)]
    yield "nothing", ["", " ", "...", "\u200b"] * 5_000


# --- command line -------------------------------------------------------------------------------------------


def command_line():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True, metavar="{quality,peers,stability,speed,order,adversarial}")
    for work in (quality, peers, stability, speed, order, adversarial):
        command = commands.add_parser(work.__name__)
        command.set_defaults(work=work)
        command.add_argument("--redress", required=True, type=pathlib.Path, metavar="PATH")
        if work is not adversarial:
            command.add_argument("--sets", required=True, type=pathlib.Path, metavar="DIR")
        command.add_argument("--threads", type=int, default=2)
        if work in (quality, stability, order):
            command.add_argument("--also", type=pathlib.Path, metavar="DIR", help="further sets, *.tsv")
        if work in (peers, speed):
            command.add_argument("--rounds", type=int, default=3)
        if work is speed:
            command.add_argument("--texts", type=int, required=True, metavar="N")
            command.add_argument("--level", choices=LEVELS, default="problem")
            command.add_argument("--alone", action="store_true", help="without the peers")
    child = commands.add_parser("peer")
    child.add_argument("name", choices=PEERS)
    child.add_argument("--input", required=True, type=pathlib.Path)
    child.add_argument("--out", required=True, type=pathlib.Path)
    child.add_argument("--threads", required=True, type=int)
    child.add_argument("--settings", required=True, nargs="+")
    return parser


def main():
    if sys.argv[1:2] == ["measure"]:
        measure(sys.argv[2:])
    arguments = command_line().parse_args()
    if arguments.command == "peer":
        peer_process(arguments)
        return
    with tempfile.TemporaryDirectory() as work:
        arguments.work(arguments, pathlib.Path(work))


if __name__ == "__main__":
    main()
