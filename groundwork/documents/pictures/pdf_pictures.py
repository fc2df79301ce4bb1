"""A PDF's own pictures: the areas of a page with images or a drawn figure, as they look.

An area is drawn by pdfium instead of its image being taken out of the file: masks, colours, turns and labels on top are
then as a reader sees them, and no decoder of ours meets the file's bytes.
"""

from __future__ import annotations

import hashlib
import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from groundwork.documents.pdf_files.open_pdf import LOCK, load_page, open_pdf
from groundwork.documents.pictures.drawn_figures import drawn_figures
from groundwork.documents.pictures.kept_pictures import (
    LEAST_KEPT_SIDE,
    MOST_KEPT_SIDE,
    ORNAMENT_NOT_KEPT,
    encoded_kept_picture,
    left_out_picture_warnings,
    refuse_more_pictures,
    refuse_ornament,
    refuse_repeated_picture,
    write_kept_picture,
)
from groundwork.documents.pictures.page_areas import (
    AreaOfTextLine,
    PageArea,
    area_around,
    area_of_page,
    area_on_page,
    area_within_page,
    text_lines,
)
from groundwork.language.words import WORD
from groundwork.markdown.captions import begins_as_figure_caption
from groundwork.processes.worker_pool import report_progress
from groundwork.raster_images import MAX_IMAGE_PIXELS, UnusableImage

LEAST_PICTURE_POINTS = 36  # of the shorter side as it is drawn, half an inch
MOST_PICTURE_OF_PAGE = 0.8  # of its area: a larger one is a scan or a background
MOST_WORDS_ON_PICTURE = 40  # of the text layer on top of a picture: with more it is a background
AROUND_PICTURE = 24.0  # points beside a picture in which its caption may begin
BELOW_PICTURE = 60.0  # points below or above a picture in which its caption stands
MOST_CAPTION_OVERLAP = 16.0  # points by which it may reach into the picture
FINEST_PDF_PICTURE, COARSEST_PDF_PICTURE = 4.0, 2.0  # pixels a point: 288 and 144 dpi
DRAWN_PICTURE_SCALE = 3.0  # of a figure without images
PICTURE_WORDS = 12  # of the text beside a picture, by which its place is found


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


class _PdfImage(NamedTuple):
    area: PageArea
    pixels: tuple[int, int]
    digest: str


class _PdfPicture(NamedTuple):
    """Where images and drawn figures stand that touch each other."""

    area: PageArea
    images: tuple[_PdfImage, ...] = ()
    drawn: tuple[str, ...] = ()  # what the drawings look like

    @property
    def digest(self) -> str:
        return "-".join(sorted([*(image.digest for image in self.images), *self.drawn]))


def take_pictures(pdf_path: str, page_numbers: Sequence[int], folder: str) -> TakenPictures:
    """Write the pictures on the pages `page_numbers` of a PDF into `folder`.

    Raises BadDocument where it cannot be opened.
    """
    with LOCK:
        pdf_document = open_pdf(pdf_path)
        try:
            pdf_pictures = {
                page_number: _pictures_of_pdf_page(load_page(pdf_document, page_number - 1))
                for page_number in page_numbers
            }
            return _taken_pictures(pdf_document, pdf_pictures, Path(folder))
        finally:
            pdf_document.close()


def _taken_pictures(pdf_document: Any, pdf_pictures: dict[int, list[_PdfPicture]], folder: Path) -> TakenPictures:
    """`pdf_pictures`: by page, from 1."""
    picture_digests = [{picture.digest for picture in pictures_of_page} for pictures_of_page in pdf_pictures.values()]
    pages_by_picture = Counter(itertools.chain.from_iterable(picture_digests))
    left_out_pictures: Counter[str] = Counter()
    pictures: list[PagePicture] = []
    picture_files: set[str] = set()
    for page_number, pictures_of_page in pdf_pictures.items():
        for pdf_picture in pictures_of_page:
            try:
                refuse_repeated_picture(pages_by_picture[pdf_picture.digest])
                refuse_more_pictures(len(picture_files))
                pictures.append(_take_picture(pdf_document[page_number - 1], page_number, pdf_picture, folder))
                picture_files.add(pictures[-1].file)
            except UnusableImage as error:
                left_out_pictures[str(error)] += 1
        report_progress(0)  # a sign of life; the pages are counted already
    return TakenPictures(pictures=pictures, warnings=left_out_picture_warnings(left_out_pictures))


