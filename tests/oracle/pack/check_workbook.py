#!/usr/bin/env python3
"""A pack's spreadsheet against its model, by other programs.

    tests/oracle/pack/check_workbook.py PACK [--recalculate soffice]

Needs openpyxl. Exit code 1 with a line for each difference.

What is compared
  tables    every table of model.json stands on its area's sheet, cell by cell: the number where the cell is one, else the text.
            Some are numbers, or the check fails.
  charts    every native chart of an area: as many as the model has; each of its series holds the values that
            the model's drawing has, in their order.
  formulas  with --recalculate, the spreadsheet without its stored results is opened by LibreOffice, and what that computes
            is compared with the results that were stored.
"""

import argparse
import json
import pathlib
import re
import subprocess
import sys
import tempfile

import openpyxl
from openpyxl.utils import range_boundaries

RANGE = re.compile(r"^'?(?P<sheet>.*?)'?!(?P<cells>[$A-Z0-9:]+)$")
faults = []
numbers = 0


def fault(text):
    faults.append(text)


def tables_of(section):
    for block in section["blocks"]:
        if block["block"] == "table":
            yield block["table"]
        elif block["block"] == "chart":
            yield block["chart"]["table"]


def same(cell, found):
    global numbers
    if isinstance(found, (int, float)) and not isinstance(found, bool):
        numbers += 1
        return cell["number"] is not None and abs(found - cell["number"]) < 1e-9
    # Line breaks stay, other control characters do not; an empty text is an empty cell.
    return (found or "") == "".join(c for c in cell["text"] if c == "\n" or ord(c) >= 32)


def check_tables(section, sheet):
    compared = 0
    captions = {}
    for row in range(1, sheet.max_row + 1):
        value = sheet.cell(row, 1).value
        if isinstance(value, str):
            captions.setdefault(value, []).append(row)
    for table in tables_of(section):
        rows = captions.get(table["caption"], [])
        titles = [column["title"] for column in table["columns"]]
        at = next((r for r in rows if [sheet.cell(r + 1, c + 1).value for c in range(len(titles))] == titles), None)
        if at is None:
            fault(f"{sheet.title}: the table \"{table['caption']}\" is not there")
            continue
        for r, cells in enumerate(table["rows"]):
            for c, cell in enumerate(cells):
                found = sheet.cell(at + 2 + r, c + 1).value
                compared += 1
                if not same(cell, found):
                    fault(f"{sheet.title}: \"{table['caption']}\" row {r + 1} column {c + 1}: {found!r}, the model has {cell}")
    return compared


def values(book, reference):
    match = RANGE.match(reference)
    if not match:
        return None
    sheet = book[match["sheet"].replace("''", "'")]
    first_column, first_row, last_column, last_row = range_boundaries(match["cells"].replace("$", ""))
    return [
        sheet.cell(row, column).value
        for row in range(first_row, last_row + 1)
        for column in range(first_column, last_column + 1)
    ]


def share(row, side):
    return row[side] and row[side]["share"]


def inside(drawing, window):
    for place, column in enumerate(drawing["columns"]):
        yield column["value"] if window["from"] <= place <= window["to"] else None


def corners(curve):
    """Heights of a curve of steps, two to each step down, and one more at its end."""
    heights = []
    for day, height in curve["steps"]:
        if day <= curve["end"]:
            heights += [heights[-1], height] if heights else [height]
    return heights + heights[-1:]


def wanted_series(drawing):
    """What each series of the native chart has to hold, read from the model's drawing."""
    match drawing["kind"]:
        case "intervals":
            sides = [[share(row, side) for row in drawing["rows"]] for side in ("net", "gross")]
            objective = [[row["objective"] for row in drawing["rows"]]] if drawing["objective"] else []
            return sides + objective
        case "stacked":
            return [[column["values"][part] for column in drawing["columns"]] for part in range(len(drawing["parts"]))]
        case "bridge":
            feet = [min(step["from"], step["to"]) for step in drawing["steps"]]
            return [feet, [abs(step["to"] - step["from"]) for step in drawing["steps"]]]
        case "ageing":
            return [panel["counts"] for panel in drawing["panels"]]
        case "pareto":
            counts = [row["count"] for row in drawing["rows"]]
            running = [[row["cumulative"] for row in drawing["rows"]]] if drawing["share_ticks"] else []
            return [counts] + running
        case "course":
            return [list(inside(drawing, window)) for window in drawing["windows"]]
        case "control":
            return [[point[line] for point in drawing["points"]] for line in ("value", "centre", "lower", "upper")]
        case "multiples":
            return [panel["values"] for panel in drawing["panels"]]
        case "steps":
            return [[row["count"] for row in drawing["rows"]]]
        case "funnel":
            limits = [[height for _, height in limit[side]] for limit in drawing["limits"] for side in ("lower", "upper")]
            return limits + [[unit["value"] for unit in drawing["units"]]]
        case "survival":
            return [corners(curve) for curve in drawing["curves"]]
    sys.exit(f"a drawing of the kind {drawing['kind']} is not known here")


