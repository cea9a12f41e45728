"""`larum serve` as an operator runs it: the real command, its output, its signals, its refusals."""

from __future__ import annotations

import configparser
import ipaddress
import json
import os
import re
import shlex
import socket
import subprocess
import sys
import threading
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import boto3
import botocore.session
import pytest
from botocore.exceptions import SSLError
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

from larum.edge import guard
from larum.edge.group_commit import GroupCommit
from larum.edge.server import HttpServer, Listen
from larum.edge.serving import allowed_hosts
from larum.service import Service
from larum.settings import Settings
from tests.conformance.page import OF_THE_PAGE, smallest
from tests.edge.larum_servers import (
    ADMINISTRATOR,
    ONE_ATTEMPT,
    LarumServer,
    boto3_client,
    issue_root_keys,
    run_larum,
)
from tests.edge.servers import Connection
from tests.store.vfs import Stall, WatchedDisk

if TYPE_CHECKING:
    from pathlib import Path

    from botocore.awsrequest import AWSPreparedRequest
    from mypy_boto3_security_ir import SecurityIncidentResponseClient

    from larum.domain.principals import AccessKey

SECRETS = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]
CHOSEN = {
    "LARUM_ROOT_ACCOUNT": "999988887777",
    "LARUM_ROOT_ACCESS_KEY_ID": "LARUCHOSENKEY000001",
    "LARUM_ROOT_SECRET_ACCESS_KEY": "a-secret's$own'making'\\123",
}
JOURNEY = """
import boto3, json, sys
client = boto3.client("security-ir")
params = json.loads(sys.argv[1])
made = client.create_membership(**params)["membershipId"]
print(client.get_membership(membershipId=made)["membershipName"])
client.close()
"""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data directory that is not there yet."""
    return tmp_path / "larum-data"


def administrator(data: Path) -> dict[str, AccessKey]:
    """Return the administrator's root key of a directory that no server has open."""
    return issue_root_keys(data, [ADMINISTRATOR])


def test_first_start_prints_the_contract(data: Path) -> None:
    """Standard output is the four export lines and, last, where it listens; nothing else."""
    with LarumServer(data) as server:
        lines = server.lines
    assert len(lines) == 5
    assert re.fullmatch(r"export AWS_ACCESS_KEY_ID=LARU[A-Z2-7]{16}", lines[0])
    assert lines[1].startswith("export AWS_SECRET_ACCESS_KEY=")
    assert lines[2] == "export AWS_DEFAULT_REGION=us-east-1"
    assert lines[3] == f"export AWS_ENDPOINT_URL_SECURITY_IR={server.url}"
    assert re.fullmatch(r"listening on http://127\.0\.0\.1:[0-9]+", lines[4])
    assert server.exports.keys() >= set(SECRETS)


def test_first_start_tells_what_to_back_up(data: Path) -> None:
    """The operator is told, on standard error, what to back up and how to recover the root key."""
    with LarumServer(data) as server:
        told = server.stderr
    for word in ("larum.db", "master.key", "blobs", "replace-root-key", str(data)):
        assert word in told
    assert server.exports["AWS_SECRET_ACCESS_KEY"] not in told


def test_later_starts_show_no_secret(data: Path) -> None:
    """From the second start on no secret is printed; the lines lead to the credentials file."""
    with LarumServer(data) as first:
        pass
    with LarumServer(data) as second:
        pass
    secrets = [first.exports[name] for name in SECRETS]
    told = "\n".join(second.lines) + second.stderr.partition("First start")[2].partition("\n")[2]
    assert not [secret for secret in secrets if secret in told]
    file = second.exports["AWS_SHARED_CREDENTIALS_FILE"]
    assert (data / "credentials").samefile(file)
    assert second.lines[-1] == f"listening on {second.url}"


