"""The web application: services in, blueprints on, nothing else."""

from flask import Flask, Request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface

from gateway import logs, wiring
from gateway.console import pages as console
from gateway.handset import pages as handset
from gateway.settings import load_settings
from gateway.web import boundary, health, metrics, sms, ussd
from gateway.wiring import Services


def create_app(services: Services | None = None) -> Flask:
    """The Flask application; without `services` it makes its own from the environment, once in each web process."""
    if services is None:
        settings = load_settings()
        logs.set_up(level=settings.log_level, json=settings.log_json)
        services = wiring.build(settings)
        wiring.warm_up()
    app = Flask("gateway", static_folder=None, template_folder=None)
    app.config.update(
        SECRET_KEY=services.settings.secret_key,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=services.settings.public_url.startswith("https://"),
    )
    app.extensions["lianhu"] = services
    app.session_interface = _Sessions()
    boundary.install(app)
    for edge in (health, metrics, sms, ussd, console, handset):
        app.register_blueprint(edge.blueprint(services))
    return app


class _Sessions(SecureCookieSessionInterface):
    """Flask's sessions; who brings no cookie, as no carrier does, gets an empty one without looking for its keys."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """The session of a request."""
        return super().open_session(app, request) if "Cookie" in request.headers else self.session_class()
