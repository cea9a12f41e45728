"""The rules of the tags of users and roles, which conditions of policies ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from larum.errors import FieldFailure, ServiceQuotaExceededException, ValidationException

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html
MOST_TAGS: Final = 50
QUOTA: Final = "LARUM-PRINCIPAL-TAGS"


def given(tags: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return tags by key; raises ValidationException for two keys that differ in case at most."""
    found: dict[str, str] = {}
    folded: set[str] = set()
    for key, value in tags:
        if key.lower() in folded:
            message = "Member must not have two keys that differ in case at most"
            raise ValidationException.of_fields((FieldFailure("tags", message),))
        folded.add(key.lower())
        found[key] = value
    return found


def check_number(present: Mapping[str, str], tags: Mapping[str, str], name: str, kind: str) -> None:
    """Return if `name`, a `kind`, may have `tags` beside those that are `present`.

    Raises ServiceQuotaExceededException beyond 50.
    """
    if len({key.lower() for key in (*present, *tags)}) > MOST_TAGS:
        raise ServiceQuotaExceededException(
            f"A {kind.lower()} may have {MOST_TAGS} tags.",
            resource_id=name,
            resource_type=kind,
            quota_code=QUOTA,
        )
