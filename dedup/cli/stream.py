"""The command `stream`: filters a message stream."""

import asyncio
import os
import signal
import sys
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from dedup.cli.options import (
    INPUT,
    MEMORY,
    OUTPUT,
    RUNNING,
    Command,
    Duration,
    filter_options,
    option,
    record_field_options,
    setting_options,
    wait_option,
)
from dedup.cli.runtime import chosen_settings, exit_cleanly, prepare_process, print_status
from dedup.errors import extra_needed
from dedup.settings import Settings


@click.command(
    "stream", cls=Command,
    epilog="Example: dedup stream 'redis://localhost?stream=raw' 'redis://localhost?stream=news' --state news.dedup",
)  # fmt: skip
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
@record_field_options
@option(
    INPUT, "--cloudevents", is_flag=True,
    help="Read CloudEvents in JSON: the text is data.text, and id, time and source are those of the event.",
)  # fmt: skip
@option(
    INPUT, "--field", default="data", show_default=True, metavar="NAME",
    help="Read and write the body of a Redis entry in this field.",
)  # fmt: skip
@option(
    INPUT, "--from", "begin", type=click.Choice(["earliest", "latest"]), default="earliest", show_default=True,
    help="Begin here if there is no position in the state, and no group has read before.",
)  # fmt: skip
@setting_options("max_bytes")
@option(
    OUTPUT, "--emit", type=click.Choice(["novel", "all", "duplicates"]), default="novel", show_default=True,
    help="Choose the messages to write.",
)  # fmt: skip
@option(
    OUTPUT, "--output-format", type=click.Choice(["same", "jsonl"]), default="same", show_default=True,
    help="Write bodies unchanged (same), or with the decision under `dedup` (jsonl).",
)  # fmt: skip
@option(OUTPUT, "--trim", is_flag=True, help="Cut repeated paragraphs out of messages that are written.")
@option(OUTPUT, "--duplicates", metavar="TO", help="Write messages with repeats here, unchanged.")
@option(OUTPUT, "--dead", metavar="TO", help="Write messages that cannot be read here; implies --unreadable dead.")
@option(
    OUTPUT, "--unreadable", type=click.Choice(["pass", "dead", "stop"]), default=None,
    help="Let messages that cannot be read pass, write them to --dead, or stop.  [default: pass]",
)  # fmt: skip
@option(
    MEMORY, "--state", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", required=True,
    help="Remember paragraphs, and the position in the stream, in FILE.",
)  # fmt: skip
@wait_option
@setting_options("window", "max_paragraphs", "refresh")
@option(
    RUNNING, "--batch", type=click.IntRange(1, 10_000), default=500, show_default=True, metavar="N",
    help="Judge and commit up to N messages together.",
)  # fmt: skip
@option(
    RUNNING, "--linger", type=Duration(), default="0.05s", show_default=True, metavar="DURATION",
    help="Wait this long for more messages after the first.",
)  # fmt: skip
@option(RUNNING, "--fsync", is_flag=True, help="Acknowledge when the state is on disk, to survive a power failure.")
@option(RUNNING, "--once", is_flag=True, help="End when there is no message for a second, instead of waiting.")
@option(
    RUNNING, "--metrics", metavar="HOST:PORT",
    help="Serve /metrics, /healthz and /readyz here, such as 127.0.0.1:9464.",
)  # fmt: skip
@option(
    RUNNING, "--log", type=click.Choice(["text", "json"]), default="text", show_default=True,
    help="Write the log to stderr as text, or as JSON Lines.",
)  # fmt: skip
@filter_options
def stream(
    source: str,
    target: str,
    text_field: str,
    id_field: str,
    time_field: str,
    source_field: str,
    cloudevents: bool,
    field: str,
    begin: str,
    emit: Any,
    output_format: str,
    trim: bool,
    duplicates: str | None,
    dead: str | None,
    unreadable: Any,
    state: Path,
    wait: float,
    batch: int,
    linger: float,
    fsync: bool,
    once: bool,
    metrics: str | None,
    log: str,
    config: Path | None,
    quiet: bool,
    **settings_given: Any,
) -> None:
    """Filter a message stream.

    One worker reads JSON objects from Redis Streams, NATS JetStream or Kafka. FROM and TO are addresses:

    \b
      redis://HOST:PORT/DATABASE?stream=NAME&group=GROUP
      nats://HOST:PORT/STREAM/SUBJECT?durable=NAME   to read
      nats://HOST:PORT/SUBJECT                       to write
      kafka://BROKER,BROKER/TOPIC?group=GROUP

    A message is acknowledged when what it says is written, confirmed and committed, so none is lost if the worker is
    killed. A password in the environment variable DEDUP_PASSWORD goes to every address without one.

    Exit status: 0 stopped, 1 failed, 2 wrong usage.
    """
    settings = chosen_settings(config, settings_given)
    if unreadable == "dead" and dead is None:
        raise click.UsageError("--unreadable dead needs --dead")
    choice: Any = unreadable or ("dead" if dead else "pass")
    prepare_process()
    with exit_cleanly():
        from dedup.filter.novelty_filter import NoveltyFilter
        from dedup.pipeline.record_fields import RecordFields
        from dedup.pipeline.streams.adapters import open_sink, open_source
        from dedup.pipeline.streams.messages import Form
        from dedup.pipeline.streams.worker import Routes, Worker
        from dedup.store.state_file import State

        if cloudevents:
            text_field, id_field, time_field, source_field = "data.text", "id", "time", "source"
        fields = RecordFields(text_field, id_field, time_field, source_field)
        form = Form(fields, trim, with_decision=output_format == "jsonl")
        routes = Routes(
            open_sink(_with_password(target), field=field), emit,
            None if duplicates is None else open_sink(_with_password(duplicates), field=field),
            None if dead is None else open_sink(_with_password(dead), field=field), choice,
        )  # fmt: skip
        messages = open_source(_with_password(source), from_start=begin == "earliest", field=field)
        measured, health = _measured(settings, metrics)
        NoveltyFilter.warm_up()
        with NoveltyFilter(settings, state=State(state, settings, sync=fsync, wait=wait)) as novelty:
            worker = Worker(
                novelty, messages, routes, form, most=batch, linger=linger, log=_logger(log, quiet), metrics=measured
            )
            if health is not None:
                health.is_ready = True
            asyncio.run(_run(worker, once))


