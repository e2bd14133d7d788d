"""The tables of each language: days, compass points, negations, units, and stages of an affair."""

import pytest

from dedup.facts import compare
from dedup.facts.vocabulary import LANGUAGES, vocabulary

#: A sentence of each language that stands before the compared ones, so that those are a small part of the text.
_BEFORE = {
    "de": "Der alte Hafen an der Mündung wurde vor langer Zeit von den Leuten der Stadt gebaut und dient den Booten.",
    "fr": "Le vieux port de la rivière a été construit par les gens de la ville et sert aux petits bateaux de la baie.",
    "es": "El viejo puerto del río fue construido por la gente de la ciudad y sirve a los pequeños barcos de la bahía.",
    "it": "Il vecchio porto del fiume è stato costruito dalla gente della città e serve alle piccole barche.",
    "pt": "O velho porto do rio foi construído pela gente da cidade e serve aos pequenos barcos que ficam ali na baía.",
    "nl": "De oude haven aan de rivier is door de mensen van de stad gebouwd en dient voor de kleine boten daar.",
    "ru": "Старый порт на реке был построен жителями города и служит для небольших лодок, которые стоят там в заливе.",
    "ar": "الميناء القديم على النهر بناه سكان المدينة منذ زمن طويل وهو يستعمل من القوارب الصغيرة التي ترسو هناك.",
    "hi": "नदी पर पुराना बंदरगाह शहर के लोगों ने बहुत पहले बनाया था और यह छोटी नावों के लिए है जो वहां खड़ी रहती हैं।",
    "ko": "강가의 오래된 항구는 마을 사람들이 오래전에 지었으며 그곳에 머무는 작은 배들이 사용하고 이용하는 곳이다.",
    "zh": "河边的旧港口是镇上的居民很久以前修建的，供停泊在那里的小船使用，渔民们每天清晨从那里出发捕鱼。",
    "ja": "川沿いの古い港は町の人々が昔に建てたもので、そこに停泊する小さな船が使い、漁師たちは毎朝湾に出て魚をとる。",
}

CHANGED = {
    "day": [
        ("de", "Es öffnet am Montag dort.", "Es öffnet am Dienstag dort."),
        ("pt", "Abre na segunda-feira ali.", "Abre na terça-feira ali."),
        ("ru", "С понедельника он закрыт.", "С пятницы он закрыт."),
        ("ar", "يفتح يوم الإثنين هناك", "يفتح يوم الجمعة هناك"),
        ("ko", "회의는 월요일이다", "회의는 화요일이다"),
        ("ko", "회의는 오늘이라고 했다", "회의는 내일이라고 했다"),
        ("zh", "星期天开放", "星期六开放"),
        ("zh", "礼拜一开放", "礼拜五开放"),
        ("ja", "月曜に開く", "金曜に開く"),
    ],
    "compass": [
        ("de", "Es war im Norden des Landes.", "Es war im Süden des Landes."),
        ("de", "Es war in Nordsyrien damals.", "Es war in Südsyrien damals."),
        ("de", "Es war in Ostjerusalem damals.", "Es war in Jerusalem damals."),
        ("fr", "C'était en Corée du Nord alors.", "C'était en Corée du Sud alors."),
        ("fr", "C'était dans l'est du pays.", "C'était dans l'ouest du pays."),
        ("es", "Fue en el noreste del país.", "Fue en el suroeste del país."),
        ("it", "Era nell'Italia settentrionale allora.", "Era nell'Italia meridionale allora."),
        ("pt", "Foi no leste do país.", "Foi no oeste do país."),
        ("nl", "Het was in het noordelijke deel toen.", "Het was in het zuidelijke deel toen."),
        ("ru", "Это было на северо-востоке страны.", "Это было на юго-западе страны."),
        ("ru", "Это было в северной части страны.", "Это было в южной части страны."),
        ("ar", "كان في شمال البلاد", "كان في جنوب البلاد"),
        ("ar", "كان في كوريا الشمالية", "كان في كوريا الجنوبية"),
        ("hi", "यह उत्तरी भाग में था", "यह दक्षिणी भाग में था"),
        ("ko", "북부 지역에서 있었다", "남부 지역에서 있었다"),
        ("ko", "북한에서 있었다", "한국에서 있었다"),
        ("zh", "在该国北部发生", "在该国南部发生"),
        ("ja", "国の東側で起きた", "国の西側で起きた"),
    ],
    "negation": [
        ("de", "Er hat ein Boot dort.", "Er hat kein Boot dort."),
        ("fr", "Il a accepté cela.", "Il n'a pas accepté cela."),
        ("nl", "Hij heeft een boot daar.", "Hij heeft geen boot daar."),
        ("ru", "Он согласился с этим.", "Он не согласился с этим."),
        ("ar", "وافق على ذلك", "لم يوافق على ذلك"),
        ("hi", "वह इससे सहमत है", "वह इससे सहमत नहीं है"),
        ("ko", "그는 동의한다", "그는 동의하지 않는다"),
        ("ko", "그는 올 수 있다", "그는 올 수 없다"),
        ("ko", "그는 도착했다", "그는 도착하지 못했다"),
        ("ko", "그것은 사실이었다", "그것은 사실이 아니었다"),
        ("ja", "彼は同意します", "彼は同意しません"),
        ("ja", "彼は同意した", "彼は同意しなかった"),
        ("ja", "それは事実だ", "それは事実ではない"),
        ("ja", "彼は言って去った", "彼は言わず去った"),
        ("zh", "他已同意", "他未同意"),
    ],
    "unit": [
        ("ko", "기온은 섭씨 41도였다", "기온은 화씨 41도였다"),
        ("ko", "값은 5천만원이다", "값은 5천원이다"),
        ("ko", "모두 3만5천명이다", "모두 3만6천명이다"),
        ("ko", "바람은 시속 60킬로미터였다", "바람은 시속 60마일이었다"),
        ("ja", "気温は摂氏41度だった", "気温は華氏41度だった"),
        ("ja", "長さは5メートルだ", "長さは5キロメートルだ"),
        ("ja", "5パーセント上がった", "5ポイント上がった"),
        ("ja", "5分かかった", "5時間かかった"),
        ("zh", "持续5分钟", "持续5小时"),
    ],
    "stage": [
        ("de", "Er ist verdächtig dort.", "Er ist verurteilt dort."),
        ("de", "Das Feuer ist unter Kontrolle.", "Das Feuer ist außer Kontrolle."),
        ("de", "Die meisten Mitglieder kamen.", "Alle Mitglieder kamen."),
        ("de", "Es war Angela Merkel dort.", "Es war Olaf Scholz dort."),
        ("fr", "Son état est critique ici.", "Son état est stable ici."),
        ("es", "Puede venir aquí.", "Debe venir aquí."),
        ("it", "La richiesta è stata accettata qui.", "La richiesta è stata respinta qui."),
        ("pt", "Foi preso aqui.", "Foi solto aqui."),
        ("nl", "Alle leden kwamen.", "Sommige leden kwamen."),
        ("ru", "Подозреваемый был здесь.", "Осужденный был здесь."),
        ("ar", "حالته حرجة هناك", "حالته مستقرة هناك"),
        ("hi", "वह गिरफ्तार हुआ", "वह रिहा हुआ"),
        ("ko", "그는 체포됐다", "그는 석방됐다"),
        ("ko", "그는 A조에 있다", "그는 B조에 있다"),
        ("zh", "申请获批准", "申请被拒绝"),
        ("ja", "彼は有罪とされた", "彼は無罪とされた"),
    ],
}

