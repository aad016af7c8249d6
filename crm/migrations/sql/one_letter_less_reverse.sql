DROP FUNCTION one_letter_less(text);
