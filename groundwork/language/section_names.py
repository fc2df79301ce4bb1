"""The names of parts that many documents have, such as a foreword, which are no document's own title."""

from __future__ import annotations

import re

_SECTION_WORD = re.compile(r"[^\W\d_]+")
_SECTION_NUMERAL = re.compile(r"[ivx]+")
_NUMBERED_SECTION_NAMES = frozenset(
    ("chapter", "section", "part", "kapitel", "abschnitt", "teil", "chapitre", "capítulo", "capitolo")
)
_SECTION_NAMES = frozenset(
    name.strip()
    for name in """
abstract; acknowledgement; acknowledgements; acknowledgment; acknowledgments; afterword; agenda; any questions;
appendices; appendix; bibliography; conclusion; conclusions; contents; dedication; discussion; executive summary;
foreword; glossary; index; introduction; list of figures; list of tables; outline; overview; preface; q a; questions;
questions and answers; questions answers; references; summary; table of contents; thank you; thank you all;
thank you for listening; thank you for your attention; thank you for your time; thank you very much; thanks;
thanks for listening; title page
abbildungsverzeichnis; anhang; danksagung; danke; einführung; einleitung; fazit; gliederung; inhalt;
inhaltsübersicht; inhaltsverzeichnis; literatur; literaturverzeichnis; tabellenverzeichnis; vielen dank;
vielen dank für ihre aufmerksamkeit; vorwort; widmung; zusammenfassung
annexe; annexes; avant propos; bibliographie; dédicace; merci; merci de votre attention; préface; remerciements; résumé;
sommaire; table des matières
agradecimientos; bibliografía; contenido; contenidos; dedicatoria; gracias; introducción; muchas gracias; prefacio;
prólogo; resumen; tabla de contenido; índice; índice general
grazie; grazie per l attenzione; indice; introduzione; prefazione; ringraziamenti; riassunto; sommario
agradecimentos; introdução; obrigado; resumo; sumário
dankwoord; inhoud; inhoudsopgave; inleiding; samenvatting; voorwoord
目录; 目錄; 目次; 摘要; 前言; 引言; 概要; はじめに; 謝辞; 谢谢; 謝謝; ありがとうございました
""".replace("\n", ";").split(";")
)


def is_section_name(title: str) -> bool:
    """Whether a title, without its number and marks, names a part that many documents have."""
    name_words = _SECTION_WORD.findall(title.casefold())
    is_numbered = len(name_words) > 1 and (
        name_words[0] in _NUMBERED_SECTION_NAMES or _SECTION_NUMERAL.fullmatch(name_words[0])
    )
    return " ".join(name_words) in _SECTION_NAMES or (bool(is_numbered) and " ".join(name_words[1:]) in _SECTION_NAMES)
