"""Deadline rows follow from the facts of a case: after every move the standing ones are made to fit."""

from gateway.domain.ladder import plan
from gateway.flow.scene import Scene
from gateway.store.cases import Deadline, pending_deadlines


def fit(scene: Scene) -> None:
    """Add, move and end deadlines until exactly the planned ones stand."""
    case, session = scene.case, scene.session
    wanted = plan(case.facts(), scene.rules.calendar)
    standing = {} if scene.fresh else pending_deadlines(session, case)
    for kind, deadline in standing.items():
        if kind not in wanted:
            deadline.done_at = scene.now
        elif deadline.due_at != wanted[kind]:
            deadline.due_at = wanted[kind]
    session.add_all(
        Deadline(case_id=case.id, kind=kind, due_at=due) for kind, due in wanted.items() if kind not in standing
    )
