from django.urls import path

from engines.api.activities import TouchActions
from engines.api.events import Events, Inbound
from engines.api.hooks import Deliveries, Webhooks
from engines.api.leads import LeadDecisions
from engines.api.patterns import Backfill, Brief
from engines.api.templates import Templates

urlpatterns = [
    path("patterns/backfill/<str:client>", Backfill.as_view()),
    path("brief/<str:client>", Brief.as_view()),
    path("leads/<uuid:pk>/score", LeadDecisions.as_view({"post": "score"})),
    path("leads/<uuid:pk>/plan", LeadDecisions.as_view({"post": "plan"})),
    path("activities/<uuid:pk>/complete", TouchActions.as_view({"post": "complete"})),
    path("activities/<uuid:pk>/content", TouchActions.as_view({"post": "content"})),
    path("activities/<uuid:pk>/settle", TouchActions.as_view({"post": "settle"})),
    path("events", Events.as_view({"get": "list", "post": "create"})),
    path("events/<uuid:pk>", Events.as_view({"get": "retrieve"})),
    path("inbound", Inbound.as_view({"get": "list"})),
    path("inbound/<uuid:pk>", Inbound.as_view({"get": "retrieve"})),
    path("inbound/<uuid:pk>/settle", Inbound.as_view({"post": "settle"})),
    path("inbound/<uuid:pk>/dismiss", Inbound.as_view({"post": "dismiss"})),
    path("templates", Templates.as_view({"get": "list", "post": "create"})),
    path("templates/<uuid:pk>", Templates.as_view({"get": "retrieve", "patch": "partial_update", "delete": "destroy"})),
    path("webhooks", Webhooks.as_view({"get": "list", "post": "create"})),
    path("webhooks/<uuid:pk>", Webhooks.as_view({"get": "retrieve", "patch": "partial_update", "delete": "destroy"})),
    path("deliveries", Deliveries.as_view({"get": "list"})),
    path("deliveries/<uuid:pk>", Deliveries.as_view({"get": "retrieve"})),
    path("deliveries/<uuid:pk>/replay", Deliveries.as_view({"post": "replay"})),
]
