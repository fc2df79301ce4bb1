"""Processes of a stage that end by themselves while the run is being stopped."""

import multiprocessing
from types import SimpleNamespace

import pytest

from groundwork.stage_runner import local_processes


class FarEnds(local_processes._ProcessGroup):
    """Two processes whose ends of the pipes the test holds."""

    def _start_process(self, _stage, index, _share, _among):
        near, far = multiprocessing.Pipe()
        self._process_by_pipe[near] = index
        self.far = [*getattr(self, "far", []), far]
        return SimpleNamespace(join=lambda: None)


class Stopping:
    """Ctrl-C, at whose announcement the first process ends; the second does so once it has been told."""

    count, looks = 1, 0

    def announce_first(self, _say: object) -> bool:
        self.looks += 1
        if self.looks == 1:
            self.group.far[0].close()
        elif self.looks == 2:
            assert self.group.far[1].recv() == "stop"
            self.group.far[1].close()
        return self.looks == 1


def test_a_process_that_has_just_ended_keeps_no_other_from_being_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its pipe is broken when the stop is sent; the others hear of it, and what is lost is told as such."""
    monkeypatch.setattr(local_processes, "PROCESS_REPORT_SECONDS", 0.01)
    stopping = Stopping()
    stopping.group = FarEnds(
        "toy", SimpleNamespace(progress=SimpleNamespace(say=print)), [frozenset("a"), frozenset("b")], stopping
    )
    lost = "StopRun", local_processes.LOST_PROCESS_MESSAGE
    assert [result.stopped for result in stopping.group.run()] == [lost] * 2
