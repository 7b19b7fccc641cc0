"""Who answers: the first reachable post in a fixed order, and never nobody (design, section 6)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.routing import Candidate, Choice, NobodyAnswers, Skip, choose
from gateway.domain.terms import Level


def post(number: int, level: Level = Level.VILLAGE, *, deputy: bool = False, reachable: bool = True) -> Candidate:
    return Candidate(post_id=number, level=level, deputy=deputy, reachable=reachable)


def test_the_holder_at_the_first_level_answers() -> None:
    found = choose([post(1), post(2, deputy=True), post(3, Level.TOWNSHIP)], first=Level.VILLAGE)
    assert found == Choice(post_id=1, level=Level.VILLAGE)


def test_a_holder_who_cannot_be_reached_is_stood_in_for_by_the_deputy() -> None:
    found = choose([post(1, reachable=False), post(2, deputy=True)], first=Level.VILLAGE)
    assert (found.post_id, found.deputy) == (2, True)
    assert found.skipped == ((Level.VILLAGE, Skip.UNREACHABLE),)


def test_an_unreachable_holder_without_deputy_leads_one_rung_up() -> None:
    found = choose([post(1, reachable=False), post(3, Level.TOWNSHIP)], first=Level.VILLAGE)
    assert (found.post_id, found.level) == (3, Level.TOWNSHIP)


def test_a_vacant_post_leads_one_rung_up_and_the_case_says_so() -> None:
    found = choose([post(3, Level.TOWNSHIP), post(4, Level.COUNTY)], first=Level.VILLAGE)
    assert (found.post_id, found.level) == (3, Level.TOWNSHIP)
    assert found.skipped == ((Level.VILLAGE, Skip.VACANT),)


def test_every_post_that_was_passed_over_is_named_in_order() -> None:
    found = choose(
        [post(3, Level.TOWNSHIP, reachable=False), post(4, Level.COUNTY)],
        first=Level.VILLAGE,
    )
    assert found.skipped == ((Level.VILLAGE, Skip.VACANT), (Level.TOWNSHIP, Skip.UNREACHABLE))


def test_where_no_phone_works_somebody_owns_it_all_the_same() -> None:
    found = choose([post(1, reachable=False), post(4, Level.COUNTY, reachable=False)], first=Level.VILLAGE)
    assert found.post_id in {1, 4}


def test_a_county_without_any_post_is_said_aloud() -> None:
    with pytest.raises(NobodyAnswers):
        choose([], first=Level.VILLAGE)


candidates = st.lists(
    st.builds(post, st.integers(1, 99), st.sampled_from(Level), deputy=st.booleans(), reachable=st.booleans()),
    min_size=1,
    max_size=8,
)


@given(candidates, st.sampled_from(Level))
def test_routing_never_comes_out_empty_and_takes_the_first_phone_that_works(
    order: list[Candidate], first: Level
) -> None:
    found = choose(order, first=first)
    assert found.post_id in {candidate.post_id for candidate in order}
    works = [candidate for candidate in order if candidate.reachable]
    if works:
        assert (found.post_id, found.level) == (works[0].post_id, works[0].level)
