#!/usr/bin/env python3
"""The texts of a pack's charts, measured by a browser: none cut by the edge, none over another.

    tests/oracle/pack/check_charts.py PACK [PACK ..] [--chromium chromium]

Every charts/*.svg is set in a page, and Chromium is asked for the box of each text (getBBox). Exit code 1 with a line for
each text that reaches out of its drawing, and for each two texts whose boxes meet.
"""

import argparse
import json
import pathlib
import re
import subprocess
import sys
import tempfile

# Boxes hold the room of ascenders and descenders, which neighbours may share.
SLACK = 2.0

SCRIPT = """
document.fonts.ready.then(() => {
  const found = [];
  for (const svg of document.querySelectorAll('svg')) {
    const texts = [...svg.querySelectorAll('text')].map(t => {
      const b = t.getBBox();
      return {text: t.textContent.trim(), x: b.x, y: b.y, w: b.width, h: b.height};
    });
    const v = svg.viewBox.baseVal;
    found.push({name: svg.dataset.name, width: v.width, height: v.height, texts});
  }
  const out = document.createElement('pre');
  out.id = 'boxes';
  out.textContent = JSON.stringify(found);
  document.body.replaceChildren(out);
});
"""


def boxes(chromium, pages):
    """What the browser measured, by drawing."""
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        body = "".join(text.replace("<svg ", f'<svg data-name="{name}" ', 1) for name, text in pages)
        (folder / "page.html").write_text(f"<!DOCTYPE html><meta charset=utf-8><body>{body}<script>{SCRIPT}</script>")
        done = subprocess.run(
            [chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
             "--disable-background-networking", "--disable-component-update", "--disable-sync",
             f"--user-data-dir={folder}/profile", "--virtual-time-budget=20000", "--dump-dom", f"file://{folder}/page.html"],
            capture_output=True, text=True, timeout=300,
        )
    match = re.search(r'<pre id="boxes">(.*?)</pre>', done.stdout, re.S)
    if not match:
        sys.exit(f"{chromium} measured nothing:\n{done.stderr[-2000:]}")
    text = match[1]
    for entity, sign in [("&lt;", "<"), ("&gt;", ">"), ("&nbsp;", "\u00a0"), ("&amp;", "&")]:
        text = text.replace(entity, sign)
    return json.loads(text)


def meet(a, b):
    across = min(a["x"] + a["w"], b["x"] + b["w"]) - max(a["x"], b["x"])
    down = min(a["y"] + a["h"], b["y"] + b["h"]) - max(a["y"], b["y"])
    return across > SLACK and down > SLACK * 2


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("packs", nargs="+", type=pathlib.Path)
    parser.add_argument("--chromium", default="chromium")
    arguments = parser.parse_args()
    pages = [
        (f"{pack.name}/{path.stem}", path.read_text())
        for pack in arguments.packs
        for path in sorted((pack / "charts").glob("*.svg"))
    ]
    faults = texts = 0
    for drawing in boxes(arguments.chromium, pages):
        shown = [t for t in drawing["texts"] if t["text"]]
        texts += len(shown)
        for t in shown:
            out = t["x"] < -SLACK or t["y"] < -SLACK or t["x"] + t["w"] > drawing["width"] + SLACK or t["y"] + t["h"] > drawing["height"] + SLACK
            if out:
                faults += 1
                print(f"{drawing['name']}: \"{t['text']}\" reaches out of the drawing: {t}")
        for i, a in enumerate(shown):
            for b in shown[i + 1 :]:
                if meet(a, b):
                    faults += 1
                    print(f"{drawing['name']}: \"{a['text']}\" and \"{b['text']}\" meet")
    print(f"{texts} texts in {len(pages)} drawings: {faults} fault(s)")
    sys.exit(1 if faults or not texts else 0)


if __name__ == "__main__":
    main()
