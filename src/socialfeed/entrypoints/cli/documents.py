"""`documents`: what clients may ask of a server that trusts nothing else."""

import json
from pathlib import Path

import click


@click.group(short_help="Collect what clients ask into a manifest of trusted documents.")
def documents() -> None:
    """Documents that a server trusts: the operations of one's own clients, in a manifest.

    A server that is shown one runs what is in it whatever its shape, and by its hash. With
    SOCIALFEED_GRAPHQL_DOCUMENTS=trusted it runs nothing else.

    \b
    Settings:
      SOCIALFEED_GRAPHQL_MANIFEST   the manifest that servers read  [none]
      SOCIALFEED_GRAPHQL_DOCUMENTS  any or trusted  [any]

    \b
    Example:
      socialfeed documents collect app/ --out documents.json
    """


@documents.command(short_help="Write a manifest of the documents in files and folders.")
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--out",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="The manifest to write; one that is among PATHS keeps what is in it.",
)
def collect(paths: tuple[Path, ...], out: Path) -> None:
    """Write a manifest of the documents in files and folders, if this version's schema has all that they ask for. Needs
    no database.

    \b
    Each of PATHS is
      a file that ends in .graphql or .gql: one document, to the letter as clients send it
      a folder: all such files in it, and below
      a file that ends in .json: a manifest of an earlier version, whose clients are still out there; what
      relay-compiler persists, with "algorithm": "SHA256"; or what Apollo's generate-persisted-query-manifest writes

    Errors are printed with file, line and column; nothing is written then, and the exit code is 1.

    \b
    Settings:
      none; servers read the manifest that SOCIALFEED_GRAPHQL_MANIFEST names

    \b
    Examples:
      socialfeed documents collect app/ --out documents.json
      socialfeed documents collect documents.json web/persisted.json ios/ --out documents.json
    """
    from socialfeed.entrypoints.graphql.collecting import collected

    collection = collected(paths)
    for problem in collection.problems:
        click.echo(problem, err=True)
    if collection.problems:
        raise click.exceptions.Exit(1)
    if not collection.documents:
        raise ValueError("there is no operation in any of these files")
    out.write_text(json.dumps(collection.documents, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    for path in collection.without:
        click.echo(f"{path} has no operation and is left out.", err=True)
    click.echo(f"{len(collection.documents):,} documents in {out}.")
