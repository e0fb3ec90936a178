// A named block of bytes that travels with a model.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.graph;

import java.util.Objects;

/**
 * A named block of bytes.
 *
 * @param name its name
 * @param storage the bytes
 * @param source what the reader remembers, null if it was built
 */
public record Metadata(String name, Storage storage, Source source) {
  @Override
  public boolean equals(Object o) {
    return o instanceof Metadata metadata
        && name.equals(metadata.name)
        && storage.bytes().equals(metadata.storage.bytes());
  }

  @Override
  public int hashCode() {
    return Objects.hash(name);
  }
}
