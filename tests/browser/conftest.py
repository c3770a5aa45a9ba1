import pytest

from tests.browser.site import Watched, chromium, served


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with served(tmp_path_factory.mktemp("site")) as found:
        yield found


@pytest.fixture(scope="module")
def browser():
    with chromium() as found:
        yield found


@pytest.fixture
def open_page(browser, site):
    """open_page(width, scheme): a new visitor's page; what it complained of fails the test in the end."""
    watched = []

    def opened(width=1440, scheme="light", **state):
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=scheme,
            accept_downloads=True,
            base_url=site.url,
            **state,
        )
        watched.append(Watched(context.new_page(), site.url))
        return watched[-1]

    yield opened
    complaints = [one for page in watched for one in page.settle()]
    for page in watched:
        page.page.context.close()
    assert complaints == []
