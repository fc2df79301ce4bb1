"""What the checks of a rewording take for names and numbers, and what for words."""

from groundwork.dataset.reword.rewording_faults import faults_of_rewording
from groundwork.dataset.reword.subject_terms import required_terms
from tests.dataset.reword.rewordings import COPIED
from tests.dataset.rows import row


def test_german_nouns_are_no_names_that_have_to_stay():
    """Each has a capital; a question may say a noun by a verb, and bring a noun in."""
    told = row(
        question="Welche Klasse übernimmt bei Mustang das Schreiben der Rechnung in die Datei?",
        answer="Die Klasse Exporter schreibt die Rechnung als Anhang in die Datei, nachdem sie geprüft wurde.",
        evidence=["Das Schreiben der Rechnung in die Datei übernimmt die Klasse Exporter, nachdem sie geprüft wurde."],
    )
    question = "Mit welcher Klasse von Mustang wird eine geprüfte Rechnung nach Abschluss aller Arbeiten geschrieben?"
    answer = "Mit dem Exporter: Ist sie geprüft, hängt er sie der Datei an, und die Rechnung steht dann darin."
    assert not any(
        "name" in fault or "lost" in fault for fault in faults_of_rewording(told, question, answer, COPIED, ())
    )
    assert "Schreiben" not in ", ".join(required_terms(told, ""))


def test_ones_are_no_number():
    told = row(question="Which names work in Newcastle?", answer="Relative names and no absolute names at all work.")
    question, answer = "In Newcastle, are there names that work?", "Only the relative ones do, never absolute ones."
    faults = faults_of_rewording(told, question, answer, COPIED, ())
    assert not any("number" in fault for fault in faults)
