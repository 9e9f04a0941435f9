"""The catalogue of training."""

import asyncio
from typing import Final

from starlette.responses import Response

from services.portal.clients.answers import Course
from services.portal.pages.doors import Door
from services.portal.pages.visit import Visit, unless_away


async def show_courses(visit: Visit) -> Response:
    """All courses, or those whose title, organiser or form has the words looked for."""
    courses = await visit.services.courses()
    words = visit.query.get("q", "")[:100]
    found = [course for course in courses if _fits(course, words)]
    return await visit.page("courses.html", courses=found, total=len(courses), words=words)


async def show_course(visit: Visit) -> Response:
    """One course, with the names of what may stand in for it."""
    services = visit.services
    course = await services.course(visit.request.path_params["code"])
    found = await asyncio.gather(
        *(unless_away(services.course(code)) for code in course.alternatives)
    )
    return await visit.page(
        "course.html", course=course, alternatives=[one for one in found if one is not None]
    )


def _fits(course: Course, words: str) -> bool:
    said = f"{course.title} {course.organiser} {course.form_title} {course.code}".casefold()
    return all(word in said for word in words.casefold().split())


DOORS: Final = (
    Door("/courses", show_courses),
    Door("/courses/{code}", show_course),
)
