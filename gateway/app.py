"""The web application: services in, blueprints on, nothing else."""

from flask import Flask

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
    boundary.install(app)
    for edge in (health, metrics, sms, ussd, console, handset):
        app.register_blueprint(edge.blueprint(services))
    return app