@pytest.mark.skipif(os.name == "nt", reason="the lines are for a POSIX shell")
def test_pasted_lines_are_all_that_a_client_needs(data: Path) -> None:
    """After pasting, an unchanged boto3 creates a membership and reads it back; so next time."""
    for start, params in enumerate([OF_THE_PAGE, OF_THE_PAGE]):
        with LarumServer(data) as server:
            script = "\n".join(
                [
                    "unset AWS_SHARED_CREDENTIALS_FILE AWS_CONFIG_FILE",
                    *server.lines[:-1],
                    shlex.join([sys.executable, "-c", JOURNEY, json.dumps(params)]),
                ]
            )
            done = subprocess.run(
                ["sh", "-e", "-c", script],
                capture_output=True,
                text=True,
                check=False,
                cwd=data.parent,
                env=os.environ | {"HOME": str(data.parent)},
            )
        assert done.stdout == "Example Corp\n", (start, done.stderr)


def test_credentials_file_is_a_profile(data: Path) -> None:
    """DIR/credentials is a shared-credentials file, for its owner alone, that boto3 can use."""
    with LarumServer(data) as server:
        file = data / "credentials"
        profiles = configparser.ConfigParser(default_section="")
        profiles.read(file)
        assert profiles.sections() == ["default"]
        if os.name != "nt":
            assert file.stat().st_mode & 0o777 == 0o600
        session = botocore.session.Session()
        session.set_config_variable("credentials_file", str(file))
        client = boto3.session.Session(botocore_session=session).client(
            "security-ir", region_name="us-east-1", endpoint_url=server.url
        )
        assert client.list_memberships()["items"] == []
        client.close()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no POSIX modes")
def test_data_directory_is_private(data: Path) -> None:
    """Nobody but the owner can look into the directory or read a file in it."""
    with LarumServer(data):
        modes = {path.name: path.stat().st_mode & 0o077 for path in (data, *data.iterdir())}
    assert modes.keys() >= {"larum.db", "larum.db-wal", "master.key", "credentials"}
    assert not any(modes.values()), modes


def test_root_account_and_key_can_be_chosen(data: Path) -> None:
    """The three variables make the first start's account and key, quoted for any shell."""
    with LarumServer(data, environment=CHOSEN) as server:
        assert server.exports["AWS_ACCESS_KEY_ID"] == CHOSEN["LARUM_ROOT_ACCESS_KEY_ID"]
        assert server.exports["AWS_SECRET_ACCESS_KEY"] == CHOSEN["LARUM_ROOT_SECRET_ACCESS_KEY"]
        client = boto3.client(
            "security-ir",
            region_name="us-east-1",
            endpoint_url=server.url,
            aws_access_key_id=CHOSEN["LARUM_ROOT_ACCESS_KEY_ID"],
            aws_secret_access_key=CHOSEN["LARUM_ROOT_SECRET_ACCESS_KEY"],
        )
        made = client.create_membership(**smallest())["membershipId"]
        assert client.get_membership(membershipId=made)["accountId"] == "999988887777"
        client.close()


