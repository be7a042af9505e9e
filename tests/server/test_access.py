"""Who is let in."""

import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import text

from benchbook.server.access import Access, Attempts
from benchbook.service import users
from benchbook.service.runs import utc_now
from benchbook.store.store import Store
from server.site import PASSWORD, Asker, Site, site

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


def everything_in(store: Store) -> str:
    """All that the tables about users hold."""
    with store.reading() as connection:
        tables = ("users", "api_keys", "sessions")
        return str([connection.execute(text(f"SELECT * FROM {table}")).all() for table in tables])


def test_the_first_link_lets_one_in_once(served: Site) -> None:
    token = users.first_link(served.store, utc_now())
    assert token is not None
    first, second = served.nobody(), served.nobody()
    assert first.log_in(token=token).json["user"]["role"] == "admin"
    assert first.get("/api/users").status == 200
    reply = second.log_in(token=token)
    assert (reply.status, reply.error) == (401, "NotLoggedIn")


def test_a_new_first_link_ends_the_one_before_and_none_is_made_once_an_admin_has_a_password(served: Site) -> None:
    older, newer = (users.first_link(served.store, utc_now()) for _ in range(2))
    assert older is not None
    assert newer is not None
    assert served.nobody().log_in(token=older).status == 401
    admin = served.nobody()
    assert admin.log_in(token=newer).status == 200
    assert admin.post("/api/session/password", {"new": PASSWORD}).status == 204
    assert users.first_link(served.store, utc_now()) is None
    assert served.nobody().log_in(name="admin", password=PASSWORD).status == 200


def test_a_link_is_none_after_a_day(store: Store) -> None:
    token = users.first_link(store, NOW)
    assert token is not None
    assert users.follow(store, token, NOW + timedelta(hours=25)) is None


def test_a_session_ends_by_itself_by_logging_out_and_by_a_new_password(served: Site) -> None:
    opened = users.log_in(served.store, users.add(served.store, "ann", "viewer", PASSWORD, NOW).name, PASSWORD, NOW)
    assert opened is not None
    assert users.of_session(served.store, opened.token, NOW + timedelta(days=13)) is not None
    assert users.of_session(served.store, opened.token, NOW + timedelta(days=15)) is None
    asker = served.a("viewer")
    cookie = asker.cookie
    assert asker.ask("DELETE", "/api/session").status == 204
    asker.cookie = cookie
    assert asker.get("/api/runs").status == 401
    other = served.a("viewer")
    assert other.post("/api/session/password", {"old": "not that one", "new": "another password"}).status == 403
    assert other.post("/api/session/password", {"old": PASSWORD, "new": "another password"}).status == 204
    assert other.get("/api/runs").status == 401


def test_the_cookie_is_kept_from_scripts_and_other_sites(served: Site) -> None:
    users.add(served.store, "ann", "viewer", PASSWORD, utc_now())
    cookie = served.nobody().log_in(name="ann", password=PASSWORD).headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert "Secure" not in cookie, "loopback has no TLS"


def test_nothing_that_lets_one_in_is_in_the_database(served: Site) -> None:
    asker = served.a("admin")
    secret = asker.post("/api/keys", {"name": "ci"}).json["secret"]
    link = asker.post(f"/api/users/{asker.get('/api/session').json['user']['id']}/link").json["token"]
    held = everything_in(served.store)
    assert asker.cookie is not None
    for one in (PASSWORD, secret, link, asker.cookie.partition("=")[2]):
        assert one not in held
    assert hashlib.sha256(secret.encode()).hexdigest() in held
    assert "scrypt:" in held


def test_two_users_with_the_same_password_have_different_hashes(store: Store) -> None:
    for name in ("ann", "bob"):
        users.add(store, name, "viewer", PASSWORD, NOW)
    with store.reading() as connection:
        assert len(set(connection.scalars(text("SELECT password FROM users")))) == 2


def test_who_guesses_passwords_waits_also_when_the_right_one_comes(store: Store, tmp_path: Path) -> None:
    access = Access(utc_now, attempts=Attempts(most=3))
    with site(store, tmp_path, access) as served:
        users.add(store, "ann", "viewer", PASSWORD, utc_now())
        asker = served.nobody()
        assert [asker.log_in(name="ann", password="wrong").status for _ in range(3)] == [401, 401, 401]
        reply = asker.log_in(name="ann", password=PASSWORD)
        assert (reply.status, reply.error) == (429, "TooMany")
        assert 0 < int(reply.headers["retry-after"]) <= 301


def test_attempts_are_forgiven_after_a_while_and_by_success() -> None:
    attempts = Attempts(most=1, within=0.0)
    attempts.failed("ann")
    attempts.admit("ann")
    strict = Attempts(most=1)
    strict.failed("ann")
    strict.forget("ann")
    strict.admit("ann")


