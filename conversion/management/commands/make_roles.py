"""Make the role by which web processes connect, and the one that sees all clients."""

import re
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db import connection

from conversion import policies
from conversion.management.audited import Audited
from conversion.management.plainly import UNUSABLE, told_plainly

NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")
RIGHTS = "SELECT, INSERT, UPDATE, DELETE"


class Command(Audited):
    help = (
        "Make two PostgreSQL roles, or bring them up to date: one that web processes connect by, to which only the rows of the "
        "clients named on the connection are shown, and one for work across clients, which the first takes on where a door "
        "asks for it. Run it as the owner of the tables. One that may not make roles has the statements of --sql run before."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--web", default="agency_web", metavar="ROLE", help="default: %(default)s")
        parser.add_argument("--flows", default="agency_flows", metavar="ROLE", help="default: %(default)s")
        parser.add_argument(
            "--sql", action="store_true", help="print what needs the right to make roles, and do nothing"
        )

    def handle(self, *, web: str, flows: str, sql: bool, **_: Any) -> None:
        if connection.vendor != "postgresql":
            raise CommandError("Only PostgreSQL has roles.", returncode=UNUSABLE)
        if web == flows or not all(NAME.fullmatch(name) for name in (web, flows)):
            raise CommandError("Give two names of small letters, digits and _.", returncode=UNUSABLE)
        if sql:
            self.stdout.write("".join(f"{line};\n" for line in made(web, flows)))
            return
        with told_plainly("the roles are as far as they were made", policies.NoRuleError):
            for line in (*missing(web, flows), *rights(web, flows)):
                run(line)
            policies.install(flows=flows)
            if fault := weakness(web, flows):
                raise CommandError(fault)
        self.stdout.write(
            f"Web processes can connect as {web} now. Give it a password (ALTER ROLE {web} PASSWORD '...'), and name it in "
            "WEB_DATABASE_URL."
        )


def made(web: str, flows: str) -> list[str]:
    """What needs the right to make roles. NOINHERIT: the web has the other role's rights only where it takes it on."""
    return [f"CREATE ROLE {flows} NOLOGIN", f"CREATE ROLE {web} LOGIN NOINHERIT", f"GRANT {flows} TO {web}"]


def missing(web: str, flows: str) -> list[str]:
    """Those of them that were not done."""
    known = {name for (name,) in asked("SELECT rolname FROM pg_roles")}
    is_member = {web, flows} <= known and asked("SELECT pg_has_role(%s, %s, 'MEMBER')", web, flows)[0][0]
    is_done = (flows in known, web in known, is_member)
    return [line for line, done in zip(made(web, flows), is_done, strict=True) if not done]


def rights(web: str, flows: str) -> list[str]:
    """On the rows of every table that is there and that the owner makes later; nobody rewrites the audit log."""
    both = f"{web}, {flows}"
    return [
        f"GRANT USAGE ON SCHEMA public TO {both}",
        f"GRANT {RIGHTS} ON ALL TABLES IN SCHEMA public TO {both}",
        f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {both}",
        f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT {RIGHTS} ON TABLES TO {both}",
        f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {both}",
        f"REVOKE UPDATE, DELETE ON conversion_auditentry FROM {both}",
        f"REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM {both}",
    ]


def weakness(web: str, flows: str) -> str:
    """Why the policies would not bind the web's role; empty where they do."""
    above, inherits, owns = asked(
        """SELECT rolsuper OR rolbypassrls, pg_has_role(rolname, %s, 'USAGE'),
            pg_has_role(rolname, (SELECT relowner FROM pg_class WHERE oid = 'conversion_client'::regclass), 'USAGE')
        FROM pg_roles WHERE rolname = %s""",
        flows,
        web,
    )[0]
    if above:
        return f"{web} may see everything: ALTER ROLE {web} NOSUPERUSER NOBYPASSRLS"
    if owns:
        return f"{web} is, or belongs to, the owner of the tables: take another role."
    if inherits:
        wanted = f"ALTER ROLE {web} NOINHERIT; from PostgreSQL 16 on GRANT {flows} TO {web} WITH INHERIT FALSE"
        return f"{web} has the rights of {flows} without asking: {wanted}"
    return ""


def asked(question: str, *values: str) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(question, values)
        return list(cursor.fetchall())


def run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
