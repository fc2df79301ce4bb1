"""A PDF's own pictures: each area of a page with images or a drawn figure, as it looks there, and where it stands.

An area is drawn by pdfium instead of its image being taken out of the file: masks, colours, turns and labels on top are
then as a reader sees them, and no decoder of ours meets the file's bytes.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from groundwork.documents.pdf_files.page_areas import (
    Area,
    TextLine,
    area_around,
    area_on_page,
    text_lines,
    whole_page,
    within_page,
)
from groundwork.documents.pdf_files.pdfium import LOCK, load_page, open_pdf
from groundwork.documents.pictures.drawn_figures import drawn_figures
from groundwork.documents.pictures.figure_captions import begins_as_caption
from groundwork.documents.pictures.kept_pictures import (
    LEAST_SIDE,
    MOST_PICTURES,
    MOST_SIDE,
    ORNAMENT,
    REPEATED,
    encoded_picture,
    left_out_warnings,
    refuse_ornament,
    write_picture,
)
from groundwork.language.words import WORD
from groundwork.processes.worker_pool import report_progress
from groundwork.raster_images import MOST_PIXELS, UnusableImage

LEAST_POINTS = 36  # of the shorter side as it is drawn, half an inch
MOST_OF_PAGE = 0.8  # of its area: a larger one is a scan or a background
MOST_WORDS = 40  # of the text layer on top of a picture: with more it is a background
AROUND = 24.0  # points beside a picture in which its caption may begin
BELOW = 60.0  # points below or above a picture in which its caption stands
MOST_WITHIN = 16.0  # points by which it may reach into the picture
FINEST, COARSEST = 4.0, 2.0  # pixels a point: 288 and 144 dpi
DRAWN = 3.0  # of a figure without images
WORDS = 12  # of the text beside a picture, by which its place is found


class PagePicture(msgspec.Struct, frozen=True, kw_only=True):
    """A picture of page `page` (from 1): its file below data/text, and what stands above and below it."""

    page: int
    file: str
    caption: str = ""
    above: str = ""
    below: str = ""


class TakenPictures(msgspec.Struct, frozen=True, kw_only=True):
    """The pictures of a document in the order of its pages, from top to bottom, and what to warn of."""

    pictures: list[PagePicture]
    warnings: list[str]


class _Image(NamedTuple):
    area: Area
    pixels: tuple[int, int]
    digest: str


class _Region(NamedTuple):
    """Where images and drawn figures stand that touch each other."""

    area: Area
    images: tuple[_Image, ...] = ()
    drawn: tuple[str, ...] = ()  # what the drawings look like

    @property
    def digest(self) -> str:
        return "-".join(sorted([*(image.digest for image in self.images), *self.drawn]))


def take_pictures(source: str, numbers: Sequence[int], folder: str) -> TakenPictures:
    """Write the pictures on the pages `numbers` of a PDF into `folder`.

    Raises BadDocument where it cannot be opened.
    """
    with LOCK:
        document = open_pdf(source)
        try:
            regions = {number: _regions(load_page(document, number - 1)) for number in numbers}
            page_counts = Counter(
                digest for page_regions in regions.values() for digest in {region.digest for region in page_regions}
            )
            reasons: Counter[str] = Counter()
            pictures: list[PagePicture] = []
            files: set[str] = set()
            for number, page_regions in regions.items():
                for region in page_regions:
                    try:
                        if page_counts[region.digest] >= REPEATED:
                            raise UnusableImage(ORNAMENT)
                        if len(files) >= MOST_PICTURES:
                            raise UnusableImage(f"more than {MOST_PICTURES} pictures")
                        picture = _take_picture(document[number - 1], number, region, Path(folder))
                    except UnusableImage as error:
                        reasons[str(error)] += 1
                        continue
                    files.add(picture.file)
                    pictures.append(picture)
                report_progress(0)  # a sign of life; the pages are counted already
            return TakenPictures(pictures=pictures, warnings=left_out_warnings(reasons))
        finally:
            document.close()


def _regions(page: Any) -> list[_Region]:
    """The areas of images and drawn figures, from top to bottom; what is small or most of the page is none.

    `page`: None where it is damaged.
    """
    import pypdfium2

    if page is None:
        return []
    page_area = whole_page(page)
    try:
        images = [_Region(image.area, (image,)) for image in _page_images(page, page_area)]
        drawings = drawn_figures(page, page_area, text_lines(page.get_textpage(), page_area))
    except pypdfium2.PdfiumError:
        return []  # a damaged page
    figures = [_Region(drawing.area, drawn=(drawing.shape,)) for drawing in drawings]
    regions = [region for region in _join_regions([*_join_regions(images), *figures]) if _is_picture(region, page_area)]
    return sorted(regions, key=lambda region: (-region.area.top, region.area.left))


def _is_picture(region: _Region, page_area: Area) -> bool:
    area = region.area
    if (
        min(area.width, area.height) < LEAST_POINTS
        or area.width * area.height > MOST_OF_PAGE * page_area.width * page_area.height
    ):
        return False
    if region.drawn:
        return True
    return any(min(image.pixels) >= LEAST_SIDE for image in region.images) or len(region.images) > 1


def _page_images(page: Any, page_area: Area) -> Iterator[_Image]:
    """The images of a page, those within forms too, cut at the edges of the page; without a scan or a background."""
    import pypdfium2.raw as pdfium

    for image in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE], max_depth=8):
        area = within_page(area_on_page(image), page_area)
        if min(area.width, area.height) >= 1 and area.size <= MOST_OF_PAGE * page_area.size:
            yield _Image(area, image.get_px_size(), hashlib.sha256(bytes(image.get_data())).hexdigest()[:16])


def _join_regions(regions: Sequence[_Region]) -> list[_Region]:
    """Regions that touch or overlap as one: strips and tiles of a picture, a picture and its mask or its axes."""
    joined: list[_Region] = []
    for region in regions:
        while neighbours := [neighbour for neighbour in joined if region.area.touches(neighbour.area)]:
            joined = [neighbour for neighbour in joined if neighbour not in neighbours]
            members = [region, *neighbours]
            region = _Region(
                area_around([member.area for member in members]),
                tuple(image for member in members for image in member.images),
                tuple(shape for member in members for shape in member.drawn),
            )
        joined.append(region)
    return joined


def _take_picture(page: Any, number: int, region: _Region, folder: Path) -> PagePicture:
    """Draw a region and write it. Raises UnusableImage for what shows nothing."""
    area, page_area, layer = region.area, whole_page(page), page.get_textpage()

    def text_within(left: float, bottom: float, right: float, top: float) -> str:
        bottom, top = max(0.0, bottom), min(page_area.height, top)
        if top - bottom <= 1:
            return ""
        x, y = page_area.left, page_area.bottom
        return str(layer.get_text_bounded(left + x, bottom + y, right + x, top + y))

    if not region.drawn and len(WORD.findall(text_within(*area))) > MOST_WORDS:
        raise UnusableImage(ORNAMENT)
    image = _draw_region(page, region)
    refuse_ornament(image)
    content = encoded_picture(image)
    write_picture(content, folder)
    return PagePicture(
        page=number,
        file=f"{folder.name}/{content.name}",
        caption=_caption(area, text_lines(layer, page_area)),
        above=" ".join(WORD.findall(text_within(area.left, area.top - 2, area.right, page_area.height))[-WORDS:]),
        below=" ".join(WORD.findall(text_within(area.left, 0, area.right, area.bottom + 2))[:WORDS]),
    )


def _caption(area: Area, lines: Sequence[TextLine]) -> str:
    """The nearest line below or above an area that begins as a caption does; below comes first."""
    captions = []
    for line in lines:
        below, above = area.bottom - line.area.top, line.area.bottom - area.top
        is_beside = line.area.left < area.right + AROUND and area.left - AROUND < line.area.right
        is_near = -MOST_WITHIN < max(below, above) < BELOW
        if is_beside and is_near and begins_as_caption(line.text):
            captions.append((above > below, max(below, above), line.text))
    return min(captions)[2] if captions else ""


def _draw_region(page: Any, region: _Region) -> Any:
    """The region as a PIL image, as fine as its finest image, within bounds. Raises UnusableImage."""
    area, page_area = region.area, whole_page(page)
    if any(image.pixels[0] * image.pixels[1] > MOST_PIXELS for image in region.images):
        raise UnusableImage(f"more than {MOST_PIXELS:,} pixels")
    finenesses = [
        max(picture.pixels[0] / picture.area.width, picture.pixels[1] / picture.area.height)
        for picture in region.images
    ]
    finest = max([*finenesses, DRAWN] if region.drawn else finenesses)
    scale = min(max(COARSEST, min(FINEST, finest)), MOST_SIDE / max(area.width, area.height))
    turn = page.get_rotation()
    page.set_rotation(0)
    try:
        crop = area.left, area.bottom, page_area.width - area.right, page_area.height - area.top
        image = page.render(scale=scale, crop=crop, may_draw_forms=False).to_pil()
    finally:
        page.set_rotation(turn)
    return image.convert("RGB").rotate(-turn, expand=True)
