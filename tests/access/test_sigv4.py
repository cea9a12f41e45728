"""Who signed the request: wrong signatures, keys and tokens, the order of refusals, and no leaks.

Numbers are those of reliability-and-security §10 A; routes and server are tested elsewhere.
"""

from __future__ import annotations

import hmac
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING

import msgspec
import pytest
from msgspec.structs import replace as altered

from larum.access import sigv4
from larum.domain.principals import AccessKey, Principal
from larum.domain.regions import REGIONS
from larum.domain.sessions import Session, SessionKey
from larum.errors import (
    ExpiredTokenException,
    IncompleteSignatureException,
    InvalidSignatureException,
    MalformedHttpRequestException,
    MissingAuthenticationTokenException,
    ServiceError,
    UnrecognizedClientException,
)
from tests.access.signed_requests import (
    DISABLED,
    EMPTY,
    KEY,
    KEYS,
    NOW,
    OTHER,
    SERVICE,
    STAMP,
    Draft,
    changed,
    check,
    is_mismatch,
    refused,
)

if TYPE_CHECKING:
    from larum.access.authorization import Scope
    from larum.context import Caller


def test_a_signed_request_names_its_caller() -> None:
    """A valid signature yields principal, key id and the Region of the scope, and nothing else."""
    caller = check(Draft(scope="20261122/eu-west-1/security-ir/aws4_request").request())
    assert (caller.principal, caller.access_key_id, caller.region) == (
        KEY.principal,
        "AKIDEXAMPLE",
        "eu-west-1",
    )


def test_a_signature_is_64_lower_case_hex_digits() -> None:
    """A22: any other spelling is a mismatch and no crash."""
    value = Draft().authorization()
    head, _, right = value.partition("Signature=")
    wrong = (
        right.upper(),
        right[:63],
        right[:32],
        right + "0",
        "0" + right,
        "0" * 64,
        "",
        "é" * 64,
        "\xb2" + right[1:],
        right[:-1] + " ",
        right + " ",
        right + "\n",
        f'"{right}"',
    )
    for each in wrong:
        assert is_mismatch(refused(Draft().request(f"{head}Signature={each}"))), each


@pytest.mark.parametrize(
    "access_key_id",
    ["AKIDNOBODY", "akidexample", "AKIDEXAMPLE ", "AKID'--", "AKID\x00", "A" * 10_000, "AKID\xe9"],
)
def test_an_unknown_key_is_refused_in_the_same_words(access_key_id: str) -> None:
    """A23, A26: unknown, odd and huge key ids get one answer, whatever secret signed."""
    error = refused(Draft(access_key_id=access_key_id).request())
    assert isinstance(error, UnrecognizedClientException)
    assert error.message == "The security token included in the request is invalid."


def test_an_odd_key_id_is_never_looked_up() -> None:
    """A26: the store is asked only for ids that could exist."""
    asked: list[str] = []

    def find(access_key_id: str) -> AccessKey | None:
        asked.append(access_key_id)
        return None

    for odd in ("A" * 129, "A\x00", "A B", "é", ""):
        value = Draft().authorization().replace("Credential=AKIDEXAMPLE/", f"Credential={odd}/")
        with pytest.raises(UnrecognizedClientException):
            sigv4.verify(
                Draft().request(value),
                find_access_key=find,
                service=SERVICE,
                regions=REGIONS,
                now=NOW,
            )
    assert asked == []


@pytest.mark.parametrize("key", [DISABLED, EMPTY])
def test_a_key_that_is_not_in_use_is_unknown(key: AccessKey) -> None:
    """A23: a disabled key and one without a secret are refused though the signature is right."""
    error = refused(Draft(key=key).request())
    assert isinstance(error, UnrecognizedClientException)
    assert error.message == "The security token included in the request is invalid."


def test_the_stand_in_secret_opens_nothing() -> None:
    """A23: signing with the secret that stands in for unknown keys does not help."""
    nobody = AccessKey("AKIDNOBODY", sigv4._NOBODYS_SECRET, Principal.root("3" * 12))
    assert isinstance(refused(Draft(key=nobody).request()), UnrecognizedClientException)


def test_another_accounts_key_does_not_sign_for_this_one() -> None:
    """A23: a signature by one key under the id of another is a mismatch."""
    draft = Draft(key=OTHER, access_key_id=KEY.access_key_id)
    assert is_mismatch(refused(draft.request()))
    assert check(Draft(key=OTHER).request()).account == "2" * 12


