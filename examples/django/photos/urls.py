from django.urls import path

from .views import PhotosView, upload_json

urlpatterns = [
    path("", PhotosView.as_view(), name="photos"),
    path("api/photos", upload_json, name="upload-json"),
]
