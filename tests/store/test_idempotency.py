"""Client tokens, row by row of reliability-and-security §3, with stock boto3 clients in process."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from botocore.config import Config

from larum.domain.principals import User
from larum.edge.embedded import EmbeddedService
from larum.settings import ROOT_ACCOUNT, Settings
from larum.store import idempotency, principals
from tests.store.calls import RELAXED, TEAM, account, call, create, create_raw, membership
from tests.store.promises import broken_promises
from tests.store.vfs import Fail, WatchedDisk, full

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mypy_boto3_security_ir import SecurityIncidentResponseClient

ONCE = Config(retries={"total_max_attempts": 1})
START = datetime(2026, 11, 22, 12, tzinfo=UTC)
DAY = timedelta(hours=24)
SECOND = timedelta(seconds=1)
ANA, BOB = TEAM
SILENT_ANA = ANA | {"communicationPreferences": []}
ALL_SIXTEEN = [
    "Case Created",
    "Case Updated",
    "Case Acknowledged",
    "Case Closed",
    "Case Updated To Service Managed",
    "Case Status Updated",
    "Case Pending Customer Action Reminder",
    "Case Attachment Url Uploaded",
    "Case Comment Added",
    "Case Comment Updated",
    "Membership Created",
    "Membership Updated",
    "Membership Cancelled",
    "Register Delegated Administrator",
    "Deregister Delegated Administrator",
    "Disable AWS Service Access",
]


@dataclass
class Clock:
    """A clock that the test moves."""

    now: datetime = field(default=START)

    def __call__(self) -> datetime:
        """Return the time."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    """The clock of `service`."""
    return Clock()


@pytest.fixture
def service(clock: Clock) -> Iterator[EmbeddedService]:
    """A service in memory whose time is the test's and which checks no signature."""
    with EmbeddedService(settings=RELAXED, clock=clock) as made:
        yield made


@pytest.fixture
def client() -> Iterator[SecurityIncidentResponseClient]:
    """A stock client of a fresh service that checks signatures, without retries."""
    with EmbeddedService() as service:
        made = service.client(config=ONCE)
        yield made
        made.close()


def table(service: EmbeddedService, sql: str) -> list[tuple[Any, ...]]:
    """Return what a query gives."""
    return service.engine.read(lambda tx: tx.rows(sql, {}))


def tokens(service: EmbeddedService) -> int:
    """Return how many tokens are remembered."""
    return int(table(service, "SELECT count(*) FROM client_tokens")[0][0])


def replayed(service: EmbeddedService) -> list[bool]:
    """Return, for each audit record of a CreateMembership, whether it was a replay."""
    records = [json.loads(text) for (text,) in table(service, "SELECT record FROM audit_records")]
    return [each["replayed"] for each in records if each["eventName"] == "CreateMembership"]


def test_same_parameters_same_answer(client: SecurityIncidentResponseClient) -> None:
    """The same token with the same parameters answers 201 and the same id, however often."""
    answers = [client.create_membership(**membership("token")) for _ in range(3)]
    assert {each["ResponseMetadata"]["HTTPStatusCode"] for each in answers} == {201}
    assert len({each["membershipId"] for each in answers}) == 1
    assert len(client.list_memberships()["items"]) == 1


def test_replay_changes_nothing(service: EmbeddedService) -> None:
    """A replay makes no event and no second record of a change, but one that says `replayed`."""
    for _ in range(3):
        assert create(service, account(1), "token").status == 201
    assert table(service, "SELECT count(*) FROM outbox WHERE kind = 'event'") == [(1,)]
    assert sorted(replayed(service)) == [False, True, True]
    assert tokens(service) == 1
    assert broken_promises(service) == []


def test_other_parameters_conflict(client: SecurityIncidentResponseClient) -> None:
    """The same token with other parameters names the existing membership and no value."""
    made = client.create_membership(**membership("token"))
    with pytest.raises(client.exceptions.ConflictException) as caught:
        client.create_membership(**membership("token", membershipName="Secret Project Name"))
    told: Any = caught.value.response
    assert told["ResponseMetadata"]["HTTPStatusCode"] == 409
    assert told["resourceId"] == made["membershipId"]
    assert told["resourceType"] == "Membership"
    assert "clientToken" in told["message"]
    assert "Secret" not in str(told)
    assert "Example Corp" not in str(told)
    assert client.create_membership(**membership("token"))["membershipId"] == made["membershipId"]


