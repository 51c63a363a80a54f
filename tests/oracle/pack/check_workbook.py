#!/usr/bin/env python3
"""A pack's spreadsheet against its model, by other programs.

    tests/oracle/pack/check_workbook.py PACK [--recalculate soffice]

Needs openpyxl. Exit code 1 with a line for each difference.

What is compared
  tables    every table of model.json stands on its area's sheet, cell by cell: the number where the cell is one, else the text.
  charts    every native chart of an area: as many as the model has; its ranges hold categories and numbers.
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


def fault(text):
    faults.append(text)


def tables_of(section):
    for block in section["blocks"]:
        if block["block"] == "table":
            yield block["table"]
        elif block["block"] == "chart":
            yield block["chart"]["table"]


def same(cell, found):
    if isinstance(found, (int, float)) and not isinstance(found, bool):
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


def check_charts(section, sheet, book):
    wanted = sum(block["block"] == "chart" for block in section["blocks"])
    if len(sheet._charts) != wanted:
        fault(f"{sheet.title}: {len(sheet._charts)} charts, the model has {wanted}")
    for chart in sheet._charts:
        series = [s for part in [chart, *chart._charts] for s in part.series]
        if not series:
            fault(f"{sheet.title}: a chart without a series")
        for one in series:
            numbers = (one.val or one.yVal).numRef.f
            found = values(book, numbers)
            if found is None or not any(isinstance(v, (int, float)) or str(v).startswith("=") for v in found):
                fault(f"{sheet.title}: the series {numbers} holds no number")
    return wanted


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
    book = openpyxl.load_workbook(path)
    sheets = book.worksheets[1 : 1 + len(model["sections"])]
    cells = charts = 0
    for section, sheet in zip(model["sections"], sheets, strict=True):
        cells += check_tables(section, sheet)
        charts += check_charts(section, sheet, book)
    said = f"{cells} cells and {charts} charts on {len(sheets)} areas"
    if arguments.recalculate:
        said += f", {recalculated(path, arguments.recalculate)} formulas computed again"
    for line in faults[:40]:
        print(line)
    print(f"{said}: {len(faults)} difference(s)")
    sys.exit(1 if faults or not cells or not charts else 0)


if __name__ == "__main__":
    main()
