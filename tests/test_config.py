"""The environment: what is read, and the sentence for each thing that cannot be used."""

import dataclasses
import traceback

import pytest

from config import ConfigurationError, ImapAccount, load

KEY = "k" * 32
MAIL = {
    "MAIL_SERVER": "smtp.example.org",
    "BASE_URL": "https://meetings.example.org",
    "MAIL_SENDER": "meetings@example.org",
    "RSVP_ADDRESS": "rsvp@replies.example.org",
}


@pytest.fixture
def root(tmp_path):
    """A checkout with catalogues of Czech and Ukrainian, and nothing else."""
    for code in ("cs", "uk"):
        folder = tmp_path / "app" / "translations" / code / "LC_MESSAGES"
        folder.mkdir(parents=True)
        (folder / "messages.po").touch()
    return tmp_path


@pytest.fixture
def configured(root):
    def make(**environ):
        return load({"SECRET_KEY": KEY, **environ}, root=root)

    return make


@pytest.fixture
def refused(configured):
    """The sentence with which an environment is refused."""

    def refuse(**environ):
        with pytest.raises(ConfigurationError) as no:
            configured(**environ)
        return str(no.value)

    return refuse


def test_a_key_is_all_it_needs(configured, root):
    config = configured()
    assert config.database_url == f"sqlite:///{root}/instance/setkani.sqlite"
    assert (config.base_url, config.host, config.port) == ("http://127.0.0.1:8000", "127.0.0.1", 8000)
    assert (config.mail_server, config.proxy_hops) == (None, 0)
    assert (config.retention_months, config.timezone) == (12, "Europe/Prague")
    assert config.ratelimit_enabled
    assert config.languages == ("cs", "en", "uk")
    assert not config.secure
    with pytest.raises(dataclasses.FrozenInstanceError):
        config.port = 1


def test_empty_variables_count_as_not_set(configured):
    assert (
        configured(PORT="", BASE_URL=" ", MAIL_SERVER="", RATELIMIT_ENABLED="", LANGUAGES="") == configured()
    )


def test_the_address_follows_the_port(configured):
    assert configured(PORT="9001").base_url == "http://127.0.0.1:9001"
    assert configured(BASE_URL="https://m.example.org/").base_url == "https://m.example.org"
    assert configured(BASE_URL="https://m.example.org").secure


def test_without_a_key_it_says_how_to_make_one(root):
    with pytest.raises(ConfigurationError, match=r"SECRET_KEY is not set. Make one with .*SECRET_KEY_FILE"):
        load({}, root=root)


def test_the_key_that_make_run_keeps_is_found(root):
    kept = root / "instance" / "secret_key"
    kept.parent.mkdir()
    kept.write_text(f"{KEY}\n")
    assert load({}, root=root).secret_key == KEY
    assert load({"SECRET_KEY": "another key of its own"}, root=root).secret_key == "another key of its own"


@pytest.mark.parametrize("key", ["short", "k" * 15])
def test_a_short_key_is_refused(refused, key):
    assert refused(SECRET_KEY=key) == "SECRET_KEY is too short: use at least 16 random characters."


def test_keys_can_be_rotated(configured):
    assert configured(SECRET_KEY_FALLBACKS="old,older,").secret_key_fallbacks == ("old", "older")
    assert configured().secret_key_fallbacks == ()


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("SECRET_KEY", "secret_key"),
        ("MAIL_USERNAME", "mail_username"),
        ("MAIL_PASSWORD", "mail_password"),
    ],
)
def test_a_secret_may_be_a_file(root, name, field):
    path = root / "secret"
    path.write_text(f"  {KEY}\n")
    environ = {"SECRET_KEY": KEY} if name != "SECRET_KEY" else {}
    assert getattr(load({**environ, f"{name}_FILE": str(path)}, root=root), field) == KEY


def test_other_secrets_may_be_files_too(configured, root):
    path = root / "secret"
    path.write_text("postgresql://u:p@db/setkani\n")
    assert configured(DATABASE_URL_FILE=str(path)).database_url == "postgresql+psycopg://u:p@db/setkani"
    path.write_text("old,older")
    assert configured(SECRET_KEY_FALLBACKS_FILE=str(path)).secret_key_fallbacks == ("old", "older")


def test_what_is_no_secret_is_never_a_file(configured, root):
    path = root / "port"
    path.write_text("9001")
    assert configured(PORT_FILE=str(path)).port == 8000


