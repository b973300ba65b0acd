"""The fields of a statement's details: every type has them, what they say is the JSON that a program would send, and nothing is made up."""

import re
from datetime import date, timedelta
from html import unescape
from typing import Any

import pytest

from api.console_answers import answers
from api.console_details import ROWS, choice, fields_in, fields_of, sentence
from api.console_fields import most_inputs, shown, values_of
from api.statements import types
from reporting.filling import detail_problems
from scanners.reading import Row
from scanners.statements import as_written
from tests.api.rig import OWNER, Api
from tests.api.test_console import form_of, session
from tests.api.test_console_forms import Page

TYPES = sorted(types())
WORDS = "This is true today and somebody looked at it with care."
HEAD = {
    "no_phi": "yes",
    "statement": WORDS,
    "attester.name": "Mara Quill",
    "attester.title": "Head of contracts",
    "attester.entra_object_id": OWNER,
    "effective_from": "2026-11-24",
}


def example(name: str) -> dict[str, Any]:
    sample = types()[name].sample
    return dict((sample[0] if isinstance(sample, list) else sample)["details"])


def filled(name: str) -> dict[str, str]:
    return values_of(fields_of(types()[name]), example(name))


def head(name: str) -> dict[str, str]:
    return {**HEAD, "type": name, "attester.role": str(getattr(types()[name].statement, "attester_role"))}  # noqa: B009 - every one of these has one


@pytest.mark.parametrize("name", TYPES)
def test_the_fields_of_every_type_say_what_its_example_says(name: str) -> None:
    fields, values = fields_of(types()[name]), filled(name)
    found = answers(fields, values)
    assert (found.details, found.problems) == (example(name), {})
    assert detail_problems(found.details, types()[name]) == {}
    assert all(each.kind != "yaml" for each in fields), "every type of today has fields"
    assert all(isinstance(text, str) for text in values.values())


@pytest.mark.parametrize("name", TYPES)
def test_an_empty_form_makes_nothing_up(name: str) -> None:
    fields = fields_of(types()[name])
    found = answers(fields, {})
    assert found.problems
    for each in fields:
        if each.kind in ("yes_no", "number", "day", "one_of", "rows", "text", "long", "id") and not each.optional:
            assert f"details.{each.name}" in found.problems
            assert each.name not in found.details
        if each.null:
            assert found.details[each.name] is None


def test_what_may_be_left_empty_is_null_and_never_an_empty_text() -> None:
    values = {name: text for name, text in filled("business_associate_register").items() if not name.endswith("baa_until")}
    (row,) = answers(fields_of(types()["business_associate_register"]), values).details["entries"]
    assert row["baa_until"] is None
    measure = filled("addressable_decision") | {"details.equivalent_measure": ""}
    assert answers(fields_of(types()["addressable_decision"]), measure).details["equivalent_measure"] == "", "here an empty text is an answer"


def test_rows_between_empty_ones_are_kept_and_their_problems_stand_at_them() -> None:
    fields, values = fields_of(types()["emergency_accounts"]), {"details.alert_recipients": "2", "details.accounts.7.object_id": "nonsense"}
    values |= {
        "details.accounts.3.object_id": OWNER,
        "details.accounts.3.purpose": "lockout recovery",
        "details.accounts.3.drills": "2026-09-15\n\n2026-10-01",
    }
    found = answers(fields, values)
    assert set(found.problems) == {"details.accounts.7.object_id", "details.accounts.7.purpose"}
    assert found.details["accounts"][0] == {"object_id": OWNER, "purpose": "lockout recovery", "drills": ["2026-09-15", "2026-10-01"]}
    assert found.places["details.accounts[1].purpose"] == "details.accounts.7.purpose"


def test_that_there_are_none_is_said_and_not_guessed() -> None:
    fields = fields_of(types()["service_accounts"])
    assert "details.entries" in answers(fields, {}).problems
    assert answers(fields, {"details.entries.none": "yes"}).details == {"entries": []}
    assert "details.entries" in answers(fields, {**filled("service_accounts"), "details.entries.none": "yes"}).problems


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("alert_recipients", "-1"),
        ("alert_recipients", "2.0"),
        ("alert_recipients", "\u0662"),
        ("alert_recipients", "9" * 10_000),
        ("accounts.0.object_id", "00000000-0000-0000-0000-000000000000"),
        ("accounts.0.drills", "15.9.2026"),
        ("accounts.0.drills", "2026-02-30"),
        ("accounts.0.drills", "0001-01-01"),
        ("accounts.0.purpose", "x" * 10_000),
        ("accounts.0.purpose", "..."),
        ("accounts.0.purpose", "write to ada@clinic.example"),
    ],
)
def test_a_value_that_cannot_be_is_a_fault_of_its_field(field: str, text: str) -> None:
    found = answers(fields_of(types()["emergency_accounts"]), {**filled("emergency_accounts"), f"details.{field}": text})
    assert list(found.problems) == [f"details.{field}"]
    assert text not in found.problems[f"details.{field}"]


