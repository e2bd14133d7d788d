"""The changed facts of two paragraphs."""

import pytest

from dedup.facts import compare

TAIL = "It was said in town that day, and also in the villages on the other side of the river."
CHANGED = [
    ("It rose by 2.3 per cent.", "It rose by 2.5 per cent.", ("2.3", "2.5")),
    ("Police said three people died there.", "Police said four people died there.", ("three", "four")),
    ("It is page 2, and there are 9 in the file.", "It is page 3, and there are 8 in the file.", ("9", "8")),
    ("It is part 2 of 9 in the file.", "It is part 3 of 9 in the file.", ("2", "3")),
    ("It was so in both (2 May 9) of them.", "It was so in both (3 May 9) of them.", ("2", "3")),
    ("It cost $5m to build.", "It cost $6m to build.", ("5m", "6m")),
    ("They meet on 25 February in Geneva.", "They meet on 25 March in Geneva.", ("February", "March")),
    ("The flight MH370 was lost at sea.", "The flight MH371 was lost at sea.", ("MH370", "MH371")),
    ("They will meet at 2.30pm in Geneva.", "They will meet at 3.30pm in Geneva.", ("2.30pm", "3.30pm")),
    ("They have agreed to the plan.", "They have not agreed to the plan.", ("", "not")),
    ("They have not agreed to the plan.", "They have agreed to the plan.", ("not", "")),
    ("On Friday the president of Iran spoke.", "On Friday the president of Iraq spoke.", ("Iran", "Iraq")),
    ("a wine from Austria was served here", "a wine from Australia was served here", ("Austria", "Australia")),
    ("the italian premier spoke to the press", "the german premier spoke to the press", ("italian", "german")),
    ("Then the envoy Lavrov spoke to them.", "Then the envoy Peskov spoke to them.", ("Lavrov", "Peskov")),
    ("and then lavrov spoke to the press", "and then peskov spoke to the press", ("lavrov", "peskov")),
    ("It was directed by his brother in town.", "It was produced by his brother in town.", ("directed", "produced")),
    ("The price of bread rose in the city.", "The price of bread fell in the city.", ("rose", "fell")),
    ("They will meet on Monday in town.", "They will meet on Friday in town.", ("Monday", "Friday")),
    ("Die Stadt hat sieben Schulen und ein Bad.", "Die Stadt hat acht Schulen und ein Bad.", ("sieben", "acht")),
    ("Die Stadt ist nicht reich.", "Die Stadt ist reich.", ("nicht", "")),
    ("Il y a sept morts dans la ville.", "Il y a huit morts dans la ville.", ("sept", "huit")),
    ("Hay siete muertos en la ciudad.", "Hay ocho muertos en la ciudad.", ("siete", "ocho")),
    ("Ci sono sette case nella via.", "Ci sono otto case nella via.", ("sette", "otto")),
    ("São sete casas na rua da cidade.", "São oito casas na rua da cidade.", ("sete", "oito")),
    ("Er zijn zeven huizen in de stad.", "Er zijn acht huizen in de stad.", ("zeven", "acht")),
    ("В городе было семь школ.", "В городе было восемь школ.", ("семь", "восемь")),
    ("كان في المدينة سبعة بيوت", "كان في المدينة ثمانية بيوت", ("سبعة", "ثمانية")),
    ("शहर में सात घर हैं", "शहर में आठ घर हैं", ("सात", "आठ")),
    ("市里有七所学校", "市里有八所学校", ("七", "八")),
    ("市内に3校あります", "市内に4校あります", ("3", "4")),
    ("도시에 학교 일곱 곳이 있다", "도시에 학교 여덟 곳이 있다", ("일곱", "여덟")),
    ("فيها ٣ بيوت في المدينة", "فيها ٤ بيوت في المدينة", ("٣", "٤")),
    (
        "Address to the National Landcare Awards, Canberra",
        "Address to the Youth Suicide Seminar, Canberra",
        ("National Landcare Awards", "Youth Suicide Seminar"),
    ),
    ("Then the Prime Minister spoke to them.", "Then the Foreign Minister spoke to them.", ("Prime", "Foreign")),
    (
        "In Yorkshire many gave. Yet Yorkshire can win.",
        "In Yorkshire many gave. Yet Garrett Penn can win.",
        ("Yorkshire", "Garrett Penn"),
    ),
    ("and then james spoke to the press", "and then rudd spoke to the press", ("james", "rudd")),
    (
        "It was shared by Marineland. The tools that were built there help the people of many towns "
        "to find their way about, by day and by night, in rain and snow.",
        "It was shared by Zanesville.",
        ("Marineland", "Zanesville"),
    ),
    (
        "The funds were given to the fire departments of Zanesville, of the small town near it, and to others.",
        "The funds were given to Bloomingdale.",
        ("Zanesville", "Bloomingdale"),
    ),
    # A name that was deleted, and another one that was inserted a few words away.
    ("They gave it to Brighton Township in June.", "They gave it to Township of Moore in June.", ("Brighton", "Moore")),
    (
        "They said that the port was closed, and Brighton is to pay for the new bridge.",
        "They said that Moore's port was closed, and is to pay for the new bridge.",
        ("Brighton", "Moore's"),
    ),
    ("It was the thirty-ninth round of it.", "It was the thirtieth round of it.", ("thirty ninth", "thirtieth")),
    ("So write to us@lands.example for it.", "So write to us@roads.example for it.", ("lands", "roads")),
    ("They met on the AM programme there.", "They met on the PM programme there.", ("AM", "PM")),
    ("So write to bowen@example.org for it.", "So write to wong@example.org for it.", ("bowen", "wong")),
    (
        "The export of wheat will increase in June.",
        "The export of wheat will decrease in June.",
        ("increase", "decrease"),
    ),
    ("They met envoys of France and others.", "They met envoys of Spain and others.", ("France", "Spain")),
    # A part of a name.
    ("They paid for it in Western Maryland.", "They paid for it in Maryland.", ("Western", "")),
    ("they gave it to towns of zanesville", "they gave it to towns of northern zanesville", ("", "northern")),
    # A name inside the text that replaced none.
    ("They gave it to the township for a road.", "They gave it to the township of Moore for a road.", ("", "Moore")),
    (
        "They gave it to a school for a road in June.",
        "They gave it to the Moore City Council for a road in June.",
        ("", "Moore City Council"),
    ),
    ("They gave it to her for a road.", "They gave it to her and Premier Moore for a road.", ("", "Moore")),
    ("The envoy will leave on the first day.", "The envoy has left on the first day.", ("will", "has")),
    ("He was the minister of trade and tourism.", "He was the minister of finance.", ("trade", "finance")),
    (
        "Then the Leader of the House spoke to the press.",
        "Then the Deputy Leader of the House spoke to the press.",
        ("Leader", "Deputy Leader"),
    ),
    ("It was the Acting Premier who came.", "It was the Premier who came.", ("Acting Premier", "Premier")),
    (
        "It was the Deputy Premier who came.",
        "It was the Acting Premier who came.",
        ("Deputy Premier", "Acting Premier"),
    ),
    ("They paid for it in New South Wales.", "They paid for it in NT.", ("New South Wales", "NT")),
    ("The US envoy came to the town.", "The UN envoy came to the town.", ("US", "UN")),
    ("They say that the FBI came there.", "They say that the CBI came there.", ("FBI", "CBI")),
    ("They say the WHO sent a team there.", "They say the UN sent a team there.", ("WHO", "UN")),
    ("The bill was passed on the first day.", "The bill was rejected on the first day.", ("passed", "rejected")),
    (
        "Das sagte der Minister in Berlin der Presse.",
        "Das sagte der frühere Minister in Berlin der Presse.",
        ("Minister", "frühere Minister"),
    ),
    (
        "Arsenal beat Chelsea 3-2 at home.",
        "Chelsea beat Arsenal 3-2 at home.",
        ("Arsenal beat Chelsea", "Chelsea beat Arsenal"),
    ),
]

