"""`/recover ready`: all assets or one, for the asker's eyes alone."""

from tests.slack.office import Office
from tests.slack.test_listen_oncall import told


def test_all_assets_are_told_the_most_urgent_first(office: Office) -> None:
    text, words = told(office, "ready")
    assert text.startswith("Ready before the night: ")
    assert "workflow debt" in text
    assert words.index("Orders database") < words.index("Runs database")
    assert "handrail new asset orders-db" in words


def test_an_asset_is_told_with_its_ten_answers_and_one_that_is_none_with_what_may_be_meant(office: Office) -> None:
    text, words = told(office, "Ready pg-orders")
    assert text.startswith("Orders database: ")
    assert "It was tested in the last 90 days" in words
    assert "it was never walked" in words
    assert "promised 5 min, measured not known" in words
    text, words = told(office, "ready ordrs <!channel>")
    assert text.startswith("No asset is called “ordrs")
    assert "<!channel>" not in words
    assert "/recover ready orders" in told(office, "help")[1]
