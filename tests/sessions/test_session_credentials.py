"""Credentials of GetSessionToken, MFA codes, and every way in which a token does not belong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from larum import mfa_codes
from larum.access.throttle import Rate
from larum.settings import ROOT_ACCOUNT
from tests.sessions.stage import AWAY, HOME, allow, document, refusal, trust

if TYPE_CHECKING:
    import pytest

    from tests.sessions.stage import Stage

LIST = allow("security-ir:ListMemberships")
USER = f"arn:aws:iam::{HOME}:user/ann"
UNKNOWN = ("UnrecognizedClientException", "The security token included in the request is invalid")
BOTH = (
    "MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code."
)
INVALID = "MultiFactorAuthentication failed with invalid MFA one time pass code."


def test_a_users_session_is_the_user(stage: Stage) -> None:
    """Its rights are the user's, as they are now, and it says who it is."""
    ann = stage.user("ann", LIST)
    keys = stage.client("sts", ann).get_session_token()["Credentials"]
    assert (keys["Expiration"] - stage.clock()).total_seconds() == 12 * 3600
    assert stage.client("security-ir", keys).list_memberships()["items"] == []
    identity = stage.client("sts", keys).get_caller_identity()
    assert (identity["Arn"], identity["Account"]) == (USER, HOME)
    assert identity["UserId"] == stage.client("sts", ann).get_caller_identity()["UserId"]


def test_roots_session_is_short(stage: Stage) -> None:
    """Root's lasts an hour whatever is asked; a user's up to 36 hours."""
    root = stage.root("sts")
    for seconds, expected in ((None, 3600), (900, 900), (129600, 3600)):
        asked = {} if seconds is None else {"DurationSeconds": seconds}
        keys = root.get_session_token(**asked)["Credentials"]
        assert (keys["Expiration"] - stage.clock()).total_seconds() == expected
    assert stage.client("security-ir", keys).list_memberships()["items"] == []
    assert stage.client("sts", keys).get_caller_identity() | {"ResponseMetadata": None} == {
        "UserId": HOME,
        "Account": HOME,
        "Arn": f"arn:aws:iam::{HOME}:root",
        "ResponseMetadata": None,
    }
    sts = stage.client("sts", stage.user("ann"))
    long = sts.get_session_token(DurationSeconds=129600)["Credentials"]
    assert (long["Expiration"] - stage.clock()).total_seconds() == 129600
    for seconds in (899, 129601):
        assert refusal(sts.get_session_token, DurationSeconds=seconds)[0] == "ValidationError"


def test_sessions_make_no_sessions_and_do_no_iam(stage: Stage) -> None:
    """Without a code, a user's session asks for no other one and reaches no user or key."""
    ann = stage.user("ann", allow("*"))
    keys = stage.client("sts", ann).get_session_token()["Credentials"]
    code, message = refusal(stage.client("sts", keys).get_session_token)
    assert (code, message) == (
        "AccessDenied",
        "Cannot call GetSessionToken with session credentials",
    )
    listing = {"userName": "ann"}
    assert stage.client("larum", ann).list_mfa_devices(**listing)["mfaDevices"] == []
    refused = refusal(stage.client("larum", keys).list_mfa_devices, **listing)
    assert refused[0] == "AccessDeniedException"
    serial, seed = stage.device("ann")
    stage.clock.forward(60)
    strong = stage.client("sts", ann).get_session_token(
        SerialNumber=serial, TokenCode=stage.code(seed)
    )["Credentials"]
    found = stage.client("larum", strong).list_mfa_devices(**listing)["mfaDevices"]
    assert [each["serialNumber"] for each in found] == [serial]


def test_no_file_makes_a_way_around_the_code(stage: Stage) -> None:
    """What IAM is closed to cannot make users, keys and policies by a file either."""
    ann = stage.user("ann", allow("larum:*"), account=ROOT_ACCOUNT)
    file: Any = {"directory": {"accounts": [{"id": AWAY, "principals": [{"userName": "eve"}]}]}}
    assert stage.client("larum", ann).apply_directory(**file, dryRun=True)["changes"]
    keys = stage.client("sts", ann).get_session_token()["Credentials"]
    refused = refusal(stage.client("larum", keys).apply_directory, **file)
    assert refused[0] == "AccessDeniedException"
    assert stage.client("larum", keys).describe_directory()["accountCount"]


def test_a_code_opens_what_asks_for_it(stage: Stage) -> None:
    """aws:MultiFactorAuthPresent is true in the decision of the role and in the session."""
    ann = stage.user("ann", allow("sts:AssumeRole"))
    present = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
    role = stage.role("r", document(trust(HOME, condition=present)), LIST | {"Condition": present})
    serial, seed = stage.device("ann")
    stage.clock.forward(60)
    sts = stage.client("sts", ann)
    ask = {"RoleArn": role, "RoleSessionName": "work"}
    assert refusal(sts.assume_role, **ask)[0] == "AccessDenied"
    given = {"SerialNumber": serial, "TokenCode": stage.code(seed)}
    keys = sts.assume_role(**ask, **given)["Credentials"]
    assert stage.client("security-ir", keys).list_memberships()["items"] == []
    stage.clock.forward(60)
    own = sts.get_session_token(SerialNumber=serial, TokenCode=stage.code(seed))["Credentials"]
    onward = stage.client("sts", own).assume_role(**ask)["Credentials"]
    assert stage.client("security-ir", onward).list_memberships()["items"] == []


