"""proxy/COMMANDS.md, which is generated from the code, held against a real cluster.

Each command and subcommand that a real server announces has to be in it. What it calls refused has to be answered
with the reason that stands there; what it says works has to be understood, and refused for no other reason than
the difference it tells of.
"""

import os
import re

import pytest

from support import resp
from support.proxy import REPOSITORY
from support.resp_client import RespClient
from test_command_recordings import Recording, arguments

_DOCUMENT = os.path.join(REPOSITORY, "proxy", "COMMANDS.md")
_DOCUMENTED_VERSION = "7.0.15"
_ROW = re.compile(r"\| (?P<name>[A-Z][A-Z0-9_ -]*?)(?P<newer> \(newer\))? "
                  r"\| (?P<outcome>works|works, with a difference|refused) \| (?P<explanation>.*) \|")
_COUNT = re.compile(r"\| (works|works, with a difference|refused) \| (\d+) \| (\d+) \|")

# For commands of which there is no recorded request: one that is understood.
_REQUESTS = """
    ASKING;AUTH default x;CLIENT CACHING YES;CLIENT PAUSE 1;CLIENT REPLY ON;CLIENT TRACKING ON
    CLUSTER COUNT-FAILURE-REPORTS x;CLUSTER COUNTKEYSINSLOT 0;CLUSTER GETKEYSINSLOT 0 1;CLUSTER HELP;CLUSTER INFO
    CLUSTER KEYSLOT x;CLUSTER LINKS;CLUSTER MYID;CLUSTER NODES;CLUSTER REPLICAS x;CLUSTER SHARDS;CLUSTER SLAVES x
    CLUSTER SLOTS;CONFIG REWRITE;EVALSHA x 1 k;EVALSHA_RO x 1 k;EVAL_RO return 1 k;EXEC;FCALL_RO x 1 k;FUNCTION KILL
    FUNCTION RESTORE x;HELLO;LATENCY GRAPH fork;MONITOR;PSUBSCRIBE x;PUNSUBSCRIBE x;QUIT;READONLY;READWRITE;RESET
    RESTORE k 0 x;SCRIPT KILL;SSUBSCRIBE x;SUBSCRIBE x;SUNSUBSCRIBE x;UNSUBSCRIBE x
"""


@pytest.fixture(scope="module")
def document():
    """name -> row; what follows the table of counts."""
    with open(_DOCUMENT, encoding="utf-8") as file:
        rows = [match for line in file if (match := _ROW.fullmatch(line.rstrip("\n")))]
    assert len(rows) > 400
    return {row["name"]: row for row in rows}


def _announced(entries):
    """Names of all commands; a container is there by its subcommands."""
    for entry in entries:
        subcommands = entry[9] if len(entry) > 9 else []
        yield from _announced(subcommands)
        if not subcommands:
            yield entry[0].decode().upper().replace("|", " ")


def _name_of(words, document):
    name = " ".join(word.decode("latin-1") for word in words[:2]).upper()
    return name if name in document else words[0].decode("latin-1").upper()


def test_each_command_of_a_real_server_has_an_outcome(document, plain_redis):
    if plain_redis.info("server")["redis_version"] != _DOCUMENTED_VERSION:
        pytest.skip(f"the document is of {_DOCUMENTED_VERSION}")
    names = set(_announced(plain_redis.command("COMMAND")))
    assert len(names) > 340
    assert names - set(document) == set()
    here_only = {name for name, row in document.items() if not row["newer"]} - names
    assert here_only == {"COMMAND", "DEBUG OBJECT"}, "COMMAND is more than a container, DEBUG OBJECT is routed"


def test_the_counts_are_those_of_the_rows(document):
    with open(_DOCUMENT, encoding="utf-8") as file:
        counts = {match[1]: (int(match[2]), int(match[3])) for line in file if (match := _COUNT.match(line))}
    for outcome, (of_server, of_newer) in counts.items():
        rows = [row for row in document.values() if row["outcome"] == outcome]
        newer = sum(1 for row in rows if row["newer"])
        assert (len(rows) - newer, newer) == (of_server, of_newer), outcome


def _reply_with_enough_arguments(client, name):
    """Arguments without a meaning, so many that it is not their number that is wrong."""
    words = name.split(" ")
    for _ in range(10):
        reply = client.call(*words)
        if not (isinstance(reply, resp.ErrorReply) and b"wrong number of arguments" in reply):
            return reply
        words.append("x")
    raise AssertionError(f"{name} takes no number of arguments")


def test_what_is_refused_says_why(document, client):
    refused = [row for row in document.values() if row["outcome"] == "refused"]
    assert len(refused) > 50
    for row in refused:
        reply = _reply_with_enough_arguments(client, row["name"])
        assert isinstance(reply, resp.ErrorReply), (row["name"], reply)
        if row["explanation"] == "not supported by this version of Slotway":
            assert reply.endswith(b" is not supported by this version"), reply
        else:
            assert reply.decode() == f"ERR slotway: {row['name']} is refused: {row['explanation']}"


def _check_understood(row, words, reply):
    if not isinstance(reply, resp.ErrorReply):
        return
    text = reply.decode(errors="replace")
    for sign in ("unknown command", "unknown subcommand", "is refused", "not supported"):
        assert sign not in text, (words, text)
    if not row["explanation"]:
        assert not text.startswith("CROSSSLOT") and "slotway" not in text, (words, text)
    if text.startswith("CROSSSLOT"):
        assert "CROSSSLOT" in row["explanation"], (words, text)


@pytest.mark.timeout_seconds(60)
def test_what_works_is_understood(document, proxy):
    tried = set()
    client = proxy.connect()
    for request in Recording("replies.txt").requests():
        words = arguments(request)
        row = document.get(_name_of(words, document))
        if row is None or row["outcome"] == "refused":
            continue
        _check_understood(row, words, client.call(*words))
        tried.add(row["name"])
    assert client.call("DISCARD") in (b"OK", b"ERR DISCARD without MULTI")
    # These may leave their connection in another state.
    for request in _REQUESTS.replace(";", "\n").strip().splitlines():
        words = [word.encode() for word in request.split()]
        row = document[_name_of(words, document)]
        if row["outcome"] == "refused":
            continue
        with RespClient(proxy.port) as one:
            _check_understood(row, words, one.call(*words))
        tried.add(row["name"])
    works = {name for name, row in document.items() if row["outcome"] != "refused" and not row["newer"]}
    assert works - tried == set(), "there is no request for it"
