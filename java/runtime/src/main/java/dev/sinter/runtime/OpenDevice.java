// A device whose library was loaded, or why it could not be.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime;

import dev.sinter.natives.DeviceLoader;
import dev.sinter.natives.NativeLoadException;
import dev.sinter.runtime.catalogue.Catalogue;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * The outcome of asking for a device.
 *
 * @param device what was asked for
 * @param number the native library's number of it, 0 for the processor
 * @param target its kernels and what the hardware has; null for the processor, or if there is none
 * @param message why it cannot be used; null if it can
 */
record OpenDevice(Device device, int number, Target target, String message) {
  /** The processor, which needs no library. */
  static final OpenDevice CPU = new OpenDevice(Device.CPU, 0, null, null);

  private static final System.Logger LOGGER = System.getLogger(OpenDevice.class.getName());
  private static final Map<Integer, OpenDevice> OPEN = new HashMap<>();
  private static final Set<String> SAID = new HashSet<>();

  /** Loads the device's library at the first call; each outcome is logged once. */
  static synchronized OpenDevice of(Device device) {
    if (device == Device.CPU) {
      return CPU;
    }
    OpenDevice open;
    try {
      int number = DeviceLoader.load(device.label());
      open = OPEN.get(number);
      if (open == null) {
        open = new OpenDevice(device, number, read(device, number), null);
        OPEN.put(number, open);
      }
    } catch (NativeLoadException | SinterException e) {
      open = new OpenDevice(device, 0, null, e.getMessage());
    }
    open.say();
    return open;
  }

  private static Target read(Device device, int number) {
    String text = Natives.deviceCatalogue(number);
    return Target.ofDevice(device, Catalogue.parse(text, Catalogue.fingerprint(text)));
  }

  private void say() {
    String text =
        isUsable()
            ? "device " + device.label() + ": models run on it (" + target.isaNames() + ")"
            : "device " + device.label() + ": models run on the processor, since " + message;
    if (SAID.add(text)) {
      LOGGER.log(isUsable() ? System.Logger.Level.INFO : System.Logger.Level.WARNING, text);
    }
  }

  /** Whether there is a device beside the processor that can run steps. */
  boolean isUsable() {
    return target != null;
  }

  /** What runs the model: the device, or the processor in its place. */
  Device runs() {
    return isUsable() ? device : Device.CPU;
  }
}
