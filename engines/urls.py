from django.urls import include, path

from engines import views
from engines.unsubscribe import PATH

urlpatterns = [
    path(f"{PATH}<str:token>", views.unsubscribe, name="unsubscribe"),
    path("", include("engines.monitoring.urls")),
    path("webhooks/", include("engines.webhooks.urls")),
]
