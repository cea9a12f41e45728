"""The verifier with one bug in it: the forgeries of G16, or botocore's own requests, show each.

The bugs are those that other servers have had (reliability-and-security §1): a comparison that is
too kind, a canonical form that leaves something out, a body that is believed and not read.
"""

from __future__ import annotations

import hmac
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from larum.access import canonical, sigv4
from tests.access.forgeries import accepted, boto3_requests, forged, hashed_request

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from larum.access.authorization import Authorization
    from larum.access.canonical import SignedRequest

    Plant = Callable[[pytest.MonkeyPatch], None]

real_headers, real_path, real_pairs = (
    canonical.canonical_headers,
    canonical.canonical_path,
    canonical.query_pairs,
)
real_canonical = sigv4._canonical_request


def comparing(same: Callable[[str, str], bool]) -> Plant:
    """Return a plant: signatures are compared by `same`."""
    stand_in = SimpleNamespace(compare_digest=same, digest=hmac.digest)
    return lambda patch: patch.setattr(sigv4, "hmac", stand_in)


def heading(change: Callable[[Mapping[str, str], tuple[str, ...]], str | None]) -> Plant:
    """Return a plant: the block of headers is what `change` makes of those that arrived."""
    return lambda patch: patch.setattr(sigv4, "canonical_headers", change)


def reading(change: Callable[[SignedRequest], dict[str, object]]) -> Plant:
    """Return a plant: the canonical request is that of a request with other parts."""

    def planted(
        request: SignedRequest,
        arrived: Mapping[str, str],
        pairs: list[tuple[str, str]],
        claim: Authorization,
    ) -> str | None:
        whole = {
            name: getattr(request, name) for name in ("method", "raw_path", "raw_query", "body")
        }
        other = SimpleNamespace(**whole | change(request))
        return real_canonical(other, arrived, pairs, claim)

    return lambda patch: patch.setattr(sigv4, "_canonical_request", planted)


def believing_the_hash(
    request: SignedRequest,
    arrived: Mapping[str, str],
    pairs: list[tuple[str, str]],
    claim: Authorization,
) -> str | None:
    """Believe the declared hash of a body instead of the body."""
    usual = real_canonical(request, {**arrived, "x-amz-content-sha256": ""}, pairs, claim)
    assert usual is None
    declared = arrived.get("x-amz-content-sha256")
    if declared is None:
        return real_canonical(request, arrived, pairs, claim)
    block = real_headers(arrived, tuple(claim.signed_headers.split(";")))
    return (
        f"{request.method}\n{real_path(request.raw_path)}\n\n{block}\n"
        f"{claim.signed_headers}\n{declared}"
    )


def without_content_type(arrived: Mapping[str, str], names: tuple[str, ...]) -> str | None:
    """Leave one header out of the canonical form."""
    return real_headers(arrived, tuple(name for name in names if name != "content-type"))


def unlisted_allowed(arrived: Mapping[str, str], names: tuple[str, ...]) -> str | None:
    """Look at the listed headers alone: what else arrives is obeyed unsigned."""
    return real_headers({name: each for name, each in arrived.items() if name in names}, names)


def in_lower_case(arrived: Mapping[str, str], names: tuple[str, ...]) -> str | None:
    """Take the Host without regard to case."""
    return real_headers({**arrived, "host": arrived["host"].lower()}, names)


def without_spaces(arrived: Mapping[str, str], names: tuple[str, ...]) -> str | None:
    """Let a tab be a space."""
    return real_headers({name: v.replace("\t", " ") for name, v in arrived.items()}, names)


def without_empty_pairs(raw_query: str) -> list[tuple[str, str]]:
    """Drop parameters that have neither name nor value."""
    return [pair for pair in real_pairs(raw_query) if pair != ("", "")]


PLANTS: dict[str, Plant] = {
    "compares half of the signature": comparing(lambda a, b: a[:32] == b[:32]),
    "compares as long as the shorter": comparing(
        lambda a, b: a[: len(b)] == b[: len(a)] and b != ""
    ),
    "compares without regard to case": comparing(lambda a, b: a == b.lower()),
    "drops one header from the canonical form": heading(without_content_type),
    "obeys x-amz headers that nobody signed": heading(unlisted_allowed),
    "lowers the Host": heading(in_lower_case),
    "takes a tab for a space": heading(without_spaces),
    "believes the declared hash of the body": lambda patch: patch.setattr(
        sigv4, "_canonical_request", believing_the_hash
    ),
    "raises the method": reading(lambda request: {"method": request.method.upper()}),
    "forgets the last slash": reading(lambda request: {"raw_path": request.raw_path.rstrip("/")}),
    "raises the escapes": reading(
        lambda request: {"raw_path": request.raw_path.replace("%3a", "%3A").replace("%2f", "%2F")}
    ),
    "trims the body": reading(lambda request: {"body": request.body.strip()}),
    "drops empty parameters": lambda patch: patch.setattr(
        sigv4, "query_pairs", without_empty_pairs
    ),
    "keeps the last of repeated parameters": lambda patch: patch.setattr(
        sigv4, "query_pairs", lambda raw: sorted(dict(real_pairs(raw)).items())
    ),
    "leaves the query out": lambda patch: patch.setattr(sigv4, "query_pairs", lambda _: []),
}


def is_found() -> bool:
    """Whether a good request is refused or a forgery is taken."""
    requests = [*boto3_requests(), hashed_request()]
    if not all(accepted(each) for each in requests):
        return True
    return any(accepted(mutant, request) for request, mutant in forged(requests, 100))


@pytest.mark.parametrize("bug", PLANTS)
def test_forgeries_find(bug: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each planted bug is seen: a forgery gets in, or a good request does not."""
    PLANTS[bug](monkeypatch)
    assert is_found()


def test_nothing_is_found_where_nothing_is_planted() -> None:
    """What finds the bugs is silent on the verifier as it is."""
    assert not is_found()
