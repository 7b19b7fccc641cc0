"""`/`: the latest cases and messages, one case with its papers, one number with its messages."""

from flask import Blueprint, Response, make_response, render_template, request

from gateway import listings
from gateway.console import frame, looks
from gateway.domain.phone import normalise
from gateway.flow.scene import local_day
from gateway.store import cases as case_store
from gateway.wiring import Services


def blueprint(services: Services) -> Blueprint:
    """The page `/` and the style sheet of all pages."""
    pages = frame.blueprint("console", services, frame.has_console, static="/static")

    @pages.get("/")
    def latest() -> Response:
        if "case" in request.args:
            return _case(services, "".join(request.args["case"].split()))
        if "phone" in request.args:
            return _number(services, normalise(request.args["phone"], services.settings.region).number)
        return _latest(services)

    return pages


def _latest(services: Services) -> Response:
    now = services.clock.now()
    wanted = listings.Wanted(
        region=services.settings.region,
        own_numbers=listings.own_numbers(services.settings),
        limit=looks.SHOWN,
    )
    with services.sessions() as session:
        cases = listings.cases(session, limit=looks.SHOWN, now=now, today=local_day(session, now))
        page = render_template(
            "console/latest.html",
            cases=cases[::-1],
            messages=listings.messages(session, wanted)[::-1],
            places=looks.places(session, cases),
        )
    return make_response(page)


def _case(services: Services, number: str) -> Response:
    now = services.clock.now()
    with services.sessions() as session:
        case = case_store.by_number(session, number) if number.isdecimal() else None
        if case is None:
            return make_response(render_template("console/nothing.html", case=number), 404)
        views = listings.cases(session, number=number, now=now, today=local_day(session, now))
        page = render_template(
            "console/case.html",
            case=views[0],
            places=looks.places(session, views),
            deadlines=looks.deadlines_of(session, case),
            messages=looks.texts_about(session, case, listings.own_numbers(services.settings)),
        )
    return make_response(page)


def _number(services: Services, number: str) -> Response:
    with services.sessions() as session:
        page = render_template(
            "console/number.html",
            number=number,
            person=looks.person_of(session, number),
            messages=looks.texts_of(session, number, listings.own_numbers(services.settings)),
        )
    return make_response(page)
