"""Who calls, and the key that answers are encrypted to."""

from django.urls import path
from lasuite.oidc_resource_server.mixins import ResourceServerMixin
from lasuite.oidc_resource_server.views import JWKSView
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response
from rest_framework.views import APIView


class WhoAmI(ResourceServerMixin, APIView):
    permission_classes = [IsAuthenticated]

    def get(self, request):
        return Response({"sub": request.user.sub, "client_id": self._get_service_provider_audience()})


urlpatterns = [path("me", WhoAmI.as_view()), path("jwks", JWKSView.as_view())]
