// All ops and types that random models are made of.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.differential.random;

import java.util.ArrayList;
import java.util.List;

/** The registry: a new op is a line in one of the makers' classes. */
final class Makers {
  private static final List<Maker> ALL = new ArrayList<>();

  static {
    ProductMakers.addTo(ALL);
    PointwiseMakers.addTo(ALL);
    WindowMakers.addTo(ALL);
    MovementMakers.addTo(ALL);
    IndexMakers.addTo(ALL);
    RecurrentMakers.addTo(ALL);
    DetectionMakers.addTo(ALL);
    FurtherMakers.addTo(ALL);
    RareMakers.addTo(ALL);
    StringMakers.addTo(ALL);
    ControlMakers.addTo(ALL);
    ChainMakers.addTo(ALL);
    BlockMakers.addTo(ALL);
  }

  private Makers() {}

  static List<Maker> all() {
    return List.copyOf(ALL);
  }

  /** Those of a family whose name contains a word. */
  static List<Maker> of(Maker.Family family, String word) {
    return ALL.stream().filter(m -> m.family() == family && m.name().contains(word)).toList();
  }

  /** The one of a name. */
  static Maker named(String name) {
    return ALL.stream().filter(m -> m.name().equals(name)).findFirst().orElseThrow();
  }
}
