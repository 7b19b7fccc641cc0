"""A running gateway for the tests of a file, and figures that are printed when all tests have run."""

from collections.abc import Callable, Iterator

import pytest

from tests.survival.deployment import Deployment, deployed

Report = Callable[[str], None]


@pytest.fixture(scope="module")
def deployment() -> Iterator[Deployment]:
    """A gateway with a fresh demo county, shared by the tests of one file."""
    with deployed() as running:
        yield running


@pytest.fixture
def report(record_property: Callable[[str, object], None]) -> Report:
    """Keeps a line of figures for the end of the run (`pytest_terminal_summary` in tests/conftest.py)."""
    return lambda line: record_property("figures", line)