def test_an_unknown_user_is_refused_in_the_words_of_a_wrong_password(served: Site) -> None:
    users.add(served.store, "ann", "viewer", PASSWORD, utc_now())
    replies = [served.nobody().log_in(name=name, password="no, not at all") for name in ("ann", "nobody")]
    assert replies[0].body == replies[1].body
    assert {reply.status for reply in replies} == {401}


def with_key(served: Site, secret: str) -> Asker:
    """A program with a key."""
    program = served.nobody()
    program.headers = {"Authorization": f"Bearer {secret}"}
    return program


def test_a_key_does_what_its_scopes_say_and_no_more(served: Site) -> None:
    asker = served.a("admin")
    secret = asker.post("/api/keys", {"name": "ci", "scopes": ["read"]}).json["secret"]
    program = with_key(served, secret)
    assert program.get("/api/runs").status == 200
    assert program.get("/api/users").status == 403
    assert program.post("/api/keys", {"name": "another"}).status == 403


def test_a_key_changes_things_without_the_header_of_pages(served: Site) -> None:
    secret = served.a("admin").post("/api/keys", {"name": "ci", "scopes": ["admin"]}).json["secret"]
    assert with_key(served, secret).post("/api/users", {"name": "bob", "role": "viewer"}).status == 201


def test_a_key_is_over_once_it_is_revoked_and_while_its_user_is_locked_out(served: Site) -> None:
    asker, admin = served.a("editor"), served.a("admin")
    made = [asker.post("/api/keys", {"name": "ci"}).json for _ in range(2)]
    programs = [with_key(served, one["secret"]) for one in made]
    assert asker.ask("DELETE", f"/api/keys/{made[0]['key']['id']}").status == 204
    assert [program.get("/api/runs").status for program in programs] == [401, 200]
    user = asker.get("/api/session").json["user"]["id"]
    assert admin.ask("PATCH", f"/api/users/{user}", b'{"disabled": true}', JSON).json["disabled"] is True
    assert programs[1].get("/api/runs").status == 401
    assert asker.get("/api/runs").status == 401


JSON = {"Content-Type": "application/json"}


def test_nobody_gives_a_key_more_than_they_have_nor_ends_the_key_of_another(served: Site) -> None:
    viewer, editor = served.a("viewer"), served.a("editor")
    assert viewer.post("/api/keys", {"name": "ci", "scopes": ["write"]}).status == 403
    key = editor.post("/api/keys", {"name": "ci"}).json["key"]["id"]
    assert viewer.ask("DELETE", f"/api/keys/{key}").status == 404


def test_a_key_loses_what_its_user_loses(served: Site) -> None:
    editor, admin = served.a("editor"), served.a("admin")
    secret = editor.post("/api/keys", {"name": "ci", "scopes": ["read", "write"]}).json["secret"]
    program, user = with_key(served, secret), editor.get("/api/session").json["user"]["id"]
    assert program.send("/api/uploads", "a.json", b"[]").status == 201
    admin.ask("PATCH", f"/api/users/{user}", b'{"role": "viewer"}', JSON)
    assert program.send("/api/uploads", "a.json", b"[]").status == 403


def test_the_last_admin_stays(served: Site) -> None:
    admin = served.a("admin")
    user = admin.get("/api/session").json["user"]["id"]
    for change in (b'{"role": "viewer"}', b'{"disabled": true}'):
        assert admin.ask("PATCH", f"/api/users/{user}", change, JSON).status == 409


def test_a_name_is_taken_once(served: Site) -> None:
    admin = served.a("admin")
    assert [admin.post("/api/users", {"name": "bob", "role": "viewer"}).status for _ in range(2)] == [201, 409]
    assert admin.post("/api/users", {"name": "../bob", "role": "viewer"}).status == 400
    assert admin.post("/api/users", {"name": "eve", "role": "viewer", "password": "short"}).status == 400


def test_where_nobody_logs_in_a_page_of_another_site_still_changes_nothing(store: Store, tmp_path: Path) -> None:
    with site(store, tmp_path, Access(utc_now, open=True)) as served:
        asker = served.nobody()
        assert asker.get("/api/runs").status == 200
        assert asker.send("/api/uploads", "a.json", b"[]").status == 403
        facts = asker.get("/api/session").json
        assert (facts["auth"], facts["user"]) == (False, None)
        asker.headers = {"X-Benchbook-CSRF": facts["csrf"]}
        assert asker.send("/api/uploads", "a.json", b"[]").status == 201


def test_no_session_is_given_over_a_connection_that_others_can_read(store: Store, tmp_path: Path) -> None:
    users.add(store, "ann", "viewer", PASSWORD, utc_now())
    with site(store, tmp_path, names=None) as served:
        # The name of a server on a network, as a browser would send it.
        reply = served.nobody().post("/api/session", {"name": "ann", "password": PASSWORD}, Host="bench.example")
        assert (reply.status, reply.error) == (403, "Denied")
        assert "set-cookie" not in reply.headers
