"""Benchmarks that anyone can run again: ``python -m course_utils.bench --help``.

``jobs`` runs any list of jobs, each in a process of its own, and keeps the results; ``worker`` is
that process; ``clock`` splits its time into phases; ``systems`` runs a model in each library.
A benchmark is one module with a command for ``app``, a function ``measure(job, data, clock)`` for
the worker and a function ``summarize(job, draws)`` for the row: ``coin``, ``samplers``, ``methods``
and ``walk``. Of ``samplers``, ``fixed``, ``whole`` and ``elsewhere`` hold the systems, ``tuning``
what they are given, ``agreement`` the judge of their draws; ``results``, ``goals`` and ``page``
make the page. Commands share ``options``.
"""
