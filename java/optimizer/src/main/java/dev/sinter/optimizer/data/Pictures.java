// Pictures as input tensors: decoding, scaling to the model's size, RGB bytes.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.data;

import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import javax.imageio.ImageIO;

/** Reads JPEG and PNG files. */
public final class Pictures {
  static {
    System.setProperty("java.awt.headless", "true");
    ImageIO.setUseCache(false);
  }

  private Pictures() {}

  /**
   * Tells by its name whether a file is a picture.
   *
   * @param file the file
   * @return true for .jpg, .jpeg and .png
   */
  public static boolean isPicture(Path file) {
    String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
    return name.endsWith(".jpg") || name.endsWith(".jpeg") || name.endsWith(".png");
  }

  /**
   * Reads a picture; one of another size is scaled, its proportions are not kept.
   *
   * @param file a JPEG or PNG file
   * @param height wanted height
   * @param width wanted width
   * @param channels 3 for RGB, 1 for grey
   * @return height x width x channels bytes
   * @throws IOException if the file cannot be read or is no picture
   */
  public static byte[] read(Path file, int height, int width, int channels) throws IOException {
    BufferedImage picture = ImageIO.read(file.toFile());
    if (picture == null) {
      throw new IOException(file + " is no picture that can be read (JPEG and PNG can)");
    }
    if (channels != 1 && channels != 3) {
      throw new IOException("a picture has 1 or 3 channels, the input wants " + channels);
    }
    if (picture.getWidth() != width || picture.getHeight() != height) {
      picture = scaled(picture, height, width);
    }
    byte[] out = new byte[height * width * channels];
    int[] row = new int[width];
    int at = 0;
    for (int y = 0; y < height; y++) {
      picture.getRGB(0, y, width, 1, row, 0, width);
      for (int x = 0; x < width; x++) {
        int r = (row[x] >> 16) & 0xFF;
        int g = (row[x] >> 8) & 0xFF;
        int b = row[x] & 0xFF;
        if (channels == 3) {
          out[at++] = (byte) r;
          out[at++] = (byte) g;
          out[at++] = (byte) b;
        } else {
          out[at++] = (byte) ((299 * r + 587 * g + 114 * b + 500) / 1000);
        }
      }
    }
    return out;
  }

  /**
   * Halves until close to the wanted size, so that no pixel is passed over, then scales by two-way
   * interpolation.
   */
  private static BufferedImage scaled(BufferedImage picture, int height, int width) {
    BufferedImage current = picture;
    while (current.getWidth() >= 2 * width && current.getHeight() >= 2 * height) {
      current = drawn(current, current.getHeight() / 2, current.getWidth() / 2);
    }
    return drawn(current, height, width);
  }

  private static BufferedImage drawn(BufferedImage picture, int height, int width) {
    BufferedImage out = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    Graphics2D g = out.createGraphics();
    g.setRenderingHint(
        RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BILINEAR);
    g.drawImage(picture, 0, 0, width, height, null);
    g.dispose();
    return out;
  }
}
