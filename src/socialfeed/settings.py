"""What an operator may set: one environment variable each, prefix `SOCIALFEED_`."""

import re
from datetime import timedelta
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, ByteSize, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from socialfeed.application.media.service import MediaLimits
from socialfeed.application.ports.limits import Limit
from socialfeed.domain import scores
from socialfeed.domain.media import Allowance
from socialfeed.domain.scores import parse_score
from socialfeed.domain.trending import Limits

DEVELOPMENT_SECRET = "development-only-secret-do-not-use-in-production"  # noqa: S105
SECRET_MIN = 32

_PERIODS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}
_RATE = re.compile(r"([1-9][0-9]{0,8})/(?:([1-9][0-9]{0,5}) ?)?(second|minute|hour|day)s?")


class SettingsError(ValueError):
    """The environment does not describe a system that can start. One line, no secrets."""


class Environment(StrEnum):
    DEVELOPMENT = "development"
    PRODUCTION = "production"


class GraphQLExecutor(StrEnum):
    COMPILED = "compiled"
    REFERENCE = "reference"


class GraphQLDocuments(StrEnum):
    ANY = "any"
    TRUSTED = "trusted"


def parse_rate(text: str) -> Limit | None:
    """`10/minute`, `1500/5 minutes`, or `off` for None."""
    if text == "off":
        return None
    match = _RATE.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a rate: write 10/minute, 1500/5 minutes or off")
    points, count, unit = match.groups()
    return Limit(int(points), timedelta(seconds=int(count or 1) * _PERIODS[unit]))


def _rate_text(text: str) -> str:
    parse_rate(text)
    return text


RateText = Annotated[str, AfterValidator(_rate_text)]


def parse_networks(text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    """`10.0.0.0/8, 192.0.2.7, fd00::/8`: addresses and networks; none for an empty text."""
    try:
        return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())
    except ValueError as error:
        raise ValueError(f"{error}: write addresses and networks with commas between them") from None


def _networks_text(text: str) -> str:
    parse_networks(text)
    return text


def _formula_text(text: str) -> str:
    parse_score(text)
    return text


FormulaText = Annotated[str, AfterValidator(_formula_text)]


NetworksText = Annotated[str, AfterValidator(_networks_text)]


