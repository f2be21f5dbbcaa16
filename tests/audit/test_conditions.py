"""The log is only added to; from the inbox of what is not sealed yet, the function that seals it takes away: in the database itself."""

import asyncpg
import pytest


@pytest.mark.parametrize(("role", "statement", "let"), [
    ("ecm_policy", "DELETE FROM audit_inbox", True), ("ecm_policy", "UPDATE audit_inbox SET event_id = event_id", False),
    ("ecm_policy", "DELETE FROM audit_leaf", False), ("ecm_owner", "DELETE FROM audit_inbox", False),
    ("ecm_owner", "DELETE FROM audit_leaf", False), ("ecm_policy", "UPDATE audit_leaf SET position = position", False),
])  # fmt: skip
async def test_nothing_is_taken_from_the_log_whatever_somebody_was_granted(db, role, statement, let):
    async with db.admin() as admin:
        await admin.execute(f"GRANT ALL ON audit_inbox, audit_leaf TO {role}; SET ROLE {role}")
        if let:
            await admin.execute(statement)
            return
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="only added to"):
            await admin.execute(statement)
