"""Starting, refusing to start, and what Slotway says about itself."""

import json
import os
import signal
import socket
import time

import pytest

from support import resp
from support.fake_cluster import value_of
from support.fake_node import After, FakeNode
from support.cluster import Cluster
from support.proxy import run_slotway
from support.resp_client import RespClient
from support.waiting import wait_until

REQUEST_SECONDS = 1.0
SETTINGS = {"timeouts": {"request": "1s"},
            "cluster": {"refresh_min_interval": "50ms", "reconnect_backoff_max": "200ms"}}


def write(folder, text):
    path = folder / "slotway.yaml"
    path.write_text(text)
    return str(path)


def assert_refused(done, *words):
    """A refusal to start: its own exit code, no crash, and one line with all the words."""
    output = done.stdout + done.stderr
    assert 0 < done.returncode < 126, (done.returncode, output)
    lines = [line for line in output.splitlines() if all(word in line for word in words)]
    assert len(lines) == 1, output
    assert "terminate called" not in output and "what():" not in output, output


# Seeds that are down, or no cluster


def test_with_all_seeds_down_it_starts_waits_and_comes_alive_with_the_cluster(fake_cluster, start_proxy):
    cluster = fake_cluster()
    node = cluster.nodes[0]
    node.die()
    proxy = start_proxy(cluster.seeds, ready=False, settings=SETTINGS)
    assert proxy.http("/healthz")[0] == 200
    status, reason = proxy.http("/readyz")
    assert status == 503 and len(reason.strip()) > 10, (status, reason)
    wait_until(lambda: node.address in proxy.log, what="the log to name the seed that is down")

    client = proxy.connect()
    assert client.call("PING") == b"PONG"
    started = time.monotonic()
    reply = client.call("GET", "k")
    assert isinstance(reply, resp.ErrorReply) and reply.startswith(b"CLUSTERDOWN "), reply
    assert REQUEST_SECONDS * 0.8 < time.monotonic() - started < REQUEST_SECONDS + 1

    client.send_command("GET", "waits")
    time.sleep(0.2)
    node.listen()
    assert client.read() == value_of("waits")
    proxy.wait_until_ready()


def test_one_living_seed_among_dead_ones_is_enough(fake_cluster, start_proxy):
    cluster, dead = fake_cluster(), fake_cluster(nodes=3)
    for node in dead.nodes:
        node.die()
    proxy = start_proxy(dead.seeds + cluster.seeds, settings=SETTINGS)
    assert proxy.connect().call("GET", "k") == value_of("k")


def test_a_seed_that_never_answers_does_not_hide_the_next_one(fake_cluster, start_proxy):
    cluster = fake_cluster()
    with socket.create_server(("127.0.0.1", 0)) as black_hole:
        settings = {**SETTINGS, "cluster": {**SETTINGS["cluster"], "connect_timeout": "300ms"}}
        proxy = start_proxy([f"127.0.0.1:{black_hole.getsockname()[1]}", *cluster.seeds], settings=settings)
        assert proxy.connect().call("GET", "k") == value_of("k")


def test_a_seed_that_is_no_cluster_is_named_with_the_reason(plain_redis, start_proxy):
    proxy = start_proxy([plain_redis.address], ready=False, settings=SETTINGS)
    wait_until(lambda: plain_redis.address in proxy.log and "cluster" in proxy.log.lower(), what="a clear log line")
    status, reason = proxy.http("/readyz")
    assert status == 503 and "cluster" in reason.lower(), (status, reason)
    assert proxy.connect().call("GET", "k").startswith(b"CLUSTERDOWN ")


def test_a_seed_that_speaks_no_redis_is_survived(start_proxy):
    with FakeNode(lambda request: b"HTTP/1.1 400 Bad Request\r\n\r\n") as node:
        proxy = start_proxy([node.address], ready=False, settings=SETTINGS)
        wait_until(lambda: node.requests and node.address in proxy.log, what="the log to name the seed")
        assert proxy.http("/healthz")[0] == 200 and proxy.http("/readyz")[0] == 503


@pytest.mark.timeout_seconds(60)
def test_a_real_cluster_may_be_formed_after_the_start(start_proxy):
    cluster = Cluster(replicas=0)
    try:
        cluster.launch()
        proxy = start_proxy(cluster.seeds, ready=False, settings=SETTINGS)
        wait_until(lambda: proxy.http("/readyz")[0] == 503, what="/readyz to answer")
        assert proxy.connect().call("SET", "k", "v").startswith(b"CLUSTERDOWN ")
        cluster.form()
        proxy.wait_until_ready()
        assert proxy.connect().call("SET", "k", "v") == b"OK"
        assert cluster.get("k") == b"v"
    finally:
        cluster.stop()


