from deploy.cli.doctor import versions


def test_what_runs_these_tests_is_new_enough() -> None:
    assert [one.code for one in versions.check()] == ["versions", "new_enough", "new_enough"]


def test_what_is_too_old_is_said() -> None:
    found = versions._enough("sqlite", (3, 9), versions.OLDEST_SQLITE, "3.9.1")
    assert found.code == "too_old"
    assert "3.38" in found.text
