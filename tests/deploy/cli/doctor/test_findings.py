import re

from deploy.cli import doctor, texts
from deploy.local.environment import PROJECT
from shared.i18n import catalogue

FOLDER = PROJECT / "deploy" / "cli"
MADE = re.compile(r'(ok|note|warning|problem)\(\s*"([a-z_]+)"')
EITHER = {"lag_late": "problem", "lag": "ok"}


def made() -> set[tuple[str, str]]:
    sources = [file.read_text() for file in (FOLDER / "doctor").glob("*.py")]
    return {found for source in sources for found in MADE.findall(source)}


def test_every_finding_has_its_text_and_says_what_to_do_unless_all_is_well() -> None:
    known = catalogue(FOLDER / "locales").ids("id")
    assert len(made()) > 30
    wanted = {f"doctor.{code}" for _, code in made()}
    wanted |= {f"remedy.{code}" for level, code in made() if level != "ok"}
    assert wanted - known == set()


def test_no_text_of_the_doctor_is_there_for_nothing() -> None:
    known = catalogue(FOLDER / "locales").ids("id")
    codes = {code for _, code in made()} | {"looking", "sum"}
    said = {name.partition(".")[2] for name in known if name.startswith(("doctor.", "remedy."))}
    assert said - codes == set()
    assert doctor.__doc__
    assert texts.say("doctor.topics")
