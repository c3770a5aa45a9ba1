"""People who signed in on the site itself."""

from collections.abc import Callable
from typing import Any

from conversion import access


def signed_in(get_response: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Middleware after Django's authentication: pages are shown the rows that the person may see (`conversion.walls`). The API,
    which takes tokens as well, finds out by itself.
    """

    def middleware(request: Any) -> Any:
        if not request.path.startswith("/api/") and request.user.is_authenticated:
            access.of(request)
        return get_response(request)

    return middleware
