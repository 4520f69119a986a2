"""Threads take turns; one that waits for a bank gives its turn away."""

from __future__ import annotations

import threading

from flask import Flask

from views.turns import Turns, paused


def answers(app: Flask, path: str) -> str:
    with app.test_client() as client:
        return client.get(path).get_data(as_text=True)


def test_a_slow_bank_does_not_stop_the_others() -> None:
    app = Flask("turns")
    bank_asked, bank_answers = threading.Event(), threading.Event()

    @app.get("/pay")
    def pay() -> str:
        with paused():
            bank_asked.set()
            assert bank_answers.wait(10)
        return "paid"

    @app.get("/page")
    def page() -> str:
        return "page"

    app.wsgi_app = Turns(app.wsgi_app)  # type: ignore[method-assign]
    heard: list[str] = []
    payer = threading.Thread(target=lambda: heard.append(answers(app, "/pay")))
    payer.start()
    assert bank_asked.wait(10)
    assert answers(app, "/page") == "page"
    bank_answers.set()
    payer.join(10)
    assert heard == ["paid"]


def test_two_requests_do_not_compute_at_once() -> None:
    app = Flask("turns")
    inside, most, guard = [0], [0], threading.Lock()

    @app.get("/")
    def page() -> str:
        with guard:
            inside[0] += 1
            most[0] = max(most[0], inside[0])
        threading.Event().wait(0.01)
        inside[0] -= 1
        return ""

    app.wsgi_app = Turns(app.wsgi_app)  # type: ignore[method-assign]
    threads = [threading.Thread(target=answers, args=(app, "/")) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1]


def test_outside_a_request_there_is_no_turn_to_give() -> None:
    with paused():
        pass
