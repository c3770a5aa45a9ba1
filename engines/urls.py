from django.urls import path

from engines import views
from engines.unsubscribe import PATH

urlpatterns = [path(f"{PATH}<str:token>", views.unsubscribe, name="unsubscribe")]
