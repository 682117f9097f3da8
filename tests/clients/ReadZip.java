import java.io.BufferedInputStream;
import java.io.FileInputStream;
import java.io.PrintStream;
import java.security.MessageDigest;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;

/** Prints "sha256 name" for each entry, read front to back as a stream. */
public final class ReadZip {
    public static void main(String[] arguments) throws Exception {
        PrintStream out = new PrintStream(System.out, true, "UTF-8");
        byte[] buffer = new byte[1 << 16];
        try (ZipInputStream zip =
                new ZipInputStream(new BufferedInputStream(new FileInputStream(arguments[0])))) {
            for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                MessageDigest sum = MessageDigest.getInstance("SHA-256");
                for (int count = zip.read(buffer); count >= 0; count = zip.read(buffer)) {
                    sum.update(buffer, 0, count);
                }
                StringBuilder hex = new StringBuilder();
                for (byte value : sum.digest()) {
                    hex.append(String.format("%02x", value));
                }
                out.println(hex + " " + entry.getName());
            }
        }
    }
}