def _pictures_of_pdf_page(page: Any) -> list[_PdfPicture]:
    """The areas of images and drawn figures, from top to bottom; what is small or most of the page is none.

    `page`: None where it is damaged.
    """
    import pypdfium2

    if page is None:
        return []
    page_area = area_of_page(page)
    try:
        image_pictures = [_PdfPicture(image.area, (image,)) for image in _images_of_pdf_page(page, page_area)]
        picture_drawings = drawn_figures(page, page_area, text_lines(page.get_textpage(), page_area))
    except pypdfium2.PdfiumError:
        return []  # a damaged page
    figure_pictures = [_PdfPicture(drawing.area, drawn=(drawing.shape,)) for drawing in picture_drawings]
    pdf_pictures = [
        pdf_picture
        for pdf_picture in _join_pdf_pictures([*_join_pdf_pictures(image_pictures), *figure_pictures])
        if _is_pdf_picture(pdf_picture, page_area)
    ]
    return sorted(pdf_pictures, key=lambda pdf_picture: (-pdf_picture.area.top, pdf_picture.area.left))


def _is_pdf_picture(pdf_picture: _PdfPicture, page_area: PageArea) -> bool:
    picture_area = pdf_picture.area
    if (
        min(picture_area.width, picture_area.height) < LEAST_PICTURE_POINTS
        or picture_area.width * picture_area.height > MOST_PICTURE_OF_PAGE * page_area.width * page_area.height
    ):
        return False
    if pdf_picture.drawn:
        return True
    return any(min(image.pixels) >= LEAST_KEPT_SIDE for image in pdf_picture.images) or len(pdf_picture.images) > 1


def _images_of_pdf_page(page: Any, page_area: PageArea) -> Iterator[_PdfImage]:
    """The images of a page, those within forms too, cut at the edges of the page; without a scan or a background."""
    import pypdfium2.raw as pdfium

    for pdf_image in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE], max_depth=8):
        area = area_within_page(area_on_page(pdf_image), page_area)
        if min(area.width, area.height) >= 1 and area.size <= MOST_PICTURE_OF_PAGE * page_area.size:
            digest = hashlib.sha256(bytes(pdf_image.get_data())).hexdigest()[:16]
            yield _PdfImage(area, pdf_image.get_px_size(), digest)


def _join_pdf_pictures(pdf_pictures: Sequence[_PdfPicture]) -> list[_PdfPicture]:
    """Regions that touch or overlap as one: strips and tiles of a picture, a picture and its mask or its axes."""
    joined_pictures: list[_PdfPicture] = []
    for pdf_picture in pdf_pictures:
        while neighbours := [neighbour for neighbour in joined_pictures if pdf_picture.area.touches(neighbour.area)]:
            joined_pictures = [neighbour for neighbour in joined_pictures if neighbour not in neighbours]
            picture_parts = [pdf_picture, *neighbours]
            pdf_picture = _PdfPicture(
                area_around([part.area for part in picture_parts]),
                tuple(image for part in picture_parts for image in part.images),
                tuple(shape for part in picture_parts for shape in part.drawn),
            )
        joined_pictures.append(pdf_picture)
    return joined_pictures