async def _run(worker: Any, once: bool) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, worker.stop)
    await worker.run(once=once)


def _with_password(address: str) -> str:
    """An address with the password of the environment, if it has none."""
    password, (scheme, mark, rest) = os.environ.get("DEDUP_PASSWORD"), address.partition("://")
    if password is None or "@" in rest.partition("/")[0]:
        return address
    return f"{scheme}{mark}:{password}@{rest}"


def _measured(settings: Settings, address: str | None) -> tuple[Any, Any]:
    """The metrics and the server that shows them, if there is an address."""
    if address is None:
        return None, None
    with extra_needed("--metrics", "serve"):
        from dedup.pipeline.live_metrics import Metrics
        from dedup.pipeline.streams.health import HealthServer

    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal():
        raise click.UsageError(f"--metrics is HOST:PORT, such as 127.0.0.1:9464, not {address!r}")
    metrics = Metrics(settings)
    return metrics, HealthServer(host, int(port), metrics)


def _logger(form: str, quiet: bool) -> Any:
    """A function that writes an event of the worker to stderr. Batches are written as JSON only."""
    from dedup.formats.json_values import dump  # late, for the sake of the start

    def log(event: str, **fields: Any) -> None:
        if form == "json":
            now = datetime.now(UTC).isoformat(timespec="milliseconds")
            with suppress(OSError):
                sys.stderr.write(f"{dump({'ts': now, 'event': event, **fields}).decode()}\n")
                sys.stderr.flush()
        elif event == "unreadable":
            print_status(f"message {fields['place']}: {fields['error']}")
        elif event != "batch" and not quiet:
            print_status(f"{event}, position {dump(fields['position']).decode()}")

    return log
