"""Every item of reliability-and-security §10 A that is a request: bytes in, a refusal out.

Each id begins with its item's number. Nothing of it reaches an operation, and no answer tells what
only the right caller may know. Items 24 and 25 are in `tests/sessions`, 29 is in
`test_checklist_routes.py`; the verifier's own tests go deeper into most of them.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest
from botocore.auth import SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from msgspec.structs import replace as altered

from larum.domain.principals import AccessKey
from tests.access.front_door import FROZEN, GOOD, ROOT, SCOPE, STAMP, front_door, on_the_wire
from tests.access.signed_requests import Draft, added, changed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from larum.wire.http import HttpRequest
    from tests.access.front_door import FrontDoor

MISSING = "MissingAuthenticationTokenException"
INCOMPLETE = "IncompleteSignatureException"
INVALID = "InvalidSignatureException"
UNKNOWN = "UnrecognizedClientException"
MALFORMED = "MalformedHttpRequestException"
BAD_REQUEST = 400
FORBIDDEN = 403

AUTHORIZATION = GOOD.authorization()
CREDENTIAL, NAMES, SIGNATURE = AUTHORIZATION.partition(" ")[2].split(", ")
HEX = SIGNATURE.partition("=")[2]
TARGET = b"POST /v1/memberships HTTP/1.1\r\nhost: larum.example\r\n"
TYPED = ("content-type", "application/json")
HASH = sha256(b"{}").hexdigest()
ARN = "/v1/tags/arn%3Aaws%3Asecurity-ir%3Aus-east-1%3A123456789012%3Amembership%2Fm-abcd1234efgh"
ROUTED = replace(GOOD, method="GET", path=ARN, body=b"", headers=())
UNTAG = replace(ROUTED, method="DELETE", query="tagKeys=a%20b&tagKeys=c%2Fd&tagKeys=e")
NOTED = replace(GOOD, headers=(TYPED, ("x-note", "a b")))

Row = tuple[str, "bytes | HttpRequest | Draft"]


def sent(authorization: str) -> HttpRequest:
    """Return the good request with another Authorization."""
    return GOOD.request(authorization)


def parts(*given: str) -> HttpRequest:
    """Return the good request with these parameters in its Authorization."""
    return sent("AWS4-HMAC-SHA256 " + ", ".join(given))


def at(stamp: str, **more: Any) -> Draft:
    """Return the good request, rightly signed at `stamp`."""
    return replace(
        GOOD, stamp=stamp, scope=f"{stamp[:8]}/us-east-1/security-ir/aws4_request", **more
    )


def moved(seconds: int) -> Draft:
    """Return the good request, signed that many seconds from the server's time."""
    return at(f"{FROZEN + timedelta(seconds=seconds):%Y%m%dT%H%M%SZ}")


def http_date(seconds: int) -> str:
    """Return the server's time and so many seconds, as the header `Date` has it."""
    return format_datetime(FROZEN + timedelta(seconds=seconds), usegmt=True)


def scoped(scope: str) -> Draft:
    """Return the good request, rightly signed for another scope."""
    return replace(GOOD, scope=scope)


def path(signed: str, arrives: str) -> HttpRequest:
    """Return a request signed for one path that arrives on another."""
    return altered(replace(ROUTED, path=signed).request(), raw_path=arrives)


def asked(query: str) -> HttpRequest:
    """Return the untagging with another query than the signed one."""
    return altered(UNTAG.request(), raw_query=query)


def presigned() -> HttpRequest:
    """Return a request that botocore signs in its query."""
    request: Any = AWSRequest("POST", "http://larum.example/v1/memberships", data=b"{}")
    credentials = Credentials(ROOT.access_key_id, ROOT.secret_access_key)
    SigV4QueryAuth(credentials, "security-ir", "us-east-1").add_auth(request)
    query = request.url.partition("?")[2]
    return altered(GOOD.request(""), raw_query=query, headers=(("host", "larum.example"), TYPED))


def framed(draft: Draft, *lines: bytes, body: bytes = b"{}") -> bytes:
    """Return the good request's bytes with these header lines beside its own, and that body."""
    request = draft.request()
    fields = [f"{name}: {value}".encode("latin-1") for name, value in request.headers[1:]]
    return TARGET + b"\r\n".join([*fields, *lines, b"", b""]) + body


