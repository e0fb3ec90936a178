// Reads JSON without a library: target files are small, and the runtime depends on nothing.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime.select;

import dev.sinter.runtime.SinterException;
import dev.sinter.runtime.Status;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A parser of RFC 8259: objects become maps, arrays lists, numbers doubles, and strings, booleans
 * and null themselves. Names may not repeat, nesting ends at 32.
 */
final class Json {
  private static final int DEEPEST = 32;

  private final String text;
  private final String name;
  private int at;

  private Json(String text, String name) {
    this.text = text;
    this.name = name;
  }

  /**
   * Parses a text.
   *
   * @param text the whole of it
   * @param name what error messages call it
   * @throws SinterException with {@link Status#INVALID_ARGUMENT} if it is not JSON
   */
  static Object parse(String text, String name) {
    Json json = new Json(text, name);
    Object value = json.value(0);
    if (json.peek() != 0) {
      throw json.wrong("nothing more is expected");
    }
    return value;
  }

  private SinterException wrong(String what) {
    int line = 1;
    for (int i = 0; i < Math.min(at, text.length()); i++) {
      line += text.charAt(i) == '\n' ? 1 : 0;
    }
    return new SinterException(
        Status.INVALID_ARGUMENT, name + ": not JSON in line " + line + ": " + what);
  }

  /** The next character that is no white space, 0 at the end. */
  private char peek() {
    while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
      at++;
    }
    return at < text.length() ? text.charAt(at) : 0;
  }

  private void expect(char c) {
    if (peek() != c) {
      throw wrong("a '" + c + "' is expected");
    }
    at++;
  }

  private Object value(int depth) {
    if (depth > DEEPEST) {
      throw wrong("nested too deeply");
    }
    return switch (peek()) {
      case '{' -> object(depth);
      case '[' -> array(depth);
      case '"' -> string();
      case 't' -> word("true", true);
      case 'f' -> word("false", false);
      case 'n' -> word("null", null);
      default -> number();
    };
  }

  private Object word(String word, Object value) {
    if (!text.startsWith(word, at)) {
      throw wrong("a value is expected");
    }
    at += word.length();
    return value;
  }

  private Map<String, Object> object(int depth) {
    Map<String, Object> object = new LinkedHashMap<>();
    expect('{');
    if (peek() == '}') {
      at++;
      return object;
    }
    while (true) {
      peek();
      String key = string();
      expect(':');
      if (object.containsKey(key)) {
        throw wrong("'" + key + "' is there twice");
      }
      object.put(key, value(depth + 1));
      if (peek() != ',') {
        expect('}');
        return object;
      }
      at++;
    }
  }

  private List<Object> array(int depth) {
    List<Object> array = new ArrayList<>();
    expect('[');
    if (peek() == ']') {
      at++;
      return array;
    }
    while (true) {
      array.add(value(depth + 1));
      if (peek() != ',') {
        expect(']');
        return array;
      }
      at++;
    }
  }

  private Double number() {
    int from = at;
    while (at < text.length() && "+-.eE0123456789".indexOf(text.charAt(at)) >= 0) {
      at++;
    }
    String number = text.substring(from, at);
    if (!number.matches("-?(0|[1-9]\\d*)(\\.\\d+)?([eE][+-]?\\d+)?")) {
      throw wrong("a value is expected");
    }
    return Double.valueOf(number);
  }

  private String string() {
    if (at >= text.length() || text.charAt(at) != '"') {
      throw wrong("a string is expected");
    }
    StringBuilder out = new StringBuilder();
    at++;
    while (at < text.length() && text.charAt(at) != '"') {
      char c = text.charAt(at++);
      if (c < ' ') {
        throw wrong("a string ends in its line");
      }
      out.append(c == '\\' ? escape() : c);
    }
    if (at >= text.length()) {
      throw wrong("a string does not end");
    }
    at++;
    return out.toString();
  }

  private char escape() {
    char c = at < text.length() ? text.charAt(at++) : 0;
    int plain = "\"\\/bfnrt".indexOf(c);
    if (plain >= 0) {
      return "\"\\/\b\f\n\r\t".charAt(plain);
    }
    if (c == 'u'
        && at + 4 <= text.length()
        && text.substring(at, at + 4).matches("[0-9a-fA-F]{4}")) {
      at += 4;
      return (char) Integer.parseInt(text.substring(at - 4, at), 16);
    }
    throw wrong("an unknown escape in a string");
  }
}
