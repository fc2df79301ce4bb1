"""The pages of the coverage tests are opened as those of maps are."""

from tests.maps.conftest import browser, show

__all__ = ["browser", "show"]
