"""The API's description as a page: everything from this server, and no script in the page itself."""

from typing import Any

from drf_spectacular.views import SpectacularSwaggerSplitView

# Swagger UI sets styles of its own, and draws with data: images. It runs no script but files of this server.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


class ApiDocs(SpectacularSwaggerSplitView):
    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Any:
        answer = super().finalize_response(request, response, *args, **kwargs)
        answer["Content-Security-Policy"] = POLICY
        return answer
