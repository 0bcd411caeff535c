"""One page of a long list, and the nearest one to what was asked for."""

import pytest

from app.base.paging import Page, clamp_page


@pytest.mark.parametrize(
    ("number", "total", "rows", "pages", "first", "last", "previous", "following"),
    [
        (1, 0, 0, 1, 0, 0, False, False),
        (1, 1, 1, 1, 1, 1, False, False),
        (1, 50, 50, 1, 1, 50, False, False),
        (1, 51, 50, 2, 1, 50, False, True),
        (2, 51, 1, 2, 51, 51, True, False),
        (2, 150, 50, 3, 51, 100, True, True),
    ],
)
def test_a_page_knows_where_it_is(number, total, rows, pages, first, last, previous, following):
    page = Page(list(range(rows)), number, total)
    assert (page.pages, page.first, page.last) == (pages, first, last)
    assert (page.has_previous, page.has_next) == (previous, following)


@pytest.mark.parametrize(
    ("wanted", "total", "given"),
    [(1, 0, 1), (-5, 120, 1), (0, 120, 1), (3, 120, 3), (4, 120, 3), (10**9, 120, 3), (2, 50, 1)],
)
def test_the_page_that_exists_and_is_nearest(wanted, total, given):
    assert clamp_page(wanted, total) == given