def test_other_token_meets_the_existing_membership(
    client: SecurityIncidentResponseClient,
) -> None:
    """Another token is another request: the account's membership exists already."""
    made = client.create_membership(**membership("one"))
    with pytest.raises(client.exceptions.ConflictException) as caught:
        client.create_membership(**membership("two"))
    told: Any = caught.value.response
    assert told["resourceId"] == made["membershipId"]
    assert "clientToken" not in told["message"]


def test_lookup_comes_before_the_existing_membership(service: EmbeddedService) -> None:
    """A replay of the only allowed membership is answered, not refused because it exists."""
    first = create(service, account(1), "token")
    second = create(service, account(1), "token")
    assert first.membership_id == second.membership_id


def test_sdk_fills_the_token_and_each_call_has_its_own(
    client: SecurityIncidentResponseClient,
) -> None:
    """Without a token from the caller the SDK makes one for each call: no accidental replay."""
    client.create_membership(**membership())
    with pytest.raises(client.exceptions.ConflictException):
        client.create_membership(**membership())


def test_request_without_a_token_works_unprotected(service: EmbeddedService) -> None:
    """A raw request without clientToken works, and nothing is remembered for it."""
    assert create(service, account(1), None).status == 201
    assert tokens(service) == 0
    assert create(service, account(1), None).told == (409, "ConflictException")


def test_replay_after_a_cancel(service: EmbeddedService) -> None:
    """A replay answers the first id though the membership was cancelled; nothing is made anew."""
    made = create(service, account(1), "token").membership_id
    assert call(service, account(1), "PUT", f"/v1/membership/{made}").status == 200
    again = create(service, account(1), "token")
    assert (again.status, again.membership_id) == (201, made)
    read = call(service, account(1), "GET", f"/v1/membership/{made}")
    assert read.output["membershipStatus"] == "Cancelled"
    events = table(service, "SELECT type FROM outbox WHERE kind = 'event' ORDER BY outbox_id")
    assert sorted(events) == [("Membership Cancelled",), ("Membership Created",)]
    other = create(service, account(1), "other")
    assert other.status == 201
    assert other.membership_id != made
    assert create(service, account(1), "token").membership_id == made


def test_replay_after_more_memberships_and_tokens(service: EmbeddedService) -> None:
    """What others create in between changes no replay."""
    made = [create(service, account(number), "token").membership_id for number in range(30)]
    again = [create(service, account(number), "token").membership_id for number in range(30)]
    assert made == again
    assert len(set(made)) == 30


def test_caller_without_permission_learns_nothing_and_spoils_nothing(clock: Clock) -> None:
    """A principal that may not create is refused before the look-up; the record stays."""
    clock.now = datetime.now(UTC)
    with EmbeddedService() as service:
        root = service.client(config=ONCE)
        made = root.create_membership(**membership("token"))["membershipId"]
        analyst = User(ROOT_ACCOUNT, "analyst", "AIDAEXAMPLE", clock.now)
        service.engine.write(lambda tx: principals.insert(tx, analyst))
        key = service.engine.write(
            lambda tx: service.installation.credentials.issue(tx, analyst.principal, clock.now)
        )
        other = service.client(config=ONCE)
        other._request_signer._credentials = _credentials(  # type: ignore[attr-defined] # boto3's own
            key.access_key_id, key.secret_access_key
        )
        for token in ("token", "unknown"):
            with pytest.raises(root.exceptions.AccessDeniedException) as caught:
                other.create_membership(**membership(token))
            assert made not in str(caught.value.response)
        assert tokens(service) == 1
        assert root.create_membership(**membership("token"))["membershipId"] == made
        other.close()
        root.close()


def _credentials(access_key_id: str, secret: str) -> object:
    from botocore.credentials import Credentials

    return Credentials(access_key_id, secret)


