import pytest

from deploy.local import serve


@pytest.mark.parametrize("arguments", [[], ["nobody"], ["appraisal", "training"]])
def test_it_says_whom_it_can_serve(arguments: list[str]) -> None:
    with pytest.raises(SystemExit, match="broker, desk, appraisal, training, notifications"):
        serve.main(arguments)
