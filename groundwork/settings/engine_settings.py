"""Settings of the work itself: processes, shards and the Ray cluster that they run on."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from groundwork.settings.field_types import Count, Settings


class Engine(Settings, frozen=True):
    """Where the work runs."""

    workers: Annotated[Count, Meta(description="processes of a stage on this machine; 0: as many as are faster")]
    ray_address: Annotated[str, Meta(description="a Ray cluster (auto, HOST:PORT, or local); empty: this machine")]
    shards: Annotated[Count, Meta(description="shards of a stage on a Ray cluster; 0: four a processor")]
    cache_dir: Annotated[
        str, Meta(description="where copies of data folders elsewhere (s3://…) lie; empty: ~/.cache/groundwork")
    ]
