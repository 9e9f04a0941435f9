from tests.portal.conftest import Visitor
from tests.portal.markup import Page
from tests.portal.told import (
    NOTICE,
    OWN,
    READ,
)
from tests.portal.town import Town


async def test_the_inbox_shows_what_is_new_and_where_it_leads(visitor: Visitor) -> None:
    answer = await visitor.sign_in("employee").get("/inbox")
    read = Page(answer.text)
    assert "Belum dibaca: 3" in read.words
    assert "Baru Result <ready>" in read.words
    assert f"/results/{OWN}" in read.links
    assert f'action="/inbox/{NOTICE}/read"' in answer.text
    assert f'action="/inbox/{READ}/read"' not in answer.text


async def test_the_number_of_unread_notices_stands_on_every_page(visitor: Visitor) -> None:
    answer = await visitor.sign_in("employee").get("/courses")
    assert '<span class="count" data-unread>3</span>' in answer.text
    assert 'data-stream="/inbox/stream"' in answer.text


async def test_without_notifications_pages_have_no_number(visitor: Visitor, town: Town) -> None:
    town.away.add("notifications")
    answer = await visitor.sign_in("employee").get("/courses")
    assert answer.status_code == 200
    assert "data-unread>" not in answer.text
    assert "data-stream" not in answer.text


async def test_an_operator_has_no_inbox(visitor: Visitor, town: Town) -> None:
    answer = await visitor.sign_in("operator").get("/courses")
    assert "data-stream" not in answer.text
    assert town.questions("/inbox") == []


async def test_marking_as_read_leads_back_to_the_list(visitor: Visitor, town: Town) -> None:
    answer = await visitor.sign_in("employee").post(f"/inbox/{NOTICE}/read?unread=true")
    assert (answer.status_code, answer.headers["location"]) == (303, "/inbox?unread=true")
    assert len(town.questions(f"/inbox/{NOTICE}/read")) == 1


async def test_a_foreign_notice_is_not_found(visitor: Visitor) -> None:
    answer = await visitor.sign_in("employee").post(f"/inbox/{READ}/read")
    assert answer.status_code == 404


async def test_the_stream_passes_events_on(visitor: Visitor) -> None:
    answer = await visitor.sign_in("employee").get("/inbox/stream")
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert "no-store" in answer.headers["cache-control"]
    assert 'event: inbox\r\ndata: {"unread": 4}\r\nretry: 3000' in answer.text


async def test_a_stream_from_nobody_is_away_and_not_broken(visitor: Visitor, town: Town) -> None:
    town.away.add("notifications")
    assert (await visitor.sign_in("employee").get("/inbox/stream")).status_code == 503
