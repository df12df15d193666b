"""Tools of the course: kernels, models, checks and timing, each in a file that fits one reading.

===================  ==============================================================================
run a sampler        ``kernel`` (the convention and the driver), ``devices``, ``progress``
samplers             ``mh``, ``gibbs`` with ``conditionals``, ``hmc`` and ``nuts`` on
                     ``hamiltonian``, ``flat_nuts``, ``vi``
adapt it             ``warmup`` with ``adaptation``, ``dual_averaging`` and ``mass_matrix``
what to sample       ``models`` (with exact references), ``targets`` (with exact draws)
is it right?         ``checks``, ``sbc``, ``museum`` (samplers that are wrong on purpose)
what it costs        ``timing``, ``costs``, ``bench``
other libraries      ``adapters`` (NumPyro, PyMC, BlackJAX in, ArviZ out)
the pages            ``exercises``, ``figures``, ``display``, ``data``, ``environment``
===================  ==============================================================================
"""
