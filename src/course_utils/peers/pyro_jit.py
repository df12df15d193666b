"""Pyro, its log density compiled by PyTorch at the first draw of each run: one more word."""

from functools import partial

from course_utils.peers import pyro

prepare = partial(pyro.prepare, jit_compile=True)
