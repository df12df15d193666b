"""The command line: one subcommand a benchmark."""

import typer

from course_utils.bench import coin, limits, methods, page, samplers, walk

app = typer.Typer(
    help="Benchmarks of the course; one JSON line a result, resumes where it was stopped.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.command("coin")(coin.command)
app.command("samplers")(samplers.command)
app.command("methods")(methods.command)
app.command("walk")(walk.command)
app.command("limits")(limits.command)
app.command("page")(page.command)
