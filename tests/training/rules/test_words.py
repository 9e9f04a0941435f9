from services.training.rules.words import FORM_CODES, Form


def test_forms_carry_the_numbers_of_siasn() -> None:
    assert len(FORM_CODES) == 25
    assert FORM_CODES[Form.STRUCTURAL] == 1
    assert FORM_CODES[Form.TECHNICAL_GUIDANCE] == 8
    assert FORM_CODES[Form.COACHING] == 14
    assert FORM_CODES[Form.E_LEARNING] == 16
    assert FORM_CODES[Form.EXCHANGE] == 21
    assert FORM_CODES[Form.OTHER_NON_CLASSICAL] == 25