SAME = [
    ("He has 7 cats and 1,000 fish.", "He has seven cats and 1000 fish."),
    ("It rose by 5 per cent in a year.", "It rose by 5% in a year."),
    ("They begin at 2.30pm today.", "They begin at 14:30 today."),
    ("It was the thirty-ninth round of it.", "It was the 39th round of it."),
    ("It has cost 2.3 million pounds.", "It has cost 2,300,000 pounds."),
    ("Two hundred people came there.", "200 people came there."),
    ("They will meet today to talk.", "They will meet on Thursday to talk."),
    ("The envoy will leave on Friday.", "The envoy will leave on Friday, Russia's foreign minister said."),
    (
        "The envoys will meet in Istanbul today.",
        "The envoys will meet in Istanbul on Thursday, Russia's foreign minister Sergey Lavrov said yesterday.",
    ),
    ("Then Sir Keir spoke to the press.", "Then the prime minister spoke to the press."),
    ("The UK prime minister spoke to the press.", "Sir Keir spoke to the press."),
    ("We met Volodymyr Zelensky in Kyiv.", "We met Volodymyr Zelenskiy in Kyiv."),
    ("They met in the US on Friday.", "They met in the United States on Friday."),
    ("THEY SAY IT WAS A BIG ONE.", "THEY SAY IT HAS A BIG ONE."),
    ("Three people from Kyiv were hurt there.", "People were hurt there."),
    ("Page 1 of 6, from the interview.", "Page 4 of 6, from the interview."),
    ("Page 1 of 6, from the interview.", "Page 1 of 9, from the interview."),
    ("See it at example.org (1 of 6) and print it.", "See it at example.org (3 of 7) and print it."),
    # Names at an end, names of a speaker, beside a title or instead of one, of abbreviations, and given names.
    ("They gave it to the township for a road.", "They gave it to the township for a road in Moore."),
    ("It was good, and they paid for a road.", "It was good, said Moore, and they paid for a road."),
    ("They gave it to the premier for a road.", "They gave it to Premier Moore for a road."),
    ("They gave it to the premier for a road.", "They gave it to Moore for a road."),
    ("They gave it to the township for a road.", "They gave it to the township (Moore) for a road."),
    ("They gave it to the township for a road.", "They gave it to the ATMC township for a road."),
    ("They paid a@example.org for a road.", "They paid b@example.org for a road."),
    ("They gave it to the town for a road.", "They gave it to the western town for a road."),
    ("It was good that he gave it to us.", "It was good that Moore gave it to us."),
    ("They gave it to Moore for a road.", "They gave it to old Moore for a road."),
    ("They gave it to Moore for a road.", "They gave it to Peregrine Moore for a road."),
    ("They gave it to Moore for a road.", "They gave it to Moore Council for a road."),
    ("It was paid in Colo. in June by others.", "It was paid in Colorado in June by Moore."),
    ("So Moore paid, and others for Ala. in June.", "So we paid, and Alabama for Ala. in June."),
    ("They gave the American envoy two passports.", "They gave the envoy two U.S. passports."),
    ("They gave it to the township for Moore.", "They gave it to the Mooer township for Moore."),
    ("They gave it to Brighton for a road.", "They gave it to Brihgton for Moore."),
    ("They gave Brighton a road, and Marlow has it.", "They gave them Mralow road, and Marlow has it."),
    ("Siehe Seite 12 in dem Bericht und mehr.", "Siehe Seite 14 in dem Bericht und mehr."),
    ("They met envoys of Russia and Poland there.", "They met envoys of Poland and Russia there."),
    ("It isn't known who came.", "It is not known who came."),
    ("A deal on co-operation was made.", "A deal on cooperation was made."),
    ("A senator from Texas (R-Texas) was there.", "A senator from Texas (R-TX) was there."),
    ("They asked the Internal Revenue Service to pay.", "They asked the IRS to pay."),
    ("They gave it to Queensland for a road.", "They gave it to QLD for a road."),
    ("They say that the Senate will be proud of it.", "They say that I'll be proud of it."),
    ("They talked about the large house.", "They talked about the lovely house."),
    # A negation that was deleted with its clause.
    ("They met there in the old town, not alone.", "They met there in the old town."),
    ("They met in town, not bringing ships home, and left it.", "They met in town, and left it."),
    # A common word that begins a sentence.
    ("It was so. Workers left the port by day.", "It was so. Families left the port by day."),
    # Repeated or moved words that did not change.
    ("Of the 12 boats many left the port.", "Of the 12 boats many left the port, all 12 of them."),
    ("They met envoys of young France there, and of Spain.", "They met envoys of our Spain there, and of Spain."),
    ("They met the former owner of it.", "They met the owner of it."),
]


