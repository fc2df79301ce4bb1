"""Which licences a dataset's card may name (identifiers of SPDX, and those that the Hub has beside them), and what it
says where one is not given or not known."""

from __future__ import annotations

from pathlib import Path

from groundwork.message_wording import counted, nearest_name

NO_LICENSE = "not given; set `dataset.license` before you publish"
COMMON_LICENSES = (
    "apache-2.0",
    "mit",
    "cc0-1.0",
    "cc-by-4.0",
    "cc-by-sa-4.0",
    "cc-by-nc-4.0",
    "odc-by",
    "odbl",
    "gpl-3.0",
)
HUB_LICENSES = tuple(Path(__file__).with_name("hub_licenses.txt").read_text(encoding="utf-8").split())


def license_problem(license_id: str) -> str:
    """Why the Hub would not know this licence, with the nearest that it knows; "" where it does, or none is given."""
    from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

    if not license_id or license_id in HUB_LICENSES:
        return ""
    lower_id = license_id.lower()
    try:
        canonicalize_license_expression(license_id)
    except InvalidLicenseExpression:
        pass
    else:
        if not set(" ()+") & set(license_id) and not lower_id.startswith("licenseref-"):
            return "" if license_id == lower_id else f"the Hub writes it {lower_id}"
    similar_license = nearest_name(lower_id.replace(" ", "-"), (*COMMON_LICENSES, *HUB_LICENSES))
    license_hint = f"did you mean {similar_license}? " if similar_license else ""
    return (
        f"no licence that the Hub knows; {license_hint}write an identifier of SPDX in small letters, such as "
        f"{', '.join(COMMON_LICENSES)}, or `other` for one of your own"
    )


def unchecked_license_note(mixed_rows: int, mixed_dataset: str) -> str:
    """What the card says of the licence of a dataset that is mixed in, a paragraph of Markdown."""
    return (
        f"\n\n{counted(mixed_rows, 'row of train comes', 'rows of train come')} from the dataset {mixed_dataset}. Its "
        "licence was not checked: see whether it allows what is done with these rows, above all to publish them; it "
        "may differ from that of the rest."
    )
