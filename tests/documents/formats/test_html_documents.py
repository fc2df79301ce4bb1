"""Web pages: what of them is content, tables that place parts of a page, and formulas."""

from __future__ import annotations

import pytest

from groundwork.documents.formats.web_pages.html_to_markdown import html_to_markdown

DATA = "<table><tr><td>Oar</td><td>2</td></tr><tr><td>Rope</td><td>5</td></tr></table>"
ROWS = "| Oar | 2 |\n| --- | --- |\n| Rope | 5 |"


@pytest.mark.parametrize(
    "page",
    [
        f"<table><tr><td>Stock</td></tr><tr><td>{DATA}</td></tr></table>",
        f"<table><tr><td><table><tr><td>Stock</td></tr></table></td><td>{DATA}</td></tr></table>",
        f"<table role='presentation'><tr><td>Stock</td><td></td></tr></table>{DATA}",
        f"<table><tr><td> </td><td>Stock</td></tr><tr><td></td><td></td></tr></table>{DATA}",
    ],
)
def test_a_table_that_places_parts_of_a_page_is_none(page: str) -> None:
    """Its cells are blocks, and a table in it is a table; else its pipes would stand in those of the outer one."""
    assert html_to_markdown(page).strip().split("\n\n") == ["Stock", ROWS]


@pytest.mark.parametrize(
    ("items", "text"),
    [
        ("<ul><li>Ada Reed</li><li></li><li> <b>Bo Marsh</b> <!-- mate --></li></ul>", "Ada Reed; Bo Marsh"),
        ("Crew: <ul><li><p>Ada Reed</p></li><li>Bo Marsh</li></ul>", "Crew: Ada Reed; Bo Marsh"),
        ("<ol start='3'><li>Push off.</li><li>Row.</li></ol>", "3. Push off.; 4. Row."),
        ("<ul><li>Ada Reed ·</li><li>Bo Marsh,</li><li>Cy Holt</li></ul>", "Ada Reed · Bo Marsh, Cy Holt"),
        ("<ul><li>Rowers<ul><li>Ada</li><li>Bo</li></ul></li><li>Cox</li></ul>", "Rowers Ada; Bo; Cox"),
    ],
)
def test_items_of_a_list_in_a_cell_are_parted(items: str, text: str) -> None:
    """By semicolons where the page has no signs between them; names ran together."""
    page = f"<table><tr><th>Boat</th><th>Crew</th></tr><tr><td>Gig</td><td>{items}</td></tr></table>"
    assert html_to_markdown(page).strip().split("\n")[2] == f"| Gig | {text} |"


def test_a_table_of_one_column_with_a_head_is_a_table() -> None:
    """A head says that cells are values; empty columns and rows of such tables are left out."""
    page = "<table><tr><th>Oars</th></tr><tr><td>2</td></tr></table>"
    assert html_to_markdown(page).strip().startswith("| Oars |")
    spaced = DATA.replace("</td><td>", "</td><td></td><td>").replace("</table>", "<tr><td></td></tr></table>")
    assert html_to_markdown(spaced).strip() == ROWS


RENT = "<h1>Rent a drill</h1><p>A drill costs 9 euros a day, a saw 12, and a ladder 4.</p>"
LINKS = '<a href="/a">Saws</a> <a href="/b">Ladders</a>'
BANNER = '<div id="cookie-bar">We use cookies <button>Accept</button></div>'


