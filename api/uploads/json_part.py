"""A part of a form that is JSON: checked like a body, with the part's name before the place of each problem."""

from __future__ import annotations

from typing import TypeVar

from pydantic import BaseModel, ValidationError

from api.errors import RequestInvalid

Form = TypeVar("Form", bound=BaseModel)


def described(form: type[Form], text: str, *, part: str) -> Form:
    """The part as its form; raises :class:`RequestInvalid` with every problem at once."""
    try:
        return form.model_validate_json(text)
    except ValidationError as error:
        places = {
            ".".join((part, *(str(part) for part in item["loc"]))): str(item["msg"])
            for item in error.errors(include_input=False, include_url=False)
        }
        raise RequestInvalid(problems=places) from error