SAME = [
    ("de", "Es war im Norden des Landes.", "Es war im nördlichen Teil des Landes."),
    ("de", "Er wurde verhaftet dort.", "Er wurde festgenommen dort."),
    ("fr", "C'était au nord du pays.", "C'était dans le nord du pays."),
    ("es", "Fue este lunes en la ciudad.", "Fue el lunes en la ciudad."),
    ("it", "La richiesta è stata accettata qui.", "La richiesta è stata accolta qui."),
    ("nl", "Hij is opgepakt hier.", "Hij is aangehouden hier."),
    ("ru", "Он откроется в понедельник там.", "В понедельник он откроется там."),
    ("ar", "كان في شمال البلاد", "كان في شمالي البلاد"),
    ("ko", "길이는 5km이다", "길이는 5킬로미터이다"),
    ("ko", "회의는 오늘 열린다", "회의는 오늘은 열린다"),
    ("ko", "값은 5천만원이다", "값은 50,000,000원이다"),
    ("ko", "배 5척이 왔다", "배 5척은 왔다"),
    ("ja", "まず船が来た", "はじめ船が来た"),
    ("zh", "长5公里", "长5千米"),
]


@pytest.mark.parametrize(("code", "old", "new"), [(*pair,) for kind in CHANGED for pair in CHANGED[kind]])
def test_a_fact_of_a_language_is_a_change(code: str, old: str, new: str) -> None:
    """A word of the tables that another one of its kind replaced is a change, in either direction."""
    for one, other in ((old, new), (new, old)):
        assert compare(f"{_BEFORE[code]} {one}", f"{_BEFORE[code]} {other}", 8).changed


@pytest.mark.parametrize(("code", "old", "new"), SAME)
def test_other_words_of_a_language_are_no_change(code: str, old: str, new: str) -> None:
    """Another form or a word of the same meaning is no change, in either direction."""
    for one, other in ((old, new), (new, old)):
        assert not compare(f"{_BEFORE[code]} {one}", f"{_BEFORE[code]} {other}", 8).changed


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_language_has_every_table(code: str) -> None:
    """Each language has days, compass points, stages, units and negations."""
    language = vocabulary().languages[code]
    names = {name for phrases in language.exclusive.values() for classes in phrases.values() for name in classes}
    assert {"day", "week", "compass"} < names
    assert sum(name[-1].isdecimal() for name in names) > 10
    assert language.negation
    assert len(language.unit_words) > 10


def test_words_of_one_language_mean_nothing_in_another() -> None:
    """German has stages for "die meisten" and "alle", which are no English words; English "die" is no German verb."""
    english = "The band of the old harbour is known for the song {} and it was sold to many people of the town there."
    assert not compare(english.format("alle"), english.format("einige"), 8).changed
    german = "Der alte Hafen an der Mündung wurde von den Leuten der Stadt gebaut und dient {} Booten in dem alten Ort."
    assert not compare(german.format("die"), german.format("alive"), 8).changed
