"""Scripts answer what they like; what sounds like a node's refusal is not taken for one."""

import socket

import pytest

from support import resp
from support.slots import key_slot

KEY = "script:answers"
SHOUT = "redis.call('RPUSH', KEYS[1], 'ran'); return redis.error_reply(ARGV[1])"
LIBRARY = """#!lua name=answers
redis.register_function('shout', function(keys, args)
  redis.call('RPUSH', keys[1], 'ran')
  return redis.error_reply(args[1])
end)
"""


@pytest.fixture
def stranger():
    """A listening port that is no node of any cluster."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.5)
        yield listener


def assert_nobody_comes(listener):
    with pytest.raises(TimeoutError):
        listener.accept()


@pytest.mark.parametrize("how", ["EVAL", "EVALSHA", "FCALL"])
@pytest.mark.parametrize("error", [
    "TRYAGAIN Multiple keys request during rehashing of slot", "CLUSTERDOWN The cluster is down",
    "LOADING Redis is loading the dataset in memory", "READONLY You can't write against a read only replica.",
    "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
    "NOSCRIPT No matching script. Please use EVAL.", "UNBLOCKED force unblock", "-TRYAGAIN with a dash"])
def test_a_script_that_has_written_and_sounds_like_a_refusal_runs_once(client, how, error):
    assert run_shout(client, how, error) == error.removeprefix("-").encode()
    assert client.call("LRANGE", KEY, "0", "-1") == [b"ran"]


@pytest.mark.parametrize("how", ["EVAL", "EVALSHA", "FCALL"])
@pytest.mark.parametrize("kind", ["MOVED", "ASK"])
@pytest.mark.parametrize("target", ["another node", "its own node", "a stranger", "nowhere"])
def test_a_redirect_that_a_script_makes_up_is_not_followed(client, shared_cluster, stranger, how, kind, target):
    owner = shared_cluster.owner_of_key(KEY)
    address = {"another node": next(node for node in shared_cluster.primaries if node is not owner).address,
               "its own node": owner.address, "a stranger": f"127.0.0.1:{stranger.getsockname()[1]}",
               "nowhere": "x"}[target]
    error = f"{kind} {key_slot(KEY)} {address}"
    assert run_shout(client, how, error) == b"ERR slotway: the script or its node answered " + error.encode()
    assert client.call("LRANGE", KEY, "0", "-1") == [b"ran"]
    assert_nobody_comes(stranger)


def test_a_pipeline_goes_on_behind_scripts_that_sound_like_refusals(client):
    commands, expected = [], []
    for number in range(50):
        commands += [("EVAL", SHOUT, "1", KEY, f"TRYAGAIN {number}"), ("LLEN", KEY), ("SET", f"{KEY}:{number}", "x")]
        expected += [f"TRYAGAIN {number}".encode(), number + 1, b"OK"]
    assert client.pipeline(commands) == expected


def test_a_read_only_script_is_never_followed_out_of_the_cluster(client, stranger):
    error = f"MOVED {key_slot(KEY)} 127.0.0.1:{stranger.getsockname()[1]}"
    reply = client.call("EVAL_RO", "return redis.error_reply(ARGV[1])", "1", KEY, error)
    assert isinstance(reply, resp.ErrorReply) and reply.startswith(b"CLUSTERDOWN slotway:"), reply
    assert_nobody_comes(stranger)


def run_shout(client, how, error):
    if how == "EVAL":
        return client.call("EVAL", SHOUT, "1", KEY, error)
    if how == "FCALL":
        assert client.call("FUNCTION", "LOAD", "REPLACE", LIBRARY) == b"answers"
        return client.call("FCALL", "shout", "1", KEY, error)
    return client.call("EVALSHA", client.call("SCRIPT", "LOAD", SHOUT), "1", KEY, error)
