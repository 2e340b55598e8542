"""How an operation is declared: everything that serving it and describing it need to know, said once."""

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus
from types import NoneType, UnionType
from typing import Any, TypeVar, get_args, get_type_hints

from msgspec import Struct

from socialfeed.application.media.intake import Intake
from socialfeed.application.services import Services
from socialfeed.domain.errors import SocialFeedError
from socialfeed.domain.permissions import Actor


@dataclass(frozen=True, slots=True)
class Visit:
    """Who calls, from where (`client` is the same without their name), and what may serve them."""

    services: Services
    actor: Actor
    client: Actor


@dataclass(frozen=True, slots=True)
class Upload:
    """The form of an operation that takes a file."""

    file: Intake
    alt_text: str


Handler = TypeVar("Handler", bound=Callable[..., Awaitable[Struct | None]])


@dataclass(frozen=True, slots=True)
class Operation:
    """`takes` is the model of the body, if there is one, and `body_required` says whether it may be left out; one that
    `takes_file` takes a form with it instead. `gives` is the model of the answer, None for an empty one; `path_names`
    the parts of the path handed over by name; `refuses` the errors of its own, beyond those of every operation.
    """

    method: str
    path: str
    handler: Callable[..., Awaitable[Struct | None]]
    takes: type[Struct] | None
    body_required: bool
    gives: type[Struct] | None
    takes_file: bool
    path_names: tuple[str, ...]
    success: HTTPStatus
    refuses: tuple[type[SocialFeedError], ...]
    needs_viewer: bool

    @property
    def summary(self) -> str:
        return inspect.getdoc(self.handler) or ""

    @property
    def name(self) -> str:
        return self.handler.__name__


class Operations(list[Operation]):
    """The table of routes, filled by decorating handlers."""

    def serve(
        self,
        method: str,
        path: str,
        *,
        success: HTTPStatus = HTTPStatus.OK,
        refuses: tuple[type[SocialFeedError], ...] = (),
        needs_viewer: bool = False,
    ) -> Callable[[Handler], Handler]:
        """Reads the models off the handler's signature: its parameter `body` or `form`, and what it returns."""

        def enter(handler: Handler) -> Handler:
            hints = get_type_hints(handler)
            gives = hints.pop("return")
            body, form = hints.pop("body", None), hints.pop("form", None)
            self.append(
                Operation(
                    method,
                    path,
                    handler,
                    takes=_model(body),
                    body_required=not isinstance(body, UnionType),
                    gives=_model(gives),
                    takes_file=form is not None,
                    path_names=tuple(name for name, hint in hints.items() if hint is str),
                    success=success,
                    refuses=refuses,
                    needs_viewer=needs_viewer,
                )
            )
            return handler

        return enter


def _model(hint: Any) -> type[Struct] | None:
    """The model in `Model`, `Model | None` or `None`."""
    choices = get_args(hint) if isinstance(hint, UnionType) else (hint,)
    models = [choice for choice in choices if choice is not None and choice is not NoneType]
    return models[0] if models else None
