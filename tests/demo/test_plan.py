from __future__ import annotations

from pathlib import Path

from demo.plan import Plan


def test_a_demo_keeps_its_secrets_to_itself_and_for_the_next_time(tmp_path: Path) -> None:
    first = Plan.at(tmp_path / "demo", 8000)
    again = Plan.at(tmp_path / "demo", 9000)
    assert (first.consumer_secret, first.access_token) == (again.consumer_secret, again.access_token)
    assert (tmp_path / "demo" / "demo.json").stat().st_mode & 0o077 == 0
    assert Plan.at(tmp_path / "other", 8000).consumer_secret != first.consumer_secret


def test_the_ports_follow_each_other_or_are_free_ones(tmp_path: Path) -> None:
    assert list(Plan.at(tmp_path, 8000).ports.values()) == [8000, 8001, 8002, 8003, 8004]
    taken = list(Plan.at(tmp_path).ports.values())
    assert len(set(taken)) == 5
    assert min(taken) > 1023


def test_a_process_of_the_demo_gets_the_whole_plan(tmp_path: Path) -> None:
    plan = Plan.at(tmp_path, 8000)
    assert Plan.from_json(plan.to_json()) == plan
