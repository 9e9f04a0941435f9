"""The `kinerja` command: `kinerja --help`."""

import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from deploy.cli import acls, dead, importing, operate, report
from deploy.cli import topics as declared
from deploy.cli import up as stack_up
from deploy.cli.agencies import agency_id, agency_in
from deploy.cli.broker import Servers, client_of, reaching
from deploy.cli.installation import Installation, development_token, is_production, this_stack
from deploy.cli.progress import Steps
from deploy.cli.replay import replay
from deploy.cli.terminal import console, errors
from deploy.cli.texts import say
from deploy.cli.trouble import Trouble
from shared.provision import Difference

ROWS_REJECTED = 3
"""Exit code of an import some rows of which were rejected."""

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Kinerja: evaluations become training recommendations and notices.",
)
topics = typer.Typer(no_args_is_help=True, help="Kafka topics, as they are declared.")
app.add_typer(topics, name="topics")
app.add_typer(acls.app, name="acls")
app.add_typer(dead.app, name="dead")
app.command("replay")(replay)
app.command("lag")(operate.show_lag)
app.command("doctor")(operate.examine)


@app.command()
def up(
    file: Annotated[
        Path, typer.Option(help="The export to import first.", metavar="FILE.xlsx")
    ] = stack_up.SAMPLE,
    once: Annotated[bool, typer.Option("--once", help="End after the summary.")] = False,
    summary: Annotated[
        Path | None,
        typer.Option("--summary", "--json", help="Write the summary as JSON.", metavar="FILE"),
    ] = None,
) -> None:
    """Start the embedded stack, import a file, say what came of it; Ctrl-C ends it."""
    stack_up.up(console, file, once=once, save_summary=summary)


@app.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(help="An e-Kinerja export: .xlsx or .csv.")],
    json: Annotated[Path | None, typer.Option(help="Write the report as JSON.")] = None,
    rejected: Annotated[
        Path | None, typer.Option(help="Write the rejected rows as a workbook to correct.")
    ] = None,
    url: Annotated[
        str | None, typer.Option(help="Where appraisal answers; else the embedded stack's.")
    ] = None,
    token: Annotated[
        str | None, typer.Option(help="A bearer token for --url.", envvar="KINERJA_TOKEN")
    ] = None,
) -> None:
    """Import an export, report row by row; exits 3 if rows were rejected, 1 if it was refused."""
    services = _installation(url, token, file)
    import_id = importing.begin(services, file)
    with Steps(errors).counting(say("import.reading", file=file.name)) as bar:
        done = importing.follow(services, import_id, lambda now: bar.move(now.rows_done, now.rows))
    found = list(importing.findings(services, import_id))
    report.show(console, done, found)
    if json is not None:
        report.save(json, done, found)
    if rejected is not None and importing.save_rejected(services, done, rejected):
        console.print(say("import.rejected_kept", file=rejected), soft_wrap=True)
    if done.counts is not None and done.counts.rejected:
        raise typer.Exit(ROWS_REJECTED)


Replication = Annotated[
    int,
    typer.Option(envvar="KINERJA_KAFKA_REPLICATION", min=1, help="Copies each topic should have."),
]


@topics.command("apply")
def apply_topics(servers: Servers = None, replication: Replication = 1) -> None:
    """Create missing topics and bring their settings to what is declared; again changes nothing."""
    client = client_of(servers)
    applied = reaching(client, lambda: declared.apply(client, replication=replication))
    for name in applied.created:
        console.print(say("topics.created", topic=name))
    for name in applied.changed:
        console.print(say("topics.changed", topic=name))
    if not applied.created and not applied.changed and not applied.left:
        console.print(say("topics.same"))
    _show_differences(applied.left)


@topics.command("diff")
def compare_topics(servers: Servers = None, replication: Replication = 1) -> None:
    """Show where the broker is not as declared; exits 1 if it is not."""
    client = client_of(servers)
    found = reaching(client, lambda: declared.differences(client, replication=replication))
    if not found:
        console.print(say("topics.same"))
    _show_differences(found)


@app.command()
def token(
    role: Annotated[
        list[str],
        typer.Argument(help="employee, reviewer, personnel_officer, operator, agency_system"),
    ],
    employee: Annotated[str | None, typer.Option(help="The employee's id.")] = None,
    agency: Annotated[str | None, typer.Option(help="The agency's BKN code, such as 5500.")] = None,
) -> None:
    """Print a development token of the embedded stack."""
    if is_production(os.environ):
        raise Trouble(say("token.embedded_only"))
    wish: dict[str, object] = {"roles": role}
    if employee is not None:
        wish["employee_id"] = employee
    if agency is not None:
        wish["agency_id"] = str(agency_id(agency))
    sys.stdout.write(f"{development_token(this_stack(), wish)}\n")


def _installation(url: str | None, token: str | None, file: Path) -> Installation:
    """The one named by `--url`, else the embedded stack on this machine."""
    if url is not None:
        if token is None:
            raise Trouble(say("token.needed"))
        return Installation({"appraisal": url.rstrip("/")}, lambda: token, through_proxy=True)
    if is_production(os.environ):
        raise Trouble(say("import.url_needed"))
    return Installation.embedded(this_stack(), "personnel_officer", agency=agency_in(file))


def _show_differences(found: Sequence[Difference]) -> None:
    for one in found:
        what = say(f"topics.{one.what}") if one.what in declared.WORDS else one.what
        actual = one.actual if one.actual is not None else say("topics.absent")
        line = say(
            "topics.differs", topic=one.topic, what=what, declared=one.declared, actual=actual
        )
        console.print(line, soft_wrap=True)
    if found:
        raise typer.Exit(1)


def main() -> None:
    """Run the command; whatever stops it is one line, and exit code 1."""
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    try:
        app()
    except Trouble as trouble:
        errors.print(str(trouble), style="bold red", soft_wrap=True)
        for line in trouble.details:
            errors.print(f"  {line}", soft_wrap=True)
        sys.exit(1)
