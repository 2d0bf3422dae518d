"""What the unit tests of proxy/command know about redis-server, held against a real one.

The files in tests/unit/command/recordings say what redis-server 7.0.15 answered to lists of
requests: where their keys are, of which types their replies are in RESP2 and RESP3, and the words of
errors about commands. The unit tests compare Slotway with these recordings; here the recordings are
compared with a live server, so that they cannot drift from it.

To add a request, write it with any answer and run this file with python3: it records all anew.
"""

import os
import re
import sys
import tempfile

import pytest

from support import resp
from support.redis_server import RedisServer

_FOLDER = os.path.join(os.path.dirname(__file__), "..", "unit", "command", "recordings")
_RECORDED_VERSION = "7.0.15"


class Recording:
    """A file of lines "answer TAB request"; comments are kept."""

    def __init__(self, name):
        self.path = os.path.join(_FOLDER, name)
        with open(self.path, encoding="ascii") as file:
            self._lines = file.read().splitlines()

    def items(self):
        """(answer, request) of each line that is no comment."""
        return [line.split("\t", 1) for line in self._lines if line and not line.startswith("#")]

    def requests(self):
        return [request for _, request in self.items()]

    def write(self, answers):
        answers = iter(answers)
        with open(self.path, "w", encoding="ascii") as file:
            for line in self._lines:
                if line and not line.startswith("#"):
                    line = next(answers) + "\t" + line.split("\t", 1)[1]
                file.write(line + "\n")


def arguments(request):
    """The words of a request; \\xHH stands for a byte."""
    return [
        re.sub(rb"\\x([0-9a-f]{2})", lambda match: bytes([int(match[1], 16)]), word.encode())
        for word in request.split(" ")
    ]


# What the server answers, in the words of the recordings


def key_positions(client, request):
    words = arguments(request)
    keys = client.call("COMMAND", "GETKEYS", *words)
    if isinstance(keys, resp.ErrorReply):
        assert b"arguments" in keys, (request, keys)
        return "none"
    for key in keys:
        assert words.count(key) == 1, f"{key} stands in more than one place of {request}"
    return ",".join(str(words.index(key)) for key in keys) or "none"


def reply_types(client, request):
    """The first byte of the reply; an error would tell nothing."""
    raw = client.call_raw(*arguments(request))
    assert raw[:1] not in (b"-", b"!"), (request, raw)
    return raw[:1].decode()


def error_text(client, request):
    reply = client.call(*arguments(request))
    assert isinstance(reply, resp.ErrorReply), (request, reply)
    return reply.decode()


def live_keys(server, requests):
    with server.connect() as client:
        return [key_positions(client, request) for request in requests]


def live_replies(server, requests):
    """One character for RESP2 and one for RESP3, from an empty server on each time."""
    types = []
    for version in (2, 3):
        with server.connect() as client:
            client.call("HELLO", version)
            client.call("FLUSHALL")
            client.call("FUNCTION", "FLUSH")
            client.call("SCRIPT", "FLUSH")
            types.append([reply_types(client, request) for request in requests])
    return ["".join(pair) for pair in zip(*types)]


def live_errors(server, requests):
    with server.connect() as client:
        return [error_text(client, request) for request in requests]


RECORDINGS = {"keys.txt": live_keys, "replies.txt": live_replies, "errors.txt": live_errors}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server of its own: the requests change settings and delete everything."""
    server = RedisServer(str(tmp_path_factory.mktemp("recorded")))
    server.start()
    try:
        server.wait_until_up()
        yield server
    finally:
        server.stop()


@pytest.mark.parametrize("name", RECORDINGS)
def test_a_live_server_answers_as_recorded(server, name):
    version = server.info("server")["redis_version"]
    if version != _RECORDED_VERSION:
        pytest.skip(f"the recordings are of {_RECORDED_VERSION}, this server is {version}")
    recording = Recording(name)
    live = RECORDINGS[name](server, recording.requests())
    for (recorded, request), answer in zip(recording.items(), live):
        assert answer == recorded, request


def record():
    with tempfile.TemporaryDirectory(prefix="slotway-recordings-") as folder:
        server = RedisServer(folder)
        server.start()
        try:
            server.wait_until_up()
            for name, ask in RECORDINGS.items():
                recording = Recording(name)
                recording.write(ask(server, recording.requests()))
                print(f"{name}: {len(recording.requests())} requests")
        finally:
            server.stop()


if __name__ == "__main__":
    sys.exit(record())
