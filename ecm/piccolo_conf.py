"""What Piccolo's command line needs."""

from piccolo.conf.apps import AppRegistry

from ecm.connections import ENGINE

DB = ENGINE
APP_REGISTRY = AppRegistry(apps=["ecm.migrations.piccolo_app"])
