#!/usr/bin/env python3
"""Extract messages from the sources and update every catalogue; ``--check`` changes nothing and judges.

``--check`` exits with 1 when a source message is missing from a catalogue, is not translated, is fuzzy, or is
translated with other placeholders than its source has; and when a catalogue holds a message no source uses.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from babel import Locale
from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po, write_po

from app.core.kit.texts import placeholders_agree, translated_forms

APP = ROOT / "app"
LOCALE = APP / "locale"
# ``say`` is a paragraph of a mail (app/providers/mail/notices.py).
KEYWORDS = {**DEFAULT_KEYWORDS, "say": None}


def extract() -> Catalog:
    """Every message in the sources, in the order of the files."""
    with (LOCALE / "babel.cfg").open() as file:
        methods, options = parse_mapping_cfg(file)  # type: ignore[no-untyped-call]
    template = Catalog(project="helloword", charset="utf-8", header_comment="# Messages of Helloword.")
    found = extract_from_dir(
        APP, method_map=methods, options_map=options, keywords=KEYWORDS, comment_tags=("Translators:",)
    )
    for filename, _line, message, comments, context in sorted(found, key=lambda row: (row[0], row[1])):
        template.add(message, None, [(f"app/{filename}", 0)], auto_comments=comments, context=context)
    return template


def catalogues() -> Iterator[tuple[str, Path, Catalog]]:
    """(tag, file, catalogue) of every language that has a file."""
    for path in sorted(LOCALE.glob("*/LC_MESSAGES/messages.po")):
        tag = path.parent.parent.name
        with path.open("rb") as file:
            yield tag, path, read_po(file, locale=str(Locale.parse(tag, sep="-")))


def update(template: Catalog) -> None:
    """Write every catalogue anew: new messages empty, unused ones gone, nothing guessed."""
    for tag, path, catalogue in catalogues():
        catalogue.update(template, no_fuzzy_matching=True, update_creation_date=False)
        catalogue.obsolete.clear()
        catalogue.fuzzy = False
        catalogue.version = catalogue.last_translator = catalogue.language_team = "Helloword"
        catalogue.msgid_bugs_address = "Helloword"
        catalogue.revision_date = catalogue.creation_date
        written = io.BytesIO()
        write_po(written, catalogue, include_lineno=False, width=120, ignore_obsolete=True)
        path.write_bytes(written.getvalue())
        missing = sum(1 for message in catalogue if message.id and not translated_forms(message))
        print(f"{tag}: {len(catalogue)} messages, {missing} to translate")


def judge(template: Catalog) -> list[str]:
    """What is wrong, a line each."""
    wrong: list[str] = []
    for tag, _path, catalogue in catalogues():
        for source in template:
            if not source.id:
                continue
            shown = source.id if isinstance(source.id, str) else source.id[0]
            message = catalogue.get(source.id, source.context)
            if message is None or message.id != source.id:
                wrong.append(f"{tag}: not in the catalogue: {shown}")
            elif not translated_forms(message):
                wrong.append(f"{tag}: not translated: {shown}")
            elif message.fuzzy:
                wrong.append(f"{tag}: fuzzy: {shown}")
            elif not placeholders_agree(message.id, translated_forms(message)):
                wrong.append(f"{tag}: placeholders differ: {shown}")
        wrong.extend(
            f"{tag}: no longer used: {message.id}"
            for message in catalogue
            if message.id and template.get(message.id, message.context) is None
        )
    return wrong


def main(arguments: list[str]) -> int:
    """Exit code 0 when all is well."""
    if arguments not in ([], ["--check"]):
        print("usage: bin/texts [--check]", file=sys.stderr)
        return 2
    template = extract()
    if not arguments:
        update(template)
        return 0
    wrong = judge(template)
    for line in wrong:
        print(line, file=sys.stderr)
    print(f"{len(template)} messages, {len(wrong)} wrong" + (": run bin/texts, then translate" if wrong else ""))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
