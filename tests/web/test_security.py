"""Who is let in, what is refused, and what every answer carries."""

from __future__ import annotations

import pytest
from starlette.routing import Route

from store.accounts import Role, add_account, make_link
from store.clock import utc_now
from tests.web.visiting import HOST, PASSWORD, Visit
from web import routes
from web.actions import sign_in
from web.api import api_routes
from web.forms import own_address
from web.throttle import Throttle

PUBLIC = {
    "/livez",
    "/readyz",
    "/sign-in",
    "/sign-in/{token}",
    "/sign-out",
    "/language",
}


@pytest.fixture(autouse=True)
def fresh_throttles(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wrong tries of one test are not counted in the next."""
    monkeypatch.setattr(sign_in, "by_name", Throttle(failures=5, window_seconds=900))
    monkeypatch.setattr(sign_in, "by_address", Throttle(failures=30, window_seconds=900))


def known(here: Visit, name: str = "ann", role: Role = Role.OPERATOR) -> int:
    with here.house.database.write() as connection:
        return add_account(connection, name=name, role=role, password=PASSWORD, now=utc_now())


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, 303),
        ({"Sec-Fetch-Site": "none"}, 303),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Origin": f"http://{HOST}"}, 403),
        ({"Origin": f"http://{HOST}"}, 303),
        ({"Origin": f"http://{HOST}:8080"}, 403),
        ({"Origin": "http://elsewhere.test"}, 403),
        ({"Origin": "null"}, 403),
        ({}, 303),
    ],
)
def test_a_form_of_another_site_is_refused(
    here: Visit, headers: dict[str, str], status: int
) -> None:
    answer = here.visitor().post("/failures/retry", headers=headers)

    assert answer.status_code == status


def test_another_site_may_link_to_us(here: Visit) -> None:
    answer = here.visitor().get("/jobs", headers={"Sec-Fetch-Site": "cross-site"})

    assert answer.status_code == 200


def test_a_name_that_is_not_ours_is_not_answered(here: Visit) -> None:
    assert here.stranger().get("/sign-in", headers={"Host": "rebound.test"}).status_code == 400


@pytest.mark.parametrize(
    "path", ["/", "/sign-in", "/nothing", "/api/jobs", "/static/app.css", "/livez"]
)
def test_every_answer_carries_the_policies(here: Visit, path: str) -> None:
    headers = here.visitor().get(path).headers

    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"


def test_pages_are_not_kept_but_hashed_files_are_for_ever(here: Visit) -> None:
    page = here.visitor().get("/")
    sheet = page.text.split('rel="stylesheet" href="')[1].split('"')[0]

    assert page.headers["Cache-Control"] == "no-store"
    assert "immutable" in here.stranger().get(sheet).headers["Cache-Control"]
    assert here.stranger().get("/static/app.css").headers["Cache-Control"] == "no-cache"
    stale = here.stranger().get("/static/app.000000000000.css")
    assert stale.headers["Cache-Control"] == "no-cache"


def test_every_address_asks_for_a_role_or_is_known_to_be_public() -> None:
    open_to_all = {
        route.path
        for route in [*routes.routes, *api_routes]
        if isinstance(route, Route) and not hasattr(route.endpoint, "__wrapped__")
    } | {route.path for route in routes.public if isinstance(route, Route)}

    assert open_to_all == PUBLIC


@pytest.mark.parametrize(
    ("path", "needed"),
    [
        ("/upload", Role.OPERATOR),
        ("/sample", Role.OPERATOR),
        ("/failures/retry", Role.OPERATOR),
        (f"/jobs/{'0' * 32}/cancel", Role.OPERATOR),
        ("/settings/accounts", Role.ADMIN),
        ("/settings/tokens", Role.ADMIN),
    ],
)
def test_a_role_that_does_not_reach_is_told_which_one_is_needed(
    here: Visit, path: str, needed: Role
) -> None:
    below = list(Role)[list(Role).index(needed) - 1]

    answer = here.visitor(below).post(path)

    assert answer.status_code == 403
    assert f"This needs the role {needed}." in answer.text


def test_a_stranger_is_led_to_the_sign_in_and_back(here: Visit) -> None:
    known(here)
    stranger = here.stranger()

    led = stranger.get("/jobs?state=failed")
    back = stranger.post(
        "/sign-in", data={"name": "ann", "password": PASSWORD, "next": "/jobs?state=failed"}
    )

    assert led.headers["Location"] == "/sign-in?next=/jobs%3Fstate%3Dfailed"
    assert back.headers["Location"] == "/jobs?state=failed"
    assert stranger.get("/jobs").status_code == 200


@pytest.mark.parametrize(
    "target",
    [
        "//evil.test",
        "https://evil.test/",
        "/\\evil.test",
        "/x\r\nSet-Cookie: a=b",
        "evil",
        "",
        None,
    ],
)
def test_signing_in_never_leads_elsewhere(target: str | None) -> None:
    assert own_address(target) == "/"


def test_a_fragment_for_a_stranger_makes_the_page_ask_to_sign_in(here: Visit) -> None:
    answer = here.stranger().get("/fragments/overview")

    assert answer.status_code == 401
    assert answer.headers["HX-Refresh"] == "true"


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer ep_wrong"}])
def test_the_api_asks_for_a_token_with_a_problem(here: Visit, headers: dict[str, str]) -> None:
    answer = here.stranger().get("/api/jobs", headers=headers)

    assert answer.status_code == 401
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.json()["status"] == 401


def test_a_wrong_password_is_told_the_same_as_an_unknown_name(here: Visit) -> None:
    known(here)

    wrong = here.stranger().post("/sign-in", data={"name": "ann", "password": "guess"})
    nobody = here.stranger().post("/sign-in", data={"name": "bob", "password": "guess"})

    assert wrong.status_code == nobody.status_code == 401
    assert wrong.text.replace("ann", "bob") == nobody.text
    assert "session" not in wrong.cookies


def test_after_five_wrong_tries_even_the_right_password_has_to_wait(here: Visit) -> None:
    known(here)
    stranger = here.stranger()
    for _ in range(5):
        stranger.post("/sign-in", data={"name": "ann", "password": "guess"})

    answer = stranger.post("/sign-in", data={"name": "ann", "password": PASSWORD})

    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 901
    assert "Too many wrong tries" in answer.text


def test_wrong_tries_are_forgotten_when_their_window_has_passed() -> None:
    now = 1000.0
    throttle = Throttle(failures=2, window_seconds=60, clock=lambda: now)
    throttle.note_failure("ann")
    throttle.note_failure("ann")

    assert throttle.wait_seconds("ann") == 60
    assert throttle.wait_seconds("bob") == 0
    now = 1061.0
    assert throttle.wait_seconds("ann") == 0


@pytest.mark.parametrize(("scheme", "secure"), [("http", False), ("https", True)])
def test_the_session_cookie_is_out_of_reach_of_scripts(
    here: Visit, scheme: str, secure: bool
) -> None:
    known(here)

    answer = here.stranger(scheme=scheme).post(
        "/sign-in", data={"name": "ann", "password": PASSWORD}
    )

    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert ("Secure" in cookie) is secure


def test_a_one_time_link_signs_in_once_and_only_when_its_button_is_pressed(here: Visit) -> None:
    with here.house.database.write() as connection:
        account = add_account(connection, name="ann", role=Role.ADMIN, password=None, now=utc_now())
        link = f"/sign-in/{make_link(connection, account, now=utc_now())}"

    looked = here.stranger().get(link)
    first = here.stranger().post(link)
    second = here.stranger().post(link)

    assert looked.status_code == 200
    assert "session" in first.cookies
    assert second.status_code == 410
    assert "session" not in second.cookies


def test_signing_out_ends_the_session_on_the_server_too(here: Visit) -> None:
    visitor = here.visitor()
    kept = dict(visitor.cookies)

    visitor.post("/sign-out")

    again = here.stranger()
    again.cookies.update(kept)
    assert again.get("/").status_code == 303


def test_a_new_password_signs_out_every_other_session(here: Visit) -> None:
    known(here)
    one, other = here.stranger(), here.stranger()
    for browser in (one, other):
        browser.post("/sign-in", data={"name": "ann", "password": PASSWORD})

    wrong = one.post("/settings/password", data={"current": "guess", "new": "another long one"})
    right = one.post("/settings/password", data={"current": PASSWORD, "new": "another long one"})

    assert wrong.status_code == 400
    assert right.status_code == 303
    assert one.get("/").status_code == 200
    assert other.get("/").status_code == 303


def test_a_token_is_shown_once_works_and_can_be_revoked(here: Visit) -> None:
    admin = here.visitor()
    page = admin.post("/settings/tokens", data={"name": "ci", "role": "viewer"}).text
    token = page.split('id="made">')[1].split("<")[0]
    headers = {"Authorization": f"Bearer {token}"}

    assert here.stranger().get("/api/jobs", headers=headers).status_code == 200
    assert token not in admin.get("/settings").text
    admin.post("/settings/tokens/revoke", data={"name": "ci"})
    assert here.stranger().get("/api/jobs", headers=headers).status_code == 401


def test_a_bug_of_ours_is_told_without_its_inside(
    here: Visit, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_args: object, **_kwargs: object) -> None:
        raise RuntimeError("the secret inside")

    monkeypatch.setattr("web.fragments.jobs.page_of_jobs", broken)

    page = here.visitor().get("/jobs")

    assert page.status_code == 500
    assert "the secret inside" not in page.text
    assert "Something broke on our side" in page.text
    reference = page.text.split("reference ")[1].split(".")[0]
    assert reference in caplog.text


def test_a_form_that_is_too_large_is_refused_unread(here: Visit) -> None:
    answer = here.stranger().post("/sign-in", content=b"name=" + b"x" * 70_000)

    assert answer.status_code == 413
