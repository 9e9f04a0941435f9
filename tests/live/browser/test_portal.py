"""The portal in a real browser, before the real services."""

import signal
from pathlib import Path

import pytest

from tests.live.browser.chromium import Browser
from tests.live.browser.conftest import BEFORE, NOW, settle, truth
from tests.live.running import Running

pytestmark = [pytest.mark.live, pytest.mark.timeout(240)]

WIDTHS = (390, 768, 1280)


def sign_in(browser: Browser, who: str, number: int = -1) -> None:
    """Come in as one of the samples; the last employee has the lowest predicate."""
    browser.open(f"{browser.address}/sign-in")
    browser.follow(
        f"[...document.querySelectorAll('button[value^=\"{who}\"]')].at({number}).click()"
    )


def words(browser: Browser, selector: str = "main") -> str:
    """What a part of the page says."""
    return str(browser.run(f"document.querySelector('{selector}').innerText"))


def unread(browser: Browser) -> int:
    """The number in the page's head."""
    return int(browser.run("Number(document.querySelector('[data-unread]').textContent)"))


def test_an_employee_sees_why_and_what_helps(browser: Browser) -> None:
    sign_in(browser, "employee:")
    browser.follow("document.querySelector('main a.button').click()")
    assert "Sangat Kurang" in words(browser, ".matrix .own")
    assert "PermenPANRB 6/2022" in words(browser)
    assert browser.run("document.querySelectorAll('.recommendations > li').length") >= 1
    assert "keberatan secara tertulis" in words(browser)
    browser.follow("document.querySelector('.languages [value=en]').click()")
    assert browser.run("document.documentElement.lang") == "en"
    assert "Why this predicate" in words(browser)


def test_the_inbox_counts_down_and_takes_in_what_is_new_without_a_reload(
    browser: Browser, stack: Running
) -> None:
    sign_in(browser, "employee:")
    browser.follow("document.querySelector('.menu a[href=\"/inbox\"]').click()")
    browser.wait("document.querySelector('[data-unread]')")
    before = unread(browser)
    assert before >= 2
    browser.run("window.kept = true")
    browser.run("document.querySelector('form[data-read] button').click()")
    browser.wait(f"Number(document.querySelector('[data-unread]').textContent) === {before - 1}")
    browser.wait(f"document.querySelectorAll('form[data-read]').length === {before - 1}")
    shown = browser.run("document.querySelectorAll('.notice').length")
    settle(stack, stack.hand_in(BEFORE))
    browser.wait(f"document.querySelectorAll('.notice').length > {shown}")
    browser.wait(f"document.title.startsWith('({unread(browser)})')")
    assert unread(browser) > before - 1
    assert browser.run("window.kept") is True


def test_a_reviewer_sees_who_needs_a_plan(browser: Browser) -> None:
    sign_in(browser, "reviewer:")
    browser.follow("document.querySelector('.menu a[href=\"/team\"]').click()")
    assert "Perlu rencana bimbingan" in words(browser)
    browser.follow("document.querySelector('main table a').click()")
    assert "Undang pegawai ini untuk dialog kinerja" in words(browser)


def test_the_office_imports_with_progress_and_reads_what_came_of_it(
    browser: Browser, tmp_path: Path
) -> None:
    sign_in(browser, "personnel_officer")
    browser.follow("document.querySelector('.menu a[href=\"/imports\"]').click()")
    copy = tmp_path / "laporan.csv"
    copy.write_text("not an export\n")
    browser.choose_file("#file", copy)
    browser.follow("document.querySelector('form[data-upload] button').click()")
    browser.wait("document.querySelector('#refused')")
    assert "Tidak ada satu baris pun yang diimpor." in words(browser)
    browser.open(f"{browser.address}/imports")
    browser.choose_file("#file", NOW)
    browser.follow("document.querySelector('form[data-upload] button').click()")
    browser.wait("document.querySelector('#counted')")
    known = truth(NOW)
    _, finalised, rejected, _, warned = words(browser, "#import .figures").split("\n")[1::2]
    counted = {"valid": finalised, "rejected": rejected, "warned": warned}
    assert counted == {name: str(len(known[name])) for name in counted}
    assert browser.run("document.querySelector('.chart svg').getBoundingClientRect().width") > 300
    link = "document.querySelector('a[download]')"
    assert browser.run(f"fetch({link}.href).then((one) => one.status)") == 200


def test_no_page_is_wider_than_its_window(browser: Browser, tmp_path: Path) -> None:
    sign_in(browser, "personnel_officer")
    imported = browser.run("document.querySelector('main a.button').getAttribute('href')")
    paths = ("/", "/results", "/imports", imported, "/inbox", "/courses", "/preferences", "/mail")
    for path in paths:
        browser.open(f"{browser.address}{path}")
        for width in WIDTHS:
            browser.look(width=width, dark=width == WIDTHS[0])
            wide = browser.run("document.documentElement.scrollWidth")
            assert wide <= width, f"{path} needs {wide} pixels of {width}"
    browser.picture(tmp_path / "mail.png")
    assert (tmp_path / "mail.png").stat().st_size > 10_000


def test_the_keyboard_reaches_the_content_first(browser: Browser) -> None:
    sign_in(browser, "operator")
    for kind in ("keyDown", "keyUp"):
        browser.call("Input.dispatchKeyEvent", type=kind, key="Tab", windowsVirtualKeyCode=9)
    assert browser.run("document.activeElement.className") == "skip"
    assert browser.run("document.activeElement.getBoundingClientRect().left") >= 0


def test_a_service_that_is_away_is_said_plainly(browser: Browser, stack: Running) -> None:
    sign_in(browser, "employee:")
    stack.kill("training", signal.SIGKILL)
    browser.follow("document.querySelector('main a.button').click()")
    assert "Rekomendasi pelatihan sedang tidak dapat diambil." in words(browser)
    assert "Mengapa predikat ini" in words(browser)
    browser.open(f"{browser.address}/courses")
    assert "Layanan pelatihan sedang tidak menjawab." in words(browser)
    assert browser.said.pop().startswith(
        "Failed to load resource: the server responded with a status of 503"
    )
    stack.start("training")
    stack.wait_ready("training")
    browser.open(f"{browser.address}/courses")
    assert "jenis pelatihan" in words(browser)
