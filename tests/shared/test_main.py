import pytest
import uvicorn

from shared import main


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str, int]]:
    """What would have been served: the application, the address and the port."""
    found: list[tuple[str, str, int]] = []

    def run(app: str, *, host: str, port: int, **_rest: object) -> None:
        found.append((app, host, port))

    monkeypatch.setattr(uvicorn, "run", run)
    monkeypatch.setattr(main, "import_module", lambda _name: None)  # it would want all its knobs
    monkeypatch.setattr(main.signal, "signal", lambda *_: None)
    for name in ("KINERJA_SERVICE", "KINERJA_HOST", "KINERJA_PORT"):
        monkeypatch.delenv(name, raising=False)
    return found


def test_it_serves_the_one_named_where_the_environment_says(
    served: list[tuple[str, str, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KINERJA_HOST", "0.0.0.0")  # noqa: S104  # as in a container
    monkeypatch.setenv("KINERJA_PORT", "9000")
    main.main(["training"])
    assert served == [("services.training.app:app", "0.0.0.0", 9000)]  # noqa: S104  # what a container listens on


def test_an_image_names_its_service_once(
    served: list[tuple[str, str, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KINERJA_SERVICE", "portal")
    main.main([])
    assert served == [("services.portal.app:app", "127.0.0.1", 8080)]


@pytest.mark.parametrize(
    "arguments", [[], ["nobody"], ["../training"], ["training", "portal"], ["os.path"]]
)
def test_it_says_that_one_service_must_be_named(
    served: list[tuple[str, str, int]], arguments: list[str]
) -> None:
    with pytest.raises(SystemExit, match="Name one service that is here"):
        main.main(arguments)
    assert served == []
