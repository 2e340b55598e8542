"""Sessions and revocations."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from socialfeed.application.ports.repositories import EVERYBODY
from socialfeed.application.ports.storage import Storage
from socialfeed.domain.errors import IdConflict, SessionNotFound
from socialfeed.domain.ids import SessionId
from socialfeed.domain.session import SESSION_LIFE, Session
from socialfeed.testing.builders import Builder
from socialfeed.testing.contracts.given import (
    UsesStorage,
    cancelled_after,
    given_sessions,
    given_user,
    outcomes,
    rolled_back,
)

HOUR = timedelta(hours=1)


class SessionsContract(UsesStorage):
    async def test_an_added_session_is_read_back_whole(self, storage: Storage, make: Builder) -> None:
        session = replace(make.session(await given_user(storage, make)), user_agent="Zoë’s “browser” 🎈")
        await given_sessions(storage, session)
        async with storage.uow() as tx:
            assert await tx.sessions.get(session.id) == session
        assert await storage.sessions.sessions_by_ids([session.id]) == {session.id: session}

    async def test_who_was_there_last_comes_first_once_and_no_more_than_asked_for(
        self, storage: Storage, make: Builder
    ) -> None:
        ada, bob, eve = [await given_user(storage, make) for _ in range(3)]
        start = make.session(ada).used_at
        used = [(ada, 1), (bob, 2), (eve, 3), (ada, 4)]
        sessions = [replace(make.session(user), used_at=start + hours * HOUR) for user, hours in used]
        await given_sessions(storage, *sessions)
        assert await storage.sessions.last_active(start, limit=10) == [ada.id, eve.id, bob.id]
        assert await storage.sessions.last_active(start, limit=2) == [ada.id, eve.id]
        assert await storage.sessions.last_active(start + 3 * HOUR, limit=10) == [ada.id, eve.id]
        assert await storage.sessions.last_active(start + 5 * HOUR, limit=10) == []

    async def test_an_unknown_session_is_none(self, storage: Storage, make: Builder) -> None:
        nobody = make.user()
        unknown = make.session(nobody)
        async with storage.uow() as tx:
            assert await tx.sessions.get(unknown.id) is None
            assert await tx.sessions.remove(unknown.id) is False
            assert await tx.sessions.remove_of(nobody.id) == 0
        assert await storage.sessions.sessions_by_ids([unknown.id]) == {}
        assert await storage.sessions.sessions_by_ids([]) == {}
        assert await storage.sessions.sessions_of(nobody.id, unknown.used_at) == []

    async def test_the_id_of_a_session_is_used_once(self, storage: Storage, make: Builder) -> None:
        user = await given_user(storage, make)
        first, second = make.session(user), make.session(user)
        await given_sessions(storage, first)
        with pytest.raises(IdConflict):
            await given_sessions(storage, replace(second, id=first.id))
        assert await storage.sessions.sessions_by_ids([first.id]) == {first.id: first}

    async def test_save_replaces_the_session(self, storage: Storage, make: Builder) -> None:
        user = await given_user(storage, make)
        session, other = make.session(user), make.session(user)
        await given_sessions(storage, session, other)
        refreshed = session.refreshed("hash of the next token", make.clock.now())
        async with storage.uow() as tx:
            await tx.sessions.save(refreshed)
            assert await tx.sessions.get(session.id) == refreshed
        stored = await storage.sessions.sessions_by_ids([session.id, other.id])
        assert stored == {session.id: refreshed, other.id: other}

    async def test_save_does_not_bring_an_ended_session_back(self, storage: Storage, make: Builder) -> None:
        session = make.session(await given_user(storage, make))
        await given_sessions(storage, session)
        await end(storage, session.id)
        with pytest.raises(SessionNotFound):
            async with storage.uow() as tx:
                await tx.sessions.save(session.refreshed("hash of the next token", make.clock.now()))
        assert await storage.sessions.sessions_by_ids([session.id]) == {}

    async def test_removing_a_session_tells_whether_there_was_one(self, storage: Storage, make: Builder) -> None:
        user = await given_user(storage, make)
        session, other = make.session(user), make.session(user)
        await given_sessions(storage, session, other)
        assert [await end(storage, session.id), await end(storage, session.id)] == [True, False]
        assert await storage.sessions.sessions_by_ids([session.id, other.id]) == {other.id: other}

    async def test_all_sessions_of_a_user_are_removed_and_nobody_elses(self, storage: Storage, make: Builder) -> None:
        ada, bob = await given_user(storage, make), await given_user(storage, make)
        of_ada, of_bob = [make.session(ada) for _ in range(3)], make.session(bob)
        await given_sessions(storage, *of_ada, of_bob)
        async with storage.uow() as tx:
            assert await tx.sessions.remove_of(ada.id) == 3
            assert await tx.sessions.get(of_ada[0].id) is None
        assert await storage.sessions.sessions_of(ada.id, make.clock.now()) == []
        assert await storage.sessions.sessions_of(bob.id, make.clock.now()) == [of_bob]

    async def test_all_sessions_but_one_are_removed(self, storage: Storage, make: Builder) -> None:
        ada, bob = await given_user(storage, make), await given_user(storage, make)
        kept, *others = [make.session(ada) for _ in range(3)]
        of_bob = make.session(bob)
        await given_sessions(storage, kept, *others, of_bob)
        async with storage.uow() as tx:
            assert await tx.sessions.remove_of(ada.id, but=kept.id) == 2
            assert await tx.sessions.remove_of(ada.id, but=kept.id) == 0
        assert await storage.sessions.sessions_of(ada.id, make.clock.now()) == [kept]
        async with storage.uow() as tx:
            assert await tx.sessions.remove_of(ada.id, but=of_bob.id) == 1
        assert await storage.sessions.sessions_of(bob.id, make.clock.now()) == [of_bob]

    async def test_a_session_that_was_got_is_locked_until_the_end(self, storage: Storage, make: Builder) -> None:
        session = make.session(await given_user(storage, make))
        await given_sessions(storage, session)

        async def second() -> Session | None:
            async with storage.uow() as tx:
                return await tx.sessions.get(session.id)

        async with storage.uow() as tx:
            assert await tx.sessions.get(session.id) == session
            waiting = asyncio.create_task(second())
            await asyncio.wait({waiting}, timeout=0.2)  # Ample for a `get` that does not wait.
            refreshed = session.refreshed("hash of the next token", make.clock.now())
            await tx.sessions.save(refreshed)
        assert await waiting == refreshed

    async def test_of_simultaneous_refreshes_one_finds_its_token_current(self, storage: Storage, make: Builder) -> None:
        session = make.session(await given_user(storage, make))
        await given_sessions(storage, session)
        seen: list[str] = []

        async def refresh(number: int) -> bool:
            async with storage.uow() as tx:
                stored = await tx.sessions.get(session.id)
                assert stored is not None
                seen.append(stored.token_hash)
                if stored.token_hash != session.token_hash:
                    return False
                await tx.sessions.save(stored.refreshed(f"hash of token {number}", session.used_at))
                return True

        results = await outcomes(*(refresh(number) for number in range(20)))
        assert sorted(map(str, results)) == ["False"] * 19 + ["True"]
        winner = f"hash of token {results.index(True)}"
        assert sorted(seen) == sorted([session.token_hash, *[winner] * 19])
        stored = (await storage.sessions.sessions_by_ids([session.id]))[session.id]
        assert (stored.generation, stored.token_hash) == (1, winner)

    async def test_no_refresh_outlives_the_end_of_all_sessions(self, storage: Storage, make: Builder) -> None:
        user = await given_user(storage, make)
        sessions = [make.session(user) for _ in range(6)]
        await given_sessions(storage, *sessions)

        async def refresh(session: Session) -> None:
            async with storage.uow() as tx:
                stored = await tx.sessions.get(session.id)
                if stored is not None:
                    await tx.sessions.save(stored.refreshed("hash of the next token", session.used_at))

        async def end_all() -> int:
            async with storage.uow() as tx:
                return await tx.sessions.remove_of(user.id)

        first, second, *refreshes = await outcomes(
            end_all(), end_all(), *(refresh(session) for session in reversed(sessions))
        )
        assert sorted(map(str, (first, second))) == ["0", "6"]
        assert refreshes == [None] * 6
        assert await storage.sessions.sessions_by_ids([session.id for session in sessions]) == {}

    async def test_live_sessions_are_listed_last_used_first(self, storage: Storage, make: Builder) -> None:
        user = await given_user(storage, make)
        first, second, third = (make.session(user) for _ in range(3))
        await given_sessions(storage, first, second, third)
        used = first.refreshed("hash of the next token", make.clock.now())
        async with storage.uow() as tx:
            await tx.sessions.save(used)
        assert await storage.sessions.sessions_of(user.id, make.clock.now()) == [used, third, second]

    async def test_an_expired_session_is_not_listed(self, storage: Storage, make: Builder) -> None:
        user = await given_user(storage, make)
        first, second = make.session(user), make.session(user)
        await given_sessions(storage, first, second)
        just_before = first.expires_at - timedelta(microseconds=1)
        assert await storage.sessions.sessions_of(user.id, just_before) == [second, first]
        assert await storage.sessions.sessions_of(user.id, first.expires_at) == [second]
        assert await storage.sessions.sessions_of(user.id, second.expires_at) == []

    async def test_a_new_session_ends_no_live_one_and_none_of_others(self, storage: Storage, make: Builder) -> None:
        ada, bob = await given_user(storage, make), await given_user(storage, make)
        expired, live, of_bob = make.session(ada), make.session(ada), make.session(bob)
        await given_sessions(storage, expired, live, of_bob)
        at = expired.expires_at
        new = replace(make.session(ada), created_at=at, used_at=at, expires_at=at + SESSION_LIFE)
        await given_sessions(storage, new)
        assert await storage.sessions.sessions_of(ada.id, at) == [new, live]
        assert await storage.sessions.sessions_of(bob.id, at) == [of_bob]

    async def test_a_rolled_back_end_leaves_the_sessions(self, storage: Storage, make: Builder) -> None:
        user = await given_user(storage, make)
        session = make.session(user)
        await given_sessions(storage, session)
        async with rolled_back(storage) as tx:
            await tx.sessions.remove(session.id)
        await cancelled_after(storage, lambda tx: tx.sessions.remove_of(user.id))
        assert await storage.sessions.sessions_of(user.id, session.used_at) == [session]

    async def test_a_revocation_is_seen_by_everybody_who_asks_once_it_is_committed(
        self, storage: Storage, make: Builder
    ) -> None:
        user, event, at = make.user(), make.ids.event(), make.clock.now()
        async with rolled_back(storage) as tx:
            await tx.revocations.add(event, user.id, at)
        await cancelled_after(storage, lambda tx: tx.revocations.add(event, user.id, at))
        async with storage.uow() as tx:
            await tx.revocations.add(event, user.id, at)
            assert await storage.sessions.revoked_since(at - HOUR) == {}
        for _ in range(3):
            assert await storage.sessions.revoked_since(at - HOUR) == {event: user.id}

    async def test_a_revocation_of_everybody_is_told_as_one_of_user_0(self, storage: Storage, make: Builder) -> None:
        user, one, all_of_them, at = make.user(), make.ids.event(), make.ids.event(), make.clock.now()
        async with storage.uow() as tx:
            await tx.revocations.add(one, user.id, at)
            await tx.revocations.add(all_of_them, EVERYBODY, at)
        assert await storage.sessions.revoked_since(at) == {one: user.id, all_of_them: 0}

    async def test_revocations_are_told_from_a_moment_on(self, storage: Storage, make: Builder) -> None:
        user, other = make.user(), make.user()
        said = [(make.ids.event(), of, make.clock.now()) for of in (user, other, user)]
        for event, of, at in said:
            async with storage.uow() as tx:
                await tx.revocations.add(event, of.id, at)
        for first in range(len(said)):
            expected = {event: of.id for event, of, _ in said[first:]}
            assert await storage.sessions.revoked_since(said[first][2]) == expected
        assert await storage.sessions.revoked_since(said[-1][2] + timedelta(microseconds=1)) == {}

    async def test_a_revocation_is_kept_for_an_hour(self, storage: Storage, make: Builder) -> None:
        user, at = make.user(), make.clock.now()
        first, second = make.ids.event(), make.ids.event()
        for event, moment in ((first, at), (second, at + HOUR)):
            async with storage.uow() as tx:
                await tx.revocations.add(event, user.id, moment)
        assert await storage.sessions.revoked_since(at) == {first: user.id, second: user.id}


async def end(storage: Storage, session_id: SessionId) -> bool:
    async with storage.uow() as tx:
        return await tx.sessions.remove(session_id)
