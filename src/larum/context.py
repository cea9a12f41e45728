"""What an operation knows beside its parameters: complete at birth, never changed."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from larum.domain.memberships import Cancellation

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from larum.domain.attachments import Attachment
    from larum.domain.mfa_devices import MfaDevice
    from larum.domain.policies import PolicyKind
    from larum.domain.principals import AccessKey, LastUse, Principal
    from larum.domain.roles import Role
    from larum.domain.sessions import Session, SessionKey
    from larum.domain.simulations import Simulated, Simulation
    from larum.store.engine import Transaction


class Caller(msgspec.Struct, frozen=True):
    """Who signed the request and for which Region: the verifier's only product.

    Authorization takes nothing else about the caller, so a claim that was not verified cannot reach
    it (reliability-and-security §4.1 rule 13).
    """

    principal: Principal
    access_key_id: str
    region: str
    session: Session | None = None

    @property
    def identity(self) -> Principal:
        """The user, role or root whose policies count."""
        return self.principal if self.session is None else self.session.identity

    @property
    def account(self) -> str:
        """The twelve digits of the calling account: the tenant."""
        return self.principal.account


class AttachmentUrls(Protocol):
    """Makes the URLs by which the bytes of attachments come and go."""

    def upload(self, context: Context, attachment: Attachment) -> str:
        """Return the URL that takes the bytes of `attachment`, once."""
        ...

    def download(self, context: Context, attachment: Attachment) -> str:
        """Return a URL that gives the bytes of `attachment`."""
        ...


class ReadPolicy(Protocol):
    """Reads a policy that is to be kept, whole."""

    def __call__(self, document: str, kind: PolicyKind, member: str = "policyDocument") -> None:
        """Return if `document`, given as `member`, is understood.

        Raises ValidationException with the place of every fault inside `member`.
        """


class MfaCodes(Protocol):
    """Makes the seeds of MFA devices and checks their codes."""

    def new_seed(self, serial_number: str) -> tuple[bytes, str]:
        """Return a new seed: sealed, and in base32 as its owner needs it once."""
        ...

    def step(self, device: MfaDevice, code: str, now: datetime) -> int | None:
        """Return the step of time whose code it is, None for none; ThrottlingException."""
        ...

    def spend(self, device: MfaDevice, step: int) -> bool:
        """Take the code of a step for good; False where it, or a later one, was taken."""
        ...


class Sessions(Protocol):
    """Makes sessions for the caller of one request, by the policies that hold in it."""

    def check_trust(self, role: Role, params: Mapping[str, Any], *, multi_factor: bool) -> None:
        """Return if the caller may assume `role` as `params` ask; AccessDeniedException."""
        ...

    def check_policy(self, text: str) -> None:
        """Return if `text` is a session policy; MalformedPolicyDocumentException."""
        ...

    def has_policy(self, policy_arn: str) -> bool:
        """Return whether there is a managed policy of that ARN."""
        ...

    def packed_percentage(self, session: Session) -> int:
        """Return how full the policies and tags make it; PackedPolicyTooLargeException."""
        ...

    def issue(self, session: Session) -> SessionKey:
        """Return credentials of the session."""
        ...


class Context(msgspec.Struct, frozen=True):
    """One request's surroundings.

    `now` is the time of the request (UTC) and stays fixed while it is worked on; `random(n)` gives
    n random bytes; `issue_access_key(tx, principal, now)` makes a key; `changing_access_key(id)`
    lets a key no longer be remembered as it was; `service_policies` are the documents of the
    managed policies that every account has, by ARN; `last_used(id)` is when a key was used last as
    far as this process saw it; `simulate(tx, simulation, now)` tells what would be decided of a
    principal, None for one that is not there; `origin` is how the caller reaches this server
    (`http://host:port`), empty in process; `cursor` is where a page starts, opened from the sealed
    nextToken; `audit_key` is what the audit's checkpoints are checked with; `cancellation` is when
    one takes effect, `coverage_delay` how long a change of coverage takes to show.
    """

    caller: Caller
    operation: str
    request_id: str
    source_ip: str
    now: datetime
    random: Callable[[int], bytes]
    issue_access_key: Callable[[Transaction, Principal, datetime], AccessKey]
    changing_access_key: Callable[[str], None]
    attachment_urls: AttachmentUrls
    read_policy: ReadPolicy
    service_policies: Mapping[str, str]
    last_used: Callable[[str], LastUse | None]
    sessions: Sessions
    mfa_codes: MfaCodes
    simulate: Callable[[Transaction, Simulation, datetime], list[Simulated] | None]
    origin: str
    tx: Transaction
    cursor: str | None = None
    audit_key: str = ""
    cancellation: str = Cancellation.IMMEDIATE
    coverage_delay: timedelta = timedelta(0)

    @property
    def account(self) -> str:
        """The calling account."""
        return self.caller.account

    @property
    def region(self) -> str:
        """The Region that the request was signed for."""
        return self.caller.region
