"""DeepCache as its authors published it, for diffusers."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from DeepCache import DeepCacheSDHelper


@contextmanager
def helper_around(pipeline: Any, interval: int, branch: int) -> Iterator[None]:
    """Has the helper cache in the pipeline's UNet for as long as it lasts, if there are cached steps."""
    if interval == 1:
        yield
        return
    helper = DeepCacheSDHelper(pipe=pipeline)
    helper.set_params(cache_interval=interval, cache_branch_id=branch)
    helper.enable()
    try:
        yield
    finally:
        helper.disable()
