"""What is a chunk of its own and left out of the questions: contents, licences, letters that no one can read."""

from __future__ import annotations

import base64

import pytest

from tests.chunking.cutting import cut, small

LICENCE = """Permission is hereby granted, free of charge, to any reader to copy this text, provided that this licence
is kept. It is provided as is, without warranty of any kind."""
ABOUT = """This chapter tells what a licence says. A package without one may not be copied. Name the holder of the
copyright and the year, and state whether the sources are licensed under terms that your archive accepts. """


def test_contents_and_boilerplate_are_marked() -> None:
    """A contents page and a licence are chunks of their own that say why questions leave them out."""
    text = (
        "# Contents\n\n"
        + "".join(f"{k}. Part {k} ........ {k}\n" for k in range(5))
        + f"\n# Start\n\n{'Real text here. ' * 20}\n\n"
        "# Legal License\n\nThis work is licensed under a Creative Commons Attribution 4.0 license.\n"
    )
    skips = [chunk.skip for chunk in cut(text, small())]
    assert skips[0] == "contents" and skips[-1] == "boilerplate" and not any(skips[1:-1])


def test_a_section_about_licences_is_no_boilerplate() -> None:
    """A passage is boilerplate by what it does: one that describes licences is kept, under whatever heading."""
    text = (
        f"# Guide\n\n{'Some words of a guide. ' * 60}\n\n## 4.2 Copyright\n\n{ABOUT * 2}\n\n## Licence\n\n{LICENCE}\n"
    )
    skips = {chunk.text[:12]: chunk.skip for chunk in cut(text, small())}
    assert skips["## Licence\n\n"] == "boilerplate"
    assert not any(skip for start, skip in skips.items() if start != "## Licence\n\n")


@pytest.mark.parametrize(
    ("passage", "skip"),
    [
        ("Two of the codecs are deprecated. Therefore their use is permitted, but not recommended.", ""),
        ("Mooring permission is granted by the keeper for one week, and longer if the quay is empty.", ""),
        ("Read rights are granted to the group, write rights to the owner of the folder alone.", ""),
        ("This option is available under the Tools menu as soon as a boat is chosen on the left.", ""),
        ("Old boats are sold without warranty. The list is provided to the buyer as is, without sums.", ""),
        ("The quays differ in depth: (a) those of 2008, (b) those of 2009, (c) 2010 and all later ones.", ""),
        ("Reproduction is authorised provided the source is acknowledged, on paper and elsewhere.", "boilerplate"),
        ("Use and redistribution of this manual are permitted as long as its text stays unchanged.", "boilerplate"),
        ("This handbook is distributed under the Creative Commons Attribution licence, version 4.0.", "boilerplate"),
        ("Software distributed under the License is distributed without warranties of any kind.", "boilerplate"),
        ("The Orrin name, logo and “grinding through it” are registered trademarks of Orrin Mills.", "boilerplate"),
        ("A trademark is a sign by which the goods of a mill are told from those of another one.", ""),
        ("Who registers the name of a mill as a trademark pays 40 euros a year to the office of Sarn.", ""),
    ],
)
def test_only_a_permission_about_the_document_is_boilerplate(passage: str, skip: str) -> None:
    """To permit is no licence: the sentence must be about copying or using the document itself."""
    text = f"# Guide\n\n{'Some words of a guide. ' * 40}\n\n## Rules\n\n{passage}\n"
    assert cut(text, small())[-1].skip == skip


def test_a_long_part_that_is_no_licence_is_kept_in_a_section_with_one() -> None:
    """Where a licence's heading falls below that of other text, as PDFs have it, only the licence goes."""
    text = (
        f"# Guide\n\n{'Some words of a guide. ' * 200}\n\n## About\n\n### History\n\n"
        f"{'Many people wrote this. ' * 40}\n\n### Licence\n\n"
        + f"{LICENCE} This licence holds; the licensor shall not be liable.\n\n"
        * 8
    )
    skips = [(chunk.headings[-1], chunk.skip) for chunk in cut(text, small())]
    assert ("History", "") in skips and ("Licence", "boilerplate") in skips and ("History", "boilerplate") not in skips


def test_a_document_that_is_a_licence_is_about_it() -> None:
    """Nothing is left out where most of the document would be."""
    assert not any(chunk.skip for chunk in cut(f"# Licence\n\n{LICENCE}\n\nIt holds for all readers.\n", small()))


@pytest.mark.parametrize(
    "letters",
    [
        "\n".join(base64.b64encode(bytes((k * j * 7 + j) % 251 for j in range(54))).decode() for k in range(1, 9)),
        "\n".join(f"{k * 60 + 1:9} " + " ".join(["gatcctccat", "atacaacggt"] * 3) for k in range(6)),
        "MKTAYIAKQRQISFVKSHFSRQLEERLGLIEVQAPILSRVGDGTQDNLSGAEKAVQVKVKALPDAQ\n" * 4,
    ],
)
def test_unreadable_letters_are_marked_and_left_out(letters: str) -> None:
    """Base64 and genes are chunks that questions leave out; the sentences around them are not."""
    text = f"The key of the boat house is this one, as every member knows:\n{letters}\n\nIt opens both of its doors."
    marked = [chunk.skip for chunk in cut(text, small())]
    assert marked[0] == marked[-1] == "" and set(marked[1:-1]) == {"unreadable"}


@pytest.mark.parametrize(
    "words",
    [
        "Donaudampfschifffahrtsgesellschaftskapitänsmützenfabrik " * 8,
        "/usr/share/doc/a-package/examples/of-a-long-name.conf.gz\n" * 8,
        f"commit {'0a1b2c3d4e' * 4}\n" * 8,
        f"{'=' * 70}\n" * 8,
        "这是一个没有空格的长句子" * 30,
    ],
)
def test_long_words_are_no_unreadable_letters(words: str) -> None:
    """Long words, paths, checksums, ruled lines and text without spaces are kept."""
    assert not any(chunk.skip for chunk in cut(f"As follows.\n\n{words}\n", small()))
