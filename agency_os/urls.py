from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView

from conversion.api.docs import ApiDocs
from conversion.api.viewsets import NotThere

handler400 = "conversion.api.errors.bad_request"
handler403 = "conversion.api.errors.refused"
handler404 = "conversion.api.errors.not_found"
handler500 = "conversion.api.errors.server_error"
urlpatterns = [
    path("admin/", admin.site.urls),
    path("sign-in/", include("conversion.account.urls")),
    # The highest floor first: it may add to what a lower one offers at an address.
    path("api/v1/", include("engines.api.urls")),
    path("api/v1/", include("patterns.api.urls")),
    path("api/v1/", include("conversion.api.urls")),
    path("api/v1/<path:rest>", NotThere.as_view()),
    path("api/schema", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs", ApiDocs.as_view(url_name="schema"), name="api-docs"),
    path("", include("engines.urls")),
    path("", include("engines.desk.urls")),
]
