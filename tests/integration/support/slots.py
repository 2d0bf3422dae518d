"""Key to slot, as the Redis cluster specification says, written independently of the proxy's own code."""

import binascii

SLOTS = 16384


def as_bytes(text):
    if isinstance(text, bytes):
        return text
    return str(text).encode()


def key_slot(key):
    key = as_bytes(key)
    start = key.find(b"{")
    if start >= 0:
        end = key.find(b"}", start + 1)
        if end > start + 1:
            key = key[start + 1 : end]
    return binascii.crc_hqx(key, 0) % SLOTS  # crc_hqx is CRC16/XMODEM


def key_in_slots(first, last, prefix="key"):
    """A key whose slot lies in the range; the same one every time."""
    number = 0
    while True:
        key = f"{prefix}:{number}"
        if first <= key_slot(key) <= last:
            return key
        number += 1
