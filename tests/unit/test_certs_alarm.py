from __future__ import annotations

import threading

from certs.alarm import Alarms


def test_alarms_ring_in_the_order_of_their_times() -> None:
    rung: list[str] = []
    done = threading.Event()
    alarms = Alarms()
    alarms.set(1.0, done.set)  # far apart: the machine may be busy between two of these lines
    alarms.set(0.5, lambda: rung.append("later"))
    alarms.set(0.001, lambda: rung.append("sooner"))
    assert done.wait(5)
    assert rung == ["sooner", "later"]


def test_a_cancelled_alarm_does_not_ring() -> None:
    rung: list[str] = []
    done = threading.Event()
    alarms = Alarms()
    alarms.set(0.001, lambda: rung.append("cancelled")).cancel()
    alarms.set(0.01, done.set)
    assert done.wait(5)
    assert rung == []


def test_many_cancelled_alarms_are_not_kept() -> None:
    alarms = Alarms()
    for _ in range(1000):
        alarms.set(3600, lambda: None).cancel()
    assert len(alarms._waiting) <= 256
