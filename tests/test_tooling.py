"""The ground under the tests holds: each database is fresh, and the browser shows a page."""

import psycopg
import pytest
from playwright.sync_api import Page


@pytest.mark.parametrize("turn", ["first", "second"])
def test_each_test_has_an_empty_database(postgres_database: str, bare_postgres: str, turn: str) -> None:
    with psycopg.connect(bare_postgres) as connection:
        assert connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone() == (0,)
    with psycopg.connect(postgres_database) as connection:
        assert connection.execute("SELECT count(*) FROM run").fetchone() == (0,)
        connection.execute("CREATE TABLE note (words text)")
        connection.execute("INSERT INTO note VALUES (%s)", [turn])
        assert connection.execute("SELECT words FROM note").fetchall() == [(turn,)]


def test_the_browser_runs_the_script_of_a_page(page: Page) -> None:
    page.set_content("<p id=a>ready?</p><script>document.getElementById('a').textContent = 'steady'</script>")
    assert page.locator("#a").inner_text() == "steady"
