"""What the audit says of one call, in CloudTrail's words: ids and names, and no sensitive text.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from larum.operations.case_edits import in_record

if TYPE_CHECKING:
    from larum.context import Context
    from larum.operations.case_edits import CaseEdit

EVENT_VERSION: Final = "1.09"
# How a record names each service; the first as CloudTrail does.
EVENT_SOURCES: Final = {"security-ir": "security-ir.amazonaws.com", "larum": "larum"}


def audit_record(
    context: Context,
    service: str,
    parameters: object,
    resource: str,
    elements: object,
    edit: CaseEdit | None = None,
    *,
    replayed: bool,
) -> dict[str, Any]:
    """Return the record of a call of `service` on `resource` (an ARN, or `*`).

    `parameters` are what was given with `***` for every text that is not known to be harmless,
    `elements` is the answer without what is sensitive in it, `edit` what the call changed of a
    case. No errorCode: a call that fails changes nothing and leaves no record.
    """
    record = {
        "eventVersion": EVENT_VERSION,
        "eventType": "AwsApiCall",
        "readOnly": False,
        "eventTime": context.now.isoformat(),
        "eventSource": EVENT_SOURCES[service],
        "eventName": context.operation,
        "awsRegion": context.region,
        "sourceIPAddress": context.source_ip,
        "requestID": context.request_id,
        "userIdentity": {
            "type": "Root" if context.caller.principal.is_root else "IAMUser",
            "arn": context.caller.principal.arn,
            "accountId": context.account,
            "accessKeyId": context.caller.access_key_id,
        },
        "requestParameters": parameters,
        "resources": [resource],
        "responseElements": elements,
        "replayed": replayed,
    }
    return record if edit is None else record | in_record(edit)


def owner(resource: str, caller: str) -> str:
    """Return the account in whose chain a call on `resource` belongs: the one that owns it.

    What has no owner, `*`, belongs to the `caller`.
    """
    return caller if resource == "*" else resource.split(":", 5)[4]
