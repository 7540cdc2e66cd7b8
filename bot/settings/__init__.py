"""Every environment variable, read once into a frozen record; all that is wrong is said at once."""

from bot.settings.places import cache_folder
from bot.settings.problems import BadSetting, BadSettings, SettingProblem
from bot.settings.reading import missing_for_serving, read_one, read_settings
from bot.settings.record import DATABASE_URL, HTTP, RUNBOOKS, SLACK_API_URL, Address, Settings

__all__ = [
    "DATABASE_URL",
    "HTTP",
    "RUNBOOKS",
    "SLACK_API_URL",
    "Address",
    "BadSetting",
    "BadSettings",
    "SettingProblem",
    "Settings",
    "cache_folder",
    "missing_for_serving",
    "read_one",
    "read_settings",
]
