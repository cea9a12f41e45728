"""Where a setting comes from, which values are refused, and that every fault is told at once."""

from __future__ import annotations

from dataclasses import fields
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from larum.settings import FIELDS, WITHOUT_FLAG, Field, Settings, SettingsError, load

if TYPE_CHECKING:
    from collections.abc import Mapping

NOT_YET = ["database", "metrics_port", "test_mode"]


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep a larum.toml of whoever runs the tests out of them."""
    monkeypatch.chdir(tmp_path)


def toml(text: str) -> Path:
    """Write a file of settings into the current directory."""
    path = Path("some.toml")
    path.write_text(text, "utf-8")
    return path


def faults(
    flags: Mapping[str, str | None] | None = None,
    environment: Mapping[str, str] | None = None,
    config: Path | None = None,
) -> list[str]:
    """Return the faults that `load` must find."""
    with pytest.raises(SettingsError) as caught:
        load(flags or {}, environment or {}, config)
    return caught.value.faults


def test_a_server_has_safe_defaults() -> None:
    """Without any setting it listens on loopback, checks signatures and protects the node."""
    settings = load({}, {})
    assert (settings.host, settings.port) == ("127.0.0.1", 8181)
    assert settings.auth == "sigv4"
    assert settings.throttle == "standard"
    assert settings.region == ("us-east-1",)
    assert settings.data == Path("larum-data")
    assert settings.failed_authentications == 10
    assert settings.token_retention == timedelta(hours=24)
    assert settings.root_account == "123456789012"


def test_flag_over_environment_over_file() -> None:
    """Each source gives way to the one before it, setting by setting."""
    file = toml('port = 1\nregion = "eu-west-1"\nthrottle = "aws"\n')
    environment = {"LARUM_PORT": "2", "LARUM_REGION": "eu-west-2"}
    settings = load({"port": "3"}, environment, file)
    assert (settings.port, settings.region, settings.throttle) == (3, ("eu-west-2",), "aws")
    assert load({}, environment, file).port == 2
    assert load({}, {}, file).port == 1


def test_file_is_found_by_flag_variable_or_place() -> None:
    """The file is --config's, else LARUM_CONFIG's, else ./larum.toml where there is one."""
    Path("larum.toml").write_text("port = 1", "utf-8")
    Path("named.toml").write_text("port = 2", "utf-8")
    assert load({}, {}).port == 1
    assert load({}, {"LARUM_CONFIG": "named.toml"}).port == 2
    assert load({}, {"LARUM_CONFIG": "larum.toml"}, Path("named.toml")).port == 2


def test_toml_types_are_taken_as_they_are() -> None:
    """Numbers, booleans and lists of TOML mean what they say."""
    file = toml(
        "port = 0\ninsecure-http = true\nhost = '192.0.2.1'\n"
        "region = ['us-east-1', 'eu-west-1']\ntrusted-proxy = ['10.0.0.0/8']\n"
    )
    settings = load({}, {}, file)
    assert settings.port == 0
    assert settings.insecure_http is True
    assert settings.region == ("us-east-1", "eu-west-1")
    assert settings.trusted_proxy == ("10.0.0.0/8",)


def test_every_setting_has_three_names() -> None:
    """A setting's flag, variable and key are its name in three spellings; no two share one."""
    for each in FIELDS:
        assert each.flag == "--" + each.key
        assert each.variable == "LARUM_" + each.name.upper()
    assert len({each.variable for each in FIELDS}) == len(FIELDS)
    assert {each.name for each in FIELDS} - {each.name for each in fields(Settings)} == set(NOT_YET)
    assert {each.name for each in fields(Settings)} <= {each.name for each in FIELDS}


def test_secrets_have_no_flag() -> None:
    """What other users of the machine must not see cannot be an argument, nor shown in a repr."""
    assert "root_secret_access_key" in WITHOUT_FLAG
    settings = Settings(root_access_key_id="LARUEXAMPLE00000", root_secret_access_key="canary" * 4)
    assert "canary" not in repr(settings)


