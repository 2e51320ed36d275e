"""Problems a second from file to verdict, on one core and on two; memory as files grow in number; sheets.

Run as ``python tests/benchmarks/bench_check.py``. The peer is PyYAML's C loader, which only reads the same files: what
it takes is the least that any checker written with it could take.
"""

from __future__ import annotations

import csv
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

PROBLEMS, EACH = 10_000, 100  # in all, and in one file
STUDENTS, ANSWERS = 1000, 20

PROBLEM = """\
  - id: Q{n}
    input: {w}x{w}x{c}
    layers: [{{conv: {{name: c1, filters: {k}, kernel: 5, padding: 2}}}}]
    answers: {{c1.output: {w}x{w}x{k}, c1.params: {params}}}
"""


def write_problems(folder: Path, files: int, each: int = EACH) -> None:
    """Files of one-layer problems, no two alike in a file."""
    folder.mkdir()
    for file in range(files):
        parts = ["problems:\n"]
        for n in range(each):
            w, c, k = 8 + n % 57, 1 + (n + file) % 64, 4 + n % 93
            parts.append(PROBLEM.format(n=n, w=w, c=c, k=k, params=(25 * c + 1) * k))
        (folder / f"{file:04}.yaml").write_text("".join(parts))


def in_process(folder: Path, jobs: int) -> float:
    """Seconds for all verdicts of a folder."""
    from cnncalc.check import batch
    from cnncalc.limits import Limits

    files = batch.find([str(folder)])
    start = perf_counter()
    wrong = sum(not verdict.ok for file in batch.check_all(files, Limits(), jobs) for verdict in file)
    assert wrong == 0
    return perf_counter() - start


def loaded(folder: Path) -> float:
    """Seconds for reading the same files with PyYAML's C loader."""
    import yaml

    start = perf_counter()
    for file in sorted(folder.iterdir()):
        yaml.load(file.read_text(), Loader=yaml.CSafeLoader)
    return perf_counter() - start


def peak(*arguments: object) -> tuple[float, float]:
    """Seconds and MiB at the peak of one run of the command line."""
    code = "import resource, sys; from cnncalc.cli.app import run; run(sys.argv[1:]); " \
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)"  # fmt: skip
    start = perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        check=True,
    )
    return perf_counter() - start, int(done.stderr.split()[-1]) / 1024


def write_sheets(folder: Path, students: int = STUDENTS) -> None:
    """One exam of 20 questions and a sheet of 1,000 students, a third of whose answers are wrong in one of six ways."""
    folder.mkdir()
    parts, rights = ["problems:\n"], []
    for n in range(ANSWERS // 2):
        w, c, k = 8 + n, 1 + n, 4 + n
        parts.append(PROBLEM.format(n=n, w=w, c=c, k=k, params=(25 * c + 1) * k))
        rights += [(f"Q{n}", "c1.output", f"{w}x{w}x{k}"), (f"Q{n}", "c1.params", str((25 * c + 1) * k))]
    (folder / "exam.yaml").write_text("".join(parts))
    with open(folder / "sheet.csv", "w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["student", "problem", "key", "answer"])
        for student in range(students):
            for place, (problem, key, right) in enumerate(rights):
                wrong = (student + place) % 18
                answer = right if wrong > 5 else f"{right}0" if key == "c1.params" else f"{8 + wrong}x9x{wrong}"
                writer.writerow([f"S{student:03}", problem, key, answer])


def main() -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_problems(folder / "all", PROBLEMS // EACH)
        runs = [
            (in_process(folder / "all", 1), in_process(folder / "all", 2), loaded(folder / "all")) for _ in range(3)
        ]
        one, two, peer = (min(times) for times in zip(*runs, strict=True))
        print(f"{PROBLEMS:,} one-layer problems in {PROBLEMS // EACH} files, best of 3 on {os.cpu_count()} cores")
        print(f"  one core    {PROBLEMS / one:8,.0f} problems/s   goal 3,000")
        print(f"  two cores   {PROBLEMS / two:8,.0f} problems/s   {one / two:.2f} times one   goal 1.7 (on idle cores)")
        print(f"  PyYAML's C loader, reading alone: {peer:.2f} s; check takes {one / peer:.2f} times that")
        for files in (50, 100, 200, 400):
            write_problems(folder / str(files), files, 25)
            seconds, mebibytes = peak("check", folder / str(files), "--format", "json")
            print(f"  {files:4} files of 25: {mebibytes:6.1f} MiB at the peak, {seconds:.2f} s the whole process")
        for students in (STUDENTS // 4, STUDENTS):
            write_sheets(folder / f"sheets{students}", students)
            exam, sheet = (folder / f"sheets{students}" / name for name in ("exam.yaml", "sheet.csv"))
            seconds, mebibytes = peak("check", exam, "--answers", sheet, "--format", "json")
            rate = f"{students * ANSWERS / seconds:,.0f} answers/s"
            print(f"{students:5} sheets of {ANSWERS} answers: {seconds:.2f} s the whole process ({rate}), "
                  f"{mebibytes:.1f} MiB   goal for 1,000: 3 s")  # fmt: skip
    print(f"this process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.1f} MiB at the peak")


if __name__ == "__main__":
    main()
