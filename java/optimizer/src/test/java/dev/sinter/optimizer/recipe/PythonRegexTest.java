// Tests of the translation of Python's regular expressions.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.recipe;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PythonRegexTest {
  private static boolean found(String regex, String text) {
    return PythonRegex.translate(regex).pattern().matcher(text).find();
  }

  /** What Python's re.search says. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        ".*|a;|true",
        "dense|model/dense_1/MatMul;|true",
        "^dense|model/dense;|false",
        "a{,2}b$|aab|true",
        "^a{,2}b$|aaab|false",
        "x{|x{1|true",
        "[[]a|[a|true",
        "[^]]b|]b|false",
        "[a&&b]c|&c|true",
        "(?P<n>a)(?P=n)|aa|true",
        "(?P<n>a)(?P=n)|ab|false",
        "a(?#a comment)b|ab|true",
        "(?i)DENSE|dense|true",
        "a\\Z|a|true",
        "\\101|A|true",
        "a(?=b)|ab|true",
        "(?:a[b])+c|ababc|true",
        "\\.|x|false"
      })
  void meansTheSame(String regex, String text, boolean expected) {
    assertEquals(expected, found(regex, text));
  }

  @Test
  void classesAreUnicodesAsInPython() {
    assertTrue(found("^\\w+$", "w\u00f6rd"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"(?x)a b", "(?(1)a|b)", "\\hx", "\\N{DASH}", "(?P>n)", "[a", "a\\", "(a", "*a"})
  void refusesWhatItCannotTranslate(String regex) {
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> PythonRegex.translate(regex));
    assertTrue(e.getMessage().contains(regex), e.getMessage());
  }

  @Test
  void nestedTooDeeplyIsAnError() {
    String regex = "(".repeat(100_000) + ")".repeat(100_000);
    assertThrows(IllegalArgumentException.class, () -> PythonRegex.translate(regex));
  }
}