def test_a_secret_comes_by_one_way_only(refused, root):
    path = root / "secret"
    path.write_text("x")
    expected = "Set either MAIL_PASSWORD or MAIL_PASSWORD_FILE, not both."
    assert refused(MAIL_PASSWORD="x", MAIL_PASSWORD_FILE=str(path)) == expected


def test_a_file_that_is_away_empty_or_no_text(refused, root):
    away = refused(MAIL_PASSWORD_FILE=str(root / "away"))
    assert away == "MAIL_PASSWORD_FILE names a file that cannot be read: No such file or directory."
    path = root / "secret"
    path.write_text(" \n")
    assert refused(MAIL_PASSWORD_FILE=str(path)) == "MAIL_PASSWORD_FILE names an empty file."
    path.write_bytes(b"\xff\xfe\x00")
    assert "MAIL_PASSWORD_FILE" in refused(MAIL_PASSWORD_FILE=str(path))


@pytest.mark.parametrize(
    ("name", "text", "limits"),
    [
        ("PORT", "http", "0 to 65535"),
        ("PORT", "65536", "0 to 65535"),
        ("PORT", "-1", "0 to 65535"),
        ("PORT", "8_000", "0 to 65535"),
        ("PORT", "８０００", "0 to 65535"),
        ("PROXY_HOPS", "11", "0 to 10"),
        ("MAIL_PORT", "0", "1 to 65535"),
        ("RETENTION_MONTHS", "0", "1 to 120"),
        ("RETENTION_MONTHS", "1.5", "1 to 120"),
    ],
)
def test_numbers_have_limits(refused, name, text, limits):
    assert refused(**{name: text}) == f"{name} must be a whole number from {limits}, not “{text}”."


@pytest.mark.parametrize(
    ("text", "on"), [("1", True), ("true", True), ("ON", True), ("Yes", True), ("0", False), ("no", False)]
)
def test_switches(configured, text, on):
    assert configured(RATELIMIT_ENABLED=text).ratelimit_enabled is on


@pytest.mark.parametrize("name", ["RATELIMIT_ENABLED", "MAIL_USE_TLS", "MAIL_USE_SSL"])
def test_a_switch_is_on_or_off(refused, name):
    assert refused(**{name: "perhaps"}) == f"{name} must be 1 or 0, not “perhaps”."


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("postgres://db/setkani", "postgresql+psycopg://db/setkani"),
        ("postgresql://db/setkani", "postgresql+psycopg://db/setkani"),
        ("postgresql+psycopg://db/setkani", "postgresql+psycopg://db/setkani"),
        ("sqlite:////srv/setkani.sqlite", "sqlite:////srv/setkani.sqlite"),
    ],
)
def test_databases(configured, given, used):
    assert configured(DATABASE_URL=given).database_url == used


@pytest.mark.parametrize(
    "url", ["mysql://db/x", "postgresql", "/srv/setkani.sqlite", "postgresql+asyncpg://db/x"]
)
def test_other_databases_are_refused(refused, url):
    assert refused(DATABASE_URL=url) == "DATABASE_URL must begin with postgresql:// or sqlite:///."


@pytest.mark.parametrize(
    "url",
    [
        "meetings.example.org",
        "ftp://meetings.example.org",
        "https://",
        "https://example.org/meetings",
        "https://example.org/?x=1",
        "https://example.org/#x",
        "https://example.org:port",
        "https://[example.org",
        "https://user:password@example.org",
    ],
)
def test_the_address_has_no_path_and_no_riddles(refused, url):
    expected = f"BASE_URL must look like https://meetings.example.org, without a path; it is “{url}”."
    assert refused(BASE_URL=url) == expected


@pytest.mark.parametrize("name", ["Mars/Olympus", "../etc/passwd", "Europe", "/etc/localtime"])
def test_zones_have_names(refused, name):
    assert refused(TIMEZONE=name) == f"TIMEZONE must be a name like Europe/Prague; “{name}” is unknown."


def test_languages_need_a_catalogue(configured, refused):
    assert configured(LANGUAGES="en, cs").languages == ("en", "cs")
    assert configured(LANGUAGES="uk").languages == ("uk",)
    expected = "LANGUAGES names “de”, which has no catalogue. Known: cs, en, uk."
    assert refused(LANGUAGES="cs,de") == expected


def test_without_catalogues_english_is_left(tmp_path):
    assert load({"SECRET_KEY": KEY}, root=tmp_path).languages == ("en",)