def equal(found, wanted):
    return len(found) == len(wanted) and all(
        one is other or (one is not None and other is not None and abs(one - other) < 1e-6) for one, other in zip(found, wanted)
    )


def check_charts(section, sheet, book):
    drawings = [block["chart"]["drawing"] for block in section["blocks"] if block["block"] == "chart"]
    if len(sheet._charts) != len(drawings):
        fault(f"{sheet.title}: {len(sheet._charts)} charts, the model has {len(drawings)}")
    # openpyxl gives the charts in the order of the sheet.
    for chart, drawing in zip(sheet._charts, drawings):
        series = [one for part in [chart, *(p for p in chart._charts if p is not chart)] for one in part.series]
        found = [values(book, (one.val or one.yVal).numRef.f) for one in series]
        wanted = wanted_series(drawing)
        if len(found) != len(wanted):
            fault(f"{sheet.title}: {len(found)} series, the drawing ({drawing['kind']}) has {len(wanted)}")
        for number, (one, other) in enumerate(zip(found, wanted)):
            if not equal(one, other):
                fault(f"{sheet.title}: series {number + 1} holds {one}, the drawing ({drawing['kind']}) has {other}")
    return len(drawings)


def recalculated(path, soffice):
    """The book's formulas as LibreOffice computes them, and as they were stored."""
    stored = openpyxl.load_workbook(path, data_only=True)
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        bare = openpyxl.load_workbook(path)
        for sheet in bare.worksheets:
            sheet._charts = []
        bare.save(folder / "bare.xlsx")
        done = subprocess.run(
            [soffice, f"-env:UserInstallation=file://{folder}/profile", "--headless", "--convert-to", "xlsx:Calc MS Excel 2007 XML",
             "--outdir", str(folder / "out"), str(folder / "bare.xlsx")],
            capture_output=True, text=True, timeout=300,
        )
        if done.returncode:
            sys.exit(f"{soffice} failed: {done.stderr}")
        computed = openpyxl.load_workbook(folder / "out" / "bare.xlsx", data_only=True)
    formulas = openpyxl.load_workbook(path)
    compared = 0
    for sheet in formulas.worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                if cell.data_type != "f":
                    continue
                was = float(stored[sheet.title][cell.coordinate].value)
                now = computed[sheet.title][cell.coordinate].value
                compared += 1
                if not isinstance(now, (int, float)) or abs(was - now) > 1e-9 * max(1.0, abs(was)):
                    fault(f"{sheet.title}!{cell.coordinate} {cell.value}: stored {was}, computed {now}")
    return compared


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pack", type=pathlib.Path)
    parser.add_argument("--recalculate", metavar="PROGRAM")
    arguments = parser.parse_args()
    model = json.loads((arguments.pack / "model.json").read_text())
    path = arguments.pack / "review.xlsx"
    book = openpyxl.load_workbook(path, data_only=True)
    sheets = book.worksheets[1 : 1 + len(model["sections"])]
    cells = charts = 0
    for section, sheet in zip(model["sections"], sheets, strict=True):
        cells += check_tables(section, sheet)
        charts += check_charts(section, sheet, book)
    said = f"{cells} cells, {numbers} of them numbers, and {charts} charts on {len(sheets)} areas"
    if arguments.recalculate:
        said += f", {recalculated(path, arguments.recalculate)} formulas computed again"
    for line in faults[:40]:
        print(line)
    print(f"{said}: {len(faults)} difference(s)")
    sys.exit(1 if faults or not numbers or not charts else 0)


if __name__ == "__main__":
    main()
