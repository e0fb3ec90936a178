// A page that shows what 'sinter compare' found.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/**
 * Self-contained: figures as JSON, and a script that draws them; names are only ever set as text.
 */
public final class ComparePage {
  private static final String PAGE = "compare.html";
  private static final String MARK = "/*ROWS*/null";

  private ComparePage() {}

  /**
   * Writes the page.
   *
   * @param rows the rows of the JSON report
   * @return the contents of the file, UTF-8
   */
  public static String of(List<Map<String, Object>> rows) {
    String json;
    try {
      json = new ObjectMapper().writeValueAsString(rows);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
    json = json.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029");
    try (InputStream in = ComparePage.class.getResourceAsStream(PAGE)) {
      String page = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      int at = page.indexOf(MARK);
      return page.substring(0, at) + json + page.substring(at + MARK.length());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
