"""An item pipeline for Scrapy that drops or trims items whose paragraphs have been published before.

ITEM_PIPELINES = {"dedup.integrations.scrapy.NoveltyPipeline": 300}
DEDUP_STATE = "%(name)s.dedup"
"""

from typing import Any, Self
from urllib.parse import urlsplit

from itemadapter import ItemAdapter
from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.exceptions import DropItem, NotConfigured

from dedup.errors import DedupError
from dedup.filter.novelty_filter import NoveltyFilter
from dedup.model.types import ArticleDecision

_MODES = ("trim", "drop", "mark")


class NoveltyPipeline:
    """Judges the text of each item, in the order in which the spider yields them.

    Scrapy writes items when this pipeline has passed them on, and some exports only at the end. So the memory is
    committed when the spider has finished: a crawl that is killed emits its items again, and loses none.

    Settings:
        DEDUP_STATE: The state file; `%(name)s` is the name of the spider. Without one, the memory lasts for one crawl.
        DEDUP_FIELD: The field with the text, or a list of paragraphs. By default `text`.
        DEDUP_ID_FIELD, DEDUP_TIME_FIELD, DEDUP_SOURCE_FIELD: Fields of the item; by default `url`, none, and the host
            of the id.
        DEDUP_MODE: `trim` cuts repeated paragraphs out of the text and drops items without news; `drop` only drops
            those; `mark` drops nothing, and writes the decisions to the field `dedup`. By default `trim`.
        DEDUP_SETTINGS: Fields of `dedup.Settings`, such as {"window": "30d"}.
    """

    def __init__(self, crawler: Crawler) -> None:
        settings = crawler.settings
        self._stats = crawler.stats
        self._field = settings.get("DEDUP_FIELD", "text")
        self._id_field = settings.get("DEDUP_ID_FIELD", "url")
        self._time_field = settings.get("DEDUP_TIME_FIELD")
        self._source_field = settings.get("DEDUP_SOURCE_FIELD")
        self._mode = settings.get("DEDUP_MODE", "trim")
        if self._mode not in _MODES:
            raise NotConfigured(f"DEDUP_MODE is {', '.join(_MODES)}, not {self._mode!r}")
        state = settings.get("DEDUP_STATE")
        name = crawler.spider.name if crawler.spider is not None else ""
        try:
            self._novelty = NoveltyFilter(
                state=state % {"name": name} if state else None, **settings.getdict("DEDUP_SETTINGS")
            )
        except DedupError as error:
            raise NotConfigured(f"the pipeline of news-dedup cannot start: {error}") from None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Make the pipeline of a crawl."""
        pipeline = cls(crawler)
        crawler.signals.connect(pipeline.spider_closed, signals.spider_closed)
        return pipeline

    def process_item(self, item: Any, spider: Any = None) -> Any:
        """The item, perhaps trimmed or marked. Raises DropItem if it has nothing new."""
        adapter = ItemAdapter(item)
        if not adapter.get(self._field):
            self._count("items/skipped")
            return item
        id = adapter.get(self._id_field)
        source = adapter.get(self._source_field) if self._source_field else urlsplit(str(id or "")).hostname
        time = adapter.get(self._time_field) if self._time_field else None
        record = {"text": adapter[self._field], "id": id, "time": time, "source": source}
        (decided,) = self._novelty.decide_articles([record], on_error="yield")
        return self._applied(item, adapter, decided)

    def _applied(self, item: Any, adapter: ItemAdapter, decided: ArticleDecision) -> Any:
        for decision in decided.decisions:
            self._count(f"paragraphs/{decision.kind}")
        if decided.error is not None:  # what cannot be judged is not dropped
            self._count("items/skipped")
            return item
        if self._mode == "mark":
            adapter["dedup"] = [decision.as_dict() for decision in decided.decisions]
            self._count("items/kept")
            return item
        if decided.result == "dropped":
            self._count("items/dropped")
            raise DropItem(f"nothing new since {decided.decisions[0].match.id}" if decided.decisions[0].match else "")
        if decided.result == "trimmed" and self._mode == "trim":
            adapter[self._field] = decided.text
            self._count("items/trimmed")
        else:
            self._count("items/kept")
        return item

    def spider_closed(self, spider: Any, reason: str) -> None:
        """Commit what a finished crawl has seen, and close the memory."""
        if reason == "finished":
            self._novelty.commit()
        self._novelty.close()

    def _count(self, name: str) -> None:
        if self._stats is not None:
            self._stats.inc_value(f"dedup/{name}")
