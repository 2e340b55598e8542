"""The population as entities, in order of time, with ids of the moments at which they were made."""

from collections.abc import Iterator
from functools import cached_property

from socialfeed.domain.comment import Comment
from socialfeed.domain.engagement import Like, Share
from socialfeed.domain.graph import Follow
from socialfeed.domain.ids import IdFactory, PostId, UserId
from socialfeed.domain.post import Post
from socialfeed.domain.user import User
from socialfeed.population.activity import HOUR_MS, Draft, Reactions, Remark, drafts, reactions, remarks
from socialfeed.population.graph import Graph, graph
from socialfeed.population.people import People, people
from socialfeed.population.plan import Plan, moment

NODE = 0
"""The node number kept for bulk loads: no running process makes ids that could meet these."""


class _Past:
    """Makes ids for moments of the past, in order."""

    def __init__(self) -> None:
        self._ms = 0
        self._ids = IdFactory(lambda: self._ms, NODE)

    def at(self, ms: int) -> IdFactory:
        self._ms = ms
        return self._ids


class Population:
    """Each noun can be iterated any number of times and is the same each time.

    The numbers behind it are made when first needed and kept: some 300 MB for 100,000 posts and a million likes.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan

    def users(self, password_hash: str) -> Iterator[User]:
        """Active accounts, all with the same password."""
        for user_id, person in zip(self._user_ids, self._people.all, strict=True):
            yield User.register(
                user_id,
                username=person.username,
                email=f"{person.username}@example.org",
                password_hash=password_hash,
                first_name=person.first_name,
                last_name=person.last_name,
                bio=person.bio,
                at=moment(person.joined_ms),
            ).verified()

    def follows(self) -> Iterator[Follow]:
        past, users = _Past(), self._user_ids
        for tie in self._graph.ties:
            follow_id = past.at(tie.at_ms).follow()
            yield Follow.start(follow_id, users[tie.follower], users[tie.followee], at=moment(tie.at_ms))

    def posts(self) -> Iterator[Post]:
        chance = self.plan.chance("words of posts")
        for post_id, draft in zip(self._post_ids, self._drafts, strict=True):
            person = self._people.all[draft.author]
            topic = person.topics[chance.random() < 0.35]
            image = f"https://images.example.org/{post_id}.jpg" if chance.random() < 0.15 else None
            yield Post.write(
                post_id,
                self._user_ids[draft.author],
                content=person.language.post(chance, topic),
                image_url=image,
                language=person.language.code,
                at=moment(draft.at_ms),
            )

    def comments(self) -> Iterator[Comment]:
        chance = self.plan.chance("words of comments")
        past = _Past()
        answered = {remark.parent for remark in self._remarks}
        parents: dict[int | None, Comment] = {}
        for place, remark in enumerate(self._remarks):
            author = self._drafts[remark.post].author
            language = self._people.all[author].language
            comment = Comment.write(
                past.at(remark.at_ms).comment(),
                self._user_ids[remark.person],
                self._post_ids[remark.post],
                content=language.answer(chance) if remark.person == author else language.reply(chance),
                parent=parents.get(remark.parent),
                at=moment(remark.at_ms),
            )
            if place in answered:
                parents[place] = comment
            yield comment

    def likes(self) -> Iterator[Like]:
        past, posts, users = _Past(), self._post_ids, self._user_ids
        for at_ms, post, person in self._likes:
            yield Like(past.at(at_ms).like(), posts[post], users[person], moment(at_ms))

    def shares(self) -> Iterator[Share]:
        past, posts, users = _Past(), self._post_ids, self._user_ids
        for at_ms, post, person in self._shares:
            yield Share(past.at(at_ms).share(), posts[post], users[person], moment(at_ms))

    @cached_property
    def _people(self) -> People:
        return people(self.plan)

    @cached_property
    def _graph(self) -> Graph:
        return graph(self.plan, self._people)

    @cached_property
    def _drafts(self) -> list[Draft]:
        return drafts(self.plan, self._people)

    @cached_property
    def _remarks(self) -> list[Remark]:
        return remarks(self.plan, self._drafts, self._people, self._graph, delay_ms=10 * HOUR_MS)

    @cached_property
    def _likes(self) -> Reactions:
        return self._reactions("likes", self.plan.likes, delay_ms=8 * HOUR_MS)

    @cached_property
    def _shares(self) -> Reactions:
        return self._reactions("shares", self.plan.shares, delay_ms=12 * HOUR_MS)

    def _reactions(self, part: str, total: int, *, delay_ms: int) -> Reactions:
        return reactions(self.plan, part, total, self._drafts, self._people, self._graph, delay_ms=delay_ms)

    @cached_property
    def _user_ids(self) -> list[UserId]:
        past = _Past()
        return [past.at(person.joined_ms).user() for person in self._people.all]

    @cached_property
    def _post_ids(self) -> list[PostId]:
        past = _Past()
        return [past.at(draft.at_ms).post() for draft in self._drafts]