REFUSED: dict[str, tuple[dict[str, Any], tuple[int, str]]] = {
    "validation": ({"membershipName": "x"}, (400, "ValidationException")),
    "features": (
        {"optInFeatures": [{"featureName": "Triage", "isEnabled": True}] * 2},
        (400, "ValidationException"),
    ),
    "no organization": ({"coverEntireOrganization": True}, (404, "ResourceNotFoundException")),
    "two of one": (
        {"incidentResponseTeam": [ANA, BOB | {"email": "ANA@example.com"}]},
        (409, "ConflictException"),
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_request_leaves_no_record(service: EmbeddedService, case: str) -> None:
    """A refusal is not remembered: the mended request with the same token works."""
    members, told = REFUSED[case]
    for _ in range(2):
        assert create(service, account(1), "token", **members).told == told
    assert tokens(service) == 0
    assert replayed(service) == []
    assert create(service, account(1), "token").status == 201


def test_conflict_leaves_no_record(service: EmbeddedService) -> None:
    """A 409 for an existing membership is not remembered: after the cancel the token is fresh."""
    first = create(service, account(1), "one").membership_id
    assert create(service, account(1), "two").told == (409, "ConflictException")
    assert tokens(service) == 1
    call(service, account(1), "PUT", f"/v1/membership/{first}")
    second = create(service, account(1), "two")
    assert second.status == 201
    assert second.membership_id != first


def test_throttled_request_leaves_no_record(clock: Clock) -> None:
    """A 429 is not remembered, and replays count against the rate."""
    with EmbeddedService(settings=Settings(auth="relaxed", throttle="aws"), clock=clock) as service:
        answers = [create(service, account(1), "token") for _ in range(5)]
        told = {answer.told for answer in answers[2:]}
        assert (429, "ThrottlingException") in told
        assert tokens(service) == 1
        assert create(service, account(2), "token").status == 201


def test_failed_disk_leaves_no_record(tmp_path: Path) -> None:
    """A 500 for a full disk is not remembered: the retry creates, once."""
    with WatchedDisk() as disk, EmbeddedService(tmp_path, RELAXED, vfs=disk.name) as service:
        disk.before = Fail("write", 1, full)
        assert create(service, account(1), "token").told == (500, "InternalServerException")
        assert tokens(service) == 0
        disk.before = lambda _kind, _name: None
        assert create(service, account(1), "token").status == 201
        assert broken_promises(service) == []


def test_token_lives_to_the_last_second(service: EmbeddedService, clock: Clock) -> None:
    """A second before 24 h a token answers its id; at 24 h and after, it is a new request."""
    made = create(service, account(1), "token").membership_id
    clock.now = START + DAY - SECOND
    assert create(service, account(1), "token").membership_id == made
    for later in (timedelta(), SECOND):
        clock.now = START + DAY + later
        assert create(service, account(1), "token").told == (409, "ConflictException")
    call(service, account(1), "PUT", f"/v1/membership/{made}")
    anew = create(service, account(1), "token")
    assert anew.status == 201
    assert anew.membership_id != made
    clock.now += DAY - SECOND
    assert create(service, account(1), "token").membership_id == anew.membership_id


def test_replay_does_not_prolong_the_life_of_a_token(
    service: EmbeddedService, clock: Clock
) -> None:
    """The 24 h run from the first request, not from its last replay."""
    create(service, account(1), "token")
    for hours in range(1, 24):
        clock.now = START + timedelta(hours=hours)
        assert create(service, account(1), "token").status == 201
    clock.now = START + DAY + SECOND
    assert create(service, account(1), "token").status == 409


def test_retention_is_a_setting(clock: Clock) -> None:
    """A shorter retention is kept as exactly."""
    settings = Settings(auth="relaxed", token_retention=timedelta(hours=8))
    with EmbeddedService(settings=settings, clock=clock) as service:
        made = create(service, account(1), "token").membership_id
        clock.now = START + timedelta(hours=8) - SECOND
        assert create(service, account(1), "token").membership_id == made
        clock.now += SECOND
        assert create(service, account(1), "token").status == 409


def test_purge_takes_what_is_expired_and_nothing_else(
    service: EmbeddedService, clock: Clock
) -> None:
    """A purge deletes expired tokens only, so that no replay changes by it."""
    for number in range(5):
        clock.now = START + timedelta(hours=number)
        create(service, account(number), "token")
    assert service.sweep() == 0
    clock.now = START + DAY + timedelta(hours=2)
    assert service.sweep() == 3
    assert tokens(service) == 2
    assert create(service, account(2), "token").status == 409
    assert create(service, account(3), "token").status == 201
    assert service.sweep() == 0


def test_purge_is_bounded(
    service: EmbeddedService, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A purge deletes a bounded number at once, the oldest first, and says when it is done."""
    monkeypatch.setattr(idempotency, "PURGED_AT_ONCE", 4)
    for number in range(10):
        create(service, account(number), "token")
    clock.now = START + DAY
    assert [service.sweep() for _ in range(4)] == [4, 4, 2, 0]


@pytest.mark.parametrize(
    "token",
    ["x", "x" * 255, "\0", "a\0b", "😀" * 255, " ", "\n", "' OR 1=1 --", "𝓣", "e\u0301"],
    ids=["1", "255", "nul", "nul inside", "emoji", "space", "line", "quote", "plane 1", "accent"],
)
def test_any_token_of_1_to_255_characters(service: EmbeddedService, token: str) -> None:
    """Every token of 1 to 255 Unicode characters works and is compared exactly."""
    made = create(service, account(1), token)
    assert made.status == 201, made
    assert create(service, account(1), token).membership_id == made.membership_id
    others = {token.upper(), token + " ", " " + token, token[:-1] + "é", token.strip(), "\u00e9"}
    for other in others - {token}:
        told = create(service, account(1), other).told
        assert told in {(409, "ConflictException"), (400, "ValidationException")}


@pytest.mark.parametrize("token", ["", "x" * 256, "😀" * 256], ids=["empty", "256", "256 emoji"])
def test_token_of_a_wrong_length(service: EmbeddedService, token: str) -> None:
    """An empty token and one of 256 characters are refused by name, and nothing is made."""
    answer = create(service, account(1), token)
    assert answer.told == (400, "ValidationException")
    assert answer.output["reason"] == "FIELD_VALIDATION_FAILED"
    assert [each["name"] for each in answer.output["fieldList"]] == ["clientToken"]
    assert tokens(service) == 0


def test_letter_case_of_a_token_counts(service: EmbeddedService) -> None:
    """Tokens that differ in letter case are two tokens."""
    create(service, account(1), "Token")
    answer = create(service, account(1), "token")
    assert answer.told == (409, "ConflictException")
    assert "clientToken" not in answer.output["message"]


def test_token_of_another_account_or_region_is_another_token() -> None:
    """The same token in another account, or in another Region, is unrelated."""
    settings = Settings(region=("us-east-1", "eu-west-1"))
    with EmbeddedService(settings=settings) as service:
        where = [(account(1), "us-east-1"), (account(2), "us-east-1"), (account(3), "eu-west-1")]
        clients = [service.client(account=a, region=r, config=ONCE) for a, r in where]
        made = {each.create_membership(**membership("token"))["membershipId"] for each in clients}
        assert len(made) == 3
        elsewhere = service.client(account=account(1), region="eu-west-1", config=ONCE)
        with pytest.raises(elsewhere.exceptions.ConflictException) as caught:
            elsewhere.create_membership(**membership("token"))
        assert "clientToken" not in str(caught.value.response)
        assert tokens(service) == 3
        for each in (*clients, elsewhere):
            each.close()


def test_token_survives_a_restart(tmp_path: Path) -> None:
    """A token is remembered by the data directory, not by the process."""
    with EmbeddedService(tmp_path, RELAXED) as service:
        made = create(service, account(1), "token").membership_id
    with EmbeddedService(tmp_path, RELAXED) as service:
        assert create(service, account(1), "token").membership_id == made
        other = create(service, account(1), "token", membershipName="Another name")
        assert other.told == (409, "ConflictException")
        assert other.output["resourceId"] == made


def test_store_holds_no_token_and_no_value(service: EmbeddedService) -> None:
    """The table of tokens holds hashes under a key: neither the token nor a parameter."""
    create(service, account(1), "precious-token", membershipName="Secret Name")
    kept = repr(table(service, "SELECT * FROM client_tokens"))
    assert "precious-token" not in kept
    assert "Secret" not in kept


BODY = {"clientToken": "token", "membershipName": "Exämple Corp", "incidentResponseTeam": TEAM}
SAME = {
    "white space": json.dumps(BODY, indent=3),
    "escapes": json.dumps(BODY, ensure_ascii=True),
    "no escapes": json.dumps(BODY, ensure_ascii=False),
    "order of members": json.dumps(dict(reversed(BODY.items()))),
    "order of a person's members": json.dumps(
        BODY | {"incidentResponseTeam": [dict(reversed(each.items())) for each in TEAM]}
    ),
    "unknown members": json.dumps(BODY | {"unknown": 1, "__proto__": {}}),
    "null": json.dumps(BODY | {"tags": None, "optInFeatures": None}),
    "no tags": json.dumps(BODY | {"tags": {}}),
    "default coverage": json.dumps(BODY | {"coverEntireOrganization": False}),
    "all sixteen": json.dumps(
        BODY | {"incidentResponseTeam": [ANA | {"communicationPreferences": ALL_SIXTEEN}, BOB]}
    ),
    "all sixteen in another order": json.dumps(
        BODY
        | {"incidentResponseTeam": [ANA, BOB | {"communicationPreferences": ALL_SIXTEEN[::-1]}]}
    ),
}
OTHER = {
    "another name": BODY | {"membershipName": "Exämple corp"},
    "another form of Unicode": BODY | {"membershipName": "Exa\u0308mple Corp"},
    "white space in a name": BODY | {"membershipName": "Exämple Corp "},
    "order of the team": BODY | {"incidentResponseTeam": [BOB, ANA]},
    "letter case of an address": BODY
    | {"incidentResponseTeam": [ANA | {"email": "Ana@example.com"}, BOB]},
    "another job": BODY | {"incidentResponseTeam": [ANA | {"jobTitle": "Manager"}, BOB]},
    "a third person": BODY
    | {"incidentResponseTeam": [ANA, BOB, ANA | {"email": "carol@example.com"}]},
    "fewer preferences": BODY
    | {"incidentResponseTeam": [ANA | {"communicationPreferences": ALL_SIXTEEN[1:]}, BOB]},
    "no preferences": BODY
    | {"incidentResponseTeam": [ANA | {"communicationPreferences": []}, BOB]},
    "a tag": BODY | {"tags": {"a": "b"}},
    "a feature": BODY | {"optInFeatures": [{"featureName": "Triage", "isEnabled": True}]},
    "a feature that is off": BODY
    | {"optInFeatures": [{"featureName": "Triage", "isEnabled": False}]},
    "coverage": BODY | {"coverEntireOrganization": True},
}


@pytest.mark.parametrize("spelling", SAME)
def test_another_spelling_is_the_same_request(service: EmbeddedService, spelling: str) -> None:
    """Requests that differ in spelling only are one request (§3.4)."""
    made = create_raw(service, account(1), json.dumps(BODY))
    assert made.status == 201
    again = create_raw(service, account(1), SAME[spelling])
    assert again.status == 201, again
    assert again.membership_id == made.membership_id
    other_way = create_raw(service, account(2), SAME[spelling])
    assert create_raw(service, account(2), json.dumps(BODY)).membership_id == (
        other_way.membership_id
    )


@pytest.mark.parametrize("change", OTHER)
def test_another_value_is_another_request(service: EmbeddedService, change: str) -> None:
    """Requests that differ in one value are two: 409 with the existing id (§3.4)."""
    made = create_raw(service, account(1), json.dumps(BODY))
    other = create_raw(service, account(1), json.dumps(OTHER[change]))
    assert other.told == (409, "ConflictException"), other
    assert other.output["resourceId"] == made.membership_id
    assert other.output["resourceType"] == "Membership"
    assert "clientToken" in other.output["message"]


def test_order_of_tags_and_features_does_not_count(service: EmbeddedService) -> None:
    """Tags are a map and features are told apart by name: their order is no difference."""
    tags = {f"key-{number}": "v" for number in range(20)}
    made = create(service, account(1), "token", tags=tags)
    again = create(service, account(1), "token", tags=dict(reversed(tags.items())))
    assert made.status == again.status == 201
    assert made.membership_id == again.membership_id


def test_headers_are_no_parameters(service: EmbeddedService) -> None:
    """Another SDK version, retry count or principal of the account is the same request."""
    made = service.client(config=Config(user_agent_extra="one"))
    again = service.client(config=Config(user_agent_extra="two", retries={"mode": "adaptive"}))
    assert (
        made.create_membership(**membership("token"))["membershipId"]
        == again.create_membership(**membership("token"))["membershipId"]
    )
    made.close()
    again.close()
