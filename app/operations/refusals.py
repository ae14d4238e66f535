"""How a command line ends when it cannot do what was asked: one sentence, no traceback."""

from __future__ import annotations


class CannotStart(Exception):
    """What is wrong and what to do about it, in one or two sentences for the person at the keyboard."""
