#!/usr/bin/env python3
"""Writes the bill of materials of the program: CycloneDX 1.6 as JSON, from `cargo metadata` and Cargo.lock.

    .ci/sbom.py [--target x86_64-unknown-linux-gnu] [--offline] >redress.cdx.json

What stands in it is what a release for the target is made of: crates that are linked into it as `required`, those that
only build it (build scripts, macros and theirs) as `excluded`, and the C libraries that crates bring with them. Crates of
tests are not in it. The same Cargo.lock gives the same bytes: there is no time in it, and its serial number comes from its
content. Ends with 1 and a line on stderr where the result would lack what the specification requires.
"""

import argparse
import json
import pathlib
import re
import subprocess
import sys
import tomllib
import uuid

ROOT = pathlib.Path(__file__).resolve().parent.parent
SPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://cyclonedx.org/docs/1.6/json/")
# C libraries in the sources of crates: where each says its version, and what people watch it by.
BUNDLED = {
    "libsqlite3-sys": ("sqlite", "sqlite3/sqlite3.h", r'#define SQLITE_VERSION\s+"([0-9.]+)"', "blessing", "cpe:2.3:a:sqlite:sqlite:{}:*:*:*:*:*:*:*"),
    "zstd-sys": ("zstd", "Cargo.toml", r'(?m)^version = "[0-9.]+\+zstd\.([0-9.]+)"', "BSD-3-Clause", "cpe:2.3:a:facebook:zstandard:{}:*:*:*:*:*:*:*"),
}


def metadata(arguments):
    command = ["cargo", "metadata", "--locked", "--format-version", "1", "--filter-platform", arguments.target]
    command += ["--offline"] * arguments.offline
    return json.loads(subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True).stdout)


def checksums():
    lock = tomllib.loads((ROOT / "Cargo.lock").read_text())
    return {(p["name"], p["version"]): p["checksum"] for p in lock["package"] if "checksum" in p}


def is_macro(package):
    return any("proc-macro" in target["kind"] for target in package["targets"])


def reached(tree):
    """The ids of what is linked, and of all that is compiled for a release, with the edges between them."""
    packages = {package["id"]: package for package in tree["packages"]}
    nodes = {node["id"]: node for node in tree["resolve"]["nodes"]}
    edges, linked, compiled = {}, set(), set()
    waiting = [(tree["resolve"]["root"], True)]
    while waiting:
        at, ships = waiting.pop()
        ships = ships and not is_macro(packages[at])
        if at in (linked if ships else compiled):
            continue
        compiled.add(at)
        if ships:
            linked.add(at)
        for dependency in nodes[at]["deps"]:
            kinds = {kind["kind"] for kind in dependency["dep_kinds"]} - {"dev"}
            if kinds:
                edges.setdefault(at, set()).add(dependency["pkg"])
                waiting.append((dependency["pkg"], ships and None in kinds))
    return packages, linked, compiled, edges


def reference(package):
    # The program and its rooms come from this tree and from no registry.
    if package["source"] is None:
        return f"{package['name']}@{package['version']}"
    # A purl writes the plus of a version in percents.
    return f"pkg:cargo/{package['name']}@{package['version'].replace('+', '%2B')}"


def licence(package):
    # The slash is how Cargo wrote "OR" before SPDX expressions.
    return [{"expression": re.sub(r"\s*/\s*", " OR ", package["license"])}]


def component(package, scope, sums):
    entry = {"type": "library", "bom-ref": reference(package), "name": package["name"], "version": package["version"]}
    if scope:
        entry["scope"] = scope
    checksum = sums.get((package["name"], package["version"]))
    if checksum:
        entry["hashes"] = [{"alg": "SHA-256", "content": checksum}]
    if package["license"]:
        entry["licenses"] = licence(package)
    if package["source"] is not None:
        entry["purl"] = reference(package)
    if re.match(r"https?://\S+$", package["repository"] or ""):
        entry["externalReferences"] = [{"type": "vcs", "url": package["repository"]}]
    return entry


def bundled(package):
    name, file, pattern, terms, cpe = BUNDLED[package["name"]]
    text = (pathlib.Path(package["manifest_path"]).parent / file).read_text(errors="replace")
    found = re.search(pattern, text)
    if not found:
        sys.exit(f"{package['name']}: {file} does not say which {name} it is; correct BUNDLED in .ci/sbom.py")
    version = found[1]
    return {
        "type": "library",
        "bom-ref": f"pkg:generic/{name}@{version}",
        "name": name,
        "version": version,
        "scope": "required",
        "licenses": [{"license": {"id": terms}}],
        "cpe": cpe.format(version),
        "purl": f"pkg:generic/{name}@{version}",
    }


def bill(arguments):
    tree = metadata(arguments)
    packages, linked, compiled, edges = reached(tree)
    sums = checksums()
    root = tree["resolve"]["root"]
    components, depends = [], []
    for at in compiled - {root}:
        components.append(component(packages[at], "required" if at in linked else "excluded", sums))
    for at in compiled:
        on = {reference(packages[to]) for to in edges.get(at, ())}
        if packages[at]["name"] in BUNDLED and at in linked:
            brought = bundled(packages[at])
            components.append(brought)
            depends.append({"ref": brought["bom-ref"]})
            on.add(brought["bom-ref"])
        depends.append({"ref": reference(packages[at]), **({"dependsOn": sorted(on)} if on else {})})
    main = {**component(packages[root], None, sums), "type": "application"}
    whole = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": main,
            "properties": [{"name": "cargo:target", "value": arguments.target}],
        },
        "components": sorted(components, key=lambda one: one["bom-ref"]),
        "dependencies": sorted(depends, key=lambda one: one["ref"]),
    }
    serial = uuid.uuid5(SPACE, json.dumps(whole, sort_keys=True))
    return {"$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json", "serialNumber": f"urn:uuid:{serial}", **whole}


def faults(whole):
    """What https://cyclonedx.org/docs/1.6/json/ requires and the bill lacks; and crates without a licence or a checksum."""
    every = [whole["metadata"]["component"], *whole["components"]]
    for one in every:
        if one.get("type") not in {"application", "library"} or not one.get("name"):
            yield f"a component lacks its type or name: {one}"
        if not one.get("licenses"):
            yield f"{one['bom-ref']} says no licence"
        if one["bom-ref"].startswith("pkg:cargo/") and not one.get("hashes"):
            yield f"{one['bom-ref']} has no checksum in Cargo.lock"
    known = [one["bom-ref"] for one in every]
    for name in {name for name in known if known.count(name) > 1}:
        yield f"{name} stands twice"
    told = [entry["ref"] for entry in whole["dependencies"]]
    if sorted(told) != sorted(known):
        yield "the dependencies do not name every component once"
    for entry in whole["dependencies"]:
        for to in entry.get("dependsOn", ()):
            if to not in known:
                yield f"{entry['ref']} depends on {to}, which is no component"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--target", default="x86_64-unknown-linux-gnu")
    parser.add_argument("--offline", action="store_true", help="ask no registry; the crates have to be there")
    arguments = parser.parse_args()
    whole = bill(arguments)
    wrong = list(faults(whole))
    for line in wrong:
        print(line, file=sys.stderr)
    print(json.dumps(whole, indent=2, ensure_ascii=False))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
