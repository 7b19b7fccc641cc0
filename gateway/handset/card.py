"""The code card of whoever holds a phone, to look at: the PDF that `gateway code-card` prints and keeps record of."""

from http import HTTPStatus

from flask import Blueprint, Response, request

from gateway.cards.card import NoCard, card_of
from gateway.cards.paper import CannotPrint, render
from gateway.console import frame, looks
from gateway.flow.scene import local_day
from gateway.handset import door
from gateway.handset.words import words
from gateway.wiring import Services


def add_routes(phone: Blueprint, services: Services) -> None:
    """Put `/card` on the page's blueprint; it takes the phone as `number`."""

    @phone.get("/card")
    def card() -> Response:
        return _card(services, door.number_of(services.settings, request.args.get("number", "")))


def _card(services: Services, number: str) -> Response:
    now, said = services.clock.now(), words(frame.reader_language())
    try:
        with services.sessions() as session:
            person = looks.person_of(session, number)
            if person is None:
                return frame.plain(HTTPStatus.NOT_FOUND, said["no_card"])
            made = card_of(session, person, local_day(session, now))
        pdf = render([made])
    except NoCard:
        return frame.plain(HTTPStatus.NOT_FOUND, said["no_card"])
    except CannotPrint as error:
        return frame.plain(HTTPStatus.SERVICE_UNAVAILABLE, str(error))
    name = f"code-card-{made.person_id}.pdf"
    return Response(pdf, content_type="application/pdf", headers={"Content-Disposition": f'inline; filename="{name}"'})
