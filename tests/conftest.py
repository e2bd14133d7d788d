"""What all tests share: how hypothesis runs."""

from hypothesis import HealthCheck, settings

# The first call of a kernel compiles it, so no example has a deadline.
settings.register_profile(
    "house", deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow], derandomize=False
)
settings.load_profile("house")
