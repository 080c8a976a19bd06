package io.changewatch.push;

/** What texts for clients need. */
final class Texts {
    /** All that a WebSocket's close frame takes (RFC 6455, section 5.5). */
    static final int LONGEST_REASON = 123;

    private static final int LONGEST_EXCERPT = 64;

    private Texts() {}

    static int utf8Length(String text) {
        int bytes = text.length();
        for (int i = 0; i < text.length(); i++) {
            char character = text.charAt(i);
            if (character >= 0x800) {
                bytes += Character.isSurrogate(character) ? 1 : 2; // two halves make four bytes
            } else if (character >= 0x80) {
                bytes++;
            }
        }
        return bytes;
    }

    /** The text, cut to what a close frame takes. */
    static String reason(String text) {
        if (utf8Length(text) <= LONGEST_REASON) {
            return text;
        }
        int length = Math.min(text.length(), LONGEST_REASON);
        while (utf8Length(text.substring(0, length)) > LONGEST_REASON - 3) {
            length--;
        }
        return cut(text, length);
    }

    /** What somebody else wrote, short enough to be shown in a message. */
    static String excerpt(String text) {
        return text.length() <= LONGEST_EXCERPT ? text : cut(text, LONGEST_EXCERPT);
    }

    /** A character of two halves stays whole, or goes. */
    private static String cut(String text, int length) {
        boolean halves = Character.isHighSurrogate(text.charAt(length - 1));
        return text.substring(0, halves ? length - 1 : length) + "…";
    }
}
