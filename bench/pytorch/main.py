# The PyTorch side of one variant of one case, in a process of its own. Speaks lines of JSON behind a mark on standard
# output; takes "slice N" and "end" on standard input.
import importlib
import json
import resource
import sys
import time

import torch

MARK = "@bench "


def say(**message):
    print(MARK + json.dumps(message), flush=True)


def timed(once):
    started = time.perf_counter()
    once()
    return (time.perf_counter() - started) * 1000


def main():
    job = json.loads(sys.argv[1])
    torch.set_num_threads(job["threads"])
    torch.set_num_interop_threads(job["threads"])
    say(started={"library": f"PyTorch {torch.__version__}"})
    once, check = importlib.import_module(job["workload"]).prepare(job)
    say(loaded={})
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
    say(ended={"peakBytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024})


main()
