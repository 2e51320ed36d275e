"""Answer sheets to marks: each answer right, right for the student's own earlier number, or wrong and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING, Any, NamedTuple

from cnncalc.check.answer_key import Truth, cut, numbers_of, told
from cnncalc.check.answers import as_sizes, text_of
from cnncalc.check.marking.follow_through import follows
from cnncalc.check.problems import Broken, Problem, read
from cnncalc.check.slips.search import Explanation, explain
from cnncalc.errors import CnncalcError, Hints, NoSolution, SpecError
from cnncalc.errors import Problem as Fault
from cnncalc.explain.quantity import steps
from cnncalc.limits import Limits
from cnncalc.shape import read as read_shape
from cnncalc.spec.demand import Key, parse_key

if TYPE_CHECKING:
    from cnncalc.check.marking.sheets import Cell
    from cnncalc.explain.layer import Step


class Question(NamedTuple):
    """One answer that a problem asks for. ``key`` None: it names nothing, and every answer is wrong."""

    problem: Problem
    name: str
    key: Key | None
    right: Any
    spatial: bool

    @property
    def marks(self) -> Fraction:
        return self.problem.marks[self.name]


class Marked(NamedTuple):
    """An answer with its marks. ``answer`` is as the student wrote it, None where there is none."""

    question: Question
    answer: str | None
    ok: bool
    marks: Fraction
    slip: Explanation | None = None
    follow_through: bool = False

    @property
    def how(self) -> str:
        """``right``, ``follow_through``, ``wrong`` or ``missing``."""
        if self.answer is None:
            return "missing"
        return "right" if self.ok else "follow_through" if self.follow_through else "wrong"

    @property
    def shown(self) -> str | None:
        """The answer as it is shown: what is far too long is cut."""
        return None if self.answer is None else cut(self.answer)

    def steps(self) -> tuple[Step, ...]:
        """The working of the right answer."""
        key = self.question.key
        return steps(self.question.problem.truth.summary, key) if key else ()


class Student(NamedTuple):
    """The marked answers of a student, in the order of the problems."""

    student: str
    answers: list[Marked]

    @property
    def marks(self) -> Fraction:
        return sum((answer.marks for answer in self.answers), Fraction(0))

    @property
    def out_of(self) -> Fraction:
        return sum((answer.question.marks for answer in self.answers), Fraction(0))


class Exam:
    """The problems of all files. ``broken`` cannot be marked; ``warnings`` are answers in them that are not right."""

    def __init__(self, files: list[str], limits: Limits, networks: str | None = None) -> None:
        self.problems: dict[str, Problem] = {}
        self.questions: dict[tuple[str, str], Question] = {}
        self.broken: list[CnncalcError] = []
        self.warnings: list[Fault] = []
        for file in files:
            for problem in read(file, limits, networks):
                if isinstance(problem, Broken):
                    self.broken.append(problem.error)
                elif problem.answers:  # a network file asks nothing
                    self._add(problem)

    def _add(self, problem: Problem) -> None:
        if problem.id in self.problems:
            also = self.problems[problem.id].mark
            raise SpecError(Fault(f'the id "{problem.id}" stands for two problems', problem.mark, also=also))
        try:
            problem.truth.summary  # noqa: B018  # worked out once, here
        except CnncalcError as error:
            self.broken.append(error)
            return
        self.problems[problem.id] = problem
        for name, node in problem.answers.items():
            self.questions[problem.id, name] = self._question(problem, name, text_of(node))

    def _question(self, problem: Problem, name: str, text: str | None) -> Question:
        mark = problem.places[name]
        try:
            key = parse_key(name, mark)
            right = problem.truth.get(key, mark)
        except CnncalcError as error:
            self.warnings += error.problems
            return Question(problem, name, key=None, right=None, spatial=False)
        sizes = text and key.quantity == "output" and as_sizes(text)
        spatial = bool(sizes and isinstance(right, list) and len(sizes) == len(right) - 1)
        if text is not None and not problem.truth.fits(key, text, problem.tolerance, spatial=spatial):
            self.warnings.append(Fault(f"{problem.id} {name}: this is not right; it is marked by what comes out", mark))
        return Question(problem, name, key, told(key, right), spatial)

    def unknown(self, cells: list[Cell]) -> list[Fault]:
        """Rows of a sheet that answer nothing that is asked."""
        faults, hints = [], Hints()
        for cell in cells:
            if cell[1:3] in self.questions:
                continue
            problem = self.problems.get(cell.problem)
            if problem is None:
                text, help = f'no problem is called "{cell.problem[:60]}"', hints.nearest(cell.problem, self.problems)
            else:
                text, help = (
                    f'{problem.id} does not ask for "{cell.key[:60]}"',
                    hints.nearest(cell.key, problem.answers),
                )
            faults.append(Fault(text, cell.mark, help=help))
        return faults

    def mark(self, cells: list[Cell]) -> Iterator[Student]:
        """The students of a sheet in its order, one by one."""
        sheets: dict[str, dict[tuple[str, str], Cell]] = {}
        for cell in cells:
            sheets.setdefault(cell.student, {})[cell.problem, cell.key] = cell
        for student, sheet in sheets.items():
            answers = []
            for problem in self.problems.values():
                answers += _Marker(problem, self.questions).mark(sheet)
            yield Student(student, answers)


class _Marker:
    """Marks one student's answers to one problem, in the order in which they are asked."""

    def __init__(self, problem: Problem, questions: dict[tuple[str, str], Question]) -> None:
        self.problem, self.truth = problem, problem.truth
        self.questions = [questions[problem.id, name] for name in problem.answers]
        self.own: dict[Key, str] = {}  # answers so far
        self.wrong = False  # whether one of them is
        self.letters: dict[str, int] = {}  # numbers for letters that were right so far

    def mark(self, sheet: dict[tuple[str, str], Cell]) -> list[Marked]:
        """The answers with their marks; a missing one is wrong."""
        return [self._one(question, sheet.get((self.problem.id, question.name))) for question in self.questions]

    def _one(self, question: Question, cell: Cell | None) -> Marked:
        key = question.key
        if cell is None or cell.answer is None or key is None:
            return Marked(question, cell and cell.answer, ok=False, marks=Fraction(0))
        text = _in_layout(cell, key, self.truth)
        earlier = dict(self.own) if self.problem.follow_through and self.wrong else {}
        self.own[key] = text
        if self._right(question, key, text):
            return Marked(question, cell.answer, ok=True, marks=question.marks)
        self.wrong = True
        if earlier and follows(self.truth, earlier, key, text, self.problem.tolerance, spatial=question.spatial):
            return Marked(question, cell.answer, ok=False, marks=question.marks, slip=None, follow_through=True)
        return Marked(question, cell.answer, ok=False, marks=Fraction(0), slip=explain(self.truth, key, text))

    def _right(self, question: Question, key: Key, text: str) -> bool:
        try:
            if not self.truth.fits(key, text, self.problem.tolerance, spatial=question.spatial):
                return False
        except NoSolution:
            return False
        numbers = [] if key.quantity else numbers_of(text)
        if len(numbers) == 1:
            if not self.truth.together({**self.letters, str(key.layer): numbers[0]}):
                return False
            self.letters[str(key.layer)] = numbers[0]
        return True


def _in_layout(cell: Cell, key: Key, truth: Truth) -> str:
    """An answer with its sizes in the order of the problem's layout."""
    text = cell.answer or ""
    sizes = as_sizes(text) if cell.layout and cell.layout != truth.layout and key.quantity == "output" else None
    if not sizes or len(sizes) > 4:
        return text
    return "x".join(f"({size})" for size in read_shape(sizes, str(cell.layout)).written(truth.layout))


class Tally:
    """What a class answered: for each question how many were right, and which slips were made how often."""

    def __init__(self) -> None:
        self.counts: dict[tuple[str, str], Counter[str]] = {}
        self.slips: dict[tuple[str, str], Counter[tuple[str, ...]]] = {}

    def add(self, student: Student) -> None:
        """Count the answers of one student."""
        for answer in student.answers:
            place = answer.question.problem.id, answer.question.name
            self.counts.setdefault(place, Counter())[answer.how] += 1
            if answer.slip:
                said = tuple(way.said for way in answer.slip.ways)
                self.slips.setdefault(place, Counter())[said] += 1