def test_with_slots_uncovered_it_is_not_ready_and_serves_the_others(fake_cluster, start_proxy):
    cluster = fake_cluster()
    cluster.ranges = [(0, 8191, cluster.nodes[0])]
    proxy = start_proxy(cluster.seeds, ready=False, settings=SETTINGS)
    client = proxy.connect()
    wait_until(lambda: client.call("GET", "bar") == value_of("bar"), what="slot 5061 to be served")
    status, reason = proxy.http("/readyz")
    assert status == 503 and "8192" in reason, (status, reason)
    assert client.call("GET", "foo").startswith(b"CLUSTERDOWN "), "foo is in slot 12182"


@pytest.mark.parametrize("reply", [
    b"*0\r\n", b"*1\r\n*0\r\n", b"*1\r\n:1\r\n", b"+OK\r\n", b"$-1\r\n", b"*-1\r\n",
    b"*1\r\n*3\r\n:5\r\n:1\r\n*2\r\n$1\r\nx\r\n:1\r\n",
    b"*1\r\n*3\r\n:0\r\n:99999\r\n*2\r\n$1\r\nx\r\n:1\r\n", b"*1\r\n*3\r\n:0\r\n:16383\r\n*2\r\n$-1\r\n:0\r\n",
    b"-ERR no\r\n", b"*1\r\n*3\r\n:0"],
    ids=lambda reply: repr(reply)[2:-1].replace("\\r\\n", "|"))
def test_a_senseless_topology_reply_leaves_the_last_good_map_in_use(fake_cluster, start_proxy, reply):
    cluster = fake_cluster()
    proxy = start_proxy(cluster.seeds, settings={"cluster": {
        "refresh_interval": "100ms", "refresh_min_interval": "50ms", "connect_timeout": "200ms"}})
    client = proxy.connect()
    assert client.call("GET", "k") == value_of("k")

    def failures():
        return proxy.metrics().total("slotway_topology_refresh_failures_total")

    before = failures()
    cluster.slots_reply = reply
    wait_until(lambda: failures() > before + 1, what="failed refreshes")
    assert client.call("GET", "k") == value_of("k")
    cluster.slots_reply = None
    proxy.wait_until_ready()


# Passwords


@pytest.mark.timeout_seconds(60)
def test_a_cluster_with_a_password_works_and_the_password_shows_nowhere(private_cluster, start_proxy, tmp_path):
    password = "correct-horse-battery"
    cluster = private_cluster(primaries=3, replicas=1, password=password)
    (tmp_path / "password").write_text(password + "\n")
    for cluster_settings in ({"password": password}, {"password_file": str(tmp_path / "password")},
                             {"username": "default", "password": password}):
        proxy = start_proxy(cluster.seeds[:2], settings={"cluster": cluster_settings},
                            arguments=["--log-level", "debug"])
        client = proxy.connect()
        keys = [f"k:{number}" for number in range(50)]
        assert client.call("MSET", *(part for key in keys for part in (key, key))) == b"OK"
        assert client.call("MGET", *keys) == [key.encode() for key in keys]
        assert password not in proxy.log and password not in proxy.http("/metrics")[1]

    wrong = start_proxy(cluster.seeds, ready=False, settings={
        "cluster": {"password": "wrong-horse"}, "timeouts": {"request": "500ms"}})
    wait_until(lambda: "WRONGPASS" in wrong.log or "password" in wrong.log.lower(), what="the log to say why")
    assert wrong.http("/readyz")[0] == 503
    assert isinstance(wrong.connect().call("GET", "k"), resp.ErrorReply)
    assert "wrong-horse" not in wrong.log


# Listeners


def test_a_unix_socket_is_a_listener_like_any_other(shared_cluster, start_proxy, tmp_path):
    path = str(tmp_path / "slotway.sock")
    proxy = start_proxy(shared_cluster.seeds[:1], listen=["127.0.0.1:0", f"unix:{path}"])
    assert f"unix:{path}" in proxy.listeners
    with RespClient(path=path) as local, RespClient(proxy.port) as remote:
        assert local.call("SET", "k", "v") == b"OK"
        assert remote.call("GET", "k") == b"v"
    proxy.stop()
    assert not os.path.exists(path)


