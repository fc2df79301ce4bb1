"""Pack config/ into the wheel as its defaults. An editable install reads config/ itself, so it gets no copy."""

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

DEFAULTS = "groundwork/settings/defaults"
PACKED = {
    "config/config.json": f"{DEFAULTS}/config.json",
    "config/local.json": f"{DEFAULTS}/local.json",
    "config/prompts": f"{DEFAULTS}/prompts",
    ".env.example": f"{DEFAULTS}/env.example",
}


class PackDefaults(BuildHookInterface):  # type: ignore[misc]  # hatchling is there when the wheel is built, not for mypy
    """Hatch's hook of the wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "standard":
            build_data["force_include"] |= PACKED
