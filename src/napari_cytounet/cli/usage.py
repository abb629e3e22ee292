"""A command that was not understood, explained in one or a few plain lines."""

from __future__ import annotations

from cyclopts import CycloptsError


def explain_usage(error: CycloptsError) -> str:
    """Return what is wrong with the words of a command, naming the option, and where the help is."""
    from pydantic import ValidationError  # here, so that the help need not wait for it

    cause = error.__cause__
    if isinstance(cause, ValidationError):
        text = "\n".join(_explain_setting(dict(problem)) for problem in cause.errors())
    else:
        text = str(error)
    command = " ".join(["cytounet", *(error.command_chain or ())])
    return f"{text}\nSee {command} --help"


def _explain_setting(problem: dict[str, object]) -> str:
    message = str(problem["msg"]).removeprefix("Value error, ")
    place = problem["loc"]
    if not isinstance(place, tuple) or not place:
        return f"{message[:1].upper()}{message[1:]}"
    option = "--" + str(place[0]).replace("_", "-")
    return f"{option} {problem['input']}: {message[:1].lower()}{message[1:]}"