def test_settings_reach_the_server(data: Path) -> None:
    """Flags, LARUM_* and a TOML file all work on the real command, in that order."""
    (data.parent / "larum.toml").write_text('region = "eu-west-1"\nthrottle = "aws"\n', "utf-8")
    environment = {"LARUM_REGION": "eu-west-2,us-east-1", "LARUM_PUBLIC_URL": "https://sir.example"}
    with LarumServer(data, "--throttle", "off", environment=environment) as server:
        assert server.exports["AWS_DEFAULT_REGION"] == "eu-west-2"
        assert server.exports["AWS_ENDPOINT_URL_SECURITY_IR"] == "https://sir.example"
        with Connection(server.url) as connection:
            ready = connection.send(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n").answer()
    assert ready.seen["throttle"] == "off"


def test_what_was_written_is_there_after_a_restart(data: Path) -> None:
    """A membership, its tags and its token survive a stop and a start."""
    keys = administrator(data)
    with LarumServer(data, keys=keys) as server:
        made = server.client().create_membership(**OF_THE_PAGE)["membershipId"]
    with LarumServer(data, keys=keys) as server:
        client = server.client()
        assert client.create_membership(**OF_THE_PAGE)["membershipId"] == made
        arn = client.get_membership(membershipId=made)["membershipArn"]
        assert client.list_tags_for_resource(resourceArn=arn)["tags"] == OF_THE_PAGE["tags"]


def test_stop_is_clean_and_quick(data: Path) -> None:
    """SIGTERM ends an idle server at once with exit code 0, and folds its log into one file."""
    with LarumServer(data) as server:
        began = time.monotonic()
        assert server.stop() == 0
    assert time.monotonic() - began < 3
    assert not (data / "larum.db-wal").exists()


@pytest.mark.skipif(os.name == "nt", reason="Windows cannot send SIGTERM")
def test_stop_answers_what_is_in_flight(data: Path) -> None:
    """A request whose body is still arriving at SIGTERM is answered; then the server ends."""
    with LarumServer(data) as server, Connection(server.url) as connection:
        connection.send(
            b"POST /v1/membership HTTP/1.1\r\nHost: localhost\r\n"
            b"Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{"
        )
        time.sleep(0.3)
        began = time.monotonic()
        server.process.terminate()
        time.sleep(0.5)
        answer = connection.send(b"}").answer()
        assert (answer.status, answer.headers["x-amzn-errortype"]) == (
            403,
            "MissingAuthenticationTokenException",
        )
        assert server.process.wait(10) == 0
        assert time.monotonic() - began < 5


@pytest.mark.skipif(os.name == "nt", reason="Windows cannot send SIGTERM")
def test_stop_waits_for_nobody_longer_than_five_seconds(data: Path) -> None:
    """A client that never finishes its request cannot keep the server from ending."""
    with LarumServer(data) as server, Connection(server.url) as connection:
        connection.send(
            b"POST /v1/membership HTTP/1.1\r\nHost: localhost\r\n"
            b"Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{"
        )
        time.sleep(0.3)
        began = time.monotonic()
        server.process.terminate()
        assert server.process.wait(10) == 0
        assert time.monotonic() - began < 5.5


def test_stop_waits_for_the_running_commit(tmp_path: Path) -> None:
    """A write whose sync is still running when the server is stopped is answered, and is there."""
    answers: list[str] = []
    with WatchedDisk() as disk, closing(Service(tmp_path, vfs=disk.name)) as service:
        key = service.installation.root_access_key(ADMINISTRATOR, datetime.now(UTC))
        server = HttpServer(service, Listen(), open_writes=GroupCommit)
        server.start()
        client = boto3_client(server.url, key, config=ONE_ATTEMPT)
        with Stall("sync") as stall:
            disk.before = stall
            creating = threading.Thread(
                target=lambda: answers.append(
                    client.create_membership(**smallest())["membershipId"]
                )
            )
            creating.start()
            assert stall.reached.wait(10)
            stopping = threading.Thread(target=server.stop)
            stopping.start()
            time.sleep(0.3)
            assert answers == []
        stopping.join(10)
        creating.join(10)
        client.close()
    with closing(Service(tmp_path)) as service:
        (kept,) = service.engine.read(
            lambda tx: tx.rows("SELECT membership_id FROM memberships", {})
        )
    assert answers == list(kept)


def test_relaxed_takes_any_key_and_says_so(data: Path) -> None:
    """Relaxed authentication warns at start and in /readyz; twelve digits are an account."""
    with LarumServer(data, "--auth", "relaxed") as server:
        assert "AUTHENTICATION IS OFF" in server.stderr
        for key, account in (("111122223333", "111122223333"), ("anything", ADMINISTRATOR)):
            client = boto3.client(
                "security-ir",
                region_name="us-east-1",
                endpoint_url=server.url,
                aws_access_key_id=key,
                aws_secret_access_key="wrong",
            )
            made = client.create_membership(**smallest())["membershipId"]
            assert client.get_membership(membershipId=made)["accountId"] == account
            client.close()
        with Connection(server.url) as connection:
            ready = connection.send(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n").answer()
        assert ready.seen["auth"] == "relaxed"
        assert ready.status == 200


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--host", "0.0.0.0"], ["--tls-cert", "--insecure-http"]),  # noqa: S104 - refused
        (["--host", "192.0.2.1", "--auth", "relaxed", "--insecure-http"], ["relaxed", "loopback"]),
        (
            ["--port", "http", "--auth", "none", "--region", "mars"],
            ["--port", "--auth", "--region"],
        ),
        (["--database", "postgresql://x"], ["--database", "does not work yet"]),
        (["--metrics-port", "9090"], ["--metrics-port", "does not work yet"]),
        (["--test-mode", "true"], ["--test-mode", "does not work yet"]),
        (["--tls-cert", "cert.pem"], ["--tls-key", "together"]),
        (["--config", "absent.toml"], ["absent.toml"]),
        (["--no-such-option"], ["--no-such-option"]),
    ],
)
def test_wrong_call_is_exit_code_2(data: Path, arguments: list[str], words: list[str]) -> None:
    """A call that cannot work ends with 2, says every reason, and touches nothing."""
    done = run_larum("serve", "--data", str(data), *arguments, cwd=data.parent)
    assert done.returncode == 2
    assert done.stdout == ""
    assert [word for word in words if word not in done.stderr] == []
    assert "Traceback" not in done.stderr
    assert not data.exists()


