"""Entry point of ``python -m course_utils.bench``."""

from course_utils.bench.app import app

app(prog_name="python -m course_utils.bench")
