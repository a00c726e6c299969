"""Runs one work, measured as the other contestants measure theirs."""

import json
import resource
import sys
import time


class Job:
    def __init__(self, work, size, chunk, warm, ms, ops, address=""):
        self.work = work
        self.size = int(size)
        self.chunk = int(chunk)
        self.warm = float(warm) / 1e3
        self.seconds = float(ms) / 1e3
        self.ops = int(ops)
        self.address = address


job = Job(*sys.argv[1:])
message = b"x" * (1 << 20)


def measure(chunk, prepare=None):
    """Warms up, then times chunks until there are enough."""
    clock = time.perf_counter
    end = clock() + job.warm
    while clock() < end:
        if prepare:
            prepare(job.chunk)
        chunk(job.chunk)
    ops, seconds, user, system = 0, 0.0, 0.0, 0.0
    while seconds < job.seconds or ops < job.ops:
        if prepare:
            prepare(job.chunk)
        before = resource.getrusage(resource.RUSAGE_SELF)
        start = clock()
        chunk(job.chunk)
        seconds += clock() - start
        after = resource.getrusage(resource.RUSAGE_SELF)
        user += after.ru_utime - before.ru_utime
        system += after.ru_stime - before.ru_stime
        ops += job.chunk
    print(json.dumps({"ops": ops, "seconds": seconds, "user": user, "system": system}))
