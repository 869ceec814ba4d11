"""Run a function in a forked process with the limits of an untrusted file, and measure it.

The limits are those of the design: two seconds of processor time, and 300 MB of memory beyond ten
times the size of the file. The kernel enforces them; modules are imported before the fork, so that
their cost does not count.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

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


def limited(act: Callable[[], dict[str, Any]], size: int) -> dict[str, Any]:
    """Return what `act` returns in a forked process, with its ``seconds`` and its ``growth``.

    A process that the kernel ends has the outcome ``! killed``.
    """
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        found = _measured(act, size)
        os.write(writer, json.dumps(found).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        content = pipe.read()
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if not content:
        killed = {"outcome": f"! killed ({code})", "message": "", "events": []}
        return {**killed, "seconds": SECONDS + 1, "growth": 0}
    return dict(json.loads(content))


def _measured(act: Callable[[], dict[str, Any]], size: int) -> dict[str, Any]:
    reset_peak()
    memory, used = status("VmHWM"), resource.getrusage(resource.RUSAGE_SELF)
    begun = used.ru_utime + used.ru_stime
    seconds = int(begun) + SECONDS + 1
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    space = status("VmSize") + allowed(size) + _SLACK
    resource.setrlimit(resource.RLIMIT_AS, (space, space))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    found = act()
    used = resource.getrusage(resource.RUSAGE_SELF)
    sys.stdout.flush()
    return {
        **found,
        "seconds": used.ru_utime + used.ru_stime - begun,
        "growth": status("VmHWM") - memory,
    }
