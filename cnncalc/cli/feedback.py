"""A folder of feedback: a file for each student, which replaces earlier feedback only."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

from cnncalc.cli import files, options
from cnncalc.errors import OutputError
from cnncalc.render import feedback
from cnncalc.render.file_names import file_names

if TYPE_CHECKING:
    from cnncalc.check.marking.marked import Student


class Feedback:
    """The files of the students in a folder, which is created if it does not exist."""

    def __init__(self, folder: str, students: Iterable[str], output: str | None) -> None:
        """Raises OutputError if a file that is not feedback has one of these names, UsageError if
        ``output`` has.
        """
        self._paths = {student: f"{folder}/{name}" for student, name in file_names(students).items()}
        _make_folder(folder)
        for path in self._paths.values():
            options.apart(("--output", output), ("--feedback", path))
            if os.path.lexists(path) and not _is_feedback(path):
                raise OutputError(
                    f'"{path}" already exists and is not feedback; it was not changed',
                    help="--feedback with another folder",
                )

    def write(self, student: Student) -> None:
        """Write the file of a student. Raises OutputError."""
        files.write(self._paths[student.student], feedback.feedback(student).encode("utf-8"))


def _make_folder(path: str) -> None:
    try:
        os.makedirs(path, exist_ok=True)
    except (OSError, ValueError) as error:
        raise OutputError(f'"{path}" could not be created: {getattr(error, "strerror", None) or error}') from None


def _is_feedback(path: str) -> bool:
    """Whether the file at ``path`` is a regular file that ends as feedback does."""
    end = feedback.FEEDBACK_END.encode("utf-8")
    if os.path.islink(path) or not os.path.isfile(path):
        return False
    try:
        with open(path, "rb") as stream:
            stream.seek(max(0, os.fstat(stream.fileno()).st_size - len(end)))
            return stream.read() == end
    except OSError:  # no permission to read it
        return False
