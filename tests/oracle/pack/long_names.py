#!/usr/bin/env python3
"""The sample register with the longest names that a chart may meet.

    tests/oracle/pack/long_names.py sample_data OUT

Copies the CSV folder; products, sites and departments get names of some sixty characters, and every third category is
unknown to the translations and as long.
"""

import csv
import json
import pathlib
import shutil
import sys

TAIL = " – uzun açıklamalı ürün adı / очень длинное название изделия"
CATEGORY_TAIL = "-a-category-that-nobody-translated-and-that-goes-on-for-longer"


def main():
    source, out = map(pathlib.Path, sys.argv[1:])
    shutil.copytree(source, out, dirs_exist_ok=True)
    with open(source / "events.csv", newline="", encoding="utf-8") as table:
        reader = csv.DictReader(table)
        heads, rows = reader.fieldnames, list(reader)
    known = {}
    for row in rows:
        data = json.loads(row["data"])
        for name in ("product", "site"):
            if data.get(name):
                data[name] += TAIL
        if data.get("category"):
            place = known.setdefault(data["category"], len(known))
            if place % 3 == 0:
                data["category"] += CATEGORY_TAIL
        row["data"] = json.dumps(data, ensure_ascii=False)
    with open(out / "events.csv", "w", newline="", encoding="utf-8") as table:
        writer = csv.DictWriter(table, heads)
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    main()
