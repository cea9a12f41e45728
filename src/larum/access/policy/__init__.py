"""May this caller do this to that resource, now? Pure decisions over IAM's policy language.

    document.parse(text) ──> Policy ──┐
                                      ├──> evaluate.decide(question, policies) ──> Decision
    keys.tag_keys(action, tags) ──> Question

`authorize` is what the service calls today: root's own rule, with no policies (root_rule.py).
"""

from __future__ import annotations

from larum.access.policy.root_rule import PolicySettings, access_denied, authorize

__all__ = ["PolicySettings", "access_denied", "authorize"]
