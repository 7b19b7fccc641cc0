"""Fixtures of all pages: a demo with the small county of the stories, and somebody with a browser."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from gateway.app import create_app
from gateway.wiring import Services
from tests.pages.visiting import Visitor, demo_of


@pytest.fixture
def demo(services: Services, session: Session) -> Services:
    """The services of a demo with the small county of the stories."""
    return demo_of(services, session)


@pytest.fixture
def app(demo: Services) -> Flask:
    """The application of the demo."""
    return create_app(demo)


@pytest.fixture
def visitor(client: FlaskClient, demo: Services) -> Visitor:
    """A visitor of the demo."""
    return Visitor(client, demo)
