"""Ways in which files are damaged, by a seed: cut off, doubled, shuffled, bytes flipped, put in, left out, swapped."""

from __future__ import annotations

from collections.abc import Callable
from random import Random


def damaged(data: bytes, seed: int) -> bytes:
    """The bytes after one or two kinds of damage; the same for the same seed."""
    random = Random(seed)
    for _ in range(random.choice((1, 1, 1, 2))):
        data = random.choice(WAYS)(random, data) if data else data
    return data


def _cut(random: Random, data: bytes) -> bytes:
    return data[: random.randrange(len(data) + 1)]


def _doubled(random: Random, data: bytes) -> bytes:
    return data + data


def _shuffled(random: Random, data: bytes) -> bytes:
    """Lines or segments in another order, whichever the file has more of."""
    end = max((b"\r", b"\n", b"~"), key=data.count)
    parts = data.split(end)
    random.shuffle(parts)
    return end.join(parts)


def _flipped(random: Random, data: bytes) -> bytes:
    out = bytearray(data)
    for _ in range(random.choice((1, 5, 50, 500))):
        out[random.randrange(len(out))] = random.randrange(256)
    return bytes(out)


def _put_in(random: Random, data: bytes) -> bytes:
    out = bytearray(data)
    for _ in range(5):
        place = random.randrange(len(out) + 1)
        out[place:place] = random.randbytes(random.randrange(40))
    return bytes(out)


def _left_out(random: Random, data: bytes) -> bytes:
    out = bytearray(data)
    for _ in range(5):
        place = random.randrange(len(out) + 1)
        del out[place : place + random.randrange(200)]
    return bytes(out)


def _swapped(random: Random, data: bytes) -> bytes:
    out = bytearray(data)
    for _ in range(20):
        one, other = random.randrange(len(out)), random.randrange(len(out))
        out[one], out[other] = out[other], out[one]
    return bytes(out)


WAYS: tuple[Callable[[Random, bytes], bytes], ...] = (
    _cut,
    _doubled,
    _shuffled,
    _flipped,
    _put_in,
    _left_out,
    _swapped,
)
