package io.changewatch.resume.file;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.regex.Pattern;

/**
 * Turns a watcher's name, which may be any text, into the name of a file that every file system takes.
 *
 * <p>Lower-case letters, digits, {@code - _ .} stay; every other byte of the UTF-8 text becomes {@code %} and two digits.
 * Upper case is among the others because some file systems do not tell {@code Orders} from {@code orders}. A long name is
 * cut, and made unique by its SHA-256.
 *
 * <p>Thread-safe.
 */
final class WatcherFileName {

    /** With the hash and an ending this stays below 143, which is all that an encrypted home folder may leave. */
    private static final int LONGEST = 100;

    private static final int KEPT = 60;

    /** Names that Windows takes for devices, whatever follows the dot. */
    private static final Pattern DEVICE = Pattern.compile("(con|prn|aux|nul|com\\d|lpt\\d)(\\..*)?");

    private WatcherFileName() {}

    /** A file name without ending; two watchers never share one. */
    static String of(String watcher) {
        String escaped = escape(watcher);
        return escaped.length() <= LONGEST ? escaped : escaped.substring(0, KEPT) + "-" + sha256(escaped);
    }

    /**
     * The same without regard to length; one line of ASCII.
     *
     * @throws IllegalArgumentException if {@code watcher} is empty or not valid Unicode
     */
    static String escape(String watcher) {
        if (watcher.isEmpty()) {
            throw new IllegalArgumentException("A watcher needs a name to keep its checkpoint in a file.");
        }
        StringBuilder name = new StringBuilder();
        ByteBuffer bytes = utf8(watcher);
        boolean escapesFirst =
                watcher.startsWith(".") || DEVICE.matcher(watcher).matches();
        while (bytes.hasRemaining()) {
            byte next = bytes.get();
            boolean stays = isPlain(next) && !(escapesFirst && name.isEmpty());
            name.append(stays ? String.valueOf((char) next) : "%%%02x".formatted(next));
        }
        return name.toString();
    }

    private static boolean isPlain(byte c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
    }

    /** Not {@link String#getBytes}, which makes one name of all that hold half a surrogate pair. */
    private static ByteBuffer utf8(String watcher) {
        try {
            return UTF_8.newEncoder().encode(CharBuffer.wrap(watcher));
        } catch (CharacterCodingException e) {
            throw new IllegalArgumentException(
                    "The watcher's name '" + watcher + "' is not valid Unicode: it holds half of a surrogate pair.", e);
        }
    }

    private static String sha256(String text) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(text.getBytes(UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java has SHA-256.", e);
        }
    }
}
