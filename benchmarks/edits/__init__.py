"""Edits that editors make to a paragraph: small pure functions, each with the decision that a filter should make.

An edit takes a text, the vocabulary of its corpus and a random generator, and returns another text, or None if it does
not apply. Edits whose results should be dropped change no number, no negation and no name.
"""

from benchmarks.edits import form, news, rewordings
from benchmarks.edits.vocabulary import Edit, Vocabulary, is_fact, sentences, vocabulary

__all__ = ["DROPPED", "EITHER", "EMITTED", "TARGETS", "Edit", "Vocabulary", "is_fact", "sentences", "vocabulary"]

#: Edits after which a paragraph contains nothing new.
DROPPED: dict[str, Edit] = {
    "case": form.change_case,
    "quotes": form.change_quotes,
    "spaces": form.change_spaces,
    "unicode": form.change_unicode,
    "1 synonym": rewordings.replace_synonyms(1),
    "2 synonyms": rewordings.replace_synonyms(2),
    "3 synonyms": rewordings.replace_synonyms(3),
    "attribution added": rewordings.add_attribution,
    "attribution moved": rewordings.move_attribution,
    "clause cut": rewordings.cut_clause,
    "typos": rewordings.mistype,
    "clauses swapped": rewordings.swap_clauses,
    "sentences swapped": rewordings.swap_sentences,
    "sentence cut": rewordings.cut_sentence,
}
#: Edits that put in random words, which may be news or not.
EITHER: dict[str, Edit] = {
    "1 word": rewordings.replace_words(1),
    "2 words": rewordings.replace_words(2),
    "3 words": rewordings.replace_words(3),
    "clause added": rewordings.add_clause,
    "modal": news.change_modal,
}
#: Edits after which a paragraph is news.
EMITTED: dict[str, Edit] = {
    "sentence added": news.add_sentence,
    "long clause added": news.add_long_clause,
    "content clause added": news.add_content_clause,
    "number": news.change_number(news.PLAIN_NUMBER),
    "unit": news.change_unit,
    "sign": news.change_sign,
    "money": news.change_number(news.MONEY),
    "percentage": news.change_number(news.PERCENTAGE),
    "ordinal": news.change_number(news.ORDINAL),
    "date": news.change_number(news.DATE),
    "weekday": news.change_weekday,
    "name": news.change_name,
    "negation": news.change_negation,
    "compass point": news.change_compass,
    "stage": news.change_stage,
}
#: The least share of the copies with an edit that should be dropped, or emitted if the edit is in `EMITTED`.
TARGETS: dict[str, float] = {
    "case": 1.0,
    "quotes": 1.0,
    "spaces": 1.0,
    "unicode": 1.0,
    "1 synonym": 0.99,
    "2 synonyms": 0.97,
    "3 synonyms": 0.9,
    "attribution added": 0.97,
    "attribution moved": 0.97,
    "clause cut": 0.98,
    "typos": 0.95,
    "clauses swapped": 0.95,
    "content clause added": 0.95,
    "number": 0.99,
    "unit": 0.99,
    "sign": 0.99,
    "money": 0.99,
    "percentage": 0.99,
    "date": 0.99,
    "weekday": 0.99,
    "name": 0.99,
    "negation": 0.99,
    "compass point": 0.99,
    "stage": 0.95,
}
