package io.changewatch.event;

/**
 * The order of MongoDB's resume tokens: key strings in hexadecimal, of cluster time, version, kind (a place or an event), index
 * in the transaction, whether it is the invalidate of an event, collection and event (server: {@code ResumeTokenData}).
 *
 * <p>Tokens of one version compare as texts. Those of two, which a stream with and one without
 * {@code $changeStreamSplitLargeEvent} give for the same event, name the event differently: they compare by what stands
 * around the version, up to the event's name.
 */
final class TokenOrder {
    private static final String TIMESTAMP = "82";
    private static final int TIME_END = 18;
    private static final int VERSION_END = 22;
    private static final String SMALL_NUMBER = "2B";

    private TokenOrder() {}

    static int compare(String left, String right) {
        if (!hasVersion(left) || !hasVersion(right) || left.regionMatches(TIME_END, right, TIME_END, 4)) {
            return left.compareTo(right);
        }
        int byTime = left.substring(0, TIME_END).compareTo(right.substring(0, TIME_END));
        return byTime != 0 ? byTime : place(left).compareTo(place(right));
    }

    /** What both tokens of one event have in common behind the time; empty where the token has no such form. */
    static String placeOf(String data) {
        return hasVersion(data) ? place(data) : "";
    }

    private static boolean hasVersion(String data) {
        return data.length() > VERSION_END && data.startsWith(TIMESTAMP) && data.startsWith(SMALL_NUMBER, TIME_END);
    }

    /** Kind, index in the transaction and the mark of an invalidate. */
    private static String place(String data) {
        int end = VERSION_END;
        for (int element = 0; element < 3 && end < data.length(); element++) {
            end = Math.min(data.length(), end + length(data, end));
        }
        return data.substring(VERSION_END, end);
    }

    /** The digits of a whole number or a boolean, by its type byte: 29 is zero, 2B and up have one byte more each. */
    private static int length(String data, int at) {
        int type = at + 1 < data.length()
                ? Character.digit(data.charAt(at), 16) * 16 + Character.digit(data.charAt(at + 1), 16)
                : 0;
        boolean isNumber = type >= 0x2B && type <= 0x32;
        return isNumber ? 2 + 2 * (type - 0x2A) : 2;
    }
}