@pytest.mark.parametrize("token", ["x", "", "FwoGZXIvYXdzE" * 20])
def test_a_long_lived_key_comes_without_a_session_token(token: str) -> None:
    """A24: a session token beside a long-lived key is refused, signed or not."""
    header = ("x-amz-security-token", token)
    for draft in (Draft(headers=(header,)), Draft(unsigned=(header,))):
        error = refused(draft.request())
        assert isinstance(error, UnrecognizedClientException)
        assert error.message == "The security token included in the request is invalid"


def test_a_rotated_secret_is_never_answered_from_the_old_one() -> None:
    """Rule 11: with a new secret under the same key id, the old signature fails at once."""
    before, after = (
        msgspec.structs.replace(KEY, secret_access_key="old"),
        msgspec.structs.replace(KEY, secret_access_key="new"),
    )
    for key, accepted, rejected in ((before, before, after), (after, after, before)):

        def verify_with(signer: AccessKey, known: AccessKey = key) -> str:
            return sigv4.verify(
                Draft(key=signer).request(),
                find_access_key={known.access_key_id: known}.get,
                service=SERVICE,
                regions=REGIONS,
                now=NOW,
            ).account

        assert verify_with(accepted) == "1" * 12
        with pytest.raises(InvalidSignatureException):
            verify_with(rejected)


def test_signing_keys_are_remembered_within_a_bound() -> None:
    """The memory of signing keys has a limit, and requests that fail earlier do not reach it."""
    assert sigv4._signing_key.cache_info().maxsize == 4_000
    before = sigv4._signing_key.cache_info().currsize
    for number in range(50):
        refused(Draft(scope=f"20261122/x-{number}/security-ir/aws4_request").request())
        refused(Draft(access_key_id=f"AKID{number}").request())
    assert sigv4._signing_key.cache_info().currsize <= before + 1


