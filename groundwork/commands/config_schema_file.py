"""`dataprep schema`: config/config.schema.json, by which editors know the settings."""

from __future__ import annotations

import argparse
import json

from groundwork.console.flags import flag_parser
from groundwork.data_folder.read_write import write_json
from groundwork.errors import EXIT_OK
from groundwork.settings.config_files import CONFIG_DIR
from groundwork.settings.config_schema import json_schema


def config_schema_file_parser() -> argparse.ArgumentParser:
    purpose = "Write config/config.schema.json from the settings; print it where there is no config/."
    return flag_parser("dataprep schema", purpose)


def write_schema(_: argparse.Namespace) -> int:
    """Write the JSON schema of the settings, or print it where there is no config/."""
    if CONFIG_DIR.is_dir():
        write_json(CONFIG_DIR / "config.schema.json", json_schema())
    else:
        print(json.dumps(json_schema(), indent=2))
    return EXIT_OK
