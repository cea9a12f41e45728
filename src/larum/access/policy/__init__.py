"""May this caller do this to that resource, now? Pure decisions over IAM's policy language.

    reach.reaches(account, resource)   what no policy can widen
    document.parse(text) ──> Policy ──┐
                                      ├──> evaluate.decide(question, policies) ──> Decision
    keys.RequestKeys(facts, tags) ──> Question

`larum/permissions.py` finds the policies and facts of a request and asks.
"""
