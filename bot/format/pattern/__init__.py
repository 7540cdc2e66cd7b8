"""Regular expressions of authors: matched in linear time, so that no answer can make a click hang.

Python's own engine tries every way to match, which takes for ever on `(a+)+$` and a long answer. That of pydantic
cannot do that; it has no look-around and no references back, so a pattern that needs them is refused when it is read.
"""

from functools import lru_cache

from pydantic_core import SchemaError, SchemaValidator, core_schema

_LONGEST_PATTERN = 500


def require_regex(pattern: str, called: str) -> None:
    """ValueError with the reason when `pattern` is not a regular expression of at most 500 characters."""
    if len(pattern) > _LONGEST_PATTERN:
        message = (
            f"{called} is too long for a regular expression: {len(pattern)} characters, at most {_LONGEST_PATTERN}"
        )
        raise ValueError(message)
    try:
        _matcher(pattern)
    except SchemaError as wrong:
        message = f"{called} is not a regular expression that can be matched safely: {_reason(wrong)}"
        raise ValueError(message) from None


def has_form(text: str, pattern: str) -> bool:
    """Whether `pattern` is found in the text; False for one that is no pattern. `$` is the very end."""
    try:
        return _matcher(pattern).isinstance_python(text)
    except SchemaError:
        return False


@lru_cache(maxsize=4096)
def _matcher(pattern: str) -> SchemaValidator:
    return SchemaValidator(core_schema.str_schema(pattern=pattern, regex_engine="rust-regex"))


def _reason(wrong: SchemaError) -> str:
    last = str(wrong).strip().splitlines()[-1].strip()
    return last.removeprefix("error: ").removeprefix("SchemaError: ").rstrip(".")