class Deep(Row, spelling=as_written):
    """Deeper than fields go."""

    inner: tuple[tuple[str, ...], ...]


class Odd(Row, spelling=as_written):
    """What no type of today holds."""

    deep: tuple[Deep, ...]
    ratio: float
    maybe: bool | None


def test_what_has_no_field_is_asked_for_as_yaml() -> None:
    said = {"deep": [{"inner": [["a"], []]}], "ratio": 0.5, "maybe": None}
    fields = fields_in(Odd, said)
    assert [(each.kind, each.optional) for each in fields] == [("rows", False), ("yaml", False), ("yes_no", True)]
    assert fields[0].inside[0].kind == "yaml"
    assert answers(fields, values_of(fields, said)).details == said
    assert answers(fields, {"details.ratio": "a: &a [*a]"}).problems["details.ratio"] == "are neither YAML nor JSON"


def test_names_read_as_words() -> None:
    assert [sentence(name) for name in ("handles_phi", "services_with_ephi", "SettingName", "covers_microsoft_365", "ephi_location_count")] == [
        "Handles PHI",
        "Services with ePHI",
        "Setting name",
        "Covers Microsoft 365",
        "ePHI location count",
    ]
    assert [choice(value) for value in ("covered_entity", "SOC 2 Type 2", "csp")] == ["Covered entity", "SOC 2 Type 2", "CSP"]


def test_rows_grow_to_their_measure_and_no_further() -> None:
    fact, place = types()["service_accounts"], "details.entries"
    day = date(2026, 11, 24)
    assert shown(fact, {}, {}, day, "").rows[place] == 2
    assert shown(fact, filled("service_accounts"), {}, day, "").rows[place] == 3
    more = shown(fact, {**filled("service_accounts"), f"{place}.rows": "3"}, {}, day, place)
    assert (more.rows[place], more.fresh) == (8, f"{place}.3")
    for told in ("999", "198", "9999999", "-5", "\u0663", "x"):
        assert 2 <= shown(fact, {f"{place}.rows": told}, {}, day, place).rows[place] <= ROWS


@pytest.mark.parametrize("name", TYPES)
def test_changing_between_fields_and_yaml_loses_nothing(name: str) -> None:
    fact, day = types()[name], date(2026, 11, 24)
    values = filled(name)
    if detail := next((each for each in values if re.search(r"(version|vendor|_on|purpose|reason)$", each)), None):
        values[detail] = "2001-02-03"
    boxed = shown(fact, values, {}, day, "yaml")
    assert boxed.fields == ()
    back = shown(fact, {"type": name, "details": boxed.values["details"], "statement": WORDS}, {}, day, "fields")
    said = {each: text for each, text in back.values.items() if each.startswith("details")}
    assert said == (values if detail else {}), "an example that nobody changed is nobody's answer"
    assert back.values["statement"] == WORDS
    odd = shown(fact, {"details": "nonsense: 1"}, {}, day, "fields")
    assert (odd.fields, odd.values["details"], list(odd.problems)) == ((), "nonsense: 1", ["details"])


def test_the_measure_of_a_form_follows_its_type() -> None:
    assert {name: most_inputs(fields_of(types()[name])) for name in ("plan_documents", "business_associate_register")} == {
        "plan_documents": 4,
        "business_associate_register": 2002,
    }


# --- over HTTP


@pytest.mark.parametrize("name", TYPES)
def test_every_type_is_recorded_from_its_fields(app: Api, name: str) -> None:
    token, headers = form_of(app, app.bearer(), f"/statement?type={name}")
    sent = {**head(name), **filled(name), "form_token": token}
    answer = app.form(f"/console/statement?type={name}", sent, key=None, headers=headers)
    assert answer.status == 303, answer.text
    made = max(app.get(f"/v1/statements?type={name}&limit=200").json["statements"], key=lambda each: each["submitted_at"])
    assert made["details"] == example(name)
    assert (
        app.ask("POST", f"/console/statements/{made['id']}/withdraw", key=None, body=f"form_token={token}".encode(), headers=FORM | headers).status
        == 303
    )


FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def test_a_question_without_an_answer_is_a_problem_at_the_question(app: Api) -> None:
    token, headers = form_of(app, app.bearer(), "/statement?type=baa_microsoft")
    sent = {**head("baa_microsoft"), **filled("baa_microsoft"), "statement": "short", "form_token": token}
    del sent["details.clauses.accounting"], sent["no_phi"]
    answer = app.form("/console/statement?type=baa_microsoft", sent, key=None, headers=headers)
    assert answer.status == 422
    page, at = Page(answer.text), "details.clauses.accounting"
    assert (page.ids[at]["aria-invalid"], page.ids[at]["aria-describedby"]) == ("true", f"{at}-error")
    assert "must be answered" in page.text[f"{at}-error"]
    assert {f"#{at}", "#statement", "#no_phi"} <= set(page.links), "everything that is wrong is said at once"
    assert page.ids[f"{at}-no"].keys().isdisjoint({"checked"})
    assert page.ids[f"{at}-yes"].keys().isdisjoint({"checked"})
    assert "checked" in page.ids["details.clauses.access-yes"]
    assert page.ids["details.agreement_number"]["value"] == "E-1234567"


def test_hostile_values_stay_inert(app: Api) -> None:
    name = "business_associate_register"
    token, headers = form_of(app, app.bearer(), f"/statement?type={name}")
    evil = "\"'><img src=x onerror=alert(1)></textarea><script>alert(1)</script>\u202egnp\x00\x07" + "x" * 10_000
    rows = {
        f"details.entries.{row}.{field}": evil for row in (0, 70, 199) for field in ("name", "app_ids", "handles_phi", "baa_until", "reviewed_on")
    }
    odd = {"details.entries.200.name": evil, "details.entries.rows": evil, f"details.{evil[:30]}": "x", "details.entries.x.name": evil}
    answer = app.form(f"/console/statement?type={name}", {**head(name), **rows, **odd, "form_token": token}, key=None, headers=headers)
    assert answer.status == 422
    assert not re.search(r"<img|<script|\u202e|\x00|\x07", answer.text)
    assert "details.entries.199.name" in Page(answer.text).ids
    assert "details.entries.200.name" not in Page(answer.text).ids


def test_a_register_of_two_hundred_rows_is_taken_and_more_fields_are_not(app: Api) -> None:
    name = "business_associate_register"
    token, headers = form_of(app, app.bearer(), f"/statement?type={name}")
    one = {key.removeprefix("details.entries.0."): text for key, text in filled(name).items()}
    rows = {f"details.entries.{row}.{field}": text for row in range(ROWS) for field, text in one.items()}
    sent = {**head(name), **rows, "form_token": token}
    assert app.form(f"/console/statement?type={name}", sent, key=None, headers=headers).status == 303
    made = max(app.get(f"/v1/statements?type={name}&limit=200").json["statements"], key=lambda each: each["submitted_at"])
    assert len(made["details"]["entries"]) == ROWS
    assert (
        app.ask("POST", f"/console/statements/{made['id']}/withdraw", key=None, body=f"form_token={token}".encode(), headers=FORM | headers).status
        == 303
    )
    assert app.ask("POST", f"/console/statement?type={name}", key=None, body=b"a=1&" * 2100, headers=FORM | headers).status == 400
    assert app.ask("POST", "/console/statement?type=plan_documents", key=None, body=b"a=1&" * 70, headers=FORM | headers).status == 400


def test_what_was_typed_comes_back_after_the_session_has_ended(app: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    from runs.context import Context

    name = "business_associate_register"
    token, headers = form_of(app, {"Cookie": session(app)}, f"/statement?type={name}")
    rows = {key.replace(".0.", ".11."): text for key, text in filled(name).items()}
    sent = {**head(name), **filled(name), **rows, "details.entries.rows": "14", "details.<b>": "x", "form_token": token}
    now = Context.clock
    monkeypatch.setattr(Context, "clock", lambda self: now(self) + timedelta(minutes=31))
    ended = app.form(f"/console/statement?type={name}", sent, key=None, headers=headers)
    assert ended.status == 401
    kept = {unescape(each): unescape(text) for each, text in re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', ended.text)}
    assert {each: text for each, text in kept.items() if each.startswith("details")} == {
        each: text for each, text in (filled(name) | rows).items() if text
    }
    monkeypatch.setattr(Context, "clock", now)
    token, again = form_of(app, {"Cookie": session(app)}, f"/statement?type={name}")
    shown_again = Page(app.form(f"/console/statement?type={name}", {**kept, "form_token": token}, key=None, headers=again).text)
    assert shown_again.ids["details.entries.11.name"]["value"] == "Harbor Charting Inc"
    assert "checked" in shown_again.ids["details.entries.11.subcontractor-no"]
