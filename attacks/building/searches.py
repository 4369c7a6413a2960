"""TextAttack's other searches, so made that a long text cannot outgrow the query budget.

They build the candidates of every word of a text before they show the first one to the victim: of
10,000 words that is gigabytes. Here they come a few words at a time, until the budget ends.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import cache
from typing import Any

import numpy as np

from .loading import load_textattack

WORDS_AT_ONCE = 16
"""Words whose candidates are built together: the constraints look at the whole text each time."""


def best_step_search() -> Any:
    """Greedy search over all words: at each step the best of all candidates (`GreedySearch`)."""
    return _greedy_class()()


def genetic_search() -> Any:
    """The improved genetic algorithm (Wang et al. 2019) with the paper's S = 60, M = 20, 5."""
    return _genetic_class()(
        pop_size=60, max_iters=20, max_replace_times_per_index=5, post_crossover_check=False
    )


def swarm_search() -> Any:
    """Particle swarm optimisation (Zang et al. 2020) with the paper's 60 particles, 20 rounds."""
    return _swarm_class()(pop_size=60, max_iters=20)


def candidates_by_word(
    search: Any, text: Any, original: Any, only: Collection[int] | None = None
) -> Iterator[tuple[int, list[Any]]]:
    """The index of each word that may be changed, and the texts with that word changed.

    ``only``: indices to look at, all where it is None.
    """
    _, allowed = search.get_indices_to_order(text)
    indices = sorted(index for index in allowed if only is None or index in only)
    for start in range(0, len(indices), WORDS_AT_ONCE):
        chunk = indices[start : start + WORDS_AT_ONCE]
        texts: dict[int, list[Any]] = {index: [] for index in chunk}
        for candidate in search.get_transformations(
            text, original_text=original, indices_to_modify=chunk
        ):
            texts[min(candidate.attack_attrs["newly_modified_indices"])].append(candidate)
        yield from texts.items()


def best_by_word(
    search: Any, text: Any, original: Any, only: Collection[int] | None = None
) -> tuple[dict[int, Any], set[int]]:
    """The best result of each word, until the budget ends, which ``search`` then knows.

    Returns:
        The results by the index of the word, and the indices of the words that have candidates,
        among those that were looked at.
    """
    best: dict[int, Any] = {}
    able: set[int] = set()
    for index, candidates in candidates_by_word(search, text, original, only):
        if not candidates:
            continue
        able.add(index)
        results, search._search_over = search.get_goal_results(candidates)
        if results:
            best[index] = _best(results)
        if search._search_over:
            break
    return best, able


def _best(results: list[Any]) -> Any:
    return max(results, key=lambda result: float(result.score))  # the first of equals


@cache
def _greedy_class() -> Any:
    load_textattack()
    from textattack.goal_function_results import GoalFunctionResultStatus
    from textattack.search_methods import GreedySearch

    class BoundedGreedySearch(GreedySearch):
        """Greedy search that stops building candidates where the budget ends."""

        def perform_search(self, initial_result: Any) -> Any:
            result, over = initial_result, False
            while result.goal_status != GoalFunctionResultStatus.SUCCEEDED and not over:
                candidates = self._candidates(result.attacked_text, initial_result.attacked_text)
                results, over = self.get_goal_results(candidates)
                if not results:
                    break
                result = _best(results)  # as in TextAttack also where it is no gain
            return result

        def _candidates(self, text: Any, original: Any) -> list[Any]:
            left = self.goal_function.query_budget - self.goal_function.num_queries
            candidates: list[Any] = []
            for _, some in candidates_by_word(self, text, original):
                candidates += some
                if len(candidates) >= left:
                    break
            return candidates

    return BoundedGreedySearch


@cache
def _genetic_class() -> Any:
    load_textattack()
    from textattack.search_methods import ImprovedGeneticAlgorithm, PopulationMember

    class BoundedGeneticAlgorithm(ImprovedGeneticAlgorithm):
        """The genetic algorithm, whose first population asks for each word once.

        TextAttack's shows the candidates of a word that do not help as often as the text has
        words, which uses up a budget, and later draws words that have no candidates.
        """

        def _initialize_population(self, initial_result: Any, pop_size: int) -> list[Any]:
            text = initial_result.attacked_text
            best, _ = best_by_word(self, text, text)
            left = np.zeros(len(text.words), dtype=int)
            left[list(best)] = self.max_replace_times_per_index
            attributes = {"num_replacements_left": left}
            # a text none of whose words has a candidate is a population of its own
            original = PopulationMember(text, initial_result, attributes=attributes)
            population = [
                self._modify_population_member(original, result.attacked_text, result, index)
                if result.score > initial_result.score
                else PopulationMember(text, initial_result, attributes=attributes)
                for index, result in best.items()
            ]
            return population[:pop_size] or [original]

    return BoundedGeneticAlgorithm


@cache
def _swarm_class() -> Any:
    load_textattack()
    from textattack.search_methods import ParticleSwarmOptimization, PopulationMember
    from textattack.search_methods.particle_swarm_optimization import normalize

    class BoundedSwarm(ParticleSwarmOptimization):
        """The swarm, whose neighbours are built a few words at a time.

        Words without a candidate in the original text are not asked again.
        """

        _able: set[int] | None = None
        _search_over: bool

        def _get_best_neighbors(
            self, current_result: Any, original_result: Any
        ) -> tuple[list[Any], np.ndarray]:
            text, score = current_result.attacked_text, float(current_result.score)
            by_word, able = best_by_word(self, text, original_result.attacked_text, self._able)
            self._able = able if self._able is None else self._able
            best = [by_word.get(index, current_result) for index in range(len(text.words))]
            return best, normalize([float(result.score) - score for result in best])

        def _initialize_population(self, initial_result: Any, pop_size: int) -> list[Any]:
            self._able = None
            if initial_result.attacked_text.words:
                population = super()._initialize_population(initial_result, pop_size)
            else:
                population = [PopulationMember(initial_result.attacked_text, initial_result)]
            self._search_over = self._search_over or not self._able  # nothing to choose from
            return list(population)

    return BoundedSwarm
