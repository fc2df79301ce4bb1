"""The values of check boxes and drop-down lists in forms of Word, which anydoc does not read, written in front of them.

Sources: ECMA-376 part 1, 17.16.7 to 17.16.9 (checkBox, ddList); of OpenDocument the field marks of LibreOffice.
"""

from __future__ import annotations

from collections.abc import Iterator

from groundwork.documents.formats.office.xml_elements import (
    Element,
    attribute,
    child,
    new_element,
    tags,
)

CHECKED, UNCHECKED = "☒", "☐"
_FALSE = ("0", "false", "off")
_MOST_RUNS = 50  # of a field, that are looked through for its end
_ODT_CHECKED = "Checkbox_Checked"


def write_form_values(root: Element) -> bool:
    """Put the value of each box, and of each list that shows none, in front of its field; whether there was any."""
    shown = [(run, value) for run, value in _form_values(root) if value]
    for run, value in shown:
        run.addprevious(new_element(run, "r", [new_element(run, "t", text=value)]))
    return bool(shown)


def _form_values(root: Element) -> Iterator[tuple[Element, str]]:
    for form in list(root.iter(*tags("w", "ffData"))):
        run = form.getparent().getparent()
        box, choices = child(form, "w", "checkBox"), child(form, "w", "ddList")
        if box is not None:
            yield run, CHECKED if _is_checked(box) else UNCHECKED
        elif choices is not None and not _shows_text(run):
            yield run, _chosen(choices)


def _is_checked(box: Element) -> bool:
    state = child(box, "w", "checked")
    state = child(box, "w", "default") if state is None else state
    return state is not None and attribute(state, "w", "val") not in _FALSE


def _chosen(choices: Element) -> str:
    """The entry that is chosen, by its number from 0; the first where none is."""
    list_entries = [attribute(entry, "w", "val") for entry in choices.iterchildren(*tags("w", "listEntry"))]
    result = child(choices, "w", "result")
    result = child(choices, "w", "default") if result is None else result
    number = "0" if result is None else attribute(result, "w", "val")
    return list_entries[int(number)] if number.isdecimal() and int(number) < len(list_entries) else ""


def _shows_text(run: Element) -> bool:
    """Whether text stands in the field that begins in this run."""
    for _, following in zip(range(_MOST_RUNS), run.itersiblings(*tags("w", "r")), strict=False):
        if any(text.text for text in following.iterchildren(*tags("w", "t"))):
            return True
        if any(attribute(mark, "w", "fldCharType") == "end" for mark in following.iterchildren(*tags("w", "fldChar"))):
            return False
    return False


def write_odt_form_values(root: Element) -> bool:
    """The same of the boxes of forms that LibreOffice took over from Word."""
    boxes = [mark for mark in root.iter(*tags("field", "fieldmark")) if _field_type(mark).endswith("FORMCHECKBOX")]
    for box in boxes:
        parameters = box.iterchildren(*tags("field", "param"))
        field_values = {attribute(each, "field", "name"): attribute(each, "field", "value") for each in parameters}
        is_checked = field_values.get(_ODT_CHECKED, "false") not in _FALSE
        box.tail = (CHECKED if is_checked else UNCHECKED) + (box.tail or "")
    return bool(boxes)


def _field_type(mark: Element) -> str:
    return attribute(mark, "field", "type")
