"""TensorFlow Probability on TensorFlow, compiled by XLA: as ``tfp_graph``, with one more word.

Tuned by TFP in windows, see ``tfp``: one step size for all chains, and a diagonal metric.
"""

from functools import partial

from course_utils.peers import tfp_graph

prepare = partial(tfp_graph.prepare, jit_compile=True)
