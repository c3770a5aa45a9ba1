"""Lines of the log say what they belong to, and name nobody."""

import json
import logging
import threading

import pytest
from django.db import IntegrityError, transaction

from conversion import logs
from tests.factories import lead


@pytest.fixture
def said():
    """Logs through a formatter and gives the line back."""

    def say(form, message, *values, **options):
        logger = logging.getLogger("tests.logs")
        error = options.pop("exc_info", None)
        record = logger.makeRecord(logger.name, logging.WARNING, __file__, 1, message, values, error)
        logs.Ids().filter(record)
        return logs.FORMATS[form]().format(record)

    return say


def test_ids_stand_in_a_line_and_go_with_their_block(said):
    with logs.about(request="r-1"):
        with logs.about(client="c-1"):
            logs.add(run="u-1")
            inside = said("line", "learned %d", 3)
        outside = said("line", "done")
    assert inside.endswith(" WARNING tests.logs learned 3 request=r-1 client=c-1 run=u-1")
    assert outside.endswith(" WARNING tests.logs done request=r-1")
    assert said("line", "nothing").endswith("nothing")


def test_ids_are_fields_of_a_json_line(said):
    with logs.about(client="c-1"):
        found = json.loads(said("json", 'said "%s"', "ü"))
    moment = found.pop("timestamp")
    assert moment.endswith("+00:00")
    assert found == {"level": "WARNING", "logger": "tests.logs", "message": 'said "ü"', "client": "c-1"}


def test_what_a_process_is_goes_with_all_its_threads(said, monkeypatch):
    monkeypatch.setattr(logs, "_of_process", {})
    logs.of_process(command="run_sender")
    lines = []
    one = threading.Thread(target=lambda: lines.append(said("line", "hello")))
    one.start()
    one.join()
    assert lines[0].endswith("hello command=run_sender")


def test_outside_of_any_block_nothing_sticks(said):
    logs.add(client="c-1")
    assert said("line", "hello").endswith("hello")


def test_an_unknown_id_is_refused():
    with pytest.raises(ValueError, match="knows no lead"):
        logs.add(lead="x")


@pytest.mark.parametrize("form", ["line", "json"])
def test_addresses_and_numbers_are_taken_out(said, form):
    line = said(
        form, "from %s to %s at %s", "Jo <jo.doe+x@mail.acme.com>", "+61 2 5550 1234", "2026-03-02T10:00:00+00:00"
    )
    assert "from Jo <[address]> to [number] at 2026-03-02T10:00:00+00:00" in line
    if form == "json":
        json.loads(line)


@pytest.mark.django_db
@pytest.mark.parametrize("form", ["line", "json"])
def test_a_refused_row_is_not_repeated_in_the_log(customer, said, form):
    """PostgreSQL's error tells the whole row; SQLite's names columns alone."""
    found = lead(customer, email="jo@acme.example", first_name="Josephine", external_id="L-1")
    person = {"email": "ann@acme.example", "first_name": "Annabel"}  # a traceback shows the lines of the code
    try:
        with transaction.atomic():
            lead(customer, **person, pk=found.pk)
    except IntegrityError as error:
        line = said(form, "broke", exc_info=(type(error), error, error.__traceback__))
    assert "Annabel" not in line
    assert "ann@" not in line
    assert "IntegrityError" in line
    if form == "json":
        assert "IntegrityError" in json.loads(line)["exc_info"]


@pytest.mark.parametrize(("form", "expected"), [("line", logs.Line), ("json", logs.Json)])
def test_the_configuration_of_either_form_works(form, expected):
    found = logs.configuration(form, "INFO")
    assert found["formatters"]["chosen"]["()"] is expected
    assert found["root"] == {"handlers": ["console"], "level": "INFO"}
