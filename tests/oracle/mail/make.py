"""What Python's `email` package (standard library) reads in the well-formed mails of tests/mail, as expected.json.

    python3 tests/oracle/mail/fixtures.py     # only when a mail changes
    python3 tests/oracle/mail/make.py

Subjects and names by `email.header`, which joins the bytes of neighbouring encoded words before it reads letters; texts
and files by the parser with its default policy; HTML by `html.parser`. Texts are compared word by word, since blanks and
line ends are a matter of taste.
"""

import email
import email.policy
import hashlib
import html.parser
import json
import pathlib
import sys
from email.header import decode_header, make_header
from email.utils import parseaddr

HERE = pathlib.Path(__file__).resolve().parent
MAILS = HERE.parent.parent / "mail"

WELL_FORMED = [
    "tr-windows-1254-qp",
    "ru-koi8-r-8bit",
    "ru-windows-1251-base64",
    "tr-8859-9-subject-cut",
    "tr-utf8-letter-cut",
    "en-plain",
    "html-only",
    "nested",
    "forwarded-as-file",
    "text-picture-text",
    "answer",
    "answer-of-another",
]


class Reader(html.parser.HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.text = []
        self.unseen = 0

    def handle_starttag(self, tag, attrs):
        self.unseen += tag in ("style", "script", "title")
        if tag in ("p", "br", "div", "td", "tr", "table"):
            self.text.append(" ")

    def handle_endtag(self, tag):
        self.unseen -= tag in ("style", "script", "title")

    def handle_data(self, data):
        if not self.unseen:
            self.text.append(data)


def as_text(part):
    content = part.get_content()
    if part.get_content_subtype() == "html":
        reader = Reader()
        reader.feed(content)
        return "".join(reader.text)
    return content


def texts_and_files(message):
    texts, files = [], []

    def walk(part):
        kind = part.get_content_type()
        if kind == "multipart/alternative":
            body = part.get_body(preferencelist=("plain", "html"))
            texts.append(as_text(body))
            for child in part.walk():
                if child is not body and not child.is_multipart() and child.get_content_maintype() != "text":
                    walk(child)
        elif part.is_multipart() and part.get_content_maintype() == "multipart":
            for child in part.iter_parts():
                walk(child)
        elif part.get_content_maintype() == "text" and part.get_filename() is None:
            texts.append(as_text(part))
        else:
            if kind == "message/rfc822":
                # As it stands between the boundaries; the parser has already taken it apart.
                data = None
            else:
                data = part.get_payload(decode=True)
            files.append((part.get_filename(), kind, data))

    walk(message)
    return texts, files


def read(name):
    raw = (MAILS / f"{name}.eml").read_bytes()
    plain = email.message_from_bytes(raw, policy=email.policy.compat32)
    parsed = email.message_from_bytes(raw, policy=email.policy.default)
    display, address = parseaddr(plain["From"])
    texts, files = texts_and_files(parsed)
    return {
        "subject": " ".join(str(make_header(decode_header(plain["Subject"]))).split()),
        "name": str(make_header(decode_header(display))),
        "address": address.lower(),
        "words": " ".join(" ".join(texts).split()),
        "files": [
            {
                "name": file,
                "declared": kind,
                "sha256": None if data is None else hashlib.sha256(data).hexdigest(),
                "bytes": None if data is None else len(data),
            }
            for file, kind, data in files
        ],
    }


if __name__ == "__main__":
    found = {name: read(name) for name in WELL_FORMED}
    text = json.dumps({"python": sys.version.split()[0], "mails": found}, ensure_ascii=False, indent=1)
    (HERE / "expected.json").write_text(text + "\n", encoding="utf-8")
    print(f"{len(found)} mails read")