@pytest.mark.parametrize(
    "page",
    [
        f"<body>{BANNER}{RENT}<footer>© Orrin Tools · Imprint</footer></body>",
        f"<body><header>Orrin Tools</header><main>{RENT}</main><aside>Other offers</aside></body>",
        f"<body><p>Orrin Tools</p><article>{RENT}</article><div role='complementary'>Newest</div></body>",
        f"<body><main>{RENT.replace('</h1>', '</h1><button>Share</button><dialog>Sign in</dialog>')}</main></body>",
        f"<body><header>{RENT[:21]}</header><div role='main'>{RENT[21:]}</div><p>Top</p></body>",
        f"<article>{RENT}<div class='related-posts'>{LINKS}</div></article>",
        f"<article>{RENT}<div id='shareButtons'>Share this</div><form class='comment-form'>Reply</form></article>",
        f"<div class='navMain'><ul>{LINKS}</ul></div>{RENT}<div class='site_footer'>Imprint</div>",
        f"<aside class='sidebar'><div>{RENT}",
        f"<main>{RENT}<a href='https://www.facebook.com/sharer/sharer.php?u=x'>Post it</a></main>",
        f"<main>{RENT.replace('drill', '<ruby>drill<rp>(</rp><rt>dril</rt><rp>)</rp></ruby>')}</main>",
        f"<main>{RENT.replace('saw', '<a href=javascript:go()>saw</a>')}</main>",
    ],
)
def test_what_is_about_the_site_is_left_out(page: str) -> None:
    """Banners, footers, sidebars and controls are no text of the document; its heading may stand above the content."""
    words = " ".join(html_to_markdown(page).split())
    assert words == "# Rent a drill A drill costs 9 euros a day, a saw 12, and a ladder 4."


@pytest.mark.parametrize(
    ("page", "kept"),
    [
        ("<h2><button>Who pays?</button></h2><div hidden>The renter.</div>", "## Who pays? The renter."),
        (f"{RENT}<article><p>Read more.</p></article>", "Read more."),
        (
            "<main><p>Cut.</p><aside>Mind the blade.</aside><footer>Seen 2024.</footer></main>",
            "Mind the blade. Seen 2024.",
        ),
        ("<article><p>One.</p></article><article><p>Two.</p></article>", "One. Two."),
        ("<div class='recommended-dose'><p>Two a day.</p></div>", "Two a day."),
        (f"<div class='sidebar'>{RENT}</div>", "Rent a drill"),
        (f"{RENT}<ol class='menu'><li>Soup, 4 euros</li><li>Stew, 9 euros</li></ol>", "1. Soup, 4 euros"),
        ("<div role='tablist'><h2>Who pays?</h2><div role='tabpanel'>The renter.</div></div>", "Who pays? The renter."),
        ("<header><h1>Drills</h1><p>All sizes.</p></header><main><p>Rent one a day.</p></main>", "All sizes. Rent one"),
        (f"<section class='cookies'><p>{'Butter and flour. ' * 120}</p></section>", "Butter and flour."),
    ],
)
def test_what_belongs_to_the_content_stays(page: str, kept: str) -> None:
    """Folded answers, headings that are buttons, notes within the content, several articles, a recipe for cookies."""
    assert kept in " ".join(html_to_markdown(page).split())


@pytest.mark.parametrize(
    "tag", ["header", "figure", "address", "details", "summary", "main", "form", "center", "legend"]
)
def test_blocks_are_not_joined(tag: str) -> None:
    """Two blocks are two paragraphs, whichever element holds them."""
    assert html_to_markdown(f"<body><{tag}>One.</{tag}><{tag}>Two.</{tag}></body>").split() == ["One.", "Two."]


@pytest.mark.parametrize(
    ("page", "markdown"),
    [
        ('<p>See <a href="/wiki/Swan" title="Swan">swans</a>.</p>', "See swans."),
        ('<p>See <a href="fees.html#gigs"><b>fees</b></a>.</p>', "See **fees**."),
        ('<p>Ducks<sup><a href="#note-9">[9]</a></sup> fly.</p>', "Ducks[9] fly."),
        ('<p>All 40<sup><a href="#note-2">2</a></sup> fly.</p>', "All 40[²] fly."),
        ('<p>All 40<a href="#note-2"><sup>2</sup></a> fly.</p>', "All 40[²] fly."),
        ('<h2>Swans <a href="#swans" title="Link to it">¶</a></h2>', "## Swans"),
        ('<h2>Geese<a href="#geese"><b><a href="#top">¶</a></b></a></h2>', "## Geese"),
        ('<p><a href="#ref-9">↩</a> Carboneras, p. 536.</p>', "Carboneras, p. 536."),
        ('<p>A <a href="HTTPS://ducks.org/">site</a>.</p>', "A [site](HTTPS://ducks.org/)."),
        ('<p>Ask <a href="mailto:ann@ducks.org">Ann</a>.</p>', "Ask [Ann](mailto:ann@ducks.org)."),
    ],
)
def test_links_within_the_site_are_their_words(page: str, markdown: str) -> None:
    """A path of the site leads nowhere in a text of its own; a sign that leads back is none of its words."""
    assert html_to_markdown(page).strip() == markdown


