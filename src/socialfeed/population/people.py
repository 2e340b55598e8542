"""Who is there: names, languages, interests, how popular and how talkative."""

from random import Random
from typing import NamedTuple

from socialfeed.population.chance import draws, zipf
from socialfeed.population.plan import Plan
from socialfeed.population.speech import Language, Topic, languages

DEMO_USERNAME = "demo"
"""Person 0 of every population: the one a visitor signs in as."""

_POPULARITY = 0.75
"""Zipf's exponent for followers. With 1 and thirty follows each, everybody would follow the most famous."""


class Person(NamedTuple):
    username: str
    first_name: str
    last_name: str
    bio: str
    language: Language
    topics: tuple[Topic, Topic]
    joined_ms: int


class People(NamedTuple):
    """`popularity` is the weight with which others choose this person, `activity` that of doing anything."""

    all: list[Person]
    popularity: list[float]
    activity: list[float]


def people(plan: Plan) -> People:
    """The demo user, then the others in the order in which they joined."""
    chance = plan.chance("people")
    popularity = zipf(plan.users, _POPULARITY)
    chance.shuffle(popularity)
    # The demo user is an ordinary one, whoever else the shuffle made famous.
    ordinary = popularity.index(sorted(popularity)[plan.users // 2])
    popularity[0], popularity[ordinary] = popularity[ordinary], popularity[0]
    activity = [weight**0.5 * chance.lognormvariate(0, 0.8) for weight in popularity]
    spoken = draws(chance, [language.share for language in languages()])
    taken: set[str] = set()
    cast = []
    joined = sorted(chance.randrange(plan.joining_ms, plan.start_ms) for _ in range(plan.users))
    for number, joined_ms in enumerate(joined):
        language = languages()[next(spoken) if number else 0]
        first, last = chance.choice(language.first_names), chance.choice(language.last_names)
        topics = _interests(chance, language)
        username = _username(chance, first.plain, last.plain, taken) if number else DEMO_USERNAME
        taken.add(username)
        bio = language.bio(chance, *topics)
        person = Person(username, first.shown, last.shown, bio, language, topics, joined_ms)
        cast.append(person if number else person._replace(first_name="Demo", last_name="Visitor"))
    return People(cast, popularity, activity)


def _interests(chance: Random, language: Language) -> tuple[Topic, Topic]:
    first, second = chance.sample(language.topics, 2)
    return first, second


def _username(chance: Random, first: str, last: str, taken: set[str]) -> str:
    base = chance.choice((f"{first}_{last}", f"{first}{last}", f"{last}_{first}", f"{first[0]}_{last}"))[:24]
    username, most = base, 100
    while username in taken:
        username = f"{base}{chance.randrange(2, most)}"
        most *= 2
    return username