@pytest.mark.parametrize(("old", "new", "pair"), CHANGED)
def test_a_changed_fact_is_named(old: str, new: str, pair: tuple[str, str]) -> None:
    """A changed number, negation, name or contrast is reported as written, in each language."""
    assert compare(old, new, 10).changed == (pair,)


@pytest.mark.parametrize(("old", "new"), SAME)
def test_another_way_to_write_is_no_change(old: str, new: str) -> None:
    """Another spelling, a title, a typo, an attribution or a deletion changes no fact."""
    difference = compare(f"{TAIL} {old}", f"{TAIL} {new}", 10)
    assert not difference.changed
    assert not difference.added


def test_a_name_that_begins_a_text_is_no_change() -> None:
    """The name of a speaker may be added in front, even if another name was cut with its clause from the end."""
    old = "They gave it to the township for a road to the coast"
    assert compare(f"{old}.", f"Moore has it that {old}.", 10)[:2] == ((), False)
    assert compare(f"{old}, Brighton said.", f"Moore: {old}.", 10)[:2] == ((), False)


def test_without_capitals_only_two_rare_words_in_a_row_are_a_name() -> None:
    """In a text in one case, a single rare word can be anything, and two in a row are a name, except for typos."""
    old, new = "they gave it to the township for a road", "they gave it to the township of {} for a road"
    assert compare(old, new.format("moore"), 10)[:2] == ((), False)
    assert compare(old, new.format("peregrine moore"), 10)[:2] == ((("", "peregrine moore"),), False)
    assert compare(old.upper(), new.format("peregrine moore").upper(), 10)[:2] == ((("", "PEREGRINE MOORE"),), False)
    assert compare(old, new.format("moore and peregrine"), 10)[:2] == ((), False)
    assert compare("Port Closed After Storm In Old Town", "Port Closed After Long Dinner In Old Town", 10).changed == ()
    assert compare("THEY GAVE TO ALIEN MOORES A ROAD", "THEY GAVE TO LIEN OORES A ROAD", 10)[:2] == ((), False)


def test_introduced_names_need_no_other_changed_fact() -> None:
    """A name introduced beside a changed number is not a second change. Two changed runs are both reported."""
    old, new = "They gave 7 roads to the township for others.", "They gave 8 roads to the township of Moore for others."
    assert compare(f"{TAIL} {old}", f"{TAIL} {new}", 10).changed == (("7", "8"),)
    assert compare(f"{TAIL} {old}", f"{TAIL} {new.replace('8', '7')}", 10).changed == (("", "Moore"),)
    new = old.replace("7", "8").replace("others", "3 others")
    assert compare(f"{TAIL} {old}", f"{TAIL} {new}", 10).changed == (("7", "8"), ("", "3"))