def hashed(declared: str, signed_as: str | None = None) -> Draft:
    """Return the good request with x-amz-content-sha256, signed with that or its body's hash."""
    return replace(
        GOOD, headers=(TYPED, ("x-amz-content-sha256", declared)), content_hash=signed_as
    )


CHUNKED = (b"transfer-encoding: chunked",)
DAY, REST = SCOPE.split("/", 1)

REFUSED: dict[str, Row] = {
    "A01-no-authorization": (MISSING, altered(GOOD.request(), headers=GOOD.arrived())),
    "A02-empty": (MISSING, sent("")),
    "A02-AWS-alone": (INCOMPLETE, sent("AWS")),
    "A02-algorithm-alone": (INCOMPLETE, sent("AWS4-HMAC-SHA256")),
    "A02-algorithm-and-comma": (INCOMPLETE, sent("AWS4-HMAC-SHA256 ,")),
    "A02-Basic": (INCOMPLETE, sent("Basic TEFSVTpzZWNyZXQ=")),
    "A02-Bearer": (INCOMPLETE, sent("Bearer " + ROOT.access_key_id)),
    "A03-SigV4a": (INCOMPLETE, replace(GOOD, algorithm="AWS4-ECDSA-P256-SHA256")),
    "A03-SigV2": (INCOMPLETE, sent(f"AWS {ROOT.access_key_id}:frJIUN8DYpKDtOLCwo//yllqDzg=")),
    "A03-HMAC-SHA1": (INCOMPLETE, replace(GOOD, algorithm="AWS4-HMAC-SHA1")),
    "A03-lower-case": (INCOMPLETE, sent(AUTHORIZATION.replace("AWS4-HMAC", "aws4-hmac"))),
    "A04-twice-the-same": (INVALID, added(GOOD.request(), "authorization", AUTHORIZATION)),
    "A04-good-then-bad": (INVALID, added(GOOD.request(), "authorization", "Bearer x")),
    "A04-bad-then-good": (INVALID, added(sent("Bearer x"), "authorization", AUTHORIZATION)),
    "A04-empty-then-good": (INVALID, added(sent(""), "authorization", AUTHORIZATION)),
    "A05-header-and-query": (
        INVALID,
        added(presigned(), "authorization", replace(GOOD, query="").authorization()),
    ),
    "A05-header-and-a-bare-parameter": (INVALID, replace(GOOD, query="X-Amz-Signature=")),
    "A05-header-and-lower-case": (INVALID, replace(GOOD, query="x-amz-algorithm=x")),
    "A05-header-and-encoded": (INVALID, replace(GOOD, query="X%2DAmz-Date=x")),
    "A06-presigned": (INVALID, presigned()),
    "A07-two-Credentials": (INCOMPLETE, parts(CREDENTIAL, CREDENTIAL, NAMES, SIGNATURE)),
    "A07-two-Signatures": (INCOMPLETE, parts(CREDENTIAL, NAMES, SIGNATURE, SIGNATURE)),
    "A07-two-SignedHeaders": (INCOMPLETE, parts(CREDENTIAL, NAMES, NAMES, SIGNATURE)),
    "A07-another-parameter": (INCOMPLETE, parts(CREDENTIAL, NAMES, SIGNATURE, "Extra=1")),
    "A08-no-Credential": (INCOMPLETE, parts(NAMES, SIGNATURE)),
    "A08-no-SignedHeaders": (INCOMPLETE, parts(CREDENTIAL, SIGNATURE)),
    "A08-no-Signature": (INCOMPLETE, parts(CREDENTIAL, NAMES)),
    "A08-no-date": (INCOMPLETE, replace(GOOD, stamp=None)),
    "A08-no-value": (INCOMPLETE, parts(CREDENTIAL, NAMES, "Signature")),
    "A09-four-parts": (INCOMPLETE, scoped(SCOPE.rpartition("/")[0])),
    "A09-six-parts": (INCOMPLETE, scoped(SCOPE + "/x")),
    "A09-trailing-slash": (INCOMPLETE, scoped(SCOPE + "/")),
    "A09-no-key": (UNKNOWN, sent(AUTHORIZATION.replace(ROOT.access_key_id, ""))),
    "A09-no-region": (INVALID, scoped(f"{DAY}//security-ir/aws4_request")),
    "A09-no-service": (INVALID, scoped(f"{DAY}/us-east-1//aws4_request")),
    "A09-no-date": (INVALID, scoped(f"/{REST}")),
    "A09-nothing": (INCOMPLETE, parts("Credential=", NAMES, SIGNATURE)),
    "A10-other-region": (INVALID, scoped(SCOPE.replace("us-east-1", "mars-north-1"))),
    "A10-upper-case-region": (INVALID, scoped(SCOPE.replace("us-east-1", "US-EAST-1"))),
    "A10-s3": (INVALID, scoped(SCOPE.replace("security-ir", "s3"))),
    "A10-the-other-model": (INVALID, scoped(SCOPE.replace("security-ir", "larum"))),
    "A10-sts": (INVALID, scoped(SCOPE.replace("security-ir", "sts"))),
    "A10-other-terminator": (INVALID, scoped(SCOPE.replace("aws4_request", "aws5_request"))),
    "A10-yesterday": (INVALID, scoped(f"{FROZEN - timedelta(days=1):%Y%m%d}/{REST}")),
    "A11-date-plus-301s": (INVALID, moved(301)),
    "A11-date-minus-301s": (INVALID, moved(-301)),
    "A11-extended-form": (INCOMPLETE, replace(GOOD, stamp=f"{FROZEN:%Y-%m-%dT%H:%M:%SZ}")),
    "A11-year-9999": (INVALID, at("99991231T235959Z")),
    "A11-year-0": (INCOMPLETE, at("00000101T000000Z")),
    "A11-negative": (INCOMPLETE, replace(GOOD, stamp="-" + STAMP)),
    "A11-fraction": (INCOMPLETE, replace(GOOD, stamp=STAMP.replace("Z", ".0Z"))),
    "A11-dates-disagree": (
        INVALID,
        replace(GOOD, unsigned=(("date", http_date(-3600)),)),
    ),
    "A11-two-dates": (INCOMPLETE, added(GOOD.request(), "x-amz-date", STAMP)),
    "A12-host-unsigned": (INVALID, replace(GOOD, names="content-type;x-amz-date")),
    "A12-host-changed": (INVALID, changed(GOOD.request(), "host", "evil.example")),
    "A12-port-added": (INVALID, changed(GOOD.request(), "host", "larum.example:81")),
    "A12-host-forwarded": (
        INVALID,
        added(changed(GOOD.request(), "host", "e.example"), "x-forwarded-host", "larum.example"),
    ),
    "A12-two-hosts": (MALFORMED, added(GOOD.request(), "host", "larum.example")),
    "A13-target": (INVALID, replace(GOOD, unsigned=(("x-amz-target", "x"),))),
    "A13-security-token": (UNKNOWN, replace(GOOD, unsigned=(("x-amz-security-token", "x"),))),
    "A13-anything": (INVALID, replace(GOOD, unsigned=(("x-amz-foo", ""),))),
    "A13-underscore": (INVALID, replace(GOOD, unsigned=(("X-AMZ-Foo", "x"),))),
    "A13-date": (INVALID, replace(GOOD, names="content-type;host")),
    "A14-absent": (INVALID, replace(GOOD, names="content-type;host;x-absent;x-amz-date")),
    "A14-twice": (INVALID, replace(GOOD, names="content-type;host;host;x-amz-date")),
    "A14-upper-case": (INVALID, replace(GOOD, names="Content-Type;host;x-amz-date")),
    "A14-unsorted": (INVALID, replace(GOOD, names="host;content-type;x-amz-date")),
    "A14-empty-name": (INVALID, replace(GOOD, names="content-type;host;x-amz-date;")),
    "A15-content-type": (INVALID, changed(GOOD.request(), "content-type", "application/xml")),
    "A16-changed": (INVALID, altered(GOOD.request(), body=b"[]")),
    "A16-truncated": (INVALID, altered(GOOD.request(), body=b"{")),
    "A16-appended": (INVALID, altered(GOOD.request(), body=b"{} ")),
    "A16-empty": (INVALID, altered(GOOD.request(), body=b"")),
    "A16-chunked-other": (INVALID, framed(GOOD, *CHUNKED, body=b"2\r\n[]\r\n0\r\n\r\n")),
    "A16-as-a-chunk": (
        INVALID,
        framed(GOOD, b"content-length: 12", body=b"2\r\n{}\r\n0\r\n\r\n"),
    ),
    "A17-wrong": (INVALID, hashed("0" * 64)),
    "A17-wrong-and-signed-so": (INVALID, hashed("0" * 64, "0" * 64)),
    "A17-upper-case": (INVALID, hashed(HASH.upper(), HASH.upper())),
    "A17-UNSIGNED-PAYLOAD": (INVALID, hashed("UNSIGNED-PAYLOAD", "UNSIGNED-PAYLOAD")),
    **{
        f"A17-{each}": (INVALID, hashed(each, each))
        for each in ("STREAMING-UNSIGNED-PAYLOAD-TRAILER", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD")
    },
    "A17-unsigned-header": (INVALID, replace(GOOD, unsigned=(("x-amz-content-sha256", HASH),))),
    "A18-GET-to-DELETE": (INVALID, altered(ROUTED.request(), method="DELETE")),
    "A18-GET-to-POST": (INVALID, altered(ROUTED.request(), method="POST")),
    "A18-POST-to-PUT": (INVALID, altered(GOOD.request(), method="PUT")),
    "A19-slash-decoded": (INVALID, path(ARN, ARN.replace("%2F", "/"))),
    "A19-slash-encoded": (INVALID, path(ARN.replace("%2F", "/"), ARN)),
    "A19-escape-in-lower-case": (INVALID, path(ARN, ARN.replace("%2F", "%2f"))),
    "A19-escape-in-upper-case": (INVALID, path(ARN.replace("%3A", "%3a"), ARN)),
    "A19-colon-decoded": (INVALID, path(ARN, ARN.replace("%3A", ":"))),
    "A19-letter-encoded": (INVALID, path(ARN, ARN.replace("tags", "t%61gs"))),
    "A19-extra-encoding": (INVALID, path(ARN, ARN.replace("%", "%25"))),
    "A19-one-encoding-less": (INVALID, path(ARN.replace("%", "%25"), ARN)),
    "A19-trailing-slash": (INVALID, path(ARN, ARN + "/")),
    "A19-parameter": (INVALID, path(ARN, ARN + ";x")),
    "A19-upper-case": (INVALID, path(ARN, ARN.replace("tags", "Tags"))),
    "A19-double-slash": (MALFORMED, path(ARN, ARN.replace("/v1/", "/v1//"))),
    "A19-leading-double-slash": (MALFORMED, path(ARN, "/" + ARN)),
    "A19-dot": (MALFORMED, path(ARN, ARN.replace("/v1/", "/v1/./"))),
    "A19-dots": (MALFORMED, path(ARN, ARN.replace("/v1/", "/v1/x/../"))),
    "A19-encoded-dots": (MALFORMED, path(ARN, ARN.replace("/v1/", "/v1/x/%2e%2E/"))),
    "A19-dots-as-signed": (MALFORMED, replace(ROUTED, path="/v1/x/.." + ARN[3:])),
    "A20-other-order-of-values": (INVALID, asked("tagKeys=a%20b%26tagKeys=c%2Fd&tagKeys=e")),
    "A20-plus-encoded": (INVALID, asked(UNTAG.query.replace("%20", "%2B"))),
    "A20-encoded-again": (INVALID, asked(UNTAG.query.replace("%2F", "%252F"))),
    "A20-added": (INVALID, asked(UNTAG.query + "&tagKeys=f")),
    "A20-added-empty": (INVALID, asked(UNTAG.query + "&")),
    "A20-repeated": (INVALID, asked(UNTAG.query + "&tagKeys=e")),
    "A20-removed": (INVALID, asked("tagKeys=a%20b&tagKeys=c%2Fd")),
    "A20-emptied": (INVALID, asked("")),
    "A20-renamed": (INVALID, asked(UNTAG.query.replace("tagKeys=e", "tagkeys=e"))),
    "A20-equals-encoded": (INVALID, asked(UNTAG.query.replace("tagKeys=e", "tagKeys%3De"))),
    "A20-bad-escape": (MALFORMED, asked(UNTAG.query + "%")),
    "A21-inner-space-removed": (INVALID, changed(NOTED.request(), "x-note", "ab")),
    "A21-tab-for-space": (INVALID, changed(NOTED.request(), "x-note", "a\tb")),
    "A21-trailing-comma": (INVALID, changed(NOTED.request(), "x-note", "a b,")),
    "A21-folded": (MALFORMED, framed(NOTED, b"x-more: a", b" b", b"content-length: 2")),
    "A22-upper-case": (INVALID, parts(CREDENTIAL, NAMES, "Signature=" + HEX.upper())),
    "A22-63": (INVALID, parts(CREDENTIAL, NAMES, SIGNATURE[:-1])),
    "A22-65": (INVALID, parts(CREDENTIAL, NAMES, SIGNATURE + "0")),
    "A22-half": (INVALID, parts(CREDENTIAL, NAMES, SIGNATURE[:-32])),
    "A22-empty": (INVALID, parts(CREDENTIAL, NAMES, "Signature=")),
    "A22-zeros": (INVALID, parts(CREDENTIAL, NAMES, "Signature=" + "0" * 64)),
    "A22-not-ASCII": (INVALID, parts(CREDENTIAL, NAMES, "Signature=" + "\xe9" * 64)),
    "A22-quoted": (INVALID, parts(CREDENTIAL, NAMES, f'Signature="{HEX}"')),
    "A23-unknown-key": (UNKNOWN, replace(GOOD, access_key_id="LARUNOBODY0000000000")),
    "A23-lower-case-key": (UNKNOWN, replace(GOOD, access_key_id=ROOT.access_key_id.lower())),
    "A23-empty-secret": (INVALID, replace(GOOD, key=altered(ROOT, secret_access_key=""))),
    "A23-other-secret": (INVALID, replace(GOOD, key=altered(ROOT, secret_access_key="x" * 40))),
    "A26-quote": (UNKNOWN, replace(GOOD, access_key_id="LARU' OR '1'='1")),
    "A26-slash": (INCOMPLETE, replace(GOOD, access_key_id="LARU/../" + ROOT.access_key_id)),
    "A26-percent": (UNKNOWN, replace(GOOD, access_key_id="LARU%")),
    "A26-NUL": (MALFORMED, replace(GOOD, access_key_id="LARU\0" + ROOT.access_key_id)),
    "A26-10-kB": (UNKNOWN, replace(GOOD, access_key_id="A" * 10_000)),
}  # fmt: skip
ACCEPTED: dict[str, bytes | HttpRequest | Draft] = {
    "A04-comma-without-space": sent(AUTHORIZATION.replace(", ", ",")),
    "A07-other-order": parts(SIGNATURE, NAMES, CREDENTIAL),
    "A11-date-plus-299s": moved(299),
    "A11-date-minus-299s": moved(-299),
    "A11-dates-agree": replace(GOOD, unsigned=(("date", http_date(0)),)),
    "A12-forwarded-beside": added(GOOD.request(), "x-forwarded-host", "evil.example"),
    "A15-content-type-unsigned": replace(GOOD, headers=(), unsigned=(TYPED,)),
    "A16-chunked-same": framed(GOOD, *CHUNKED, body=b"1\r\n{\r\n1\r\n}\r\n0\r\n\r\n"),
    "A17-right": hashed(HASH),
    "A20-other-order": asked("tagKeys=e&tagKeys=c%2Fd&tagKeys=a%20b"),
    "A20-plus-for-space": asked(UNTAG.query.replace("%20", "+")),
    "A20-slash-decoded": asked(UNTAG.query.replace("%2F", "/")),
    "A21-space-around": changed(NOTED.request(), "x-note", "  a b "),
    "A21-inner-run": changed(NOTED.request(), "x-note", "a    b"),
}


@pytest.fixture(scope="module")
def door() -> Iterator[FrontDoor]:
    """One server for all: what it refuses changes nothing in it."""
    with front_door() as opened:
        yield opened


@pytest.mark.parametrize("item", REFUSED)
def test_no_such_request_gets_in(door: FrontDoor, item: str) -> None:
    """Each is 403 by its name (400 where it is no request), and no operation hears of it."""
    code, request = REFUSED[item]
    before = len(door.service.passed)
    answer = door.send(request)
    assert (answer.status, answer.headers.get("x-amzn-errortype")) == (
        BAD_REQUEST if code == MALFORMED else FORBIDDEN,
        code,
    )
    assert set(answer.seen) == {"message"}
    assert len(door.service.passed) == before


@pytest.mark.parametrize("item", ACCEPTED)
def test_what_means_the_same_gets_in(door: FrontDoor, item: str) -> None:
    """What SigV4 and HTTP call the same request is the same: the refusals are not of too much."""
    before = len(door.service.passed)
    door.send(ACCEPTED[item])
    assert len(door.service.passed) == before + 1


@pytest.mark.parametrize("draft", [GOOD, ROUTED, UNTAG, NOTED], ids=["GOOD", "GET", "DELETE", "x"])
def test_what_the_refusals_were_made_of_gets_in(door: FrontDoor, draft: Draft) -> None:
    """The requests that all the others are made of work, so each refusal was of the change."""
    before = len(door.service.passed)
    assert door.send(draft).status in {200, FORBIDDEN}  # of a membership that nobody has
    assert len(door.service.passed) == before + 1


def test_a18_head_is_not_get(door: FrontDoor) -> None:
    """A18: a signature for GET is none for HEAD, nor the other way round."""
    for signed, arrives in (("GET", "HEAD"), ("HEAD", "GET")):
        request = altered(replace(ROUTED, method=signed).request(), method=arrives)
        before = len(door.service.passed)
        assert door.send(request).status == FORBIDDEN
        assert len(door.service.passed) == before


def test_a22_the_length_of_a_wrong_signature_is_not_told(door: FrontDoor) -> None:
    """A22: whatever is wrong with a signature, the answer is the same to the byte."""
    wrong = ("0" * 64, HEX[:-1], HEX.upper(), "", "\xe9" * 64)
    assert (
        len({door.send(parts(CREDENTIAL, NAMES, "Signature=" + each)).body for each in wrong}) == 1
    )


def test_a27_a_retry_is_taken_and_a_replay_after_five_minutes_is_not(door: FrontDoor) -> None:
    """A27: an SDK's retry is the same bytes; 301 s later they open nothing."""
    raw = on_the_wire(GOOD)
    assert [door.send(raw).status for _ in range(3)] == [200] * 3
    door.service.now = FROZEN + timedelta(seconds=299)
    assert door.send(raw).status == 200
    door.service.now = FROZEN + timedelta(seconds=301)
    try:
        answer = door.send(raw)
    finally:
        door.service.now = FROZEN
    assert (answer.status, answer.headers["x-amzn-errortype"]) == (FORBIDDEN, INVALID)
    assert answer.seen["message"].startswith(f"Signature expired: {STAMP} is now earlier than ")


def test_a23_who_is_out_of_use_is_as_unknown_as_nobody(door: FrontDoor) -> None:
    """A23: a disabled key, a deleted one and one of a deleted user are refused in one body."""
    with closing(door.service.client("larum")) as iam:
        keys = []
        for name in ("disabled", "deleted", "gone"):
            iam.create_user(userName=name)
            keys.append(iam.create_access_key(userName=name)["accessKey"])
        ids = [each["accessKeyId"] for each in keys]
        iam.update_access_key(userName="disabled", accessKeyId=ids[0], status="Inactive")
        for name, each in zip(("deleted", "gone"), ids[1:], strict=True):
            iam.delete_access_key(userName=name, accessKeyId=each)
        iam.delete_user(userName="gone")
    drafts = [
        replace(GOOD, key=AccessKey(key["accessKeyId"], key["secretAccessKey"], ROOT.principal))
        for key in keys
    ]
    nobody = door.send(replace(GOOD, access_key_id="LARUNOBODY0000000000"))
    before = len(door.service.passed)
    for draft in drafts:
        answer = door.send(draft)
        assert (answer.status, answer.body) == (nobody.status, nobody.body)
    assert len(door.service.passed) == before


def test_a23_a_key_signs_for_its_own_account_alone(door: FrontDoor) -> None:
    """A23: another account's key under this one's id is a wrong signature; under its own, it."""
    other = door.service.installation.root_access_key("210000000001", FROZEN)
    assert door.send(replace(GOOD, key=other, access_key_id=ROOT.access_key_id)).status == FORBIDDEN
    door.send(replace(GOOD, key=other))
    assert door.service.passed[-1].caller.account == "210000000001"


def test_a28_no_refusal_tells_what_the_caller_did_not(door: FrontDoor) -> None:
    """A28: no secret, no signature, no canonical request, no account is in any refusal."""
    refusals = [door.send(request) for _, request in REFUSED.values()]
    told = b"\n".join(each.body for each in refusals)
    right = HEX.encode()
    for secret in (ROOT.secret_access_key.encode(), right, right[:32], ROOT.principal.arn.encode()):
        assert secret not in told
    for line in (b"POST\\n", b"host:larum", HASH.encode(), b"Traceback", b"larum/", b"SELECT"):
        assert line not in told
    ours = set(b"\r\n".join(name.encode() for each in refusals for name in each.headers).split())
    assert not {each for each in ours if each.startswith(b"x-amz-")}