def test_second_server_on_the_same_directory_is_refused(data: Path) -> None:
    """Exit code 3 and clear words, while the first server goes on."""
    keys = administrator(data)
    with LarumServer(data, keys=keys) as server:
        done = run_larum("serve", "--port", "0", "--data", str(data), cwd=data.parent)
        assert done.returncode == 3
        assert done.stdout == ""
        assert "open in another process" in done.stderr
        assert "Traceback" not in done.stderr
        assert server.client().list_memberships()["items"] == []


def test_taken_port_is_refused(data: Path) -> None:
    """Exit code 3 and clear words for a port of somebody else's; no first start is spent on it."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = run_larum("serve", "--port", port, "--data", str(data), cwd=data.parent)
    assert done.returncode == 3
    assert done.stdout == ""
    assert f"Cannot listen on 127.0.0.1:{port}" in done.stderr
    assert "--port" in done.stderr
    assert "Traceback" not in done.stderr
    assert not data.exists()


@pytest.mark.skipif(os.name == "nt", reason="Windows opens a directory in other words")
def test_file_that_cannot_be_written_is_told_by_its_path(data: Path) -> None:
    """What fails with a file at the start is told with that file, and never as the port's fault."""
    (data / "credentials").mkdir(parents=True)
    done = run_larum("serve", "--port", "0", "--data", str(data), cwd=data.parent)
    assert (done.returncode, done.stdout) == (3, "")
    assert str(data / "credentials") in done.stderr
    assert "listen" not in done.stderr.lower()
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("larum.db", b"not a database, but long enough to look" * 100, "is not a Larum database"),
        ("master.key", b"c2hvcnQ=\n", "damaged"),
    ],
)
def test_spoiled_directory_is_refused(data: Path, name: str, content: bytes, words: str) -> None:
    """Exit code 3 and clear words for a directory whose files are not ours or are damaged."""
    with LarumServer(data):
        pass
    (data / name).write_bytes(content)
    done = run_larum("serve", "--port", "0", "--data", str(data), cwd=data.parent)
    assert done.returncode == 3
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_directory_without_its_master_key_is_refused(data: Path) -> None:
    """A lost or foreign master.key is told at the start, not at the first request."""
    with LarumServer(data):
        pass
    (data / "master.key").unlink()
    done = run_larum("serve", "--port", "0", "--data", str(data), cwd=data.parent)
    assert (done.returncode, "master.key" in done.stderr) == (3, True)
    (data / "master.key").write_text("A" * 43 + "=\n", "ascii")
    done = run_larum("serve", "--port", "0", "--data", str(data), cwd=data.parent)
    assert (done.returncode, "does not belong" in done.stderr) == (3, True)