def test_a_list_that_stands_between_items_is_nested() -> None:
    """A list within a list belongs to the item above it, however deep, and stays one where there is none."""
    page = "<ul><li>Oars</li><ul><li>Long</li><ol><li>Ash</li></ol></ul><li>Ropes</li></ul>"
    assert html_to_markdown(page).strip() == "- Oars\n  - Long\n    1. Ash\n- Ropes"
    assert html_to_markdown("<ul><ul><li>Oars</li></ul></ul>").strip() == "- Oars"
    page = "<ul><li>Oars<ul><li>Long</li></ul></li><ul><li>Short</li></ul></ul>"
    assert html_to_markdown(page).strip() == "- Oars\n  - Long\n  - Short"


FRACTION = "<mfrac><mn>1</mn><mn>2</mn></mfrac>"


@pytest.mark.parametrize(
    ("formula", "latex"),
    [
        (f"<math>{FRACTION}<mo>+</mo><msup><mi>x</mi><mn>2</mn></msup></math>", r"$\frac{1}{2}+x^{2}$"),
        (f'<math display="block"><mi>a</mi><mo>&lt;</mo>{FRACTION}</math>', r"$a<\frac{1}{2}$"),
        (
            f"<span><math><semantics>{FRACTION}<annotation encoding='application/x-tex'>\\frac{{1}}{{2}}</annotation>"
            "</semantics></math></span><span aria-hidden='true'>1 2</span>",
            r"$\frac{1}{2}$",
        ),
        ("<math></math>", ""),
    ],
)
def test_a_formula_of_a_web_page_is_latex(formula: str, latex: str) -> None:
    """MathML keeps what is above and below its lines; what is shown in its place is not said again."""
    assert html_to_markdown(f"<p>So {formula} holds.</p>").split() == ["So", *latex.split(), "holds."]


def test_a_formula_within_the_hidden_copy_of_another_is_left_out() -> None:
    page = '<p><math><mi>x</mi></math><span aria-hidden="true"><math><mi>y</mi></math></span> is odd.</p>'
    assert html_to_markdown(page).strip() == "$x$ is odd."


def test_words_of_a_cell_stay_whole() -> None:
    """Emphasis, spans and lowered figures within a word part nothing; blocks do, and spans that touch one another."""
    cells = (
        "H<sub>2</sub>O, 10<sup>5</sup> and b<b>old</b>",
        "1<span>,</span>234 in <a>Ely</a>, <a>Kent</a><a>Wye</a>",
        "<span>Fee</span><strong>5</strong><p>Gig</p>",
    )
    row = "".join(f"<td>{cell}</td>" for cell in cells)
    html = f"<table><tr><th>A</th><th>B</th><th>C</th></tr><tr>{row}</tr></table>"
    assert "| H2O, 10⁵ and bold | 1,234 in Ely, Kent Wye | Fee 5 Gig |" in html_to_markdown(html)


def test_the_caption_of_a_table_stands_above_it() -> None:
    caption = "<caption>\n <b>Fees</b> of 2024<br>in pounds</caption>"
    text = html_to_markdown(
        f"<table>{caption}<tr><th>Boat</th><th>Fee</th></tr><tr><td>Gig</td><td>9</td></tr></table>"
    )
    assert text.strip().startswith("Fees of 2024 in pounds\n\n| Boat | Fee |")