def _take_picture(page: Any, page_number: int, pdf_picture: _PdfPicture, folder: Path) -> PagePicture:
    """Draw a region and write it. Raises UnusableImage for what shows nothing."""
    picture_area, page_area, picture_layer = pdf_picture.area, area_of_page(page), page.get_textpage()

    def words_within(left: float, bottom: float, right: float, top: float) -> list[str]:
        bottom, top = max(0.0, bottom), min(page_area.height, top)
        if top - bottom <= 1:
            return []
        x, y = page_area.left, page_area.bottom
        return WORD.findall(picture_layer.get_text_bounded(left + x, bottom + y, right + x, top + y))

    if not pdf_picture.drawn and len(words_within(*picture_area)) > MOST_WORDS_ON_PICTURE:
        raise UnusableImage(ORNAMENT_NOT_KEPT)
    pdf_picture_image = _draw_pdf_picture(page, pdf_picture)
    refuse_ornament(pdf_picture_image)
    pdf_picture_file = encoded_kept_picture(pdf_picture_image)
    write_kept_picture(pdf_picture_file, folder)
    words_above_picture = words_within(picture_area.left, picture_area.top - 2, picture_area.right, page_area.height)
    words_below_picture = words_within(picture_area.left, 0, picture_area.right, picture_area.bottom + 2)
    return PagePicture(
        page=page_number,
        file=f"{folder.name}/{pdf_picture_file.name}",
        caption=_caption_beside_picture(picture_area, text_lines(picture_layer, page_area)),
        above=" ".join(words_above_picture[-PICTURE_WORDS:]),
        below=" ".join(words_below_picture[:PICTURE_WORDS]),
    )


def _caption_beside_picture(picture_area: PageArea, page_lines: Sequence[AreaOfTextLine]) -> str:
    """The nearest line below or above an area that begins as a caption does; below comes first."""
    captions_beside_picture = []
    for picture_line in page_lines:
        below, above = picture_area.bottom - picture_line.area.top, picture_line.area.bottom - picture_area.top
        is_beside_picture = (
            picture_line.area.left < picture_area.right + AROUND_PICTURE
            and picture_area.left - AROUND_PICTURE < picture_line.area.right
        )
        is_near_picture = -MOST_CAPTION_OVERLAP < max(below, above) < BELOW_PICTURE
        if is_beside_picture and is_near_picture and begins_as_figure_caption(picture_line.text):
            captions_beside_picture.append((above > below, max(below, above), picture_line.text))
    return min(captions_beside_picture)[2] if captions_beside_picture else ""


def _draw_pdf_picture(page: Any, pdf_picture: _PdfPicture) -> Any:
    """The region as a PIL image, as fine as its finest image, within bounds. Raises UnusableImage."""
    picture_area, page_area = pdf_picture.area, area_of_page(page)
    if any(image.pixels[0] * image.pixels[1] > MAX_IMAGE_PIXELS for image in pdf_picture.images):
        raise UnusableImage(f"more than {MAX_IMAGE_PIXELS:,} pixels")
    picture_scales = [
        max(picture.pixels[0] / picture.area.width, picture.pixels[1] / picture.area.height)
        for picture in pdf_picture.images
    ]
    finest_scale = max([*picture_scales, DRAWN_PICTURE_SCALE] if pdf_picture.drawn else picture_scales)
    picture_scale = min(
        max(COARSEST_PDF_PICTURE, min(FINEST_PDF_PICTURE, finest_scale)),
        MOST_KEPT_SIDE / max(picture_area.width, picture_area.height),
    )
    picture_turn = page.get_rotation()
    page.set_rotation(0)
    try:
        crop_right, crop_top = page_area.width - picture_area.right, page_area.height - picture_area.top
        picture_crop = picture_area.left, picture_area.bottom, crop_right, crop_top
        picture_image = page.render(scale=picture_scale, crop=picture_crop, may_draw_forms=False).to_pil()
    finally:
        page.set_rotation(picture_turn)
    return picture_image.convert("RGB").rotate(-picture_turn, expand=True)
