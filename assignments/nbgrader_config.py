"""Settings of nbgrader for the course's assignments; see README.md beside this file."""

c = get_config()  # noqa: F821

c.CourseDirectory.course_id = "bayesian-sampling"
# What students find where the solution was: the same line as in the chapters.
c.ClearSolutions.code_stub = {"python": "...  # your code here"}
# A cell that never ends costs this many seconds, and the rest of the notebook still counts. The
# checker of an exercise needs a process of its own, with its imports and its own time limit.
c.ExecutePreprocessor.timeout = 180
c.ExecutePreprocessor.interrupt_on_timeout = True
c.LimitOutput.max_lines = 200
