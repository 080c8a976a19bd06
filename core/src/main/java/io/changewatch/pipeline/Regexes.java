package io.changewatch.pipeline;

import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.bson.BsonRegularExpression;

/** Regular expressions of the server (PCRE) as Java's: the same lines, the same letter case beyond ASCII. */
final class Regexes {

    private static final String OPTIONS = "imsx";
    private static final int[] FLAGS = {Pattern.CASE_INSENSITIVE, Pattern.MULTILINE, Pattern.DOTALL, Pattern.COMMENTS};
    private static final int ALWAYS = Pattern.UNIX_LINES | Pattern.UNICODE_CASE;

    private Regexes() {}

    static BsonRegularExpression fromJava(Pattern pattern) {
        StringBuilder options = new StringBuilder();
        int rest = pattern.flags() & ~ALWAYS;
        for (int index = 0; index < FLAGS.length; index++) {
            if ((rest & FLAGS[index]) != 0) {
                options.append(OPTIONS.charAt(index));
                rest &= ~FLAGS[index];
            }
        }
        requireNoFlags(pattern, rest);
        return new BsonRegularExpression(pattern.pattern(), options.toString());
    }

    private static void requireNoFlags(Pattern pattern, int rest) {
        if (rest != 0) {
            throw new IllegalArgumentException("Regular expression '" + pattern + "' has flags that the server does not"
                    + " know (" + rest + "). Use CASE_INSENSITIVE, MULTILINE, DOTALL and COMMENTS only.");
        }
    }

    /**
     * The expression for use in process.
     *
     * @throws IllegalArgumentException if the server or Java would refuse it
     */
    static Pattern compile(BsonRegularExpression regex) {
        if (regex.getPattern().indexOf('\0') >= 0) {
            throw new IllegalArgumentException("A regular expression for the server cannot hold the character U+0000.");
        }
        try {
            return Pattern.compile(regex.getPattern(), flags(regex));
        } catch (PatternSyntaxException e) {
            throw new IllegalArgumentException(
                    "Regular expression '" + regex.getPattern() + "' is invalid: " + e.getDescription() + ".", e);
        }
    }

    /** Java's {@code ^} never matches an empty text with several lines allowed, PCRE's does; an empty text has one line. */
    static boolean findsInEmpty(BsonRegularExpression regex) {
        return Pattern.compile(regex.getPattern(), flags(regex) & ~Pattern.MULTILINE)
                .matcher("")
                .find();
    }

    private static int flags(BsonRegularExpression regex) {
        int flags = ALWAYS;
        for (char option : regex.getOptions().toCharArray()) {
            int index = OPTIONS.indexOf(option);
            if (index < 0) {
                throw new IllegalArgumentException("Regular expression '" + regex.getPattern() + "' has the option '"
                        + option + "', which the server does not know. Use i, m, s and x only.");
            }
            flags |= FLAGS[index];
        }
        return flags;
    }
}