def test_a_mail_server_with_all_it_needs(configured):
    config = configured(**MAIL, MAIL_USE_TLS="1")
    assert (config.mail_port, config.mail_use_tls) == (25, True)
    assert config.mail_domain == "replies.example.org"
    assert configured(**MAIL, MAIL_USE_SSL="1").mail_port == 465
    assert configured(**MAIL, MAIL_USE_SSL="1", MAIL_PORT="2465").mail_port == 2465


@pytest.mark.parametrize("name", ["BASE_URL", "MAIL_SENDER", "RSVP_ADDRESS"])
def test_letters_carry_addresses_that_must_be_set(refused, name):
    environ = {key: value for key, value in MAIL.items() if key != name}
    assert refused(**environ) == f"{name} must be set when MAIL_SERVER is set: letters carry it."


def test_one_way_to_encrypt(refused):
    text = refused(**MAIL, MAIL_USE_TLS="1", MAIL_USE_SSL="1")
    assert text == "Set MAIL_USE_TLS (STARTTLS) or MAIL_USE_SSL, not both."


@pytest.mark.parametrize("name", ["MAIL_SENDER", "RSVP_ADDRESS"])
@pytest.mark.parametrize(
    "address",
    ["meetings", "a@localhost", "A B <a@example.org>", "a@b@example.org", "á@example.org", "a+b@example.org"],
)
def test_addresses_are_plain(refused, name, address):
    expected = f"{name} must be a plain address like meetings@example.org, not “{address}”."
    assert refused(**{name: address}) == expected


@pytest.mark.parametrize("reply", ["rsvp@example.com", "rsvp@other.org", "rsvp@example.org.cz"])
def test_sender_and_replies_belong_together(refused, reply):
    text = refused(**(MAIL | {"RSVP_ADDRESS": reply}))
    assert text.startswith("MAIL_SENDER and RSVP_ADDRESS must belong to one domain (for example ")


def test_two_institutions_of_one_shared_ending_are_not_one(refused):
    text = refused(**(MAIL | {"MAIL_SENDER": "m@one.co.uk", "RSVP_ADDRESS": "r@two.co.uk"}))
    assert "must belong to one domain" in text


# --- the mailbox of replies -------------------------------------------------------------------------------

SHAPE = (
    "IMAP_URL must look like imaps://user:password@imap.example.org/INBOX. In user, password and folder write "
    "special characters as in web addresses: % as %25, / as %2F, # as %23, ? as %3F, @ as %40, : as %3A."
)


@pytest.fixture
def mailbox(configured):
    """The mailbox that an IMAP_URL names."""
    return lambda url: configured(IMAP_URL=url, RSVP_ADDRESS="rsvp@example.org").imap


def test_without_a_mailbox_no_replies_are_read(configured):
    config = configured()
    assert (config.imap, config.mail_authserv_id) == (None, None)


def test_a_mailbox_by_tls(mailbox):
    assert mailbox("imaps://rsvp:secret@imap.example.org") == ImapAccount(
        host="imap.example.org", port=993, user="rsvp", password="secret", folder="INBOX", security="tls"
    )


@pytest.mark.parametrize(
    ("url", "port", "security"),
    [
        ("imaps://u:p@imap.example.org:1993/INBOX", 1993, "tls"),
        ("imaps://u:p@127.0.0.1/INBOX", 993, "tls"),
        ("imap://u:p@imap.example.org/INBOX", 143, "starttls"),
        ("IMAP://u:p@imap.example.org:1143/INBOX", 1143, "starttls"),
        ("imap://u:p@10.0.0.7/INBOX", 143, "starttls"),
        ("imap://u:p@localhost:8143/INBOX", 8143, "none"),
        ("imap://u:p@127.0.0.1/INBOX", 143, "none"),
        ("imap://u:p@127.8.8.8/INBOX", 143, "none"),
        ("imap://u:p@[::1]:8143/INBOX", 8143, "none"),
        ("imap://u:p@localhost.example.org/INBOX", 143, "starttls"),
    ],
)
def test_what_the_line_must_have(mailbox, url, port, security):
    account = mailbox(url)
    assert (account.port, account.security) == (port, security)