def test_a_code_is_taken_once(stage: Stage) -> None:
    """Neither the same code again nor an older one passes; the next one does."""
    sts = stage.client("sts", stage.user("ann"))
    serial, seed = stage.device("ann")
    for steps in (0, -1):
        again = {"SerialNumber": serial, "TokenCode": stage.code(seed, steps)}
        assert refusal(sts.get_session_token, **again) == ("AccessDenied", INVALID)
    stage.clock.forward(30)
    fresh = {"SerialNumber": serial, "TokenCode": stage.code(seed)}
    assert sts.get_session_token(**fresh)["Credentials"]
    assert refusal(sts.get_session_token, **fresh) == ("AccessDenied", INVALID)


def test_a_code_is_spent_by_a_call_that_was_denied(stage: Stage) -> None:
    """Who sees a code that opened nothing cannot send it again."""
    sts = stage.client("sts", stage.user("ann"))
    role = stage.role("r", document(trust(AWAY)))
    serial, seed = stage.device("ann")
    stage.clock.forward(60)
    given = {"SerialNumber": serial, "TokenCode": stage.code(seed)}
    answer = refusal(sts.assume_role, RoleArn=role, RoleSessionName="work", **given)
    assert answer[1].startswith("User: ")
    assert refusal(sts.get_session_token, **given) == ("AccessDenied", INVALID)


def test_half_a_code_and_others_devices(stage: Stage) -> None:
    """Both members or none, and a device of the caller's own, all in AWS's words."""
    sts = stage.client("sts", stage.user("ann"))
    stage.user("bob")
    serial, seed = stage.device("bob")
    stage.clock.forward(60)
    good = stage.code(seed)
    assert refusal(sts.get_session_token, SerialNumber=serial) == ("AccessDenied", BOTH)
    assert refusal(sts.get_session_token, TokenCode=good) == ("AccessDenied", BOTH)
    unknown = serial.replace("phone", "other")
    for each in (serial, unknown, serial.replace(HOME, AWAY), "GAHT12345678"):
        answer = refusal(sts.get_session_token, SerialNumber=each, TokenCode=good)
        assert answer == ("AccessDenied", INVALID)


def test_guesses_are_few(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """After some attempts the device waits, and the right code does not help."""
    monkeypatch.setattr(mfa_codes, "ATTEMPTS", Rate("mfa-codes", 0.001, 5))
    sts = stage.client("sts", stage.user("ann"))
    serial, seed = stage.device("ann")
    stage.clock.forward(60)
    wrong = f"{(int(stage.code(seed)) + 1) % 1_000_000:06}"
    told = [
        refusal(sts.get_session_token, SerialNumber=serial, TokenCode=wrong)[0] for _ in range(4)
    ]
    assert told == ["AccessDenied"] * 3 + ["Throttling"]
    right = {"SerialNumber": serial, "TokenCode": stage.code(seed)}
    assert refusal(sts.get_session_token, **right)[0] == "Throttling"


def variants(stage: Stage) -> dict[str, tuple[dict[str, Any], str]]:
    """Return credentials that do not belong together, and the code of their refusal."""
    ann = stage.user("ann", LIST)
    sts = stage.client("sts", ann)
    one, two = (dict(sts.get_session_token()["Credentials"]) for _ in range(2))
    token = one["SessionToken"]
    unsigned = {key: value for key, value in one.items() if key != "SessionToken"}
    altered = token[:-1] + ("A" if token[-1] != "A" else "B")
    return {
        "missing": (unsigned, UNKNOWN[0]),
        "foreign": (one | {"SessionToken": two["SessionToken"]}, UNKNOWN[0]),
        "altered": (one | {"SessionToken": altered}, UNKNOWN[0]),
        "of nobody": (one | {"SessionToken": "FwoGZXIvYXdzE" * 20}, UNKNOWN[0]),
        "with a long-lived key": (
            {
                "AccessKeyId": ann["accessKeyId"],
                "SecretAccessKey": ann["secretAccessKey"],
                "SessionToken": token,
            },
            UNKNOWN[0],
        ),
        "another secret": (
            one | {"SecretAccessKey": two["SecretAccessKey"]},
            "InvalidSignatureException",
        ),
    }


def test_what_does_not_belong_together_is_refused(stage: Stage) -> None:
    """A24: a token that is missing, foreign, altered or beside a long-lived key lets nobody in."""
    for name, (keys, code) in variants(stage).items():
        answer = refusal(stage.client("security-ir", keys).list_memberships)
        assert answer[0] == code, name
        in_query = {"InvalidSignatureException": "SignatureDoesNotMatch"}
        sts = refusal(stage.client("sts", keys).get_caller_identity)
        assert sts[0] == in_query.get(code, "InvalidClientTokenId"), name


def test_a_users_session_outlives_the_key_that_made_it(stage: Stage) -> None:
    """As in AWS: the key may go, the session ends with the user."""
    ann = stage.user("ann", LIST)
    session = stage.client(
        "security-ir", stage.client("sts", ann).get_session_token()["Credentials"]
    )
    administrator = stage.root("larum", "123456789012")
    named = {"accountId": HOME, "userName": "ann"}
    administrator.delete_access_key(**named, accessKeyId=ann["accessKeyId"])
    assert session.list_memberships()["items"] == []
    administrator.delete_user_policy(**named, policyName="only")
    assert refusal(session.list_memberships)[0] == "AccessDeniedException"
    administrator.delete_user(**named)
    assert refusal(session.list_memberships)[0] == UNKNOWN[0]
    stage.user("ann", LIST)
    assert refusal(session.list_memberships)[0] == UNKNOWN[0]


def test_a_session_of_another_region(stage: Stage) -> None:
    """Whatever Region signs the request, sts answers: SDKs sign for us-east-1 or their own."""
    ann = stage.user("ann")
    for region in ("us-east-1", "eu-central-1", "ap-southeast-2"):
        assert stage.client("sts", ann, region).get_caller_identity()["Arn"] == USER
