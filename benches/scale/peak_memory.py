"""Runs a command and prints its peak memory and time as one JSON line.

    python3 peak_memory.py -- pith train /tmp/scale-10000 --out /tmp/run --set train.steps=200

The peak is the largest resident set that the kernel counted for the command or any of its
children (`ru_maxrss`). While it runs, the present size is noted every five seconds, so that a
slow leak shows as a slope. The exit code is the command's.
"""

import json
import resource
import subprocess
import sys
import threading
import time
from pathlib import Path

PERIOD = 5.0


def resident(process: int) -> float | None:
    """MiB that a process has in memory now; nothing once it has ended."""
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return None
    found = [line.split()[1] for line in lines if line.startswith("VmRSS:")]
    return round(int(found[0]) / 1024, 1) if found else None


def main():
    if len(sys.argv) < 3 or sys.argv[1] != "--":
        sys.exit("usage: peak_memory.py -- COMMAND [ARGUMENT ...]")
    command = sys.argv[2:]
    started = time.monotonic()
    process = subprocess.Popen(command, stdout=sys.stderr)
    sizes = []
    ended = threading.Event()

    def watch():
        while not ended.wait(PERIOD):
            if (size := resident(process.pid)) is not None:
                sizes.append(size)

    watcher = threading.Thread(target=watch)
    watcher.start()
    code = process.wait()
    ended.set()
    watcher.join()
    report = {
        "command": command,
        "exit": code,
        "peak_mib": round(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024, 1),
        "seconds": round(time.monotonic() - started, 1),
        "resident_mib": sizes,
    }
    print(json.dumps(report))
    sys.exit(code)


if __name__ == "__main__":
    main()
