"""One gateway for all tests of this folder, which run one after the other in one process (their `xdist_group`)."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.fake_carrier import FakeCarrier, Mode
from tests.faults_world.world import SETTINGS, World
from tests.survival.audit import Auditor
from tests.survival.deployment import deployed

SHIFTED = Path(__file__).with_name("shifted")


@pytest.fixture(scope="session")
def the_world(full: bool) -> Iterator[World]:  # noqa: FBT001 - a fixture
    """A gateway that sends through a fake carrier, on PostgreSQL with fsync and Valkey of its own."""
    with (
        tempfile.TemporaryDirectory() as folder,
        FakeCarrier(Path(folder)) as carrier,
        deployed(carrier, **SETTINGS, **(shifted := _shifted_by(Path(folder) / "shift"))) as deployment,
    ):
        auditor = Auditor(deployment)
        yield World(
            deployment=deployment,
            carrier=carrier,
            auditor=auditor,
            full=full,
            environment=shifted,
            _phones=iter(auditor.liaisons()),
        )


@pytest.fixture
def world(the_world: World) -> Iterator[World]:
    """The same, at rest before and after; whatever a test did to the carrier is over."""
    the_world.settle()
    yield the_world
    the_world.carrier.behave(Mode.OK)


def _shifted_by(file: Path) -> dict[str, str]:
    """Environment of processes whose clock a file sets."""
    file.write_text("0", encoding="utf-8")
    path = os.pathsep.join([str(SHIFTED), *filter(None, [os.environ.get("PYTHONPATH")])])
    return {"PYTHONPATH": path, "LIANHU_TESTS_SHIFT": str(file)}
