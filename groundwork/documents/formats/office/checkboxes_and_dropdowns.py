"""The values of check boxes and drop-down lists in forms of Word, which anydoc does not read, written in front of them.

Sources: ECMA-376 part 1, 17.16.7 to 17.16.9 (checkBox, ddList); of OpenDocument the field marks of LibreOffice.
"""

from __future__ import annotations

from collections.abc import Iterator

from groundwork.documents.formats.office.office_xml import Element, attribute, child, new_element, tags

CHECKED, UNCHECKED = "☒", "☐"
_UNCHECKED_VALUES = ("0", "false", "off")
_MOST_FIELD_RUNS = 50  # of a field, that are looked through for its end
_ODT_CHECKBOX_STATE = "Checkbox_Checked"


def write_checkboxes_and_dropdowns(root: Element) -> bool:
    """Put the value of each box, and of each list that shows none, in front of its field; whether there was any."""
    fields_with_value = [(field_run, field_value) for field_run, field_value in _form_values(root) if field_value]
    for field_run, field_value in fields_with_value:
        field_run.addprevious(new_element(field_run, "r", [new_element(field_run, "t", text=field_value)]))
    return bool(fields_with_value)


def _form_values(root: Element) -> Iterator[tuple[Element, str]]:
    for form_field in list(root.iter(*tags("w", "ffData"))):
        field_run = form_field.getparent().getparent()
        checkbox, dropdown = child(form_field, "w", "checkBox"), child(form_field, "w", "ddList")
        if checkbox is not None:
            yield field_run, CHECKED if _is_checked(checkbox) else UNCHECKED
        elif dropdown is not None and not _field_shows_text(field_run):
            yield field_run, _chosen_entry(dropdown)


def _is_checked(checkbox: Element) -> bool:
    checkbox_state = child(checkbox, "w", "checked")
    checkbox_state = child(checkbox, "w", "default") if checkbox_state is None else checkbox_state
    return checkbox_state is not None and attribute(checkbox_state, "w", "val") not in _UNCHECKED_VALUES


def _chosen_entry(dropdown: Element) -> str:
    """The entry that is chosen, by its number from 0; the first where none is."""
    dropdown_entries = [attribute(entry, "w", "val") for entry in dropdown.iterchildren(*tags("w", "listEntry"))]
    chosen_result = child(dropdown, "w", "result")
    chosen_result = child(dropdown, "w", "default") if chosen_result is None else chosen_result
    chosen = "0" if chosen_result is None else attribute(chosen_result, "w", "val")
    return dropdown_entries[int(chosen)] if chosen.isdecimal() and int(chosen) < len(dropdown_entries) else ""


def _field_shows_text(field_run: Element) -> bool:
    """Whether text stands in the field that begins in this run."""
    for _, following_run in zip(range(_MOST_FIELD_RUNS), field_run.itersiblings(*tags("w", "r")), strict=False):
        if any(text.text for text in following_run.iterchildren(*tags("w", "t"))):
            return True
        if any(
            attribute(field_mark, "w", "fldCharType") == "end"
            for field_mark in following_run.iterchildren(*tags("w", "fldChar"))
        ):
            return False
    return False


def write_odt_checkboxes(root: Element) -> bool:
    """The same of the boxes of forms that LibreOffice took over from Word."""
    checkboxes = [
        field_mark
        for field_mark in root.iter(*tags("field", "fieldmark"))
        if _field_type(field_mark).endswith("FORMCHECKBOX")
    ]
    for checkbox in checkboxes:
        checkbox_parameters = checkbox.iterchildren(*tags("field", "param"))
        field_values = {
            attribute(parameter, "field", "name"): attribute(parameter, "field", "value")
            for parameter in checkbox_parameters
        }
        is_checked = field_values.get(_ODT_CHECKBOX_STATE, "false") not in _UNCHECKED_VALUES
        checkbox.tail = (CHECKED if is_checked else UNCHECKED) + (checkbox.tail or "")
    return bool(checkboxes)


def _field_type(field_mark: Element) -> str:
    return attribute(field_mark, "field", "type")