def test_file_in_place_of_the_directory_is_refused(data: Path) -> None:
    """Exit code 3 and clear words when --data is a file."""
    data.write_text("x", "utf-8")
    done = run_larum("serve", "--port", "0", "--data", str(data), cwd=data.parent)
    assert done.returncode == 3
    assert "Traceback" not in done.stderr
    assert str(data) in done.stderr


def set_header(client: SecurityIncidentResponseClient, name: str, value: str) -> None:
    """Let the client send this header, after it has signed."""

    def change(request: AWSPreparedRequest, **_: object) -> None:
        if name in request.headers:
            del request.headers[name]
        request.headers[name] = value

    client.meta.events.register("before-send", change)


def audited_addresses(data: Path) -> list[str]:
    """Return the source addresses of the audit records, oldest first."""
    service = Service(data)
    try:
        rows = service.engine.read(
            lambda tx: tx.rows("SELECT record FROM audit_records ORDER BY sequence", {})
        )
    finally:
        service.close()
    return [json.loads(record)["sourceIPAddress"] for (record,) in rows]


@pytest.mark.parametrize(
    ("arguments", "seen"),
    [(["--trusted-proxy", "127.0.0.0/8"], "203.0.113.9"), ([], "127.0.0.1")],
    ids=["trusted", "not trusted"],
)
def test_forwarded_address_is_believed_of_trusted_proxies_alone(
    data: Path, arguments: list[str], seen: str
) -> None:
    """X-Forwarded-For names the source in the audit record only where the proxy is trusted."""
    with LarumServer(data, *arguments, keys=administrator(data)) as server:
        client = server.client()
        set_header(client, "X-Forwarded-For", "203.0.113.9")
        client.create_membership(**smallest())
    assert audited_addresses(data) == [seen]


def test_only_allowed_hosts_are_answered_for(data: Path) -> None:
    """A name that nobody allowed is refused, so that no web page can rebind its own to us."""

    def status(server: LarumServer, host: str) -> tuple[int, str | None]:
        head = f"POST /v1/memberships HTTP/1.1\r\nHost: {host}\r\nContent-Length: 0\r\n\r\n"
        with Connection(server.url) as connection:
            answer = connection.send(head.encode()).answer()
        return answer.status, answer.headers.get("x-amzn-errortype")

    with LarumServer(data, "--allowed-host", "sir.example,sir.test:8443") as server:
        for host in ("127.0.0.1", f"localhost:{server.port}", "sir.example:1", "sir.test:8443"):
            assert status(server, host) == (403, "MissingAuthenticationTokenException"), host
        for host in ("evil.example", "sir.test", "sir.example.evil.test", "169.254.169.254"):
            assert status(server, host) == (400, "MalformedHttpRequestException"), host


@pytest.mark.parametrize(
    ("settings", "allowed", "refused"),
    [
        (
            {"public_url": "https://sir.example:443"},
            ["sir.example", "sir.example:443", "127.0.0.1:1", "localhost"],
            ["example", "sir.example.evil.test"],
        ),
        ({"public_url": "https://sir.example"}, ["sir.example", "sir.example:443"], ["x"]),
        ({"public_url": "http://sir.example:80"}, ["sir.example", "sir.example:80"], ["x"]),
        ({"public_url": "https://Sir.Example:8443"}, ["sir.example:8443"], ["sir.example"]),
        ({"public_url": "http://sir.example:443"}, ["sir.example:443"], ["sir.example"]),
        ({"public_url": "https://[2001:db8::1]:443"}, ["[2001:db8::1]", "[2001:db8::1]:443"], []),
        ({"allowed_host": ("SIR.example",)}, ["sir.EXAMPLE", "sir.example:1"], ["x"]),
        ({"host": "0:0:0:0:0:0:0:1"}, ["[0:0:0:0:0:0:0:1]:8181", "[::1]"], ["x"]),
    ],
)
def test_host_of_the_public_url_is_allowed(
    settings: dict[str, Any], allowed: list[str], refused: list[str]
) -> None:
    """Clients of --public-url are answered, with the port that the scheme implies or without."""
    names = allowed_hosts(Settings(**settings))
    for host in allowed + refused:
        why = guard.refusal(
            [(b"host", host.encode())], http_version="1.1", allowed_hosts=names, body_limit=0
        )
        assert (why is None) is (host in allowed), host