def test_the_socket_of_a_killed_predecessor_is_no_obstacle_but_a_living_one_is(shared_cluster, start_proxy, tmp_path):
    path = str(tmp_path / "slotway.sock")
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(path)
    proxy = start_proxy(shared_cluster.seeds[:1], listen=[f"unix:{path}"])
    with RespClient(path=path) as client:
        assert client.call("PING") == b"PONG"
    second = run_slotway("--listen", f"unix:{path}", "--admin", "127.0.0.1:0", "--seed", shared_cluster.seeds[0])
    assert_refused(second, path)
    with RespClient(path=path) as client:
        assert client.call("PING") == b"PONG"
    proxy.stop()


def test_ipv6_clients_are_welcome(shared_cluster, start_proxy):
    proxy = start_proxy(shared_cluster.seeds[:1], listen=["[::1]:0"])
    with RespClient(proxy.port, host="::1") as client:
        assert client.call("SET", "k", "v") == b"OK"
        assert client.call("GET", "k") == b"v"


@pytest.mark.timeout_seconds(60)
def test_ipv6_clusters_are_welcome(private_cluster, start_proxy):
    cluster = private_cluster(host="::1", replicas=0)
    client = start_proxy(cluster.seeds[:1]).connect()
    keys = [f"k:{number}" for number in range(50)]
    assert client.call("MSET", *(part for key in keys for part in (key, key))) == b"OK"
    assert client.call("MGET", *keys) == [key.encode() for key in keys]


@pytest.mark.parametrize("option", ["--listen", "--admin"])
def test_a_port_in_use_is_told_in_one_sentence(option):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        addresses = {"--listen": "127.0.0.1:0", "--admin": "127.0.0.1:0", option: address}
        done = run_slotway("--seed", "127.0.0.1:1", *(part for pair in addresses.items() for part in pair))
    assert_refused(done, address, "in use")


def test_more_clients_than_allowed_are_told_so_and_others_get_in_when_one_leaves(shared_cluster, start_proxy):
    proxy = start_proxy(shared_cluster.seeds[:1], workers=2, settings={"limits": {"maxclients": 10}})
    clients = [proxy.connect() for _ in range(10)]
    assert all(client.call("PING") == b"PONG" for client in clients)
    assert proxy.connect().read_until_closed() == b"-ERR max number of clients reached\r\n"
    assert proxy.metrics().total("slotway_clients_refused_total") == 1
    clients.pop().close()
    wait_until(lambda: proxy.metrics().total("slotway_clients") == 9, what="the proxy to see one leave")
    assert proxy.connect().call("PING") == b"PONG"


# Configuration


def test_version_and_help_say_what_they_should():
    version = run_slotway("--version")
    assert version.returncode == 0 and "0." in version.stdout and len(version.stdout.splitlines()) == 1
    usage = run_slotway("--help")
    assert usage.returncode == 0
    for option in ("--config", "--seed", "--listen", "--admin", "--workers", "--log-level", "--check-config",
                   "--print-config", "--version"):
        assert option in usage.stdout


def test_an_unknown_option_is_refused():
    assert_refused(run_slotway("--no-such-option"), "--no-such-option")


def test_every_error_of_a_file_is_told_at_once_with_its_place(tmp_path):
    path = write(tmp_path, "listen:\n  - 127.0.0.1:notaport\nworkers: -3\ncluster:\n  seeds: [127.0.0.1:7000]\n"
                           "  pasword: hunter2\nlimits:\n  maxclients: many\ntimeouts:\n  request: 5 parsecs\n")
    for arguments in (["--config", path, "--check-config"], ["--config", path]):
        done = run_slotway(*arguments)
        output = done.stdout + done.stderr
        assert 0 < done.returncode < 126, output
        for place, words in (("2:5", "listen"), ("3:10", "workers"), ("6:3", "pasword"), ("8:15", "maxclients"),
                             ("10:12", "request")):
            lines = [line for line in output.splitlines() if f"{path}:{place}" in line]
            assert len(lines) == 1 and words in lines[0] and "expected" in lines[0], output
        assert "hunter2" not in output


@pytest.mark.parametrize("text, place", [("a: [1\n", ":"), ("listen: 127.0.0.1:6380\nlisten: 127.0.0.1:6381\n", ":2:1"),
                                         ("- a\n- b\n", ":1:1"), ("\x00\x01", ":1:1")])
def test_a_file_that_makes_no_sense_is_refused_with_its_place(tmp_path, text, place):
    path = write(tmp_path, text)
    done = run_slotway("--config", path, "--check-config")
    assert 0 < done.returncode < 126 and f"{path}{place}" in done.stdout + done.stderr, done


