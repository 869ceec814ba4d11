"""How every test runs: laws on the same examples each time, however busy the machine is."""

from __future__ import annotations

import os

from hypothesis import settings

settings.register_profile("same", deadline=None, derandomize=True)
settings.register_profile("explore", deadline=None, max_examples=1_000)
settings.load_profile(os.environ.get("EVALKIT_LAWS", "same"))
