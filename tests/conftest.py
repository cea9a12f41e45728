"""What every test may rely on: nobody's own AWS or Larum settings, no proxy, no flaky deadlines."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

pytest_plugins = ["tests.strict_skips"]

# A developer's profile, endpoint or proxy must never decide what a test sees, or send it elsewhere.
KEPT = ("LARUM_SOAK", "LARUM_TEST_")
for name in list(os.environ):
    if name.startswith(("AWS_", "LARUM_")) and not name.startswith(KEPT):
        del os.environ[name]
os.environ["AWS_CONFIG_FILE"] = os.environ["AWS_SHARED_CREDENTIALS_FILE"] = os.devnull
os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
os.environ["NO_PROXY"] = os.environ["no_proxy"] = "127.0.0.1,localhost,::1"

# Time is no promise of a property test: a busy machine would fail it.
settings.register_profile("larum", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("larum")
