"""People, known by the subject that the authorization server gives them."""

from django.contrib.auth.base_user import AbstractBaseUser
from django.core.validators import RegexValidator
from django.db import models


class User(AbstractBaseUser):
    # The rule of La Suite's own user models.
    sub = models.CharField(max_length=255, unique=True, validators=[RegexValidator(r"^[\w.@+-]+\Z")])
    is_active = models.BooleanField(default=True)

    USERNAME_FIELD = "sub"
