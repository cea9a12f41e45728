"""The three operations of `sts`: temporary credentials, and who somebody is.

    AssumeRole   MFA code -> the role's trust policy and the caller's -> how long -> credentials

Rules and texts: https://docs.aws.amazon.com/STS/latest/APIReference/API_Operations.html
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from larum.domain.sessions import (
    CHAINED_LONGEST,
    ROLE_DEFAULT,
    ROOT_LONGEST,
    TAGS_OF_A_SESSION,
    USER_DEFAULT,
    Session,
    assumed_role,
    inherited_tags,
    role_named,
)
from larum.errors import AccessDeniedException, FieldFailure, ValidationException
from larum.operations.mfa_devices import given_code
from larum.store import principals, roles

if TYPE_CHECKING:
    from collections.abc import Mapping

    from larum.context import Context
    from larum.domain.principals import Principal
    from larum.domain.roles import Role
    from larum.domain.sessions import SessionKey

# Parameters of AWS's that nothing here would honour.
UNBUILT: Final = ("ProvidedContexts", "SourceIdentity", "MinimumSessionTokenSize")
OWN_POLICIES: Final = "arn:aws:iam::{}:policy/"
MANAGED_POLICIES: Final = "arn:aws:iam::aws:policy/"


def assume_role(context: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Give credentials of a role, to whom its trust policy lets have them.

    Raises AccessDeniedException (for a role that is not there too), ValidationException,
    MalformedPolicyDocumentException and PackedPolicyTooLargeException.
    """
    inherited = inherited_tags(context.caller.session)
    account, role_name = _checked(params, inherited)
    multi_factor = given_code(context, params)
    role = roles.get(context.tx, account, role_name)
    if role is None or role.principal.arn != params["RoleArn"]:
        raise not_authorized(context.caller.principal, params["RoleArn"])
    context.sessions.check_trust(role, params, multi_factor=multi_factor)
    _check_session_policies(context, account, params)
    session_name = params["RoleSessionName"]
    session = Session(
        principal=assumed_role(account, role.role_name, session_name),
        identity=role.principal,
        identity_id=role.role_id,
        issued_at=context.now,
        expires_at=context.now + _duration(context, role, params),
        multi_factor=multi_factor or _has_code(context),
        policies=_policies(params),
        policy_arns=_policy_arns(params),
        tags=inherited | {each["Key"]: each["Value"] for each in params.get("Tags", ())},
        transitive_keys=frozenset(
            key.lower() for key in [*inherited, *params.get("TransitiveTagKeys", ())]
        ),
    )
    packed = context.sessions.packed_percentage(session)
    key = context.sessions.issue(session)
    user = {"AssumedRoleId": f"{role.role_id}:{session_name}", "Arn": key.session.principal.arn}
    output: dict[str, Any] = {"Credentials": _credentials(key), "AssumedRoleUser": user}
    if session.policies or session.policy_arns or session.tags:
        output["PackedPolicySize"] = packed
    return output


