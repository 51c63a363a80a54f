"""Prints the hash of the link that src/register/chain.rs tests, from the description there and nothing else."""

import hashlib


def number(n):
    return b"\x01" + (8).to_bytes(8, "big") + n.to_bytes(8, "big", signed=True)


def data(b):
    return b"\x00" if b is None else b"\x02" + len(b).to_bytes(8, "big") + b


fields = [
    number(1),  # format
    number(1),  # seq
    data(b"2026-000001"),
    number(1),  # case_key
    number(1),  # event_no
    data(b"note_added"),
    number(0),  # occurred_at
    number(0),  # recorded_at
    data(b"agent"),
    data(b"ab"),  # actor
    data(b"c"),  # late_reason
    data(b"{}"),
    data(None),  # text_id
    data(None),  # text_hash
]
print(hashlib.sha256(bytes(32) + b"".join(fields)).hexdigest())
