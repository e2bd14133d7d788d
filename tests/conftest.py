"""Common to all tests: how hypothesis runs, and a cache of kernels that is complete."""

import subprocess

import pytest
from hypothesis import HealthCheck, settings
from running import COMMAND, HANG

# The first call of a kernel compiles it, so no example has a deadline.
settings.register_profile(
    "house", deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow], derandomize=False
)
settings.load_profile("house")


@pytest.fixture(scope="session", autouse=True)
def _compiled() -> None:
    """Compile all kernels before the first test, so that no command reports it later."""
    subprocess.run([*COMMAND, "filter", "--quiet"], stdin=subprocess.DEVNULL, timeout=10 * HANG, check=True)
