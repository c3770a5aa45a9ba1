from rest_framework.routers import SimpleRouter

from conversion.api import resources

router = SimpleRouter(trailing_slash=False, use_regex_path=False)
router.register("clients", resources.ClientViewSet, "client")
router.register("leads", resources.LeadViewSet, "lead")
router.register("activities", resources.ActivityViewSet, "activity")
router.register("sequences", resources.SequenceViewSet, "sequence")
router.register("suppressions", resources.SuppressionViewSet, "suppression")
urlpatterns = router.urls
