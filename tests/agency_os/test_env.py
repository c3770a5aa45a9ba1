"""The environment is read by type, and a bad value stops the start with its name."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from agency_os import env
from conversion import sight


@pytest.fixture
def given(monkeypatch):
    return lambda value, name="GIVEN": monkeypatch.setenv(name, value)


def test_text_falls_back_to_its_default(given):
    assert env.text("GIVEN", "default") == "default"
    given("  ")
    assert env.text("GIVEN", "default") == "default"
    given(" value ")
    assert env.text("GIVEN", "default") == "value"


def test_a_required_text_names_itself():
    with pytest.raises(ImproperlyConfigured, match=r"GIVEN is not set"):
        env.text("GIVEN")


def test_a_secret_may_be_a_file(given, tmp_path):
    path = tmp_path / "secret"
    path.write_text("hidden\n")
    given(str(path), "GIVEN_FILE")
    assert env.text("GIVEN") == "hidden"
    given("open")
    assert env.text("GIVEN") == "open"
    given("")
    given(str(tmp_path / "none"), "GIVEN_FILE")
    with pytest.raises(ImproperlyConfigured, match=r"GIVEN_FILE.*cannot be read"):
        env.text("GIVEN")


@pytest.mark.parametrize(("value", "meant"), [("true", True), ("YES", True), ("1", True), ("off", False), ("", True)])
def test_booleans(given, value, meant):
    given(value)
    assert env.boolean("GIVEN", default=True) is meant


def test_a_bad_boolean_stops_the_start(given):
    given("maybe")
    with pytest.raises(ImproperlyConfigured, match="GIVEN=maybe: give true or false"):
        env.boolean("GIVEN", default=False)


def test_integers(given):
    assert env.integer("GIVEN", default=3) == 3
    given("12")
    assert env.integer("GIVEN", default=3) == 12
    for bad in ("-1", "1.5", "٣", "many"):
        given(bad)
        with pytest.raises(ImproperlyConfigured, match="whole number of at least 0"):
            env.integer("GIVEN", default=3)


def test_names(given):
    given("a.example, b.example,")
    assert env.names("GIVEN") == ["a.example", "b.example"]


@pytest.mark.parametrize("bad", ["localhost:6379", "http://localhost", "redis:6379"])
def test_a_url_of_another_kind_is_refused(given, bad):
    given(bad)
    with pytest.raises(ImproperlyConfigured, match="GIVEN: give a URL that begins with redis://"):
        env.url("GIVEN", ("redis",))


def test_sqlite_is_opened_for_several_processes(given, tmp_path):
    given(f"sqlite:///{tmp_path}/deep/agency.sqlite3")
    config = env.database("GIVEN", "")
    assert config["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    assert "journal_mode=WAL" in config["OPTIONS"]["init_command"]
    assert (tmp_path / "deep").is_dir()


def test_postgresql(given):
    given("postgresql://ada:secret@db.example:5433/agency")
    config = env.database("GIVEN", "")
    assert config["ENGINE"] == "django.db.backends.postgresql"
    assert (config["NAME"], config["HOST"], config["PORT"]) == ("agency", "db.example", 5433)


@pytest.mark.parametrize("bad", ["mysql://localhost/agency", "postgresql://localhost", "postgresql://host:port/name"])
def test_other_databases_are_refused(given, bad):
    given(bad)
    with pytest.raises(ImproperlyConfigured, match="GIVEN: "):
        env.database("GIVEN", "")


def test_a_file_of_variables_never_overrides_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("GIVEN", "environment")
    monkeypatch.delenv("OTHER", raising=False)
    path = tmp_path / ".env"
    path.write_text("# comment\n\nGIVEN=file\nOTHER='quoted value'\n")
    env.load(path)
    assert env.text("GIVEN") == "environment"
    assert env.text("OTHER") == "quoted value"
    path.write_text("GIVEN\n")
    with pytest.raises(ImproperlyConfigured, match=r"\.env, line 1"):
        env.load(path)
    monkeypatch.delenv("OTHER")


def test_a_word_of_several(monkeypatch):
    monkeypatch.setenv("WORD", "JSON")
    assert env.one_of("WORD", ("line", "json"), default="line") == "json"
    monkeypatch.setenv("WORD", "")
    assert env.one_of("WORD", ("line", "json"), default="line") == "line"
    monkeypatch.setenv("WORD", "xml")
    with pytest.raises(ImproperlyConfigured, match="WORD=xml: give one of line, json"):
        env.one_of("WORD", ("line", "json"), default="line")


def test_postgresql_has_limits(monkeypatch):
    monkeypatch.setenv("DB", "postgresql://me@db.example/agency")
    plain = env.database("DB", "", env.Limits())
    assert plain["CONN_MAX_AGE"] == 60
    assert plain["OPTIONS"]["connect_timeout"] == 10
    assert "options" not in plain["OPTIONS"]
    assert "pool" not in plain["OPTIONS"]
    limited = env.database("DB", "", env.Limits(pool=6, statement=30, idle=60, lock=2))
    assert limited["OPTIONS"]["options"] == (
        "-c statement_timeout=30000 -c idle_in_transaction_session_timeout=60000 -c lock_timeout=2000"
    )
    pool = {"min_size": 0, "max_size": 6, "timeout": 10, "reset": sight.taken_back}
    assert limited["OPTIONS"]["pool"] == pool
    assert limited["CONN_MAX_AGE"] == 0  # a pool refuses anything else


def test_what_the_url_says_of_a_connection_stays(monkeypatch):
    monkeypatch.setenv("DB", "postgresql://me@db.example/agency?connect_timeout=3")
    assert int(env.database("DB", "", env.Limits())["OPTIONS"]["connect_timeout"]) == 3
