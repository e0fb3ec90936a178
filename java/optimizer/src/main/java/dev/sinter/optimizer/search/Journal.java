// Remembers on disk what was measured, so that a search goes on where it was stopped.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.search;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A file with a line of JSON per measurement, each on disk before the next begins. The first line
 * says what was searched; a search for something else does not touch the file. A last line that a
 * killed process left unfinished is dropped. Without a file it remembers in memory alone.
 */
final class Journal implements AutoCloseable {
  private static final int FORMAT = 2;

  private final Map<String, Trial> known = new HashMap<>();
  private final ObjectMapper json = new ObjectMapper();
  private final FileChannel channel;

  /**
   * Opens a journal.
   *
   * @param file the file, made if it is missing; null for none
   * @param subject what is searched: model, data, schemes, in a form that differs where results do
   * @throws IOException if the file cannot be read or written, or is about something else
   */
  Journal(Path file, String subject) throws IOException {
    if (file == null) {
      channel = null;
      return;
    }
    long end = Files.exists(file) ? read(file, subject) : 0;
    channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    channel.truncate(end);
    channel.position(end);
    if (end == 0) {
      append(Map.of("format", FORMAT, "subject", subject));
    }
  }

  /** Reads what is there; returns where the last whole line ends. */
  private long read(Path file, String subject) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    int start = 0;
    boolean head = true;
    for (int i = 0; i < bytes.length; i++) {
      if (bytes[i] != '\n') {
        continue;
      }
      JsonNode line;
      try {
        line = json.readTree(new String(bytes, start, i - start, StandardCharsets.UTF_8));
      } catch (JsonProcessingException e) {
        throw new IOException(file + " is no journal of a search: " + e.getOriginalMessage(), e);
      }
      if (head) {
        if (line.path("format").asInt() != FORMAT) {
          throw new IOException(file + " is no journal of a search in format " + FORMAT);
        }
        if (!line.path("subject").asText().equals(subject)) {
          throw new IOException(
              file
                  + " is the journal of another search (model, data, schemes or seed differ); name another file, or"
                  + " remove it");
        }
        head = false;
      } else {
        Trial t =
            new Trial(
                line.path("assignment").asText(),
                line.path("bytes").asLong(),
                line.path("accuracy").asDouble(),
                line.path("noise").asDouble(),
                line.path("flips").asInt(),
                line.path("micros").isNumber() ? line.path("micros").asDouble() : Double.NaN);
        known.put(key(line.path("examples").asInt(), t.assignment()), t);
      }
      start = i + 1;
    }
    return start;
  }

  private static String key(int examples, String assignment) {
    return examples + ":" + assignment;
  }

  /** What is known of an assignment on so many examples; null if nothing is. */
  Trial find(int examples, String assignment) {
    return known.get(key(examples, assignment));
  }

  /** Remembers a trial; on disk when this returns. */
  void add(int examples, Trial t) {
    known.put(key(examples, t.assignment()), t);
    if (channel == null) {
      return;
    }
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("examples", examples);
    line.put("assignment", t.assignment());
    line.put("bytes", t.bytes());
    line.put("accuracy", t.accuracy());
    line.put("noise", t.noise());
    line.put("flips", t.flips());
    line.put("micros", Double.isNaN(t.micros()) ? null : t.micros());
    try {
      append(line);
    } catch (IOException e) {
      throw new UncheckedIOException("the journal cannot be written: " + e.getMessage(), e);
    }
  }

  private void append(Map<String, Object> line) throws IOException {
    byte[] text = (json.writeValueAsString(line) + "\n").getBytes(StandardCharsets.UTF_8);
    ByteBuffer out = ByteBuffer.wrap(text);
    while (out.hasRemaining()) {
      channel.write(out);
    }
    channel.force(true);
  }

  @Override
  public void close() throws IOException {
    if (channel != null) {
      channel.close();
    }
  }
}
