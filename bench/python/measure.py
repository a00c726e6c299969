"""Runs one work, measured as the other contestants measure theirs."""

import json
import resource
import sys
import time


class Job:
    def __init__(self, work, size, chunk, warm, ms, ops, address="", paced=""):
        self.work = work
        self.size = int(size)
        self.chunk = int(chunk)
        self.warm = float(warm) / 1e3
        self.seconds = float(ms) / 1e3
        self.ops = int(ops)
        self.address = address
        self.paced = paced != ""


job = Job(*sys.argv[1:])
message = b"x" * (1 << 20)


def once(chunk, prepare):
    """The seconds of one chunk, and its processor time."""
    if prepare:
        prepare(job.chunk)
    before = resource.getrusage(resource.RUSAGE_SELF)
    start = time.perf_counter()
    chunk(job.chunk)
    seconds = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_SELF)
    return seconds, after.ru_utime - before.ru_utime, after.ru_stime - before.ru_stime


def warm_up(seconds, chunk, prepare):
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        once(chunk, prepare)


def piece(chunk, prepare):
    """Times chunks until there are enough."""
    if job.paced:
        warm_up(job.seconds / 4, chunk, prepare)  # others have had the caches
    ops, sums = 0, [0.0, 0.0, 0.0]
    while sums[0] < job.seconds or ops < job.ops:
        sums = [a + b for a, b in zip(sums, once(chunk, prepare))]
        ops += job.chunk
    print(json.dumps({"ops": ops, **dict(zip(("seconds", "user", "system"), sums))}), flush=True)


def measure(chunk, prepare=None):
    """Warms up and measures; or says that it is warm, and measures whenever it is told to."""
    warm_up(job.warm, chunk, prepare)
    if not job.paced:
        return piece(chunk, prepare)
    print("ready", flush=True)
    for _ in sys.stdin:
        piece(chunk, prepare)
