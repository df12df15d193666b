"""Tools of the course: kernels, models, checks and timing, each in a file that fits one reading."""
