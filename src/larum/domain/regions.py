"""Where the service exists: the 25 Regions that a signature or an ARN may name."""

from __future__ import annotations

REGIONS: frozenset[str] = frozenset(
    {
        "af-south-1",
        "ap-east-1",
        "ap-northeast-1",
        "ap-northeast-2",
        "ap-south-1",
        "ap-south-2",
        "ap-southeast-1",
        "ap-southeast-2",
        "ap-southeast-3",
        "ap-southeast-4",
        "ca-central-1",
        "eu-central-1",
        "eu-central-2",
        "eu-north-1",
        "eu-south-1",
        "eu-south-2",
        "eu-west-1",
        "eu-west-2",
        "eu-west-3",
        "me-central-1",
        "me-south-1",
        "sa-east-1",
        "us-east-1",
        "us-east-2",
        "us-west-2",
    }
)
"""The Regions with an endpoint `security-ir.<region>.api.aws`.

Source: https://docs.aws.amazon.com/general/latest/gr/security-ir.html (service-behaviour §8).
"""

IMPACTED_REGIONS: frozenset[str] = REGIONS | {
    "ap-east-2",
    "ap-northeast-3",
    "ap-southeast-5",
    "ap-southeast-6",
    "ap-southeast-7",
    "ca-west-1",
    "cn-north-1",
    "cn-northwest-1",
    "il-central-1",
    "mx-central-1",
    "us-west-1",
}
"""The Regions that a case may name as impacted: the model's AwsRegion."""