def test_an_unknown_key_costs_the_same_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rule 11, G18: known, unknown and disabled keys all have their signature computed once."""
    computed: list[str] = []
    real = sigv4._signature

    def counting(secret: str, scope: Scope, stamp: str, canonical: str) -> str:
        computed.append(secret)
        return real(secret, scope, stamp, canonical)

    monkeypatch.setattr(sigv4, "_signature", counting)
    for draft in (Draft(), Draft(access_key_id="AKIDNOBODY"), Draft(key=DISABLED)):
        computed.clear()
        try:
            check(draft.request())
        except ServiceError:
            assert computed == [sigv4._NOBODYS_SECRET]
        else:
            assert computed == [KEY.secret_access_key]


def test_an_unknown_key_derives_as_many_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """G18: below the signature too: as many HMACs for a key that is unknown."""
    computed: list[bytes] = []
    real = hmac.digest

    def counting(key: bytes, text: bytes, digest: str) -> bytes:
        computed.append(text)
        return real(key, text, digest)

    stand_in = SimpleNamespace(digest=counting, compare_digest=hmac.compare_digest)
    monkeypatch.setattr(sigv4, "hmac", stand_in)
    drafts = (Draft(), Draft(access_key_id="AKIDNOBODY"), Draft(key=DISABLED))
    requests = [draft.request() for draft in drafts]
    counts = []
    for request in requests:
        sigv4._signing_key.cache_clear()
        for _ in range(2):
            computed.clear()
            with suppress(ServiceError):
                check(request)
            counts.append(len(computed))
    assert counts == [4, 0] * 3


def test_the_checks_come_in_awss_order() -> None:
    """§4.2: with every fault at once the first row answers; each one mended, the next does."""
    wrong = Draft(
        key=msgspec.structs.replace(KEY, access_key_id="AKIDNOBODY"),
        stamp="yesterday",
        names="content-type",
        scope="20261121/x/s3",
        headers=(("content-type", "a/b"), ("x-amz-security-token", "t")),
        unsigned=(("x-amz-foo", "1"),),
        query="X-Amz-Signature=1",
        path="/v1//x",
    )
    steps: list[tuple[Draft, str | None, type[ServiceError], str]] = []
    steps.append((wrong, "Basic x", MalformedHttpRequestException, "malformed"))
    wrong = replace(wrong, path="/v1/x")
    steps.append((wrong, "Basic x", InvalidSignatureException, "exactly one"))
    wrong = replace(wrong, query="")
    steps.append((wrong, "", MissingAuthenticationTokenException, "Missing"))
    steps.append((wrong, "Basic x", IncompleteSignatureException, "Unsupported"))
    bare = "AWS4-HMAC-SHA256 Credential"
    steps.append((wrong, bare, IncompleteSignatureException, "missing equal-sign"))
    steps.append((wrong, bare + "=a", IncompleteSignatureException, "requires 'Signature'"))
    steps.append((wrong, None, InvalidSignatureException, "'Host'"))
    wrong = replace(wrong, names="content-type;host;x-amz-date;x-amz-security-token")
    steps.append((wrong, None, IncompleteSignatureException, "Date must be"))
    wrong = replace(wrong, stamp="20261122T110000Z")
    steps.append((wrong, None, InvalidSignatureException, "Signature expired"))
    wrong = replace(wrong, stamp="20261122T130000Z")
    steps.append((wrong, None, InvalidSignatureException, "not yet current"))
    wrong = replace(wrong, stamp=STAMP)
    steps.append((wrong, None, IncompleteSignatureException, "exactly 5"))
    wrong = replace(wrong, scope="20261121/x/s3/aws4")
    steps.append((wrong, None, InvalidSignatureException, "valid region"))
    wrong = replace(wrong, scope=Draft.scope)
    steps.append((wrong, None, UnrecognizedClientException, "token included"))
    wrong = replace(wrong, headers=Draft.headers, names=None)
    steps.append((wrong, None, UnrecognizedClientException, "invalid."))
    wrong = replace(wrong, key=KEY)
    steps.append((wrong, None, InvalidSignatureException, "does not match"))
    for draft, authorization, kind, text in steps:
        error = refused(draft.request(authorization))
        assert type(error) is kind, (text, error)
        assert text in error.message
    assert check(replace(wrong, unsigned=()).request()).account == "1" * 12


@pytest.mark.parametrize(("seconds", "passes"), [(-1, True), (0, False), (1, False)])
def test_a_session_is_taken_until_its_expiry(seconds: int, *, passes: bool) -> None:
    """A24: with its own token and before its end; an ended one is told so before its signature."""
    principal = Principal("4" * 12, "arn:aws:sts::444444444444:assumed-role/r/work")
    expires = NOW - timedelta(seconds=seconds)
    session = Session(principal, principal, "AROA", NOW, expires, multi_factor=False)
    key = AccessKey("LARSEXAMPLE", KEY.secret_access_key, principal)
    opened = {("LARSEXAMPLE", "token"): SessionKey(key, "token", session)}

    def verify_with(token: str, secret: str = key.secret_access_key) -> Caller:
        headers = (*Draft.headers, ("x-amz-security-token", token))
        signer = AccessKey("LARSEXAMPLE", secret, principal)
        return sigv4.verify(
            Draft(key=signer, headers=headers).request(),
            find_access_key=KEYS.get,
            open_session=lambda *given: opened.get(given),
            service=SERVICE,
            regions=REGIONS,
            now=NOW,
        )

    if passes:
        caller = verify_with("token")
        assert (caller.session, caller.principal) == (session, principal)
        with pytest.raises(InvalidSignatureException):
            verify_with("token", "another")
    else:
        for secret in (key.secret_access_key, "another"):
            with pytest.raises(ExpiredTokenException):
                verify_with("token", secret)
    with pytest.raises(UnrecognizedClientException, match="token included in the request is inv"):
        verify_with("other")
    unsigned = Draft(key=key, unsigned=(("x-amz-security-token", "token"),))
    with pytest.raises((InvalidSignatureException, ExpiredTokenException)):
        sigv4.verify(
            unsigned.request(),
            find_access_key=KEYS.get,
            open_session=lambda *given: opened.get(given),
            service=SERVICE,
            regions=REGIONS,
            now=NOW,
        )


def test_refusals_tell_no_secrets() -> None:
    """A28: no error text holds a secret, a signature, the canonical request or another's data."""
    right = Draft().authorization().partition("Signature=")[2]
    secrets = [
        right,
        right[:40],
        *(key.secret_access_key for key in KEYS.values()),
        "AWS4-HMAC-SHA256\n",
    ]
    secrets += ["2" * 12, DISABLED.principal.arn]
    requests = [
        Draft().request(right),
        Draft().request(f"AWS4-HMAC-SHA256 {right}"),
        Draft().request(f"AWS4-HMAC-SHA256 Credential={KEY.secret_access_key}, {right}"),
        Draft().request(f"AWS4-HMAC-SHA256 {KEY.secret_access_key}=1"),
        Draft(stamp=KEY.secret_access_key).request(),
        Draft(scope=f"20261122/us-east-1/{right}").request(),
        Draft(scope=f"{right}/us-east-1/security-ir/aws4_request").request(),
        Draft(key=DISABLED).request(),
        Draft(key=OTHER, access_key_id="AKIDEXAMPLE").request(),
        altered(Draft().request(), body=b"changed"),
        changed(Draft().request(), "host", "elsewhere"),
    ]
    for request in requests:
        message = refused(request).message
        assert not [each for each in secrets if each and each in message]
