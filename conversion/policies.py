"""Row-level security: which rows PostgreSQL shows to a role that is not the owner of the tables (`conversion.walls`).

A table of a client's rows has the policy `own`: rows of the clients that are named on the connection are shown and may be
written. Rows that hang on an agency or an account may be shown beside that (`read`), never written. Where `make_roles` made a
role for the flows, each table has a policy for it as well, which lets everything through. The owner is bound by none of them,
so backups, migrations and commands go on as they are.

Installed after every migration, as triggers are: a new model of a client's rows is behind the wall from its first day, and one
whose place is not told here stops the migration.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import connections, models, transaction

from conversion.sight import CLIENTS, USER
from conversion.tenancy import ClientRow

APPS = frozenset({"conversion", "patterns", "engines"})
OWN, READ, FLOWS = "own", "read", "flows"

# Each in a SELECT of its own, so that it is worked out once for a query, not once for a row.
IDS = f"(SELECT string_to_array(NULLIF(current_setting('{CLIENTS}', true), ''), ','))::uuid[]"
CALLER = f"user_id = (SELECT NULLIF(current_setting('{USER}', true), '')::bigint)"
MINE = f"client_id = ANY ({IDS})"
# What other policies show is left in here: `conversion_client` gives the clients that are shown.
AGENCIES = "(SELECT agency_id FROM conversion_client)"
OF_AGENCY = f"client_id IS NULL AND agency_id IN {AGENCIES}"
OF_EVERYBODY = "client_id IS NULL AND agency_id IS NULL"
# Nobody's yet, at an account of a client's own. At one that several share, nobody is shown it who does not see them all.
AT_OWN_ACCOUNT = (
    "client_id IS NULL AND account_id IN (SELECT id FROM conversion_provideraccount WHERE client_id IS NOT NULL)"
)


@dataclass(frozen=True)
class Rule:
    """own: SQL of the rows that are shown and written. read: of those that are shown as well."""

    own: str = ""
    read: str = ""


RULES = {
    "conversion.client": Rule(own=f"id = ANY ({IDS})"),
    "conversion.agency": Rule(read=f"id IN {AGENCIES}"),
    "conversion.provideraccount": Rule(own=MINE, read=f"{OF_AGENCY} OR {OF_EVERYBODY}"),
    "conversion.suppression": Rule(own=MINE, read=f"{OF_AGENCY} OR {OF_EVERYBODY}"),
    "conversion.webhookendpoint": Rule(own=MINE, read=OF_AGENCY),
    "conversion.callback": Rule(own=f"{MINE} OR {AT_OWN_ACCOUNT}"),
    "conversion.inboundmessage": Rule(own=f"{MINE} OR {AT_OWN_ACCOUNT}"),
    "conversion.mailbox": Rule(read="account_id IN (SELECT id FROM conversion_provideraccount)"),
    "conversion.auditentry": Rule(own=MINE),
    "conversion.idempotentcall": Rule(own=CALLER),
    # A caller's own grants are read to learn which clients there are to name.
    "conversion.membership": Rule(own=MINE, read=CALLER),
    "conversion.apitoken_clients": Rule(
        own=MINE, read=f"apitoken_id IN (SELECT id FROM conversion_apitoken WHERE {CALLER})"
    ),
    "patterns.pooledweights": Rule(read=f"agency_id IN {AGENCIES}"),
}
# Shown to everybody who is let in at all, and why.
UNGUARDED = {
    "conversion.apitoken": "callers are found by it, before anything is known of them; it holds hashes",
    "conversion.flowperiod": "a run is of several clients: of them it knows their ids, and counts",
    "conversion.sign": "what the server keeps about itself",
}


class NoRuleError(LookupError):
    """A table of which nobody has said whose its rows are."""


def guarded() -> Iterator[tuple[type[models.Model], Rule]]:
    """Each model behind the wall. Raises NoRuleError."""
    for model in apps.get_models(include_auto_created=True):
        label = model._meta.label_lower
        if model._meta.app_label not in APPS or label in UNGUARDED:
            continue
        if label in RULES:
            yield model, RULES[label]
        elif issubclass(model, ClientRow):
            yield model, Rule(own=MINE)
        else:
            raise NoRuleError(
                f"{label}: say in conversion/policies.py whose its rows are (RULES, or UNGUARDED and why)."
            )


@dataclass(frozen=True)
class Policy:
    name: str
    table: str
    using: str
    role: str = "PUBLIC"

    def create(self) -> str:
        command = "SELECT" if self.name == READ else "ALL"
        remark = self.remark.replace("'", "''")
        return (
            f"CREATE POLICY {self.name} ON {self.table} FOR {command} TO {self.role} USING ({self.using});"
            f"COMMENT ON POLICY {self.name} ON {self.table} IS '{remark}'"
        )

    @property
    def remark(self) -> str:
        """What tells a policy from another one: PostgreSQL keeps its own form of the condition."""
        return f"{self.role}: {self.using}"


def policies(tables: set[str], flows: str | None) -> list[Policy]:
    """What is to stand on these tables. flows: the role that sees everything, if there is one."""
    found = []
    for model, rule in guarded():
        table = model._meta.db_table
        if table in tables:
            found += [Policy(name, table, using) for name, using in ((OWN, rule.own), (READ, rule.read)) if using]
            found += [Policy(FLOWS, table, "true", flows)] if flows else []
    return found


PRESENT = """
    SELECT c.relname, c.relrowsecurity, p.polname, obj_description(p.oid, 'pg_policy'),
        (SELECT rolname FROM pg_roles r WHERE r.oid = p.polroles[1])
    FROM pg_class c LEFT JOIN pg_policy p ON p.polrelid = c.oid
    WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace
"""


def install(using: str = "default", flows: str | None = None, **_: Any) -> None:
    """Make the policies what they are to be, on tables where they are not. Connected to `post_migrate`.

    flows: the role that sees everything; None: the one that there is, if there is one.
    """
    connection = connections[using]
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute(PRESENT)
        rows = cursor.fetchall()
    guards = {table for table, is_guarded, *_ in rows if is_guarded}
    present = {(table, name): remark for table, _, name, remark, _ in rows if name}
    flows = flows or next(
        (role for table, _, name, _, role in rows if (table, name) == ("conversion_client", FLOWS)), None
    )
    wanted = policies({table for table, *_ in rows}, flows)
    names = {(one.table, one.name) for one in wanted}
    # One table at a time: each is locked only for as long as it takes.
    for table in sorted({one.table for one in wanted}):
        here = [one for one in wanted if one.table == table]
        new = [one for one in here if present.get((table, one.name)) != one.remark]
        old = [
            name for of, name in present if of == table and ((of, name) not in names or name in {n.name for n in new})
        ]
        statements = [f"DROP POLICY {name} ON {table}" for name in old] + [one.create() for one in new]
        if table not in guards:
            statements.append(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        if statements:
            with transaction.atomic(using=using), connection.cursor() as cursor:
                cursor.execute("; ".join(statements))
