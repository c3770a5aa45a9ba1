"""Migrations of tables that are large and in use: whoever reads and writes them meanwhile is not held up.

A migration with this operation says `atomic = False`, since PostgreSQL builds nothing concurrently inside a transaction. On
SQLite, which has one writer at a time anyway, it is the plain operation.
"""

from typing import Any

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db.migrations import AddConstraint, AddIndex, AlterField
from django.db.migrations.operations.base import Operation


class AddIndexOnline(AddIndexConcurrently):
    """An index that is built while rows are written. One that broke off leaves an invalid index behind, which is dropped
    first when the migration runs again.
    """

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        if schema_editor.connection.vendor != "postgresql":
            AddIndex.database_forwards(self, app_label, schema_editor, from_state, to_state)
            return
        name = schema_editor.quote_name(self.index.name)
        schema_editor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
        super().database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        if schema_editor.connection.vendor != "postgresql":
            AddIndex.database_backwards(self, app_label, schema_editor, from_state, to_state)
            return
        super().database_backwards(app_label, schema_editor, from_state, to_state)


class AddUniqueOnline(AddConstraint):
    """The same for a condition under which columns are unique, which is an index as well."""

    atomic = False

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        if schema_editor.connection.vendor != "postgresql":
            super().database_forwards(app_label, schema_editor, from_state, to_state)
            return
        schema_editor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {schema_editor.quote_name(self.constraint.name)}")
        model = to_state.apps.get_model(app_label, self.model_name)
        statement = str(self.constraint.create_sql(model, schema_editor))
        schema_editor.execute(
            statement.replace("CREATE UNIQUE INDEX", "CREATE UNIQUE INDEX CONCURRENTLY", 1), params=None
        )


class Lighten(AlterField):
    """A column that keeps its values and what they may be, without its foreign key, its index or its uniqueness: PostgreSQL
    strikes these from its books and touches no row. Raises ValueError where the column itself would change.
    """

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        before, after = (
            state.apps.get_model(app_label, self.model_name)._meta.get_field(self.name)
            for state in (from_state, to_state)
        )
        if added := heavier(before, after, schema_editor.connection):
            raise ValueError(f"{self.model_name}.{self.name}: {added}")
        super().database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        AlterField.database_forwards(self, app_label, schema_editor, from_state, to_state)


class LeaveRoom(Operation):
    """New pages of a table are filled to `percent` and not to the brim, so that a row that changes finds room for its next
    version beside it, and no index has to hear of it. Pages that are there stay; nothing is locked against reading or writing.
    """

    reduces_to_sql = True

    def __init__(self, model_name: str, percent: int) -> None:
        self.model_name, self.percent = model_name, percent

    def state_forwards(self, app_label: str, state: Any) -> None:
        """The models do not know of it."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:  # noqa: ARG002
        self._set(app_label, schema_editor, from_state, f"SET (fillfactor = {self.percent})")

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:  # noqa: ARG002
        self._set(app_label, schema_editor, from_state, "RESET (fillfactor)")

    def _set(self, app_label: str, schema_editor: Any, state: Any, change: str) -> None:
        if schema_editor.connection.vendor == "postgresql":
            table = state.apps.get_model(app_label, self.model_name)._meta.db_table
            schema_editor.execute(f"ALTER TABLE {schema_editor.quote_name(table)} {change}")

    def describe(self) -> str:
        return f"Fill pages of {self.model_name} to {self.percent} percent"


def heavier(before: Any, after: Any, connection: Any) -> str:
    """What a column would gain, or in what it would change; empty where it only loses."""
    if (before.db_type(connection), before.null, before.column) != (
        after.db_type(connection),
        after.null,
        after.column,
    ):
        return "the column itself changes"
    gains = [
        name for name in ("unique", "db_index", "db_constraint") if getattr(after, name, 0) > getattr(before, name, 0)
    ]
    return f"it gains {', '.join(gains)}" if gains else ""
