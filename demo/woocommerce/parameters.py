"""Parameters of a call, as WordPress's schema checks them before anything else happens. Unknown ones are ignored."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NoReturn

from demo.woocommerce.errors import invalid_params, missing_param, refuse

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:[Zz]|[+-]\d{2}(?::\d{2})?)?")
_TRUE, _FALSE = {"true", "1", "yes", "on"}, {"false", "0", "no", "off", ""}
_INDEXED = re.compile(r"(?P<name>[^\[\]]+)\[\d*\]")


@dataclass(frozen=True, slots=True)
class Arg:
    """One parameter. ``kind``: string, integer, boolean, date, list (of texts), ids (a list of integers), any."""

    kind: str = "string"
    default: Any = None
    among: tuple[str, ...] = ()
    at_least: int | None = None
    at_most: int | None = None
    required: bool = False


Args = Mapping[str, Arg]

PAGING: Final[Args] = {
    "context": Arg(default="view", among=("view", "edit")),
    "page": Arg("integer", 1, at_least=1),
    "per_page": Arg("integer", 10, at_least=1, at_most=100),
    "search": Arg(),
    "after": Arg("date"),
    "before": Arg("date"),
    "exclude": Arg("ids", ()),
    "include": Arg("ids", ()),
    "offset": Arg("integer"),
    "order": Arg(default="desc", among=("asc", "desc")),
}
LISTING: Final[Args] = {
    **PAGING,
    "modified_after": Arg("date"),
    "modified_before": Arg("date"),
    "dates_are_gmt": Arg("boolean", default=False),
    "orderby": Arg(default="date", among=("date", "id", "include", "title", "slug", "modified")),
}
WITH_PARENT: Final[Args] = {"parent": Arg("ids", ()), "parent_exclude": Arg("ids", ())}
WITH_META: Final[Args] = {"include_meta": Arg("list", ()), "exclude_meta": Arg("list", ())}
DECIMALS: Final[Args] = {"dp": Arg("integer", 2)}
FORCE: Final[Args] = {"force": Arg("boolean", default=False)}


def collect(pairs: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """The query as PHP reads it: ``include[]=1&include[]=2`` is a list, of a plain name the last one counts."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        indexed = _INDEXED.fullmatch(name)
        if indexed:
            known = found.setdefault(indexed["name"], [])
            if isinstance(known, list):
                known.append(value)
        else:
            found[name] = value
    return found


def read(given: Mapping[str, Any], args: Args) -> dict[str, Any]:
    """``given`` with the values of ``args`` checked, converted and filled in. Raises WpError (400) with all faults."""
    missing = [name for name, arg in args.items() if arg.required and given.get(name) is None]
    if missing:
        refuse(missing_param(*missing))
    values, wrong = dict(given), {}
    for name, arg in args.items():
        if given.get(name) is None:
            values[name] = list(arg.default) if isinstance(arg.default, tuple) else arg.default
            continue
        try:
            values[name] = _value(name, given[name], arg)
        except _Wrong as fault:
            wrong[name] = (fault.message, fault.code)
    if wrong:
        refuse(invalid_params(wrong))
    return values


class _Wrong(Exception):
    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.message = message
        self.code = code


def _wrong(message: str, code: str) -> NoReturn:
    raise _Wrong(message, code)


def _value(name: str, value: Any, arg: Arg) -> Any:
    if arg.kind in {"list", "ids"}:
        parts = value if isinstance(value, list) else [one for one in str(value).split(",") if one.strip()]
        inner = Arg("integer" if arg.kind == "ids" else "string", among=arg.among)
        return [_value(f"{name}[{at}]", one, inner) for at, one in enumerate(parts)]
    found = _READERS[arg.kind](name, value) if arg.kind in _READERS else value
    if arg.among and found not in arg.among:
        listed = f"{', '.join(arg.among[:-1])}, and {arg.among[-1]}"
        _wrong(f"{name} is not one of {listed}.", "rest_not_in_enum")
    low, high = arg.at_least, arg.at_most
    if (low is not None and found < low) or (high is not None and found > high):
        if high is None:
            _wrong(f"{name} must be greater than or equal to {low}", "rest_out_of_bounds")
        _wrong(f"{name} must be between {low} (inclusive) and {high} (inclusive)", "rest_out_of_bounds")
    return found


def _integer(name: str, value: Any) -> int:
    if isinstance(value, bool) or not re.fullmatch(r"[+-]?\d{1,19}", str(value).strip()):
        _wrong(f"{name} is not of type integer.", "rest_invalid_type")
    return int(value)


def _boolean(name: str, value: Any) -> bool:
    word = str(value).lower()
    if word not in _TRUE | _FALSE:
        _wrong(f"{name} is not of type boolean.", "rest_invalid_type")
    return word in _TRUE


def _date(_name: str, value: Any) -> str:
    if not _DATE.fullmatch(str(value)):
        message = "Invalid date."
        _wrong(message, "rest_invalid_date")
    return str(value)


_READERS: Final[Mapping[str, Callable[[str, Any], Any]]] = {"integer": _integer, "boolean": _boolean, "date": _date}
