"""Does an embedder know paraphrases in other languages? Cosines of pairs of questions, and of questions that differ.

Run    uv run benchmarks/languages.py [--set embeddings.model=intfloat/multilingual-e5-base ...]

For each language: the mean cosine of two wordings of one question, that of two different questions, the cosine from
which the calibration takes two questions for one, and for how many questions the nearest of all others is its other
wording. The pairs are few and written for this script: they tell whether a model knows a language at all, no more.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from pathlib import Path

import numpy as np

from groundwork.embedding.cosine_threshold import calibrate_threshold
from groundwork.embedding.encoder import encoder_for
from groundwork.settings.config_files import load

STATIC = ("embeddings.backend=static", "embeddings.model=wordllama", "embeddings.query_prefix=")

PAIRS = {
    "English": [
        ("How long is a touch rugby field?", "What is the length of the field in touch rugby?"),
        (
            "Who may ask for a berth in Velmora harbour?",
            "Which persons can apply for a mooring in the port of Velmora?",
        ),
        ("How much is the surcharge for boats over 12.5 m?", "What extra fee do boats longer than 12.5 m pay?"),
        ("When does the equipment inspection take place?", "On which date is the gear checked?"),
        ("What is the top speed in the harbour basin?", "How fast may one go in the basin of the harbour?"),
        ("Where must waste oil be handed in?", "At which place is used oil collected?"),
        (
            "What must children under 12 wear on the jetties?",
            "Which item do kids below 12 have to put on at the pontoons?",
        ),
        ("How thick must mooring ropes be?", "What is the least diameter of the mooring lines?"),
    ],
    "German": [
        ("Wie lang ist ein Touch-Rugby-Feld?", "Welche Länge hat das Spielfeld beim Touch-Rugby?"),
        (
            "Wer darf im Hafen Velmora einen Liegeplatz beantragen?",
            "Welche Personen können in Velmora um einen Bootsplatz ansuchen?",
        ),
        (
            "Wie hoch ist der Zuschlag für Boote über 12,5 m?",
            "Welchen Aufpreis zahlen Boote, die länger als 12,5 m sind?",
        ),
        ("Wann findet die Prüfung der Ausrüstung statt?", "An welchem Tag wird die Ausstattung kontrolliert?"),
        ("Wie hoch ist die Höchstgeschwindigkeit im Hafenbecken?", "Wie schnell darf man im Becken des Hafens fahren?"),
        ("Wo ist Altöl abzugeben?", "An welcher Stelle wird gebrauchtes Öl gesammelt?"),
        (
            "Was müssen Kinder unter 12 Jahren auf den Stegen tragen?",
            "Welches Kleidungsstück ist für unter Zwölfjährige auf den Stegen Pflicht?",
        ),
        ("Wie dick müssen Festmacherleinen sein?", "Welchen Durchmesser brauchen die Leinen mindestens?"),
    ],
    "Russian": [
        ("Какова длина поля для тач-регби?", "Сколько метров в длину имеет поле в тач-регби?"),
        ("Кто может получить место стоянки в порту Вельмора?", "Какие лица вправе просить о стоянке в Вельморе?"),
        ("Когда проводится проверка снаряжения?", "В какой день осматривают оборудование?"),
        ("Какова наибольшая скорость в гавани?", "Как быстро можно идти в акватории порта?"),
        ("Что обязаны носить дети до 12 лет на причалах?", "Какую вещь надевают дети младше 12 лет на пирсах?"),
        ("Куда сдают отработанное масло?", "В каком месте собирают старое масло?"),
    ],
    "Arabic": [
        ("كم يبلغ طول ملعب الرجبي؟", "ما هو طول الملعب في لعبة الرجبي؟"),
        ("من يستطيع طلب مكان للرسو في ميناء فلمورا؟", "أي الأشخاص يحق لهم التقدم بطلب مرسى في فلمورا؟"),
        ("متى يجري فحص المعدات؟", "في أي يوم تُفتش التجهيزات؟"),
        ("ما هي السرعة القصوى في حوض الميناء؟", "إلى أي حد يمكن الإسراع داخل الحوض؟"),
        ("ماذا يجب أن يرتدي الأطفال دون 12 عامًا على الأرصفة؟", "أي شيء يلبسه الصغار تحت سن 12 على الرصيف؟"),
        ("أين يسلم الزيت المستعمل؟", "في أي مكان يُجمع الزيت القديم؟"),
    ],
    "Chinese": [
        ("触式橄榄球场有多长？", "触式橄榄球比赛场地的长度是多少？"),
        ("谁可以在维尔莫拉港申请泊位？", "哪些人能够向维尔莫拉港提出泊位申请？"),
        ("超过12.5米的船只加收多少费用？", "长于12.5米的船要额外支付多少？"),
        ("设备检查在什么时候进行？", "哪一天对装备进行检验？"),
        ("港池内的最高速度是多少？", "船在港池里最快可以开多快？"),
        ("废油应交到哪里？", "用过的油在什么地方收集？"),
        ("未满12岁的儿童在码头上必须穿什么？", "12岁以下孩子在码头要穿上哪种装备？"),
        ("系船缆绳的直径至少是多少？", "缆绳最细可以有多粗？"),
    ],
}


def main() -> None:
    """Print a line a language."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="a setting; default: wordllama")
    settings = load(assignments=parser.parse_args().set or STATIC).embeddings
    print(f"{settings.model}\n{'':10}{'same':>6}{'other':>7}{'from':>7}   nearest")
    with tempfile.TemporaryDirectory() as folder:
        encoder = encoder_for(settings, Path(folder))
        for language, pairs in PAIRS.items():
            vectors = asyncio.run(encoder.aencode([question for pair in pairs for question in pair], "query"))
            print(f"{language:10}{_line(vectors)}")


def _line(vectors: np.ndarray) -> str:
    cosines = vectors @ vectors.T
    rows = np.arange(len(vectors))
    same = cosines[rows, rows ^ 1].mean()
    other = cosines[rows[:, None] // 2 != rows[None, :] // 2].mean()
    np.fill_diagonal(cosines, -1)
    right = int((cosines.argmax(axis=1) == rows ^ 1).sum())
    return f"{same:6.2f}{other:7.2f}{calibrate_threshold(vectors):7.2f}   {right} of {len(vectors)}"


if __name__ == "__main__":
    main()
