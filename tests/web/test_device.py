"""Browsers in two words."""

import pytest

from app.web.device import device_words


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("Mozilla/5.0 (Android 14; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0", "Firefox, Android"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 12_5 like Mac OS X) AppleWebKit/605.1.15 Version/12.1 Safari/604.1",
            "Safari, iPhone",
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/130.0 Safari/537.36 Edg/130.0",
            "Edge, Windows",
        ),
        (
            "Mozilla/5.0 (Linux; Android 8.0; SM-G930F) AppleWebKit/537.36 Chrome/70.0 Mobile Safari/537.36",
            "Chrome, Android",
        ),
        (
            "Mozilla/5.0 (Linux; Android 13) SamsungBrowser/23.0 Chrome/115.0 Mobile Safari/537.36",
            "Samsung Internet, Android",
        ),
        ("Mozilla/5.0 (X11; CrOS x86_64) AppleWebKit/537.36 Chrome/130.0 Safari/537.36", "Chrome, ChromeOS"),
        ("curl/8.1", ""),
        ("", ""),
        ("<script>alert(1)</script> firefox", "Firefox"),
    ],
)
def test_words(header, words):
    assert device_words(header) == words


def test_what_is_stored_fits_its_column():
    everything = "samsungbrowser windows chromeos " * 100
    assert len(device_words(everything)) <= 60
