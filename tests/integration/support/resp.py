"""RESP2 and RESP3 bytes to Python values and back, keeping what a plain decoder would blur.

Bulk strings become bytes, integers int, arrays list, nulls None; what else there is has a type below.
https://redis.io/docs/latest/develop/reference/protocol-spec/
"""

from support.slots import as_bytes


class Status(bytes):
    """A simple string (+)."""


class ErrorReply(bytes):
    """An error (- or !), without its type byte."""


class Push(list):
    """An out-of-band push (>)."""


class Pairs(list):
    """A map (%) as a list of (key, value), order and duplicates kept."""


class Incomplete(Exception):
    """The frame has not arrived in full yet."""


def encode(*args):
    """One request as an array of bulk strings."""
    parts = [b"*%d\r\n" % len(args)]
    for arg in map(as_bytes, args):
        parts.append(b"$%d\r\n%s\r\n" % (len(arg), arg))
    return b"".join(parts)


def encode_all(commands):
    return b"".join(encode(*command) for command in commands)


def bulk(value):
    return b"$-1\r\n" if value is None else b"$%d\r\n%s\r\n" % (len(as_bytes(value)), as_bytes(value))


def array(items):
    """An array of frames that are encoded already."""
    items = list(items)
    return b"*%d\r\n%s" % (len(items), b"".join(items))


def reply(value):
    """A Python value as a RESP2 reply: int, bytes/str, None, list, Status and ErrorReply."""
    if isinstance(value, Status):
        return b"+%s\r\n" % value
    if isinstance(value, ErrorReply):
        return b"-%s\r\n" % value
    if isinstance(value, int):
        return b":%d\r\n" % value
    if isinstance(value, (list, tuple)):
        return array(reply(item) for item in value)
    return bulk(value)


def parse(buffer, start=0):
    """The frame at `start`: (value, position after it). Raises Incomplete, or ValueError on garbage."""
    end = buffer.find(b"\r\n", start)
    if end < 0:
        raise Incomplete
    kind, line, position = buffer[start : start + 1], bytes(buffer[start + 1 : end]), end + 2
    if kind == b"+":
        return Status(line), position
    if kind == b"-":
        return ErrorReply(line), position
    if kind in (b":", b"("):
        return int(line), position
    if kind == b",":
        return float(line), position
    if kind == b"#":
        return line == b"t", position
    if kind == b"_":
        return None, position
    if kind in (b"$", b"!", b"="):
        return _parse_bulk(kind, buffer, int(line), position)
    if kind in (b"*", b"~", b">"):
        items, position = _parse_items(buffer, int(line), position)
        return (Push(items) if kind == b">" else items), position
    if kind == b"%":
        items, position = _parse_items(buffer, 2 * int(line), position)
        return Pairs(zip(items[::2], items[1::2])), position
    raise ValueError(f"not RESP: {bytes(buffer[start:start + 40])!r}")


def _parse_bulk(kind, buffer, length, position):
    if length < 0:
        return None, position
    if len(buffer) < position + length + 2:
        raise Incomplete
    if buffer[position + length : position + length + 2] != b"\r\n":
        raise ValueError(f"bulk of {length} bytes does not end in CR LF")
    content = bytes(buffer[position : position + length])
    return (ErrorReply(content) if kind == b"!" else content), position + length + 2


def _parse_items(buffer, count, position):
    if count < 0:
        return None, position
    items = []
    for _ in range(count):
        item, position = parse(buffer, position)
        items.append(item)
    return items, position
