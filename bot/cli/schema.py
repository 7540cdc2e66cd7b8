"""`handrail schema`: what editors need to complete and check the files as they are typed."""

from pathlib import Path

import click

from bot.cli.folder import schema_text, write_schema
from bot.library.schema import MODELS, file_name


@click.command("schema")
@click.argument("kind", type=click.Choice(list(MODELS)), required=False)
@click.option("--output", metavar="DIR", type=click.Path(path_type=Path, file_okay=False), help="Write files there.")
@click.option("--page", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False), hidden=True)
def print_schema(kind: str | None, output: Path | None, page: Path | None) -> None:
    """Print the JSON Schema of a KIND of file, or of all kinds as one.

    With --output, every schema is written into a folder. The first line of a file then tells an editor which is its
    own: `# yaml-language-server: $schema=.schema/runbook-v1.json`.
    """
    if page is not None:
        from bot.cli.format_page import fill_page

        page.write_text(fill_page(page.read_text(encoding="utf-8")), encoding="utf-8")
        return
    if output is None:
        click.echo(schema_text(kind or "any"), nl=False)
        return
    written = [write_schema(one, output) for one in ([kind] if kind else ["any", *MODELS])]
    for path in written:
        click.echo(f"Wrote {path}")
    hint = f"# yaml-language-server: $schema={output.name}/{file_name(kind or 'runbook')}"
    click.echo(f"Next: put this line on top of a file beside {output}, for editors that know YAML:\n{hint}")
