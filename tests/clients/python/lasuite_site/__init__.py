"""The smallest Django site that is a resource server by django-lasuite: its backends, its authentication and its
key page as they are, one view that says who calls, one table of users."""

SETTINGS = {
    "ALLOWED_HOSTS": ["*"],
    "AUTH_USER_MODEL": "lasuite_site.User",
    "DATABASES": {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    "DEFAULT_AUTO_FIELD": "django.db.models.BigAutoField",
    "INSTALLED_APPS": ["django.contrib.auth", "django.contrib.contenttypes", "rest_framework", "lasuite_site"],
    "ROOT_URLCONF": "lasuite_site.urls",
    "SECRET_KEY": "for tests",
    "USE_TZ": True,
    # What django-lasuite itself wants.
    "OIDC_PROXY": None,
    "OIDC_RS_AUDIENCE_CLAIM": "client_id",
    "OIDC_RS_ENCRYPTION_ALGO": "RSA-OAEP",
    "OIDC_RS_ENCRYPTION_ENCODING": "A256GCM",
    "OIDC_RS_ENCRYPTION_KEY_TYPE": "RSA",
    "OIDC_RS_SCOPES": ["lasuite_visio"],
    "OIDC_RS_SIGNING_ALGO": "ES256",
    "OIDC_TIMEOUT": 30,
    "OIDC_VERIFY_SSL": True,
}
