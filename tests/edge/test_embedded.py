"""The service inside the caller's process: private or shared state, routing, closing, threads."""

from __future__ import annotations

import gc
import json
import os
import queue
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import boto3
import botocore.client
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

import larum
from larum.edge.embedded import ServiceClosed
from larum.store.data_directory import DirectoryRefused
from larum.wire.http import HttpRequest
from tests.conformance.page import smallest
from tests.edge.larum_servers import ADMINISTRATOR, ONE_ATTEMPT, PATIENCE, LarumServer

if TYPE_CHECKING:
    from pathlib import Path
    from types import FrameType

    from mypy_boto3_security_ir import SecurityIncidentResponseClient

SHOP = "111122223333"
TYPED = """
import larum
from typing_extensions import assert_type
from mypy_boto3_security_ir import SecurityIncidentResponseClient

assert_type(larum.client(), SecurityIncidentResponseClient)
with larum.Service() as service:
    assert_type(service.client(account="111122223333"), SecurityIncidentResponseClient)
with larum.embedded() as service:
    assert_type(service.client(), SecurityIncidentResponseClient)
larum.client().create_membership(membershipName=7)  # wrong on purpose
larum.Service(clock=7)  # so is this
"""


def own_client(key: str = SHOP) -> SecurityIncidentResponseClient:
    """Return a client as somebody's code makes it, who knows nothing of Larum."""
    return boto3.client(
        "security-ir",
        region_name="us-east-1",
        aws_access_key_id=key,
        aws_secret_access_key="whatever",
    )


def listed(client: SecurityIncidentResponseClient) -> list[str]:
    """Return the ids of the client's memberships."""
    return [item["membershipId"] for item in client.list_memberships()["items"]]


