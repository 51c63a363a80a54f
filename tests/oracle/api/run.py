"""The interface for programs against its own description: Schemathesis makes requests from `/api/v1/openapi.json`, good
ones and bad ones, and every answer is held against it.

    python3 -m venv venv && venv/bin/pip install -r tests/oracle/api/requirements.txt
    venv/bin/python tests/oracle/api/run.py --redress target/release/redress

A scratch folder gets the demonstration's register, lake and pack, a token with every scope, and a server of its own on
this machine. Fails on any status 5xx, on a status, a content type or a body that the description does not name, and on a
request without a token that is answered. What is entered stays in the scratch folder, and `audit verify` has to be
clean afterwards. At most five minutes.

Exit codes: 0 nothing found, 1 something found, 2 the server or Schemathesis could not be run.
"""

import argparse
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

SCOPES = [
    "cases:read", "cases:write", "messages:read", "messages:write", "actions:read", "actions:write",
    "clusters:read", "clusters:write", "indicators:read", "reviews:read", "reviews:build",
]
CHECKS = [
    "not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance",
    "ignored_auth",
]
# A pack is built by a process of its own, which is tried elsewhere and takes longer than all the rest.
LEFT_OUT = ["buildReview"]


class Trouble(Exception):
    """Something that is tried cannot be run."""


def main():
    args = arguments()
    with tempfile.TemporaryDirectory(prefix="redress-api-") as folder:
        folder = pathlib.Path(folder)
        office = Office(args.redress.resolve(), folder)
        office.furnish(args.cases)
        token = office.token()
        server = office.serve()
        try:
            found = schemathesis(office, token, args)
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(timeout=60)
        office.run("audit", "verify")
        print("audit verify: clean")
    return 1 if found else 0


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--redress", type=pathlib.Path, required=True, help="the program to try")
    parser.add_argument("--cases", type=int, default=300, help="cases of the scratch register")
    parser.add_argument("--seconds", type=int, default=180, help="time for all requests")
    parser.add_argument("--examples", type=int, default=20, help="made requests for each operation and round")
    parser.add_argument("--seed", type=int, default=10002)
    return parser.parse_args()


class Office:
    """A folder with a register, a lake and packs, and the program on it."""

    def __init__(self, redress, folder):
        self.redress = redress
        self.folder = folder
        self.place = folder
        self.named = []
        self.address = f"http://127.0.0.1:{free_port()}"

    def furnish(self, cases):
        self.run("demo", "--dir", "demo", "--cases", str(cases))
        self.place = self.folder / "demo"
        self.named = ["--register", "register.sqlite", "--lake", "lake"]

    def token(self):
        self.run("staff", "add", "oracle", "--roles", "admin")
        answer = self.run(
            "--format", "json", "token", "create", "schemathesis", "--scopes", ",".join(SCOPES),
            "--roles", "agent,quality", "--per-minute", "1000000", "--by", "oracle",
        )
        return json.loads(answer)["token"]

    def command(self, *words):
        return [str(self.redress), *self.named, *words]

    def environment(self):
        # No settings of whoever runs this.
        return {name: value for name, value in os.environ.items() if not name.startswith("REDRESS_")}

    def run(self, *words):
        done = subprocess.run(
            self.command(*words), cwd=self.place, env=self.environment(), capture_output=True, text=True, timeout=240
        )
        if done.returncode != 0:
            raise Trouble(f"redress {' '.join(words[:2])}: exit {done.returncode}\n{done.stderr}")
        return done.stdout

    def serve(self):
        log = open(self.folder / "server.log", "w")
        listen = self.address.removeprefix("http://")
        server = subprocess.Popen(
            self.command("serve", "--no-notify", "--listen", listen),
            cwd=self.place, env=self.environment(), stdout=log, stderr=log,
        )
        for _ in range(300):
            if server.poll() is not None:
                raise Trouble(f"the server ended:\n{(self.folder / 'server.log').read_text()}")
            try:
                with urllib.request.urlopen(f"{self.address}/api/v1/openapi.json", timeout=5) as answer:
                    json.load(answer)
                return server
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                time.sleep(0.1)
        server.kill()
        raise Trouble("the server does not answer")


def schemathesis(office, token, args):
    program = pathlib.Path(sys.executable).with_name("schemathesis")
    if not program.exists():
        raise Trouble(f"{program} is not there; install requirements.txt")
    command = [
        str(program), "run", f"{office.address}/api/v1/openapi.json",
        "--header", f"Authorization: Bearer {token}",
        "--checks", ",".join(CHECKS),
        "--phases", "coverage,fuzzing",
        "--mode", "all",
        # More than one thread parsing Python at a time is a fault of CPython 3.11 ("recursion depth mismatch").
        "--workers", "1",
        "--max-examples", str(args.examples),
        "--max-time", str(args.seconds),
        "--max-failures", "20",
        "--continue-on-failure",
        "--request-timeout", "30",
        "--seed", str(args.seed),
        "--no-shrink",
        "--no-color",
        "--suppress-health-check", "all",
        "--warnings", "off",
    ]
    for operation in LEFT_OUT:
        command += ["--exclude-operation-id", operation]
    began = time.monotonic()
    try:
        code = subprocess.run(command, cwd=office.folder, timeout=args.seconds + 60).returncode
    except subprocess.TimeoutExpired:
        raise Trouble(f"schemathesis did not end within {args.seconds + 60} seconds") from None
    print(f"schemathesis: exit {code} after {time.monotonic() - began:.0f} s")
    complaints = [
        line for line in (office.folder / "server.log").read_text(errors="replace").splitlines()
        if "panicked" in line or "could not be made" in line
    ]
    for line in complaints[:20]:
        print(f"server: {line}")
    return code != 0 or bool(complaints)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Trouble as trouble:
        print(trouble, file=sys.stderr)
        sys.exit(2)
