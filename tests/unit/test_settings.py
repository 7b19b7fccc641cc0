"""Settings come from the environment and the demo's files, and say in one line what is wrong."""

import stat
from pathlib import Path

import pytest

from gateway.demo import ensure_demo_env
from gateway.folder import alone
from gateway.settings import BadSettings, Settings, as_environment, is_running, load_settings, write_env_file


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An environment without any of our names, and a folder of the test's own."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("LIANHU_VAR", str(tmp_path))


def test_defaults_listen_on_loopback_and_send_with_the_simulator() -> None:
    settings = load_settings()
    assert (settings.host, settings.port) == ("127.0.0.1", 8080)
    assert settings.public_url == "http://127.0.0.1:8080"
    assert settings.providers == ("simulator",)
    assert not settings.lianhu_demo


def test_the_public_address_follows_host_and_port_unless_it_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "9000")
    assert load_settings().public_url == "http://127.0.0.1:9000"
    monkeypatch.setenv("PUBLIC_URL", "https://sms.gande.example/")
    assert load_settings().public_url == "https://sms.gande.example"


@pytest.mark.parametrize("given", ["postgres://u:p@h/d", "postgresql://u:p@h/d", "postgresql+psycopg://u:p@h/d"])
def test_every_way_to_write_postgresql_means_our_driver(given: str) -> None:
    assert load_settings(database_url=given).database_url == "postgresql+psycopg://u:p@h/d"


def test_the_environment_wins_over_the_demo_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    ensure_demo_env(tmp_path)
    assert load_settings().lianhu_demo
    monkeypatch.setenv("WEBHOOK_SECRET", "of-the-environment")
    assert load_settings().webhook_secrets == ("of-the-environment",)


def test_the_demo_file_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    path = ensure_demo_env(tmp_path)
    first = path.read_text()
    ensure_demo_env(tmp_path)
    assert path.read_text() == first
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    load_settings().check_ready()


def test_a_running_gateway_is_found_and_a_killed_one_is_not(tmp_path: Path) -> None:
    with alone(tmp_path):
        write_env_file(tmp_path / "running.env", {"PORT": "9123"})
        assert is_running(tmp_path)
        assert load_settings().port == 9123
    assert (tmp_path / "running.env").exists()
    assert not is_running(tmp_path)
    assert load_settings().port == 8080


def test_what_is_written_for_children_reads_back_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = load_settings(secret_key=r"it's \ odd", kannel_password='a"b c#d', webhook_secret="one,two")
    for name, value in as_environment(given).items():
        monkeypatch.setenv(name, value)
    assert load_settings() == given
    for name in as_environment(given):
        monkeypatch.delenv(name)
    monkeypatch.setenv("LIANHU_VAR", str(tmp_path))
    write_env_file(tmp_path / "demo.env", as_environment(given))
    assert load_settings() == given


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("PORT", "abc", "PORT: Input should be a valid integer"),
        ("PORT", "70000", "PORT: Input should be less than or equal to 65535"),
        ("DATABASE_URL", "mysql://h/d", "DATABASE_URL: must begin with postgresql://"),
        ("REDIS_URL", "h:6379", "REDIS_URL: must begin with redis://"),
        ("PUBLIC_URL", "sms.example", "PUBLIC_URL: must begin with http://"),
        ("WEBHOOK_SECRET", "ok,no/slash", "WEBHOOK_SECRET: may hold letters"),
        ("SMS_PROVIDERS", "simulator,pigeon", "SMS_PROVIDERS: unknown pigeon; there are simulator, twilio"),
        ("LOG_LEVEL", "loud", "LOG_LEVEL: String should match"),
    ],
)
def test_a_bad_value_is_said_in_one_line(monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(BadSettings) as refused:
        load_settings()
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_missing_secrets_are_named_together() -> None:
    with pytest.raises(BadSettings, match="SECRET_KEY, WEBHOOK_SECRET, DATA_KEYS must be set"):
        load_settings().check_ready()


@pytest.mark.parametrize(
    ("provider", "wanted"),
    [
        ("twilio", "TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN, TWILIO_FROM"),
        ("africastalking", "AT_USERNAME, AT_API_KEY"),
        ("kannel", "KANNEL_SEND_URL, KANNEL_USERNAME, KANNEL_PASSWORD, KANNEL_FROM"),
    ],
)
def test_a_provider_without_its_credentials_is_named_with_them(provider: str, wanted: str) -> None:
    settings = load_settings(secret_key="a", webhook_secret="b", data_keys="c", sms_providers=f"simulator,{provider}")
    with pytest.raises(BadSettings, match=f"SMS_PROVIDERS names {provider}, but {wanted} must be set"):
        settings.check_ready()


@pytest.mark.parametrize("word", ["lianhu_demo", "lianhu_rehearsal"])
def test_a_rehearsal_sends_with_the_simulator_alone(word: str) -> None:
    secrets = {"secret_key": "a", "webhook_secret": "b", "data_keys": "c"}
    rehearsal = load_settings(**secrets, **{word: True})
    rehearsal.check_ready()
    assert rehearsal.rehearsing
    with pytest.raises(
        BadSettings, match="a rehearsal sends with the simulator alone, but SMS_PROVIDERS is simulator,"
    ):
        load_settings(**secrets, **{word: True}, sms_providers="simulator,kannel").check_ready()


def test_a_gateway_is_in_earnest_unless_it_is_told_otherwise() -> None:
    assert not load_settings().rehearsing


def test_secrets_do_not_show_when_settings_are_printed() -> None:
    shown = repr(load_settings(secret_key="hidden-key", webhook_secret="hidden-hook", twilio_auth_token="hidden-token"))
    assert "hidden" not in shown