class Settings(BaseSettings):
    """Defaults run the whole product without any service: SQLite, in-process jobs, console mail, local media."""

    model_config = SettingsConfigDict(env_prefix="SOCIALFEED_", extra="ignore", frozen=True, env_ignore_empty=True)

    environment: Environment = Environment.DEVELOPMENT
    data_dir: Path = Field(default=Path("var"), description="Everything the embedded default writes lives here.")
    secret_key: SecretStr = Field(
        default=SecretStr(DEVELOPMENT_SECRET), description="At least 32 characters in production."
    )
    signing_keys: Path | None = Field(
        default=None, description="A file of `socialfeed keys rotate`: tokens by EdDSA; empty: HS256 under secret_key."
    )
    database_url: str = Field(
        default="", description="sqlite:///…, postgresql://…, memory://; empty: SQLite in data_dir."
    )
    redis_url: str = Field(default="", description="redis://…, rediss://…, valkey://…; empty: none, SQL does its work.")
    broker_url: str = Field(default="inprocess://", description="inprocess://, redis://…, amqp://…")
    mail_url: str = Field(default="console://", description="console://, smtp://user:password@host:port?starttls=true")
    mail_from: str = "socialfeed <no-reply@localhost>"
    media_url: str = Field(default="", description="file:///…, s3://key:secret@bucket; empty: a folder in data_dir.")
    media_image_max: ByteSize = Field(default=ByteSize(10_000_000), gt=0, description="Of one picture: 10MB, 8MiB, …")
    media_video_max: ByteSize = Field(default=ByteSize(100_000_000), gt=0, description="Of one video.")
    media_quota: ByteSize = Field(default=ByteSize(1_000_000_000), description="Of all that one account keeps.")
    media_pending: int = Field(default=20, gt=0, description="Uploads of one account that wait to be processed.")
    fanout_limit: int = Field(
        default=50_000, ge=0, description="Posts of authors with more followers are pulled at read; others are pushed."
    )
    ranking: FormulaText = Field(
        default=scores.DEFAULT, description="What a post is worth to a reader: a formula, as docs/ranking.md explains."
    )
    ranker_url: str = Field(
        default="engagement://", description="engagement:// ranks by that formula, chronological:// by age alone."
    )
    process_cache: ByteSize = Field(
        default=ByteSize(64_000_000),
        gt=0,
        description="Posts and profiles that each process keeps, where Redis is set.",
    )
    trending_actors: int = Field(default=5, ge=1, description="So many people have to react to a post for it to trend.")
    trending_hourly: int = Field(
        default=100, ge=1, description="So many reactions of one person in an hour count for what trends."
    )
    rate_limit: RateText | None = Field(default=None, description="One rate for every limit, or off.")
    credential_rate: RateText = Field(
        default="10/minute", description="Log-ins, registrations and codes, per address and account."
    )
    api_rate: RateText = Field(
        default="1500/5 minutes", description="Points of GraphQL for an account: ten objects are one, a mutation ten."
    )
    anonymous_rate: RateText = Field(
        default="300/5 minutes", description="The same for clients that are not signed in, per address."
    )
    graphql_max_cost: int = Field(default=2_000, gt=0, description="Points that one operation may cost at most.")
    graphql_max_depth: int = Field(default=20, gt=0, description="Levels of an operation, fragments included.")
    graphql_max_aliases: int = Field(default=15, ge=0, description="Aliases in an operation, fragments included.")
    graphql_executor: GraphQLExecutor = Field(
        default=GraphQLExecutor.COMPILED, description="compiled, or reference: graphql-core as it is, and far slower."
    )
    graphql_documents: GraphQLDocuments = Field(
        default=GraphQLDocuments.ANY, description="any, or trusted: those of the manifest and no others."
    )
    graphql_manifest: Path | None = Field(
        default=None, description="A file of `socialfeed documents collect`: no limit on their shape holds for these."
    )
    graphql_timeout: float = Field(default=30, gt=0, description="Seconds that one operation may take.")
    fetch_proxy: bool = Field(
        default=False, description="Whether Post.imageProxy leads to images of other servers, fetched by this one."
    )
    trusted_proxies: NetworksText = Field(
        default="", description="Whose X-Forwarded-For is believed: 10.0.0.0/8, fd00::/8; empty: nobody's."
    )
    explorer: bool | None = Field(default=None, description="The pages to try GraphQL and REST; on in development.")
    introspection: bool | None = Field(default=None, description="On in development.")
    metrics_token: SecretStr | None = Field(
        default=None, description="Who reads /metrics sends it as a bearer; empty: anybody in development, else nobody."
    )
    log_level: str = "info"

    @property
    def is_production(self) -> bool:
        return self.environment is Environment.PRODUCTION

    @property
    def database(self) -> str:
        return self.database_url or f"sqlite:///{(self.data_dir / 'socialfeed.sqlite3').absolute()}"

    @property
    def media(self) -> str:
        return self.media_url or (self.data_dir / "media").absolute().as_uri()

    @property
    def media_limits(self) -> MediaLimits:
        return MediaLimits(
            self.media_image_max, self.media_video_max, Allowance(bytes=self.media_quota, pending=self.media_pending)
        )

    @property
    def trending_limits(self) -> Limits:
        return Limits(self.trending_actors, self.trending_hourly)

    @property
    def credential_limit(self) -> Limit | None:
        return parse_rate(self.credential_rate if self.rate_limit is None else self.rate_limit)

    @property
    def api_limit(self) -> Limit | None:
        return parse_rate(self.api_rate if self.rate_limit is None else self.rate_limit)

    @property
    def anonymous_limit(self) -> Limit | None:
        return parse_rate(self.anonymous_rate if self.rate_limit is None else self.rate_limit)

    @property
    def fetch_limit(self) -> Limit | None:
        """Images of other servers, per client address: some pages of a feed at once, and more as time goes by."""
        return parse_rate("600/5 minutes" if self.rate_limit is None else self.rate_limit)

    @property
    def trusted_networks(self) -> tuple[IPv4Network | IPv6Network, ...]:
        return parse_networks(self.trusted_proxies)

    @property
    def shows_explorer(self) -> bool:
        return not self.is_production if self.explorer is None else self.explorer

    @property
    def allows_introspection(self) -> bool:
        return not self.is_production if self.introspection is None else self.introspection

    @property
    def metrics_reader(self) -> str | None:
        """The token that opens /metrics; empty where everybody may read it, None where nobody may."""
        if self.metrics_token is not None:
            return self.metrics_token.get_secret_value()
        return None if self.is_production else ""

    def checked(self) -> "Settings":
        """These settings, if they may start. Raises `SettingsError`."""
        secret = self.secret_key.get_secret_value()
        if self.is_production and secret == DEVELOPMENT_SECRET:
            raise SettingsError("SOCIALFEED_SECRET_KEY must be set in production: the development secret is public")
        if self.is_production and len(secret) < SECRET_MIN:
            raise SettingsError(f"SOCIALFEED_SECRET_KEY must have at least {SECRET_MIN} characters in production")
        if self.is_production and self.database.startswith("memory:"):
            raise SettingsError("SOCIALFEED_DATABASE_URL may not be memory:// in production: every restart empties it")
        if self.graphql_documents is GraphQLDocuments.TRUSTED and self.graphql_manifest is None:
            raise SettingsError(
                "SOCIALFEED_GRAPHQL_MANIFEST must name the documents to trust: socialfeed documents collect writes it"
            )
        return self


def load() -> Settings:
    """Settings from the environment. Raises `SettingsError` naming the variable at fault."""
    try:
        return Settings().checked()
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        name = "_".join(str(part) for part in first["loc"]).upper()
        raise SettingsError(f"SOCIALFEED_{name}: {first['msg']}") from None
