"""`gateway doctor` beside a gateway at work: says that all is well when it is, and names the fault while it lasts."""

import json
import subprocess

import pytest

from gateway.settings import as_environment, process_environment
from tests.faults.fake_carrier import Mode
from tests.faults_world.test_postgres import refuse_everybody, server
from tests.faults_world.world import World
from tests.survival.deployment import GATEWAY

pytestmark = [
    *(pytest.mark.slow, pytest.mark.faults),
    *(pytest.mark.xdist_group("faults_world"), pytest.mark.timeout(400)),
]

OF_THE_TESTS = {
    "secrets",  # two live ones, on purpose
    "disk",  # whatever the machine has
    *("fonts", "cards"),
    *("outbox", "flood", "inbox"),  # what other tests have done to it in the last hour
}


def doctor(world: World) -> tuple[int, dict[str, tuple[str, str]]]:
    """Its exit code, and what is not well: verdict and words by subject."""
    environment = {**process_environment(), **as_environment(world.deployment.settings), **world.environment}
    done = subprocess.run([GATEWAY, "doctor", "--json"], env=environment, capture_output=True, check=False)
    answer = json.loads(done.stdout)
    ill = [found for found in answer["findings"] if found["verdict"] != "ok"]
    return done.returncode, {found["subject"]: (found["verdict"], found["seen"]) for found in ill}


def test_all_is_well_beside_a_gateway_at_work(world: World) -> None:
    code, ill = doctor(world)
    assert {name: found for name, found in ill.items() if name not in OF_THE_TESTS} == {}
    assert code == 0, ill


def test_it_names_a_database_that_refuses_everybody(world: World) -> None:
    with server(world) as connection:
        refuse_everybody(connection)
        try:
            code, ill = doctor(world)
        finally:
            connection.execute("ALTER DATABASE lianhu ALLOW_CONNECTIONS true")
    assert code == 1
    assert ill["database"][0] == "fail"
    assert "not currently accepting connections" in ill["database"][1]


def test_it_names_a_carrier_that_refuses_our_account(world: World) -> None:
    texts = world.texts(2)
    world.carrier.behave(Mode.REFUSE)
    with world.in_flight(texts):
        world.wait(lambda: world.count("SELECT count(*) FROM carrier_states WHERE paused_since IS NOT NULL") == 1)
    code, ill = doctor(world)
    assert code == 1
    assert ill["carriers"][1].startswith("kannel is paused since")
    world.carrier.behave(Mode.OK)
    world.settle()
    world.audit()
    assert "carriers" not in doctor(world)[1]
