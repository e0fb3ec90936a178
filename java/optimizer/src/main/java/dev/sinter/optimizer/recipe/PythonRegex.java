// Regular expressions as Python writes them, for Java.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.recipe;

import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * An expression of Python's {@code re}, translated so that it means the same; what has no
 * counterpart is refused by name.
 *
 * @param pattern to be looked for with {@code find}
 */
record PythonRegex(Pattern pattern) {
  /** Escapes that mean the same in both. */
  private static final String SAME_ESCAPES = "dDwWsSbBAnrtfax\\";

  /**
   * Translates.
   *
   * @throws IllegalArgumentException saying what cannot be translated
   */
  static PythonRegex translate(String python) {
    try {
      String java = new Translator(python).run();
      return new PythonRegex(
          Pattern.compile(java, Pattern.UNIX_LINES | Pattern.UNICODE_CHARACTER_CLASS));
    } catch (PatternSyntaxException e) {
      throw new IllegalArgumentException(
          "the regular expression '" + python + "' is not valid: " + e.getDescription(), e);
    } catch (StackOverflowError e) {
      throw new IllegalArgumentException("the regular expression is nested too deeply", e);
    }
  }

  private static final class Translator {
    private final String in;
    private final StringBuilder out = new StringBuilder();
    private int at;

    Translator(String in) {
      this.in = in;
    }

    private IllegalArgumentException refuse(String what) {
      return new IllegalArgumentException(
          "the regular expression '"
              + in
              + "' uses "
              + what
              + ", which cannot be translated to Java's");
    }

    private boolean ahead(String text) {
      return in.startsWith(text, at);
    }

    String run() {
      while (at < in.length()) {
        char c = in.charAt(at);
        if (c == '\\') {
          escape(false);
        } else if (c == '[') {
          set();
        } else if (c == '(' && ahead("(?")) {
          group();
        } else if (c == '{') {
          braces();
        } else if (c == '}') {
          literal("\\}");
        } else {
          literal(String.valueOf(c));
        }
      }
      return out.toString();
    }

    private void literal(String java) {
      out.append(java);
      at++;
    }

    private void escape(boolean inSet) {
      if (at + 1 >= in.length()) {
        throw new IllegalArgumentException(
            "the regular expression '" + in + "' ends in a single backslash");
      }
      char c = in.charAt(at + 1);
      if (c == 'Z') {
        out.append("\\z");
      } else if (c == 'v') {
        out.append("\\x0B");
      } else if (c == 'b' && inSet) {
        out.append("\\x08");
      } else if (c == 'u' || c == 'U' || c == 'N') {
        hex(c);
        return;
      } else if (c == '0') {
        octal();
        return;
      } else if (c >= '1' && c <= '9' && (inSet || isOctal())) {
        octal();
        return;
      } else if (Character.isLetter(c) && c < 128 && SAME_ESCAPES.indexOf(c) < 0) {
        throw refuse("the escape \\" + c);
      } else {
        out.append('\\').append(c);
      }
      at += 2;
    }

    private void hex(char c) {
      int digits = c == 'u' ? 4 : 8;
      if (c == 'N' || at + 2 + digits > in.length()) {
        throw refuse("the escape \\" + c);
      }
      String hex = in.substring(at + 2, at + 2 + digits);
      try {
        out.append("\\x{").append(Integer.toHexString(Integer.parseInt(hex, 16))).append('}');
      } catch (NumberFormatException e) {
        throw refuse("the escape \\" + c + hex);
      }
      at += 2 + digits;
    }

    /** Three octal digits are a character, fewer a group. */
    private boolean isOctal() {
      return at + 4 <= in.length() && in.substring(at + 1, at + 4).matches("[0-3][0-7]{2}");
    }

    private void octal() {
      int end = at + 1;
      int value = 0;
      while (end < in.length() && end < at + 4 && in.charAt(end) >= '0' && in.charAt(end) <= '7') {
        value = 8 * value + in.charAt(end++) - '0';
      }
      if (end == at + 1) {
        throw refuse("the escape \\" + in.charAt(at + 1) + " in a set");
      }
      out.append(String.format("\\x{%x}", value));
      at = end;
    }

    /** Java reads [ and && inside a set, Python does not. */
    private void set() {
      literal("[");
      if (ahead("^")) {
        literal("^");
      }
      if (ahead("]")) {
        literal("\\]");
      }
      while (at < in.length() && in.charAt(at) != ']') {
        char c = in.charAt(at);
        if (c == '\\') {
          escape(true);
        } else if (c == '[' || c == '&' || c == '^') {
          literal("\\" + c);
        } else {
          literal(String.valueOf(c));
        }
      }
      if (at >= in.length()) {
        throw new IllegalArgumentException(
            "the regular expression '" + in + "' has a set without an end");
      }
      literal("]");
    }

    private void group() {
      if (ahead("(?P<")) {
        out.append("(?<");
        at += 4;
        int end = in.indexOf('>', at);
        String name = end < 0 ? "" : in.substring(at, end);
        if (!name.matches("[A-Za-z][A-Za-z0-9]*")) {
          throw refuse("the group name '" + name + "'");
        }
      } else if (ahead("(?P=")) {
        int end = in.indexOf(')', at);
        if (end < 0) {
          throw new IllegalArgumentException(
              "the regular expression '" + in + "' has a group without an end");
        }
        out.append("\\k<").append(in, at + 4, end).append('>');
        at = end + 1;
      } else if (ahead("(?P")) {
        throw refuse(in.substring(at, Math.min(at + 4, in.length())));
      } else if (ahead("(?(")) {
        throw refuse("a condition (?(...)...)");
      } else if (ahead("(?#")) {
        int end = in.indexOf(')', at);
        at = end < 0 ? in.length() : end + 1;
      } else {
        flags();
      }
    }

    /** Flags that mean the same: i, m, s. u is the default, a and L change classes, x spaces. */
    private void flags() {
      int end = at + 2;
      while (end < in.length() && (Character.isLetter(in.charAt(end)) || in.charAt(end) == '-')) {
        end++;
      }
      String flags = in.substring(at + 2, end);
      if (flags.isEmpty()) {
        out.append("(?");
        at += 2;
        return;
      }
      for (int i = 0; i < flags.length(); i++) {
        char f = flags.charAt(i);
        if ("imsu-".indexOf(f) < 0) {
          throw refuse("the flag (?" + f + ")");
        }
      }
      // Python's i is Unicode's; Java's only with u.
      String java = flags.replace("u", "").replace("i", "iu");
      if (java.isEmpty() && end < in.length() && in.charAt(end) == ')') {
        at = end + 1;
        return;
      }
      out.append("(?").append(java);
      at = end;
    }

    /** {m}, {m,}, {m,n} and {,n} repeat; any other brace is itself. */
    private void braces() {
      int end = in.indexOf('}', at);
      String body = end < 0 ? "" : in.substring(at + 1, end);
      if (body.matches("\\d+(,\\d*)?|,\\d+")) {
        out.append('{').append(body.startsWith(",") ? "0" + body : body).append('}');
        at = end + 1;
      } else {
        literal("\\{");
      }
    }
  }
}
