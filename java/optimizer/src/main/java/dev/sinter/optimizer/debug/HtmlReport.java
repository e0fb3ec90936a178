// One page that shows everything the debugger found.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.debug;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/**
 * A page without anything from outside: the report as JSON, and a script that draws the graph, the
 * table, histograms and channels. Names from models are data, never markup: the script only ever
 * sets text.
 */
public final class HtmlReport {
  private static final String PAGE = "report.html";
  private static final String MARK = "/*REPORT*/null";

  private HtmlReport() {}

  /**
   * Writes the page.
   *
   * @param report what the debugger found
   * @return the contents of the file, UTF-8
   */
  public static String of(DebugReport report) {
    String json;
    try {
      json = new ObjectMapper().writeValueAsString(ReportJson.fields(report));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
    // Nothing in the data may end the script or begin a comment of the page.
    json = json.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029");
    String page = page();
    int at = page.indexOf(MARK);
    return page.substring(0, at) + json + page.substring(at + MARK.length());
  }

  private static String page() {
    try (InputStream in = HtmlReport.class.getResourceAsStream(PAGE)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
