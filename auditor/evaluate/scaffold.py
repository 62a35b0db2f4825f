"""A new rule to fill in: `auditor rules new ID`."""

from __future__ import annotations

import re

from auditor.evaluate.errors import PolicyError

_ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*\Z")

_TEMPLATE = """\
id: {id}
title: What is wrong, in a few words
severity: medium
applies-to: [library]
when: |
  component.declared && !component.supplier_named
message: "{{component.label}}: say what is wrong and name the facts"
rationale: >-
  Why it matters, in a sentence or two. A rule of your own says basis house.
remediation: >-
  What to do about it.
basis: house
status: trial
supplier-question: "What would you ask the supplier of {{component.name}}?"
zh:
  title: "中文标题"
  message: "{{component.label}}:中文说明"
  remediation: "中文处理建议"
tests:
  - name: it fires
    component: {{kind: library, declared: true, supplier_named: false}}
    expect: fail
  - name: it does not
    component: {{kind: library, declared: true, supplier_named: true}}
    expect: pass
  - name: not declared
    component: {{kind: library, declared: false, supplier_named: false}}
    expect: pass
"""


def scaffold(rule_id: str) -> str:
    """Return the text of a new rule file that passes the self-test. Raises PolicyError for a bad id."""
    if not _ID.match(rule_id) or len(rule_id) > 80:
        raise PolicyError(rule_id, 0, 0, "a rule's id is lower-case words joined by hyphens")
    return _TEMPLATE.format(id=rule_id)
