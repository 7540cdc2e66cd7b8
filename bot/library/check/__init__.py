"""Looks at a whole folder of runbooks and says everything that is wrong in it."""

from bot.library.check.folder import CheckReport, check_files, check_folder, read_folder

__all__ = ["CheckReport", "check_files", "check_folder", "read_folder"]
