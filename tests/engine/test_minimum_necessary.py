"""What must not be stored is recognised as a person would recognise it, wherever the tenant puts it, and is not repeated in the refusal."""

import contextlib
import hashlib
import json

import pytest

from scanners import looking
from scanners.errors import EvidenceRefused, Unrecognised
from scanners.minimum_necessary import code_alone, refuse_what_must_not_be_stored, without_addresses
from scanners.model import Ask, Fact
from scanners.ports import Answer
from scanners.reading import Row, absent_is_null
from tests.controls.looking_at import Memory

ADDRESSES = (
    "roz@clinic.example",
    "josé@clinic.example",
    "roz@kliník.example",
    "пётр@клиника.рф",
    "roz\uff20clinic.example",
    "roz@clinic\u3002example",
    "roz\u200b@clinic.example",
    "roz@\u00adclinic.example",
    "roz%40clinic.example",
    "roz_elsewhere.example#EXT#@clinic.onmicrosoft.com",
    "roz&co@clinic.example",
    '"roz b"@clinic.example',
    "roz@[192.0.2.7]",
    "i:0#.f|membership|roz@clinic.example",
)
NUMBERS = ("078-05-1120", "078 05 1120", "078\u201105\u20111120", "078\u201305\u20131120", "078\u00a005\u00a01120", "\uff10\uff17\uff18-05-1120")
HARMLESS = (
    "Block legacy sign-in",
    "2026-11-24",
    "aaaaaaaa-0000-4000-8000-000000000001",
    "a@b",
    "50 % of 3@4",
    "KB078-05-1120-7",
    "#microsoft.graph.user",
)


class Named(Row):
    """What the fact of these tests keeps."""

    id: str
    display_name: str | None = absent_is_null()


OPEN = Fact(reading=dict, id="anything")
LISTED = Fact(reading=tuple[Named, ...], id="named", keep="selected")


@pytest.mark.parametrize("text", [*ADDRESSES, *NUMBERS])
@pytest.mark.parametrize("place", ["value", "key", "deep"])
def test_it_is_refused_in_values_and_in_names_and_not_repeated(text: str, place: str) -> None:
    pages = {"value": {"displayName": f"Case of {text}"}, "key": {text: True}, "deep": {"a": [{"b": [{text: None}, f"x {text}"]}]}}
    with pytest.raises(EvidenceRefused) as refusal:
        refuse_what_must_not_be_stored(OPEN, pages[place])
    assert text not in str(refusal.value)
    assert "roz" not in str(refusal.value)


@pytest.mark.parametrize("text", HARMLESS)
def test_what_only_looks_a_little_like_it_is_stored(text: str) -> None:
    refuse_what_must_not_be_stored(OPEN, {"displayName": text, "members@odata.bind": ["x"], "x@microsoft.graph.removed": 1})
    assert without_addresses(text) == text


def test_an_unlisted_property_is_named_only_when_it_is_a_name() -> None:
    with pytest.raises(EvidenceRefused, match=r"the answer holds jobTitle,"):
        refuse_what_must_not_be_stored(LISTED, {"value": [{"id": "1", "jobTitle": "x"}]})
    with pytest.raises(EvidenceRefused) as refusal:
        refuse_what_must_not_be_stored(LISTED, {"value": [{"id": "1", "Rosalind Achterberg": "x"}]})
    assert "Achterberg" not in str(refusal.value)


@pytest.mark.parametrize("text", [*ADDRESSES, *NUMBERS])
def test_a_name_is_kept_without_it(text: str) -> None:
    cleaned = without_addresses(f"All but {text} need it")
    assert text not in cleaned
    refuse_what_must_not_be_stored(OPEN, {"displayName": cleaned})


def test_of_a_refusal_only_the_code_is_stored() -> None:
    said = {
        "error": {"code": "Request_ResourceNotFound", "message": "Resource 'roz@clinic.example' does not exist", "innerError": {"x": "Achterberg"}}
    }
    assert json.loads(code_alone(json.dumps(said).encode())) == {"error": {"code": "Request_ResourceNotFound"}}
    for odd in (
        b"<html>Achterberg</html>",
        b"[]",
        b'{"error":"Achterberg"}',
        b'{"error":{"code":"Rosalind Achterberg"}}',
        b'{"error":{"code":7}}',
        b"",
    ):
        assert code_alone(odd) == b"{}"
    evidence, body = Memory(), json.dumps(said).encode()
    answer = Answer(404, body, "/v1.0/users/1", "GET", None, None, None, "v1.0", "supported")
    page = looking._store(LISTED, evidence, answer, 1, 0, 0, "1")
    assert b"roz" not in evidence.pages[page.blob]
    assert page.received_sha256 == hashlib.sha256(body).hexdigest()
    assert page.stored_sha256 == hashlib.sha256(evidence.pages[page.blob]).hexdigest()


def test_bytes_stay_as_received_where_nothing_must_go() -> None:
    plain = Fact(reading=tuple[Named, ...], id="named", keep="listed", reduce=lambda page: page, asks=(Ask(path="/x"),))
    received = b'{ "value": [ {"id":"1", "displayName": "Caf\\u00e9"} ] }'
    assert looking.stored_form(plain, received) == (received, 1)
    more = b'{"value":[{"id":"1","mail":"roz@clinic.example"}]}'
    assert looking.stored_form(plain, more) == (b'{"value":[{"id":"1"}]}', 1)


def test_a_property_that_comes_twice_hides_nothing() -> None:
    with pytest.raises(Unrecognised):
        looking.stored_form(LISTED, b'{"value":[{"id":"1","displayName":"roz@clinic.example","displayName":"x"}]}')


@pytest.mark.parametrize("depth", [400, 1500, 5000, 90_000])
def test_a_page_that_is_nested_without_end_is_unknown_and_crashes_nothing(depth: int) -> None:
    nested = b'{"id":"1","displayName":' + b"[" * depth + b"]" * depth + b"}"
    for fact in (LISTED, OPEN, Fact(reading=Named, id="one", keep="listed")):
        if depth == 90_000:
            with pytest.raises(Unrecognised, match="form"):
                looking.stored_form(fact, nested)
        else:
            with contextlib.suppress(Unrecognised):
                looking.stored_form(fact, nested)


def test_half_a_character_in_a_page_that_is_changed_is_stored_as_json_spells_it() -> None:
    fact = Fact(reading=tuple[Named, ...], id="named", keep="listed")
    body, _ = looking.stored_form(fact, b'{"value":[{"id":"\\ud800","more":1}]}')
    assert json.loads(body) == {"value": [{"id": "\ud800"}]}
