"""Where a venue's credentials come from, and that nothing shows them."""

from pathlib import Path

from tickloom.settings.credentials import credential_variables, read_credentials

VARIABLES = {"TICKLOOM_MY_BROKER_API_KEY": "key", "TICKLOOM_MY_BROKER_API_SECRET": "deep secret\n"}


def test_the_variables_are_named_like_the_exchange() -> None:
    assert credential_variables("my-broker") == tuple(VARIABLES)


def test_variables_come_before_a_mounted_secret(tmp_path: Path) -> None:
    (tmp_path / "api-key").write_text("mounted key\n")
    (tmp_path / "api-secret").write_text("mounted secret\n")
    given = read_credentials("my-broker", VARIABLES, tmp_path)
    mounted = read_credentials("my-broker", {}, tmp_path)
    assert given is not None
    assert mounted is not None
    assert [given.key.get_secret_value(), given.secret.get_secret_value()] == ["key", "deep secret"]
    assert [mounted.key.get_secret_value(), mounted.secret.get_secret_value()] == ["mounted key", "mounted secret"]


def test_half_of_the_credentials_are_none(tmp_path: Path) -> None:
    (tmp_path / "api-key").write_text("mounted key")
    assert read_credentials("my-broker", {"TICKLOOM_MY_BROKER_API_KEY": "key"}, tmp_path) is None


def test_credentials_do_not_show_in_text() -> None:
    assert "deep" not in repr(read_credentials("my-broker", VARIABLES))
