"""Configuration: the only reader of the environment.

`load` turns an environment into a frozen `Config`, or refuses with a sentence that says what to set.
Each secret may also be given as a file: `SECRET_KEY_FILE=/run/secrets/key` instead of `SECRET_KEY`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from urllib.parse import SplitResult, unquote, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from app.base.addresses import organisational_domain

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).resolve().parent
SECRETS = frozenset(
    {"SECRET_KEY", "SECRET_KEY_FALLBACKS", "DATABASE_URL", "MAIL_USERNAME", "MAIL_PASSWORD", "IMAP_URL"}
)
SHORTEST_SECRET = 16
IMAP_PORTS = {"imap": 143, "imaps": 993}


class ConfigurationError(Exception):
    """The environment cannot be used; the text says which variable to set and how."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImapAccount:
    """The mailbox to which replies come. `security` is what the line must have before we sign in.

    "tls" is TLS from the first octet; "none" only ever happens on the machine itself.
    """

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    folder: str
    security: Literal["tls", "starttls", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Everything that the outside decides. Times are in the zone named by `timezone`."""

    secret_key: str
    secret_key_fallbacks: tuple[str, ...]
    root: Path
    instance_path: Path
    database_url: str
    base_url: str
    host: str
    port: int
    proxy_hops: int
    mail_server: str | None
    mail_port: int
    mail_use_tls: bool
    mail_use_ssl: bool
    mail_username: str | None
    mail_password: str | None
    mail_sender: str
    rsvp_address: str
    imap: ImapAccount | None
    mail_authserv_id: str | None
    ratelimit_enabled: bool
    retention_months: int
    timezone: str
    languages: tuple[str, ...]
    site_name: str

    @property
    def secure(self) -> bool:
        """True when the public address is https: cookies are then `__Host-` and Secure."""
        return self.base_url.startswith("https://")

    @property
    def mail_domain(self) -> str:
        """The domain of UIDs, Message-IDs and reply addresses."""
        return self.rsvp_address.rpartition("@")[2]


def load(environ: Mapping[str, str], *, root: Path = ROOT) -> Config:
    """Read a `Config` from `environ`; `root` is where `instance/` and the catalogues are looked for.

    Raises `ConfigurationError` with a sentence for the person who starts the program.
    """
    read = _Reader(environ)
    instance = Path(read.text("INSTANCE_PATH") or root / "instance").resolve()
    port = read.number("PORT", 8000, 0, 65535)
    host = read.text("HOST") or "127.0.0.1"
    base_url = _base_url(read.text("BASE_URL") or f"http://127.0.0.1:{port}")
    mail_server = read.text("MAIL_SERVER")
    use_ssl = read.switch("MAIL_USE_SSL", default=False)
    config = Config(
        secret_key=_secret_key(read, instance),
        secret_key_fallbacks=tuple(
            part for part in (read.text("SECRET_KEY_FALLBACKS") or "").split(",") if part
        ),
        root=root,
        instance_path=instance,
        database_url=_database_url(read.text("DATABASE_URL"), instance),
        base_url=base_url,
        host=host,
        port=port,
        proxy_hops=read.number("PROXY_HOPS", 0, 0, 10),
        mail_server=mail_server,
        mail_port=read.number("MAIL_PORT", 465 if use_ssl else 25, 1, 65535),
        mail_use_tls=read.switch("MAIL_USE_TLS", default=False),
        mail_use_ssl=use_ssl,
        mail_username=read.text("MAIL_USERNAME"),
        mail_password=read.text("MAIL_PASSWORD"),
        mail_sender=read.text("MAIL_SENDER") or "meetings@setkani.invalid",
        rsvp_address=read.text("RSVP_ADDRESS") or "rsvp@setkani.invalid",
        imap=_imap_account(read.text("IMAP_URL")),
        mail_authserv_id=_authserv_id(read.text("MAIL_AUTHSERV_ID")),
        ratelimit_enabled=read.switch("RATELIMIT_ENABLED", default=True),
        retention_months=read.number("RETENTION_MONTHS", 12, 1, 120),
        timezone=_timezone(read.text("TIMEZONE") or "Europe/Prague"),
        languages=_languages(read.text("LANGUAGES"), root),
        site_name=read.text("SITE_NAME") or "Setkání",
    )
    _check_mail(config, read)
    return config


class _Reader:
    """Looks up variables; a name in `SECRETS` may come from the file named by `<NAME>_FILE`."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = environ

    def text(self, name: str) -> str | None:
        value = self.environ.get(name, "").strip()
        path = self.environ.get(f"{name}_FILE", "").strip() if name in SECRETS else ""
        if value and path:
            raise ConfigurationError(f"Set either {name} or {name}_FILE, not both.")
        if path:
            try:
                value = Path(path).read_text(encoding="utf-8").strip()
            except OSError as error:
                raise ConfigurationError(
                    f"{name}_FILE names a file that cannot be read: {error.strerror}."
                ) from error
            except UnicodeDecodeError as error:
                raise ConfigurationError(f"{name}_FILE names a file that holds no text.") from error
            if not value:
                raise ConfigurationError(f"{name}_FILE names an empty file.")
        return value or None

    def number(self, name: str, default: int, low: int, high: int) -> int:
        text = self.text(name)
        if text is None:
            return default
        if not re.fullmatch(r"[0-9]{1,6}", text) or not low <= int(text) <= high:
            raise ConfigurationError(f"{name} must be a whole number from {low} to {high}, not “{text}”.")
        return int(text)

    def switch(self, name: str, *, default: bool) -> bool:
        text = (self.text(name) or "").lower()
        if text in {"", "1", "true", "yes", "on", "0", "false", "no", "off"}:
            return default if not text else text in {"1", "true", "yes", "on"}
        raise ConfigurationError(f"{name} must be 1 or 0, not “{text}”.")


def _secret_key(read: _Reader, instance: Path) -> str:
    """From the environment, else from the file that `make run` keeps beside the database."""
    key = read.text("SECRET_KEY")
    kept = instance / "secret_key"
    if key is None and kept.is_file():
        key = kept.read_text(encoding="ascii").strip()
    if key is None:
        raise ConfigurationError(
            "SECRET_KEY is not set. Make one with `python3 -c 'import secrets; print(secrets.token_hex(32))'` and set "
            "SECRET_KEY, or SECRET_KEY_FILE to a file that holds it. (`make run` does this for you.)"
        )
    if len(key) < SHORTEST_SECRET:
        raise ConfigurationError(
            f"SECRET_KEY is too short: use at least {SHORTEST_SECRET} random characters."
        )
    return key


def _database_url(given: str | None, instance: Path) -> str:
    url = given or f"sqlite:///{instance / 'setkani.sqlite'}"
    scheme, separator, rest = url.partition("://")
    if separator and scheme in {"postgres", "postgresql", "postgresql+psycopg"}:
        return f"postgresql+psycopg://{rest}"
    if separator and scheme == "sqlite":
        return url
    raise ConfigurationError("DATABASE_URL must begin with postgresql:// or sqlite:///.")


def _base_url(url: str) -> str:
    if not re.fullmatch(r"https?://(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)(:[0-9]{1,5})?/?", url):
        raise ConfigurationError(
            f"BASE_URL must look like https://meetings.example.org, without a path; it is “{url}”."
        )
    return url.rstrip("/")


def _timezone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (OSError, ValueError, ZoneInfoNotFoundError) as error:
        raise ConfigurationError(
            f"TIMEZONE must be a name like Europe/Prague; “{name}” is unknown."
        ) from error
    return name


def _languages(text: str | None, root: Path) -> tuple[str, ...]:
    """English is the language of the sources; every other language is a folder of `app/translations`."""
    folder = root / "app" / "translations"
    known = {"en", *(path.parent.parent.name for path in folder.glob("*/LC_MESSAGES/messages.po"))}
    wanted = [code.strip() for code in (text or "").split(",") if code.strip()]
    if unknown := [code for code in wanted if code not in known]:
        raise ConfigurationError(
            f"LANGUAGES names “{unknown[0]}”, which has no catalogue. Known: {', '.join(sorted(known))}."
        )
    return tuple(wanted) or tuple(sorted(known, key=lambda code: (code != "cs", code)))


def _imap_account(url: str | None) -> ImapAccount | None:
    """The parts of IMAP_URL. No refusal repeats any of it, and none has a cause: both could show the password."""
    if url is None:
        return None
    parts, port = _imap_parts(url)
    default = IMAP_PORTS[parts.scheme]
    if port in IMAP_PORTS.values() and port != default:
        raise ConfigurationError(
            f"IMAP_URL says {parts.scheme}:// with port {port}, which cannot work: "
            "imaps:// is TLS from the first octet, on port 993; imap:// is STARTTLS, on port 143."
        )
    host = parts.hostname or ""
    open_line: Literal["starttls", "none"] = "none" if _is_loopback(host) else "starttls"
    return ImapAccount(
        host=host,
        port=port or default,
        user=_decoded(parts.username or "", "user"),
        password=_decoded(parts.password or "", "password"),
        folder=_decoded(parts.path.removeprefix("/"), "folder") if parts.path.strip("/") else "INBOX",
        security="tls" if parts.scheme == "imaps" else open_line,
    )


def _imap_parts(url: str) -> tuple[SplitResult, int | None]:
    if not url.lower().startswith(("imaps://", "imap://")):
        raise ConfigurationError("IMAP_URL must begin with imaps:// or imap://.")
    refusal = ConfigurationError(
        "IMAP_URL must look like imaps://user:password@imap.example.org/INBOX. In user, password and folder write "
        "special characters as in web addresses: % as %25, / as %2F, # as %23, ? as %3F, @ as %40, : as %3A."
    )
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise refusal from None
    host = re.fullmatch(r"[0-9a-f:.]+|[a-z0-9._-]+", parts.hostname or "")
    if not (host and parts.username and parts.password) or parts.query or parts.fragment or port == 0:
        raise refusal
    return parts, port


def _decoded(text: str, what: str) -> str:
    """A percent-encoded part of IMAP_URL."""
    try:
        decoded = unquote(text, errors="strict")
    except UnicodeDecodeError:
        raise ConfigurationError(f"The {what} in IMAP_URL is not UTF-8 after percent-decoding.") from None
    if re.search(r"%(?![0-9A-Fa-f]{2})", text):
        raise ConfigurationError(f"The {what} in IMAP_URL holds a bare %; write it as %25.")
    if re.search(r"[\x00-\x1f\x7f]", decoded):
        raise ConfigurationError(f"The {what} in IMAP_URL holds a control character.")
    return decoded


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _authserv_id(text: str | None) -> str | None:
    if text is not None and not re.fullmatch(r"[A-Za-z0-9._-]{1,255}", text):
        raise ConfigurationError(
            "MAIL_AUTHSERV_ID must be the one word with which your mail server's Authentication-Results begin, "
            f"like mx.example.org, not “{text}”."
        )
    return text


def _check_mail(config: Config, read: _Reader) -> None:
    for name, address in (("MAIL_SENDER", config.mail_sender), ("RSVP_ADDRESS", config.rsvp_address)):
        if not re.fullmatch(r"[A-Za-z0-9._-]{1,30}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", address):
            raise ConfigurationError(
                f"{name} must be a plain address like meetings@example.org, not “{address}”."
            )
    if config.imap is not None and read.text("RSVP_ADDRESS") is None:
        raise ConfigurationError("RSVP_ADDRESS must be set when IMAP_URL is set: replies come to it.")
    if config.mail_server is None:
        return
    for name in ("BASE_URL", "MAIL_SENDER", "RSVP_ADDRESS"):
        if read.text(name) is None:
            raise ConfigurationError(f"{name} must be set when MAIL_SERVER is set: letters carry it.")
    if config.mail_use_tls and config.mail_use_ssl:
        raise ConfigurationError("Set MAIL_USE_TLS (STARTTLS) or MAIL_USE_SSL, not both.")
    if organisational_domain(config.mail_sender) != organisational_domain(config.rsvp_address):
        raise ConfigurationError(
            "MAIL_SENDER and RSVP_ADDRESS must belong to one domain (for example meetings@example.org and "
            "rsvp@replies.example.org), or calendars will not trust the invites."
        )