def test_every_fault_is_told_at_once() -> None:
    """Faults of flags, environment and file are listed together, each with where it is."""
    found = faults(
        {"port": "http"},
        {"LARUM_AUTH": "none", "LARUM_TRUSTED_PROXY": "my-proxy"},
        toml('throttle = "some"\nregion = "mars-north-1"\nprot = 1\n'),
    )
    assert len(found) == 6
    for word in ("--port", "LARUM_AUTH", "LARUM_TRUSTED_PROXY", "throttle", "region", "prot"):
        assert sum(word in fault for fault in found) == 1, word


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("host", "a b"),
        ("port", "65536"),
        ("port", "-1"),
        ("port", "٨١٨١"),
        ("region", "us-gov-west-1"),
        ("region", "cn-north-1"),
        ("region", "us-east-1,local"),
        ("auth", "SIGV4"),
        ("public_url", "sir.example.com"),
        ("public_url", "https://sir.example.com/?x"),
        ("public_url", "https://sir.example.com:99999"),
        ("public_url", "https://somebody@sir.example.com"),
        ("public_url", "https://[::1"),
        ("trusted_proxy", "10.0.0.1/8"),
        ("trusted_proxy", "proxy"),
        ("root_account", "12345678901"),
        ("root_account", "arn:aws:iam"),
        ("root_access_key_id", "short"),
        ("root_access_key_id", "with spaces 0000000"),
        ("root_secret_access_key", "short"),
        ("root_secret_access_key", "x" * 15),
        ("root_secret_access_key", "x" * 129),
        ("root_secret_access_key", "with spaces 0000000"),
        ("root_secret_access_key", "x" * 20 + "\n"),
        ("root_secret_access_key", "ключ" * 5),
        ("insecure_http", "maybe"),
        ("token_retention", "7"),
        ("token_retention", "721"),
        ("token_retention", "٢٤"),
        ("termination_after", "-1"),
        ("termination_after", "3651"),
        ("in_flight_wait", "11"),
        ("request_deadline", "60"),
        ("body_deadline", "nan"),
        ("header_deadline", "0"),
        ("idle_deadline", "soon"),
        ("failed_authentications", "-1"),
        *((name, "1") for name in NOT_YET),
    ],
)
def test_value_out_of_bounds_is_refused(name: str, text: str) -> None:
    """A value that cannot work is refused by the flag's name, with what would."""
    found = faults({name: text})
    assert len(found) == 1
    assert found[0].startswith("--" + name.replace("_", "-"))


@pytest.mark.parametrize("name", NOT_YET)
def test_settings_of_later_releases_are_refused_by_name(name: str) -> None:
    """What is promised for later is refused, never accepted and ignored, from each source."""
    key = name.replace("_", "-")
    for found in (
        faults({name: "1"}),
        faults({}, {"LARUM_" + name.upper(): "1"}),
        faults({}, {}, toml(f"{key} = 1\n")),
    ):
        assert "does not work yet" in found[0]


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "127.9.9.9"])
def test_loopback_needs_no_tls(host: str) -> None:
    """On loopback plain HTTP is fine, and relaxed authentication allowed."""
    assert load({"host": host, "auth": "relaxed"}, {}).host == host


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "sir.example.com"])  # noqa: S104 - refused
def test_other_hosts_need_tls_or_a_word(host: str) -> None:
    """Elsewhere plain HTTP is refused, unless somebody says that a proxy does the TLS."""
    assert "--insecure-http" in faults({"host": host})[0]
    assert load({"host": host, "insecure_http": "true"}, {}).host == host
    assert load({"host": host, "tls_cert": "c.pem", "tls_key": "k.pem"}, {}).host == host


def test_relaxed_stays_on_loopback() -> None:
    """Accepting any key is refused on any other host, with TLS and behind a proxy too."""
    for more in ({"insecure_http": "true"}, {"tls_cert": "c.pem", "tls_key": "k.pem"}):
        found = faults({"host": "192.0.2.1", "auth": "relaxed", **more})
        assert len(found) == 1
        assert "relaxed" in found[0]


@pytest.mark.parametrize(
    ("one", "other"),
    [("tls_cert", "tls_key"), ("root_access_key_id", "root_secret_access_key")],
)
def test_pairs_go_together(one: str, other: str) -> None:
    """A certificate without its key, or an access key id without its secret, is refused."""
    value = "x" * 20
    for name in (one, other):
        found = faults({name: value})
        assert any("together" in fault for fault in found)
    load({one: value, other: value}, {})


def test_a_file_that_cannot_be_read_is_a_fault() -> None:
    """A named file that is missing, no TOML or no text is told, and does not fall back."""
    assert "absent.toml" in faults({}, {}, Path("absent.toml"))[0]
    assert "some.toml" in faults({}, {}, toml("port ="))[0]
    Path("latin.toml").write_bytes(b"# \xff\n")
    assert "latin.toml" in faults({}, {}, Path("latin.toml"))[0]


