# The PyTorch side of one variant of one case, in a process of its own. Speaks lines of JSON behind a mark on standard
# output; takes "slice N" and "end" on standard input.
import importlib
import json
import re
import resource
import sys
import time
from pathlib import Path

import torch

MARK = "@bench "


def say(**message):
    print(MARK + json.dumps(message), flush=True)


def timed(once):
    started = time.perf_counter()
    once()
    return (time.perf_counter() - started) * 1000


def forget_peak():
    """As bench/easel/step-memory.mjs."""
    if sys.platform == "linux":
        Path("/proc/self/clear_refs").write_text("5")


def peak_bytes(job):
    if job.get("memoryOf") == "step" and sys.platform == "linux":
        status = Path("/proc/self/status").read_text()
        return int(re.search(r"^VmHWM:\s+(\d+) kB$", status, re.MULTILINE)[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def main():
    job = json.loads(sys.argv[1])
    torch.set_num_threads(job["threads"])
    torch.set_num_interop_threads(job["threads"])
    say(started={"library": f"PyTorch {torch.__version__}"})
    once, check = importlib.import_module(job["workload"]).prepare(job)
    say(loaded={})
    if job.get("memoryOf") == "step":
        forget_peak()
    first = timed(once)
    for _ in range(job["warmUps"]):
        once()
    say(ready={"firstMs": first, "check": check()})
    for line in sys.stdin:
        words = line.split()
        if words[0] == "end":
            break
        begun = time.process_time()
        times = [timed(once) for _ in range(int(words[1]))]
        say(slice={"ms": times, "cpuMs": (time.process_time() - begun) * 1000})
    say(ended={"peakBytes": peak_bytes(job)})


main()
