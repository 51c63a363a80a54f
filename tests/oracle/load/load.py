#!/usr/bin/env python3
"""Load on `redress serve`, and kills under it; only the standard library.

Users with a thinking time between two requests read and write: complainants fill in the form, send it, sign in with the
number and the password of their receipt, look and add; staff sign in, read queue, cases, search and figures, and write
notes. The register is a scratch one of invented cases. Afterwards every receipt, addition and note that a page confirmed
has to be in the register, once, and `redress audit verify` has to find nothing.

    load.py --redress FILE                                       200 users, 5 s of thinking, 120 s
    load.py --redress FILE --users 20 --think 0.5 --seconds 20   the short form
    load.py --redress FILE --kill 100                            kill -9 that often under the load, with a restart after each

What is counted: requests that were answered, by kind. A page is a request that hashes no password; sending the form is a
registration (a password is made), the two sign-ins stand apart. Times are from the request's first byte to the answer's
last, at the client, on the same machine. A percentile is the nearest rank.

The server is behind a "proxy" that names each user's address (X-Forwarded-For), since the limits on tries hold per address.

Exit code 0: nothing lost, nothing doubled, no unexpected answer, audit clean; else 1. Times fail nothing unless --p99 is
given (milliseconds, pages without hashing).
"""
import argparse
import asyncio
import collections
import html.parser
import json
import math
import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.parse

NUMBER = re.compile(r"\b\d{4}-\d{6}\b")
# The register gives no password for a second time: what the receipt shows is all there is.
RECEIPT = re.compile(r'class="big">([^<]+)</span>')
PASSWORD = "a long sentence for the load %d"


class Gone(Exception):
    """The connection broke before the answer was whole."""


class Unexpected(Exception):
    """An answer that no page of ours gives here."""


class Form(html.parser.HTMLParser):
    """The fields of the first form that is sent to an address, as a browser would send them untouched."""

    def __init__(self, action):
        super().__init__()
        self.action, self.inside, self.done = action, False, False
        self.fields, self.select, self.area, self.multipart = [], None, None, False

    def handle_starttag(self, tag, attrs):
        at = dict(attrs)
        if tag == "form":
            self.inside = at.get("action") == self.action and not self.done
            if self.inside:
                self.multipart = at.get("enctype") == "multipart/form-data"
            return
        if not self.inside:
            return
        name = at.get("name")
        if tag == "input" and name:
            kind = at.get("type", "text")
            if kind in ("radio", "checkbox") and "checked" not in at:
                return
            if kind != "file":
                self.fields.append([name, at.get("value", "") or ""])
        elif tag == "textarea" and name:
            self.area = [name, ""]
        elif tag == "select" and name:
            self.select = [name, None, None]
        elif tag == "option" and self.select:
            value = at.get("value", "")
            if self.select[2] is None:
                self.select[2] = value
            if "selected" in at:
                self.select[1] = value

    def handle_data(self, data):
        if self.inside and self.area:
            self.area[1] += data

    def handle_endtag(self, tag):
        if not self.inside:
            return
        if tag == "textarea" and self.area:
            self.fields.append([self.area[0], self.area[1].lstrip("\n")])
            self.area = None
        elif tag == "select" and self.select:
            chosen = self.select[1] if self.select[1] is not None else self.select[2]
            if chosen is not None:
                self.fields.append([self.select[0], chosen])
            self.select = None
        elif tag == "form":
            self.inside, self.done = False, True

    @staticmethod
    def of(page, action):
        form = Form(action)
        form.feed(page)
        if not form.done:
            raise Unexpected(f"no form for {action}")
        return form

    def filled(self, **values):
        """The pairs with these entries, in place where the form has the field, else at the end."""
        pairs = [(name, values.pop(name) if name in values else value) for name, value in self.fields]
        return pairs + list(values.items())


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def text(self):
        return self.body.decode("utf-8", "replace")

    @property
    def location(self):
        return self.headers.get("location", [""])[0]