def in_another_process(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a Python program in a process of its own."""
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", program, *arguments],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def test_clients_without_data_share_nothing() -> None:
    """Each larum.client() has a private service that is gone with it."""
    first, second = larum.client(), larum.client()
    first.create_membership(**smallest())
    assert len(listed(first)) == 1
    assert listed(second) == []
    first.close()
    second.close()


def test_no_socket_and_no_credentials_are_needed() -> None:
    """No connection is opened, and no credentials of the user are looked for."""
    program = """
import os, socket, sys
def refuse(*_):
    raise AssertionError("a socket was opened")
socket.socket.connect = refuse
os.environ["HOME"] = os.devnull
import larum
client = larum.client()
print(client.list_memberships()["items"])
client.close()
"""
    done = in_another_process(program)
    assert done.stdout == "[]\n", done.stderr


def test_importing_larum_imports_no_boto3() -> None:
    """`import larum` costs next to nothing: boto3 and the store come with the first client."""
    program = "import larum, sys; print(sorted({'boto3', 'apsw', 'uvicorn'} & set(sys.modules)))"
    assert in_another_process(program).stdout == "[]\n"


def test_clients_of_one_directory_share_one_service(tmp_path: Path) -> None:
    """What one client writes the others of the same path see at once, however it is spelled."""
    data = tmp_path / "data"
    first = larum.client(data)
    second = larum.client(str(tmp_path / "x" / ".." / "data"))
    made = first.create_membership(**smallest())["membershipId"]
    assert listed(second) == [made]
    first.close()
    assert listed(second) == [made]
    second.close()
    again = larum.client(data)
    assert listed(again) == [made]
    again.close()


def test_close_releases_the_directory(tmp_path: Path) -> None:
    """Another process can open the directory after the last client's close, and not before."""
    program = "import larum, sys; larum.client(sys.argv[1]).close(); print('opened')"
    first, second = larum.client(tmp_path / "data"), larum.client(tmp_path / "data")
    first.close()
    first.close()
    refused = in_another_process(program, str(tmp_path / "data"))
    assert refused.stdout == ""
    assert "open in another process" in refused.stderr
    second.close()
    opened = in_another_process(program, str(tmp_path / "data"))
    assert opened.stdout == "opened\n", opened.stderr


def test_end_of_the_process_releases_the_directory(tmp_path: Path) -> None:
    """A process that never closes leaves all it wrote, a clean directory and no warning."""
    program = """
import json, larum, sys
client = larum.client(sys.argv[1])
client.create_membership(**json.loads(sys.argv[2]))
"""
    done = in_another_process(program, str(tmp_path / "data"), json.dumps(smallest()))
    assert (done.returncode, done.stderr) == (0, "")
    client = larum.client(tmp_path / "data")
    assert len(listed(client)) == 1
    client.close()


def test_forgotten_client_releases_the_directory(tmp_path: Path) -> None:
    """A client that nobody refers to any longer does not hold the directory."""
    client: Any = larum.client(tmp_path / "data")
    del client
    gc.collect()
    with larum.Service(tmp_path / "data") as service:
        assert listed(service.client()) == []


def test_forgotten_client_needs_no_garbage_collector(tmp_path: Path) -> None:
    """A used client that nobody closed releases the directory with its last reference."""
    gc.collect()
    gc.disable()
    try:
        client: Any = larum.client(tmp_path / "data")
        assert listed(client) == []
        assert client.exceptions.ConflictException
        del client
        with larum.Service(tmp_path / "data"):
            pass
    finally:
        gc.enable()


class Forgotten:
    """A reference cycle with an unclosed client, which only the collector ends."""

    def __init__(self, data: Path) -> None:
        self.client = larum.client(data)
        self.me = self


def opened_with_a_collection(data: Path, forgotten: list[Forgotten], line: int) -> bool:
    """Open and close a client; at this line of ours on the way, forget and collect.

    Return whether there was such a line. What deadlocks is an assertion, and no endless test.
    """
    seen = 0

    def trace(frame: FrameType, event: str, _: object) -> Any:  # noqa: ANN401 - as typeshed has it
        nonlocal seen
        code = frame.f_code
        if not code.co_filename.endswith("shared_service.py") and code.co_name != "_service_for":
            return None
        if event == "line":
            seen += 1
            if seen == line:
                forgotten.clear()
                gc.collect()
        return trace

    def open_and_close() -> None:
        sys.settrace(trace)
        try:
            client = larum.client(data)
        finally:
            sys.settrace(None)
        assert listed(client) == []
        client.close()

    thread = threading.Thread(target=open_and_close, daemon=True)
    thread.start()
    thread.join(PATIENCE)
    assert not thread.is_alive(), f"line {line} deadlocks"
    return seen >= line


@pytest.mark.parametrize("other", ["one", "another"])
def test_collection_of_a_forgotten_client_never_deadlocks(tmp_path: Path, other: str) -> None:
    """Wherever the collector runs while a client is made, it can release that or another one."""
    line = 1
    while opened_with_a_collection(tmp_path / "one", [Forgotten(tmp_path / other)], line):
        line += 1
    assert line > 15
    gc.collect()
    for name in {"one", other}:
        with larum.Service(tmp_path / name) as service:
            assert listed(service.client()) == []


def test_threads_share_a_directory(tmp_path: Path) -> None:
    """Clients that come and go in many threads never find the directory taken by one another."""

    def come_and_go(number: int) -> list[str]:
        client = larum.client(tmp_path / f"data{number % 2}", account=f"4{number:011d}")
        found = listed(client)
        client.close()
        return found

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(come_and_go, range(60))) == [[]] * 60
    for name in ("data0", "data1"):
        with larum.Service(tmp_path / name):
            pass


def test_another_thread_may_close(tmp_path: Path) -> None:
    """The directory is free once a service is closed, whichever thread opened it and lives on."""
    opened: queue.Queue[larum.Service] = queue.Queue()
    done = threading.Event()

    def open_and_stay() -> None:
        opened.put(larum.Service(tmp_path))
        done.wait(PATIENCE)

    thread = threading.Thread(target=open_and_stay)
    thread.start()
    try:
        kept = opened.get(timeout=PATIENCE)
        kept.close()
        with larum.Service(tmp_path) as service:
            assert listed(service.client()) == []
    finally:
        done.set()
        thread.join()


