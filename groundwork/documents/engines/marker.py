"""marker: layout and OCR models (marker-pdf 2.x, an extra). Best on papers and forms, with a GPU.

Its code is Apache-2.0; its weights are under a modified OpenRAIL-M licence: free for research, personal use and
companies below 5 million USD of funding or revenue. It fetches them when it first runs.
"""

from __future__ import annotations

import functools
import io
import os
import re
from pathlib import Path
from typing import Any

from groundwork.documents.conversion.converter_table import Conversion, ConversionRequest
from groundwork.documents.pictures.kept_pictures import keep_pictures
from groundwork.errors import BadDocument

MARKER_WEIGHTS = "datalab-to/surya_layout2"
HUB_PATIENCE = 5.0  # seconds; marker itself waits 300 for a server that cannot start
_MARKER_PAGE_MARK = re.compile(r"(?:(?<!\n)\n+)?\{(\d+)\}-{48}\n*")


def convert(marker_request: ConversionRequest) -> Conversion:
    """Markdown by page. Raises BadDocument at once where the weights are neither here nor to be had."""
    marker_settings = marker_request.settings.marker
    _prepare_marker(marker_settings.layout_server_url)
    from marker.output import text_from_rendered

    marker_options = {
        "output_format": "markdown",
        "paginate_output": True,
        "disable_image_extraction": not marker_request.settings.pictures,
        "disable_tqdm": True,
        "pdftext_workers": 1,  # this is a worker already, which may have no children
        **marker_settings.options,
    }
    if marker_request.pages is not None:
        marker_options["page_range"] = ",".join(str(page_number - 1) for page_number in marker_request.pages)
    if marker_settings.use_llm:
        marker_options |= _marker_language_model(marker_request)
    marker_output = _load_marker_converter(tuple(sorted(marker_options.items())))(marker_request.source)
    marker_markdown, _, marker_images = text_from_rendered(marker_output)
    images_to_keep = marker_images if marker_request.settings.pictures else {}
    marker_pictures = {name: _jpeg_or_png(name, marker_image) for name, marker_image in images_to_keep.items()}
    (marker_markdown,), warnings = keep_pictures(marker_pictures, [marker_markdown], Path(marker_request.images))
    marker_numbers = marker_request.pages or list(range(1, marker_request.page_count + 1))
    return Conversion(pages=split_marker_pages(marker_markdown, marker_numbers), warnings=warnings)


def _prepare_marker(layout_server: str) -> None:
    """Name a font and a layout server, or make sure of the weights, before marker reads its settings on import."""
    os.environ.setdefault("FONT_PATH", _marker_font_path())
    if layout_server:
        os.environ["FAST_LAYOUT_SERVER_URL"] = layout_server
    elif "FAST_LAYOUT_SERVER_URL" not in os.environ:
        _require_marker_weights()


def _marker_font_path() -> str:
    """A font that is here already: marker would fetch one of 15 MB, for formats that it renders itself."""
    import matplotlib

    return str(Path(matplotlib.get_data_path()) / "fonts/ttf/DejaVuSans.ttf")


def _require_marker_weights() -> None:
    from huggingface_hub import HfApi, try_to_load_from_cache

    if isinstance(try_to_load_from_cache(MARKER_WEIGHTS, "config.json"), str):
        return
    try:
        HfApi().model_info(MARKER_WEIGHTS, timeout=HUB_PATIENCE)
    except Exception as error:  # whatever keeps the Hub out of reach, the weights are not to be had
        raise BadDocument(
            f"marker's weights ({MARKER_WEIGHTS}) are not in the Hugging Face cache and the Hub cannot be reached "
            f"({type(error).__name__}); run it once with network, or set ingest.marker.layout_server_url"
        ) from None


def _marker_language_model(marker_request: ConversionRequest) -> dict[str, Any]:
    """marker mends tables and forms by the model of ingest.vision, at the endpoint of `llm`."""
    return {
        "use_llm": True,
        "llm_service": "marker.services.openai.OpenAIService",
        "openai_base_url": marker_request.base_url,
        "openai_model": marker_request.settings.vision.model,
        "openai_api_key": os.environ.get(marker_request.api_key_env, "none"),
    }


@functools.lru_cache(maxsize=2)
def _load_marker_converter(marker_options: tuple[tuple[str, Any], ...]) -> Any:
    """One converter for all files that are read with the same options; its models are loaded once."""
    from marker.config.parser import ConfigParser
    from marker.converters.pdf import PdfConverter

    marker_parser = ConfigParser(dict(marker_options))
    marker_config = {**marker_parser.generate_config_dict(), **dict(marker_options)}
    if isinstance(marker_config.get("page_range"), str):
        marker_config["page_range"] = [int(page_number) for page_number in marker_config["page_range"].split(",")]
    return PdfConverter(
        config=marker_config,
        artifact_dict=_load_marker_models(),
        processor_list=marker_parser.get_processors(),
        renderer=marker_parser.get_renderer(),
        llm_service=marker_parser.get_llm_service(),
    )


@functools.cache
def _load_marker_models() -> Any:
    from marker.models import create_model_dict

    return create_model_dict()


def split_marker_pages(markdown: str, page_numbers: list[int]) -> list[str]:
    """marker's paginated Markdown, cut at its page marks, which count from 0; a page without one is empty."""
    marker_pages = _MARKER_PAGE_MARK.split(f"\n\n{markdown.lstrip()}")
    pages_by_number = {
        int(page_number) + 1: page.strip()
        for page_number, page in zip(marker_pages[1::2], marker_pages[2::2], strict=True)
    }
    return [pages_by_number.get(page_number, "") for page_number in page_numbers]


def _jpeg_or_png(picture_name: str, marker_image: Any) -> bytes:
    marker_stream = io.BytesIO()
    marker_image.save(marker_stream, "PNG" if picture_name.lower().endswith(".png") else "JPEG")
    return marker_stream.getvalue()