def test_old_request_is_told_by_how_much(data: Path) -> None:
    """A request that was signed long ago is refused with the two times, as AWS words it."""
    with LarumServer(data, keys=administrator(data)) as server:
        client = server.client()
        set_header(client, "X-Amz-Date", "20260101T000000Z")
        with pytest.raises(client.exceptions.ClientError, match="Signature expired") as caught:
            client.list_memberships()
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


def self_signed(directory: Path) -> tuple[Path, Path]:
    """Write a certificate for 127.0.0.1 and localhost, and its key; return both files."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    files = directory / "cert.pem", directory / "key.pem"
    files[0].write_bytes(certificate.public_bytes(Encoding.PEM))
    files[1].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return files


def test_tls_with_a_certificate_of_ones_own(data: Path) -> None:
    """With --tls-cert and --tls-key the URL is https, and boto3 trusts it by `verify`."""
    cert, key = self_signed(data.parent)
    arguments = ["--tls-cert", str(cert), "--tls-key", str(key)]
    with LarumServer(data, *arguments, keys=administrator(data)) as server:
        assert server.url.startswith("https://127.0.0.1:")
        client = server.client(verify=str(cert))
        made = client.create_membership(**smallest())["membershipId"]
        assert client.get_membership(membershipId=made)["membershipId"] == made
        doubtful = server.client(config=ONE_ATTEMPT)
        with pytest.raises(SSLError):
            doubtful.list_memberships()


@pytest.mark.parametrize("spoil", ["no key", "", "absent", "encrypted"])
def test_unusable_tls_files_are_refused(data: Path, spoil: str) -> None:
    """Exit code 3 and the files' names for a pair that cannot work; no first start is spent."""
    cert, key = self_signed(data.parent)
    if spoil == "absent":
        key.unlink()
    elif spoil == "encrypted":
        loaded = load_pem_private_key(key.read_bytes(), None)
        secret = BestAvailableEncryption(b"password")
        key.write_bytes(loaded.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, secret))
    else:
        key.write_text(spoil, "utf-8")
    arguments = ["--tls-cert", str(cert), "--tls-key", str(key)]
    done = run_larum("serve", "--port", "0", "--data", str(data), *arguments, cwd=data.parent)
    assert (done.returncode, done.stdout) == (3, "")
    assert "Traceback" not in done.stderr
    assert f"--tls-key {key} cannot be used" in done.stderr
    assert not data.exists()


def test_root_that_comes_too_late_is_told(data: Path) -> None:
    """A root account or key for data that has others is told; the same one is not."""
    with LarumServer(data, environment=CHOSEN) as server:
        assert "first start only" not in server.stderr
    with LarumServer(data, environment=CHOSEN) as server:
        assert "first start only" not in server.stderr
    later = CHOSEN | {"LARUM_ROOT_ACCESS_KEY_ID": "LARUANOTHERKEY00001"}
    with LarumServer(data, environment=later) as server:
        assert "first start only" in server.stderr
    later = CHOSEN | {"LARUM_ROOT_ACCOUNT": "111111111111"}
    with LarumServer(data, environment=later) as server:
        assert "replace-root-key" in server.stderr
