"""What is wrong with the environment, each with what to write instead."""

from dataclasses import dataclass


@dataclass(frozen=True)
class SettingProblem:
    """A variable that cannot be used: what is wrong with it, and what to write."""

    name: str
    message: str
    hint: str

    def __str__(self) -> str:
        return f"{self.name}: {self.message} {self.hint}"


class BadSettings(Exception):
    """The environment cannot be used; `problems` holds every reason."""

    def __init__(self, problems: tuple[SettingProblem, ...]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


class BadSetting(Exception):
    """Raised by a reader: what is wrong, and what to write. It never repeats a secret."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message, self.hint = message, hint
