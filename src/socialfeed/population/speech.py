"""What people say: short texts from word lists in six languages, in files beside this one."""

import tomllib
import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib import resources
from random import Random
from typing import Any, NamedTuple

_CODES = ("en", "es", "de", "fr", "pt", "ja")
_PICTURED = ("🍞", "🌱", "🚲", "📚", "🎶", "☀️", "🙂")


class Topic(NamedTuple):
    """Any of the `lines` takes any of the `things` in place of `{thing}`."""

    tag: str
    things: tuple[str, ...]
    lines: tuple[str, ...]


class Name(NamedTuple):
    """As it is shown, and in the letters a username may have."""

    shown: str
    plain: str


@dataclass(frozen=True, slots=True)
class Language:
    """`share` is the part of the population that speaks it; `space` stands between two sentences."""

    code: str
    share: float
    first_names: tuple[Name, ...]
    last_names: tuple[Name, ...]
    topics: tuple[Topic, ...]
    bios: tuple[str, ...]
    closings: tuple[str, ...]
    replies: tuple[str, ...]
    answers: tuple[str, ...]
    space: str

    def bio(self, chance: Random, first: Topic, second: Topic) -> str:
        return _capitalised(chance.choice(self.bios).format(a=first.tag, b=second.tag))

    def post(self, chance: Random, topic: Topic) -> str:
        """One to three sentences, some with a hashtag or a picture character."""
        number = 2 if chance.random() < 0.3 else 1
        lines, things = chance.sample(topic.lines, number), chance.sample(topic.things, number)
        sentences = [_capitalised(line.format(thing=thing)) for line, thing in zip(lines, things, strict=True)]
        if chance.random() < 0.6:
            sentences.append(chance.choice(self.closings))
        text = self.space.join(sentences)
        if chance.random() < 0.15:
            text += f" {chance.choice(_PICTURED)}"
        return f"{text} #{topic.tag}" if chance.random() < 0.45 else text

    def reply(self, chance: Random) -> str:
        return chance.choice(self.replies)

    def answer(self, chance: Random) -> str:
        """What the author of a post says beneath it."""
        return chance.choice(self.answers)


@cache
def languages() -> tuple[Language, ...]:
    """Most spoken first."""
    folder = resources.files(__package__) / "languages"
    return tuple(_parse(code, tomllib.loads((folder / f"{code}.toml").read_text("utf-8"))) for code in _CODES)


def _parse(code: str, file: dict[str, Any]) -> Language:
    return Language(
        code=code,
        share=file["share"],
        first_names=tuple(map(_name, file["first_names"])),
        last_names=tuple(map(_name, file["last_names"])),
        topics=tuple(Topic(topic["tag"], tuple(topic["things"]), tuple(topic["lines"])) for topic in file["topics"]),
        bios=tuple(file["bios"]),
        closings=tuple(file["closings"]),
        replies=tuple(file["replies"]),
        answers=tuple(file["answers"]),
        space="" if code == "ja" else " ",
    )


def _name(text: str) -> Name:
    """`shown/plain`, or just `shown` where leaving out the accents makes it plain."""
    shown, _, plain = text.partition("/")
    decomposed = unicodedata.normalize("NFKD", (plain or shown).replace("ß", "ss"))
    return Name(shown, decomposed.encode("ascii", "ignore").decode().lower())


def _capitalised(text: str) -> str:
    return text[:1].upper() + text[1:]
