"""Command by command: the bytes a client gets through Slotway are those of a plain Redis.

The requests are the lines of the files in parity/, put in order to a plain Redis and to Slotway in front of a
cluster, both empty at first, in RESP2 and RESP3. What may stand before a request:

    ~            the elements of the reply come in an order of their own
    ?            the reply is another one each time (a time, a random choice, a size): its type has to be the same
    !<text>!     Slotway's reply is a documented difference and begins with the text
"""

import os
import re

import pytest

from support import resp

_FOLDER = os.path.join(os.path.dirname(__file__), "parity")
FILES = sorted(os.listdir(_FOLDER))

_WORD = re.compile(r'"((?:[^"\\]|\\.)*)"|(\S+)')
_ESCAPE = re.compile(rb'\\(x[0-9a-f]{2}|.)')
_ESCAPED = {b"r": b"\r", b"n": b"\n", b"t": b"\t"}


def _unescaped(text):
    def byte(match):
        escape = match.group(1)
        return bytes([int(escape[1:], 16)]) if len(escape) == 3 else _ESCAPED.get(escape, escape)
    return _ESCAPE.sub(byte, text.encode())


def words(line):
    return [_unescaped(quoted if plain == "" else plain) for quoted, plain in _WORD.findall(line)]


def requests_of(name):
    """(line number, mark, arguments) of each request."""
    with open(os.path.join(_FOLDER, name), encoding="ascii") as file:
        for number, line in enumerate(file, 1):
            line = line.rstrip("\n")
            if not line or line.startswith("#"):
                continue
            mark = ""
            if line[0] in "~?":
                mark, line = line[0], line[2:]
            elif line[0] == "!":
                _, text, line = line.split("!", 2)
                mark = "!" + text
            yield number, mark, words(line)


def in_order(value):
    return sorted(value, key=repr) if isinstance(value, list) else value


def differs(mark, answer, expected):
    if mark == "":
        return answer != expected
    if mark == "?":
        return answer[:1] != expected[:1] or answer[:1] == b"-"
    if mark == "~":
        (value, _), (wanted, _) = resp.parse(answer), resp.parse(expected)
        return answer[:1] != expected[:1] or in_order(value) != in_order(wanted)
    return not answer.startswith(mark[1:].encode()) or answer == expected


def test_there_are_enough_requests_to_speak_of_parity():
    assert sum(1 for name in FILES for _ in requests_of(name)) > 500


@pytest.mark.timeout_seconds(60)
@pytest.mark.parametrize("protocol", [2, 3], ids=["RESP2", "RESP3"])
@pytest.mark.parametrize("name", FILES)
def test_replies_are_those_of_one_redis(proxy, plain_redis, name, protocol):
    client = proxy.connect()
    found = []
    with plain_redis.connect() as model:
        model.call("FLUSHALL")
        model.call("SCRIPT", "FLUSH")
        if protocol == 3:
            assert not isinstance(model.call("HELLO", "3"), resp.ErrorReply)
            assert not isinstance(client.call("HELLO", "3"), resp.ErrorReply)
        for number, mark, request in requests_of(name):
            expected = model.call_raw(*request)
            answer = client.call_raw(*request)
            if differs(mark, answer, expected):
                found.append(f"{name}:{number}: {request}\n  redis   {expected[:300]}\n  slotway {answer[:300]}")
    assert not found, "\n" + "\n".join(found)