@pytest.mark.parametrize("secret", ["canary", "canary" * 30, "canary with spaces", "canäry" * 4])
def test_a_secret_is_not_repeated_in_a_fault(secret: str) -> None:
    """What is wrong with a secret is told without the secret, from every source and in code."""
    key = {"LARUM_ROOT_ACCESS_KEY_ID": "x" * 16}
    for found in (
        faults({}, {"LARUM_ROOT_SECRET_ACCESS_KEY": secret} | key),
        faults({}, key, toml(f'root-secret-access-key = "{secret}"')),
        faults_in_code(root_access_key_id="x" * 16, root_secret_access_key=secret),
        faults_in_code(root_access_key_id="x" * 16, root_secret_access_key=secret.encode() * 3),
        faults_in_code(root_access_key_id="x" * 16, root_secret_access_key=[secret] * 3),
    ):
        assert len(found) == 1
        assert "can" not in found[0]


def faults_in_code(**values: Any) -> list[str]:
    """Return the faults that Settings must find in `values`."""
    with pytest.raises(SettingsError) as caught:
        Settings(**values)
    return caught.value.faults


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("throttle", "fast", "one of standard, aws, off"),
        ("token_retention", timedelta(0), "8 to 720 hours"),
        ("token_retention", 24, "given as datetime.timedelta(days=1), not 24"),
        ("termination_after", timedelta(days=3651), "0 to 3650 days"),
        ("region", "eu-west-1", "given as ('eu-west-1',), not 'eu-west-1'"),
        ("region", (), "has no Region"),
        ("region", ("mars-north-1",), "mars-north-1"),
        ("region", None, "must not be None"),
        ("auth", "Relaxed", "one of sigv4, relaxed"),
        ("root_account", "abc", "twelve digits"),
        ("root_account", 123456789012, "given as '123456789012'"),
        ("port", True, "number from 0"),
        ("port", "8181", "given as 8181"),
        ("data", "larum-data", "given as"),
        ("allowed_host", "sir.example", "given as ('sir.example',)"),
        ("trusted_proxy", ("10.0.0.1/8",), "10.0.0.0/8"),
        ("failed_authentications", 0.5, "whole number"),
        ("failed_authentications", float("inf"), "whole number"),
        ("request_deadline", float("nan"), "0.1 to 50 seconds"),
        ("insecure_http", "yes", "given as True"),
    ],
)
def test_settings_made_in_code_are_checked(name: str, value: object, words: str) -> None:
    """Settings(...) refuses what `larum serve` would, by its name, with what is meant."""
    (found,) = faults_in_code(**{name: value})
    assert found.startswith(name + " ")
    assert words in found


def test_settings_made_in_code_tell_every_fault() -> None:
    """All wrong values are told at once; then what cannot stand together."""
    assert len(faults_in_code(throttle="fast", auth="Relaxed", port=-1)) == 3
    (found,) = faults_in_code(auth="relaxed", host="192.0.2.1", insecure_http=True)
    assert "loopback" in found
    assert "together" in faults_in_code(root_access_key_id="x" * 16)[0]


def test_settings_made_in_code_may_be_finer_than_text() -> None:
    """Times to the microsecond, whole numbers for seconds, and the defaults themselves stand."""
    exact = timedelta(hours=8, microseconds=1)
    assert Settings(token_retention=exact).token_retention == exact
    assert Settings(termination_after=timedelta(microseconds=1)).termination_after.microseconds == 1
    assert (
        Settings(in_flight_wait=5, body_deadline=0.3, failed_authentications=10).body_deadline
        == 0.3
    )
    assert Settings(data=Path("x"), region=("us-east-1", "eu-west-1")).port == 8181


@pytest.mark.parametrize("field", FIELDS, ids=lambda each: each.name)
def test_empty_variables_and_flags_count_as_unset(field: Field) -> None:
    """`LARUM_DATA=` in a compose file, or `--data ""`, leaves the default or the next source."""
    assert load({field.name: ""}, {field.variable: ""}) == load({}, {})
    assert load({}, {"LARUM_DATA": "", "LARUM_CONFIG": ""}).data == Path("larum-data")
    assert load({"port": ""}, {"LARUM_PORT": "1"}, toml("port = 2")).port == 1
    assert load({"port": ""}, {"LARUM_PORT": ""}, toml("port = 2")).port == 2


@pytest.mark.parametrize("key", ["data", "tls-cert", "host", "region", "throttle", "public-url"])
def test_empty_value_in_a_file_is_a_fault(key: str) -> None:
    """A file says what it means: an empty value there is told, and is no current directory."""
    found = faults({}, {}, toml(f'{key} = ""'))
    assert found[0].startswith(f"{key} in the file")
