"""Follows stories: a paragraph and the updates of it, the updates of these, and so on.

The members of a story are stored paragraphs, by their numbers: how many paragraphs were ever stored before each.
"""

from collections.abc import Callable, Iterable, Mapping

from dedup.store.state_codec import StoryMember

#: A paragraph that would be an update is compared with this many of the newest members of the story of its match.
MOST_MEMBERS = 128


class Stories:
    """The members of all stories that have more than one.

    Args:
        is_live: Whether the paragraph with a number is still remembered.
    """

    def __init__(self, is_live: Callable[[int], bool]) -> None:
        self._is_live = is_live
        self._members: dict[int, StoryMember] = {}
        self._by_first: dict[int, list[int]] = {}  # the members of a story, oldest first, with the first one

    def member(self, number: int) -> StoryMember | None:
        """The entry of a paragraph; None if it is the first of its story."""
        return self._members.get(number)

    def begins_version(self, number: int) -> bool:
        """Whether a paragraph that is not the first of its story is the first of its version: an update."""
        version = self._members[number].version
        members = (other for other in self._by_first[self._members[number].first] if other in self._members)
        return version > 1 and next(other for other in members if self._members[other].version == version) == number

    def newest(self, number: int, *, prune: bool = True) -> list[int]:
        """The newest live members of the story of a paragraph, at most `MOST_MEMBERS`, newest first.

        With `prune`, others that were found are removed: a forgotten paragraph never returns.
        """
        member = self._members.get(number)
        numbers = self._by_first.get(member.first if member else number, [])
        found: list[int] = []
        for at in range(len(numbers) - 1, -1, -1):
            if self._is_live(numbers[at]):
                found.append(numbers[at])
                if len(found) == MOST_MEMBERS:
                    break
            elif prune:
                self._members.pop(numbers.pop(at), None)
        return found

    def add(self, number: int, match: int, match_id: Callable[[], str], *, is_update: bool) -> StoryMember:
        """Add a stored paragraph to the story of its match: the next version, or the same one.

        Args:
            number: The number of the paragraph.
            match: The number of its match.
            match_id: Gives the id of the match.
            is_update: Whether the paragraph is a new version.
        """
        before = self._members.get(match)
        version = before.version if before else 1
        if is_update:
            known = (self._members.get(other) for other in self.newest(match))
            version = max([version, *(member.version for member in known if member)]) + 1
        first, id_ = (before.first, before.id) if before else (match, match_id())
        member = StoryMember(first, id_, version)
        self.restore({number: member})
        return member

    def restore(self, members: Mapping[int, StoryMember]) -> None:
        """Add members in the order of their numbers."""
        for number, member in members.items():
            self._members[number] = member
            self._by_first.setdefault(member.first, [member.first]).append(number)

    def of(self, numbers: Iterable[int]) -> dict[int, StoryMember]:
        """The entries of those paragraphs that have one."""
        return {number: self._members[number] for number in numbers if number in self._members}

    def forget(self) -> None:
        """Remove the paragraphs that are no longer remembered."""
        for first, numbers in list(self._by_first.items()):
            live = [number for number in numbers if self._is_live(number)]
            for number in set(numbers) - set(live):
                self._members.pop(number, None)
            if live:
                self._by_first[first] = live
            else:
                del self._by_first[first]
