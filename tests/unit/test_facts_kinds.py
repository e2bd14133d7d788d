"""Kinds of facts, each in a table: relative days, units, identifiers, and new sentences."""

import pytest

from dedup.facts import compare

_FRAME = "The harbour board said in its note that the old port near the river {} while the storm goes on there."


def changed(old: str, new: str) -> tuple[tuple[str, str], ...]:
    """The changed facts of two endings of one long sentence."""
    return compare(_FRAME.format(old), _FRAME.format(new), 8).changed


@pytest.mark.parametrize(
    ("old", "new", "pair"),
    [
        ("is shut today", "is shut tomorrow", ("today", "tomorrow")),
        ("is shut today", "is shut tonight", ("today", "tonight")),
        ("is shut this week", "is shut next week", ("this week", "next week")),
        ("is shut last month", "is shut this month", ("last month", "this month")),
        ("is shut next Monday", "is shut last Monday", ("next Monday", "last Monday")),
        ("opens Monday and shuts Tuesday", "opens Tuesday and shuts Monday", ("Monday", "Tuesday")),
    ],
)
def test_another_day_is_a_change(old: str, new: str, pair: tuple[str, str]) -> None:
    """A relative day or period, or a weekday, that replaced another is a change."""
    assert pair in changed(old, new)


def test_another_office_is_a_change() -> None:
    """A rank before a title makes another office, also if other words were added with it."""
    assert changed("Senator Brill", "Senator Brill, deputy parliamentary leader") == (
        ("", "deputy parliamentary leader"),
    )
    assert changed("the leader Brill", "the deputy leader Brill")
    assert changed("the former mill of Brill", "the former old mill of Brill") == ()


