"""The index of models that searches have seen: filters, orders, words, room and damage."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from selector.store.index_query import GATED, PICKLE_ONLY, Bits, Query
from selector.store.model_index import Entry, ModelIndex, bucket_of

TASK = "text-classification"
ALL = Bits(parameters=1, licence=2, language=4, gated=8, library=16, updated=32, pickle_only=64)


def entry(name, **fields):
    made = {"task": TASK, "words": name.replace("/", " "), "body": name, "licence": "mit"}
    return Entry(name, **(made | fields))


def bodies(found):
    return [body for body, _ in found.bodies]


@pytest.fixture
def index(tmp_path):
    with ModelIndex(tmp_path / "models.db") as made:
        yield made


@pytest.mark.parametrize(
    ("sort", "first"),
    [("downloads", "a/used"), ("likes", "a/liked"), ("recent", "a/new"), ("size", "a/small")],
)
def test_rows_come_in_the_order_asked_for(index, sort, first):
    index.remember(
        [
            entry("a/used", downloads=9),
            entry("a/liked", likes=9),
            entry("a/new", modified=9),
            entry("a/small", parameters=9),
        ]
    )
    assert bodies(index.find(Query((TASK,), sort=sort)))[0] == first


def test_a_row_that_does_not_say_is_never_taken_away(index):
    index.remember([entry("a/silent", licence="")])
    asked = Query(
        (TASK,), ALL, low=1, high=2, library="gguf", since=10**9,
        licence=lambda text: text in {"", "mit"},
    )  # fmt: skip
    assert bodies(index.find(asked)) == ["a/silent"]


def test_each_filter_sets_its_bit(index):
    index.remember(
        [
            entry("a/large", parameters=100),
            entry("a/gpl", licence="gpl-3.0"),
            entry("a/french", languages=2),
            entry("a/gated", flags=GATED),
            entry("a/other", library="flair"),
            entry("a/old", modified=5),
            entry("a/pickled", flags=PICKLE_ONLY),
            entry("a/passes", languages=1),
        ]
    )
    asked = Query(
        (TASK,), ALL, high=50, licence=lambda text: text == "mit", languages=1, undeclared=True,
        library="gguf", since=9,
    )  # fmt: skip
    found = index.find(asked)
    assert bodies(found) == ["a/passes"]
    assert dict(found.taken) == dict.fromkeys((1, 2, 4, 8, 16, 32, 64), 1)


def test_whole_words_come_before_words_that_only_begin_so(index):
    index.remember([entry(f"a/bank-{n}") for n in range(5)] + [entry("a/banking", downloads=10**6)])
    assert len(bodies(index.find(Query((TASK,), words="bank", limit=50)))) == 6
    enough = bodies(index.find(Query((TASK,), words="bank", limit=5)))
    assert "a/banking" not in enough


def test_a_rare_model_far_behind_the_window_is_found(index):
    index.remember([entry(f"a/{n}", downloads=10**6 - n) for n in range(4100)])
    index.remember([entry("a/rare", licence="gpl-3.0")])
    found = index.find(Query((TASK,), ALL, licence=lambda text: text == "gpl-3.0"))
    assert bodies(found) == ["a/rare"]


def test_a_model_that_changed_is_kept_once_with_its_new_words(index):
    index.remember([entry("a/x", words="old", downloads=1)])
    index.remember([entry("a/x", words="new", downloads=10**6, body="newer")])
    assert index.count() == 1
    assert bodies(index.find(Query((TASK,), words="new"))) == ["newer"]
    assert bodies(index.find(Query((TASK,), words="old"))) == []


def test_the_models_seen_longest_ago_make_room(tmp_path):
    with ModelIndex(tmp_path / "models.db", most=10) as index:
        for n in range(12):
            index.remember([entry(f"a/{n}", downloads=n)], now=1000 + n)
        kept = bodies(index.find(Query((TASK,))))
    assert kept == [f"a/{n}" for n in reversed(range(2, 12))]


@pytest.mark.parametrize("damage", [b"", b"not a database at all" * 300])
def test_a_damaged_file_is_begun_anew(tmp_path, damage):
    path = tmp_path / "models.db"
    path.write_bytes(damage)
    with ModelIndex(path) as index:
        index.remember([entry("a/x")])
        assert index.count() == 1


def test_words_of_a_query_are_never_read_as_commands(index):
    index.remember([entry("a/x")])
    for words in ('"', "x OR y", "NEAR(x y)", "x*", "-x", "text:x", "zt1", "'; DROP TABLE model;"):
        index.find(Query((TASK,), words=words))
    assert index.count() == 1


numbers = st.integers(0, 2**62)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(st.tuples(numbers, st.one_of(st.none(), numbers)), min_size=1, max_size=12),
    low=st.one_of(st.none(), numbers),
    high=st.one_of(st.none(), numbers),
)
def test_what_is_given_and_what_is_counted_make_up_all_rows(tmp_path_factory, rows, low, high):
    path = tmp_path_factory.mktemp("index") / "models.db"
    with ModelIndex(path) as index:
        index.remember(
            [entry(f"a/{n}", downloads=d, parameters=p) for n, (d, p) in enumerate(rows)]
        )
        found = index.find(Query((TASK,), ALL, low=low, high=high))
    passing = {
        f"a/{n}"
        for n, (_, size) in enumerate(rows)
        if size is None or min(size, 2**62 - 1) >= (low or 0)
        if size is None or high is None or min(size, 2**62 - 1) <= high
    }
    assert set(bodies(found)) == passing
    assert Counter(found.taken).total() == len(rows) - len(passing)


@given(st.lists(numbers, min_size=2, max_size=20))
def test_more_downloads_never_put_a_model_further_behind(downloads):
    buckets = [bucket_of(n) for n in sorted(downloads)]
    assert all(before >= after for before, after in pairwise(buckets))