class Browser:
    """One visitor: cookies, one connection at a time, an address of its own."""

    def __init__(self, run, address):
        self.run, self.address, self.cookies = run, address, {}
        self.reader = self.writer = None
        self.port, self.used = 0, 0.0

    def close(self):
        if self.writer:
            self.writer.close()
        self.reader = self.writer = None

    async def connect(self):
        # Idle connections are closed by the server after some seconds, and by a kill at once.
        if self.writer and self.port == self.run.port and time.monotonic() - self.used < 8:
            return
        self.close()
        self.port = self.run.port
        try:
            self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError as error:
            raise Gone(str(error)) from error

    async def ask(self, kind, method, path, body=b"", media=None):
        await self.connect()
        head = [
            f"{method} {path} HTTP/1.1",
            "Host: 127.0.0.1",
            f"X-Forwarded-For: {self.address}",
            "Accept-Language: en",
            "Sec-Fetch-Site: same-origin",
            f"Content-Length: {len(body)}" if method == "POST" else "Accept: text/html",
        ]
        if media:
            head.append(f"Content-Type: {media}")
        if self.cookies:
            head.append("Cookie: " + "; ".join(f"{k}={v}" for k, v in self.cookies.items()))
        began = time.perf_counter()
        try:
            self.writer.write("\r\n".join(head).encode() + b"\r\n\r\n" + body)
            await self.writer.drain()
            answer = await asyncio.wait_for(self.read(), 60)
        except (OSError, asyncio.IncompleteReadError, asyncio.TimeoutError, ValueError) as error:
            self.close()
            raise Gone(f"{path}: {error!r}") from error
        self.used = time.monotonic()
        self.run.took[kind].append(time.perf_counter() - began)
        for cookie in answer.headers.get("set-cookie", []):
            name, _, value = cookie.split(";")[0].partition("=")
            if value:
                self.cookies[name] = value
            else:
                self.cookies.pop(name, None)
        if answer.headers.get("connection", [""])[0] == "close":
            self.close()
        if answer.status >= 500:
            raise Unexpected(f"{method} {re.sub(NUMBER, 'N', path)}: {answer.status}")
        return answer

    async def read(self):
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        status, headers = int(head[0].split()[1]), collections.defaultdict(list)
        for line in head[1:]:
            name, _, value = line.partition(":")
            if name:
                headers[name.lower()].append(value.strip())
        if headers.get("transfer-encoding", [""])[0] == "chunked":
            parts = []
            while size := int((await self.reader.readline()).split(b";")[0], 16):
                parts.append(await self.reader.readexactly(size))
                await self.reader.readexactly(2)
            await self.reader.readline()
            body = b"".join(parts)
        else:
            body = await self.reader.readexactly(int(headers.get("content-length", ["0"])[0]))
        return Answer(status, headers, body)

    async def get(self, path, kind="page"):
        return await self.ask(kind, "GET", path)

    async def post(self, path, pairs, kind="page", multipart=False):
        if multipart:
            mark = "----load"
            parts = [f'--{mark}\r\nContent-Disposition: form-data; name="{n}"\r\n\r\n{v}\r\n' for n, v in pairs]
            body = ("".join(parts) + f"--{mark}--\r\n").encode()
            return await self.ask(kind, "POST", path, body, f"multipart/form-data; boundary={mark}")
        body = urllib.parse.urlencode(pairs).encode()
        return await self.ask(kind, "POST", path, body, "application/x-www-form-urlencoded")


