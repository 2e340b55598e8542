"""The demo data: a small population, made once."""

from datetime import UTC, datetime

from socialfeed.adapters.security import Argon2PasswordHasher
from socialfeed.container import App
from socialfeed.domain.errors import Conflict
from socialfeed.entrypoints.cli.loading import load
from socialfeed.entrypoints.cli.progress import Report, silent
from socialfeed.population import DEMO_USERNAME, Plan, Population

DEMO_PASSWORD = "demo-password"  # noqa: S105
DEMO_LOGIN = f"Sign in as {DEMO_USERNAME} with the password {DEMO_PASSWORD}"
DEMO_USERS, DEMO_POSTS = 200, 2_000


async def is_populated(app: App) -> bool:
    """Whether a population was loaded before: each has the demo user."""
    return await app.storage.users.user_id_by_username(DEMO_USERNAME) is not None


async def populate(app: App, plan: Plan, report: Report) -> None:
    """Loads a population into a database that has none. Every account gets the demo password.

    Raises `Conflict` where there is one: two of them would claim the same ids and names.
    """
    if await is_populated(app):
        raise Conflict(f"there is a population in this {app.storage.name} database already; seed another one")
    hasher = Argon2PasswordHasher()
    try:
        password_hash = await hasher.hash(DEMO_PASSWORD)
    finally:
        hasher.close()
    await load(app.storage, Population(plan), password_hash, report)
    await app.search_indexing.rebuild(lambda name, done: report(f"indexed_{name}", done))
    await app.trends.rebuild(report)


async def ensure_demo(app: App) -> bool:
    """Makes the demo data unless it is there. Whether it was made now."""
    if await is_populated(app):
        return False
    await populate(app, Plan.scaled(users=DEMO_USERS, posts=DEMO_POSTS, until=datetime.now(UTC)), silent)
    return True
