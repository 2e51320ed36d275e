"""Answer sheets to marks: each answer right, right for the student's own earlier number, or wrong and why."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from cnncalc.check.answer_key import Judged, Letters, told
from cnncalc.check.answers.answer import Answer, text_of
from cnncalc.check.marking.consistency import could_be
from cnncalc.check.marking.follow_through import comes_out, follows
from cnncalc.check.marking.labels import Asked, Labels
from cnncalc.check.marking.marked import Marked, Question, Student
from cnncalc.check.marking.scheme import Scheme
from cnncalc.check.problems import Broken, Exercise, read
from cnncalc.check.slips.found import Explanation
from cnncalc.check.slips.search import explain, mis_summed
from cnncalc.errors import CnncalcError, Hints, NoSolution, Problem, SpecError
from cnncalc.limits import Limits
from cnncalc.spec.demand import COUNTED, Key, parse_key

if TYPE_CHECKING:
    from cnncalc.check.marking.cells import Cell
    from cnncalc.spec.node import Node


class Exam:
    """The problems of all files. ``broken``: those that cannot be marked; ``warnings``: wrong answers in the files."""

    def __init__(self, files: list[str], limits: Limits, networks: str | None = None) -> None:
        self.problems: dict[str, Exercise] = {}
        self.questions: dict[tuple[str, str], Question] = {}
        self.broken: list[CnncalcError] = []
        self.warnings: list[Problem] = []
        for file in files:
            for problem in read(file, limits, networks):
                if isinstance(problem, Broken):
                    self.broken.append(problem.error)
                elif problem.answers:  # a network file asks nothing
                    self._add(problem)

    def _add(self, problem: Exercise) -> None:
        if problem.id in self.problems:
            also = self.problems[problem.id].mark
            raise SpecError(Problem(f'two problems have the id "{problem.id}"', problem.mark, also=also))
        try:
            problem.truth.summary  # noqa: B018  # worked out once, here
        except CnncalcError as error:
            self.broken.append(error)
            return
        self.problems[problem.id] = problem
        for name, node in problem.answers.items():
            self.questions[problem.id, name] = self._question(problem, name, node)

    def _question(self, problem: Exercise, name: str, node: Node) -> Question:
        mark = problem.places[name]
        try:
            key = parse_key(name, mark)
            right = problem.truth.get(key, mark)
        except CnncalcError as error:
            self.warnings += error.problems
            return Question(problem, name, key=None, right=None, spatial=False)
        question = Question(problem, name, key, told(key, right), spatial=False)
        text = text_of(node, key)
        if text is None:
            return question
        judged = problem.truth.judge(Answer(text, key), question.leniency._replace(spatial=True))
        if not judged.right:
            self.warnings.append(
                Problem(f"{problem.id} {name}: this is wrong; sheets are marked by the right one", mark)
            )
        fewer = key.quantity == "output" and isinstance(right, list) and isinstance(judged.value, list)
        return question._replace(spatial=bool(judged.right and fewer and len(judged.value) < len(right)))

    @property
    def labels(self) -> Labels:
        """What a sheet may call the answers that are asked for."""
        asked = self.questions.values()
        return Labels(Asked(question.problem.id, question.name, question.problem.text) for question in asked)

    def unknown(self, cells: list[Cell]) -> list[Problem]:
        """Rows of a sheet that answer no question."""
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
            faults.append(Problem(text, cell.mark, help=help))
        return faults

    def mark(self, cells: list[Cell]) -> Iterator[Student]:
        """The students of a sheet in its order, one by one, each marked on their copy of the paper."""
        problems = self.problems
        sheets: dict[str, list[Cell]] = {}
        for cell in cells:
            sheets.setdefault(cell.student, []).append(cell)
        for student, own in sheets.items():
            sheet = {(cell.problem, cell.key): cell for cell in own}
            copies = {
                problems[cell.problem].copy for cell in sheet.values() if cell.answer and cell.problem in problems
            }
            answers: list[Marked] = []
            scheme = Scheme()
            for problem in problems.values():
                if problem.copy is None or problem.copy in copies:
                    answers += map(scheme.applied, _Marker(problem, self.questions).mark(sheet))
            yield Student(student, answers)


class _Marker:
    """Marks one student's answers to one problem, in the order in which they are asked."""

    def __init__(self, problem: Exercise, questions: dict[tuple[str, str], Question]) -> None:
        self.problem, self.truth = problem, problem.truth
        self.questions = [questions[problem.id, name] for name in problem.answers]
        self.own: dict[Key, Any] = {}  # answers so far, as data
        self.wrong = False  # whether one of them is wrong
        self.letters = Letters()

    def mark(self, sheet: dict[tuple[str, str], Cell]) -> list[Marked]:
        """The answers with their marks; a missing one is wrong."""
        marked = [self._one(question, sheet.get((self.problem.id, question.name))) for question in self.questions]
        return [answer._replace(slip=self._slip(answer)) if answer.how == "wrong" else answer for answer in marked]

    def _slip(self, wrong: Marked) -> Explanation | None:
        """The slip behind a wrong answer, if it fits everything the student wrote."""
        key = wrong.question.key
        if key not in self.own or (wrong.why and not key.quantity):  # letters that clash
            return None
        own = {other: value for other, value in self.own.items() if not other.numbers}
        found = explain(self.truth, key, self.own[key], partial(could_be, self.truth, own, key))
        if found or key.layer is not None or key.quantity not in COUNTED:
            return found
        own.pop(key)
        total = comes_out(self.truth, own, key) if self.problem.follow_through else None
        total = self.truth.get(key) if total is None else total
        return mis_summed(self.truth, key, total, self.own[key]) if isinstance(total, int) else None

    def _one(self, question: Question, cell: Cell | None) -> Marked:
        key = question.key
        if cell is None or cell.answer is None:
            return Marked(question, None, "missing")
        if key is None:
            return Marked(question, cell.answer, "wrong")
        answer = Answer(question.chosen(cell.answer), key, cell.layout)
        judged = self._judged(question, answer)
        if judged.right is None:
            return Marked(question, cell.answer, "unread")
        earlier = dict(self.own) if self.problem.follow_through and self.wrong else {}
        self.own[key] = judged.value
        if judged.right:
            return Marked(question, cell.answer, "right", question.marks, read=judged.value if judged.read else None)
        self.wrong = True
        if earlier and follows(self.truth, earlier, answer, question.leniency):
            return Marked(question, cell.answer, "follow_through", question.marks)
        return Marked(question, cell.answer, "wrong", question.marks * judged.share, why=judged.why)

    def _judged(self, question: Question, answer: Answer) -> Judged:
        """The verdict on an answer by itself; numbers for letters must also fit together with those before."""
        try:
            judged = self.truth.judge(answer, question.leniency)
        except NoSolution:
            return Judged(right=False)
        if answer.key.quantity or judged.right is None or len(judged.value) != 1:
            return judged
        letter, number = str(answer.key.layer), judged.value[0]
        if judged.right and not self.truth.joins(letter, number, self.letters):
            judged = Judged(right=False, value=judged.value, why=f"does not fit together with {self.letters}")
        self.letters.add(letter, number, right=bool(judged.right))
        return judged
