"""Graphene on Django as such backends are built: a page is computed once and kept for its reader in Redis by Django's
cache, for five minutes; who is signed in is read from the database, as Django's own authentication does. Tuned as their
documents say: persistent connections, hiredis, no middleware but what is needed, plain dictionaries in the cache.
Served by gunicorn's threads: `gunicorn bench.peers.graphene_feed:application`, with the folder in `BENCH_FOLDER`.
"""

import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import django
import graphene
from django.conf import settings
from django.core.cache import cache
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, JsonResponse

from bench.peers.given import LISTED, Given, pages, rfc3339

GIVEN = Given.read(Path(os.environ["BENCH_FOLDER"]))
KEPT_FOR = 300

_database = urlsplit(GIVEN.database_url)
settings.configure(
    SECRET_KEY=GIVEN.key,
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    MIDDLEWARE=["django.middleware.common.CommonMiddleware", f"{__name__}.signed_in"],
    INSTALLED_APPS=["graphene_django"],
    USE_TZ=True,
    LOGGING={
        "version": 1,
        "disable_existing_loggers": False,
        "handlers": {"stderr": {"class": "logging.StreamHandler"}},
        "loggers": {"django.request": {"handlers": ["stderr"], "propagate": False}},
    },
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": _database.path[1:],
            "HOST": _database.hostname,
            "PORT": _database.port,
            "USER": _database.username,
            "PASSWORD": _database.password or "",
            "CONN_MAX_AGE": None,
        }
    },
    CACHES={"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": GIVEN.redis_url}},
)
django.setup()

from django.db import models  # noqa: E402 - models need settings
from django.urls import path  # noqa: E402
from django.views.decorators.csrf import csrf_exempt  # noqa: E402
from graphene_django.views import GraphQLView  # noqa: E402


class User(models.Model):
    id = models.BigIntegerField(primary_key=True)
    username = models.TextField()
    first_name = models.TextField()
    last_name = models.TextField()
    status = models.TextField()

    class Meta:
        app_label, managed, db_table = "feed", False, "users"


class Post(models.Model):
    id = models.BigIntegerField(primary_key=True)
    author = models.ForeignKey(User, models.DO_NOTHING)
    content = models.TextField()
    image_url = models.TextField(null=True)
    created_at = models.DateTimeField()
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        app_label, managed, db_table = "feed", False, "posts"


class Counters(models.Model):
    post = models.OneToOneField(Post, models.DO_NOTHING, primary_key=True, related_name="+")
    likes = models.IntegerField()
    comments = models.IntegerField()
    shares = models.IntegerField()

    class Meta:
        app_label, managed, db_table = "feed", False, "post_counters"


class Like(models.Model):
    id = models.BigIntegerField(primary_key=True)
    post_id = models.BigIntegerField()
    user_id = models.BigIntegerField()

    class Meta:
        app_label, managed, db_table = "feed", False, "likes"


class Follow(models.Model):
    id = models.BigIntegerField(primary_key=True)
    follower_id = models.BigIntegerField()
    followee_id = models.BigIntegerField()

    class Meta:
        app_label, managed, db_table = "feed", False, "follows"


class Author(graphene.ObjectType):
    username = graphene.String(required=True)
    first_name = graphene.String(required=True)
    last_name = graphene.String(required=True)


class FeedPost(graphene.ObjectType):
    class Meta:
        name = "Post"

    id = graphene.ID(required=True)
    content = graphene.String(required=True)
    image = graphene.String()
    author = graphene.Field(Author, required=True)
    likes_count = graphene.Int(required=True)
    comments_count = graphene.Int(required=True)
    shares_count = graphene.Int(required=True)
    is_liked = graphene.Boolean(required=True)
    created_at = graphene.String(required=True)


class Feed(graphene.ObjectType):
    items = graphene.List(graphene.NonNull(FeedPost), required=True)
    total_items = graphene.Int(required=True)
    total_pages = graphene.Int(required=True)
    current_page = graphene.Int(required=True)


class Query(graphene.ObjectType):
    user_feed = graphene.Field(
        Feed, page=graphene.Int(required=True), items_per_page=graphene.Int(required=True), required=True
    )

    def resolve_user_feed(self, info: Any, page: int, items_per_page: int) -> dict[str, Any]:
        key = f"feed:{info.context.user.id}:{page}:{items_per_page}"
        kept: dict[str, Any] | None = cache.get(key)
        if kept is None:
            kept = computed(info.context.user.id, page, items_per_page)
            cache.set(key, kept, KEPT_FOR)
        return kept


def computed(me: int, page: int, size: int) -> dict[str, Any]:
    authors = [me, *Follow.objects.filter(follower_id=me).values_list("followee_id", flat=True)]
    listed = Post.objects.filter(author_id__in=authors, deleted_at=None).order_by("-id")
    shown = list(listed.select_related("author")[(page - 1) * size : page * size])
    ids = [post.id for post in shown]
    liked = set(Like.objects.filter(user_id=me, post_id__in=ids).values_list("post_id", flat=True))
    counters = Counters.objects.in_bulk(ids)
    total = min(listed.count(), LISTED)
    items = [
        {
            "id": post.id,
            "content": post.content,
            "image": post.image_url,
            "author": {name: getattr(post.author, name) for name in ("username", "first_name", "last_name")},
            "likes_count": counters[post.id].likes,
            "comments_count": counters[post.id].comments,
            "shares_count": counters[post.id].shares,
            "is_liked": post.id in liked,
            "created_at": rfc3339(post.created_at),
        }
        for post in shown
    ]
    return {"items": items, "total_items": total, "total_pages": pages(total, size), "current_page": page}


def signed_in(get_response: Any) -> Any:
    def middleware(request: HttpRequest) -> Any:
        user = User.objects.get(id=GIVEN.reader(request.headers["Authorization"]))
        if user.status != "active":
            return JsonResponse({"errors": [{"message": "This account is closed."}]}, status=401)
        request.user = user
        return get_response(request)

    return middleware


urlpatterns = [path("graphql", csrf_exempt(GraphQLView.as_view(schema=graphene.Schema(Query))))]
application = get_wsgi_application()
