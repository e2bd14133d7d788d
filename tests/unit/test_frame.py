"""The frame of a paragraph, which is left out of the comparison of facts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dedup.facts import Text, compare
from dedup.facts.frame import body
from dedup.facts.vocabulary import LANGUAGES

BODIES = {
    "en": "Rebels seized the northern port overnight, and seven people were hurt.",
    "de": "Aufständische nahmen in der Nacht den Hafen im Norden ein, und sieben Menschen wurden verletzt.",
    "fr": "Les rebelles ont pris le port du nord dans la nuit, et sept personnes ont été blessées.",
    "es": "Los rebeldes tomaron el puerto del norte por la noche, y siete personas resultaron heridas.",
    "it": "I ribelli hanno preso il porto del nord nella notte, e sette persone sono rimaste ferite.",
    "pt": "Os rebeldes tomaram o porto do norte durante a noite, e sete pessoas não ficaram feridas.",
    "nl": "Rebellen namen in de nacht een haven in het noorden in, en zeven mensen raakten gewond.",
    "ru": "Повстанцы в ночь на среду захватили северный порт, семь человек получили ранения.",
    "ar": "استولى المتمردون على الميناء الشمالي خلال الليل وأصيب سبعة أشخاص.",
    "hi": "विद्रोहियों ने रात में उत्तरी बंदरगाह पर कब्ज़ा कर लिया और सात लोग घायल हुए।",
    "ko": "반군이 밤사이 북부 항구를 점령했으며 일곱 명이 다쳤다.",
    "zh": "叛军在夜间占领了北部港口，有七人受伤。",
}
# Frames at the start of a paragraph, separated by "~".
STARTS = {
    "en": "LONDON, March 3 (Reuters) - ~PARIS, April 14 (Reuters) - ~(AP) — ~PARIS (AFP) – ~KYIV, Ukraine (AP) — ~"
    "WASHINGTON/NEW YORK (Reuters) - ~LONDON, March 3 - ~TOKYO, March 3 (Xinhua) -- ~By John Smith\n~"
    "By John Smith and Jane A. Roe, Reuters\n~By John Smith LONDON (Reuters) - ~Updated at 10:25 GMT\n~"
    "Last updated 3 March 2024 ~Published: 3 March 2024\n~Posted 2 hours ago\n~Updated 11.05am BST: ~3 min read\n~"
    "12 min read | ~10:25 ~10.25am: ~10:25 GMT — ~[10:25] ~23:05 GMT | ~UPDATE 2-~UPDATE 3-~CORRECTED-~RPT-~"
    "WRAPUP 3-~BREAKING: ~LIVE: ~WATCH: ~EXCLUSIVE - ~CORRECTED - ~JUST IN: ~Media Release: ~12 comments\n~"
    "Share 34\n~1.2k shares | ~Page 1 of 4 ~Page 12 of 14\n~(1 of 6) ~- 5 - ~-12- ~| 33 | ~4. ~12. ~(a) ~12) ~"
    "(iv) ~[3] ~Figure 8 - ~Table 2: ~No. 62/1968 - ~P.M. NO. 7/1970 - ~© 2024 ~Copyright 2023-24 ~"
    "FOR PRESS: P.M. NO. 62/1968 - ~UPDATE 2-LONDON, March 3 (Reuters) - ~LIVE: 10:25 GMT — (AP) — ~"
    "Share 34 | 12 comments\n",
    "de": "BERLIN (dpa) - ~München (dpa/lby) - ~WIEN, 3. März (APA) - ~Von Max Müller\n~10:25 Uhr: ~10.25 Uhr: ~"
    "Aktualisiert am 3. März 2024\n~Stand: 3. März 2024, 10:25 Uhr\n~vor 3 Stunden | ~4 Minuten Lesezeit\n~EIL: ~"
    "EILMELDUNG: ~LIVETICKER: ~12 Kommentare\n~Seite 3 von 9 ~Seite 4\n~(a) ~12) ~Abb. 3: ~Nr. 12/2024 - ",
    "fr": "PARIS (AFP) - ~LYON, 3 mars (Reuters) - ~Par Jean Dupont\n~10h25 : ~Publié le 3 mars 2024 à 10:25\n~"
    "Mis à jour le 3 mars 2024\n~il y a 3 heures | ~3 min de lecture\n~URGENT : ~EN DIRECT - ~12 commentaires\n~"
    "Page 3 sur 9 ~4. ~(b) ~Tableau 2 : ",
    "es": "MADRID, 3 Mar. (EFE).- ~MADRID, 3 mar (EFE).- ~Bogotá (EFE).- ~Por Juan Pérez\n~10:25 horas: ~"
    "Actualizado el 3 de marzo de 2024\n~hace 3 horas | ~3 min de lectura\n~ÚLTIMA HORA: ~EN VIVO: ~"
    "12 comentarios\n~Página 3 de 9 ~4. ~3) ~Gráfico 2: ",
    "it": "ROMA (ANSA) - ~(ANSA) - ~MILANO, 3 marzo (Adnkronos) - ~Di Mario Rossi\n~10:25 - ~3 ore fa | ~"
    "Aggiornato il 3 marzo 2024\n~3 min di lettura\n~ULTIM'ORA: ~DIRETTA: ~12 commenti\n~Pagina 3 di 9 ~4. ~"
    "Tabella 2: ",
    "pt": "BRASÍLIA (Reuters) - ~LISBOA, 3 mar (Lusa) - ~Por João Silva\n~10h25 - ~3 min de leitura\n~há 3 horas | ~"
    "Atualizado em 3 de março de 2024\n~URGENTE: ~AO VIVO: ~12 comentários\n~Página 3 de 9 ~4. ~Tabela 2: ",
    "nl": "AMSTERDAM (ANP) - ~Door Jan Jansen\n~10:25 uur: ~Bijgewerkt op 3 maart 2024\n~3 uur geleden | ~"
    "3 minuten lezen\n~NET BINNEN: ~LIVEBLOG: ~12 reacties\n~Pagina 3 van 9 ~4. ~Tabel 2: ",
    "ru": "МОСКВА, 3 мар — РИА Новости. ~МОСКВА, 3 марта. /ТАСС/. ~Москва. 3 марта. INTERFAX.RU - ~12 комментариев\n~"
    "Автор: Иван Петров\n~10:25 мск: ~Обновлено: 3 марта 2024\n~3 часа назад | ~Время чтения: 3 мин.\n~СРОЧНО: ~"
    "МОЛНИЯ: ~Страница 3 из 9 ~4. ~Рис. 2: ~№ 12/2024 - ",
    "ar": "القاهرة (رويترز) - ~القاهرة 3 مارس (رويترز) - ~دبي - رويترز: ~بقلم محمد علي\n~10:25 بتوقيت غرينتش: ~"
    "آخر تحديث: 3 مارس 2024\n~منذ 3 ساعات | ~3 دقائق للقراءة\n~عاجل: ~عاجل | ~12 تعليق\n~صفحة 3 من 9 ~4. ",
    "hi": "नई दिल्ली, 3 मार्च (भाषा) ~मुंबई, 4 मार्च (भाषा) ~नयी दिल्ली (एएनआई)। ~ब्रेकिंग: ~लाइव: ~10:25 बजे: ~"
    "अपडेट: 3 मार्च 2024\n~3 घंटे पहले | ~12 टिप्पणियां\n~पृष्ठ 3 का 9 ~4. ",
    "ko": "(서울=연합뉴스) 홍길동 기자 = ~(부산=연합뉴스) 김철수 기자 = ~[서울=뉴시스] 홍길동 기자 = ~(서울=연합뉴스) ~"
    "홍길동 기자 = ~[속보] ~[단독] ~속보: ~입력 2024년 3월 3일 10:25\n~3시간 전 | ~댓글 12\n~4. ~1쪽/9쪽 ",
    "zh": "【新华社北京3月3日电】~【新华社上海4月5日电】~新华社北京3月3日电 ~中新网3月3日电 ~"
    "据新华社北京3月3日电（记者张三）~【AFP=時事】~【ロンドン時事】~（東京＝共同）~［東京 3日 ロイター］ - ~【快讯】~"
    "快讯：~速報：~更新时间：2024年3月3日 10:25\n~3小时前 | ~评论 12\n~第3页 ~四、~（四）~4、~记者 张三\n",
}
# Frames at the end, in the same form.
ENDS = {
    "en": " (Reporting by John Smith; Editing by Jane Roe)~ (Additional reporting by Ann Lee in Paris)~ (more)~-30-~"
    " Read more~ Read more »~ Continue reading~ [+1234 chars]~ [+98 chars]~ © 2024 Reuters. All rights reserved.~"
    " Copyright 2024 The Associated Press. All rights reserved.~ © AFP~ (c) 2023 Example News Ltd.~ 12 comments~"
    " Share 34~ 1.2k shares~ Share 34 | 12 comments~ Updated at 10:25 GMT~ Last updated 3 March 2024~ 3 min read~"
    " Published: 3 March 2024~ Posted 2 hours ago~ Page 1 of 4~ (1 of 6)~ - 5 -~ Page 7~ By John Smith~ (Reuters)~"
    " (AP)~\n###~ Read more | Share 34 | 12 comments",
    "de": " (Bericht von Max Müller)~ Alle Rechte vorbehalten~ © 2024 dpa. Alle Rechte vorbehalten.~ Weiterlesen~"
    " Mehr dazu~ 12 Kommentare~ Aktualisiert am 3. März 2024~ Stand: 3. März 2024~ Seite 3 von 9~ (dpa)~"
    " Von Max Müller",
    "fr": " Tous droits réservés~ © 2024 AFP. Tous droits réservés.~ Lire la suite~ 12 commentaires~ Page 3 sur 9~"
    " (AFP)~ (Avec AFP)~ Publié le 3 mars 2024~ Par Jean Dupont",
    "es": " Todos los derechos reservados~ Leer más~ 12 comentarios~ Página 3 de 9~ (EFE)~ (Reporte de Juan Pérez)~"
    " Actualizado el 3 de marzo de 2024",
    "it": " Riproduzione riservata~ Leggi anche~ 12 commenti~ Pagina 3 di 9~ (ANSA)~ Aggiornato il 3 marzo 2024",
    "pt": " Todos os direitos reservados~ Leia mais~ 12 comentários~ Página 3 de 9~ (Reportagem de João Silva)~"
    " Atualizado em 3 de março de 2024",
    "nl": " Alle rechten voorbehouden~ Lees meer~ 12 reacties~ Pagina 3 van 9~ (ANP)~ Bijgewerkt op 3 maart 2024",
    "ru": " Все права защищены~ Читать далее~ 12 комментариев~ Страница 3 из 9~ (ТАСС)~ (Редактор Иван Петров)~"
    " Обновлено: 3 марта 2024",
    "ar": " جميع الحقوق محفوظة~ اقرأ المزيد~ 12 تعليق~ صفحة 3 من 9~ (رويترز)~ (إعداد محمد علي)~ آخر تحديث: 3 مارس 2024",
    "hi": " सर्वाधिकार सुरक्षित~ और पढ़ें~ 12 टिप्पणियां~ (भाषा)~ पृष्ठ 3",
    "ko": " (끝)~ 더 보기~ 기사 전문~ 댓글 12~ (연합뉴스)~ [무단 전재 및 재배포 금지]~ 입력 2024년 3월 3일~"
    " (편집 김철수)",
    "zh": "（完）~阅读全文~続きを読む~版权所有~（责任编辑：张三）~（共同）~评论 12~第3页",
}
FRAMED = [
    *((BODIES[code], frame, "") for code in LANGUAGES for frame in STARTS[code].split("~")),
    *((BODIES[code], "", frame) for code in LANGUAGES for frame in ENDS[code].split("~")),
]
# Frames that need other words before or after them.
LINES = [
    ("FOR PRESS: ", "PREMIERS' CONFERENCE AND LOAN COUNCIL", ""),
    ("", "https://example.org/speeches/2020/sp-dg.html", " 10/12"),
    ("", "It was said at https://example.org/a", "?utm_source=feed&utm_medium=rss"),
    ("", "It was said at https://example.org/a?id=5", "&utm_source=feed"),
    ("", "Nous Group | Independent review of the payment | 7 September 2020", " | 33 |"),
    ("", "Nous Group | Independent review of the payment | 7 September 2020", " | iv |"),
    ("Page 1 of 4 ", "Transcript: National Day of Action against Violence | Min...", ""),
    ("", "Transcript: National Day of Action against Violence", " Page 1 of 4"),
    ("12  ", "return compare(old, new)", ""),
    ("london (reuters) - ", "rebels seized the northern port overnight", ""),
    ("video: ", "rebels seize the northern port", ""),
]
NEWS = [
    "3 killed in a crash near the northern port",
    "12 comments sparked a row in the town hall",
    "10:25 train derailed near the northern port.",
    "10:30 AM Senator Burr to visit the northern school.",
    "9:30 - 10:30 a.m. Town Hall Meeting, County Extension. Bring a chair.",
    "10.25 million people saw the final.",
    "23:21 Sieg in Kiel gegen den Meister.",
    "By 2030 the port will be closed.",
    "By Monday the port will be closed.",
    "By Christmas Eve - with help - the port was open.",
    "By John Smith and his friends, the port was built.",
    "Page One Books closes after forty years",
    "Page 3 model dies at home",
    "5 - 2 win for Leeds in the final",
    "- 3–4 distinct hashes were found in the port",
    "3. Liga: Leipzig steigt auf.",
    "1. FC Köln gewinnt das Spiel in der Nacht.",
    "3. März: Der Hafen bleibt zu.",
    "2. divisjon starter for alle i morgen.",
    "Posted prices for gas were unchanged, the company said.",
    "Updated figures show that seven people were hurt.",
    "Published 3 March 2024, the report names seven people.",
    "2 hours ago the port was closed.",
    "3 min readings of the meter are missing.",
    "Live music returns to the northern port",
    "Watch sales fell by 3 per cent",
    "Breaking the ice: a port in the north",
    "Update 2 of the program is out",
    "Exclusive rights cost 3 million",
    "LONDON — a port without ships",
    "The agency (AP) was told so.",
    "Obama (Reuters) was told so.",
    "The rebels fled again. (Reuters) - Nothing else is known.",
    "Rebels Flee. (Reuters) - Nothing else is known.",
    "The rebels fled the town (Reuters) - nothing else is known.",
    "Trump Told Reuters. Then he left.",
    "the rebels fled the port (reuters) - nothing else is known",
    "Share 34 per cent of the profit",
    "Copyright 2024 changes everything for writers",
    "The committee (1 of 6 members) met again.",
    "No. 10 denies the report",
    "Table 2 lists the ports",
    "| Hamburg | 33 | 12 |",
    "| Manchester United | 33 |",
    "Kick-off | 10:25",
    "The rating is 4/5",
    "The children should read more",
    "He sold the company 300 shares",
    "The post got 12 comments",
    "The site was last updated 3 March 2024",
    "The report was published on 3 March 2024",
    "The train leaves at 10:25 GMT",
    "The book was written by John Smith",
    "The rule is in section 4 (c)",
    "He said so (reporting requirements were relaxed).",
    "It is said on page 7",
    "They lost 3-5-2",
    "See https://example.org/a?utm_source=feed&id=5",
    "第三产业增长，占领了北部港口。",
    "एक दिन (रात) में सात लोग घायल हुए।",
    "Москва - столица и порт пяти морей.",
    "新华社记者说，有七人受伤。",
]
ALL_FRAME = [
    "By John Smith",
    "Updated at 10:25 GMT",
    "LONDON (Reuters) - ",
    "12 comments",
    "Read more",
    "- 5 -",
    "",
    " ",
]


@pytest.mark.parametrize(("text", "start", "end"), FRAMED)
def test_a_frame_is_cut_off(text: str, start: str, end: str) -> None:
    """The body of a text in a frame is the text."""
    first, last = body(start + text + end)
    assert (start + text + end)[first:last].rstrip() == text


@pytest.mark.parametrize(("text", "start", "end"), FRAMED)
def test_a_frame_is_no_news(text: str, start: str, end: str) -> None:
    """A frame that was added or removed changes no fact and adds no news."""
    framed = start + text + end
    assert compare(text, framed, 8)[:2] == ((), False)
    assert compare(framed, text, 8)[:2] == ((), False)


@pytest.mark.parametrize("code", LANGUAGES)
def test_another_frame_is_no_news(code: str) -> None:
    """A frame that replaced another changes no fact and adds no news."""
    starts = [frame + BODIES[code] for frame in STARTS[code].split("~")]
    ends = [BODIES[code] + frame for frame in ENDS[code].split("~")]
    for framed in (starts, ends):
        for old, new in zip(framed, framed[1:] + framed[:1], strict=True):
            assert compare(old, new, 8)[:2] == ((), False), (old, new)


@pytest.mark.parametrize(("start", "text", "end"), LINES)
def test_a_frame_of_a_line_is_cut_off(start: str, text: str, end: str) -> None:
    """The frame of a line that is no sentence is cut off too."""
    first, last = body(start + text + end)
    assert (start + text + end)[first:last].rstrip() == text


@pytest.mark.parametrize("text", [*NEWS, *ALL_FRAME, *BODIES.values()])
def test_news_is_no_frame(text: str) -> None:
    """What could be news stays, and so does a text that is nothing but frame."""
    assert body(text) == (0, len(text))


@pytest.mark.parametrize(
    ("old", "new", "change"),
    [
        (
            "LONDON, March 3 (Reuters) - Seven people were hurt in the northern port.",
            "PARIS, March 4 (AFP) - Nine people were hurt in the northern port. Read more",
            ("Seven", "Nine"),
        ),
        (
            "10:25 GMT — -5 degrees were measured in the northern port.",
            "11:40 GMT — -7 degrees were measured in the northern port.",
            ("-5", "-7"),
        ),
        ("4. It has 3 ports, and the town is rich.", "5. It has 4 ports, and the town is rich.", ("3", "4")),
        (
            "UPDATE 1-Ports close in Austria for a week",
            "UPDATE 2-Ports close in Australia for a week",
            ("Austria", "Australia"),
        ),
    ],
)
def test_facts_in_a_frame_are_compared(old: str, new: str, change: tuple[str, str]) -> None:
    """A changed fact in the body is found, and only that."""
    assert compare(old, new, 8).changed == (change,)


def test_a_new_sentence_before_a_frame_is_news() -> None:
    """A sentence that was added between the body and a frame at the end is news."""
    old = BODIES["en"] + " Read more"
    new = BODIES["en"] + " The harbour master has resigned. Share 34"
    assert compare(old, new, 8)[:2] == ((), True)


@pytest.mark.parametrize(("text", "start", "end"), FRAMED)
def test_spans_are_those_of_the_whole_text(text: str, start: str, end: str) -> None:
    """The spans of words and sentences count the characters of the whole text; the words are those of the body."""
    framed, plain = Text(start + text + end), Text(text)
    assert framed.keys == plain.keys
    assert [framed.text[first:last] for first, last in framed.spans] == framed.words == plain.words
    assert framed.spans[0][0] >= len(start.rstrip())
    assert framed.sentence_ends[0] == framed.start + plain.sentence_ends[0]
    assert framed.spans[-1][1] <= framed.sentence_ends[-1] <= len(start + text) + 1


WORDS = st.lists(
    st.sampled_from("the port rebels of seven people seized and 12 hurt in North London".split()), min_size=3
)
EN_ENDS = ENDS["en"].split("~")
CLOSED = ["", *(frame for frame in EN_ENDS if frame[-1] in ").]")]  # other frames may follow these
# Those left out need a sentence or the start of the text.
EN_STARTS = [frame for frame in STARTS["en"].split("~") if "10" not in frame and frame[0] not in "[|2"]
OPEN = ["", "EXCLUSIVE - ", "BREAKING: ", "LONDON, March 3 (Reuters) - "]  # these may follow others


@given(WORDS, st.sampled_from(EN_STARTS), st.sampled_from(OPEN), st.sampled_from(CLOSED), st.sampled_from(EN_ENDS))
def test_frames_around_any_sentence(words: list[str], first: str, second: str, third: str, fourth: str) -> None:
    """Frames around any sentence are cut off."""
    text = "The rebels said " + " ".join(words) + " again."
    framed = first + second + text + third + fourth
    start, end = body(framed)
    assert framed[start:end].rstrip() == text


@given(
    st.lists(st.sampled_from([*"ab5 .-—|([)]©:\n", *(frame for _, *edges in FRAMED for frame in edges)])).map("".join)
)
def test_a_body_is_never_empty(text: str) -> None:
    """The body of a text with words has words."""
    first, last = body(text)
    assert 0 <= first <= last <= len(text)
    if any(map(str.isalnum, text)):
        assert any(map(str.isalnum, text[first:last]))


@pytest.mark.parametrize(
    "piece", ["A ", "LONDON, ", "1. A ", "(a) ", " (more)", "By A B ", "(Reporting ", "Share 3 ", "| 1 ", "© A ", "。"]
)
def test_long_texts_are_cut_at_the_edges_only(piece: str) -> None:
    """Only the edges of a long text are searched, so it has few characters of frame."""
    text = piece * 5_000 + "and the port." + piece * 5_000
    first, last = body(text)
    assert first < 500
    assert last > len(text) - 1000