@pytest.mark.parametrize("name", ["security-ir", "larum"])
def test_name_of_a_service_is_no_directory(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who writes larum.client("security-ir"), as with boto3, is told, and gets no directory."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=f"leave '{name}' out"):
        larum.client(name)
    assert list(tmp_path.iterdir()) == []
    meant = larum.client(f"./{name}")
    assert listed(meant) == []
    meant.close()
    assert (tmp_path / name / "larum.db").exists()


def test_empty_data_is_no_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty `data`, of an unset variable perhaps, is refused: it is no current directory."""
    monkeypatch.chdir(tmp_path)
    for make in (larum.client, larum.Service):
        with pytest.raises(ValueError, match="data must name a directory"):
            make("")
    assert list(tmp_path.iterdir()) == []


SPOILED = {
    "AWS_PROFILE": "nope",
    "AWS_DEFAULT_PROFILE": "nope",
    "AWS_ENDPOINT_URL": "http://192.0.2.1/base",
    "AWS_ENDPOINT_URL_SECURITY_IR": "http://192.0.2.1/base",
    "AWS_ENDPOINT_URL_LARUM": "http://192.0.2.1/base",
    "AWS_MAX_ATTEMPTS": "many",
    "AWS_RETRY_MODE": "never",
    "AWS_DEFAULTS_MODE": "none",
    "AWS_USE_FIPS_ENDPOINT": "true",
    "AWS_USE_DUALSTACK_ENDPOINT": "true",
    "AWS_ACCESS_KEY_ID": "half of a pair",
    "AWS_SESSION_TOKEN": "stale",
    "AWS_REGION": "mars-north-1",
    "AWS_DEFAULT_REGION": "mars-north-1",
}


def test_users_aws_configuration_does_not_matter(tmp_path: Path) -> None:
    """No variable and no file that tells somebody's way to AWS changes what a client does."""
    program = """
import json, larum, sys
client = larum.client()
made = client.create_membership(**json.loads(sys.argv[1]))["membershipId"]
print(client.get_membership(membershipId=made)["region"], client.meta.config.retries)
client.close()
with larum.Service() as service:
    print(service.client("larum").list_accounts()["items"][0]["accountId"])
"""
    config = tmp_path / "config"
    config.write_text(
        "[default]\nregion = mars-north-1\nendpoint_url = http://192.0.2.1/base\n"
        "retry_mode = never\nmax_attempts = many\nservices = local\n"
        "[services local]\nsecurity_ir =\n  endpoint_url = http://192.0.2.1/base\n",
        "utf-8",
    )
    unreadable = tmp_path / "credentials"
    unreadable.write_text("no [ini", "utf-8")
    files = {"AWS_CONFIG_FILE": str(config), "AWS_SHARED_CREDENTIALS_FILE": str(unreadable)}
    told = set()
    for spoiled in ({}, SPOILED, files, {"AWS_CONFIG_FILE": str(unreadable)}):
        done = subprocess.run(
            [sys.executable, "-c", program, json.dumps(smallest())],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
            env=os.environ | spoiled,
        )
        assert done.stdout.startswith("us-east-1 "), (spoiled, done.stderr)
        told.add(done.stdout)
    assert len(told) == 1
    assert told.pop().endswith(f"\n{ADMINISTRATOR}\n")


def test_client_that_cannot_be_made_holds_nothing(tmp_path: Path) -> None:
    """When boto3 refuses the arguments, the directory is free again."""
    with pytest.raises(TypeError):
        larum.client(tmp_path / "data", no_such_argument=1)
    with larum.Service(tmp_path / "data") as service:
        assert listed(service.client()) == []


@pytest.mark.parametrize("account", ["", "abc", "12345678901", "1234567890123", "١٢٣٤٥٦٧٨٩٠١٢"])
def test_account_is_twelve_digits(account: str) -> None:
    """An account that AWS could not have is refused when the client is made."""
    with pytest.raises(ValueError, match="twelve digits"):
        larum.client(account=account)


@pytest.mark.parametrize("region", ["", "mars-north-1", "us-gov-west-1", "US-EAST-1"])
def test_region_is_one_of_the_service(region: str) -> None:
    """A Region that the service is not in is refused when the client is made, with all that are."""
    with pytest.raises(ValueError, match="region must be one of af-south-1, "):
        larum.client(region=region)
    with larum.Service() as service, pytest.raises(ValueError, match="region must be"):
        service.client(region=region)


def test_every_region_of_the_service_works() -> None:
    """A client of larum.client() creates memberships in whatever Region it was made for."""
    client = larum.client(region="ap-southeast-2")
    made = client.create_membership(**smallest())["membershipId"]
    assert client.get_membership(membershipId=made)["region"] == "ap-southeast-2"
    client.close()


def test_one_service_gives_clients_of_many_accounts() -> None:
    """Accounts in one service are apart, and an account seen for the first time is standalone."""
    with larum.Service() as service:
        shop, administrator = service.client(account=SHOP), service.client()
        made = shop.create_membership(**smallest())["membershipId"]
        assert shop.get_membership(membershipId=made)["customerType"] == "Standalone"
        assert listed(administrator) == []
        assert listed(service.client(account=SHOP)) == [made]


def test_relaxed_service_gives_clients_of_many_accounts() -> None:
    """Where any key is accepted, a service's client is still of the account that was asked for."""
    with larum.embedded() as service:
        shop = service.client(account=SHOP)
        made = shop.create_membership(**smallest())["membershipId"]
        assert shop.get_membership(membershipId=made)["accountId"] == SHOP
        assert listed(own_client(SHOP)) == [made]
        assert listed(service.client()) == []
        assert service.client("larum").list_accounts()["items"]


def test_service_has_only_its_own_apis() -> None:
    """Asking a service for a client of another AWS service says what there is."""
    name: Any = "s3"
    with larum.Service() as service, pytest.raises(ValueError, match="security-ir"):
        service.client(name)


def test_settings_reach_the_service() -> None:
    """Service(settings=…) serves the Regions and limits that it is told to."""
    settings = larum.Settings(region=("eu-west-1",), throttle="aws")
    with larum.Service(settings=settings) as service:
        away = service.client()
        with pytest.raises(away.exceptions.SecurityIncidentResponseNotActiveException):
            away.create_membership(**smallest())
        home = service.client(region="eu-west-1", account=SHOP)
        home.create_membership(**smallest())


def test_closed_service_is_told_to_its_clients() -> None:
    """A client whose service was closed raises, and says why; it never goes to the network."""
    service = larum.Service()
    client = service.client()
    service.close()
    service.close()
    request = HttpRequest("POST", "/v1/memberships", "", (("host", "localhost"),), b"{}")
    for use in (
        client.list_memberships,
        service.client,
        service.__enter__,
        lambda: service.handle(request),
    ):
        with pytest.raises(ServiceClosed, match="This Larum service is closed"):
            use()


def test_directory_is_one_services(tmp_path: Path) -> None:
    """A second service on the same directory is refused in the same process too."""
    with larum.Service(tmp_path), pytest.raises(DirectoryRefused, match="open in another"):
        larum.Service(tmp_path)


def test_directory_of_a_running_server_is_refused(tmp_path: Path) -> None:
    """larum.client(data) does not touch what a server has open."""
    with LarumServer(tmp_path / "data"), pytest.raises(DirectoryRefused, match="another process"):
        larum.client(tmp_path / "data")


def test_threads_share_a_client_and_a_service() -> None:
    """Clients made and used in many threads at once each see a whole service."""
    with larum.Service() as service:

        def journey(number: int) -> tuple[str, list[str]]:
            client = service.client(account=f"4{number:011d}")
            made = client.create_membership(**smallest())["membershipId"]
            return made, listed(client)

        with ThreadPoolExecutor(8) as pool:
            seen = list(pool.map(journey, range(40)))
        shared = service.client()
        with ThreadPoolExecutor(8) as pool:
            assert list(pool.map(lambda _: listed(shared), range(40))) == [[]] * 40
    assert all(found == [made] for made, found in seen)
    assert len({made for made, _ in seen}) == 40


def test_embedded_routes_clients_made_inside() -> None:
    """Code that makes its own boto3 clients works unchanged, with any credentials."""
    with larum.embedded() as service:
        made = own_client().create_membership(**smallest())["membershipId"]
        assert own_client().get_membership(membershipId=made)["accountId"] == SHOP
        session = boto3.session.Session("AKIAIOSFODNN7EXAMPLE", "x", region_name="us-east-1")
        other = session.client("security-ir")
        assert listed(other) == []
        theirs = other.create_membership(**smallest())["membershipId"]
        assert other.get_membership(membershipId=theirs)["accountId"] == ADMINISTRATOR
        assert isinstance(service, larum.Service)


def test_embedded_ends_with_its_block() -> None:
    """Clients made before or after are not routed; those made inside say that it is over."""
    before = own_client()
    with larum.embedded():
        inside = own_client()
    after = boto3.client(
        "security-ir",
        region_name="us-east-1",
        aws_access_key_id=SHOP,
        aws_secret_access_key="x",
        endpoint_url="http://127.0.0.1:9",
        config=ONE_ATTEMPT,
    )
    with pytest.raises(EndpointConnectionError):
        after.list_memberships()
    with pytest.raises(ServiceClosed):
        inside.list_memberships()
    for client in (before, inside, after):
        client.close()


def test_embedded_leaves_botocore_as_it_was() -> None:
    """After the block, an error inside included, botocore's own function is back."""
    original = botocore.client.ClientCreator.create_client

    def fail() -> None:
        with larum.embedded(), larum.embedded():
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    assert botocore.client.ClientCreator.create_client is original


def test_embedded_serves_every_region() -> None:
    """A block without a service of yours is wherever your code's clients are, as larum.client()."""
    with larum.embedded():
        client = boto3.client(
            "security-ir",
            region_name="eu-central-1",
            aws_access_key_id=SHOP,
            aws_secret_access_key="x",
        )
        made = client.create_membership(**smallest())["membershipId"]
        assert client.get_membership(membershipId=made)["region"] == "eu-central-1"


def test_blocks_may_end_in_any_order() -> None:
    """After blocks that ended out of order new clients have the one that is left, then none."""
    original = botocore.client.ClientCreator.create_client
    first, second, third = larum.embedded(), larum.embedded(), larum.embedded()
    first.__enter__()
    left = second.__enter__()
    third.__enter__()
    first.__exit__(None, None, None)
    third.__exit__(None, None, None)
    made = own_client().create_membership(**smallest())["membershipId"]
    assert listed(left.client(account=SHOP)) == [made]
    second.__exit__(None, None, None)
    assert botocore.client.ClientCreator.create_client is original


def test_block_leaves_a_later_patch_alone() -> None:
    """Who patches botocore on top of a block keeps the patch; blocks after it work, once each."""
    creator = botocore.client.ClientCreator
    original = creator.create_client
    try:
        with larum.embedded():
            ours = creator.create_client

            def theirs(self: botocore.client.ClientCreator, *args: Any, **kwargs: Any) -> object:
                return ours(self, *args, **kwargs)

            creator.create_client = theirs  # type: ignore[assignment,method-assign]  # as a tracer
        assert creator.create_client is theirs
        with larum.embedded():
            client = own_client()
            made = client.create_membership(**smallest())["membershipId"]
            assert listed(client) == [made]
        assert creator.create_client is theirs
        after = boto3.client(
            "security-ir",
            region_name="us-east-1",
            aws_access_key_id=SHOP,
            aws_secret_access_key="x",
            endpoint_url="http://127.0.0.1:9",
            config=ONE_ATTEMPT,
        )
        with pytest.raises(EndpointConnectionError):
            after.list_memberships()
        after.close()
    finally:
        creator.create_client = original  # type: ignore[method-assign]  # as it was


def test_nested_blocks_are_apart() -> None:
    """The innermost block has the clients made in it, and alone performs what they ask."""
    with larum.embedded():
        outer = own_client()
        with larum.embedded():
            inner = own_client()
            made = inner.create_membership(**smallest())["membershipId"]
            assert listed(inner) == [made]
            assert listed(outer) == []
        assert listed(own_client()) == []
        again = outer.create_membership(**smallest())["membershipId"]
        assert listed(outer) == listed(own_client()) == [again]


def test_a_services_own_client_stays_its_own_inside() -> None:
    """A service's client that is made inside another's block asks that service and no other."""
    with larum.Service() as service, larum.embedded() as routed:
        client = service.client()
        made = client.create_membership(**smallest())["membershipId"]
        assert listed(client) == [made]
        assert listed(own_client("anything")) == []
        assert routed is not service


def test_embedded_takes_a_service_and_leaves_it_open(tmp_path: Path) -> None:
    """embedded(service) routes to it, checks its signatures, and does not close it."""
    with larum.Service(tmp_path) as service:
        key = service.installation.root_access_key(SHOP, service._clock())
        with larum.embedded(service) as same:
            assert same is service
            client = boto3.client(
                "security-ir",
                region_name="us-east-1",
                aws_access_key_id=key.access_key_id,
                aws_secret_access_key=key.secret_access_key,
            )
            made = client.create_membership(**smallest())["membershipId"]
            with pytest.raises(ClientError, match="security token"):
                own_client().list_memberships()
        assert listed(service.client(account=SHOP)) == [made]


@pytest.mark.parametrize("moto_first", [True, False])
def test_embedded_composes_with_moto(moto_first: bool) -> None:  # noqa: FBT001 - a parameter of pytest
    """Inside moto's mock_aws, in either order, each of the two answers for its own services."""
    program = """
import sys, json, warnings
warnings.simplefilter("ignore")
from contextlib import ExitStack
import boto3, larum, moto
with ExitStack() as stack:
    blocks = [moto.mock_aws(), larum.embedded()]
    for block in blocks if sys.argv[1] == "True" else reversed(blocks):
        stack.enter_context(block)
    client = boto3.client("security-ir", region_name="us-east-1")
    client.create_membership(**json.loads(sys.argv[2]))
    s3 = boto3.client("s3", region_name="us-east-1")
    s3.create_bucket(Bucket="evidence")
    print(len(client.list_memberships()["items"]), s3.list_buckets()["Buckets"][0]["Name"])
"""
    done = subprocess.run(
        [sys.executable, "-c", program, str(moto_first), json.dumps(smallest())],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
        env={name: each for name, each in os.environ.items() if not name.startswith("AWS_")},
    )
    assert done.stdout == "1 evidence\n", done.stderr


def test_stock_waiters_retries_and_paginators_are_there() -> None:
    """The client is boto3's own: paginators, exceptions and metadata work as over the network."""
    client = larum.client()
    assert client.can_paginate("list_memberships")
    assert client.meta.service_model.service_name == "security-ir"
    pages = list(client.get_paginator("list_memberships").paginate())
    assert pages[0]["ResponseMetadata"]["HTTPStatusCode"] == 200
    with pytest.raises(client.exceptions.AccessDeniedException):
        client.get_membership(membershipId="m-aaaaaaaaaaaaaaaaaaaa")
    client.close()


def test_clients_are_typed(tmp_path: Path) -> None:
    """For mypy the clients are SecurityIncidentResponseClient, so a wrong argument is found."""
    snippet = tmp_path / "snippet.py"
    snippet.write_text(TYPED, "utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--no-error-summary",
         f"--cache-dir={tmp_path}", snippet.name],
        cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    lines = [line for line in done.stdout.splitlines() if ": error:" in line]
    assert {line.split(":")[1] for line in lines} == {"11", "12"}, done.stdout + done.stderr
    assert "membershipName" in done.stdout