class Server:
    """`redress serve`, to be started, ended and killed."""

    def __init__(self, program, folder):
        self.program, self.folder, self.process = program, folder, None

    async def start(self):
        began = time.perf_counter()
        self.process = await asyncio.create_subprocess_exec(
            self.program, "--config", os.path.join(self.folder, "redress.toml"), "serve", "--no-notify",
            cwd=self.folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        while True:
            line = (await asyncio.wait_for(self.process.stderr.readline(), 60)).decode()
            if not line:
                raise SystemExit("the server ended before it listened")
            found = re.search(r"listening on http://127\.0\.0\.1:(\d+)", line)
            if found:
                break
        self.log = open(os.path.join(self.folder, "serve.log"), "ab")
        self.reading = asyncio.create_task(self.drain(self.process))
        return int(found.group(1)), time.perf_counter() - began

    async def drain(self, process):
        while line := await process.stderr.readline():
            self.log.write(line)
            self.log.flush()

    async def kill(self):
        self.process.send_signal(signal.SIGKILL)
        await self.process.wait()

    async def end(self):
        self.process.send_signal(signal.SIGTERM)
        return await asyncio.wait_for(self.process.wait(), 60)


class Run:
    """What is under way, and what was confirmed."""

    def __init__(self, args, server):
        self.args, self.server, self.port = args, server, 0
        self.took = collections.defaultdict(list)
        self.random = random.Random(args.seed)
        self.over = asyncio.Event()
        self.up = asyncio.Event()
        self.receipts, self.additions, self.notes = {}, [], []
        self.sending, self.began_sending = set(), asyncio.Event()
        self.sent, self.again = 0, 0
        self.broken, self.conflicts, self.refused = 0, 0, collections.Counter()
        self.errors = collections.Counter()
        self.serial = 0

    def mark(self, what):
        """A text that occurs nowhere else: it is looked for in the register afterwards."""
        self.serial += 1
        return f"load-{self.args.seed}-{what}-{self.serial:06d}"

    async def think(self):
        """The user's time, or less when the run is over."""
        pause = self.random.uniform(0.5, 1.5) * self.args.think
        try:
            await asyncio.wait_for(self.over.wait(), pause)
        except asyncio.TimeoutError:
            return True
        return False

    async def user(self, index, round_of):
        await asyncio.sleep(self.random.uniform(0, self.args.think))
        visit = 0
        while not self.over.is_set():
            await self.up.wait()
            visit += 1
            browser = Browser(self, f"10.{index // 250}.{index % 250}.{visit % 250 + 1}")
            try:
                await round_of(browser, index)
            except Gone:
                self.broken += 1
                # After a kill; the server comes back.
                await asyncio.sleep(0.05)
            except Unexpected as error:
                self.errors[str(error)] += 1
                await self.think()
            finally:
                browser.close()

    async def complainant(self, browser, index):
        """Form, receipt, sign-in, look, add, look again."""
        text = self.mark("complaint")
        await browser.get("/")
        if not await self.think():
            return
        form = Form.of((await browser.get("/complain")).text, "/complain")
        entries = {"text": f"The paint came off after a week. {text}", "product": "K20", "remedy": "refund",
                   "behalf": "self", "name": f"Load {index}", "phone": "+905321112233"}
        # Some pages one by one, the rest at once: every page carries the entries of the others.
        for _ in range(self.random.randint(1, 3)):
            if not await self.think():
                return
            page = await browser.post("/complain", form.filled(go="next", **entries), multipart=form.multipart)
            if page.status == 422:
                raise Unexpected("the form refuses its entries")
            form = Form.of(page.text, "/complain")
        if not await self.think():
            return
        pairs = form.filled(go="send", **entries)
        shown = await self.send(browser, pairs, form.multipart, text)
        if shown is None or not await self.think():
            return
        number, password = shown
        form = Form.of((await browser.get("/track")).text, "/track")
        if not await self.think():
            return
        page = await browser.post("/track", form.filled(number=number, password=password), kind="sign-in")
        if page.location != "/case":
            raise Unexpected(f"sign-in to a case: {page.status}")
        for _ in range(self.random.randint(1, 2)):
            page = await browser.get("/case")
            if text not in page.text:
                raise Unexpected("a case's page without its complaint")
            if not await self.think():
                return
            form = Form.of((await browser.get("/case/add")).text, "/case/add")
            if not await self.think():
                return
            added = self.mark("addition")
            page = await browser.post("/case/add", form.filled(text=added, go="send"), multipart=form.multipart)
            if page.status == 303:
                self.additions.append((number, added))
            else:
                self.refused[f"addition {page.status}"] += 1
            if not await self.think():
                return

    async def send(self, browser, pairs, multipart, text):
        """Sends the form. When the connection broke, the same form is sent again, as people do."""
        for attempt in range(6):
            await self.up.wait()
            self.sending.add(text)
            self.sent += 1
            self.began_sending.set()
            try:
                page = await browser.post("/complain", pairs, kind="registration", multipart=multipart)
            except Gone:
                self.again += 1
                if self.args.kill == 0:
                    raise
                await asyncio.sleep(0.3 * (attempt + 1))
                continue
            finally:
                self.sending.discard(text)
            shown = RECEIPT.findall(page.text)
            if page.status == 200 and shown:
                self.receipts[shown[0]] = text
                # Sent again after it had been recorded, the page knows the number and has no password any more.
                return (shown[0], shown[1]) if len(shown) > 1 else None
            self.refused[f"complaint {page.status}"] += 1
            return None
        return None

    async def staff(self, browser, index):
        """Queue, case, search, figures, and a note now and then."""
        name = f"load{index % self.args.accounts}"
        form = Form.of((await browser.get("/desk/sign-in")).text, "/desk/sign-in")
        page = await browser.post("/desk/sign-in",
                                  form.filled(name=name, password=PASSWORD % (index % self.args.accounts)), kind="sign-in")
        if page.status != 303:
            raise Unexpected(f"sign-in at the desk: {page.status}")
        while await self.think():
            page = await browser.get("/desk")
            if page.status != 200:
                raise Unexpected(f"queue: {page.status}")
            numbers = sorted(set(NUMBER.findall(page.text)))
            if not numbers or not await self.think():
                continue
            number = self.random.choice(numbers)
            await browser.get(f"/desk/case/{number}")
            if not await self.think():
                return
            what = self.random.random()
            if what < 0.45:
                address = f"/desk/case/{number}/note"
                page = await browser.get(address)
                if page.status != 200:
                    self.refused[f"note's form {page.status}"] += 1
                    continue
                form = Form.of(page.text, address)
                if not await self.think():
                    return
                noted = self.mark("note")
                page = await browser.post(address, form.filled(text=noted), multipart=form.multipart)
                if page.status == 303:
                    self.notes.append((number, noted))
                elif page.status == 409:
                    self.conflicts += 1
                else:
                    self.refused[f"note {page.status}"] += 1
            elif what < 0.75:
                word = self.random.choice(["paint", "K20", "load", number])
                await browser.get("/desk/search?" + urllib.parse.urlencode({"q": word}))
            else:
                page = await browser.get("/quality")
                if page.status != 200:
                    raise Unexpected(f"figures: {page.status}")

    async def kills(self):
        """Kills the server again and again: half of the time just after a form was sent, else at any moment."""
        hits, recorded, downs = 0, set(), []
        for n in range(self.args.kill):
            if n % 2 == 0:
                self.began_sending.clear()
                try:
                    await asyncio.wait_for(self.began_sending.wait(), 10)
                except asyncio.TimeoutError:
                    pass
                await asyncio.sleep(self.random.uniform(0, 0.12))
            else:
                await asyncio.sleep(self.random.uniform(0.2, 1.2))
            under_way = set(self.sending)
            self.up.clear()
            await self.server.kill()
            hits += bool(under_way)
            recorded |= under_way & registered(self.args.register, self.args.seed)
            self.port, took = await self.server.start()
            downs.append(took)
            self.up.set()
            await asyncio.sleep(self.random.uniform(0.3, 1.0))
        return {"kills": self.args.kill, "hit_a_registration": hits, "recorded_before_their_receipt": len(recorded),
                "seconds_to_start": {"median": percentile(downs, 50), "max": max(downs)}}


def percentile(values, p):
    """Nearest rank."""
    values = sorted(values)
    return values[max(0, math.ceil(p / 100 * len(values)) - 1)] if values else None


def texts(register, seed):
    """The marked texts of the register: kind of event, number, text."""
    at = sqlite3.connect(f"file:{urllib.parse.quote(register)}?mode=ro", uri=True)
    try:
        return at.execute(
            """SELECT event.kind, complaint_case.number, event_text.body FROM event_text
               JOIN case_event AS event ON event.text_id = event_text.text_id
               JOIN complaint_case ON complaint_case.case_key = event.case_key
               WHERE event_text.body LIKE ?""", (f"%load-{seed}-%",)).fetchall()
    finally:
        at.close()


def registered(register, seed):
    """The marks of complaints that the register has."""
    return {mark for _, _, body in texts(register, seed) for mark in re.findall(rf"load-{seed}-complaint-\d+", body)}


def balance(run, register, seed):
    """What was confirmed against what the register holds."""
    found = collections.defaultdict(list)
    for _, number, body in texts(register, seed):
        for mark in re.findall(rf"load-{seed}-\w+-\d+", body):
            found[mark].append(number)
    faults = []
    for number, mark in run.receipts.items():
        if found[mark] != [number]:
            faults.append(f"receipt {number} ({mark}) is in the register as {found[mark]}")
    for number, mark in run.additions + run.notes:
        if found[mark] != [number]:
            faults.append(f"{mark} of case {number} is in the register as {found[mark]}")
    doubled = {mark: numbers for mark, numbers in found.items() if len(numbers) > 1}
    faults += [f"{mark} is there {len(n)} times: {n}" for mark, n in doubled.items()]
    if len(set(run.receipts.values())) != len(run.receipts):
        faults.append("two receipts for one complaint")
    return faults


def prepare(args, folder):
    """A scratch installation with invented cases, a snapshot for the figures, and accounts."""
    def redress(*words):
        done = subprocess.run([args.redress, "--config", os.path.join(folder, "redress.toml"), *words],
                              cwd=folder, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise SystemExit(f"redress {' '.join(words)}: {done.stderr}")
        return done.stdout
    with open(os.path.join(folder, "redress.toml"), "w", encoding="utf-8") as settings:
        settings.write('register = "register.sqlite"\nlake = "lake"\nout = "out"\norganisation = "Load"\n'
                       'listen = "127.0.0.1:0"\naddress_header = "X-Forwarded-For"\nsecure_cookies = false\n')
    redress("sample", "generate", "--cases", str(args.cases), "--seed", "5")
    redress("extract")
    passwords = []
    for n in range(args.accounts):
        said = redress("--format", "json", "staff", "add", f"load{n}", "--roles", "agent,quality")
        passwords.append(json.loads(said)["password"])
    return redress, passwords


async def choose_passwords(run, passwords):
    """The first sign-in of each account, with its change of password. It is no part of what is measured."""
    for n, password in enumerate(passwords):
        browser = Browser(run, f"10.9.9.{n + 1}")
        form = Form.of((await browser.get("/desk/sign-in")).text, "/desk/sign-in")
        page = await browser.post("/desk/sign-in", form.filled(name=f"load{n}", password=password))
        if page.status == 303:
            page = await browser.get(page.location)
        new = PASSWORD % n
        form = Form.of(page.text, "/desk/password")
        page = await browser.post("/desk/password", form.filled(new_password=new, again_password=new))
        if page.status != 303:
            raise SystemExit(f"a password could not be chosen: {page.status}")
        browser.close()
    run.took.clear()


async def drive(args, folder, passwords):
    server = Server(args.redress, folder)
    run = Run(args, server)
    run.port, _ = await server.start()
    run.up.set()
    await choose_passwords(run, passwords)
    staff = args.users * 2 // 5
    users = [asyncio.create_task(run.user(n, run.staff if n < staff else run.complainant)) for n in range(args.users)]
    began = time.perf_counter()
    killed = None
    if args.kill:
        killed = await run.kills()
        # Forms that were cut off are sent again.
        await asyncio.sleep(3)
    else:
        await asyncio.sleep(args.seconds)
    run.over.set()
    seconds = time.perf_counter() - began
    ended = await asyncio.gather(*users, return_exceptions=True)
    for error in ended:
        if isinstance(error, BaseException):
            run.errors[f"the harness itself: {error!r}"] += 1
    code = await server.end()
    return run, killed, seconds, code


def report(run, killed, seconds, faults, audit, code):
    took = {}
    for kind, values in sorted(run.took.items()):
        ms = [round(v * 1000, 1) for v in values]
        took[kind] = {"n": len(ms), **{f"p{p}": percentile(ms, p) for p in (50, 95, 99)}, "max": max(ms)}
    return {"users": run.args.users, "think_s": run.args.think, "seconds": round(seconds, 1),
            "requests_per_s": round(sum(len(v) for v in run.took.values()) / seconds, 1), "milliseconds": took,
            "receipts": len(run.receipts), "forms_sent": run.sent, "forms_cut_off": run.again,
            "additions": len(run.additions), "notes": len(run.notes), "conflicts": run.conflicts,
            "refused": dict(run.refused), "connections_broken": run.broken, "errors": dict(run.errors),
            "kills": killed, "lost_or_doubled": faults, "audit": audit, "end": code}


def main():
    ask = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    ask.add_argument("--redress", required=True, help="the program")
    ask.add_argument("--users", type=int, default=200)
    ask.add_argument("--think", type=float, default=5.0, help="seconds between two requests of a user, on average")
    ask.add_argument("--seconds", type=float, default=120.0)
    ask.add_argument("--kill", type=int, default=0, help="kill -9 so many times, in place of --seconds")
    ask.add_argument("--cases", type=int, default=300, help="invented cases to begin with")
    ask.add_argument("--accounts", type=int, default=10, help="accounts of staff")
    ask.add_argument("--seed", type=int, default=1)
    ask.add_argument("--p99", type=float, help="fail when the p99 of pages is above this, in milliseconds")
    ask.add_argument("--json", help="write the report there")
    ask.add_argument("--keep", action="store_true", help="leave the scratch folder")
    args = ask.parse_args()
    args.redress = os.path.abspath(args.redress)
    folder = tempfile.mkdtemp(prefix="redress-load-")
    args.register = os.path.join(folder, "register.sqlite")
    try:
        redress, passwords = prepare(args, folder)
        run, killed, seconds, code = asyncio.run(drive(args, folder, passwords))
        faults = balance(run, args.register, args.seed)
        audit = redress("audit", "verify").splitlines()[-3:]
    finally:
        if not args.keep:
            shutil.rmtree(folder, ignore_errors=True)
    said = report(run, killed, seconds, faults, audit, code)
    print(json.dumps(said, indent=2, ensure_ascii=False))
    if args.json:
        with open(args.json, "w", encoding="utf-8") as file:
            json.dump(said, file, indent=2, ensure_ascii=False)
    bad = []
    if faults:
        bad.append(f"{len(faults)} lost or doubled")
    if run.errors:
        bad.append(f"{sum(run.errors.values())} errors")
    if code != 0:
        bad.append(f"the server ended with {code} after SIGTERM")
    if not run.receipts or not run.notes:
        bad.append("nothing was written: the run shows nothing")
    if not args.kill and run.broken:
        bad.append(f"{run.broken} connections broken without a kill")
    p99 = said["milliseconds"].get("page", {}).get("p99")
    if args.p99 is not None and (p99 is None or p99 > args.p99):
        bad.append(f"p99 of pages is {p99} ms")
    print("load: " + ("; ".join(bad) if bad else "nothing lost, nothing doubled, audit clean"))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
