from django.urls import path

from patterns.api.alerts import Alerts
from patterns.api.learning import Learn
from patterns.api.patterns import History, PatternOfType, Patterns
from patterns.api.runs import Run

urlpatterns = [
    path("patterns/learn", Learn.as_view()),
    path("patterns/<str:client>", Patterns.as_view()),
    path("patterns/<str:client>/<str:kind>", PatternOfType.as_view()),
    path("patterns/<str:client>/<str:kind>/history", History.as_view({"get": "list"})),
    path("runs/<uuid:run_id>", Run.as_view()),
    path("alerts", Alerts.as_view({"get": "list"})),
    path("alerts/<uuid:pk>", Alerts.as_view({"get": "retrieve"})),
    path("alerts/<uuid:pk>/seen", Alerts.as_view({"post": "seen"})),
]
