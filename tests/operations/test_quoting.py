from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from app.cli import main
from app.operations.quoting import answer, quote_file
from app.operations.refusals import CannotStart
from tests.operations.quoted import ORDER, STEP

CASES = Path(os.environ.get("CASES_DIR", Path(__file__).parents[2].parent / "shared" / "cases"))


def told(path: Path) -> Any:
    return json.loads(quote_file(path))


def file(folder: Path, content: Any) -> Path:
    path = folder / "cases.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


@pytest.mark.skipif(
    not (CASES / "refunds_open.json").is_file(), reason=f"no acceptance cases in {CASES}: set CASES_DIR"
)
def test_the_acceptance_cases_come_out_to_the_last_minor_unit() -> None:
    cases = json.loads((CASES / "refunds_open.json").read_text())
    assert told(CASES / "refunds_open.json") == [{"id": case["id"], **case["expected"]} for case in cases]


def test_a_case_is_answered_step_by_step_and_what_else_it_holds_is_ignored(tmp_path: Path) -> None:
    steps = [STEP, STEP | {"shipping": "full", "fee": {"amount": "2.00"}}, STEP]
    [got] = told(file(tmp_path, [{"id": "one", "order": ORDER, "steps": steps, "title": "x", "expected": {}}]))
    assert got["id"] == "one"
    assert got["steps"][0] == {
        "refused": None,
        **dict.fromkeys(("duty", "shipping", "shipping_tax", "restocking_fee", "fee", "bonus"), "0.00"),
        **dict.fromkeys(("exchange_total", "owed", "store_credit_issued"), "0.00"),
        "net": "5.00",
        "tax": "1.00",
        "total": "6.00",
        "by_payment": {"P": "6.00"},
        "by_gateway": {"card": "6.00"},
    }
    assert (got["steps"][1]["shipping"], got["steps"][1]["fee"], got["steps"][1]["total"]) == ("4.00", "2.00", "8.00")
    assert got["steps"][2] == {"refused": "QUANTITY_EXCEEDS_REFUNDABLE"}
    assert got["after"] == {
        "refunded_total": "14.00",
        "remaining_refundable": "0.00",
        "remaining_units": {"L": 0},
        "payments_left": {"P": "2.00"},
    }


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"currency": "USD"}, "CURRENCY_MISMATCH"),
        ({"currency": "USD", "lines": [{"line": "X", "quantity": 0}]}, "CURRENCY_MISMATCH"),
        ({"lines": [{"line": "X", "quantity": 0}]}, "UNKNOWN_LINE"),
        ({"lines": [{"line": "L", "quantity": 0}]}, "INVALID_QUANTITY"),
        ({"lines": [{"line": "L", "quantity": 1.5}]}, "INVALID_QUANTITY"),
        ({"lines": [{"line": "L", "quantity": "1"}]}, "INVALID_QUANTITY"),
        ({"lines": [{"line": "L", "quantity": None}]}, "INVALID_QUANTITY"),
        ({"lines": [{"line": "L", "quantity": 1}] * 2}, "INVALID_QUANTITY"),
        ({"lines": [{"line": "L", "quantity": 3}], "bonus": {"amount": "1.00"}}, "QUANTITY_EXCEEDS_REFUNDABLE"),
        ({"bonus": {"percent": 10}}, "BONUS_NEEDS_CREDIT_OR_EXCHANGE"),
    ],
)
def test_a_step_that_cannot_be_is_refused_by_its_code_and_changes_nothing(change: dict[str, Any], code: str) -> None:
    got = answer({"id": "r", "order": ORDER, "steps": [STEP | change, STEP]})
    assert got["steps"][0] == {"refused": code}
    assert got["steps"][1]["total"] == "6.00"


def test_shipping_goes_back_once_and_more_than_was_paid_never() -> None:
    full = {"lines": [], "shipping": "full", "method": "original"}
    got = answer({"id": "s", "order": ORDER, "steps": [full, full, full | {"shipping": "remaining"}]})
    assert [step.get("total", step["refused"]) for step in got["steps"]] == [
        "4.00",
        "SHIPPING_ALREADY_REFUNDED",
        "0.00",
    ]
    short = ORDER | {"payments": [{"id": "P", "gateway": "card", "amount": "5.99"}]}
    assert answer({"id": "p", "order": short, "steps": [STEP]})["steps"] == [{"refused": "EXCEEDS_PAID"}]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("{", "is no JSON"),
        ({"id": 1}, "holds no JSON array"),
        ([1], "Case number 1 is malformed"),
        ([{"id": "a", "steps": []}], "Case a: 'order' is missing"),
        ([{"id": "a", "order": ORDER | {"currency": "euro"}, "steps": []}], "Case a is malformed"),
        ([{"id": "a", "order": ORDER, "steps": [STEP | {"shipping": "twice"}]}], "Case a is malformed"),
        ([{"id": "a", "order": ORDER, "steps": [STEP | {"fee": {"amount": "1.005"}}]}], "Case a is malformed"),
    ],
)
def test_a_file_that_is_no_file_of_cases_gives_one_sentence(tmp_path: Path, content: Any, says: str) -> None:
    with pytest.raises(CannotStart, match=says):
        quote_file(file(tmp_path, content))


def test_the_command_prints_json_and_a_missing_file_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["quote", str(file(tmp_path, [{"id": "x", "order": ORDER, "steps": []}]))]) == 0
    assert json.loads(capsys.readouterr().out)[0]["after"]["remaining_refundable"] == "16.00"
    assert main(["quote", str(tmp_path / "nowhere.json")]) == 1
    assert "cannot be read" in capsys.readouterr().err
