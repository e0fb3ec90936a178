// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime.catalogue;

import java.util.ArrayList;
import java.util.List;

/** A kernel: what it computes, what it needs, what it costs. Cost is per core, at first a guess. */
public record Row(
    int index,
    String name,
    int revision,
    OpSpec op,
    String arch,
    long needs,
    List<String> types,
    Layout layoutIn,
    Layout layoutOut,
    PackingSpec packing,
    String numerics,
    int tileM,
    int tileN,
    int tileK,
    double opsPerCycle,
    double bytesPerCycle,
    double callCycles,
    List<Limit> limits,
    boolean built) {

  static final class Builder {
    int index;
    String name;
    int revision;
    OpSpec op;
    String arch = "any";
    long needs;
    List<String> types = List.of();
    Layout layoutIn = Layout.NHWC;
    Layout layoutOut = Layout.NHWC;
    PackingSpec packing;
    String numerics = "";
    int tileM = 1;
    int tileN = 1;
    int tileK = 1;
    double opsPerCycle = 1;
    double bytesPerCycle;
    double callCycles;
    final List<Limit> limits = new ArrayList<>();
    boolean built;

    Row build() {
      return new Row(
          index,
          name,
          revision,
          op,
          arch,
          needs,
          types,
          layoutIn,
          layoutOut,
          packing,
          numerics,
          tileM,
          tileN,
          tileK,
          opsPerCycle,
          bytesPerCycle,
          callCycles,
          List.copyOf(limits),
          built);
    }
  }
}