@pytest.mark.parametrize(
    ("today", "tomorrow"),
    [
        (
            "Die Schulen bleiben heute wegen des Sturms geschlossen.",
            "Die Schulen bleiben morgen wegen des Sturms geschlossen.",
        ),
        ("Les écoles resteront fermées aujourd'hui dans le nord.", "Les écoles resteront fermées demain dans le nord."),
        ("Las escuelas estarán cerradas hoy en el norte.", "Las escuelas estarán cerradas mañana en el norte."),
        ("Le scuole resteranno chiuse oggi nel nord.", "Le scuole resteranno chiuse domani nel nord."),
        ("As escolas da cidade não abrem hoje.", "As escolas da cidade não abrem amanhã."),
        ("De scholen blijven vandaag dicht in het noorden.", "De scholen blijven morgen dicht in het noorden."),
        ("Школы будут закрыты сегодня на севере.", "Школы будут закрыты завтра на севере."),
        ("ستبقى المدارس مغلقة اليوم في الشمال", "ستبقى المدارس مغلقة غدا في الشمال"),
        ("स्कूल आज उत्तर में बंद रहेंगे", "स्कूल कल उत्तर में बंद रहेंगे"),
        ("학교들은 오늘 문을 닫는다", "학교들은 내일 문을 닫는다"),
        ("北部的学校今天关闭", "北部的学校明天关闭"),
        ("北部の学校は今日休校になる", "北部の学校は明日休校になる"),
        ("北部的学校本周关闭", "北部的学校下周关闭"),
        ("会議は月曜日に開かれる", "会議は火曜日に開かれる"),
        ("회의는 월요일에 열린다", "회의는 화요일에 열린다"),
        ("Les écoles rouvriront cette semaine.", "Les écoles rouvriront la semaine prochaine."),
    ],
)
def test_days_in_other_languages(today: str, tomorrow: str) -> None:
    """Every language of the vocabulary has the words for yesterday, today and tomorrow."""
    assert compare(today, tomorrow, 8).changed


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("is 5 km long", "is 5 miles long"),
        ("had 41°C", "had 41°F"),
        ("had 41 degrees Celsius", "had 41 degrees Fahrenheit"),
        ("costs 40 cents", "costs 40 dollars"),
        ("costs A$40", "costs C$40"),
        ("costs $40m", "costs €40m"),
        ("blew at 60 km/h", "blew at 60 mph"),
        ("rose 5 percent", "rose 5 percentage points"),
        ("rose 5%", "rose 5 points"),
        ("weighs 5 tonnes", "weighs 5 kg"),
        ("weighs 5tonnes", "weighs 5kg"),
        ("took 5 minutes", "took 5 hours"),
        ("costs 5 million", "costs 5 billion"),
    ],
)
def test_another_unit_is_a_change(old: str, new: str) -> None:
    """A number with a unit of another size, kind or currency is a change, in either direction."""
    assert changed(old, new)
    assert changed(new, old)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("is 5km long", "is 5 kilometres long"),
        ("is 5 km long", "is 5 kilometers long"),
        ("had 41°C", "had 41 degrees Celsius"),
        ("had 41°C", "had 41 degrees"),
        ("costs $40m", "costs US$40 million"),
        ("costs $40 million", "costs 40 million dollars"),
        ("blew at 60 km/h", "blew at 60 kilometres per hour"),
        ("rose 5%", "rose 5 per cent"),
        ("rose 5 to 10%", "rose 5% to 10%"),
        ("rose 5 percentage points", "rose 5 points"),
        ("is 5 years old", "is five years old"),
    ],
)
def test_another_form_of_a_unit_is_no_change(old: str, new: str) -> None:
    """A unit that is spelled out, abbreviated or less exact is the same unit, in either direction."""
    for one, other in ((old, new), (new, old)):
        difference = compare(_FRAME.format(one), _FRAME.format(other), 8)
        assert not difference.changed
        assert not difference.added


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Der Turm ist genau 40 Meter hoch, sagte sie.", "Der Turm ist genau 40 Fuß hoch, sagte sie."),
        ("Il y a 40 kilomètres de route dans la ville.", "Il y a 40 miles de route dans la ville."),
        ("El precio subió 5 dólares en la ciudad.", "El precio subió 5 euros en la ciudad."),
        ("Il prezzo è salito di 5 euro in città.", "Il prezzo è salito di 5 dollari in città."),
        ("O preço subiu 5 por cento na cidade.", "O preço subiu 5 pontos percentuais na cidade."),
        ("De weg is 5 kilometer lang in de stad.", "De weg is 5 mijl lang in de stad."),
        ("Мост имеет длину 5 километров в городе.", "Мост имеет длину 5 миль в городе."),
        ("طول الجسر 5 كيلومترات في المدينة", "طول الجسر 5 أميال في المدينة"),
        ("पुल की लंबाई 5 किलोमीटर है", "पुल की लंबाई 5 मील है"),
        ("다리는 길이가 5킬로미터라고 말했다", "다리는 길이가 5마일이라고 말했다"),
        ("比去年多了五公里", "比去年多了五英里"),
    ],
)
def test_units_in_other_languages(old: str, new: str) -> None:
    """Every language of the vocabulary has units."""
    assert compare(old, new, 8).changed


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("starts phase II", "starts phase III"),
        ("fell in World War I", "fell in World War II"),
        ("fell in WWI", "fell in WWII"),
        ("starts phase 2", "starts phase III"),
        ("is in Group A", "is in Group B"),
        ("has hepatitis b", "has hepatitis c"),
        ("is under 4(a)", "is under 4(b)"),
        ("is of Bob Marlow Jr.", "is of Bob Marlow Sr."),
        ("is of George H.W. Bush", "is of George W. Bush"),
        ("is rated AAA", "is rated AA"),
        ("is rated AA+", "is rated AA-"),
        ("is blood type A", "is blood type AB"),
        ("is in C", "is in C++"),
    ],
)
def test_another_identifier_is_a_change(old: str, new: str) -> None:
    """A short identifier that replaced another is a change, in either direction."""
    assert changed(old, new)
    assert changed(new, old)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("is of George W. Bush", "is of George Bush"),
        ("starts phase II", "starts phase 2"),
        ("is a port", "is the port"),
        ("is a page -5-", "is a page 5"),
        ("- 5 boats -", "5 boats"),
    ],
)
def test_other_forms_of_identifiers_and_signs_are_no_change(old: str, new: str) -> None:
    """A deletion, a numeral in other digits, an article, and dashes around a number are no change."""
    assert not changed(old, new)


_COURT = ["The court heard it for six hours.", "The banker denied the charges.", "The trial will go on until June."]


@pytest.mark.parametrize("place", range(4))
@pytest.mark.parametrize(
    ("sentence", "is_news"),
    [
        ("The judge was shot.", True),
        ("The trial judge was shot dead.", True),
        ("He quit.", True),
        ("Everybody wept.", True),
        ("Wow.", False),
        ("It will go on.", False),
    ],
)
def test_a_new_sentence_is_news_at_any_place(place: int, sentence: str, is_news: bool) -> None:
    """A sentence of two words or more with a new content word is news, even if it begins like its neighbours."""
    new = [*_COURT[:place], sentence, *_COURT[place:]]
    assert compare(" ".join(_COURT), " ".join(new), 8).added is is_news


def test_an_attribution_at_an_end_is_no_news() -> None:
    """A short sentence at an end that names the speaker is no news. Inside the text, it may be."""
    old = " ".join(_COURT)
    assert not compare(old, f"{old} Officials in Brenn said so.", 8).added
    assert not compare(old, f"Officials in Brenn said so. {old}", 8).added


def test_one_word_of_a_script_without_spaces_is_no_other_statement() -> None:
    """Characters of Thai, Lao, Burmese and Khmer are words. One replaced word of several is no different statement."""
    old = "กรมท่าเรือแถลงเมื่อวันอังคารว่าท่าเทียบเรือด้านเหนือจะยังปิดต่อไปจนกว่าจะรื้อปั้นจั่นออกทั้งหมด"
    difference = compare(old, old.replace("แถลง", "ประกาศ"), 8)
    assert not difference.added
    assert not difference.changed