def get_session_token(context: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Give temporary credentials of the caller's own, a user or root.

    Raises AccessDeniedException for a caller that has temporary credentials already, and for an
    MFA code that is wrong.
    """
    caller = context.caller
    if caller.session is not None:
        raise AccessDeniedException("Cannot call GetSessionToken with session credentials")
    _refuse_unbuilt(params)
    multi_factor = given_code(context, params)
    longest = ROOT_LONGEST if caller.principal.is_root else USER_DEFAULT
    asked = _seconds(params)
    if asked is None or (caller.principal.is_root and asked > longest):
        # AWS shortens root's sessions rather than refuse them.
        asked = longest
    session = Session(
        principal=caller.principal,
        identity=caller.principal,
        identity_id=_unique_id(context, caller.principal),
        issued_at=context.now,
        expires_at=context.now + asked,
        multi_factor=multi_factor,
    )
    return {"Credentials": _credentials(context.sessions.issue(session))}


def get_caller_identity(context: Context, _params: dict[str, Any]) -> dict[str, Any]:
    """Return who signed the request; nobody needs a permission for it."""
    caller = context.caller
    session = caller.session
    if session is not None and session.is_of_role:
        user_id = f"{session.identity_id}:{session.name}"
    else:
        user_id = _unique_id(context, caller.identity)
    return {"UserId": user_id, "Account": caller.account, "Arn": caller.principal.arn}


def not_authorized(principal: Principal, role_arn: str) -> AccessDeniedException:
    """Return the one refusal of a role that may not be assumed, or that is not there."""
    return AccessDeniedException(
        f"User: {principal.arn} is not authorized to perform: sts:AssumeRole on resource: "
        f"{role_arn}"
    )


def _checked(params: Mapping[str, Any], inherited: Mapping[str, str]) -> tuple[str, str]:
    """Return the account and name of the role; raises ValidationException with every fault."""
    named = role_named(params["RoleArn"])
    failures = [] if named else [FieldFailure("RoleArn", "Member must be the ARN of a role")]
    failures += _unbuilt(params) + _faults_of_tags(params, inherited)
    if failures or named is None:
        raise ValidationException.of_fields(tuple(failures))
    return named


def _refuse_unbuilt(params: Mapping[str, Any]) -> None:
    if failures := _unbuilt(params):
        raise ValidationException.of_fields(tuple(failures))


def _unbuilt(params: Mapping[str, Any]) -> list[FieldFailure]:
    return [
        FieldFailure(name, "Member is not supported here") for name in UNBUILT if name in params
    ]


def _faults_of_tags(params: Mapping[str, Any], inherited: Mapping[str, str]) -> list[FieldFailure]:
    """No key twice, none that was handed on is given anew, and only what is there is handed on."""
    keys = [each["Key"].lower() for each in params.get("Tags", ())]
    handed_on = {each.lower() for each in params.get("TransitiveTagKeys", ())}
    rules = (
        ("Tags", len(set(keys)) == len(keys), "not have a key twice, in any case"),
        ("Tags", not {each.lower() for each in inherited} & set(keys), "not change inherited tags"),
        (
            "Tags",
            len(inherited) + len(keys) <= TAGS_OF_A_SESSION,
            "have 50 tags with inherited ones",
        ),
        ("TransitiveTagKeys", handed_on <= set(keys), "name keys of Tags"),
    )
    return [FieldFailure(name, f"Member must {rule}") for name, holds, rule in rules if not holds]


def _policies(params: Mapping[str, Any]) -> tuple[str, ...] | None:
    if "Policy" in params:
        return (params["Policy"],)
    return () if params.get("PolicyArns") else None


def _policy_arns(params: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(each["arn"] for each in params.get("PolicyArns", ()))


def _check_session_policies(context: Context, account: str, params: Mapping[str, Any]) -> None:
    own = OWN_POLICIES.format(account)
    failures = [
        FieldFailure(f"PolicyArns[{place}].arn", "Member must be a policy of the role's account")
        for place, each in enumerate(params.get("PolicyArns", ()))
        if not each.get("arn", "").startswith((own, MANAGED_POLICIES))
        or not context.sessions.has_policy(each["arn"])
    ]
    if failures:
        raise ValidationException.of_fields(tuple(failures))
    if "Policy" in params:
        context.sessions.check_policy(params["Policy"])


def _seconds(params: Mapping[str, Any]) -> timedelta | None:
    given = params.get("DurationSeconds")
    return None if given is None else timedelta(seconds=given)


def _duration(context: Context, role: Role, params: Mapping[str, Any]) -> timedelta:
    """Return how long the session lasts; raises ValidationException where too much is asked."""
    asked = _seconds(params)
    if asked is None:
        return ROLE_DEFAULT
    session = context.caller.session
    if session is not None and session.is_of_role and asked > CHAINED_LONGEST:
        raise ValidationException(
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by "
            "role chaining."
        )
    if asked > timedelta(seconds=role.max_session_seconds):
        raise ValidationException(
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
        )
    return asked


def _has_code(context: Context) -> bool:
    """Whether the user's own session was made with an MFA code; a role's does not hand it on."""
    session = context.caller.session
    return session is not None and not session.is_of_role and session.multi_factor


def _unique_id(context: Context, principal: Principal) -> str:
    if principal.is_root:
        return principal.account
    user = principals.get(context.tx, principal.account, principal.arn.rpartition("/")[2])
    # Without a check of keys (--auth relaxed) nobody but root calls; the verifier knows the others.
    return "" if user is None else user.user_id


def _credentials(key: SessionKey) -> dict[str, Any]:
    return {
        "AccessKeyId": key.access_key.access_key_id,
        "SecretAccessKey": key.access_key.secret_access_key,
        "SessionToken": key.token,
        "Expiration": key.session.expires_at,
    }