def test_a_missing_file_is_refused():
    assert_refused(run_slotway("--config", "/nonexistent/slotway.yaml"), "/nonexistent/slotway.yaml")


def test_a_good_file_passes_the_check_and_starts_nothing(tmp_path):
    path = write(tmp_path, "listen: [127.0.0.1:0]\ncluster:\n  seeds: [127.0.0.1:7000]\n")
    done = run_slotway("--config", path, "--check-config")
    assert done.returncode == 0, done.stdout + done.stderr


def test_print_config_shows_what_counts_and_can_be_read_back(tmp_path):
    path = write(tmp_path, "cluster:\n  seeds: [127.0.0.1:7000]\n  password: hunter2\n"
                           "timeouts: {request: 7s}\nworkers: 3\n")
    done = run_slotway("--config", path, "--workers", "2", "--print-config",
                       env={"SLOTWAY_TIMEOUTS_REQUEST": "250ms", "SLOTWAY_WORKERS": "5"})
    assert done.returncode == 0, done.stderr
    assert "250ms" in done.stdout and "workers: 2" in done.stdout and "127.0.0.1:7000" in done.stdout
    assert "hunter2" not in done.stdout
    # The password is not printed, so it has to be put back by hand; all else must come back by itself.
    again = run_slotway("--config", write(tmp_path, done.stdout.replace("<hidden>", "hunter2")), "--print-config")
    assert again.stdout == done.stdout, again.stderr


@pytest.mark.parametrize("name, value", [("SLOTWAY_WORKERS", "few"), ("SLOTWAY_NO_SUCH_SETTING", "1")])
def test_a_wrong_environment_variable_is_refused_by_name(name, value):
    assert_refused(run_slotway("--seed", "127.0.0.1:7000", "--check-config", env={name: value}), name)


def test_settings_come_from_the_environment_too(shared_cluster, start_proxy):
    proxy = start_proxy(env={"SLOTWAY_CLUSTER_SEEDS": ",".join(shared_cluster.seeds[:2]),
                             "SLOTWAY_LIMITS_MAXCLIENTS": "1"})
    assert proxy.connect().call("PING") == b"PONG"
    assert proxy.connect().read_until_closed() == b"-ERR max number of clients reached\r\n"


# Logs


def test_a_json_log_is_one_object_a_line_and_tells_no_keys_or_values(shared_cluster, start_proxy):
    proxy = start_proxy(shared_cluster.seeds[:1], settings={"log": {"format": "json"}})
    client = proxy.connect()
    client.pipeline([("SET", "secretkey", "secretvalue"), ("NOSUCH", "secretargument"), ("GET", "secretkey")])
    client.exchange(b"*1\r\nx")
    proxy.stop()
    records = [json.loads(line) for line in proxy.log.splitlines() if line.strip()]
    assert records and all(isinstance(record, dict) for record in records)
    assert "secret" not in proxy.log


# The end


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_after_the_requests_in_flight_are_answered(fake_cluster, start_proxy, number):
    cluster = fake_cluster()
    node = cluster.nodes[0]
    proxy = start_proxy(cluster.seeds)
    client = proxy.connect()
    node.on("GET", After(0.4, resp.bulk("slow")))
    client.send_command("GET", "k")
    wait_until(lambda: node.count("GET") == 1, what="the request to arrive")
    proxy.process.send_signal(number)
    assert client.read_until_closed() == resp.bulk("slow")
    assert proxy.process.wait(5) == 0


def test_a_topology_that_changes_at_the_very_end_does_not_keep_it_from_ending(fake_cluster, start_proxy):
    cluster = fake_cluster(nodes=2)
    cluster.give_all_slots_to(cluster.nodes[0])
    proxy = start_proxy(cluster.seeds, workers=2, settings=SETTINGS)
    assert all(proxy.connect().call("GET", "k") == value_of("k") for _ in range(4))
    cluster.give_all_slots_to(cluster.nodes[1])
    proxy.close_clients()
    proxy.process.send_signal(signal.SIGTERM)
    assert proxy.process.wait(5) == 0


def test_with_idle_clients_and_no_cluster_it_ends_promptly(start_proxy):
    proxy = start_proxy(["127.0.0.1:1"], ready=False)
    for _ in range(20):
        proxy.connect()
    started = time.monotonic()
    proxy.process.send_signal(signal.SIGTERM)
    assert proxy.process.wait(5) == 0
    assert time.monotonic() - started < 2
