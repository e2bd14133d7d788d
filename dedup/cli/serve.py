"""The command `serve`: judges paragraphs that other programs send by HTTP."""

import os
from pathlib import Path
from typing import Any

import click

from dedup.cli.options import (
    INPUT,
    OUTPUT,
    RUNNING,
    Command,
    Duration,
    filter_options,
    option,
    record_field_options,
    setting_options,
    state_option,
)
from dedup.cli.runtime import check_output_paths, chosen_settings, exit_cleanly, prepare_process, print_status
from dedup.errors import SettingsError, extra_needed


@click.command("serve", cls=Command, epilog="Example: dedup serve --state news.dedup --port 8077")
@record_field_options
@option(
    INPUT, "--max-body", type=click.IntRange(1), default=16 << 20, show_default=True, metavar="N",
    help="Refuse the body of a request of more than N bytes.",
)  # fmt: skip
@setting_options("max_bytes")
@option(OUTPUT, "--host", default="127.0.0.1", show_default=True, metavar="HOST", help="Listen on this interface.")
@option(
    OUTPUT, "--port", type=click.IntRange(0, 65535), default=8077, show_default=True, metavar="N",
    help="Listen on this port.",
)  # fmt: skip
@option(
    OUTPUT, "--uds", type=click.Path(path_type=Path), metavar="FILE", help="Listen on this Unix socket instead.",
)  # fmt: skip
@option(
    OUTPUT, "--token-file", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE",
    help="Answer only requests with the token in FILE, or in the environment variable DEDUP_TOKEN. Needed if other "
    "machines can reach the service.",
)  # fmt: skip
@state_option
@setting_options("window", "max_paragraphs", "refresh")
@option(RUNNING, "--fsync", is_flag=True, help="Answer when the state is on disk, to survive a power failure.")
@option(
    RUNNING, "--max-waiting", type=click.IntRange(1), default=64, show_default=True, metavar="N",
    help="Answer 429 if N requests wait.",
)  # fmt: skip
@option(
    RUNNING, "--stop-after", type=Duration(), default="10s", show_default=True, metavar="DURATION",
    help="Give requests this long to end after SIGTERM.",
)  # fmt: skip
@filter_options
def serve(
    text_field: str,
    id_field: str,
    time_field: str,
    source_field: str,
    max_body: int,
    host: str,
    port: int,
    uds: Path | None,
    token_file: Path | None,
    state: Path | None,
    fsync: bool,
    max_waiting: int,
    stop_after: float,
    config: Path | None,
    quiet: bool,
    **settings_given: Any,
) -> None:
    """Judge paragraphs that other programs send by HTTP.

    POST /v1/judge takes JSON Lines, a JSON object or array, or text, and answers with a decision for each record when
    it is committed. A record that comes again under its own id gets its first decision again. The page at / compares
    texts and shows what the service does; /openapi.json describes all requests.

    Exit status: 0 stopped, 1 failed, 2 wrong usage.
    """
    settings = chosen_settings(config, settings_given)
    check_output_paths([os.fspath(path) for path in (token_file, uds) if path], [state], state=state, config=config)
    prepare_process()
    token = _token(token_file)

    def notify(line: str) -> None:
        if not quiet:
            print_status(line)

    with exit_cleanly():
        from dedup.pipeline.record_fields import RecordFields

        with extra_needed("serve", "serve"):
            from dedup.pipeline.service.app import ServiceOptions
            from dedup.pipeline.service.server import Address
            from dedup.pipeline.service.server import serve as serve_requests

        fields = RecordFields(text_field, id_field, time_field, source_field)
        options = ServiceOptions(state, fsync, token, max_body, max_waiting, fields)
        try:
            serve_requests(settings, options, Address(host, port, uds), stop_after, notify)
        except SettingsError as error:
            raise click.UsageError(str(error)) from None


def _token(file: Path | None) -> str | None:
    """The token of the clients, None if there is none. Raises click.UsageError if it is empty."""
    token = os.environ.get("DEDUP_TOKEN") if file is None else file.read_text().strip()
    if token is not None and not token.strip():
        raise click.UsageError("the token is empty")
    return token
