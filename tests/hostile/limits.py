"""Run a function in a forked process with the limits of an untrusted file, and measure it.

The limits are those of the design: two seconds of processor time, and 300 MB of memory beyond ten
times the size of the file. The kernel enforces them; modules are imported before the fork, so that
their cost does not count.
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

with suppress(ImportError):  # not on Windows, where nothing is limited
    import resource

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

SECONDS = 2
EXTRA, RATIO = 300_000_000, 10
_SLACK = 2 << 30
"""Address space that allocators reserve without using it."""


def allowed(size: int) -> int:
    """Return how many bytes of memory a file of this size may cost."""
    return EXTRA + RATIO * size


def status(field: str) -> int:
    """Return a size from the status of the process, in bytes."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1]) * 1024
    return 0


def reset_peak() -> None:
    """Set the peak of resident memory to what is resident now."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def limited(acts: Sequence[Callable[[], dict[str, Any]]], size: int) -> list[dict[str, Any]]:
    """Return what functions return in one forked process, with ``seconds`` and ``growth`` of each.

    If the kernel ends the process, the function and those after it have the outcome ``! killed``.
    """
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        for act in acts:
            os.write(writer, json.dumps(_measured(act, size)).encode() + b"\n")
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        content = pipe.read()
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    done = [json.loads(line) for line in content.splitlines()]
    killed = {"outcome": f"! killed ({code})", "message": "", "events": []}
    lost = {**killed, "seconds": SECONDS + 1, "growth": 0}
    return done + [lost] * (len(acts) - len(done))


def _measured(act: Callable[[], dict[str, Any]], size: int) -> dict[str, Any]:
    reset_peak()
    memory, used = status("VmHWM"), resource.getrusage(resource.RUSAGE_SELF)
    begun = used.ru_utime + used.ru_stime
    seconds = int(begun) + SECONDS + 1
    space = status("VmSize") + allowed(size) + _SLACK
    for kind, limit in ((resource.RLIMIT_CPU, seconds), (resource.RLIMIT_AS, space)):
        resource.setrlimit(kind, (limit, resource.getrlimit(kind)[1]))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    found = act()
    used = resource.getrusage(resource.RUSAGE_SELF)
    sys.stdout.flush()
    return {
        **found,
        "seconds": used.ru_utime + used.ru_stime - begun,
        "growth": status("VmHWM") - memory,
    }