@pytest.mark.parametrize(
    ("url", "user", "password", "folder"),
    [
        ("imaps://rsvp%40example.org:p%2Fq%3A%25@h.example/", "rsvp@example.org", "p/q:%", "INBOX"),
        ("imaps://rsvp@example.org:secret@h.example/", "rsvp@example.org", "secret", "INBOX"),
        ("imaps://u:a:b+c@h.example/Replies/2026", "u", "a:b+c", "Replies/2026"),
        ("imaps://u:he%C5%A1lo@h.example/Odpov%C4%9Bdi%20dne", "u", "hešlo", "Odpovědi dne"),
        ("imaps://u:hešlo@h.example/INBOX", "u", "hešlo", "INBOX"),
    ],
)
def test_parts_are_percent_decoded(mailbox, url, user, password, folder):
    account = mailbox(url)
    assert (account.user, account.password, account.folder) == (user, password, folder)


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("imap.example.org", "IMAP_URL must begin with imaps:// or imap://."),
        ("pop3://u:S3CRET@h.example/", "IMAP_URL must begin with imaps:// or imap://."),
        ("imaps://", SHAPE),
        ("imaps://h.example/INBOX", SHAPE),
        ("imaps://u@h.example/INBOX", SHAPE),
        ("imaps://u:@h.example/INBOX", SHAPE),
        ("imaps://:S3CRET@h.example/INBOX", SHAPE),
        ("imaps://u:S3CRET@/INBOX", SHAPE),
        ("imaps://u:S3CRET@h.example:port/INBOX", SHAPE),
        ("imaps://u:S3CRET@h.example:0/INBOX", SHAPE),
        ("imaps://u:S3CRET@h.example:70000/INBOX", SHAPE),
        ("imaps://u:S3CRET/x@h.example/INBOX", SHAPE),
        ("imaps://u:S3CRET#x@h.example/INBOX", SHAPE),
        ("imaps://u:S3CRET?x@h.example/INBOX", SHAPE),
        ("imaps://u:S3CRET[@h.example/INBOX", SHAPE),
        ("imaps://u:S3CRET@[h.example/INBOX", SHAPE),
        ("imaps://u:S3CRET@h. example/INBOX", SHAPE),
        ("imaps://u:S3CRET%@h.example/", "The password in IMAP_URL holds a bare %; write it as %25."),
        ("imaps://u%zz:S3CRET@h.example/", "The user in IMAP_URL holds a bare %; write it as %25."),
        (
            "imaps://u:S3CRET%FF@h.example/",
            "The password in IMAP_URL is not UTF-8 after percent-decoding.",
        ),
        ("imaps://u:S3CRET%0D%0AX@h.example/", "The password in IMAP_URL holds a control character."),
        ("imaps://u:S3CRET@h.example/IN%00BOX", "The folder in IMAP_URL holds a control character."),
    ],
)
def test_a_mailbox_that_cannot_work_is_refused_and_the_password_kept(configured, url, sentence):
    with pytest.raises(ConfigurationError) as no:
        configured(IMAP_URL=url, RSVP_ADDRESS="rsvp@example.org")
    assert str(no.value) == sentence
    assert "S3CRET" not in "".join(traceback.format_exception(no.value))


@pytest.mark.parametrize(("scheme", "port"), [("imaps", 143), ("imap", 993)])
def test_the_two_ports_speak_differently(refused, scheme, port):
    assert refused(IMAP_URL=f"{scheme}://u:p@h.example:{port}/INBOX") == (
        f"IMAP_URL says {scheme}:// with port {port}, which cannot work: "
        "imaps:// is TLS from the first octet, on port 993; imap:// is STARTTLS, on port 143."
    )


def test_a_mailbox_may_be_a_file_and_does_not_show_its_password(configured, root):
    path = root / "secret"
    path.write_text("imaps://rsvp:S3CRET@imap.example.org/INBOX\n")
    config = configured(IMAP_URL_FILE=str(path), RSVP_ADDRESS="rsvp@example.org")
    assert config.imap.password == "S3CRET"
    assert "S3CRET" not in repr(config)


def test_a_mailbox_needs_the_address_that_leads_to_it(refused):
    text = refused(IMAP_URL="imaps://u:p@imap.example.org/")
    assert text == "RSVP_ADDRESS must be set when IMAP_URL is set: replies come to it."


def test_whose_results_of_authentication_we_believe(configured, refused):
    assert configured(MAIL_AUTHSERV_ID="mx.example.org").mail_authserv_id == "mx.example.org"
    for wrong in ("mx.example.org; dmarc=pass", "mx example", "„mx“"):
        assert refused(MAIL_AUTHSERV_ID=wrong) == (
            "MAIL_AUTHSERV_ID must be the one word with which your mail server's Authentication-Results begin, "
            f"like mx.example.org, not “{wrong}”."
        )
